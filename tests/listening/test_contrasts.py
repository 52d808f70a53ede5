"""Differences: worked tables, Holm as statsmodels has it, and how often equal systems are told apart."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from golden_ratings import COMPLETE, GAPS, Scenario, as_votes, ballot, crowd, observed, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.listening.contrasts import Contrast, contrasts, holm, letters, wilcoxon_p
from bench.listening.votes import votes

MULTIPLE = importlib.import_module("statsmodels.stats.multitest").multipletests  # it has no types

Wide = tuple[float, float, float, float, float]  # difference, error, half-width, p, adjusted
GOLDEN: dict[tuple[str, str], Wide] = {
    ("A", "B"): (1.0, 0.364547, 1.160152, 0.071151, 0.142302),
    ("A", "C"): (1.2, 0.127303, 0.405136, 0.002530, 0.007590),
    ("B", "C"): (0.2, 0.246866, 0.785639, 0.477151, 0.477151),
}
GOLDEN_GAPS = {
    ("A", "B"): (1.052632, 0.418184, 0.086393, 0.172786),
    ("A", "C"): (1.263158, 0.181475, 0.006084, 0.018252),
    ("B", "C"): (0.210526, 0.269491, 0.491665, 0.491665),
}


def by_pair(found: tuple[Contrast, ...]) -> dict[tuple[str, str], Contrast]:
    return {(one.system, one.other): one for one in found}


def test_the_worked_table() -> None:
    given = ballot(COMPLETE)
    found = contrasts(given)
    assert list(by_pair(found)) == [("A", "B"), ("A", "C"), ("B", "C")]
    for pair, one in by_pair(found).items():
        of = one.difference
        assert (of.value, of.standard_error, of.half_width, of.p, one.adjusted) == pytest.approx(GOLDEN[pair], abs=5e-7)
        assert of.df == 3
    assert [one.significant for one in found] == [False, True, False]
    assert letters(given, found) == {"A": "a", "B": "ab", "C": "b"}


def test_the_worked_table_with_gaps() -> None:
    given = ballot(COMPLETE, GAPS)
    found = contrasts(given)
    for pair, one in by_pair(found).items():
        of = one.difference
        assert (of.value, of.standard_error, of.p, one.adjusted) == pytest.approx(GOLDEN_GAPS[pair], abs=5e-7)
    assert letters(given, found) == {"A": "a", "B": "ab", "C": "b"}


def test_intervals_of_means_alone_leave_differences_to_the_cluster_robust_one() -> None:
    given = ballot(COMPLETE)
    assert contrasts(given, "crowdmos") == contrasts(given, "re") == contrasts(given, "naive") == contrasts(given)
    assert contrasts(given, "raters") != contrasts(given)


@settings(max_examples=25, deadline=None)  # theirs takes a twentieth of a second
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_statsmodels(ps: list[float]) -> None:
    assert holm(ps) == pytest.approx(MULTIPLE(ps, method="holm")[1].tolist(), abs=1e-12)


def test_one_system_has_no_contrast_and_no_letter() -> None:
    given = votes([1, 2, 3, 5], ["r", "r", "s", "s"], ["c", "d", "c", "d"], ["a"] * 4)
    assert contrasts(given) == ()
    assert letters(given, ()) == {"a": ""}


def test_systems_whose_scores_do_not_vary_are_not_said_to_differ() -> None:
    systems = ["a"] * 4 + ["b"] * 4
    given = votes([5] * 4 + [1] * 4, ["r", "r", "s", "s"] * 2, ["c", "d", "c", "d"] * 2, systems)
    (only,) = contrasts(given)
    assert (only.difference.value, only.difference.p, only.adjusted, only.significant) == (4.0, None, None, False)
    assert letters(given, [only]) == {"a": "a", "b": "a"}


def test_a_pair_without_p_counts_as_one_of_all_pairs() -> None:
    rated = rows(COMPLETE) + [
        (score, rater, clip, "D") for score, rater, clip, system in rows(COMPLETE) if system == "A"
    ]
    given = as_votes([(score + (system == "D"), rater, clip, system) for score, rater, clip, system in rated])
    found = by_pair(contrasts(given))
    assert found["D", "A"].difference.p is None  # every score is one point above
    ps = {pair: one.difference.p for pair, one in found.items() if one.difference.p is not None}
    assert found[min(ps, key=lambda pair: ps[pair])].adjusted == pytest.approx(6 * min(ps.values()))
    assert not found["D", "A"].significant


@pytest.mark.parametrize(("adjusted", "significant"), [(0.0, True), (0.05, True), (0.0501, False), (None, False)])
def test_the_level_is_five_percent(adjusted: float | None, significant: bool) -> None:
    (one, *_) = contrasts(ballot(COMPLETE))
    assert one._replace(adjusted=adjusted).significant is significant


def test_wilcoxon_is_of_clip_means_and_only_of_clips_that_both_have() -> None:
    from scipy.stats import wilcoxon

    scores = Scenario(6, 20, 2, clip_system=0.4).draw(np.random.default_rng(5), np.array([3.4, 3.0]))
    heard = np.ones(scores.shape, np.bool_)
    heard[:, :5, 1] = False
    apart = scores.mean(axis=0)[5:, 0] - scores.mean(axis=0)[5:, 1]
    given = observed(scores, heard)
    assert wilcoxon_p(given, "s000", "s001") == pytest.approx(float(wilcoxon(apart, method="approx").pvalue))
    assert wilcoxon_p(ballot(COMPLETE), "A", "B") is None  # five clips are too few


def rejections(unequal: bool, replicates: int) -> tuple[float, float]:
    """How often any of ten pairs of five equal systems is told apart, by Holm and without."""
    generator, scenario = np.random.default_rng(11), Scenario(rater_system=0.2, clip_system=0.4)
    everyone, any_plain, any_holm = np.ones((30, 40, 5), np.bool_), 0, 0
    for _ in range(replicates):
        heard = crowd(generator, (30, 40, 5), 10) if unequal else everyone
        found = contrasts(observed(scenario.draw(generator), heard))
        any_holm += any(one.significant for one in found)
        any_plain += any(one.difference.p is not None and one.difference.p <= 0.05 for one in found)
    return any_holm / replicates, any_plain / replicates


def test_holm_keeps_the_chance_of_any_false_difference_near_the_level() -> None:
    by_holm, plain = rejections(unequal=False, replicates=200)
    assert by_holm < 0.085
    assert plain > 0.2


def test_in_a_crowd_too() -> None:
    assert rejections(unequal=True, replicates=200)[0] < 0.1
