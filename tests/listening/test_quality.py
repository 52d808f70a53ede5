"""Quality control: each rule fires where it should and nowhere else, flags are no drops, and every drop is named."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from golden_ratings import COMPLETE
from listening_files import complete, rating

from bench.errors import BadInput
from bench.listening.long import ratings_csv, read_ratings
from bench.listening.quality import CODES, Finding, Rules, Screened, report, screen
from bench.listening.rating import Rating, Session


def reasons(screened: Screened) -> list[tuple[str, ...]]:
    return [one.exclusion_reasons for one in screened.ratings]


def of(screened: Screened, rule: str) -> list[Finding]:
    return [one for one in screened.findings if one.rule == rule]


def session(rater: str = "r1", **more: Any) -> Session:
    return Session(**{"test_id": "t", "session_id": f"s {rater}", "rater_id": rater, **more})


def row(rater: str, scores: Sequence[float], **more: Any) -> list[Rating]:
    """One rater's scores of clips 1, 2, 3 …"""
    return [rating(rater, f"c{place}", "A", float(score), **more) for place, score in enumerate(scores, 1)]


def test_what_is_sound_is_kept_as_it_is() -> None:
    given = complete(COMPLETE.items())
    screened = screen(given)
    assert screened.ratings == tuple(given)
    assert screened.findings == ()
    assert {"not_fully_played", "too_fast", "trap_failed", "headphone_fail"} <= set(screened.unchecked)


def test_every_rule_of_the_reference_has_a_code() -> None:
    assert set(CODES) >= {
        *("not_fully_played", "too_fast", "trap_failed", "gold_failed", "straight_line", "env_check", "headphone_fail"),
        *("low_agreement", "low_pass_rate", "anchor_order", "mushra_hidden_ref", "mushra_anchor", "duplicate_rating"),
        *("duplicate_rater", "too_many", "vote_outlier", "self_consistency"),
    }


def test_a_rule_that_is_off_is_not_asked_and_one_that_is_none_is_named() -> None:
    given = [rating(listened_frac=0.5)]
    assert reasons(screen(given)) == [("not_fully_played",)]
    assert reasons(screen(given, rules=Rules(off=("not_fully_played",)))) == [()]
    with pytest.raises(BadInput, match="no rule is called 'not_played'"):
        screen(given, rules=Rules(off=("not_played",)))


# Rules about ratings


@pytest.mark.parametrize(("share", "dropped"), [(0.949, True), (0.95, False), (1.0, False), (None, False)])
def test_a_sound_must_be_played_to_its_end(share: float | None, dropped: bool) -> None:
    assert screen([rating(listened_frac=share)]).ratings[0].excluded is dropped


@pytest.mark.parametrize(("seconds", "dropped"), [(8.9, True), (9.0, False)])
def test_a_rating_takes_as_long_as_nine_tenths_of_the_sound(seconds: float, dropped: bool) -> None:
    slow = row("r1", [3, 4, 5, 2, 1, 3], audio_duration_s=10.0, response_time_s=12.0, time_scope="stimulus")
    fast = replace(slow[0], item_id="c9", response_time_s=seconds)
    assert ("too_fast" in reasons(screen([*slow, fast]))[-1]) is dropped


def test_a_page_takes_as_long_as_all_its_sounds() -> None:
    page = [
        rating("r1", "c1", system, 3.0, audio_duration_s=10.0, response_time_s=17.0, time_scope="page")
        for system in "AB"
    ]
    both = [replace(one, dimension=dimension) for one in page for dimension in ("OVL", "REL")]
    found = screen(both)
    assert {one.value for one in of(found, "too_fast")} == {
        0.85
    }  # 17 of 20 seconds: a sound counts once for two scales
    assert all("too_fast" in why for why in reasons(found))
    assert reasons(screen([replace(one, response_time_s=18.0) for one in both])) == [()] * 4


def test_times_without_lengths_say_nothing() -> None:
    screened = screen([rating(response_time_s=0.1, time_scope="stimulus")])
    assert reasons(screened) == [()]
    assert "too_fast" in screened.unchecked


@pytest.mark.parametrize(("fast", "dropped"), [(2, False), (3, True)])
def test_a_session_with_more_than_a_fifth_too_fast_goes_whole(fast: int, dropped: bool) -> None:
    given = [
        replace(one, response_time_s=1.0 if place < fast else 20.0)
        for place, one in enumerate(
            row("r1", [3, 4, 5, 2, 1, 3, 2, 4, 5, 1], audio_duration_s=10.0, time_scope="stimulus")
        )
    ]
    assert ("too_fast_session" in reasons(screen(given))[-1]) is dropped


def test_the_last_revision_of_the_first_session_counts() -> None:
    first = rating(score=1.0, session_id="s1", revision=2)
    given = [
        first,
        replace(first, score=2.0, revision=3),
        replace(first, score=3.0, session_id="s2"),
        replace(first, score=4.0),
    ]
    screened = screen(given)
    assert [one.score for one in screened.ratings if not one.excluded] == [2.0]
    assert reasons(screened)[0] == ("duplicate_rating",)


def test_the_first_session_is_the_one_that_began_first_where_that_is_known() -> None:
    given = [rating(score=1.0, session_id="late"), rating(score=2.0, session_id="early")]
    times = {"late": "2025-02-01T10:00:00Z", "early": "2025-01-01T10:00:00Z"}
    sessions = [session(session_id=name, started_at=time) for name, time in times.items()]
    assert [one.score for one in screen(given, sessions).ratings if not one.excluded] == [2.0]
    assert [one.score for one in screen(given, sessions[:1]).ratings if not one.excluded] == [1.0]


@pytest.mark.parametrize(
    "other",
    [{"role": "repeat"}, {"dimension": "REL"}, {"sample_index": 1}, {"test_id": "u"}, {"compared_system_id": "B"}],
)
def test_what_is_no_duplicate_stays(other: dict[str, Any]) -> None:
    assert reasons(screen([rating(), rating(**other)])) == [(), ()]


def test_votes_of_unknown_people_are_no_duplicates() -> None:
    assert reasons(screen([rating(None, session_id=None)] * 3)) == [()] * 3


def test_outliers_go_only_on_request_and_votes_all_alike_stay() -> None:
    far = [rating(f"r{place}", "c1", "A", 5.0) for place in range(30)] + [rating("x", "c1", "A", 1.0)]
    alike = [rating(f"r{place}", "c1", "B", 4.0) for place in range(30)]
    assert not any(one.excluded for one in screen(far + alike).ratings)
    screened = screen(far + alike, rules=Rules(outlier_z=3.29))
    assert [(one.rater_id, one.system_id) for one in screened.ratings if one.excluded] == [("x", "A")]


@pytest.mark.parametrize(("others", "dropped"), [(10, False), (11, True)])
def test_an_outlier_can_t_be_told_among_eleven_votes(others: int, dropped: bool) -> None:
    given = [rating(f"r{place}", "c1", "A", 5.0) for place in range(others)] + [rating("x", "c1", "A", 1.0)]
    assert screen(given, rules=Rules(outlier_z=3.29)).ratings[-1].excluded is dropped


# Rules about sessions


def test_a_wrong_trap_loses_its_session_and_no_other() -> None:
    trap = {"role": "trap", "expected_score": 2.0}
    given = [rating("r1"), rating("r1", "t", "trap", 3.0, **trap), rating("r2"), rating("r2", "t", "trap", 2.0, **trap)]
    screened = screen(given)
    assert reasons(screened) == [("trap_failed",), ("trap_failed",), (), ()]
    assert of(screened, "trap_failed") == [Finding("trap_failed", "r1", "s r1", 1.0, "no trap wrong", 2)]


@pytest.mark.parametrize(("score", "dropped"), [(3.0, True), (4.0, False), (5.0, False)])
def test_a_gold_clip_may_be_a_point_off(score: float, dropped: bool) -> None:
    given = [rating("r1"), rating("r1", "g", "gold", score, role="gold", expected_score=5.0)]
    assert screen(given).ratings[0].excluded is dropped


def test_a_point_grows_with_the_scale() -> None:
    wide = {"scale_min": 0.0, "scale_max": 100.0, "role": "gold", "expected_score": 100.0}
    for score, dropped in ((75.0, False), (74.0, True)):
        assert screen([rating("r1"), rating("r1", "g", "gold", score, **wide)]).ratings[0].excluded is dropped


def test_one_right_gold_clip_is_enough_unless_two_are_wanted() -> None:
    gold = {"role": "gold", "expected_score": 5.0}
    given = [rating("r1"), rating("r1", "g", "gold", 5.0, **gold), rating("r1", "h", "gold", 1.0, **gold)]
    assert reasons(screen(given))[0] == ()
    assert reasons(screen(given, rules=Rules(gold_right=2)))[0] == ("gold_failed",)


@pytest.mark.parametrize(
    ("known", "rule", "dropped"),
    [
        ({"digits_correct": 0}, "env_check", True),
        ({"digits_correct": 1, "pairs_correct": 2}, "env_check", None),
        ({"pairs_correct": 1}, "env_check", True),
        ({"headphone_correct": 4}, "headphone_fail", False),
        ({"headphone_correct": 5}, "headphone_fail", None),
        ({"headphone_pass": False}, "headphone_fail", False),
        ({"headphone_pass": True, "headphone_correct": 3}, "headphone_fail", None),
        ({"accept_and_use": False}, "not_accepted", True),
        ({"accept_and_use": True}, "not_accepted", None),
        ({"status": "returned"}, "incomplete", False),
        ({"status": "complete"}, "incomplete", None),
        ({"parallel_session": True}, "duplicate_rater", True),
        ({"parallel_session": False}, "duplicate_rater", None),
    ],
)
def test_what_is_known_of_a_session_drops_it_or_flags_it_or_neither(
    known: dict[str, Any], rule: str, dropped: bool | None
) -> None:
    screened = screen([rating("r1"), rating("r2")], [session(**known)])
    assert reasons(screened) == [(rule,) if dropped else (), ()]
    assert [one.dropped > 0 for one in of(screened, rule)] == ([] if dropped is None else [dropped])


def test_a_failed_headphone_check_drops_if_the_rules_say_so() -> None:
    screened = screen([rating("r1")], [session(headphone_pass=False)], Rules(headphones=True))
    assert reasons(screened) == [("headphone_fail",)]


def test_later_sessions_of_a_rater_go_on_request() -> None:
    given = [rating("r1", "c1", session_id="s1"), rating("r1", "c2", session_id="s2")]
    assert reasons(screen(given)) == [(), ()]
    assert reasons(screen(given, rules=Rules(one_session=True))) == [(), ("duplicate_rater",)]


# Rules about raters


@pytest.mark.parametrize(("failed", "kept"), [(1, 1), (2, 0)])
def test_a_rater_with_few_usable_sessions_loses_all(failed: int, kept: int) -> None:
    given = [rating("r1", f"c{n}", session_id=f"s{n}") for n in range(3 if failed == 2 else 2)]
    sessions = [session(session_id=f"s{n}", accept_and_use=n >= failed) for n in range(len(given))]
    screened = screen(given, sessions)
    assert sum(not one.excluded for one in screened.ratings) == kept
    assert [one.value for one in of(screened, "low_pass_rate")] == ([pytest.approx(1 / 3)] if failed == 2 else [])


def mushra(rater: str, system: str, scores: Sequence[float], role: str) -> list[Rating]:
    scale = {"method": "mushra", "scale_min": 0.0, "scale_max": 100.0, "role": role}
    return [rating(rater, f"c{place}", system, float(score), **scale) for place, score in enumerate(scores)]


@pytest.mark.parametrize(("low", "dropped"), [(1, False), (2, True)])
def test_one_low_hidden_reference_in_ten_costs_nobody(low: int, dropped: bool) -> None:
    given = mushra("r1", "reference", [80] * low + [95] * (10 - low), "reference") + mushra("r1", "A", [50], "test")
    assert screen(given).ratings[-1].excluded is dropped
    assert reasons(screen(mushra("r1", "reference", [90] * 10, "reference"))) == [()] * 10


def test_a_high_mid_anchor_costs_a_rater_unless_many_have_it() -> None:
    deaf = mushra("r1", "anchor70", [95] * 4, "anchor") + mushra("r1", "A", [50], "test")
    others = [one for place in range(2, 9) for one in mushra(f"r{place}", "anchor70", [40] * 4, "anchor")]
    assert reasons(screen([*deaf, *others]))[4] == ("mushra_anchor",)
    screened = screen([*deaf, *others[:8]])  # one of three raters
    assert reasons(screened)[4] == ()
    assert "more than 25% of raters did" in of(screened, "mushra_anchor")[0].threshold


@pytest.mark.parametrize(("turned", "dropped"), [(2, False), (3, True)])
def test_anchors_may_be_turned_in_a_fifth_of_trials(turned: int, dropped: bool) -> None:
    given = mushra("r1", "anchor35", [60] * turned + [10] * (10 - turned), "anchor")
    given += mushra("r1", "anchor70", [50] * 10, "anchor") + mushra("r1", "A", [50], "test")
    assert ("anchor_order" in reasons(screen(given))[-1]) is dropped


def test_a_rater_with_a_large_share_is_flagged_and_not_dropped() -> None:
    given = [one for place in range(12) for one in row(f"r{place}", [3, 4])] + row("busy", [3, 4] * 5)
    screened = screen(given)
    assert [(one.rater, one.dropped) for one in of(screened, "too_many")] == [("busy", 0)]
    assert not any(one.excluded for one in screened.ratings)
    assert not of(screen(complete(COMPLETE.items())), "too_many")  # a quarter each of four raters is an even share


def test_very_many_sessions_are_flagged() -> None:
    given = [rating("r1", f"c{n}", session_id=f"s{n}") for n in range(61)] + [rating("r2", f"c{n}") for n in range(61)]
    assert [(one.rater, one.value) for one in of(screen(given), "too_many")] == [("r1", 61)]


@pytest.mark.parametrize(("again", "flagged"), [([5, 5], True), ([4, 3], False)])
def test_repeated_ratings_far_apart_are_flagged(again: list[float], flagged: bool) -> None:
    screened = screen([*row("r1", [3, 3]), *row("r1", again, role="repeat")])
    assert [one.dropped for one in of(screened, "self_consistency")] == [0] * flagged
    assert reasons(screened) == [()] * 4


# Agreement


def crowd(stimuli: int) -> list[Rating]:
    """Eight raters who agree but for a point, one who clicks at random and one who always gives 3."""
    chance = random.Random(0)
    truth = [chance.choice([1, 2, 3, 4, 5]) for _ in range(stimuli)]
    honest = [
        one
        for place in range(8)
        for one in row(f"r{place}", [min(5, max(1, score + chance.choice([-1, 0, 0, 1]))) for score in truth])
    ]
    return [*honest, *row("random", [chance.choice([1, 2, 3, 4, 5]) for _ in truth]), *row("flat", [3] * stimuli)]


def test_who_does_not_agree_is_dropped_from_fifty_stimuli_on() -> None:
    screened = screen(crowd(50), rules=Rules(off=("straight_line",)))
    assert {one.rater_id for one in screened.ratings if one.excluded} == {"random", "flat"}
    found = {one.rater: one for one in of(screened, "low_agreement")}
    assert found["random"].value < 0.25
    assert found["random"].dropped == found["flat"].dropped == 50
    assert "votes all alike" in found["flat"].threshold


def test_below_fifty_stimuli_it_is_a_flag() -> None:
    screened = screen(crowd(49), rules=Rules(off=("straight_line",)))
    assert not any(one.excluded for one in screened.ratings)
    assert {one.rater for one in of(screened, "low_agreement")} >= {"flat"}
    assert all("too few to drop (from 50)" in one.threshold for one in of(screened, "low_agreement"))


def test_agreement_is_asked_of_those_whom_earlier_rules_left() -> None:
    bad = row("bad", [1, 5] * 25, listened_frac=0.1)
    before = {one.rater: one.value for one in of(screen(crowd(50)), "low_agreement")}
    assert {one.rater: one.value for one in of(screen([*crowd(50), *bad]), "low_agreement")} == before


def test_a_dimension_in_which_a_rater_agrees_is_kept() -> None:
    given = crowd(50)
    other = [replace(one, dimension="REL") for one in given if one.rater_id not in ("random", "flat")]
    fine = [replace(one, rater_id="random", session_id="s random") for one in other if one.rater_id == "r0"]
    screened = screen([*given, *other, *fine])
    assert {one.dimension for one in screened.ratings if one.rater_id == "random" and not one.excluded} == {"REL"}


# Before and after


def test_screening_twice_is_screening_once_and_hands_stay_where_they_were() -> None:
    given = [
        rating("r1", listened_frac=0.2),
        rating("r2", excluded=True),
        rating("r3", excluded=True, exclusion_reasons=("ill",)),
    ]
    once = screen(given)
    assert reasons(once) == [("not_fully_played",), ("by_hand",), ("ill",)]
    assert screen(once.ratings).ratings == once.ratings
    path = Path("ratings.csv")
    path.write_text(ratings_csv(once.ratings), encoding="utf-8")
    assert screen(read_ratings(path)).ratings == once.ratings
    assert reasons(screen(once.ratings, rules=Rules(off=("not_fully_played",))))[0] == ()


def test_nothing_to_screen_is_no_error() -> None:
    assert screen([]).ratings == ()
    assert report(screen([])) == ["quality control: 0 of 0 ratings kept", *report(screen([]))[1:]]


def test_the_report_says_who_was_dropped_by_which_rule_and_what_was_not_checked() -> None:
    given = [rating("r1", "c1", listened_frac=0.5), rating("r1", "c2"), rating("r2", "c1"), rating("r3", "c1")]
    lines = report(screen(given, [session("r2", headphone_correct=2), session("r3", accept_and_use=False)]))
    text = "\n".join(lines)
    assert lines[0] == "quality control: 2 of 4 ratings kept, 2 of 3 raters, 2 of 3 sessions"
    assert "not_fully_played: 1 ratings dropped (1 by it alone), 1 raters; wanted: share played at least 0.95" in text
    assert "r1, session s r1: 0.5" in text
    assert "headphone_fail: flagged, not dropped, 1 raters" in text
    assert "r3, session s r3: 0" in text
    assert "not checked, since nothing is known or asked for: too_fast, vote_outlier" in text
    assert lines[-1] == "votes a stimulus (least/median/most): 1/2/3 before, 1/1/1 after; 2 have under 3"


def test_a_long_list_is_cut_and_counted() -> None:
    lines = report(screen([rating(f"r{place}", listened_frac=0.1) for place in range(12)]))
    assert "    and 4 more" in lines


def test_who_has_only_traps_left_is_out_of_the_count() -> None:
    trap = {"role": "trap", "expected_score": 2.0, "session_id": "s r1"}
    given = [rating("r1", listened_frac=0.5), rating("r1", "t", "trap", 2.0, **trap), rating("r2")]
    assert report(screen(given))[0] == "quality control: 2 of 3 ratings kept, 1 of 2 raters, 1 of 2 sessions"
