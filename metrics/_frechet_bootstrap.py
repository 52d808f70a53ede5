"""The bootstrap of the Fréchet distance: exact on every resample of clips, in flat memory, in any dimension.

Clips are drawn whole, as frames of one clip are not independent. A replicate is the distance of the set in which each
clip stands as often as it was drawn. What it takes is the smaller of two symmetric matrices: (d, d), made of weighted
sums of the clips' outer products, or, where there are hardly more rows than dimensions, (n, n), made of the rows' inner
products, which are computed once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bench.metric import Features
from bench.stats import REPLICATES, Floats, Interval, centred_interval, resamples

from ._frechet import Gaussian, frechet_distance, root_trace
from ._rows import both_checked, clips_checked

BUDGET = 1 << 24  # numbers of one working array: 128 MiB
STANDING = 0.632  # share of rows that stand in a resample, 1 - 1/e
SIZES = {256: REPLICATES, 800: 200, 1024: 100}  # replicates by the largest matrix they are taken of
FEW = 2.0  # rows a clip up to which weighting the rows is cheaper than summing the clips' outer products


class Clips(NamedTuple):
    """A set's rows (n, d) about an origin, clip after clip, and how many each of the c clips has, (c,)."""

    rows: Floats
    lengths: Floats

    def weights(self, draws: Floats) -> Floats:
        """Each row's weight (n,), given how often each clip was drawn (c,)."""
        return np.repeat(draws, self.lengths.astype(np.int64))


def replicates(dimension: int, rows: int) -> int:
    """How many replicates the interval takes, by the features' dimension and the rows of the smaller set.

    As many as take a minute or, beyond 1024, two or three on one core: the matrices are as large as the features'
    dimension or, if fewer, as the 63 in 100 rows that stand in a resample. By binomial error an end of the interval is
    sure within 4 % of half its width with 1000 replicates, 10 % with 200, 14 % with 100, 19 % with 50.

    >>> replicates(128, 9640), replicates(2048, 964), replicates(1024, 9640), replicates(2048, 5521)
    (1000, 200, 100, 50)
    """
    size = min(dimension, STANDING * rows)
    return next((count for most, count in SIZES.items() if size <= most), 50)


def distance_interval(value: float, generated: Features, reference: Features) -> Interval | None:
    """Clip-clustered bootstrap interval of a distance; None with fewer than two clips.

    Pairs, which are sets of equal ids, are drawn together; sets that are no pairs are drawn each for itself.
    """
    if min(len(generated.ids), len(reference.ids)) < 2:
        return None
    return centred_interval(value, distance_replicates(generated, reference), least=0.0)


def distance_replicates(generated: Features, reference: Features, count: int | None = None) -> Floats:
    """The distance on each resample, shape (count,), by default as many as ``replicates`` says.

    Raises:
        ValueError: a set is too small or has a row that is not finite, or dimensions differ.
    """
    ours, theirs = _clips(generated, reference)
    size, dimension = min(len(ours.rows), len(theirs.rows)), ours.rows.shape[1]
    count = replicates(dimension, size) if count is None else count
    draws = resamples(len(ours.lengths), count).astype(np.float64)
    paired = generated.ids == reference.ids
    others = draws if paired else resamples(len(theirs.lengths), count, seed=1).astype(np.float64)
    # With fewer rows standing than there are dimensions, the covariance would be singular, and larger than need be.
    each = _by_rows if STANDING * size < dimension else _by_covariances
    return np.fromiter(each(ours, theirs, draws, others), np.float64, count)


def _clips(generated: Features, reference: Features) -> tuple[Clips, Clips]:
    """Both sets about the reference's mean, which keeps products small and so exact."""
    ours, theirs = both_checked(generated.pooled(), reference.pooled())
    origin = theirs.mean(axis=0)
    counts = [np.array([len(rows) for rows in side.rows]) for side in (generated, reference)]
    lengths = (clips_checked(counts[0], len(ours), "generated"), clips_checked(counts[1], len(theirs), "reference"))
    return Clips(ours - origin, lengths[0].astype(np.float64)), Clips(theirs - origin, lengths[1].astype(np.float64))


def _by_covariances(ours: Clips, theirs: Clips, draws: Floats, others: Floats) -> Iterator[float]:
    """Distances by covariances (d, d), as many of which are held at once as memory allows."""
    batch = max(1, BUDGET // ours.rows.shape[1] ** 2)
    for start in range(0, len(draws), batch):
        part = slice(start, start + batch)
        pairs = zip(reweighted(ours, draws[part]), reweighted(theirs, others[part]), strict=True)
        yield from (frechet_distance(*pair) for pair in pairs)


def reweighted(clips: Clips, draws: Floats) -> Iterator[Gaussian]:
    """The Gaussian of each set in which clip i stands ``draws[b, i]`` times; draws (b, c)."""
    counts = draws @ clips.lengths
    sums = np.stack([clips.weights(each) @ clips.rows for each in draws])
    many = clips.lengths.mean() > FEW
    products = _products_of_clips(clips, draws) if many else _products_of_rows(clips, draws)
    for count, total, product in zip(counts, sums, products, strict=True):
        mean = total / count
        yield Gaussian(mean, (product - count * np.outer(mean, mean)) / (count - 1.0))


def _products_of_clips(clips: Clips, draws: Floats) -> Floats:
    """Weighted sums of outer products (b, d, d): each clip's own are summed once, a band of columns at a time."""
    number, dimension = len(clips.lengths), clips.rows.shape[1]
    parts = np.split(clips.rows, clips.lengths.cumsum().astype(np.int64)[:-1])
    height = max(1, min(dimension // 4, BUDGET // (number * dimension)))
    out = np.empty((len(draws), dimension, dimension))
    for top in range(0, dimension, height):
        band = slice(top, min(top + height, dimension))
        products = np.empty((number, band.stop - top, dimension - top))
        for part, product in zip(parts, products, strict=True):
            np.matmul(part[:, band].T, part[:, top:], out=product)
        block = (draws @ products.reshape(number, -1)).reshape(-1, *products.shape[1:])
        out[:, band, top:] = block
        out[:, top:, band] = block.swapaxes(1, 2)
    return out


def _products_of_rows(clips: Clips, draws: Floats) -> Iterator[Floats]:
    """The same one by one, from the rows, each as long as the root of its weight."""
    for each in draws:
        weights = clips.weights(each)
        drawn = weights > 0.0
        rows = clips.rows[drawn] * np.sqrt(weights[drawn])[:, None]
        yield rows.T @ rows


def _by_rows(ours: Clips, theirs: Clips, draws: Floats, others: Floats) -> Iterator[float]:
    """Distances by inner products (n1, n2) between the rows of both, computed once."""
    inner = ours.rows @ theirs.rows.T
    squares = [np.square(side.rows).sum(axis=1) for side in (ours, theirs)]
    for mine, yours in zip(draws, others, strict=True):
        weights = ours.weights(mine), theirs.weights(yours)
        counts = [float(each.sum()) for each in weights]
        means = [each @ side.rows / count for each, side, count in zip(weights, (ours, theirs), counts, strict=True)]
        spread = sum(
            (each @ square - count * mean @ mean) / (count - 1.0)
            for each, square, count, mean in zip(weights, squares, counts, means, strict=True)
        )
        product = _weighted(inner, *weights)
        gram = product @ product.T if len(product) < product.shape[1] else product.T @ product
        shift = means[0] - means[1]
        overlap = root_trace(gram / (counts[0] - 1.0) / (counts[1] - 1.0))
        yield max(0.0, float(shift @ shift + spread - 2.0 * overlap))


def _weighted(inner: Floats, ours: Floats, theirs: Floats) -> Floats:
    """Inner products of the rows that were drawn, about their means, times the roots of their weights."""
    lines, columns = inner @ theirs / theirs.sum(), ours @ inner / ours.sum()
    centre = float(ours @ lines / ours.sum())
    mine, yours = np.flatnonzero(ours), np.flatnonzero(theirs)
    block = inner[np.ix_(mine, yours)]
    block += centre - lines[mine][:, None]
    block -= columns[yours]
    block *= np.sqrt(ours[mine])[:, None]
    block *= np.sqrt(theirs[yours])
    return np.asarray(block)
