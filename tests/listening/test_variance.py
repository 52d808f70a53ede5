"""Variances: worked tables, the fallback, and the same numbers as statsmodels gives."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from golden_ratings import COMPLETE, FALLBACK, GAPS, Scenario, ballot, latin, observed
from numpy.typing import NDArray

from bench.listening import variance
from bench.listening.variance import Components, cluster_spread, cluster_variance, jackknife_variance
from bench.listening.votes import Votes, votes

OLS = importlib.import_module("statsmodels.api").OLS  # it has no types

SPREADS = [
    (("A", None), (0.066875, 0.122, 0.047375), 0.437948),
    (("B", None), (0.066875, 0.082, 0.037375), 0.390288),
    (("C", None), (0.061875, 0.045, 0.034375), 0.320259),
    (("A", "B"), (0.0, 0.14, 0.04), 0.364547),
    (("A", "C"), (0.005, 0.027, 0.023), 0.127303),
    (("B", "C"), (0.005, 0.067, 0.028), 0.246866),
]


@pytest.mark.parametrize(("pair", "sums", "error"), SPREADS)
def test_the_sums_of_squares_of_the_worked_table(
    pair: tuple[str, str | None], sums: tuple[float, float, float], error: float
) -> None:
    sample = ballot(COMPLETE).of(*pair)
    spread = cluster_spread(sample)
    assert spread[:3] == pytest.approx(sums, abs=1e-12)
    assert spread[3:] == (4, 5, 20)
    found = cluster_variance(sample)
    assert found.value**0.5 == pytest.approx(error, abs=5e-7)
    assert not found.fallback


def test_the_worked_mean_step_by_step() -> None:
    expected = 4 / 3 * 0.066875 + 5 / 4 * 0.122 - 20 / 19 * 0.047375
    assert cluster_variance(ballot(COMPLETE).of("A")).value == pytest.approx(expected, abs=1e-12)
    assert expected == pytest.approx(0.191798, abs=5e-7)


def test_where_the_two_way_variance_is_not_positive_the_larger_one_way_one_stands_in() -> None:
    sample = ballot(FALLBACK).of("A", "B")
    spread = cluster_spread(sample)
    assert spread[:3] == pytest.approx((0.0, 0.00520833, 0.015625), abs=1e-8)
    found = cluster_variance(sample)
    assert found.fallback
    assert found.value == pytest.approx(4 / 3 * 0.0052083333, abs=1e-9)


def test_a_variance_of_nothing_but_rounding_is_nothing() -> None:
    scores, raters, clips = [0.1 + 0.2, 0.3, 0.3, 0.3], ["r", "r", "s", "s"], ["c", "d", "c", "d"]
    found = cluster_variance(votes(scores, raters, clips, ["a"] * 4).of("a"))
    assert found == (0.0, True)


def test_the_jackknife_equals_the_cluster_robust_variance_of_a_complete_table_and_is_known_for_another() -> None:
    for pair in [("A",), ("B",), ("A", "B"), ("B", "C")]:
        sample = ballot(COMPLETE).of(*pair)
        jackknife = jackknife_variance(sample)
        assert jackknife is not None
        assert jackknife.value == pytest.approx(cluster_variance(sample).value, abs=1e-12)
    gaps = jackknife_variance(ballot(COMPLETE, GAPS).of("A"))
    assert gaps is not None
    assert gaps.value**0.5 == pytest.approx(0.476840, abs=5e-7)


def test_the_jackknife_is_undefined_where_a_system_hangs_on_one_rater() -> None:
    scores, raters, clips = [1, 2, 3, 4], ["r", "r", "s", "t"], ["c", "d", "c", "d"]
    assert jackknife_variance(votes(scores, raters, clips, ["a", "a", "b", "b"]).of("a", "b")) is None


def ordinary(pair: tuple[str, str], given: Votes) -> float:
    """Statsmodels' standard error of a difference, by a regression on the two systems alone."""
    sample = given.of(*pair)
    design = np.column_stack([np.ones(len(sample.score)), sample.other])
    groups = np.column_stack([sample.rater, sample.clip])
    fit = OLS(sample.score, design).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    n, k = design.shape
    return float(fit.bse[1] / ((n - 1) / (n - k)) ** 0.5)  # its factor for the regression's degrees of freedom


@pytest.mark.parametrize("gaps", [(), GAPS], ids=["complete", "gaps"])
def test_standard_errors_are_those_of_statsmodels(gaps: set[tuple[str, int, int]]) -> None:
    given = ballot(COMPLETE, gaps)
    for pair in [("A", "B"), ("A", "C"), ("B", "C")]:
        assert cluster_variance(given.of(*pair)).value ** 0.5 == pytest.approx(ordinary(pair, given), rel=1e-9)


def test_statsmodels_over_all_three_systems_gives_the_published_factor() -> None:
    given = ballot(COMPLETE)
    design = np.column_stack([np.ones(60), given.system == 1, given.system == 2])
    groups = np.column_stack([given.rater, given.clip])
    fit = OLS(given.score, design).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    for place, system, known in [(1, "B", 0.370888), (2, "C", 0.129517)]:
        error = cluster_variance(given.of("A", system)).value ** 0.5
        assert fit.bse[place] == pytest.approx(error * (59 / 57) ** 0.5, rel=1e-9)
        assert fit.bse[place] == pytest.approx(known, abs=5e-7)


DESIGNS = {"full": None, "latin": latin((12, 15, 3))}


@pytest.mark.parametrize("heard", DESIGNS.values(), ids=DESIGNS)
def test_statsmodels_agrees_on_drawn_tests_complete_and_not(heard: NDArray[np.bool_] | None) -> None:
    scores = Scenario(12, 15, 3, rater_system=0.2, clip_system=0.4).draw(np.random.default_rng(3))
    given = observed(scores, np.ones(scores.shape, np.bool_) if heard is None else heard)
    pair = (given.systems[0], given.systems[1])
    assert cluster_variance(given.of(*pair)).value ** 0.5 == pytest.approx(ordinary(pair, given), rel=1e-9)


def test_repeats_within_a_cell_are_one_cluster_of_it() -> None:
    """A score given twice says no more than once: the same variance but for the number of cells, which stays."""
    once = ballot(COMPLETE).of("A")
    names = ballot(COMPLETE)
    mine = names.system == 0
    twice = votes(
        np.repeat(names.score[mine], 2).tolist(),
        [names.raters[i] for i in np.repeat(names.rater[mine], 2)],
        [names.clips[i] for i in np.repeat(names.clip[mine], 2)],
        ["A"] * 40,
    ).of("A")
    assert cluster_spread(twice) == pytest.approx(cluster_spread(once))


def test_components_of_the_worked_table() -> None:
    sample = ballot(COMPLETE).of("A")
    components = variance.moment_components(sample)
    assert components == pytest.approx((1 / 3, 11 / 15, 7 / 60), abs=1e-12)
    assert components is not None
    parts = variance.mean_variance(components, sample)
    assert sum(parts) ** 0.5 == pytest.approx(0.485627, abs=5e-7)
    assert variance.satterthwaite_df(parts, sample) == pytest.approx(6.569, abs=5e-4)


def test_moments_by_pairs_are_those_counted_pair_by_pair() -> None:
    sample = ballot(COMPLETE, GAPS).of("B")
    n = len(sample.score)
    apart = [
        (sample.score[i] - sample.score[j]) ** 2 / 2
        for i in range(n)
        for j in range(i)
        if sample.rater[i] != sample.rater[j] and sample.clip[i] != sample.clip[j]
    ]
    assert variance._half_squared_pairs(sample) == pytest.approx(float(np.mean(apart)), rel=1e-12)


def test_moment_components_are_unbiased_in_a_large_test() -> None:
    generator = np.random.default_rng(1)
    scenario = Scenario(40, 50, 1, rater=0.5, clip=0.4, residual=0.8)
    found = []
    for _ in range(200):
        scores = scenario.draw(generator)
        found.append(variance.moment_components(observed(scores, np.ones(scores.shape, np.bool_)).of("s000")))
    assert np.mean(np.array(found), axis=0) == pytest.approx([0.25, 0.16, 0.64], rel=0.05)


def test_a_component_that_cannot_be_seen_is_left_to_the_others() -> None:
    """Each rater has one score: the variance within raters is not defined."""
    given = votes([1, 3, 2, 5], ["r", "s", "t", "u"], ["c", "c", "d", "d"], ["a"] * 4).of("a")
    assert variance.crowdmos_components(given) is None
    within, apart = (2.0 + 4.5) / 2, float(np.mean([0.5, 8.0, 0.5, 2.0]))
    assert variance.moment_components(given) == pytest.approx(Components(0.0, max(apart - within, 0.0), within))
    turned = votes([1, 3, 2, 5], ["c", "c", "d", "d"], ["r", "s", "t", "u"], ["a"] * 4).of("a")
    assert variance.moment_components(turned) == pytest.approx(Components(max(apart - within, 0.0), 0.0, within))
    apart_only = votes([1, 3], ["r", "s"], ["c", "d"], ["a"] * 2).of("a")
    assert variance.moment_components(apart_only) is None
