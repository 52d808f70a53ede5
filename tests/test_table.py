"""The table: what is unlike is marked, what is absent says why, and labels tell runs apart."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bench.metric import Metric, Score
from bench.metrics.efficiency import METRICS as EFFICIENCY
from bench.metrics.fad import METRICS as FAD
from bench.metrics.lsd import METRICS as LSD
from bench.record import Record
from bench.remarks import recipes
from bench.stats import Interval
from bench.table import Cell, Row, Table, cell_parts, cell_text, count_text, decimals, table

METRICS: dict[str, Metric] = {**EFFICIENCY, **LSD, **FAD}
FAD_SIGNATURE = "fad|emb:logmel-1|w:none|rate:16000|est:eigh|n:24|suite:demo-1-aaaa|bench:0.1"


def score(value: float = 1.0, signature: str = FAD_SIGNATURE, n: int = 24) -> Score:
    return Score(value, Interval(value * 0.9, value * 1.1), n, signature)


def record(
    system: str = "foley",
    scores: dict[str, Score] | None = None,
    *,
    seed: int = 0,
    hashes: tuple[str, str] = ("aaaa", "1111"),
    scored: int = 24,
    **more: Any,
) -> Record:
    return Record(
        suite={"name": "demo", "title": "Demo", "version": "1", "hash": hashes[0], "size": 24},
        system={"name": system, "hash": hashes[1]},
        seed=seed,
        clips={"asked": 24, "scored": scored},
        scores={"fad-logmel": score()} if scores is None else scores,
        **more,
    )


def labels(*records: Record) -> list[str]:
    return [row.label for row in table(records, METRICS).rows]


def note(found: Table, row: int, column: int = 0) -> str:
    return dict(found.notes)[found.rows[row].cells[column].marks[0]]


def test_like_signatures_stand_side_by_side_without_a_mark() -> None:
    found = table([record("foley"), record("noise", {"fad-logmel": score(9.0)})], METRICS)
    assert [[cell.marks for cell in row.cells] for row in found.rows] == [[()], [()]]
    assert found.notes == ()
    assert found.signatures == (FAD_SIGNATURE,)
    assert found.title == "Demo · version 1"


def test_an_unlike_signature_is_marked_and_says_which_fields_differ() -> None:
    other = FAD_SIGNATURE.replace("logmel-1", "logmel-2").replace("n:24", "n:20")
    found = table([record("a", {"fad-logmel": score(signature=other)}), record("b"), record("c")], METRICS)
    assert [row.cells[0].marks for row in found.rows] == [("†",), (), ()]
    assert found.signatures == (FAD_SIGNATURE,)
    assert note(found, 0) == ("not like the others of its column: emb is logmel-2, not logmel-1; n is 20, not 24")


def test_the_same_difference_shares_one_mark_and_another_has_its_own() -> None:
    unlike = [FAD_SIGNATURE.replace("n:24", "n:20"), FAD_SIGNATURE.replace("bench:0.1", "bench:0.2")]
    rows = [record(str(i), {"fad-logmel": score(signature=unlike[i % 2])}) for i in range(4)]
    found = table([record("x"), record("y"), record("z"), *rows], METRICS)
    assert [row.cells[0].marks for row in found.rows] == [(), (), (), ("†",), ("‡",), ("†",), ("‡",)]


def test_many_notes_have_marks_of_their_own() -> None:
    rows = [record(str(i), {"fad-logmel": score(signature=f"fad|n:{i}")}) for i in range(1, 15)]
    found = table([record("x"), record("y"), *rows], METRICS)
    marks = [mark for mark, _ in found.notes]
    assert len(set(marks)) == len(marks) == 14
    assert all(note(found, row).startswith("not like") for row in range(2, 16))


def test_a_missing_score_is_a_dash_with_its_reason() -> None:
    scores = {"fad-logmel": score(), "lsd-logmel": score(signature="lsd|n:24")}
    bare = record("b", {"fad-logmel": score()}, not_scored={"lsd-logmel": "there is no reference audio"})
    found = table([record("a", scores), bare, record("c")], METRICS)
    lsd = [column.name for column in found.columns].index("lsd-logmel")
    assert [cell_text(row.cells[lsd])[0] for row in found.rows] == ["1", "–", "–"]
    assert note(found, 1, lsd) == "no score: there is no reference audio"
    assert note(found, 2, lsd) == "no score: not asked for in that run"
    assert cell_text(found.rows[1].cells[lsd]) == "–†"


def test_columns_stand_as_listed_with_efficiency_after_quality_and_strangers_last() -> None:
    quality = {name: score(signature=f"{name}|n:1") for name in ("zz-strange", "fad-logmel", "lsd-logmel")}
    timing = {name: score(signature=f"{name}|n:1") for name in ("peak-memory", "real-time-factor")}
    found = table([record(scores=quality, efficiency=timing)], METRICS)
    assert [column.name for column in found.columns] == [
        "lsd-logmel", "fad-logmel", "real-time-factor", "peak-memory", "zz-strange",
    ]  # fmt: skip
    assert [column.title for column in found.columns] == [
        "LSD-logmel (dB) ↓", "FAD-logmel ↓", "RTF ↓", "Peak memory (MiB) ↓", "zz-strange",
    ]  # fmt: skip


def test_runs_of_one_system_are_told_apart() -> None:
    assert labels(record("a"), record("b")) == ["a", "b"]
    assert labels(record("a"), record("a", seed=3)) == ["a", "a (seed 3)"]
    runs = [record("a", hashes=("aaaa", settings)) for settings in ("1111", "2222")]
    assert labels(*runs, record("b")) == ["a [1111]", "a [2222]", "b"]


def test_a_record_without_scores_keeps_its_row() -> None:
    found = table([record("empty", {}, scored=0), record("full")], METRICS)
    assert cell_text(found.rows[0].cells[0]).startswith("–")
    assert count_text(found.rows[0]) == "0/24†"
    assert table([record("empty", {})], METRICS).columns == ()


@pytest.mark.parametrize(
    ("value", "places"),
    [
        (0.0, 3), (-0.0, 3), (1.0, 3), (9.9999, 3), (10.0, 2), (123.4, 1), (1000.0, 0), (1234.5, 0), (1e12, 0),
        (0.1, 4), (0.001, 6), (0.012345, 5), (1e-12, 8), (5e-324, 8), (-1.5, 3), (-1234.5, 0), (-0.012345, 5),
    ],
)  # fmt: skip
def test_four_significant_digits_are_shown(value: float, places: int) -> None:
    assert decimals(value) == places


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (Cell(Score(1.23456, Interval(1.0, 12.5), 3)), "1.235 [1.000, 12.500]"),
        (Cell(Score(1234.56, Interval(1000.4, 1300.6), 3), ("†",)), "1235 [1000, 1301]†"),
        (Cell(Score(-0.5, None, 1)), "-0.5000"),
        (Cell(None, ("‡",)), "–‡"),
    ],
)
def test_a_cell_shows_value_interval_and_mark(cell: Cell, expected: str) -> None:
    assert cell_text(cell) == expected


@pytest.mark.parametrize(("scored", "expected"), [(24, "24"), (20, "20/24"), (0, "0/24")])
def test_the_count_says_of_how_many_unless_all(scored: int, expected: str) -> None:
    assert count_text(Row(label="a", suite="demo-aaaa", scored=scored, asked=24, cells=())) == expected


NEAREST = {"status": "nearest", "why": "close", "changes": "steps is 20, not 200"}


def test_weights_and_settings_that_are_not_the_rows_are_marked_first() -> None:
    plain, marked = record("a"), record("b", {})
    marked = dataclasses.replace(marked, system={**marked.system, "standing": NEAREST})
    found = table([plain, marked], METRICS)
    assert [row.marks for row in found.rows] == [(), ("†",)]
    assert found.rows[1].label == "b"
    assert dict(found.notes)["†"].startswith(
        "not the published weights, but the nearest that are public: close; other settings"
    )


@pytest.mark.parametrize(
    ("suite", "clips", "expected"),
    [
        ({}, {}, ()),
        ({"absent": 4}, {"asked": 20, "scored": 20}, ("20 of 24 clips (4 without reference audio here)",)),
        ({}, {"asked": 24, "scored": 21}, ("21 of 24 clips (3 not scored)",)),
        ({}, {"asked": 8, "scored": 8}, ("8 of 24 clips (16 not asked for)",)),
        (
            {"absent": 4},
            {"asked": 8, "scored": 7},
            ("7 of 24 clips (4 without reference audio here, 12 not asked for, 1 not scored)",),
        ),
    ],
)
def test_a_run_that_is_not_over_all_clips_is_marked_and_says_why(
    suite: dict[str, int], clips: dict[str, int], expected: tuple[str, ...]
) -> None:
    made = record("a")
    made = dataclasses.replace(made, suite={**made.suite, **suite}, clips={**made.clips, **clips})
    found = table([record("whole"), made], METRICS)
    assert found.rows[0].lacking == ()
    assert tuple(dict(found.notes)[mark] for mark in found.rows[1].lacking) == expected
    assert (count_text(found.rows[1]) == "24") is (expected == ())


def test_what_a_suite_says_of_itself_stands_once() -> None:
    made = [dataclasses.replace(one, suite={**one.suite, "note": "Old."}) for one in (record("a"), record("b"))]
    assert table([*made, record("c")], METRICS).remarks == ("Old.",)


def test_recipes_of_one_system_say_what_tells_them_apart() -> None:
    made = [record("a", hashes=("aaaa", tag)) for tag in ("1111", "2222", "3333")]
    settings: list[dict[str, Any]] = [{"steps": 10, "note": "x"}, {"steps": 20, "note": "x"}, {"steps": 10, "eta": 0.5}]
    found = [
        dataclasses.replace(one, system={**one.system, "settings": given})
        for one, given in zip(made, settings, strict=True)
    ]
    (line,) = table([*found, record("b")], METRICS).remarks
    assert line == (
        "a: [1111] has steps 10, note x, eta none; [2222] has steps 20, note x, eta none; "
        "[3333] has steps 10, note none, eta 0.5."
    )
    assert table([record("a", seed=seed) for seed in (0, 1)], METRICS).remarks == ()


def test_one_recipe_on_fewer_clips_says_so() -> None:
    whole, part = record("a"), record("a", hashes=("bbbb", "1111"))
    (line,) = recipes([whole, part])
    assert line == "a: [1111] has clips 24 (aaaa); [1111] has clips 24 (bbbb)."


def test_a_mean_over_seeds_shows_its_spread_and_nothing_is_minus_nought() -> None:
    assert cell_text(Cell(Score(2.0, Interval(1.0, 3.0), 3), ("†",), (0, 1), 0.5)) == "2.000 ± 0.500 [1.000, 3.000]†"
    assert cell_text(Cell(Score(0.0, Interval(-0.0, 0.0), 3))) == "0.000 [0.000, 0.000]"
    assert cell_parts(Cell(Score(2.0, None, 3), emphasis="best")) == ("2.000", "")
