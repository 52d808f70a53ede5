"""One file a system: in a folder, or the one that is named; and what can't be taken is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from measured_records import PUBLISHED, record

from bench.errors import BadInput
from bench.paper.exporting import export, write


def test_one_system_goes_into_a_folder_or_its_own_file() -> None:
    made = [record("tango", {"fad": 1.7})]
    assert export(made, PUBLISHED, "model-index", Path("out")) == []
    assert export(made, PUBLISHED, "model-index", Path("card.yaml")) == []
    assert Path("out/tango.yaml").read_bytes() == Path("card.yaml").read_bytes()


def test_a_folder_whose_name_ends_like_a_file_is_a_folder() -> None:
    Path("cards.yaml").mkdir()
    export([record("tango", {"fad": 1.7})], PUBLISHED, "model-index", Path("cards.yaml"))
    assert Path("cards.yaml/tango.yaml").is_file()


@pytest.mark.parametrize("output", [None, Path("there.yaml")])
def test_several_systems_need_a_folder(output: Path | None) -> None:
    Path("there.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(BadInput, match="there are 2: give -o FOLDER"):
        export([record("a", {"fad": 1.0}), record("b", {"fad": 1.0})], PUBLISHED, "model-index", output)
    assert Path("there.yaml").read_text(encoding="utf-8") == "mine"


def test_what_cannot_be_taken_is_said() -> None:
    made = [record("a", {"fad": 1.0}), record("b", {"fad-logmel": 1.0}, suite="demo")]
    (problem,) = export(made, PUBLISHED, "eval-results", Path("out"))
    assert problem.startswith("b: eval-results names data sets")
    assert [path.name for path in Path("out").iterdir()] == ["a.yaml"]


def test_a_folder_is_no_file_to_write() -> None:
    with pytest.raises(BadInput, match=r"--output \. is a folder; name a file in it"):
        write(Path(), "text")
