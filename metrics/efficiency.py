"""Efficiency: what it takes to generate a clip. Not part of what a rerun reproduces; kept in a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.metric import Better, Metric, Score, Timing, TimingMetric
from bench.stats import CONFIDENCE, Floats, Interval, centred_interval, resamples

MEBIBYTE = 2.0**20
FEWEST_BATCHES = 5  # with fewer, a bootstrap says less than it seems to


@dataclass(frozen=True, kw_only=True)
class RealTimeFactor(TimingMetric):
    """Seconds of work for a second of sound; below 1 is faster than listening."""

    symbol: ClassVar[str] = "rtf"

    def score(self, timings: Sequence[Timing]) -> Score:
        """All seconds of work over all seconds of sound."""
        return _ratio(timings, _seconds(timings), _sound(timings))


@dataclass(frozen=True, kw_only=True)
class SecondsPerClip(TimingMetric):
    """Mean seconds of work for a clip, loading not counted."""

    symbol: ClassVar[str] = "seconds-per-clip"

    def score(self, timings: Sequence[Timing]) -> Score:
        """All seconds of work over the number of clips."""
        return _ratio(timings, _seconds(timings), [1.0] * len(timings))


@dataclass(frozen=True, kw_only=True)
class Throughput(TimingMetric):
    """Seconds of sound for a second of work, loading not counted."""

    symbol: ClassVar[str] = "throughput"

    better: Better = "higher"

    def score(self, timings: Sequence[Timing]) -> Score:
        """All seconds of sound over all seconds of work."""
        return _ratio(timings, _sound(timings), _seconds(timings))


@dataclass(frozen=True, kw_only=True)
class Energy(TimingMetric):
    """Mean energy that the GPU drew for a clip, by NVML's counter; what else ran on that GPU counts too."""

    symbol: ClassVar[str] = "energy"
    unmeasured: ClassVar[str] = "no energy counter"
    packages: ClassVar[tuple[str, ...]] = ("nvidia-ml-py",)
    extra: ClassVar[str] = "energy"

    def score(self, timings: Sequence[Timing]) -> Score:
        """All joules over the number of clips.

        Raises:
            ValueError: of a clip they were not counted: no GPU, no package, or audio of an earlier version.
        """
        joules = [timing.joules for timing in timings if timing.joules is not None]
        if len(joules) < len(timings):
            raise ValueError(self.unmeasured)
        return _ratio(timings, joules, [1.0] * len(timings))


def _seconds(timings: Sequence[Timing]) -> list[float]:
    return [timing.seconds for timing in timings]


def _sound(timings: Sequence[Timing]) -> list[float]:
    return [timing.audio_seconds for timing in timings]


def _by_batch(timings: Sequence[Timing]) -> NDArray[np.int64]:
    """Of each clip, the number of its batch."""
    return np.unique([timing.batch for timing in timings], return_inverse=True)[1].astype(np.int64)


def _ratio(timings: Sequence[Timing], above: Sequence[float], below: Sequence[float]) -> Score:
    """One sum over clips by another, with an interval that resamples batches: the clips of one are timed together."""
    batch = _by_batch(timings)
    over, under = np.bincount(batch, above), np.bincount(batch, below)
    value = float(over.sum() / under.sum())
    if len(over) < FEWEST_BATCHES:
        return Score(value, None, n=len(timings))
    draws = resamples(len(over))
    return Score(value, centred_interval(value, draws @ over / (draws @ under), least=0.0), n=len(timings))


@dataclass(frozen=True, kw_only=True)
class MedianLatency(TimingMetric):
    """How long half the clips are waited for: a clip is there when its whole batch is, and no earlier.

    Of clips that failed there is no timing; a batch counts as long as those of it that did not.
    """

    symbol: ClassVar[str] = "latency-p50"
    estimator: ClassVar[str] = "percentile,boot1000-batch"
    percent: ClassVar[int] = 50

    def score(self, timings: Sequence[Timing]) -> Score:
        """The percentile over clips; its interval resamples batches, if there are enough for one to lie beyond it."""
        batch = _by_batch(timings)
        waits, clips = np.bincount(batch, _seconds(timings)).astype(np.float64), np.bincount(batch)
        value = float(percentiles(waits, clips[None], self.percent)[0])
        if len(waits) < max(FEWEST_BATCHES, 100 // (100 - self.percent)):
            return Score(value, None, n=len(timings))
        replicates = percentiles(waits, resamples(len(waits)) * clips, self.percent)
        low, high = np.quantile(replicates, [(1.0 - CONFIDENCE) / 2.0, (1.0 + CONFIDENCE) / 2.0])
        return Score(value, Interval(min(float(low), value), max(float(high), value)), n=len(timings))


@dataclass(frozen=True, kw_only=True)
class TailLatency(MedianLatency):
    """How long 95 of 100 clips are waited for, at most."""

    symbol: ClassVar[str] = "latency-p95"
    percent: ClassVar[int] = 95


def percentiles(values: Floats, counts: NDArray[np.int64], percent: int) -> Floats:
    """The least of some values that so many percent are no greater than, shape (r,).

    Args:
        values: shape (n,).
        counts: how often each occurs in each of r sets, shape (r, n).
        percent: from 1 to 100.

    >>> percentiles(np.array([3.0, 1.0, 2.0]), np.array([[1, 1, 1], [4, 1, 0]]), 50)
    array([2., 3.])
    """
    order = np.argsort(values)
    reached = np.cumsum(counts[:, order], axis=1)
    found: Floats = values[order][(100 * reached >= percent * reached[:, -1:]).argmax(axis=1)]
    return found


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
    "latency-p50": MedianLatency(label="Latency p50", unit="s"),
    "latency-p95": TailLatency(label="Latency p95", unit="s"),
    "throughput": Throughput(label="Throughput", unit="s/s"),
    "peak-memory": PeakMemory(label="Peak memory", unit="MiB"),
    "energy": Energy(label="Energy/clip", unit="J"),
}
# Without energy, which most machines can't count: whoever can asks for it by name.
ALIASES = {"efficiency": tuple(name for name in METRICS if name != "energy")}
