"""Significance: closed forms, scipy's own tests, and levels that hold under simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from bench.gate.significance import Difference, exceedance_test, holm, sign_test


def test_a_mean_difference_is_tested_as_student_does() -> None:
    values = np.random.default_rng(0).normal(0.3, 1.0, 20)
    found = Difference(float(values.mean()), float(values.std(ddof=1) / np.sqrt(20)), 19)
    expected = stats.ttest_1samp(values, 0.1, alternative="greater")
    assert found.p_above(0.1) == pytest.approx(expected.pvalue)
    assert found.p_below(0.1) == pytest.approx(1.0 - expected.pvalue)
    assert found.interval(0.01) == pytest.approx(stats.t.interval(0.98, 19, found.value, found.error))


def test_where_no_clip_differs_nothing_is_left_to_chance() -> None:
    assert Difference(0.0, 0.0, 5).p_above(0.0) == 1.0
    assert Difference(0.2, 0.0, 5).p_above(0.1) == 0.0
    assert Difference(-0.2, 0.0, 5).p_below(-0.1) == 0.0
    assert Difference(0.2, 0.0, 5).interval(0.01) == (0.2, 0.2)


@given(st.floats(-3, 3), st.floats(0.1, 2), st.floats(-3, 3))
def test_the_interval_and_the_test_agree(value: float, error: float, margin: float) -> None:
    found = Difference(value, error, 12)
    low, high = found.interval(0.01)
    assert (found.p_above(margin) < 0.01) == (low > margin) or abs(low - margin) < 1e-9
    assert (found.p_below(margin) < 0.01) == (high < margin) or abs(high - margin) < 1e-9


@pytest.mark.parametrize("count", [1, 2, 11])
def test_holm_is_that_of_statsmodels(count: int) -> None:
    values = np.random.default_rng(count).random(count) ** 4
    assert holm(values.tolist()) == pytest.approx(list(multipletests(values, method="holm")[1]))
    assert holm([]) == []


@pytest.mark.parametrize(("worse", "better"), [(0, 0), (1, 0), (5, 0), (7, 2), (3, 9)])
def test_the_sign_test_is_the_binomial_one(worse: int, better: int) -> None:
    expected = stats.binomtest(worse, worse + better, alternative="greater").pvalue if worse + better else 1.0
    assert sign_test(worse, better) == pytest.approx(expected)


@pytest.mark.parametrize(("exceeding", "rank", "clips"), [(0, 1, 10), (1, 1, 10), (5, 1, 24), (12, 3, 50)])
def test_exceedances_have_the_chance_that_a_simulation_gives(exceeding: int, rank: int, clips: int) -> None:
    draws = np.random.default_rng(1).random((2, 20_000, clips))
    threshold = np.sort(draws[0], axis=1)[:, -rank]
    share = ((draws[1] > threshold[:, None]).sum(axis=1) >= exceeding).mean()
    assert exceedance_test(exceeding, rank, clips) == pytest.approx(share, abs=0.012)


def test_exceedances_of_many_clips_are_exact() -> None:
    """A hundred exceed the fiftieth where of the 149 worst of both sets together at most 49 are the baseline's."""
    assert exceedance_test(100, 50, 5000) == pytest.approx(stats.hypergeom(10_000, 5000, 149).cdf(49), rel=1e-9)
