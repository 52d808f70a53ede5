"""Metrics beside listeners: which runs and clips are paired, and which are left out by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from measured_records import ratings, record, score, write

from bench.errors import BadInput
from bench.listening.opinion import opinions
from bench.listening.rating import Rating
from bench.paper.agreement import Agreement, Pair, clip_values, left_out, sheet, within
from bench.paper.hearing import Hearing
from bench.paper.measured import grouped
from bench.record import Record

RESULTS = Path("results")
MEANS = {"a": 1.5, "b": 2.5, "c": 3.5, "d": 4.5}


def agreement(records: Sequence[Record], given: Sequence[Rating]) -> Agreement:
    return Agreement(RESULTS, Hearing("pilot", None, opinions(given), tuple(given)), grouped(records))


def pairs(made: Agreement) -> dict[tuple[str, str], Pair]:
    return {(pair.dimension, pair.metric): pair for pair in made.pairs()}


def test_systems_are_paired_by_name_and_the_others_named() -> None:
    records = [record(name, {"fad": value}) for name, value in (("a", 4.0), ("b", 3.0), ("d", 1.0), ("z", 9.0))]
    made = agreement(records, ratings(MEANS))
    pair = pairs(made)["OVL", "fad"]
    assert pair.systems.metric.tolist() == [4.0, 3.0, 1.0]
    assert pair.clips is None
    assert made.remarks == ["c was rated and has no record"]


def test_clips_are_paired_where_there_are_values_of_each() -> None:
    for seed in (0, 1):
        one = record("a", {"kl": 1.0}, seed=seed)
        rows = [{"id": name, "scores": {"kl": value + seed}} for name, value in (("a", 1.0), ("b", 2.0))]
        write(one, rows=[*rows, {"id": "never rated", "scores": {"kl": 5.0}}, {"id": "c", "scores": {}}])
    from bench.records import read_records

    made = pairs(agreement(read_records(RESULTS), ratings({"a": 3.0})))["OVL", "kl"]
    assert made.clips is not None
    assert made.clips.metric.tolist() == [1.5, 2.5]  # mean over seeds
    assert made.clips.group == ("a", "b")


def test_a_system_with_two_recipes_is_left_out_by_name() -> None:
    records = [record("a", {"fad": 1.0}), record("a", {"fad": 2.0}, settings={"steps": 2}), record("b", {"fad": 3.0})]
    made = agreement(records, ratings({"a": 3.0, "b": 2.0}))
    assert "a is left out: 2 recipes" in made.remarks[0]
    assert pairs(made)["OVL", "fad"].systems.group == ("b",)


def test_unlike_scores_are_left_out_by_name() -> None:
    records = [record(name, {"fad": 1.0}) for name in "abc"] + [record("d", {"fad": score("fad", 1.0, n=900)})]
    made = agreement(records, ratings(MEANS))
    assert len(pairs(made)["OVL", "fad"].systems.metric) == 3
    assert made.remarks == ["fad of d is left out: computed otherwise, or on other clips"]


def test_the_sheet_and_the_entries_say_the_same() -> None:
    records = [record(name, {"fad": value}) for name, value in zip("abcd", (4.0, 3.0, 2.0, 1.0), strict=True)]
    shown, entries = sheet(agreement(records, ratings(MEANS)), {}, "title")
    assert [cell.text for cell in shown.lines[0]] == ["OVL", "fad", "4", "−1.00", "−1.00", "–", "–", "–"]
    assert [(entry["level"], entry["n"], entry["spearman"]) for entry in entries] == [
        ("systems", 4, -1.0),
        ("clips", 0, None),
    ]
    assert entries[0]["note"].startswith("no interval: it takes 5")
    assert any("clips: no value for each clip (fad with OVL)" in note for note in shown.notes)


def test_a_damaged_file_of_clips_is_named() -> None:
    one = record("a", {"kl": 1.0})
    write(one)
    (path,) = RESULTS.rglob("clips.jsonl")
    path.write_text('{"id": "a", "scores"', encoding="utf-8")
    with pytest.raises(BadInput, match=r"clips\.jsonl can't be read"):
        clip_values(RESULTS, one)
    path.unlink()
    assert clip_values(RESULTS, one) == {}


def test_an_anchor_is_no_system_and_that_is_said() -> None:
    records = [record(name, {"fad": value}) for name, value in (("a", 4.0), ("b", 3.0), ("ground-truth", 0.1))]
    given = ratings({"a": 1.5, "b": 2.5, "ground-truth": 4.9})
    made = Agreement(
        RESULTS, Hearing("pilot", None, opinions(given), tuple(given)), grouped(records), ("ground-truth",)
    )
    assert pairs(made)["OVL", "fad"].systems.group == ("a", "b")
    assert len(made.remarks) == 1
    assert made.remarks[0].startswith("ground-truth is left out: an anchor")


def test_items_that_are_no_clips_are_left_out_by_name_and_not_the_test() -> None:
    given = tuple(ratings({"a": 3.0}, clips=["x", "y", *(f"n{place}" for place in range(7))]))
    whole = Hearing("pilot", None, opinions(given), given)
    part = within(whole, {"x", "y", "z"})
    assert part is not None
    assert {rating.item_id for rating in part.ratings} == {"x", "y"}
    assert [one.clips for one in part.opinions] == [2]
    assert list(left_out(whole, part, "demo")) == [
        "7 of 9 rated items are no clips of demo, and are left out: n0, n1, n2, n3, n4 and 2 more"
    ]
    assert within(whole, {"z"}) is None
    assert within(whole, None) is whole
    assert list(left_out(whole, whole, "demo")) == []
