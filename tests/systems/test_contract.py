"""What holds for every system: length and rate as promised, a clip the same in any batch, another by seed and text.

Networks run on tiny random checkpoints in the official layout, which ``tiny`` writes: the real loading code, no mocks.
"""

from __future__ import annotations

import dataclasses
import importlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile

from bench import plugins
from bench.audio import Waveform
from bench.clip import Clip
from bench.digest import clip_seed
from bench.executor import Sampling, generate
from bench.options import with_settings
from bench.pretrained import Pretrained
from bench.progress import Reporter
from bench.system import System
from bench.wav import encode_wav
from bench.writer import wav_path

QUICK = {"steps": 3}
TOLERANCE = 1e-4  # relative, on a CPU
LEAST = 5e-3  # share of the sound that another prompt or seed changes at least
# Prompts of mixed length: padding one to another's length must not show.
TEXTS = ("rain", "a dog barks twice while heavy wind blows through dry leaves", "slow piano", "a loud bell, far away")
SPOKEN = ("Yes.", "The quick brown fox jumps over the lazy dog.", "An old engine starts.", "Nobody was there.")


class Trial(NamedTuple):
    """How a system is tried.

    Attributes:
        tiny: the module of ``tiny`` that writes its checkpoint, and what it is told; empty for what has none.
        settings: that make it quick.
        random: whether chance plays a part.
        reads: which of a clip's texts it does.
    """

    tiny: str = ""
    settings: Mapping[str, Any] = {}
    random: bool = True
    reads: tuple[str, ...] = ("text",)


LATENT = Trial("audioldm2", {**QUICK, "seconds": 1.0, "candidates": 1})
SPEECH = LATENT._replace(tiny="audioldm2 speech", reads=("text", "transcription"))
FIRST = Trial("audioldm", {**QUICK, "seconds": 1.0, "candidates": 1})
MUSIC = Trial("musicgen")

TRIALS = {
    "foley": Trial(),
    "noise": Trial(reads=()),
    "lowpass": Trial(random=False, reads=()),
    "audioldm": FIRST,
    "audioldm-l": FIRST,
    "audioldm2-ac": LATENT,
    "audioldm2-ac-large": LATENT._replace(settings={**LATENT.settings, "candidates": 3}),
    "audioldm2-full": LATENT,
    "audioldm2-full-large": LATENT,
    "audioldm2-music": LATENT,
    "audioldm2-msd": LATENT,
    "audioldm2-ljs": SPEECH,
    "audioldm2-gig": SPEECH,
    "tango": Trial("tango", QUICK),
    "tango2": Trial("tango", QUICK),
    "musicgen": MUSIC,
    "musicgen-small": MUSIC,
    "musicgen-large": MUSIC,
    "stable-audio-open": Trial("stable_audio", QUICK),
    "fastspeech2": Trial("fastspeech2", random=False, reads=("transcription",)),
    "vits": Trial("vits", reads=("transcription",)),
    "ground-truth-vocoded": Trial("audioldm", random=False, reads=()),
}
ELSEWHERE = {
    "ground-truth": "test_anchors.py",
    "folder": "test_anchors.py",
    "command": "test_command.py",
    "make-an-audio": "test_make_an_audio.py",
    "make-an-audio-2": "test_make_an_audio.py",
    "audioldm2-package": "test_make_an_audio.py",
}
"""Systems that generate nothing themselves, and where they are tried."""


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for checkpoints and references that all tests of a worker share."""
    return tmp_path_factory.mktemp("contract")


@cache
def written(tiny: str, ground: Path) -> Path:
    """A tiny checkpoint, written once."""
    module, *options = tiny.split()
    write: Callable[..., Path] = importlib.import_module(f"tiny.{module}").write
    return write(ground / tiny.replace(" ", "-"), **dict.fromkeys(options, True))


@cache
def clips(ground: Path) -> tuple[Clip, ...]:
    """Four clips of mixed length with captions, transcriptions and references."""
    made = []
    for index, (text, spoken) in enumerate(zip(TEXTS, SPOKEN, strict=True)):
        wave = np.random.Generator(np.random.PCG64(index)).normal(0, 0.1, 8000).astype(np.float32)
        path = ground / f"reference{index}.wav"
        path.write_bytes(encode_wav(wave, 16_000))
        made.append(Clip(f"c{index}", text, spoken, 0.35 if index == 2 else 0.5, path))
    return tuple(made)


def tried(name: str, ground: Path) -> System:
    """The system of the table, quick, on its tiny checkpoint."""
    trial = TRIALS[name]
    checkpoint = {"checkpoint": str(written(trial.tiny, ground))} if trial.tiny else {}
    return with_settings(plugins.systems()[name], {**checkpoint, **trial.settings})


def relative(one: Waveform, other: Waveform) -> float:
    """The largest difference of two recordings, by the largest magnitude; of unequal lengths, all of it."""
    if len(one) != len(other):
        return 1.0
    return float(np.abs(one - other).max() / np.abs(one).max())


def sounds(found: Sequence[Waveform | Exception]) -> list[Waveform]:
    """The recordings, which must all be ones: float32, of one channel, audible, without an offset that drowns them."""
    waves = []
    for wave in found:
        assert isinstance(wave, np.ndarray), wave
        assert wave.dtype == np.float32
        assert wave.ndim == 1
        assert 1e-3 < wave.std() < 2.0
        waves.append(wave)
    return waves


def test_every_system_is_tried() -> None:
    assert set(plugins.systems()) == TRIALS.keys() | ELSEWHERE.keys()
    assert all((Path(__file__).parent / file).is_file() for file in ELSEWHERE.values())


@pytest.mark.parametrize("name", TRIALS)
def test_a_clip_is_the_same_whatever_its_batch(name: str, ground: Path) -> None:
    system, four = tried(name, ground), clips(ground)
    seeds = [clip_seed(0, clip.id) for clip in four]
    run = system.load("cpu")
    together = sounds(run(four, seeds))
    again = sounds(run(four, seeds))
    alone = [sounds(run([clip], [seed]))[0] for clip, seed in zip(four, seeds, strict=True)]
    shards = sounds(run(four[:2], seeds[:2])) + sounds(run(four[2:], seeds[2:]))
    backwards = sounds(run(four[::-1], seeds[::-1]))[::-1]
    for others in (again, alone, shards, backwards):
        assert max(map(relative, together, others)) < TOLERANCE


@pytest.mark.parametrize("name", TRIALS)
def test_text_and_seed_change_the_sound(name: str, ground: Path) -> None:
    trial, system, four = TRIALS[name], tried(name, ground), clips(ground)
    run = system.load("cpu")
    first = four[0]
    texted, told = dataclasses.replace(first, text=TEXTS[1]), dataclasses.replace(first, transcription=SPOKEN[1])
    one, same, *others, seeded = sounds(run([first, first, texted, told, first], [1, 1, 1, 1, 2]))
    assert relative(one, same) < TOLERANCE
    for name, other in zip(("text", "transcription"), others, strict=True):
        assert (relative(one, other) > LEAST) == (name in trial.reads), name
    assert (relative(one, seeded) > LEAST) == trial.random


@pytest.mark.parametrize("name", TRIALS)
def test_files_are_as_promised_and_a_resumed_run_makes_the_same(name: str, ground: Path, tmp_path: Path) -> None:
    system, four = tried(name, ground), clips(ground)
    how, quiet = Sampling(0, "cpu", 3), Reporter(quiet=True)
    made = generate(system, four, tmp_path / "whole", how, quiet)
    assert made.failures == {}
    for clip in four:
        wave, rate = soundfile.read(made.paths[clip.id], dtype="float32")
        assert rate == system.rate
        assert wave.ndim == 1
        assert len(wave) == round((clip.seconds or 0) * rate) or (system.decides_length and 0.1 < len(wave) / rate < 30)
    shutil.copytree(tmp_path / "whole", tmp_path / "killed")
    wav_path(tmp_path / "killed" / "audio", four[1]).unlink()
    wav_path(tmp_path / "killed" / "audio", four[3]).unlink()
    resumed = generate(system, four, tmp_path / "killed", how, quiet)
    for clip in four:
        whole, _ = soundfile.read(made.paths[clip.id])
        again, _ = soundfile.read(resumed.paths[clip.id])
        np.testing.assert_allclose(again, whole, atol=2 / 32768)  # the last bit of 16, rounded the other way


@pytest.mark.parametrize("name", TRIALS)
def test_its_settings_say_all_of_it(name: str, ground: Path) -> None:
    system = tried(name, ground)
    settings = system.settings()
    assert str(ground) not in str([settings, system.identity()])
    where = {"checkpoint": system.checkpoint} if isinstance(system, Pretrained) else {}
    again = with_settings(plugins.systems()[name], {**settings, **where})
    assert again.tag(0) == system.tag(0)
    assert system.tag(1) != system.tag(0)
