"""Sets of feature rows: what every distance between two of them asks of both, and distances row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.metric import Features
from bench.stats import Floats

CHUNK = 1 << 22  # numbers of a block of pairs held at once: 32 MiB
COLLECTED = 1 << 22  # distances of which a median is taken at once
BINS = 4096


def checked(rows: NDArray[Any], name: str = "given", least: int = 2) -> Floats:
    """Rows (n, d) in float64, of which there are enough and all of which are finite.

    Raises:
        ValueError: no array (n, d), too few rows, or one that is not finite; with the set's name and the number.
    """
    if rows.ndim != 2 or rows.shape[1] < 1:
        raise ValueError(f"features have the shape (rows, dimensions); the {name} set's is {rows.shape}")
    if len(rows) < least:
        raise ValueError(f"{least} feature rows or more are needed; the {name} set has {len(rows)}")
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        count, first = int((~finite).sum()), int(np.argmin(finite))
        raise ValueError(f"{count} of the {name} set's {len(rows)} rows are not finite, the first at {first}")
    return np.asarray(rows, np.float64)


def one_a_clip(features: Features) -> Floats:
    """The rows (n, d) of clips of which each has exactly one.

    Raises:
        ValueError: a clip has more, as those of frame-wise features; with its name.
    """
    many = [(name, len(rows)) for name, rows in zip(features.ids, features.rows, strict=True) if len(rows) != 1]
    if many:
        raise ValueError(f"one feature row a clip is needed; clip {many[0][0]} has {many[0][1]}")
    return features.pooled()


def both_checked(generated: NDArray[Any], reference: NDArray[Any], least: int = 2) -> tuple[Floats, Floats]:
    """Two sets of rows (n1, d) and (n2, d), checked and of one dimension.

    Raises:
        ValueError: as ``checked``, or the dimensions differ.
    """
    ours, theirs = checked(generated, "generated", least), checked(reference, "reference", least)
    if ours.shape[1] != theirs.shape[1]:
        raise ValueError(f"features have {ours.shape[1]} dimensions here, {theirs.shape[1]} there")
    return ours, theirs


def clips_checked(lengths: NDArray[np.int64], rows: int, name: str) -> NDArray[np.int64]:
    """How many rows each clip has, in order, shape (clips,).

    Raises:
        ValueError: a clip has none, or they don't add up to the set's rows.
    """
    if (lengths < 1).any():
        raise ValueError(f"clip {int(np.argmin(lengths))} of the {name} set has {int(lengths.min())} feature rows")
    if lengths.sum() != rows:
        raise ValueError(f"the {name} set has {rows} rows, its clips {int(lengths.sum())}")
    return lengths


def chunks(rows: int, width: int) -> Iterator[slice]:
    """Slices of rows so short that a block of this width is held with ease.

    >>> [(part.start, part.stop) for part in chunks(5, CHUNK // 2)]
    [(0, 2), (2, 4), (4, 5)]
    """
    step = max(1, CHUNK // max(1, width))
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def squared_distances(left: Floats, right: Floats) -> Floats:
    """Squared Euclidean distances (n1, n2) between rows (n1, d) and (n2, d), never below zero.

    They come from inner products, so rows should lie about the origin: what is far from it is rounded away.

    >>> squared_distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[25.0, 0.0]]
    """
    squares = np.square(left).sum(axis=1)[:, None] + np.square(right).sum(axis=1)[None, :]
    squares -= 2.0 * (left @ right.T)
    return np.asarray(np.maximum(squares, 0.0, out=squares))


def about_origin(generated: Floats, reference: Floats) -> tuple[Floats, Floats]:
    """Both sets moved together, the reference's mean to the origin; no distance between rows changes."""
    origin = reference.mean(axis=0)
    return generated - origin, reference - origin


def median_distance(rows: Floats) -> float:
    """Median distance between different rows (n, d) about the origin, the lower of two middle ones, as torch.median's.

    It is selected exactly without holding all distances: a histogram tells the narrow range in which it lies.

    >>> median_distance(np.array([[0.0], [1.0], [3.0]])), median_distance(np.array([[-1.0], [1.0]]))
    (2.0, 2.0)
    """
    count = len(rows) * (len(rows) - 1) // 2
    rank = (count - 1) // 2
    low, high = 0.0, float(np.nextafter(5.0 * np.square(rows).sum(axis=1).max(), np.inf))
    while count > COLLECTED and np.nextafter(low, high) < high:
        edges = np.linspace(low, high, BINS + 1)
        counts = sum(np.histogram(each, edges)[0] for each in _between(rows, low, high))
        before = np.concatenate([[0], np.cumsum(counts)])
        place = int(np.searchsorted(before, rank, side="right")) - 1
        rank, count = rank - int(before[place]), int(before[place + 1] - before[place])
        low, high = float(edges[place]), float(edges[place + 1])
    if count > COLLECTED:  # all equal
        return float(np.sqrt(low))
    return float(np.sqrt(np.partition(np.concatenate(list(_between(rows, low, high))), rank)[rank]))


def _between(rows: Floats, low: float, high: float) -> Iterator[Floats]:
    """Squared distances of different rows, from low to below high, a chunk of rows at a time."""
    for part in chunks(len(rows), len(rows)):
        block = squared_distances(rows[part], rows[part.start :])
        later = np.arange(block.shape[1]) > np.arange(len(block))[:, None]
        values = block[later]
        yield values[(values >= low) & (values < high)]
