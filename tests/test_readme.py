"""What the README shows is true: its commands run, its system and its card work as they stand there."""

from __future__ import annotations

import importlib
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import measured_records
import planted
import pytest
from conftest import Bench, tone

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def block(language: str, containing: str) -> str:
    """The one fenced block in a language with some text in it."""
    (found,) = [text for text in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if containing in text]
    return str(found)


COMMANDS = [line.split("#")[0].strip() for line in README.splitlines() if line.startswith("    bench ")]


@pytest.fixture
def places(bench: Bench) -> None:
    """The files that the commands name, and a run whose records they show."""
    assert bench("run", "--system", "foley", "--suite", "demo", "--limit", "8").code == 0
    (audio,) = Path("runs").rglob("audio")
    for name in ("my/wavs", "real/wavs"):
        shutil.copytree(audio, name)
    Path("run.yaml").write_text(block("yaml", "system: {name"), encoding="utf-8")


# What the commands name of the hub, here tiny, by what tells the commands apart.
HUB = {
    "audioldm2-full": ("cvssp/audioldm2", "audioldm2"),
    "musicgen": ("facebook/musicgen-medium", "musicgen"),
}
SHORT = ["--limit", "1", "--device", "cpu"]
FEW = ["--system.steps", "2", "--system.candidates", "1", "--system.seconds", "4"]


def shortened(words: list[str]) -> list[str]:
    """A command that runs a network, on a machine without a GPU and for one clip."""
    if words[0] != "run" or not any(name in words for name in ("audioldm2-full", "audioldm2-ac-large", "musicgen")):
        return words
    return [*words, *SHORT, *([] if "musicgen" in words else FEW)]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))


def tiny(module: str) -> Callable[[Path], object]:
    """What writes a tiny checkpoint; loaded only for the commands that need one."""
    write: Callable[[Path], object] = importlib.import_module(f"tiny.{module}").write
    return write


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(bench: Bench, places: None, hub: None, command: str) -> None:
    words = shortened(shlex.split(command)[1:])
    for named, (repository, module) in HUB.items():
        if named in command:
            planted.plant(repository, tiny(module))
    if "my/model.ckpt" in command:
        tiny("audioldm2_original")(Path("my"))
        next(Path("my").glob("*.pth")).rename("my/model.ckpt")
    # my/wavs holds the first eight clips only; the suite has 24.
    expected = 3 if words[:2] == ["score", "my/wavs"] and "--suite" in words else 0
    ran = bench(*words)
    assert ran.code == expected, ran.err
    assert ran.out


SHOWN = [line.split("#")[0].removeprefix("$ ").strip() for line in README.splitlines() if line.startswith("$ bench ")]


@pytest.fixture
def things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the shown commands name, as far as a machine without a network has it."""
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))
    for folder in ("audiocaps", "musiccaps", "clotho", "msd", "tracks", "lists"):
        (tmp_path / "my" / folder).mkdir(parents=True)
        if folder not in ("msd", "lists"):
            (tmp_path / "my" / folder / "recording.wav").write_bytes(tone())
    ratings = [f"r{rater},{system},i{item},OVL,{1 + (rater + item + len(system)) % 5}"
               for rater in range(6) for system in ("a", "bb") for item in range(6)]  # fmt: skip
    (tmp_path / "votes.csv").write_text(
        "\n".join(["rater,system,item,dimension,score", *ratings, ""]), encoding="utf-8"
    )
    measured_records.write(measured_records.record("tango", {"fad": 1.8, "clap-paper": 0.2}))
    measured_records.write_ratings(measured_records.ratings({"tango": 3.8, "audioldm": 3.2}))


@pytest.mark.parametrize("command", SHOWN)
def test_every_command_shown_with_its_output_is_one(bench: Bench, things: None, command: str) -> None:
    """Without a network some can't be evaluated; none is misspelt."""
    if "bench check" in command:
        for seed, results in ("0", "baseline"), ("1", "candidate"):
            words = ("--suite", "demo", "--limit", "8", "--seed", seed, "--results", results)
            assert bench("run", "--system", "foley", *words).code == 0
    ran = bench(*shlex.split(command)[1:])
    assert ran.code in (0, 3), ran.err
    assert "this is a bug" not in ran.err
    if "prepare" not in command:
        assert ran.code == 0, ran.err


def test_there_are_commands() -> None:
    assert {command.split()[1] for command in COMMANDS} >= {"run", "score", "table", "list"}


def test_the_example_system_works_from_a_package_of_its_own(
    process: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card: Path
) -> None:
    (tmp_path / "hum.py").write_text(block("python", "class Hum"), encoding="utf-8")
    points = block("toml", "entry-points")
    info = tmp_path / "hum-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hum\nVersion: 1.0\n", encoding="utf-8")
    (name, target) = re.findall(r'^(\w+) = "(.*?)"', points, re.MULTILINE)[0]
    (info / "entry_points.txt").write_text(f"[bench.systems]\n{name} = {target}\n", encoding="utf-8")
    monkeypatch.setattr("conftest.THIRD_PARTY", tmp_path)
    ran = process("run", "--system", "hum", "--system.hertz", "60", "--suite", card)
    assert ran.code == 0, ran.err
    assert "hum " in ran.out


def test_the_example_card_works(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "card.yaml").write_text(block("yaml", "title: My suite"), encoding="utf-8")
    (tmp_path / "prompts.csv").write_text("id,caption\na,rain\nb,a bell\n", encoding="utf-8")
    assert bench("run", "--system", "foley", "--suite", "demo", "--limit", "2").code == 0
    (tmp_path / "references").mkdir()
    for name, path in zip("ab", sorted(Path("runs").rglob("*.wav")), strict=True):
        shutil.copy(path, tmp_path / "references" / f"{name}.wav")
    ran = bench("run", "--system", "foley", "--suite", "card.yaml")
    assert ran.code == 0, ran.err
    assert "My suite · version 1" in ran.out


def test_the_example_card_of_others_recordings_can_be_prepared(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "card.yaml").write_text(block("yaml", "title: My set"), encoding="utf-8")
    (tmp_path / "captions.csv").write_text("file,text\na.wav,rain\na.wav,wind\nb.wav,a bell\n", encoding="utf-8")
    (tmp_path / "audio").mkdir()
    for name in "ab":
        (tmp_path / "audio" / f"{name}.wav").write_bytes(tone(seconds=12.0))
    ran = bench("prepare", "card.yaml", "--audio", "audio", "--lists", tmp_path)
    assert ran.code == 0, ran.err
    assert "2 of 2 recordings are ready" in ran.out
    assert bench("run", "--system", "noise", "--suite", "card.yaml", "--metrics", "fad-logmel").code == 0


def test_the_example_program_runs(bench: Bench, tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parent / "standins", tmp_path / "my" / "model")
    card = block("yaml", "name: command").replace("my/venv/bin/python", sys.executable)
    (tmp_path / "card.yaml").write_text(card, encoding="utf-8")
    ran = bench("run", "--config", "card.yaml", "--limit", "3", "--metrics", "fad-logmel")
    assert ran.code == 0, ran.err
    assert "its log: " in ran.err
    assert "command " in ran.out
