"""Records read back: whatever is none is refused, and by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from measured_records import plain_record

from bench.errors import BadInput
from bench.record import record_folder, write_record
from bench.records import check_record, read_record, read_records


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", "can't be read"), ("[]", "no JSON object"), ('{"schema_version": 99}', "schema 99"), ("{}", "schema None")],
)
def test_what_is_no_record_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "record.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=expected):
        read_record(tmp_path)


def test_a_field_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text('{"schema_version": 1, "scores": {}}', encoding="utf-8")
    with pytest.raises(BadInput, match="'suite'"):
        read_record(tmp_path)


def test_records_are_found_and_sorted(tmp_path: Path) -> None:
    for suite, system, seed in (
        ("demo", "noise", 0),
        ("demo", "foley", 1),
        ("demo", "foley", 0),
        ("other", "foley", 0),
    ):
        write_record(record_folder(tmp_path, f"{suite}-ab", system, str(seed)), plain_record(system, seed, suite), [])
    found = read_records(tmp_path, "demo")
    assert [(one.system["name"], one.seed) for one in found] == [("foley", 0), ("foley", 1), ("noise", 0)]
    assert len(read_records(tmp_path)) == 4
    assert read_records(tmp_path / "nowhere") == []


@pytest.mark.parametrize(("name", "value"), [("n", None), ("n", "24"), ("n", -1), ("n", True), ("flags", [1])])
def test_a_score_with_a_count_that_is_none_is_no_record(tmp_path: Path, name: str, value: object) -> None:
    write_record(tmp_path, plain_record(), [])
    path = tmp_path / "record.json"
    body = json.loads(path.read_text(encoding="utf-8"))
    body["scores"]["fad-logmel"][name] = value
    path.write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(BadInput, match="the score fad-logmel has n"):
        check_record(read_record(tmp_path), path)
