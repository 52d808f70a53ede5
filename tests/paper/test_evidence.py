"""What a results folder holds: what can't be read is named, and costs nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from measured_records import ratings, record, score, write, write_ratings

from bench.errors import BadInput
from bench.paper.evidence import gathered
from bench.records import read_records, readable_records

RESULTS = Path("results")


def damage(change: Any) -> Path:
    """One record that is whole and one that is not."""
    write(record("whole", {"fad": 1.0}), record("damaged", {"fad": score("fad", 1.0)}))
    (path,) = RESULTS.glob("records/*/damaged-*/record.json")
    if isinstance(change, str):
        path.write_text(change, encoding="utf-8")
    else:
        body = json.loads(path.read_text(encoding="utf-8"))
        change(body)
        path.write_text(json.dumps(body), encoding="utf-8")
    return path


DAMAGES: dict[str, tuple[Any, str]] = {
    "torn": ('{"suite": ', "can't be read"),
    "empty": ("", "can't be read"),
    "list": ("[]", "is no JSON object"),
    "schema": (lambda body: body.update(schema_version=9), "has schema 9"),
    "no scores": (lambda body: body.pop("scores"), "is no record"),
    "scores of another kind": (lambda body: body.update(scores=[1]), "is no record"),
    "suite of another kind": (lambda body: body.update(suite=[]), "its suite is of another kind"),
    "standing of another kind": (lambda body: body["system"].update(standing="own"), "its system's standing"),
    "seed of another kind": (lambda body: body.update(seed="0"), "its seed is '0'"),
    "no size": (lambda body: body["suite"].pop("size"), "its suite has size None"),
    "no name": (lambda body: body["system"].pop("name"), "its system has name None"),
    "no count": (lambda body: body["clips"].update(scored="all"), "its clips has scored 'all'"),
    "no number": (lambda body: body["scores"]["fad"].update(value="low"), "its score fad is no number"),
    "not finite": (lambda body: body["scores"]["fad"].update(value=float("nan")), "its score fad is no number"),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_record_is_named_and_costs_no_other(case: str) -> None:
    change, words = DAMAGES[case]
    path = damage(change)
    found = readable_records(RESULTS)
    assert [one.system["name"] for one in found.found] == ["whole"]
    assert len(found.damaged) == 1
    assert words in found.damaged[0]
    assert str(path) in found.damaged[0]
    with pytest.raises(BadInput, match=r"record\.json"):
        read_records(RESULTS)


def test_an_empty_folder_holds_nothing() -> None:
    found = gathered(RESULTS)
    assert (found.records, found.hearings, found.damaged) == ((), (), ())


def test_a_listening_test_finds_the_clips_of_the_records() -> None:
    write(record("tango", {"fad": 1.0}), rows=[{"id": name, "scores": {}} for name in "abcdefgh"])
    write_ratings(ratings({"tango": 3.0}, test_id="pilot"))
    assert [one.table for one in gathered(RESULTS).hearings] == ["text-to-audio"]


def test_damaged_clips_are_named() -> None:
    write(record("tango", {"fad": 1.0}))
    (path,) = RESULTS.rglob("clips.jsonl")
    path.write_text("{", encoding="utf-8")
    assert gathered(RESULTS).damaged == ()  # nobody asks for them without a listening test
    write_ratings(ratings({"tango": 3.0}))
    assert "clips.jsonl can't be read" in gathered(RESULTS).damaged[0]
