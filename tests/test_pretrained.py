"""Systems with weights, on the command line: what is said of them, what they are called, what they lack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Bench, one_line

CHECKPOINT = "deep/mine"


@pytest.fixture(autouse=True)
def _checkpoint(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).mkdir(parents=True)
    (tmp_path / CHECKPOINT / "level.txt").write_text("0.5")


def words(card: Path, *more: str) -> tuple[str | Path, ...]:
    return ("run", "--system", "toy-trained", "--suite", card, "--system.checkpoint", CHECKPOINT, *more)


def record() -> dict[str, Any]:
    [path] = Path("results").rglob("record.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_a_checkpoint_of_ones_own_is_said_to_be_one(process: Bench, card: Path) -> None:
    ran = process(*words(card))
    assert ran.code == 0, ran.err
    assert "toy-trained: a checkpoint of one's own, not the published weights\n" in ran.err
    assert "toy-trained† " in ran.out
    assert "† a checkpoint of one's own, not the published weights\n" in ran.out
    assert record()["system"]["standing"] == {"status": "own", "why": "", "changes": ""}
    assert record()["system"]["checkpoint"] == "mine"
    assert record()["system"]["revision"].startswith("sha256:")
    assert "standing" not in record()["system"]["settings"]


def test_a_table_of_records_keeps_the_dagger(process: Bench, card: Path) -> None:
    process(*words(card))
    process("run", "--system", "noise", "--suite", card)
    shown = process("table", "small", "--format", "markdown").out
    assert "| toy-trained† |" in shown
    assert "| noise |" in shown
    assert "- † a checkpoint of one's own" in shown


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("toy-trained", "not the published weights, but the nearest that are public: it was trained on blocks"),
        ("toy-lost", "the published weights were never released; the nearest public ones run in their place"),
    ],
)
def test_the_standing_of_a_listed_system_is_in_its_list(process: Bench, name: str, said: str) -> None:
    listed = json.loads(process("list", "systems", "--json").out)["systems"][name]
    assert listed["about"].endswith("[toys/trained]")
    status = listed["standing"]["status"]
    assert status in {"nearest", "unreleased"}
    from bench.system import Standing

    assert Standing(**listed["standing"]).warning == said


def test_another_dtype_is_another_system(process: Bench, card: Path) -> None:
    process(*words(card))
    process(*words(card, "--dtype", "bfloat16", "--compile"))
    process(*words(card, "--dtype=bfloat16", "--compile=false"))
    folders = {
        json.loads(path.read_text())["system"]["settings"]["dtype"] for path in Path("results").rglob("record.json")
    }
    assert folders == {"float32", "bfloat16"}
    assert Path("toy.log").read_text().count("load bfloat16 True") == 1
    assert Path("toy.log").read_text().count("load bfloat16 False") == 1


def test_settings_that_are_not_the_rows_stand_beside_its_numbers(process: Bench, card: Path) -> None:
    said = (
        "a checkpoint of one's own, not the published weights; other settings than the row's: rate is 8000, not 16000"
    )
    ran = process(*words(card, "--system.rate", "8000"))
    assert f"toy-trained: {said}\n" in ran.err
    assert f"† {said}\n" in ran.out


def test_a_folder_with_a_repositorys_name_is_ones_own(process: Bench, card: Path) -> None:
    Path("toys/trained").mkdir(parents=True)
    Path("toys/trained/level.txt").write_text("0.5")
    ran = process("run", "--system", "toy-trained", "--suite", card)
    assert "toy-trained: a checkpoint of one's own" in ran.err
    assert record()["system"]["standing"]["status"] == "own"


def test_a_revision_of_ones_own_folder_is_refused(process: Bench, card: Path) -> None:
    ran = process(*words(card, "--system.revision", "main"))
    assert (ran.code, ran.err) == (
        2,
        "bench: revision 'main' is of a repository, and checkpoint deep/mine lies here\n",
    )


@pytest.mark.parametrize("more", ["dtype: bfloat16\ncompile: true\n", "system: {dtype: bfloat16, compile: true}\n"])
def test_type_and_compilation_come_from_yaml_too(process: Bench, card: Path, more: str) -> None:
    named = "" if more.startswith("system") else "system: toy-trained\n"
    Path("run.yaml").write_text(named + more.replace("{dtype", "{name: toy-trained, dtype"), encoding="utf-8")
    assert process("run", "--config", "run.yaml", "--suite", card, "--system.checkpoint", CHECKPOINT).code == 0
    assert Path("toy.log").read_text().startswith("load bfloat16 True\n")


def test_options_are_taken_as_yaml_spells_them(process: Bench, card: Path) -> None:
    ran = process(*words(card, "--batch_size", "2", "--compile", "false", "--system.dtype", "float16"))
    assert ran.code == 0, ran.err
    assert "load float16 False" in Path("toy.log").read_text()


def test_a_system_without_a_network_has_no_dtype(bench: Bench) -> None:
    ran = bench("run", "--system", "foley", "--suite", "demo", "--dtype", "float16")
    assert (ran.code, ran.err) == (2, "bench: --dtype is for systems with a network, and this one has none\n")


def test_a_wrong_dtype_is_refused_with_those_there_are(process: Bench, card: Path) -> None:
    ran = process(*words(card, "--dtype", "half"))
    assert ran.code == 2
    assert one_line(ran.err)
    assert all(name in ran.err for name in ("half", "float32", "float16", "bfloat16"))
    assert "typing" not in ran.err


def test_the_same_clips_come_of_halved_batches(process: Bench, card: Path) -> None:
    process(*words(card, "--out", "whole"))
    ran = process(*words(card, "--out", "halved", "--system.room", "1", "--batch-size", "4"))
    assert ran.code == 0
    assert ran.err.count("out of memory with 4 recordings at a time: going on with 2\n") == 1
    assert ran.err.count("out of memory with 2 recordings at a time: going on with 1\n") == 1
    import soundfile

    for whole in Path("whole").rglob("*.wav"):
        [halved] = Path("halved").rglob(whole.name)
        assert (soundfile.read(whole)[0] == soundfile.read(halved)[0]).all()


def test_auto_is_a_batch_size_and_half_is_none(process: Bench, card: Path) -> None:
    assert process(*words(card, "--batch-size", "auto")).code == 0
    ran = process(*words(card, "--batch-size", "half"))
    assert ran.code == 2
    assert one_line(ran.err)
    assert "auto" in ran.err
    assert process(*words(card, "--batch-size", "0")).err == "bench: --batch-size is 0, but must be 1 or more\n"


def test_a_checkpoint_that_is_nowhere_is_one_line_and_nothing_is_written(process: Bench, card: Path) -> None:
    before = set(Path.cwd().rglob("*"))
    ran = process("run", "--system", "toy-trained", "--suite", card)
    assert ran.code == 3
    assert one_line(ran.err)
    assert "toys/trained is not here; get it with `bench fetch`" in ran.err
    ran = process("run", "--system", "toy-trained", "--suite", card, "--system.checkpoint", "deep/absent/mine")
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert set(Path.cwd().rglob("*")) == before


def test_what_a_system_lacks_is_said_before_anything_is_made(process: Bench, card: Path) -> None:
    ran = process("run", "--system", "toy-unvoiced", "--suite", card)
    assert (ran.code, ran.err) == (3, "bench: Unvoiced lacks a voice; get it with: apt-get install voice\n")
    ran = process("run", "--system", "toy-needy", "--suite", card)
    assert (ran.code, ran.err) == (3, "bench: Needy lacks no-such-package; get it with: pip install no-such-package\n")
    assert not Path("runs").exists()
    assert "lacks a voice" in process("doctor").out


def test_fetch_names_a_checkpoint_that_cannot_be_had(process: Bench) -> None:
    ran = process("fetch", "toy-trained")
    assert ran.code == 3
    assert "toys/trained is not here" in ran.out + ran.err
