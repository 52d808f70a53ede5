"""Intervals: how far a number would move had other clips been drawn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CONFIDENCE = 0.95
REPLICATES = 1000
SEED = 12345  # as sacrebleu's: fixed, so that systems on the same clips see the same resamples


class Interval(NamedTuple):
    """The two ends of a 95 % confidence interval."""

    low: float
    high: float


def resamples(n: int, replicates: int = REPLICATES, seed: int = SEED) -> NDArray[np.int64]:
    """How often each of n clips is drawn in each bootstrap replicate, shape (replicates, n); every row sums to n."""
    generator = np.random.Generator(np.random.PCG64(seed))
    return generator.multinomial(n, np.full(n, 1.0 / n), size=replicates)


def centred_interval(value: float, replicates: Floats, *, least: float | None = None) -> Interval:
    """Percentiles of bootstrap replicates, shifted so that their mean is the value itself.

    A resample repeats clips, so a distance between resampled sets is biased upwards against the distance of the sets;
    the shift removes that bias, without which the interval can lie beside its own value.

    Args:
        value: the statistic on all clips.
        replicates: the statistic on each resample, shape (replicates,).
        least: the smallest value the statistic can have.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), sections 10.2 and 13.3.
    """
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(replicates, [tail, 1.0 - tail]) - (replicates.mean() - value)
    low = low if least is None else max(low, least)
    return Interval(min(float(low), value), max(float(high), value))


def mean_interval(values: Floats) -> Interval | None:
    """Bootstrap interval of a mean over clips; None for fewer than two, which say nothing about others.

    >>> mean_interval(np.array([1.0])) is None
    True
    """
    if len(values) < 2:
        return None
    replicates = resamples(len(values)) @ values / len(values)
    return centred_interval(float(values.mean()), replicates)
