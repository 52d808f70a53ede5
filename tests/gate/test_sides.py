"""Sides: records with their rows, and which candidate belongs to which baseline."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BadInput
from bench.gate.sides import is_record, matched, read_side, read_sides

Edit = Callable[[dict[str, Any]], object]


def test_a_side_has_rows_values_and_what_was_scored(runs: dict[str, Path]) -> None:
    side = read_side(runs["seed 1"])
    assert (side.suite, side.system, side.record.seed) == ("takes", "checkpoint", 1)
    assert len(side.scored) == len(side.rows) == len(side.values("lsd-logmel")) == 24
    assert side.values("fad-logmel") == {}
    assert side.label == f"checkpoint (seed 1) [{side.record.system['hash']}]"
    silent = read_side(runs["silent"])
    assert len(silent.scored) == 24 - len(silent.record.clips["failed"])


def test_a_path_may_be_a_record_its_folder_or_one_above(runs: dict[str, Path]) -> None:
    folder = runs["seed 1"]
    for path in (folder, folder / "record.json", folder.parent, folder.parent.parent.parent):
        (side,) = read_sides(path)
        assert side.folder == folder
    assert [is_record(path) for path in (folder, folder / "record.json", folder.parent)] == [True, True, False]


def test_a_folder_without_a_record_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no record"):
        read_sides(tmp_path)


def damaged(folder: Path, file: str, text: str) -> Path:
    made = Path(shutil.copytree(folder, "damaged"))
    (made / file).write_text(text, encoding="utf-8")
    return made


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense\n", "can't be read"),
        ("[]\n", "can't be read"),
        ('{"id": "a", "scored": true, "scores": {"lsd-logmel": NaN}}\n', "a value of clip a is not finite"),
        ('{"id": "a", "scored": 1, "scores": {}}\n', "a row is no clip's"),
        ('{"id": "a", "scored": true, "scores": {}}\n', "is not of"),
        ('{"id": "a", "scored": true, "scores": {"lsd-logmel": "1.5"}}\n', "is '1.5', which is no number"),
        ('{"id": "a", "scored": true, "scores": {"lsd-logmel": true}}\n', "is True, which is no number"),
        ('{"id": "a", "scored": true, "scores": {}, "audio": [1]}\n', r"audio of clip a is \[1\], but must be 64 hex"),
        ('{"id": "a", "scored": true, "scores": {}, "reference": "../x"}\n', "reference of clip a is '../x', but must"),
        ('{"id": "a", "scored": true, "scores": {}, "weights": {"wer": 0}}\n', "clip a counts for nothing"),
        ('{"id": "a", "scores": {}}\n', "a row has no 'scored'"),
        ("", "is not of"),
    ],
)
def test_damaged_rows_are_named(runs: dict[str, Path], text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as raised:
        read_side(damaged(runs["seed 1"], "clips.jsonl", text))
    assert "clips.jsonl" in str(raised.value)


@pytest.mark.parametrize("kept", [0, 1, 23])
def test_values_of_some_clips_only_are_damage(runs: dict[str, Path], kept: int) -> None:
    rows = [json.loads(line) for line in (runs["seed 1"] / "clips.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows[kept:]:
        row["scores"].pop("lsd-logmel")
    folder = damaged(runs["seed 1"], "clips.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    if not kept:
        assert read_side(folder).values("lsd-logmel") == {}
        return
    with pytest.raises(BadInput, match=f"{24 - kept} of 24 scored clips have no value of lsd-logmel, first s"):
        read_side(folder)


@pytest.mark.parametrize("signature", ["fad|nonsense", None, 3])
def test_a_score_without_a_signature_is_named(runs: dict[str, Path], signature: object) -> None:
    record = json.loads((runs["seed 1"] / "record.json").read_text(encoding="utf-8"))
    record["scores"]["fad-logmel"]["signature"] = signature
    with pytest.raises(BadInput, match="its score fad-logmel has no signature"):
        read_side(damaged(runs["seed 1"], "record.json", json.dumps(record)))


@pytest.mark.parametrize("silent", [3, None, "sound-01-0", [["a"]], [1]])
def test_clips_in_trouble_that_are_no_ids_are_named(runs: dict[str, Path], silent: object) -> None:
    record = json.loads((runs["seed 1"] / "record.json").read_text(encoding="utf-8"))
    record["clips"]["silent"] = silent
    with pytest.raises(BadInput, match=r"its clips have silent .*, which are no ids"):
        read_side(damaged(runs["seed 1"], "record.json", json.dumps(record)))


def test_a_score_that_is_true_is_no_number(runs: dict[str, Path]) -> None:
    record = json.loads((runs["seed 1"] / "record.json").read_text(encoding="utf-8"))
    record["scores"]["fad-logmel"]["value"] = True
    with pytest.raises(BadInput, match="its score fad-logmel is no number"):
        read_side(damaged(runs["seed 1"], "record.json", json.dumps(record)))


def test_references_that_are_no_digests_are_named(runs: dict[str, Path]) -> None:
    with pytest.raises(BadInput, match=r"references\.json is damaged: a is 1, but must be 64 hex digits"):
        read_side(damaged(runs["seed 1"], "references.json", '{"a": 1}'))


def copied(runs: dict[str, Path], side: str, *names: str) -> Path:
    """A results folder with runs, each under a system's name of its own."""
    for name in names:
        run, _, system = name.partition(" as ")
        made = Path(shutil.copytree(runs[run], Path(side, "records", "takes", f"{system}-{run}")))
        record = json.loads((made / "record.json").read_text(encoding="utf-8"))
        record["system"]["name"] = system
        (made / "record.json").write_text(json.dumps(record), encoding="utf-8")
    return Path(side)


def test_two_single_runs_are_a_pair_whatever_their_names(runs: dict[str, Path]) -> None:
    ours, theirs = copied(runs, "ours", "seed 0 as a"), copied(runs, "theirs", "seed 1 as b")
    (pair,) = matched(read_sides(ours), read_sides(theirs)).pairs
    assert (pair.candidate.system, pair.baseline.system) == ("a", "b")
    assert len(pair.common) == 24


def test_several_runs_are_matched_by_suite_and_system(runs: dict[str, Path]) -> None:
    ours = copied(runs, "ours", "seed 0 as a", "seed 0 as b", "seed 0 as new")
    theirs = copied(runs, "theirs", "seed 1 as b", "seed 1 as a", "seed 1 as old")
    found = matched(read_sides(ours), read_sides(theirs))
    assert {(pair.candidate.system, pair.baseline.system) for pair in found.pairs} == {("a", "a"), ("b", "b")}
    assert found.single == (
        "no baseline for system new on suite takes",
        "no candidate for system old on suite takes; name a run's own folder to check that alone",
    )


def test_a_run_that_is_named_is_held_to_its_counterpart_and_to_no_other(runs: dict[str, Path]) -> None:
    ours = copied(runs, "ours", "seed 0 as a")
    theirs = copied(runs, "theirs", "seed 1 as b", "seed 1 as a")
    found = matched(read_sides(ours), read_sides(theirs), named=True)
    assert [pair.baseline.system for pair in found.pairs] == ["a"]
    assert found.single == ()


def test_a_folder_that_has_lost_all_runs_but_one_lacks_the_others(runs: dict[str, Path]) -> None:
    ours = copied(runs, "ours", "seed 0 as a")
    theirs = copied(runs, "theirs", "seed 1 as b", "seed 1 as a", "seed 1 as c")
    found = matched(read_sides(ours), read_sides(theirs))
    assert [pair.baseline.system for pair in found.pairs] == ["a"]
    assert [line.split(";")[0] for line in found.single] == [
        "no candidate for system b on suite takes",
        "no candidate for system c on suite takes",
    ]


def test_two_runs_of_one_name_are_ambiguous(runs: dict[str, Path]) -> None:
    ours = copied(runs, "ours", "seed 0 as a")
    theirs = copied(runs, "theirs", "seed 1 as a", "seed 2 as a")
    with pytest.raises(BadInput) as raised:
        matched(read_sides(ours), read_sides(theirs))
    message = str(raised.value)
    assert message.startswith("two baselines are of system a on suite takes: name one of ")
    assert "a-seed 1" in message
    assert "a-seed 2" in message


def test_two_runs_of_a_name_that_nobody_asks_for_disturb_nobody(runs: dict[str, Path]) -> None:
    ours, more = copied(runs, "ours", "seed 0 as a"), copied(runs, "more", "seed 0 as a", "seed 0 as c")
    theirs = copied(runs, "theirs", "seed 1 as a", "seed 1 as b", "seed 2 as b")
    for candidates, named, single in ((ours, True, 0), (ours, False, 1), (more, False, 2)):
        found = matched(read_sides(candidates), read_sides(theirs), named=named)
        assert [pair.baseline.system for pair in found.pairs] == ["a"]
        assert len(found.single) == single
