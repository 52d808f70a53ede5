"""The published programs' values, with stand-ins that name, pad and fail as those do."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import Bench

from bench import plugins
from bench.audio import Waveform
from bench.clip import Clip
from bench.digest import clip_seed
from bench.systems.command import Command

STANDINS = Path(__file__).parent.parent / "standins"
TEXTS = ("rain", "a loud bell | far", 'a man says: "hello"', "the wind", "rain")
PUBLISHED = ("make-an-audio", "make-an-audio-2", "audioldm2-package")


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))


def checkout(name: str, folder: Path) -> Command:
    """A published value with its stand-in laid out as its README says, and a Python of its own."""
    system = plugins.system(name)
    assert isinstance(system, Command)
    binaries = folder / "environment" / "bin"
    binaries.mkdir(parents=True)
    # A script, since a link would lose the packages of this environment.
    python = binaries / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    where = folder / "checkout"
    for needed in system.needs:
        path = where / needed.replace("{bin}", str(binaries))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"what {path.name} holds")
    modules = {"make-an-audio": where, "make-an-audio-2": where, "audioldm2-package": binaries}[name]
    for module in ("sounds", "pieces", "text_to_audio_of_audioldm2"):
        shutil.copy(STANDINS / f"{module}.py", modules)
    if name == "make-an-audio":
        shutil.copy(STANDINS / "gen_wavs_by_tsv.py", where)
    elif name == "make-an-audio-2":
        shutil.copy(STANDINS / "gen_wav.py", where / "scripts")
    else:
        shutil.copy(STANDINS / "audioldm2_cli.py", binaries / "audioldm2")
    return dataclasses.replace(system, python=str(python), folder=where if where.is_dir() else None)


def clips(*texts: str, seconds: float = 10.0) -> list[Clip]:
    return [Clip(f"{index}.wav", text, seconds=seconds) for index, text in enumerate(texts or TEXTS)]


def called(system: Command, some: Sequence[Clip], seed: int = 0) -> list[Waveform | Exception]:
    return list(system.load("cpu")(some, [clip_seed(seed, clip.id) for clip in some]))


def waves(found: Sequence[Waveform | Exception]) -> list[Waveform]:
    assert all(isinstance(wave, np.ndarray) for wave in found), found
    return [wave for wave in found if isinstance(wave, np.ndarray)]


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_is_missing_is_named_with_how_to_get_it(name: str, tmp_path: Path) -> None:
    system = plugins.system(name)
    assert isinstance(system, Command)
    assert system.standing is not None
    assert system.standing.status == "nearest"
    assert "--system.python" in system.lacks()
    assert system.get in system.lacks()
    there = checkout(name, tmp_path)
    assert there.lacks() == ""
    path = next(iter(there._needed().values()))
    path.unlink()
    assert str(path) in there.lacks()


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_clip_is_the_same_whatever_is_asked_for_beside_it(name: str, tmp_path: Path) -> None:
    system, some = checkout(name, tmp_path), clips()
    together = waves(called(system, some))
    assert all(160_000 <= len(wave) < 165_000 and 0.03 < wave.std() < 0.2 for wave in together)
    assert not np.array_equal(together[0], together[4])  # the same text, another seed
    shutil.rmtree(tmp_path / "cache" / "commands")
    alone = [waves(called(system, [clip]))[0] for clip in some]
    shutil.rmtree(tmp_path / "cache" / "commands")
    backwards = waves(called(system, some[::-1]))[::-1]
    for one, two, three in zip(together, alone, backwards, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, three)
    assert not np.array_equal(together[0], waves(called(system, some, seed=1))[0])


def test_make_an_audio_is_stripped_of_what_its_script_puts_in_front(tmp_path: Path) -> None:
    for wave in waves(called(checkout("make-an-audio", tmp_path), clips())):
        assert len(wave) == 160_000
        assert wave[:100].any()
        assert wave[155_640:155_648].any()
        assert not wave[155_648:].any()


def test_make_an_audio_crashes_half_way_and_goes_on(tmp_path: Path) -> None:
    system = checkout("make-an-audio", tmp_path)
    made = called(system, clips("rain", "wind", "crash here", "bell"))
    waves(made[:2])
    for error in made[2:]:
        assert "the program exited with code 1" in str(error)
        assert str(error).endswith("RuntimeError: CUDA error: device-side assert triggered")
    assert "made no file clip2_0.wav" in str(made[2])


def test_make_an_audio_2_loads_once_and_passes_over_what_fails(tmp_path: Path) -> None:
    system = checkout("make-an-audio-2", tmp_path)
    made = called(system, clips("rain", "a dog barks", "bell", seconds=4.0))
    assert [len(wave) for wave in waves(made[::2])] == [126 * 512] * 2
    assert str(made[1]).endswith("1 prompts failed, 2 of 3 succeeded; the first error is further up")
    assert system.place is not None
    assert (system.place / "loads.txt").read_text() == "model\nvocoder\n"


def test_another_version_of_a_script_is_told(tmp_path: Path) -> None:
    system = checkout("make-an-audio", tmp_path)
    assert system.place is not None
    (system.place / "gen_wavs_by_tsv.py").write_text("print('nothing')")
    (error,) = called(system, clips("rain"))
    assert str(error).endswith("ends with: gen_wavs_by_tsv.py calls no gen_wav(): is it another version?")


def test_from_the_command_line(bench: Bench, card: Path, tmp_path: Path) -> None:
    system = checkout("make-an-audio-2", tmp_path)
    words = ("run", "--system", "make-an-audio-2", "--suite", card, "--metrics", "fad-logmel")
    ran = bench(*words)
    assert ran.code == 3
    assert ran.err.startswith("bench: MakeAnAudio2 lacks the interpreter of its own environment")
    ran = bench(*words, "--system.python", str(system.python), "--system.folder", str(system.folder))
    assert ran.code == 3  # of six, the one that its stand-in can't do
    assert "make-an-audio-2: not the published weights, but the nearest" in ran.err
    assert len(list(Path("runs").rglob("*.wav"))) == 5
