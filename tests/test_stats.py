"""Resampling and intervals: sums, centring, and how often 95 % intervals cover."""

from __future__ import annotations

import numpy as np
import pytest

from bench.stats import REPLICATES, Interval, centred_interval, mean_interval, resamples


@pytest.mark.parametrize("n", [1, 2, 7, 1000])
def test_every_resample_draws_as_many_clips_as_there_are(n: int) -> None:
    draws = resamples(n, 50)
    assert draws.shape == (50, n)
    assert (draws >= 0).all()
    assert (draws.sum(axis=1) == n).all()


def test_resamples_are_the_same_each_time_and_differ_by_seed() -> None:
    np.testing.assert_array_equal(resamples(20), resamples(20))
    assert len(resamples(20)) == REPLICATES == 1000
    assert (resamples(20, seed=1) != resamples(20, seed=2)).any()


def test_each_clip_is_drawn_once_on_average() -> None:
    np.testing.assert_allclose(resamples(10, 20_000).mean(axis=0), 1.0, atol=0.03)


def test_the_interval_is_shifted_so_that_replicates_centre_on_the_value() -> None:
    replicates = np.linspace(10.0, 12.0, 1001)  # mean 11; the middle 95 % is 10.05 to 11.95
    assert centred_interval(5.0, replicates) == pytest.approx((4.05, 5.95))


def test_biased_replicates_give_the_interval_of_unbiased_ones() -> None:
    replicates = np.random.default_rng(0).standard_normal(1000)
    assert centred_interval(3.0, replicates + 100.0) == pytest.approx(centred_interval(3.0, replicates))


def test_an_interval_keeps_above_the_least_possible() -> None:
    replicates = np.linspace(-1.0, 1.0, 1001)
    assert centred_interval(0.5, replicates, least=0.0) == pytest.approx((0.0, 1.45))
    assert centred_interval(5.0, replicates, least=0.0) == centred_interval(5.0, replicates)


def test_the_interval_of_a_mean_is_scaled_and_moved_with_its_values() -> None:
    values = np.random.default_rng(0).standard_normal(30)
    plain, moved = mean_interval(values), mean_interval(10.0 * values + 3.0)
    assert plain is not None
    assert moved == pytest.approx((10.0 * plain.low + 3.0, 10.0 * plain.high + 3.0))
    assert plain.low < values.mean() < plain.high


def test_equal_values_leave_no_doubt() -> None:
    assert mean_interval(np.full(10, 2.5)) == pytest.approx((2.5, 2.5))


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_clips_have_no_interval(n: int) -> None:
    assert mean_interval(np.ones(n)) is None


def test_it_is_about_as_wide_as_the_normal_interval() -> None:
    values = np.random.default_rng(1).standard_normal(400)
    found = mean_interval(values)
    assert found is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std(ddof=1) / 20, rel=0.1)


@pytest.mark.parametrize("family", ["normal", "exponential"])
def test_it_covers_the_true_mean_about_95_times_in_100(family: str) -> None:
    # 1,000 fresh sets of 100 clips; coverage is then known to 0.7 %. A skewed family may lose a little.
    generator = np.random.default_rng(0)
    sets = generator.standard_normal((1000, 100)) if family == "normal" else generator.exponential(1.0, (1000, 100)) - 1
    replicates = sets @ resamples(100).T / 100.0  # what mean_interval does, for all sets at once
    found = [centred_interval(float(values.mean()), each) for values, each in zip(sets, replicates, strict=True)]
    again = mean_interval(sets[0])
    assert isinstance(again, Interval)
    assert again == pytest.approx(found[0])
    covered = np.mean([each.low <= 0.0 <= each.high for each in found])
    assert 0.92 <= covered <= 0.97
