"""Records: what is written is what is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from measured_records import plain_record

from bench.metric import Score
from bench.record import Record, write_record
from bench.records import read_record


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_record(tmp_path, plain_record(), [])
    found = read_record(tmp_path)
    assert found.body() == plain_record().body()
    assert found.scores["fad-logmel"].value == pytest.approx(1 / 3, rel=1e-9)
    assert found.efficiency == plain_record().efficiency


def test_writing_it_again_gives_equal_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_record(tmp_path / folder, plain_record(), [{"b": 1, "a": 0.1}])
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert names == {"record.json", "clips.jsonl", "timings.json"}
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)


def test_timings_are_not_part_of_the_body(tmp_path: Path) -> None:
    write_record(tmp_path, plain_record(), [])
    assert "real-time-factor" not in (tmp_path / "record.json").read_text(encoding="utf-8")
    (tmp_path / "timings.json").unlink()
    assert read_record(tmp_path).efficiency == {}


def test_no_number_that_is_not_finite_is_written(tmp_path: Path) -> None:
    broken = Record({}, {}, 0, {}, {"fad": Score(float("nan"), None, 1)})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_record(tmp_path, broken, [])
    assert not (tmp_path / "record.json").exists()
