"""Efficiency: what it takes to generate a clip. Not part of what a rerun reproduces; kept in a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.metric import Metric, Score, Timing, TimingMetric
from bench.stats import centred_interval, resamples

MEBIBYTE = 2.0**20
FEWEST_BATCHES = 5  # with fewer, a bootstrap says less than it seems to


@dataclass(frozen=True, kw_only=True)
class RealTimeFactor(TimingMetric):
    """Seconds of work for a second of sound; below 1 is faster than listening."""

    symbol: ClassVar[str] = "rtf"

    def score(self, timings: Sequence[Timing]) -> Score:
        """All seconds of work over all seconds of sound."""
        return _ratio(timings, [timing.audio_seconds for timing in timings])


@dataclass(frozen=True, kw_only=True)
class SecondsPerClip(TimingMetric):
    """Mean seconds of work for a clip, loading not counted."""

    symbol: ClassVar[str] = "seconds-per-clip"

    def score(self, timings: Sequence[Timing]) -> Score:
        """All seconds of work over the number of clips."""
        return _ratio(timings, [1.0] * len(timings))


def _ratio(timings: Sequence[Timing], amounts: Sequence[float]) -> Score:
    """Seconds of work over an amount, with an interval that resamples batches: the clips of one are timed together."""
    _, batch = np.unique([timing.batch for timing in timings], return_inverse=True)
    work = np.bincount(batch, [timing.seconds for timing in timings])
    amount = np.bincount(batch, amounts)
    value = float(work.sum() / amount.sum())
    if len(work) < FEWEST_BATCHES:
        return Score(value, None, n=len(timings))
    draws = resamples(len(work))
    return Score(value, centred_interval(value, draws @ work / (draws @ amount), least=0.0), n=len(timings))


@dataclass(frozen=True, kw_only=True)
class PeakMemory(TimingMetric):
    """The most memory held until the last clip: PyTorch's on the GPU where there is one, else the whole process's."""

    symbol: ClassVar[str] = "peak-memory"
    estimator: ClassVar[str] = "max"

    def score(self, timings: Sequence[Timing]) -> Score:
        """Maximum over clips, in MiB; one number of one run, so without an interval."""
        return Score(max(timing.peak_bytes for timing in timings) / MEBIBYTE, None, n=len(timings))


METRICS: dict[str, Metric] = {
    "real-time-factor": RealTimeFactor(label="RTF"),
    "seconds-per-clip": SecondsPerClip(label="s/clip", unit="s"),
    "peak-memory": PeakMemory(label="Peak memory", unit="MiB"),
}
ALIASES = {"efficiency": ("real-time-factor", "seconds-per-clip", "peak-memory")}
