"""Precision, recall, density and coverage: whose feature rows lie among the neighbours of whose.

A set's manifold is the union of balls about its rows, each as wide as the distance to the row's k-th neighbour. A row
lies in a ball if it is nearer than that, not just as near, as in the prdc package.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.stats import Floats, Interval, centred_interval, resamples

from ._rows import about_origin, both_checked, chunks, clips_checked, squared_distances

ROUNDING = 1e-9  # of a squared distance: within it, two are as good as equal, and equal is not nearer
NEAREST = 5  # as in the prdc package's example


class Membership(NamedTuple):
    """What each row has to say; a score is the mean over rows, its interval is over their clips.

    Attributes:
        precision: 1 for each generated row (n1,) that lies in the reference's manifold.
        density: how many balls of the reference each generated row (n1,) lies in, over k.
        recall: 1 for each reference row (n2,) that lies in the generated manifold.
        coverage: 1 for each reference row (n2,) in whose ball a generated row lies.
    """

    precision: Floats
    density: Floats
    recall: Floats
    coverage: Floats

    def scores(self) -> dict[str, float]:
        """The four means; density is the only one that may exceed 1."""
        return {name: float(values.mean()) for name, values in self._asdict().items()}


def membership(generated: NDArray[Any], reference: NDArray[Any], nearest: int = NEAREST) -> Membership:
    """Who lies where, of rows (n1, d) and (n2, d), in float64 and a chunk at a time.

    Raises:
        ValueError: no neighbours asked for, no more rows than those in a set, a row not finite, or dimensions differ.

    Source: Kynkäänniemi et al. (2019, arXiv:1904.06991), equations 1 and 2; Naeem et al. (2020, arXiv:2002.09797).

    >>> line = np.arange(4.0)[:, None]
    >>> membership(line + 0.4, line, nearest=1).scores()
    {'precision': 1.0, 'density': 1.75, 'recall': 1.0, 'coverage': 1.0}
    """
    if nearest < 1:
        raise ValueError(f"a manifold takes one nearest neighbour or more, not {nearest}")
    ours, theirs = about_origin(*both_checked(generated, reference, least=nearest + 1))
    mine, yours = ((1.0 - ROUNDING) * neighbour_distances(rows, nearest) for rows in (ours, theirs))
    balls = np.zeros(len(ours))
    recalled, covered = np.zeros(len(theirs), bool), np.zeros(len(theirs), bool)
    for part in chunks(len(ours), len(theirs)):
        block = squared_distances(ours[part], theirs)
        within = block < yours
        balls[part] = within.sum(axis=1)
        covered |= within.any(axis=0)
        recalled |= (block < mine[part, None]).any(axis=0)
    return Membership(np.minimum(balls, 1.0), balls / nearest, recalled.astype(np.float64), covered.astype(np.float64))


def neighbour_distances(rows: Floats, nearest: int) -> Floats:
    """Squared distance (n,) of each row (n, d) to its k-th nearest other row.

    >>> neighbour_distances(np.array([[0.0], [1.0], [3.0]]), nearest=1).tolist()
    [1.0, 1.0, 4.0]
    """
    found = np.empty(len(rows))
    for part in chunks(len(rows), len(rows)):
        block = squared_distances(rows[part], rows)
        block[np.arange(len(block)), np.arange(part.start, part.stop)] = np.inf
        found[part] = np.partition(block, nearest - 1, axis=1)[:, nearest - 1]
    return found


def membership_interval(values: Floats, clips: NDArray[np.int64], most: float = 1.0) -> Interval | None:
    """Bootstrap interval of a mean over rows (n,), with whole clips drawn; None with fewer than two clips.

    Both manifolds stay those of all clips: it says how far the score would move had other clips of the side that is
    asked been drawn, generated ones for precision and density, reference ones for recall and coverage.

    Args:
        values: one of a ``Membership``'s.
        clips: how many rows each clip of that side has.
        most: the largest value the score can have; infinite for density.

    Raises:
        ValueError: clips that don't fit the values.
    """
    lengths = clips_checked(clips, len(values), "scored")
    if len(lengths) < 2:
        return None
    draws = resamples(len(lengths)).astype(np.float64)
    replicates = draws @ np.add.reduceat(values, lengths.cumsum() - lengths) / (draws @ lengths)
    low, high = centred_interval(float(values.mean()), replicates, least=0.0)
    return Interval(low, min(high, most))
