"""Straight lines: practically one answer, where others hear more; of two sounds compared, always the same place."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from conftest import Bench
from listening_files import put, rating, table

from bench.listening.quality import Finding, Rules, Screened, report, screen
from bench.listening.rating import Rating


def reasons(screened: Screened) -> list[tuple[str, ...]]:
    return [one.exclusion_reasons for one in screened.ratings]


def of(screened: Screened, rule: str) -> list[Finding]:
    return [one for one in screened.findings if one.rule == rule]


def dropped(screened: Screened) -> set[str | None]:
    return {one.rater_id for one in screened.ratings if one.excluded}


def row(rater: str, scores: Sequence[float], **more: Any) -> list[Rating]:
    """One rater's scores of clips 1, 2, 3 …"""
    return [rating(rater, f"c{place}", "A", float(score), **more) for place, score in enumerate(scores, 1)]


VARIED = [1, 5, 2, 4, 3, 5, 1, 4]


def test_a_straight_line_loses_its_session_from_eight_ratings_on() -> None:
    others = [one for name in ("r2", "r3") for one in row(name, VARIED)]
    assert "straight_line" in reasons(screen([*row("r1", [3] * 8), *others]))[0]
    assert "straight_line" not in reasons(screen([*row("r1", [3] * 7), *others]))[0]
    assert "straight_line" not in reasons(screen([*row("r1", [3] * 7 + [4]), *others]))[0]  # variance 0.125


FINE = {"scale_min": 0.0, "scale_max": 100.0}


def lined(raters: Sequence[Sequence[float]], **more: Any) -> list[bool]:
    """Of raters who all rate the same clips, whether each is found to draw a straight line."""
    given = [one for place, scores in enumerate(raters) for one in row(f"r{place}", scores, **{**FINE, **more})]
    found = {one.rater for one in of(screen(given), "straight_line")}
    return [f"r{place}" in found for place in range(len(raters))]


@pytest.mark.parametrize(("items", "step"), [(8, 1.0), (8, 0.0), (24, 1.0)])
def test_on_a_fine_scale_a_straight_line_is_practically_one_answer(items: int, step: float) -> None:
    draw = random.Random(5)
    honest = [[round(draw.gauss(60, 4), None if step else 3) for _ in range(items)] for _ in range(400)]
    still = [[50 + draw.choice((-1, 0, 1)) for _ in range(items)] for _ in range(50)]
    still.append([50 + (-1) ** place for place in range(items)])
    found = lined([*honest, *still], scale_step=step)
    assert sum(found[:400]) <= 4  # 1 %, of raters to whom all clips sound alike and who differ by 4 of 100
    assert all(found[400:])


@pytest.mark.parametrize("apart", [0, 4, 10])
def test_on_a_fine_scale_a_line_is_dropped_where_others_hear_what_it_does_not(apart: int) -> None:
    """Ten honest raters, of clips whose means lie some points of 100 apart, and two with every slider at 50 ± 1."""
    draw = random.Random(1)
    honest = [[round(60 + apart * (clip % 5) + draw.gauss(k, 4)) for clip in range(40)] for k in range(10)]
    still = [[50 + draw.choice((-1, 0, 1)) for _ in range(40)] for _ in range(2)]
    given = [one for place, scores in enumerate([*honest, *still]) for one in row(f"r{place}", scores, **FINE)]
    screened = screen(given)
    assert {one.rater for one in of(screened, "straight_line")} == {"r10", "r11"}
    assert dropped(screened) == ({"r10", "r11"} if apart else set())


def test_a_straight_line_is_held_to_the_units_of_its_scale() -> None:
    others = [[10, 90, 30, 70, 50, 95, 5, 60]] * 2
    given = [one for place, scores in enumerate([[50] * 7 + [53], *others]) for one in row(f"r{place}", scores, **FINE)]
    [finding] = of(screen(given), "straight_line")
    assert (finding.rater, finding.value, finding.threshold) == ("r0", 1.125, "variance at least 2.5")
    halves = [[3.0] * 7 + [3.5], *([score / 20 for score in scores] for scores in others)]
    assert lined(halves, scale_min=0.0, scale_max=5.0, scale_step=0.5) == [False] * 3  # as one of eight a point off


def test_who_tells_reference_and_anchors_apart_draws_no_line() -> None:
    def page(rater: str, reference: float, anchor: float, score: float) -> list[Rating]:
        scores = {"reference": reference, "anchor35": anchor, "A": score, "B": score - 1}
        roles = {"reference": "reference", "anchor35": "anchor"}
        return [
            rating(rater, f"c{clip}", system, one, role=roles.get(system, "test"), method="mushra", **FINE)
            for clip in range(4)
            for system, one in scores.items()
        ]

    screened = screen([*page("r1", 100, 20, 78), *page("r2", 50, 50, 50), *page("r3", 100, 15, 90)])
    assert {one.rater for one in of(screened, "straight_line")} == {"r2"}


def test_a_straight_line_is_a_flag_where_the_sounds_are_alike() -> None:
    others = [one for place in range(4) for one in row(f"o{place}", [3, 4] * 4 if place % 2 else [4, 3] * 4)]
    screened = screen([*row("r1", [3] * 8), *others])
    assert reasons(screened)[0] == ()
    [flag] = of(screened, "straight_line")
    assert flag.dropped == 0
    assert "alike" in flag.threshold


def test_a_line_in_one_dimension_only_is_none() -> None:
    given = [*row("r1", [3] * 8, dimension="OVL"), *row("r1", VARIED, dimension="REL")]
    others = [
        replace(one, rater_id="r2", session_id="s r2", score=float(VARIED[place % 8]))
        for place, one in enumerate(given)
    ]
    assert not of(screen([*given, *others]), "straight_line")


# Two sounds compared

PREFERENCE = {"method": "ab", "scale_min": -1.0, "scale_max": 1.0, "compared_system_id": "B"}
COMPARISON = {**PREFERENCE, "method": "ccr", "scale_min": -3.0, "scale_max": 3.0}
BY_HAND = {**COMPARISON, "method": "acr"}  # as a table has it that only names what was compared
KINDS = pytest.mark.parametrize("kind", [PREFERENCE, COMPARISON, BY_HAND], ids=["ab", "ccr", "by hand"])
MIXED = ["AB", "BA", "AB", "BA", "BA", "AB", "BA", "AB", "AB", "BA"]


def pairs(rater: str, scores: Sequence[float], orders: Sequence[str | None], kind: dict[str, Any]) -> list[Rating]:
    """One rater's scores of A against B, and which of them was heard first in each pair."""
    given = row(rater, scores, **kind)
    return [replace(one, presented_order=order) for one, order in zip(given, orders, strict=True)]


def first(orders: Sequence[str]) -> list[float]:
    """The scores of who always takes what was heard first for the better one."""
    return [1.0 if order == "AB" else -1.0 for order in orders]


HEARERS: list[list[float]] = [
    [1, 1, -1, 1, 1, 1, -1, 1, 1, 1],
    [1, 1, 1, 1, -1, 1, 1, 1, 1, 1],
    [1, -1, 1, 1, 1, 1, 1, 1, 1, 1],
]


def heard(kind: dict[str, Any], orders: Sequence[str | None] = MIXED) -> list[Rating]:
    """Three raters who mostly prefer A."""
    return [one for place, scores in enumerate(HEARERS) for one in pairs(f"h{place}", scores, orders, kind)]


@KINDS
@pytest.mark.parametrize("side", [1, -1])
def test_who_prefers_one_system_each_time_draws_no_line(kind: dict[str, Any], side: int) -> None:
    screened = screen([*pairs("r1", [side] * 10, MIXED, kind), *heard(kind)])
    assert not of(screened, "straight_line")
    assert "straight_line" not in screened.unchecked
    assert dropped(screened) == set()


@KINDS
@pytest.mark.parametrize("side", [1, -1])
def test_who_prefers_one_place_each_time_draws_a_line(kind: dict[str, Any], side: int) -> None:
    screened = screen([*pairs("r1", [side * score for score in first(MIXED)], MIXED, kind), *heard(kind)])
    [finding] = of(screened, "straight_line")
    assert (finding.rater, finding.value, finding.dropped) == ("r1", 0.0, 10)
    assert finding.threshold.endswith(" of scores for the sound heard first")
    assert dropped(screened) == {"r1"}


@KINDS
def test_who_hears_no_difference_where_others_do_draws_a_line(kind: dict[str, Any]) -> None:
    assert dropped(screen([*pairs("r1", [0] * 10, MIXED, kind), *heard(kind)])) == {"r1"}


@KINDS
def test_a_place_is_a_flag_where_the_others_prefer_neither(kind: dict[str, Any]) -> None:
    split = [pairs(f"s{n}", [(-1) ** (n + clip) for clip in range(10)], MIXED, kind) for n in range(4)]
    screened = screen([*pairs("r1", first(MIXED), MIXED, kind), *(one for given in split for one in given)])
    [flag] = [one for one in of(screened, "straight_line") if one.rater == "r1"]
    assert "others found the sounds alike too" in flag.threshold
    assert dropped(screened) == set()


@KINDS
@pytest.mark.parametrize("orders", [[None] * 10, [*MIXED[:9], None], ["AB"] * 10, ["BA"] * 10, ["AB"] * 8 + ["BA"] * 2])
def test_without_both_orders_of_every_pair_it_is_not_asked(kind: dict[str, Any], orders: list[str | None]) -> None:
    screened = screen([*pairs("r1", [1] * 10, orders, kind), *heard(kind, orders)])
    assert not of(screened, "straight_line")
    assert "straight_line" in screened.unchecked
    assert dropped(screened) == set()


@KINDS
def test_who_is_not_asked_beside_others_who_are_is_named(kind: dict[str, Any]) -> None:
    screened = screen([*pairs("r1", [1] * 10, ["AB"] * 10, kind), *heard(kind)])
    [flag] = of(screened, "straight_line")
    assert (flag.rater, flag.dropped) == ("r1", 0)
    assert "not asked: of two sounds compared, orders are unknown or nearly all the same" in flag.threshold
    assert any("straight_line: flagged, not dropped, 1 raters" in line for line in report(screened))


def test_right_answers_to_abx_each_time_are_no_line() -> None:
    kind = {"method": "abx", "scale_min": 0.0, "scale_max": 1.0}
    others = [one for place in range(3) for one in row(f"o{place}", [1, 0, 1, 1, 1, 0, 1, 1], **kind)]
    assert dropped(screen([*row("r1", [1] * 8, **kind), *others])) == set()


def test_degradations_are_held_to_their_own_scores() -> None:
    kind = {"method": "dcr", "compared_system_id": "reference"}
    others = [one for name in ("r2", "r3") for one in row(name, VARIED, **kind)]
    assert dropped(screen([*row("r1", [3] * 8, **kind), *others])) == {"r1"}


@pytest.mark.parametrize("kind", [PREFERENCE, {"method": "acr"}], ids=["pairs", "scores"])
def test_votes_all_alike_are_no_disagreement_of_who_prefers_one_system(kind: dict[str, Any]) -> None:
    draw = random.Random(2)
    others = [
        row(f"o{place}", [draw.choice((1, 1, 1, -1 if "scale_min" in kind else 5)) for _ in range(60)], **kind)
        for place in range(4)
    ]
    given = [*row("r1", [1] * 60, **kind), *(one for part in others for one in part)]
    screened = screen(given, rules=Rules(off=("straight_line",)))
    assert ("r1" in {one.rater for one in of(screened, "low_agreement")}) is (kind is not PREFERENCE)


def test_nobody_is_dropped_for_disagreement_where_one_of_two_systems_is_simply_better() -> None:
    """Clips then differ by chance alone: who varies has no correlation, and who never does would be left alone."""
    draw = random.Random(3)
    votes = {f"h{place}": [1 if draw.random() < 0.85 else -1 for _ in range(60)] for place in range(10)}
    votes |= {"all": [1] * 60, "every": [1] * 60}
    given = [one for name, scores in votes.items() for one in row(name, scores, **PREFERENCE)]
    screened = screen(given)
    flagged = of(screened, "low_agreement")
    assert flagged
    assert {one.dropped for one in flagged} == {0}
    assert all("none are dropped for it in comparisons" in one.threshold for one in flagged)
    assert not {"all", "every"} & {one.rater for one in flagged}


def test_the_command_keeps_who_prefers_one_system_and_drops_who_prefers_one_place(bench: Bench) -> None:
    people: dict[str, list[float]] = {
        "ann": [1.0] * 10,
        "ben": first(MIXED),
        **{f"h{n}": scores for n, scores in enumerate(HEARERS)},
    }
    header = ["rater", "system", "compared_system_id", "presented_order", "method", "item", "dimension", "score"]
    rows = [
        (who, "A", "B", order, "ab", f"c{clip}", "PREF", f"{score:g}")
        for who, scores in people.items()
        for clip, (score, order) in enumerate(zip(scores, MIXED, strict=True))
    ]
    ran = bench("ratings", put("pairs.csv", table(header, *rows)))
    assert ran.code == 0, ran.err
    assert "quality control: 40 of 50 ratings kept, 4 of 5 raters" in ran.out
    assert "straight_line: 10 ratings dropped (10 by it alone), 1 raters" in ran.out
