"""Records: what is written is what is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.errors import BadInput
from bench.metric import Score
from bench.record import Record, check_record, read_record, read_records, record_folder, write_record
from bench.stats import Interval

SCORE = Score(1 / 3, Interval(0.1, 0.5), 24, "fad|emb:x|n:24")


def record(system: str = "foley", seed: int = 0, suite: str = "demo") -> Record:
    return Record(
        suite={"name": suite, "title": "T", "hash": "ab" * 32, "size": 24, "version": 1},
        system={"name": system, "hash": "12345678", "settings": {"rate": 16_000}},
        seed=seed,
        clips={"asked": 24, "scored": 24},
        scores={"fad-logmel": SCORE},
        not_scored={"kl": "no weights"},
        versions={"python": "3.11"},
        device="cpu",
        efficiency={"real-time-factor": Score(0.1, None, 24, "rtf|n:24")},
    )


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_record(tmp_path, record(), [])
    found = read_record(tmp_path)
    assert found.body() == record().body()
    assert found.scores["fad-logmel"].value == pytest.approx(1 / 3, rel=1e-9)
    assert found.efficiency == record().efficiency


def test_writing_it_again_gives_equal_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_record(tmp_path / folder, record(), [{"b": 1, "a": 0.1}])
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert names == {"record.json", "clips.jsonl", "timings.json"}
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)


def test_timings_are_not_part_of_the_body(tmp_path: Path) -> None:
    write_record(tmp_path, record(), [])
    assert "real-time-factor" not in (tmp_path / "record.json").read_text(encoding="utf-8")
    (tmp_path / "timings.json").unlink()
    assert read_record(tmp_path).efficiency == {}


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


def test_no_number_that_is_not_finite_is_written(tmp_path: Path) -> None:
    broken = Record({}, {}, 0, {}, {"fad": Score(float("nan"), None, 1)})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_record(tmp_path, broken, [])
    assert not (tmp_path / "record.json").exists()


def test_records_are_found_and_sorted(tmp_path: Path) -> None:
    for suite, system, seed in (
        ("demo", "noise", 0),
        ("demo", "foley", 1),
        ("demo", "foley", 0),
        ("other", "foley", 0),
    ):
        write_record(record_folder(tmp_path, f"{suite}-ab", system, str(seed)), record(system, seed, suite), [])
    found = read_records(tmp_path, "demo")
    assert [(one.system["name"], one.seed) for one in found] == [("foley", 0), ("foley", 1), ("noise", 0)]
    assert len(read_records(tmp_path)) == 4
    assert read_records(tmp_path / "nowhere") == []


@pytest.mark.parametrize(("name", "value"), [("n", None), ("n", "24"), ("n", -1), ("n", True), ("flags", [1])])
def test_a_score_with_a_count_that_is_none_is_no_record(tmp_path: Path, name: str, value: object) -> None:
    write_record(tmp_path, record(), [])
    path = tmp_path / "record.json"
    body = json.loads(path.read_text(encoding="utf-8"))
    body["scores"]["fad-logmel"][name] = value
    path.write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(BadInput, match="the score fad-logmel has n"):
        check_record(read_record(tmp_path), path)
