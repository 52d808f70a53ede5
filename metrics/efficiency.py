"""Efficiency: what it takes to generate a clip. Not part of what a rerun reproduces; kept in a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.metric import Metric, Score, Timing, TimingMetric
from bench.stats import centred_interval, mean_interval, resamples

MEBIBYTE = 2.0**20


@dataclass(frozen=True, kw_only=True)
class RealTimeFactor(TimingMetric):
    """Seconds of work for a second of sound; below 1 is faster than listening."""

    symbol: ClassVar[str] = "rtf"
    estimator: ClassVar[str] = "ratio,boot1000-clip"

    def score(self, timings: Sequence[Timing]) -> Score:
        """All seconds of work over all seconds of sound."""
        work = np.array([timing.seconds for timing in timings])
        sound = np.array([timing.audio_seconds for timing in timings])
        value = float(work.sum() / sound.sum())
        if len(timings) < 2:
            return Score(value, None, n=len(timings))
        draws = resamples(len(timings))
        return Score(value, centred_interval(value, draws @ work / (draws @ sound), least=0.0), n=len(timings))


@dataclass(frozen=True, kw_only=True)
class SecondsPerClip(TimingMetric):
    """Mean seconds of work for a clip, loading not counted."""

    symbol: ClassVar[str] = "seconds-per-clip"

    def score(self, timings: Sequence[Timing]) -> Score:
        """Mean over clips."""
        work = np.array([timing.seconds for timing in timings])
        return Score(float(work.mean()), mean_interval(work), n=len(timings))


@dataclass(frozen=True, kw_only=True)
class PeakMemory(TimingMetric):
    """The most memory held while generating: the GPU's where there is one, else the process's."""

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
