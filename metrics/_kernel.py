"""Kernel distances between two sets of feature rows: KID, KAD, and the bootstrap over clips that both take.

Both are the unbiased squared maximum mean discrepancy (Gretton et al. 2012, JMLR 13, lemma 6): the mean kernel between
different rows of one set, plus that of the other, less twice the mean between the sets. Unbiased, it is below zero
about as often as above where the sets have one distribution. Of a set and itself, in whatever order the rows are, it is
(2 / n) (w - k), below zero, with w the mean kernel between different rows and k that of a row with itself.

All is float64, and chunked, so that memory does not grow with the number of pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.stats import Floats, Interval, centred_interval, resamples

from ._rows import about_origin, both_checked, checked, chunks, clips_checked, median_distance, squared_distances

SCALE = 100.0  # of KAD, as published
EPSILON = 1e-8  # kadtk's, beside twice the squared bandwidth

Kernel = Callable[[Floats, Floats], Floats]
"""Rows (n1, d) and (n2, d) in, k(x, y) of each pair (n1, n2) out."""


class KernelSums(NamedTuple):
    """The kernel summed over rows of each two clips, all that a resample of clips needs to know.

    Attributes:
        generated: sums (c1, c1) over pairs of generated rows, but for those of a row with itself.
        reference: the same of the reference, (c2, c2).
        between: sums (c1, c2) over pairs of a generated and a reference row.
        lengths: how many rows the clips have, (c1,) and (c2,).
    """

    generated: Floats
    reference: Floats
    between: Floats
    lengths: tuple[Floats, Floats]


class KernelInceptionDistance(NamedTuple):
    """Mean and population standard deviation over subsets."""

    mean: float
    std: float


class KernelAudioDistance(NamedTuple):
    """The distance, and the bandwidth of its kernel, which is to be told with it."""

    value: float
    bandwidth: float


def polynomial_kernel(left: Floats, right: Floats) -> Floats:
    """(x.y / d + 1)^3 (Binkowski et al. 2018, arXiv:1801.01401).

    >>> polynomial_kernel(np.array([[1.0, 2.0]]), np.array([[2.0, 1.0]])).tolist()
    [[27.0]]
    """
    return np.asarray((left @ right.T / left.shape[1] + 1.0) ** 3)


def gaussian_kernel(bandwidth: float) -> Kernel:
    """exp(-|x-y|^2 / (2 bandwidth^2 + 1e-8)) (Chung et al. 2025, arXiv:2502.15602; kadtk for the 1e-8)."""
    gamma = 1.0 / (2.0 * bandwidth**2 + EPSILON)

    def kernel(left: Floats, right: Floats) -> Floats:
        return np.asarray(np.exp(-gamma * squared_distances(left, right)))

    return kernel


def kernel_sums(
    generated: NDArray[Any],
    reference: NDArray[Any],
    kernel: Kernel,
    clips: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
) -> KernelSums:
    """Sums of a kernel over rows (n1, d) and (n2, d), by clip.

    Args:
        generated: rows, clip after clip.
        reference: likewise.
        kernel: of two sets of rows.
        clips: how many rows each clip of either set has; without, a set counts as one clip, which is all a value takes.

    Raises:
        ValueError: fewer than two rows in a set, a row not finite, dimensions that differ, or clips that don't fit.
    """
    ours, theirs = both_checked(generated, reference)
    one, two = clips or (np.array([len(ours)]), np.array([len(theirs)]))
    one, two = clips_checked(one, len(ours), "generated"), clips_checked(two, len(theirs), "reference")
    return KernelSums(
        _sums(ours, ours, one, one, kernel, same=True),
        _sums(theirs, theirs, two, two, kernel, same=True),
        _sums(ours, theirs, one, two, kernel),
        (one.astype(np.float64), two.astype(np.float64)),
    )


def _sums(
    left: Floats,
    right: Floats,
    lines: NDArray[np.int64],
    columns: NDArray[np.int64],
    kernel: Kernel,
    same: bool = False,
) -> Floats:
    owner = np.repeat(np.arange(len(lines)), lines)
    starts = columns.cumsum() - columns
    out = np.zeros((len(lines), len(columns)))
    for part in chunks(len(left), len(right)):
        block = _block(left, right, part, kernel, same)
        edges = np.flatnonzero(np.diff(owner[part], prepend=-1))
        out[owner[part][edges]] += np.add.reduceat(np.add.reduceat(block, starts, axis=1), edges, axis=0)
    return out


def _block(left: Floats, right: Floats, part: slice, kernel: Kernel, same: bool) -> Floats:
    """The kernel of some of the left rows and all right ones, nought where a row meets itself."""
    block = kernel(left[part], right)
    if same:
        block[np.arange(len(block)), np.arange(part.start, part.stop)] = 0.0
    return block


def squared_mmd(sums: KernelSums, draws: Floats | None = None, others: Floats | None = None) -> Floats:
    """Unbiased squared discrepancy (b,) of the sets in which clips stand as often as drawn, (b, c1) and (b, c2).

    A clip drawn twice meets its own copy. Copies of one row are no independent pair, and would bias the mean upwards,
    so no row is paired with itself, be it once or as another copy: both sums and counts leave such pairs out. Where no
    pair is left, as of two copies of one row, there is no discrepancy, and NaN stands for it.
    """
    ours = np.ones((1, len(sums.lengths[0]))) if draws is None else draws
    theirs = np.ones((1, len(sums.lengths[1]))) if others is None else others
    crossed = ((ours @ sums.between) * theirs).sum(axis=1) / (ours @ sums.lengths[0]) / (theirs @ sums.lengths[1])
    within = _within(sums.generated, sums.lengths[0], ours) + _within(sums.reference, sums.lengths[1], theirs)
    return np.asarray(within - 2.0 * crossed)


def _within(sums: Floats, lengths: Floats, draws: Floats) -> Floats:
    pairs = (draws @ lengths) ** 2 - draws**2 @ lengths
    total = ((draws @ sums) * draws).sum(axis=1)
    return np.asarray(np.divide(total, pairs, out=np.full(len(draws), np.nan), where=pairs > 0.0))


def mmd_interval(value: float, sums: KernelSums, paired: bool, scale: float = 1.0) -> Interval | None:
    """Clip-clustered bootstrap interval of ``scale`` times the discrepancy; None with fewer than two clips in a set.

    Pairs are drawn together, other sets each for itself. The kernel, and so its bandwidth, stays that of all clips.
    Resamples without a pair of different rows, which only sets of a few one-row clips have, are left out.
    """
    counts = [len(each) for each in sums.lengths]
    if min(counts) < 2:
        return None
    draws = resamples(counts[0]).astype(np.float64)
    others = draws if paired else resamples(counts[1], seed=1).astype(np.float64)
    replicates = scale * squared_mmd(sums, draws, others)
    return centred_interval(value, replicates[np.isfinite(replicates)])


def kernel_inception_distance(generated: NDArray[Any], reference: NDArray[Any]) -> float:
    """Unbiased squared discrepancy of all rows (n1, d) and (n2, d) under the polynomial kernel.

    Raises:
        ValueError: as ``kernel_sums``.

    >>> kernel_inception_distance(np.array([[1.0], [1.0]]), np.array([[0.0], [0.0]]))  # 8 + 1 - 2
    7.0
    """
    return float(squared_mmd(kernel_sums(generated, reference, polynomial_kernel))[0])


def kernel_inception_distance_of_subsets(
    generated: NDArray[Any], reference: NDArray[Any], subsets: int = 100, size: int = 1000, seed: int = 2020
) -> KernelInceptionDistance:
    """The same as mean and deviation over random subsets, of at most the smaller set's rows, drawn without replacement.

    Where a subset is a whole set on both sides, all are equal and the deviation is rounding.

    Raises:
        ValueError: as ``kernel_sums``, or a subset of fewer than two rows.

    Source: Binkowski et al. (2018, arXiv:1801.01401); the draws as audioldm_eval's kid.py.
    """
    ours, theirs = both_checked(generated, reference)
    size = min(size, len(ours), len(theirs))
    if size < 2 or subsets < 1:
        raise ValueError(f"KID takes one subset or more of two rows or more, not {subsets} of {size}")
    generator = np.random.RandomState(seed)
    marks = np.zeros((subsets, len(ours))), np.zeros((subsets, len(theirs)))
    for one, two in zip(*marks, strict=True):
        one[generator.choice(len(ours), size, replace=False)] = 1.0
        two[generator.choice(len(theirs), size, replace=False)] = 1.0
    within = _marked(ours, ours, marks[0], marks[0], same=True) + _marked(theirs, theirs, marks[1], marks[1], same=True)
    values = within / (size * (size - 1.0)) - 2.0 * _marked(ours, theirs, *marks) / size**2
    return KernelInceptionDistance(float(values.mean()), float(values.std()))


def _marked(left: Floats, right: Floats, lines: Floats, columns: Floats, same: bool = False) -> Floats:
    """Polynomial kernel summed over the pairs of marked rows (b,); marks (b, n1) and (b, n2)."""
    total = np.zeros(len(lines))
    for part in chunks(len(left), len(right)):
        total += ((lines[:, part] @ _block(left, right, part, polynomial_kernel, same)) * columns).sum(axis=1)
    return total


def kernel_audio_distance(
    generated: NDArray[Any], reference: NDArray[Any], bandwidth: Literal["reference", "generated"] = "reference"
) -> KernelAudioDistance:
    """A hundred times the unbiased squared discrepancy of rows (n1, d) and (n2, d) under a Gaussian kernel.

    Its bandwidth is the median distance between rows of the reference, as published, so that it is the same for every
    system; ``generated`` takes the other set's, as kadtk's code did against its own description.

    Raises:
        ValueError: as ``kernel_sums``, or no bandwidth, as half of the rows' pairs are equal.

    Source: Chung et al. (2025, arXiv:2502.15602); YoonjinXD/kadtk#9 for the bandwidth.
    """
    ours, theirs = about_origin(*both_checked(generated, reference))
    width = kad_bandwidth(ours if bandwidth == "generated" else theirs, bandwidth)
    sums = kernel_sums(ours, theirs, gaussian_kernel(width))
    return KernelAudioDistance(float(SCALE * squared_mmd(sums)[0]), width)


def kad_bandwidth(rows: NDArray[Any], name: str = "reference") -> float:
    """Median distance between rows (n, d), above zero.

    Raises:
        ValueError: fewer than two rows, one that is not finite, or half of the pairs or more are equal.
    """
    exact = checked(rows, name)
    centred = exact - exact.mean(axis=0)
    width = median_distance(centred)
    # Equal rows come out as far apart as rounding puts them, of inner products and of the mean.
    if width <= 1e-7 * np.abs(centred).max() + 1e-14 * np.abs(exact).max():
        raise ValueError(
            f"the {name} set has no bandwidth: half or more of the pairs of its {len(exact)} rows are equal"
        )
    return width
