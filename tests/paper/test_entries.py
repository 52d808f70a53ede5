"""Entries hold all that a cell says, for programs."""

from __future__ import annotations

from typing import Any

import pytest
from measured_records import PUBLISHED, grid, ratings, record, score

from bench.paper.entries import COLUMNS, entries
from bench.paper.grid import Grid


def found(made: Grid, row: str, column: str) -> list[dict[str, Any]]:
    return [one for one in entries(made, PUBLISHED) if (one["row"], one["column"]) == (row, column)]


def test_published_cells_without_a_run_are_not_run() -> None:
    (entry,) = found(grid(), "make-an-audio", "fad")
    assert set(entry) == set(COLUMNS)
    assert (entry["published"], entry["verdict"], entry["value"]) == (2.05, "not run", None)
    assert (entry["status"], entry["system"], entry["source"]) == ("nearest", "make-an-audio-2", "deck")
    assert "Make-an-Audio 2's numbers" in entry["note"]
    assert "classifiers" in entry["table_note"]
    assert len(entries(grid(), PUBLISHED)) == 25


def test_a_measured_cell_has_everything() -> None:
    made = grid(
        *(record("tango", {"fad": score("fad", value, 0.1)}, seed=seed) for seed, value in enumerate((1.7, 1.8)))
    )
    (entry,) = found(made, "tango", "fad")
    assert entry["value"] == pytest.approx(1.75)
    assert (entry["low"], entry["high"]) == (pytest.approx(1.65), pytest.approx(1.85))
    assert entry["spread"] == pytest.approx(0.0707, abs=1e-4)
    assert (entry["seeds"], entry["n"], entry["asked"]) == ("0 1", 964, 964)
    assert (entry["verdict"], entry["difference"]) == ("reproduced", pytest.approx(0.02))
    assert entry["signature"].startswith("fad|emb:vggish-1")


def test_why_a_number_is_not_comparable_or_not_there_travels_with_it() -> None:
    own = {"status": "own", "why": "", "changes": ""}
    made = grid(record("tango", {"fad": 1.7}, standing=own, scored=940, note="Some clips are gone."))
    (fad,), (kl,) = found(made, "tango", "fad"), found(made, "tango", "kl")
    assert (fad["verdict"], fad["reason"]) == ("not comparable", "a checkpoint of one's own, not the published weights")
    assert "940 of 964 clips (24 not scored)" in fad["note"]
    assert "Some clips are gone." in fad["table_note"]
    assert kl["verdict"] == "not run"
    assert "kl was not asked for" in kl["note"]


def test_an_opinion_is_an_entry_with_its_test() -> None:
    made = grid(record("tango", {"fad": 1.7}), heard=ratings({"tango": 4.0, "audioldm": 2.0}))
    (entry,) = found(made, "tango", "ovl")
    assert (entry["metric"], entry["test"], entry["letters"], entry["raters"]) == ("OVL", "audiocaps-pilot", "a", 6)
    assert (entry["verdict"], entry["difference"]) == ("not comparable", None)
    assert "different test" in entry["reason"]
    assert len(found(made, "tango", "rel")) == 1


def test_an_opinion_has_its_scale_and_notes_are_sentences() -> None:
    (entry,) = found(grid(heard=ratings({"tango": 4.0, "audioldm": 2.0})), "tango", "ovl")
    assert (entry["scale_min"], entry["scale_max"]) == (1.0, 5.0)
    assert "(bench table text-to-audio --published paper). Seeds" in entry["table_note"]
    assert entry["table_note"].endswith("a clean CLAP score is higher.")
