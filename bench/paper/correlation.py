"""Correlation of metrics with listeners: of system means, and of clips where a metric has a value for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from bench.stats import CONFIDENCE, REPLICATES, Floats, Interval, resamples

LEAST = 3  # pairs: any two points correlate perfectly
STEADY = 5  # systems, or clips, from which an interval by resampling says anything
USABLE = 0.9  # share of the resamples in which both sides must vary


class Correlation(NamedTuple):
    """How two lists of numbers go together.

    Attributes:
        spearman, kendall: rank correlations.
        spearman_interval, kendall_interval: 95 %, had other systems or clips been drawn; None where that can't be told.
    """

    spearman: float
    kendall: float
    spearman_interval: Interval | None
    kendall_interval: Interval | None


class Level(NamedTuple):
    """Pairs of a metric's value and a mean opinion.

    Attributes:
        metric, opinion: shape (n,).
        group: what is drawn together: the system itself, or the clip that several systems share; shape (n,).
    """

    metric: Floats
    opinion: Floats
    group: tuple[str, ...]


def correlated(level: Level) -> Correlation | str:
    """Spearman's and Kendall's rank correlation with bootstrap intervals over groups, or why there is none.

    Source: Spearman 1904; Kendall 1945 (tau-b); percentile bootstrap, Efron and Tibshirani 1993, chapter 13.

    >>> correlated(Level(np.array([1.0, 2.0]), np.array([3.0, 4.0]), ("a", "b")))
    'too few: 2, and a rank correlation needs 3'
    """
    if len(level.metric) < LEAST:
        return f"too few: {len(level.metric)}, and a rank correlation needs {LEAST}"
    for name, values in (("metric", level.metric), ("opinion", level.opinion)):
        if np.ptp(values) == 0:
            return f"the {name} is the same for all {len(values)}"
    spearman, kendall = _spearman(level.metric, level.opinion), _kendall(level.metric, level.opinion)
    return Correlation(spearman, kendall, _interval(level, _spearman), _interval(level, _kendall))


def _spearman(one: Floats, other: Floats) -> float:
    from scipy.stats import rankdata

    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def _kendall(one: Floats, other: Floats) -> float:
    from scipy.stats import kendalltau

    return float(kendalltau(one, other).statistic)


def _interval(level: Level, statistic: Callable[[Floats, Floats], float]) -> Interval | None:
    """Percentiles over resampled groups; None for few groups, or where too many resamples do not vary."""
    names = list(dict.fromkeys(level.group))
    if len(names) < STEADY:
        return None
    members = [np.flatnonzero(np.array(level.group) == name) for name in names]
    found = []
    for counts in resamples(len(names)):
        rows = np.concatenate([np.tile(members[place], count) for place, count in enumerate(counts) if count])
        one, other = level.metric[rows], level.opinion[rows]
        if np.ptp(one) and np.ptp(other):
            found.append(statistic(one, other))
    if len(found) < USABLE * REPLICATES:
        return None
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(found, [tail, 1.0 - tail])
    return Interval(float(low), float(high))


def of_systems(metric: Mapping[str, float], opinion: Mapping[str, float]) -> Level:
    """The systems that have both a metric's value and a mean opinion."""
    both = [name for name in metric if name in opinion]
    return Level(np.array([metric[name] for name in both]), np.array([opinion[name] for name in both]), tuple(both))


def of_clips(metric: Mapping[tuple[str, str], float], opinion: Mapping[tuple[str, str], float]) -> Level:
    """The clips of systems that have both, by (system, clip); those of one prompt are drawn together."""
    both = [key for key in metric if key in opinion]
    values = [np.array([side[key] for key in both]) for side in (metric, opinion)]
    return Level(values[0], values[1], tuple(clip for _, clip in both))
