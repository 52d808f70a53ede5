"""Intervals of a mean opinion, or of a difference of two, had other raters and other prompts been drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from bench.listening.variance import (
    ROUNDING,
    Variance,
    cluster_spread,
    corrected,
    crowdmos_components,
    jackknife_variance,
    mean_variance,
    moment_components,
    one_way,
    satterthwaite_df,
    two_way,
)
from bench.listening.votes import Floats, Ints, Sample
from bench.stats import CONFIDENCE, REPLICATES, SEED, Interval

FALLBACK = "two-way variance not positive: the larger one-way variance is used"
NO_SPREAD = "no interval: the scores do not vary between raters or clips"


class Estimate(NamedTuple):
    """A mean or a difference, with how sure it is.

    Attributes:
        value: in points of the scale.
        standard_error: None where it can't be told.
        df: degrees of freedom of the t distribution; None for a bootstrap.
        interval: 95 %; it may exceed the end of the scale.
        p: two-sided, of the hypothesis that the value is 0; for differences.
        method: a key of ``METHODS``.
        note: what a reader must know; empty if nothing.
    """

    value: float
    standard_error: float | None
    df: float | None
    interval: Interval | None
    p: float | None
    method: str
    note: str = ""

    @property
    def half_width(self) -> float | None:
        """Half the interval's width."""
        return (self.interval.high - self.interval.low) / 2 if self.interval else None

    @property
    def fallback(self) -> bool:
        """Whether the larger one-way variance stands in for the two-way one."""
        return FALLBACK in self.note


def estimate(sample: Sample, method: str = "cluster") -> Estimate:
    """The value with its interval by one method of ``METHODS``.

    A method that is not defined for these scores (see its docstring) gives way to ``cluster``, and the note says so.
    Without two raters and two clips for each system there is no interval, and the note says why.
    """
    lacking = _lacking(sample, *NEEDS.get(method, (2, 2)))
    if lacking:
        return Estimate(sample.value, None, None, None, None, method, lacking)
    return METHODS[method](sample)


def _lacking(sample: Sample, raters: int, clips: int) -> str:
    for codes, needed, kind in ((sample.rater, raters, "rater"), (sample.clip, clips, "clip")):
        found = min(len(np.unique(codes[side])) for side in sample.sides)
        if found < needed:
            return f"no interval: {found} {kind}{'s' if found != 1 else ''}, and it takes {needed}"
    return ""


def cluster(sample: Sample) -> Estimate:
    """Two-way cluster-robust, t with min(raters, clips) - 1 degrees of freedom: new raters and new prompts.

    Source: Cameron, Gelbach and Miller (2011), equations 2.11 and 2.12, with G / (G - 1) for each sum.
    """
    spread = cluster_spread(sample)
    found = two_way(*corrected(spread), sample)
    return _student(sample, found.value, min(spread.n_raters, spread.n_clips) - 1, "cluster", _fell_back(found))


def raters(sample: Sample) -> Estimate:
    """Clustered on raters only: new raters, these very prompts."""
    spread = cluster_spread(sample)
    found = one_way(spread.raters * spread.n_raters / (spread.n_raters - 1), sample)
    return _student(sample, found.value, spread.n_raters - 1, "raters", "")


def clips(sample: Sample) -> Estimate:
    """Clustered on clips only, for votes without raters: too narrow."""
    spread = cluster_spread(sample)
    found = one_way(spread.clips * spread.n_clips / (spread.n_clips - 1), sample)
    return _student(sample, found.value, spread.n_clips - 1, "clips", "raters unknown: the interval is too narrow")


def jackknife(sample: Sample) -> Estimate:
    """Two-way jackknife; ``cluster`` where a system has but one rater or clip of all."""
    found = jackknife_variance(sample)
    if found is None:
        return _instead(sample, "the jackknife is not defined")
    df = min(len(np.unique(sample.rater)), len(np.unique(sample.clip))) - 1
    return _student(sample, found.value, df, "jackknife", _fell_back(found))


def crowdmos(sample: Sample) -> Estimate:
    """CrowdMOS, of a mean, for comparison with papers; ``cluster`` for differences and where it degenerates.

    Degrees of freedom are those of its package: of the table of all raters and clips, empty ones counted.
    """
    components = None if sample.other.any() else crowdmos_components(sample)
    if components is None:
        return _instead(sample, "crowdMOS is not defined")
    parts = mean_variance(components, sample)
    return _student(sample, sum(parts), min(sample.shape) - 1, "crowdmos", "")


def random_effects(sample: Sample) -> Estimate:
    """Random effects by unbiased moments, of a mean; ``cluster`` for differences and where it is not defined."""
    components = None if sample.other.any() else moment_components(sample)
    if components is None:
        return _instead(sample, "random effects are not defined")
    parts = mean_variance(components, sample)
    df = min(len(np.unique(sample.rater)), len(np.unique(sample.clip))) - 1
    return _student(sample, sum(parts), df, "re", "")


def satterthwaite(sample: Sample) -> Estimate:
    """Random effects with Satterthwaite's degrees of freedom, which collapse where raters have one score each."""
    components = None if sample.other.any() else moment_components(sample)
    if components is None:
        return _instead(sample, "random effects are not defined")
    parts = mean_variance(components, sample)
    return _student(sample, sum(parts), satterthwaite_df(parts, sample), "satterthwaite", "")


def naive(sample: Sample) -> Estimate:
    """Every score a draw of its own, as older papers have it: too narrow by a factor of three or so."""
    parts = [sample.score[side] for side in sample.sides]
    if min(map(len, parts)) < 2:
        return Estimate(sample.value, None, None, None, None, "naive", "no interval: 1 rating, and it takes 2")
    squared = sum(float(part.var(ddof=1)) / len(part) for part in parts)
    return _student(sample, squared, sum(len(part) - 1 for part in parts), "naive", "")


def bootstrap(sample: Sample, replicates: int = REPLICATES, seed: int = SEED) -> Estimate:
    """Two-way (pigeonhole) bootstrap: raters and clips drawn again, percentiles of the value.

    Source: Owen, The pigeonhole bootstrap (Annals of Applied Statistics 2007).
    """
    rater, clip = (np.unique(codes, return_inverse=True)[1].astype(np.int64) for codes in (sample.rater, sample.clip))
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn_raters, drawn_clips = (_drawn(generator, int(codes.max()) + 1, replicates) for codes in (rater, clip))
    values = np.zeros(replicates)
    for sign, side in zip((1.0, -1.0), sample.sides, strict=False):
        values += sign * _weighted_means(sample.score[side], rater[side], clip[side], drawn_raters, drawn_clips)
    values = values[np.isfinite(values)]
    if len(values) < replicates / 2:
        return _instead(sample, "the bootstrap is not defined")
    if np.ptp(values) <= ROUNDING * float(np.abs(sample.score).max()):
        return Estimate(sample.value, 0.0, None, None, None, "bootstrap", NO_SPREAD)
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = map(float, np.quantile(values, [tail, 1.0 - tail]))
    above = float((values > 0).mean() + (values == 0).mean() / 2)
    p = max(2 * min(above, 1 - above), 1 / len(values))
    return Estimate(sample.value, float(values.std(ddof=1)), None, Interval(low, high), p, "bootstrap")


def _drawn(generator: np.random.Generator, n: int, replicates: int) -> Floats:
    return generator.multinomial(n, np.full(n, 1.0 / n), size=replicates).astype(np.float64)


def _weighted_means(score: Floats, rater: Ints, clip: Ints, drawn_raters: Floats, drawn_clips: Floats) -> Floats:
    """The mean of each replicate, shape (replicates,); NaN where a replicate drew no score."""
    shape = (drawn_raters.shape[1], drawn_clips.shape[1])
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, (rater, clip), score)
    np.add.at(counts, (rater, clip), 1.0)
    above, below = (((drawn_raters @ table) * drawn_clips).sum(axis=1) for table in (sums, counts))
    return np.asarray(np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0), np.float64)


def _fell_back(found: Variance) -> str:
    return FALLBACK if found.fallback else ""


def _instead(sample: Sample, reason: str) -> Estimate:
    found = cluster(sample)
    return found._replace(note="; ".join(filter(None, (f"{reason} here: cluster-robust", found.note))))


def _student(sample: Sample, squared: float, df: float, method: str, note: str) -> Estimate:
    """Student's t interval and test, from a variance; neither where the variance is 0."""
    from scipy.special import stdtr, stdtrit

    value = sample.value
    if squared <= 0:
        return Estimate(value, 0.0, df, None, None, method, NO_SPREAD)
    error = float(np.sqrt(squared))
    half = float(stdtrit(df, (1 + CONFIDENCE) / 2)) * error
    p = 2 * float(stdtr(df, -abs(value) / error))
    return Estimate(value, error, df, Interval(value - half, value + half), p, method, note)


METHODS: Mapping[str, Callable[[Sample], Estimate]] = {
    "cluster": cluster,
    "raters": raters,
    "crowdmos": crowdmos,
    "re": random_effects,
    "satterthwaite": satterthwaite,
    "jackknife": jackknife,
    "bootstrap": bootstrap,
    "clips": clips,
    "naive": naive,
}
INTERVALS = tuple(name for name in METHODS if name not in ("clips", "naive"))  # what may be asked for
NEEDS = {"raters": (2, 1), "clips": (1, 2), "naive": (1, 1)}  # raters and clips of each system; two of each otherwise
TITLES = {
    "cluster": "two-way (rater, clip) cluster-robust, t",
    "raters": "cluster-robust over raters, t: new raters, these prompts",
    "crowdmos": "crowdMOS, t",
    "re": "random effects (moments), t",
    "satterthwaite": "random effects (moments), t with Satterthwaite's degrees of freedom",
    "jackknife": "two-way (rater, clip) jackknife, t",
    "bootstrap": "two-way (rater, clip) bootstrap, percentiles",
    "clips": "cluster-robust over clips, t: raters unknown, too narrow",
    "naive": "t over single ratings: too narrow",
}
