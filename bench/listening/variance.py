"""The variance of a mean, or of a difference of means, over raters and clips that are both a draw from many."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bench.listening.votes import Floats, Ints, Sample

ROUNDING = 1e-12  # relative; a sum of squares below it is 0 but for rounding


class Spread(NamedTuple):
    """Sums of squares over raters, clips and cells (pairs of both), and how many there are of each."""

    raters: float
    clips: float
    cells: float
    n_raters: int
    n_clips: int
    n_cells: int


class Variance(NamedTuple):
    """A variance, and whether it is the larger of the one-way ones because the two-way one was not positive."""

    value: float
    fallback: bool = False


class Components(NamedTuple):
    """Variances of one score: between raters, between clips, and what is left."""

    rater: float
    clip: float
    residual: float


def cluster_spread(sample: Sample) -> Spread:
    """S_r, S_c and S_rc: squared sums of the scores' influence within each rater, clip and cell.

    Source: Cameron, Gelbach and Miller, Robust inference with multiway clustering (2011), section 2.
    """
    influence = sample.influence
    (raters, n_raters), (clips, n_clips), (cells, n_cells) = (
        _squared_sums(influence, codes) for codes in (sample.rater, sample.clip, _dense(sample.cell))
    )
    return Spread(raters, clips, cells, n_raters, n_clips, n_cells)


def _squared_sums(influence: Floats, codes: Ints) -> tuple[float, int]:
    sums = np.bincount(codes, influence)
    return float(sums @ sums), int(np.count_nonzero(np.bincount(codes)))


def _dense(codes: Ints) -> Ints:
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def corrected(spread: Spread) -> tuple[float, float, float]:
    """The three sums, each times G / (G - 1) for its number of clusters G.

    >>> corrected(Spread(1.0, 1.0, 1.0, 2, 5, 11))
    (2.0, 1.25, 1.1)
    """
    sums, counts = spread[:3], spread[3:]
    one, two, both = (s * n / (n - 1) for s, n in zip(sums, counts, strict=True))
    return one, two, both


def cluster_variance(sample: Sample) -> Variance:
    """Two-way cluster-robust: c_r S_r + c_c S_c - c_rc S_rc, or the larger of the first two if that is not positive."""
    return two_way(*corrected(cluster_spread(sample)), sample)


def two_way(raters: float, clips: float, cells: float, sample: Sample) -> Variance:
    """What is between raters plus what is between clips, less what both count; 0 where nothing but rounding is left."""
    nothing = (ROUNDING * float(np.abs(sample.score).max())) ** 2
    value = raters + clips - cells
    fallback = value <= nothing + ROUNDING * (raters + clips)
    value = max(raters, clips) if fallback else value
    return Variance(0.0, fallback) if value <= nothing else Variance(value, fallback)


def one_way(spread: float, sample: Sample) -> Variance:
    """What is between the clusters of one kind; 0 where nothing but rounding is left."""
    nothing = (ROUNDING * float(np.abs(sample.score).max())) ** 2
    return Variance(spread if spread > nothing else 0.0)


def jackknife_variance(sample: Sample) -> Variance | None:
    """Two-way jackknife: the value without each rater, each clip and each cell; None if a system is lost with one.

    Equals the cluster-robust one for the mean of a complete table.
    """
    parts = [_jackknifed(sample, _dense(codes)) for codes in (sample.rater, sample.clip, sample.cell)]
    raters, clips, cells = parts
    return None if raters is None or clips is None or cells is None else two_way(raters, clips, cells, sample)


def _jackknifed(sample: Sample, codes: Ints) -> float | None:
    groups = int(codes.max()) + 1
    without = np.zeros(groups)
    for sign, side in zip((1.0, -1.0), sample.sides, strict=False):
        counts = side.sum() - np.bincount(codes[side], minlength=groups)
        if not counts.all():
            return None
        without += sign * (sample.score[side].sum() - np.bincount(codes[side], sample.score[side], groups)) / counts
    return float((groups - 1) / groups * ((without - sample.value) ** 2).sum())


def mean_variance(components: Components, sample: Sample) -> Components:
    """What each component adds to the variance of the plain mean of all scores."""
    total = len(sample.score)
    raters, clips = np.bincount(sample.rater), np.bincount(sample.clip)
    return Components(
        components.rater * float(raters @ raters) / total**2,
        components.clip * float(clips @ clips) / total**2,
        components.residual / total,
    )


def crowdmos_components(sample: Sample) -> Components | None:
    """Variance components of crowdMOS; None if no rater, or no clip, has two scores, where they are not defined.

    Source: Ribeiro, Florencio, Zhang and Seltzer, crowdMOS (ICASSP 2011), section 3, as the package
    mean-opinion-score 0.0.2 (MIT) computes it.
    """
    within_raters, within_clips = (_mean_variance_within(sample.score, codes) for codes in (sample.rater, sample.clip))
    if within_raters is None or within_clips is None:
        return None
    total = float(sample.score.var())
    parts = (total - within_raters, total - within_clips, within_raters + within_clips - total)
    return Components(*(max(part, 0.0) for part in parts))


def _mean_variance_within(score: Floats, codes: Ints) -> float | None:
    counts = np.bincount(codes)
    kept = counts >= 2
    if not kept.any():
        return None
    centred = score - score.mean()
    means = np.bincount(codes, centred)[kept] / counts[kept]
    return float((np.bincount(codes, centred**2)[kept] / counts[kept] - means**2).mean())


def moment_components(sample: Sample) -> Components | None:
    """Unbiased moment estimates of rater, clip and residual variance; None if no component can be told from another.

    Source: Searle, Casella and McCulloch, Variance Components (1992), chapter 5, by pairs of scores.
    """
    apart = _half_squared_pairs(sample)
    within_raters, within_clips = (_pooled_within(sample.score, codes) for codes in (sample.rater, sample.clip))
    if apart is None or (within_raters is None and within_clips is None):
        return None
    if within_raters is None:
        within_raters, residual = apart, within_clips
    elif within_clips is None:
        within_clips, residual = apart, within_raters
    else:
        residual = within_raters + within_clips - apart
    assert within_clips is not None and residual is not None
    return Components(*(max(part, 0.0) for part in (apart - within_raters, apart - within_clips, residual)))


def _half_squared_pairs(sample: Sample) -> float | None:
    """Mean of (y - y')² / 2 over pairs of scores that share neither rater nor clip; None if there is no such pair."""
    centred = sample.score - sample.score.mean()
    everything = np.zeros(len(centred), np.int64)
    sums, pairs = 0.0, 0.0
    for sign, codes in ((1, everything), (-1, sample.rater), (-1, sample.clip), (1, _dense(sample.cell))):
        counts, first, second = np.bincount(codes), np.bincount(codes, centred), np.bincount(codes, centred**2)
        sums += sign * float((counts * second - first**2).sum()) / 2
        pairs += sign * float((counts * (counts - 1)).sum()) / 2
    return sums / pairs if pairs > 0 else None


def _pooled_within(score: Floats, codes: Ints) -> float | None:
    counts = np.bincount(codes)
    freedom = int((counts[counts > 0] - 1).sum())
    centred = score - score.mean()
    means = np.bincount(codes, centred) / np.maximum(counts, 1)
    return float(((centred - means[codes]) ** 2).sum()) / freedom if freedom else None


def satterthwaite_df(parts: Components, sample: Sample) -> float:
    """Degrees of freedom of a sum of variance components, at least 1.

    Args:
        parts: what each component adds to the variance, as ``mean_variance`` gives it.
        sample: of one system, with two raters and two clips or more.
    """
    n_raters, raters = _effective(sample.rater)
    n_clips, clips = _effective(sample.clip)
    spread = (
        (parts.rater + parts.residual) ** 2 / (raters - 1)
        + (parts.clip + parts.residual) ** 2 / (clips - 1)
        + parts.residual**2 / max(len(sample.score) - n_raters - n_clips + 1, 1)
    )
    return max(1.0, sum(parts) ** 2 / spread) if spread else 1.0


def _effective(codes: Ints) -> tuple[int, float]:
    """How many clusters there are, and how many equally large ones would weigh as much."""
    counts = np.bincount(codes)
    return int(np.count_nonzero(counts)), len(codes) ** 2 / float(counts @ counts)
