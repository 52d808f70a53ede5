"""Efficiency: ratios, means and maxima of timings made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bench.metric import Scope, Score, Timing, TimingMetric
from bench.metrics.efficiency import ALIASES, METRICS


def timings(
    work: list[float], sound: list[float] | None = None, memory: list[int] | None = None, batch: int = 1
) -> list[Timing]:
    lengths, peaks = sound or [10.0] * len(work), memory or [2**20] * len(work)
    return [
        Timing(f"clip{index:02}", f"clip{index - index % batch:02}", seconds, length, "cpu", peak)
        for index, (seconds, length, peak) in enumerate(zip(work, lengths, peaks, strict=True))
    ]


def score(name: str, measured: list[Timing]) -> Score:
    found: Score = METRICS[name].score(measured)
    return found


def test_the_real_time_factor_is_all_work_over_all_sound() -> None:
    found = score("real-time-factor", timings([1.0, 5.0], [10.0, 2.0]))
    assert found.value == pytest.approx(6.0 / 12.0)  # and not the mean of 0.1 and 2.5
    assert found.n == 2


def test_work_in_proportion_to_sound_has_no_doubt_about_its_factor() -> None:
    found = score("real-time-factor", timings([1.0, 2.0, 4.0, 1.0, 3.0], [2.0, 4.0, 8.0, 2.0, 6.0]))
    assert found.interval is not None
    assert found.interval == pytest.approx((0.5, 0.5), abs=1e-12)


def test_the_factor_holds_its_interval_above_zero() -> None:
    found = score("real-time-factor", timings([0.001] * 4 + [9.0], [10.0] * 4 + [1.0]))
    assert found.interval is not None
    assert 0.0 <= found.interval.low < found.value < found.interval.high


def test_seconds_per_clip_are_their_mean() -> None:
    found = score("seconds-per-clip", timings([1.0, 2.0, 6.0, 4.0, 2.0]))
    assert (found.value, found.n) == (3.0, 5)
    assert found.interval is not None
    assert found.interval.low < 3.0 < found.interval.high


def test_clips_of_one_batch_are_no_five_measurements() -> None:
    """Their share of the batch's time is the same number five times: an interval over clips would have no width."""
    assert score("seconds-per-clip", timings([1.0] * 5, batch=5)).interval is None
    apart = score("real-time-factor", timings([1.0, 2.0, 3.0, 4.0, 5.0]))
    together = score("real-time-factor", timings([1.0] * 4 + [2.0] * 4 + [3.0] * 4 + [4.0] * 4 + [5.0] * 4, batch=4))
    assert together.interval == pytest.approx(apart.interval)
    assert together.n == 20


def test_peak_memory_is_the_maximum_in_mebibytes() -> None:
    found = score("peak-memory", timings([1.0] * 3, memory=[2**20, 3 * 2**20, 2**21]))
    assert found == Score(3.0, None, n=3)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_one_clip_has_a_value_and_no_interval(name: str) -> None:
    found = score(name, timings([2.0]))
    assert found.interval is None
    assert found.value > 0.0


@pytest.mark.parametrize("name", sorted(METRICS))
def test_the_same_timings_give_the_same_score(name: str) -> None:
    measured = timings(np.random.default_rng(0).uniform(0.5, 2.0, 20).tolist())
    assert score(name, measured) == score(name, measured)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_one_is_better_when_lower_and_depends_on_the_device(name: str) -> None:
    metric = METRICS[name]
    assert isinstance(metric, TimingMetric)
    assert metric.better == "lower"
    assert "|device:cuda:0|" in metric.signature(4, Scope("demo-1", device="cuda:0"))


def test_the_alias_names_all_of_them() -> None:
    assert sorted(ALIASES["efficiency"]) == sorted(METRICS)
