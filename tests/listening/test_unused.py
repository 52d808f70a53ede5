"""Options without effect are named, whatever the format; those of use are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from listening_files import put, rating, table, take

from bench.listening.importing import FORMATS
from bench.listening.long import ratings_csv
from bench.listening.unused import USES

FILES = {
    "hand.csv": "rater,system,item,dimension,score\na,A,c1,OVL,4\n",
    "open.csv": "rater,system,item,score\na,A,c1,4\n",
    "r.csv": ratings_csv([rating("r_0123456789ab", session_id=None)]),
    "votes.csv": table(
        ["workerid", "assignment_id", "file", "vote", "question_type"], ("w", "a", "https://x.org/c1_A.wav", 5, "MOS")
    ),
    "mushra.csv": table(
        ["session_test_id", "session_uuid", "trial_id", "rating_stimulus", "rating_score", "rating_time"],
        ("study", "u1", "rain", "A", 70, 900),
    ),
    "matrix.csv": "4,5\n3,2\n",
    "c1_A.txt": '[{"TestID": "c1", "rating": {"A": 70}}]',
    "project.json": '{"workers": {"w": {"a": {"ratings": [{"algorithm": "A", "file": "c1", "rating": 4}]}}}}',
}
PATTERN = r"(?P<item>c\d+)_(?P<system>\w+)\.wav"
MATRIX = {"systems": ("A",), "question": "OVL"}


def idle(file: str, **options: Any) -> list[str]:
    """The options that are said to be without effect."""
    put(file, FILES[file])
    notes = [note for note in take(Path(file), **options).notes if note.startswith("without effect")]
    assert len(notes) <= 1
    return notes[0].removeprefix("without effect on these files: ").split(", ") if notes else []


def test_every_format_says_what_it_has_a_use_for() -> None:
    assert set(USES) == set(FORMATS)


@pytest.mark.parametrize(
    ("file", "options", "expected"),
    [
        ("hand.csv", {}, []),
        ("hand.csv", {"systems": ("A1",), "condition_keys": ("a",)}, ["--condition-keys", "--systems"]),
        ("hand.csv", {"labels": {"Good": 4}}, ["--labels"]),
        ("hand.csv", {"labels": {"4": 4}}, []),
        ("hand.csv", {"question": "REL"}, ["--question"]),
        ("hand.csv", {"drop_rejected": True, "key": Path("k.csv")}, ["--key", "--drop-rejected"]),
        ("hand.csv", {"scale": (1.0, 9.0), "step": 0.5, "test": "t", "salt": "mine", "rater_from": "rater"}, []),
        ("open.csv", {"question": "rel"}, []),
        ("r.csv", {"scale": (0.0, 9.0), "test": "t", "question": "REL"}, ["--scale", "--question", "--test"]),
        ("r.csv", {"rater_from": "x", "salt": "mine", "allow_refused": True}, ["--rater-from"]),
        ("votes.csv", {"condition_pattern": PATTERN, "drop_rejected": True, "question": "OVL"}, []),
        ("votes.csv", {"condition_pattern": PATTERN, "condition_keys": ("item",)}, ["--condition-keys"]),
        ("votes.csv", {"condition_pattern": r"(?P<a>c\d)_(?P<b>\w)\.wav", "condition_keys": ("a", "b")}, []),
        ("votes.csv", {"condition_pattern": PATTERN, "rater_from": "file"}, ["--rater-from"]),
        ("mushra.csv", {"test": "t"}, ["--test"]),
        ("mushra.csv", {"question": "OVL", "rater_from": "session_uuid"}, []),
        ("mushra.csv", {"score_columns": {"OVL": "x"}, "columns": {"item": "y"}}, ["--columns", "--score-columns"]),
        ("c1_A.txt", {"question": "OVL", "rater_from": "file", "condition_pattern": r"(?P<system>\w)$"}, []),
        ("c1_A.txt", {"drop_rejected": True, "systems": ("B",)}, ["--systems", "--drop-rejected"]),
        ("project.json", {"question": "OVL", "drop_rejected": True, "test": "t"}, []),
        (
            "project.json",
            {"question": "OVL", "key": Path("k.csv"), "rater_from": "w"},
            ["--rater-from", "--key"],
        ),
        ("matrix.csv", MATRIX, []),
        ("matrix.csv", {**MATRIX, "columns": {"item": "y"}}, ["--columns"]),
    ],
)
def test_options_without_effect_are_named_in_one_line(file: str, options: dict[str, Any], expected: list[str]) -> None:
    assert idle(file, **options) == expected
