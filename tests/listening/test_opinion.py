"""Mean opinions: what counts, what is kept apart, and what each says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from golden_ratings import COMPLETE, GAPS, rows

from bench.errors import BadInput
from bench.listening.opinion import Opinion, clip_means, method_for, opinions, questions
from bench.listening.rating import Rating


def ratings(test: str = "t", dimension: str = "OVL", gaps: set[tuple[str, int, int]] | None = None) -> list[Rating]:
    """The worked table as ratings."""
    return [
        Rating(test_id=test, rater_id=rater, item_id=clip, system_id=system, dimension=dimension, score=score)
        for score, rater, clip, system in rows(COMPLETE, gaps or ())
    ]


def by_system(found: tuple[Opinion, ...]) -> dict[str, Opinion]:
    return {one.system: one for one in found}


def test_the_worked_table() -> None:
    found = opinions(ratings())
    assert [one.system for one in found] == ["A", "B", "C"]
    assert [one.letters for one in found] == ["a", "ab", "b"]
    first = found[0]
    assert first.interval is not None
    assert first.mean == pytest.approx(3.95)
    assert first.standard_error == pytest.approx(0.437948, abs=5e-7)
    assert first.interval == pytest.approx((3.95 - 1.393745, 3.95 + 1.393745), abs=5e-7)
    assert first.naive == pytest.approx(0.467398, abs=5e-7)
    assert (first.raters, first.clips, first.n, first.excluded) == (4, 5, 20, 0)
    assert (first.prompts, first.method, first.note) == ("random", "cluster", "")


def test_fixed_prompts_are_clustered_on_raters_and_say_so() -> None:
    first = opinions(ratings(), prompts="fixed")[0]
    assert first.standard_error == pytest.approx(0.298608, abs=5e-7)
    assert (first.prompts, first.method) == ("fixed", "raters")
    assert opinions(ratings(), interval="raters") == opinions(ratings(), prompts="fixed")


def test_what_is_excluded_is_counted_and_does_not_count() -> None:
    given = [
        replace(one, excluded=(one.system_id, int(one.rater_id[1]), int(one.item_id[1])) in GAPS)
        for one in ratings()
        if one.rater_id
    ]
    found, expected = by_system(opinions(given)), by_system(opinions(ratings(gaps=GAPS)))
    assert {name: one.excluded for name, one in found.items()} == {"A": 2, "B": 1, "C": 1}
    assert {name: one._replace(excluded=0) for name, one in found.items()} == expected


@pytest.mark.parametrize("role", ["reference", "anchor", "training", "gold", "trap", "repeat"])
def test_only_the_role_test_counts(role: str) -> None:
    others = [replace(one, role=role, score=1.0, excluded=True) for one in ratings()]
    assert opinions([*ratings(), *others]) == opinions(ratings())


def test_tests_and_dimensions_are_never_mixed() -> None:
    alone, other = ratings("one"), [replace(one, score=6 - one.score) for one in ratings("two")]
    dimension = [replace(one, score=3.0 + (one.score > 3)) for one in ratings("one", "REL")]
    found = opinions([*alone, *other, *dimension])
    assert [(one.test_id, one.dimension, one.system) for one in found] == [
        *(("one", "OVL", system) for system in "ABC"),
        *(("two", "OVL", system) for system in "CBA"),
        *(("one", "REL", system) for system in "ABC"),
    ]
    assert found[:3] == opinions(alone)
    assert found[3:6] == opinions(other)
    assert found[6:] == opinions(dimension)


def test_a_system_with_nothing_left_has_no_opinion() -> None:
    given = [replace(one, excluded=one.system_id == "B") for one in ratings()]
    assert [one.system for one in opinions(given)] == ["A", "C"]
    assert opinions([replace(one, excluded=True) for one in given]) == ()
    assert opinions([]) == ()


def test_unknown_raters_leave_clips_alone_and_the_interval_is_called_too_narrow() -> None:
    given = [replace(one, rater_id=None) for one in ratings()]
    first = opinions(given)[0]
    assert (first.raters, first.method, first.note) == (0, "clips", "raters unknown: the interval is too narrow")
    assert first.standard_error == pytest.approx((5 / 4 * 0.122) ** 0.5)


def test_one_rater_or_one_clip_has_a_mean_and_no_interval() -> None:
    alone = opinions([one for one in ratings() if one.rater_id == "r1"])
    assert [one.interval for one in alone] == [None] * 3
    assert alone[0].note == "no interval: 1 rater, and it takes 2"
    assert {one.letters for one in alone} == {"a"}
    single = opinions([one for one in ratings() if one.item_id == "c1"])
    assert single[0].note == "no interval: 1 clip, and it takes 2"


def test_one_system_has_no_letter() -> None:
    assert opinions([one for one in ratings() if one.system_id == "A"])[0].letters == ""


def test_the_scale_is_part_of_an_opinion() -> None:
    assert {(one.scale_min, one.scale_max) for one in opinions(ratings())} == {(1.0, 5.0)}
    wide = [replace(one, scale_min=0.0, scale_max=100.0) for one in ratings()]
    assert {(one.scale_min, one.scale_max) for one in opinions(wide)} == {(0.0, 100.0)}


def test_a_system_against_another_is_named_with_it() -> None:
    given = [replace(one, method="ccr", compared_system_id="ref", scale_min=-3.0, scale_max=3.0) for one in ratings()]
    assert [one.system for one in opinions(given)] == ["A vs ref", "B vs ref", "C vs ref"]


def test_two_scales_in_one_dimension_are_refused() -> None:
    given = ratings()
    given[7] = replace(given[7], scale_max=100.0)
    with pytest.raises(BadInput, match=r"test 't' has dimension 'OVL' on several scales: 1-5, 1-100"):
        opinions(given)


@pytest.mark.parametrize(
    ("prompts", "interval", "message"),
    [
        ("new", "cluster", "no kind of prompts is called 'new'; there are: fixed, random"),
        ("random", "clutser", r"no interval is called 'clutser' \(did you mean 'cluster'\?\)"),
        ("random", "naive", "no interval is called 'naive'"),
        ("fixed", "crowdmos", "prompts fixed go with the interval cluster or raters, not crowdmos"),
    ],
)
def test_what_does_not_exist_or_go_together_is_refused(prompts: str, interval: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        method_for(prompts, interval)


def test_clip_means_are_those_of_what_counts() -> None:
    given = [replace(one, excluded=one.rater_id == "r4") for one in ratings()]
    found = clip_means(given)
    assert len(found) == 15
    assert found["A", "OVL", "c1"] == pytest.approx((5 + 4 + 4) / 3)
    assert found["C", "OVL", "c4"] == pytest.approx((2 + 2 + 1) / 3)


def test_clip_means_of_several_tests_are_refused() -> None:
    with pytest.raises(BadInput, match="clip means of several tests can't be mixed: one, two"):
        clip_means([*ratings("one"), *ratings("two")])


def test_samples_of_one_prompt_are_stimuli_of_their_own_and_share_its_clip() -> None:
    given = [replace(one, sample_index=index) for index in (0, 1) for one in ratings()]
    (question,) = questions(given)
    assert (len(question.votes.clips), int(question.votes.stimulus.max()) + 1) == (5, 30)
    assert opinions(given)[0].standard_error == pytest.approx(opinions(ratings())[0].standard_error)
