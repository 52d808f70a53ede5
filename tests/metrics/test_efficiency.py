"""Efficiency: ratios, percentiles and maxima of timings made by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Bench
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.judge import Obtained
from bench.metric import Scope, Score, Timing, TimingMetric
from bench.metrics.efficiency import ALIASES, METRICS, percentiles


def timings(
    work: list[float],
    sound: list[float] | None = None,
    memory: list[int] | None = None,
    batch: int = 1,
    joules: float | None = 6.0,
) -> list[Timing]:
    lengths, peaks = sound or [10.0] * len(work), memory or [2**20] * len(work)
    return [
        Timing(f"clip{index:03}", f"clip{index - index % batch:03}", seconds, length, "cpu", peak, joules)
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
def test_every_one_depends_on_the_device_and_the_batch_size(name: str) -> None:
    metric = METRICS[name]
    assert isinstance(metric, TimingMetric)
    assert metric.better == ("higher" if name == "throughput" else "lower")
    assert "|device:cuda:0|batch:4|" in metric.signature(4, Scope("demo-1", device="cuda:0", batch=4))


def test_the_alias_names_all_that_every_machine_can_measure() -> None:
    assert sorted(["energy", *ALIASES["efficiency"]]) == sorted(METRICS)


def test_the_batch_size_of_a_run_is_its_largest_batch() -> None:
    assert Obtained({}, timings=tuple(timings([1.0] * 7, batch=3))).batch == 3
    assert Obtained({}).batch == 0


def test_throughput_is_the_inverse_of_the_real_time_factor() -> None:
    measured = timings([1.0, 5.0, 2.0, 3.0, 1.0], [10.0, 2.0, 4.0, 4.0, 4.0])
    found = score("throughput", measured)
    assert found.value == pytest.approx(2.0)
    assert found.value == pytest.approx(1.0 / score("real-time-factor", measured).value)
    assert found.interval is not None
    assert found.interval.low < 2.0 < found.interval.high


def test_a_clip_is_waited_for_as_long_as_its_batch_takes() -> None:
    measured = timings([1.0, 1.0, 1.0, 5.0, 5.0], batch=3)  # two batches: 3 s for three clips, 10 s for two
    assert score("latency-p50", measured).value == 3.0
    assert score("latency-p95", measured).value == 10.0


@pytest.mark.parametrize(("name", "expected"), [("latency-p50", 20.0), ("latency-p95", 38.0)])
def test_latency_is_a_percentile_over_clips(name: str, expected: float) -> None:
    work = np.random.default_rng(0).permutation(np.arange(1.0, 41.0))
    found = score(name, timings(work.tolist()))
    assert found.value == expected
    assert found.interval is not None
    assert 1.0 < found.interval.low < expected < found.interval.high <= 40.0


def test_a_tail_needs_as_many_batches_as_make_one_lie_in_it() -> None:
    assert score("latency-p95", timings([1.0] * 19)).interval is None
    assert score("latency-p95", timings([1.0] * 20)).interval == (1.0, 1.0)


def test_the_interval_of_the_median_holds_what_order_statistics_say() -> None:
    """Of 101 values the 40th and the 62nd are the ends of a 96 % interval, by the binomial distribution."""
    found = score("latency-p50", timings([float(value) for value in range(1, 102)]))
    assert found.interval is not None
    assert found.interval.low == pytest.approx(41.0, abs=2.0)
    assert found.interval.high == pytest.approx(61.0, abs=2.0)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.0, 1e3), st.integers(1, 5)), min_size=1, max_size=30), st.sampled_from([50, 95, 100])
)
def test_percentiles_are_numpys_of_the_values_as_often_as_they_occur(
    counted: list[tuple[float, int]], percent: int
) -> None:
    values, counts = (np.array(column) for column in zip(*counted, strict=True))
    repeated = np.sort(np.repeat(values, counts))
    expected = repeated[-(-len(repeated) * percent // 100) - 1]
    assert percentiles(values, counts[None], percent).tolist() == [expected]


def test_energy_is_the_mean_over_clips() -> None:
    found = score("energy", timings([1.0] * 6, joules=2.5))
    assert (found.value, found.n) == (2.5, 6)
    assert found.interval == pytest.approx((2.5, 2.5))


def test_energy_that_was_not_counted_of_every_clip_is_none() -> None:
    with pytest.raises(ValueError, match=r"^no energy counter$"):
        score("energy", [*timings([1.0]), *timings([1.0], joules=None)])


def test_a_machine_without_a_counter_is_no_problem_beside_another_score(bench: Bench, card: Path) -> None:
    ran = bench("run", "--system", "noise", "--suite", card, "--device", "cpu", "--metrics", "efficiency,energy")
    assert ran.code == 0, ran.err
    (record,) = Path("results").rglob("record.json")
    assert json.loads(record.read_bytes())["not_scored"] == {"energy": "no energy counter"}
    alone = bench("run", "--system", "noise", "--suite", card, "--device", "cpu", "--metrics", "energy")
    assert alone.code == 3
    assert "energy could not be computed: no energy counter" in alone.err


def test_a_run_on_a_cpu_is_scored_by_the_whole_alias(bench: Bench, card: Path) -> None:
    ran = bench("run", "--system", "noise", "--suite", card, "--device", "cpu", "--metrics", "efficiency")
    assert ran.code == 0, ran.err
    (file,) = Path("results").rglob("timings.json")
    scores = json.loads(file.read_bytes())
    assert sorted(scores) == sorted(ALIASES["efficiency"])
    assert all("|device:cpu|batch:4|" in one["signature"] for one in scores.values())
