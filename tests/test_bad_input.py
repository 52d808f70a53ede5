"""Bad input: one clear line that names the bad value and the good ones, exit code 2, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Bench, one_line, tone, tree

RUN = ("run", "--system", "foley", "--suite", "demo")

CASES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "no command": (("rum",), ("command", "'rum'", "did you mean 'run'", "doctor")),
    "system": (("run", "--system", "folye", "--suite", "demo"), ("'folye'", "did you mean 'foley'", "lowpass")),
    "no system": (("run", "--suite", "demo"), ("--system", "required")),
    "no suite": (("run", "--system", "foley"), ("suite", "required")),
    "suite": (("run", "--system", "foley", "--suite", "dmeo"), ("suite", "'dmeo'", "did you mean 'demo'")),
    "suite card": (("run", "--system", "foley", "--suite", "no/card.yaml"), ("no suite card no/card.yaml",)),
    "metric": ((*RUN, "--metrics", "fad-logmel,fda"), ("metric", "'fda'", "fad-logmel", "efficiency")),
    "setting": ((*RUN, "--system.rat", "8000"), ("'--system.rat'", "did you mean '--system.rate'")),
    "setting's type": ((*RUN, "--system.rate", "high"), ("--system.rate", "int", "high")),
    "setting's range": ((*RUN, "--system.rate", "10"), ("rate 10", "8000")),
    "option": ((*RUN, "--sed", "1"), ("'--sed'", "did you mean '--seed'")),
    "abbreviation": ((*RUN, "--lim", "1"), ("'--lim'", "did you mean '--limit'")),
    "limit": ((*RUN, "--limit", "0"), ("--limit", "0", "1 or more")),
    "seed": ((*RUN, "--seed", "-1"), ("--seed", "-1", "0 or more")),
    "batch size": ((*RUN, "--batch-size", "many"), ("--batch-size", "int", "many")),
    "device's name": ((*RUN, "--device", "gpu"), ("device", "'gpu'", "cuda:N")),
    "device": ((*RUN, "--device", "cuda:7"), ("'cuda:7'", "isn't there", "cpu")),
    "results": ((*RUN, "--results", "file"), ("--results file", "can't be written")),
    "out": ((*RUN, "--out", "file/deeper"), ("--out file/deeper", "can't be written", "file is a file")),
    "config": ((*RUN, "--config", "none.yaml"), ("none.yaml",)),
    "config's text": ((*RUN, "--config", "broken.yaml"), ("broken.yaml",)),
    "config's field": ((*RUN, "--config", "odd.yaml"), ("limmit", "did you mean '--limit'")),
    "folder": (("score", "nowhere", "--suite", "demo"), ("no folder nowhere",)),
    "file for a folder": (("score", "file", "--suite", "demo"), ("file is a file",)),
    "empty folder": (("score", "empty", "--suite", "demo"), ("no audio in empty", ".wav")),
    "strange folder": (("score", "strange", "--suite", "demo"), ("no file in strange is named after", "sound-01")),
    "two files of one name": (("score", "double", "--suite", "demo"), ("sound-01.flac and sound-01.wav",)),
    "no folder": (("score", "--suite", "demo"), ("folder",)),
    "no reference": (("score", "strange"), ("either --suite NAME or --reference FOLDER",)),
    "reference": (("score", "strange", "--reference", "nowhere"), ("no folder nowhere",)),
    "truth without reference": (("run", "--system", "ground-truth", "--suite", "bare.yaml"), ("reference", "has none")),
    "records": ((*RUN, "--results", "taken"), ("taken/records", "can't be written")),
    "config's setting": (("run", "--config", "setting.yaml", "--suite", "demo"), ("slop", "'--system.slope'")),
    "folder system": (("run", "--system", "folder", "--suite", "demo"), ("--system.path",)),
    "table's suite": (("table", "demo"), ("no records in results", "bench run")),
    "format": (("table", "--format", "pdf"), ("pdf", "markdown")),
    "kind": (("list", "systemes"), ("'systemes'", "did you mean 'systems'")),
}  # fmt: skip


@pytest.fixture(autouse=True)
def things() -> None:
    """Files and folders that are not what they are taken for."""
    Path("file").write_text("a file", encoding="utf-8")
    Path("broken.yaml").write_text("{a", encoding="utf-8")
    Path("odd.yaml").write_text("limmit: 3", encoding="utf-8")
    Path("setting.yaml").write_text("system: {name: noise, slop: 1}", encoding="utf-8")
    Path("bare.csv").write_text("id,caption\na,rain\n", encoding="utf-8")
    bare = "title: B\nversion: 1\ntask: text-to-audio\ncaptions: bare.csv\nmetrics: [efficiency]\n"
    Path("bare.yaml").write_text(bare, encoding="utf-8")
    for folder in ("empty", "strange", "double", "taken"):
        Path(folder).mkdir()
    Path("taken/records").write_text("a file", encoding="utf-8")
    Path("strange/x.wav").write_bytes(tone())
    for name in ("sound-01.wav", "sound-01.flac"):
        (Path("double") / name).write_bytes(tone())


@pytest.mark.parametrize("case", CASES)
def test_bad_input_gets_one_clear_line(bench: Bench, case: str) -> None:
    words, expected = CASES[case]
    before = tree(Path.cwd())
    ran = bench(*words)
    assert ran.code == 2
    assert one_line(ran.err), ran.err
    for fragment in expected:
        assert fragment in ran.err
    assert ran.out == ""
    assert tree(Path.cwd()) == before
    assert not Path("runs").exists()


CARD = {
    "title": "T",
    "version": "1",
    "task": "text-to-audio",
    "captions": "c.csv",
    "reference": "refs",
    "metrics": "[fad-logmel]",
}

FIELDS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "unknown field": ({"titel": "T"}, ("'titel'", "did you mean 'title'")),
    "missing field": ({"title": ""}, ("lacks the field 'title'",)),
    "version": ({"version": "one"}, ("version is 'one'", "whole number")),
    "task": ({"task": "text-to-video"}, ("task is 'text-to-video'", "text-to-music")),
    "rate": ({"rate": "16"}, ("rate is 16", "Hz")),
    "seconds": ({"seconds": "-1"}, ("seconds is -1",)),
    "metrics": ({"metrics": "fad"}, ("metrics is 'fad'", "a list")),
    "metric's name": ({"metrics": "[fda-logmel]"}, ("'fda-logmel'", "did you mean 'fad-logmel'")),
    "reference's seed": ({"reference": "{system: foley, seed: 1}"}, ("reference: seed is 1", "negative")),
    "reference's system": ({"reference": "{system: foleey, seed: -1}"}, ("'foleey'", "did you mean 'foley'")),
    "no reference audio": ({}, ("lacks its reference audio", "refs")),
    "no reference": ({"reference": ""}, ("compares with reference audio", "has none")),
    "captions": ({"captions": "none.csv"}, ("no prompt table", "none.csv")),
}

TABLES: dict[str, tuple[str, str]] = {
    "no caption column": ("id,text\na,b\n", "lacks the column 'caption'"),
    "extra column": ("id,caption,colour\na,b,c\n", "'colour'"),
    "column twice": ("id,caption,id\na,b,c\n", "twice"),
    "too few fields": ("id,caption\na\n", "line 2: not as many fields"),
    "too many fields": ("id,caption\na,b,c\n", "line 2: not as many fields"),
    "id twice": ("id,caption\na,b\na,c\n", "'a' stands there twice"),
    "id leaves": ("id,caption\n../a,b\n", "'../a' can't name a file"),
    "empty caption": ("id,caption\na,rain\nb, \n", "line 3: the caption is empty"),
    "no clips": ("id,caption\n", "lists no clips"),
    "empty file": ("", "lacks the column 'id'"),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_card_with_a_wrong_field_gets_one_clear_line(bench: Bench, case: str) -> None:
    changes, expected = FIELDS[case]
    Path("c.csv").write_text("id,caption\na,rain\n", encoding="utf-8")
    fields = {name: value for name, value in (CARD | changes).items() if value}
    Path("card.yaml").write_text("".join(f"{name}: {value}\n" for name, value in fields.items()), encoding="utf-8")
    _refused(bench, *expected)


@pytest.mark.parametrize("case", TABLES)
def test_a_wrong_prompt_table_gets_one_clear_line(bench: Bench, case: str) -> None:
    text, expected = TABLES[case]
    Path("c.csv").write_text(text, encoding="utf-8")
    Path("card.yaml").write_text("".join(f"{name}: {value}\n" for name, value in CARD.items()), encoding="utf-8")
    _refused(bench, expected)


def _refused(bench: Bench, *expected: str) -> None:
    before = tree(Path.cwd())
    ran = bench("run", "--system", "noise", "--suite", "card.yaml")
    assert ran.code == 2
    assert one_line(ran.err), ran.err
    for fragment in expected:
        assert fragment in ran.err
    assert tree(Path.cwd()) == before


def test_debug_shows_where_it_went_wrong(bench: Bench) -> None:
    with pytest.raises(ValueError, match="'folye'"):
        bench("run", "--system", "folye", "--suite", "demo", "--debug")


def test_help_is_no_error(bench: Bench) -> None:
    assert bench("--help").code == 0
    assert bench("--version").out.startswith("bench ")
    bare = bench()
    assert bare.code == 2
    assert "usage: bench COMMAND" in bare.out


FLAGS = {"list": "json", "doctor": "parity", "run": "quiet", "score": "allow_missing", "check": "strict"}


@pytest.mark.parametrize("command", FLAGS)
def test_what_is_on_or_off_takes_nothing_else_from_a_file(bench: Bench, command: str) -> None:
    words = {"run": RUN[1:], "score": ("empty", "--suite", "demo"), "check": ("a", "--baseline", "b")}.get(command, ())
    for value in ('"no"', "0", "[]"):
        Path("flags.yaml").write_text(f"{FLAGS[command]}: {value}\n", encoding="utf-8")
        ran = bench(command, *words, "--config", "flags.yaml")
        assert ran.code == 2, ran
        assert f"--{FLAGS[command].replace('_', '-')} is " in ran.err
        assert ", but must be true or false" in ran.err
        assert one_line(ran.err)


def test_a_mapping_may_have_a_key_called_system(bench: Bench) -> None:
    Path("votes.csv").write_text("who,model,clip,stars\na,x,1,3\nb,x,1,4\na,y,1,5\nb,y,1,2\n", encoding="utf-8")
    columns = "{rater: who, system: model, item: clip, score: stars}"
    ran = bench("ratings", "votes.csv", "--columns", columns, "--question", "OVL")
    assert (ran.code, ran.err) == (0, "")
    assert "model = system_id" in ran.out
