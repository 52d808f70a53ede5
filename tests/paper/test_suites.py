"""A suite's own table: seeds in one row, the best marked, and what listeners said of its clips below each system."""

from __future__ import annotations

import pytest
from measured_records import ratings, record, score

from bench.listening.opinion import opinions
from bench.listening.rating import Rating
from bench.paper.hearing import Hearing
from bench.paper.suites import SuiteTable, entries, sheet, suite_table
from bench.plugins import metrics
from bench.record import Record


def suite(*records: Record, heard: tuple[Rating, ...] = (), **more: bool) -> SuiteTable:
    hearings = [Hearing("pilot", None, opinions(heard), heard, ("demo",))] if heard else []
    return suite_table(records, metrics(), hearings, ("ground-truth",), **more)


def demo(system: str, value: float, *, seed: int = 0, scored: int = 24) -> Record:
    return record(system, {"fad-logmel": score("fad-logmel", value, n=24)}, suite="demo", seed=seed, scored=scored)


def rows(made: SuiteTable) -> list[list[str]]:
    return [[cell.text + cell.after for cell in line] for line in sheet(made).lines]


def test_seeds_are_one_row_with_their_spread() -> None:
    made = suite(demo("a", 1.0, seed=0), demo("a", 3.0, seed=1), demo("b", 5.0, seed=7))
    assert rows(made) == [
        ["a, 2 seeds", "2.000 ± 1.414 [1.900, 2.100]", "24"],
        ["b (seed 7)", "5.000 [4.900, 5.100]", "24"],
    ]
    assert rows(suite(demo("a", 1.0, seed=0), demo("a", 3.0, seed=1), each_seed=True)) == [
        ["a", "1.000 [0.900, 1.100]", "24"],
        ["a (seed 1)", "3.000 [2.900, 3.100]", "24"],
    ]


def test_entries_say_which_seeds_and_how_far_apart() -> None:
    first, second = entries(suite(demo("a", 1.0, seed=0), demo("a", 3.0, seed=1), demo("b", 9.0)))
    assert (first["system"], first["seeds"], first["value"], first["rank"]) == ("a, 2 seeds", "0 1", 2.0, "best")
    assert first["spread"] == pytest.approx(1.4142, abs=1e-4)
    assert (second["seeds"], second["spread"], second["rank"]) == ("0", None, "second")


def test_a_seed_that_is_unlike_is_left_out_by_name() -> None:
    other = score("fad-logmel", 9.0, signature="fad|emb:other|n:24")
    made = suite(demo("a", 1.0, seed=0), record("a", {"fad-logmel": other}, suite="demo", seed=1))
    assert rows(made)[0][1] == "1.000 [0.900, 1.100]†"
    assert made.table.notes[0][1].startswith("fad-logmel of seed 1 is left out of the mean: emb is other")


def test_the_run_with_the_fewest_clips_is_the_one_that_is_counted() -> None:
    made = suite(demo("a", 1.0, seed=0), demo("a", 1.0, seed=1, scored=20))
    assert rows(made)[0][-1].startswith("20/24")


def test_the_best_are_marked_among_their_like_and_anchors_are_not() -> None:
    unlike = record("d", {"fad-logmel": score("fad-logmel", 0.1, signature="fad|emb:other|n:24")}, suite="demo")
    made = suite(demo("a", 1.0), demo("b", 1.15), demo("c", 2.0), unlike, demo("ground-truth", 0.0))
    assert [row.cells[0].emphasis for row in made.table.rows] == ["best", "best", "second", "", ""]


def test_opinions_stand_below_their_system_and_are_ranked_within_their_test() -> None:
    heard = (*ratings({"a": 4.5, "c": 1.5}, test_id="pilot"), *ratings({"a": 3.0}, "REL", "pilot"))
    made = suite(demo("a", 1.0), demo("b", 2.0), heard=heard)
    assert sheet(made).header == ("System", "FAD-logmel ↓", "OVL ↑", "REL ↑", "Clips")
    assert [row[0] for row in rows(made)] == ["a", "a, rated in pilot", "b", "c, rated in pilot"]
    assert [len(line) for line in sheet(made).lines] == [5] * 4
    assert [line[2].emphasis for line in sheet(made).lines] == ["", "best", "", "second"]
    told = [(one["system"], one["metric"], one["test"], one["rank"]) for one in entries(made) if "test" in one]
    assert told == [("a", "OVL", "pilot", "best"), ("a", "REL", "pilot", None), ("c", "OVL", "pilot", "second")]
