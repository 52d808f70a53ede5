"""VITS speaks a clip's transcription with the noise of that clip's seed, and one clip at a time."""

from __future__ import annotations

import dataclasses
import doctest
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny.vits
import torch

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput, NotEvaluable
from bench.pretrained import Dtype
from bench.systems import _espeak, vits
from bench.systems._batches import generators
from bench.systems.vits import SYSTEMS, Vits, Voice, drawing, speaking

TOLERANCE = 1e-4  # relative; 0 was measured, whatever the batch
RATE, HOP = 22_050, 256
TEXTS = (
    "Yes.",
    "The quick brown fox jumps over the lazy dog.",
    "It cost $250 in 1999, didn't it?",
    "An old engine starts, coughs and stops.",
)
CLIPS = [Clip(id=f"c{index}", text="a woman reads", transcription=text) for index, text in enumerate(TEXTS)]
SEEDS = [1, 2, 3, 2**62 + 5]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.vits.write(tmp_path_factory.mktemp("vits"))


@pytest.fixture(scope="module")
def voice(folder: Path) -> Voice:
    _espeak.ready()
    return speaking(Vits(checkpoint=str(folder)), "cpu")


def made(system: Vits, clips: Sequence[Clip] = CLIPS, seeds: Sequence[int] = SEEDS) -> list[Waveform]:
    waves = []
    for wave in system.load("cpu")(clips, seeds):
        assert isinstance(wave, np.ndarray), wave
        waves.append(wave)
    return waves


def relative(one: Waveform, other: Waveform) -> float:
    return float(np.abs(one - other).max() / np.abs(other).max()) if len(one) == len(other) else 1.0


def same(some: Sequence[Waveform], others: Sequence[Waveform]) -> bool:
    return max(map(relative, some, others)) < TOLERANCE


def equal(some: Sequence[Waveform], others: Sequence[Waveform]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(some, others, strict=True))


def test_a_clip_is_the_same_whatever_the_batch(folder: Path) -> None:
    system = Vits(checkpoint=str(folder))
    batch = made(system)
    assert equal(batch, made(system))
    assert equal(batch, made(system, CLIPS[::-1], SEEDS[::-1])[::-1])
    assert equal(batch, made(system, CLIPS[:2], SEEDS[:2]) + made(system, CLIPS[2:], SEEDS[2:]))
    assert equal(batch, [made(system, [clip], [seed])[0] for clip, seed in zip(CLIPS, SEEDS, strict=True)])


def test_nothing_but_the_seeds_decides(folder: Path) -> None:
    run = Vits(checkpoint=str(folder)).load("cpu")
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one = run(CLIPS, SEEDS)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(2)
    other = run(CLIPS, [9, *SEEDS[1:]])
    assert equal(one[1:], other[1:])
    assert relative(one[0], other[0]) > 0.1


def test_rhythm_is_what_the_library_makes_of_the_same_seed(folder: Path) -> None:
    """On a CPU its own draw of durations is the same; that of the voice it fills in the order of the memory."""
    system = Vits(checkpoint=str(folder), noise_scale=0.0)
    voice = speaking(system, "cpu")
    for clip, seed, wave in zip(CLIPS, SEEDS, made(system), strict=True):
        ids = torch.tensor([voice.numbers(clip.transcription or "")])
        with torch.random.fork_rng(), torch.inference_mode():
            torch.manual_seed(seed)
            assert np.array_equal(voice.model(ids).waveform[0].numpy(), wave)


def test_noise_is_drawn_on_the_cpu_for_a_tensor_anywhere() -> None:
    with drawing()(generators([5])[0]):
        found = [
            torch.randn(2, 3),
            torch.randn(2, device="meta"),
            torch.randn_like(torch.zeros(4, dtype=torch.float64)),
        ]
    expected = torch.randn(9, generator=generators([5])[0])
    assert torch.equal(found[0].flatten(), expected[:6])
    assert found[1].device.type == "meta"
    assert torch.equal(found[2], torch.randn(12, generator=generators([5])[0])[8:].double())
    assert torch.randn(3).shape == (3,)  # and outside again from torch's own


def test_all_that_the_library_draws_is_drawn_so(voice: Voice) -> None:
    from torch.overrides import TorchFunctionMode

    drawn = []

    class Watch(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            name = getattr(function, "__name__", "")
            if any(word in name for word in ("rand", "normal", "bernoulli", "multinomial", "uniform", "exponential")):
                drawn.append(name)
            return function(*args, **(kwargs or {}))

    with torch.inference_mode(), Watch():
        voice.model(torch.tensor([voice.numbers("yes")]))
    assert drawn == ["randn", "randn_like"]


def test_the_sound_is_a_sound_of_whole_frames(folder: Path, voice: Voice) -> None:
    for clip, wave in zip(CLIPS, made(Vits(checkpoint=str(folder))), strict=True):
        frames = len(wave) / HOP
        assert frames == int(frames)
        assert 1 < frames / len(voice.numbers(clip.transcription or "")) < 6
        assert wave.dtype == np.float32
        assert 0.1 < wave.std() < 0.9  # around the mean: an offset is not sound
        assert abs(wave.mean()) < wave.std()


def test_the_transcription_is_spoken_and_not_the_prompt(folder: Path) -> None:
    first = CLIPS[1]
    changed = [dataclasses.replace(first, text="a man"), dataclasses.replace(first, transcription="The lazy dog.")]
    one, prompted, other = made(Vits(checkpoint=str(folder)), [first, *changed], [1, 1, 1])
    assert np.array_equal(one, prompted)
    n = min(len(one), len(other))
    assert np.abs(one[:n] - other[:n]).max() > 0.1


def test_settings_reach_the_sound(folder: Path) -> None:
    def twice(**settings: float) -> list[Waveform]:
        return made(Vits(checkpoint=str(folder), **settings), [CLIPS[1]] * 2, [1, 2])

    usual = twice()
    assert relative(usual[0], usual[1]) > 0.1
    still = twice(noise_scale=0.0, noise_scale_duration=0.0)
    assert np.array_equal(still[0], still[1])
    rhythm, voiced = twice(noise_scale=0.0), twice(noise_scale_duration=0.0)
    assert len(rhythm[0]) != len(rhythm[1])
    assert len(voiced[0]) == len(voiced[1])
    assert relative(voiced[0], voiced[1]) > 0.1
    slow = twice(speaking_rate=0.5)
    assert 1.7 < len(slow[0]) / len(usual[0]) < 2.1


def test_phonemes_are_numbered_as_by_the_library(folder: Path, voice: Voice) -> None:
    from transformers import VitsTokenizer

    tokenizer = VitsTokenizer.from_pretrained(folder)
    for text in TEXTS:
        assert voice.numbers(text) == tokenizer(text).input_ids
    numbers = {symbol: number for number, symbol in enumerate(tiny.vits.symbols())}
    assert voice.numbers("yes")[1::2] == [numbers[symbol] for symbol in "jˈɛs"]
    assert set(voice.numbers("yes")[::2]) == {0}


def test_a_symbol_that_the_network_does_not_know_is_left_out(folder: Path, voice: Voice) -> None:
    from transformers import VitsTokenizer

    assert max(VitsTokenizer.from_pretrained(folder)("(yes)").input_ids) >= 178  # where there is no embedding
    assert voice.numbers("(yes)") == voice.numbers("yes")


@pytest.mark.parametrize(
    ("spoken", "reason"), [(None, "no transcription"), (" \n", "no transcription"), ("?!", "'?!'"), ("()", "'()'")]
)
def test_a_clip_without_words_fails_alone(folder: Path, spoken: str | None, reason: str) -> None:
    run = Vits(checkpoint=str(folder)).load("cpu")
    empty = Clip("mute", text="a dog barks", transcription=spoken)
    first, failed, last = run([CLIPS[0], empty, CLIPS[2]], [1, 2, 3])
    assert isinstance(failed, ValueError)
    assert "'mute'" in str(failed) and reason in str(failed)
    assert equal([first, last], run([CLIPS[0], CLIPS[2]], [1, 3]))


def test_the_files_of_2023_give_the_same_speech(folder: Path, tmp_path: Path) -> None:
    published = tiny.vits.write_as_published(tmp_path / "published")
    assert not list(published.glob("*.safetensors"))
    assert any(key.endswith("weight_g") for key in torch.load(published / "pytorch_model.bin", weights_only=True))
    assert same(made(Vits(checkpoint=str(folder))), made(Vits(checkpoint=str(published))))


def test_saved_and_loaded_again_it_is_the_same(folder: Path, voice: Voice, tmp_path: Path) -> None:
    again = Path(shutil.copytree(folder, tmp_path / "again"))
    voice.model.save_pretrained(again)
    assert same(made(Vits(checkpoint=str(folder))), made(Vits(checkpoint=str(again))))


def test_half_precision_is_refused_as_the_library_miscounts_in_it(voice: Voice, folder: Path) -> None:
    dtypes: tuple[Dtype, Dtype] = ("float16", "bfloat16")
    for dtype in dtypes:
        with pytest.raises(BadInput, match=f"dtype is {dtype}, but must be float32"):
            Vits(dtype=dtype)
    half = speaking(Vits(checkpoint=str(folder)), "cpu").model.to(torch.bfloat16)
    ids = torch.tensor([voice.numbers(" ".join(TEXTS))])

    def lengths(model: Any) -> list[int]:
        found = []
        for generator in generators(SEEDS):
            with torch.inference_mode(), drawing()(generator):
                found.append(model(ids).waveform.shape[1] // HOP)
        return found

    assert min(lengths(voice.model)) > 512  # frames: bfloat16 counts to 256 and goes on in steps of 2 and 4
    assert lengths(half) != lengths(voice.model)
    assert {length % 4 for length in lengths(half)} == {0}


@pytest.mark.filterwarnings("ignore:.*script_method:DeprecationWarning")  # torch's own, as its compiler is imported
def test_only_the_vocoder_is_compiled_and_only_if_asked(folder: Path, voice: Voice) -> None:
    compiled = speaking(Vits(checkpoint=str(folder), compile=True), "cpu").model
    assert compiled.decoder._compiled_call_impl is not None
    assert compiled.flow._compiled_call_impl is None
    assert voice.model.decoder._compiled_call_impl is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"noise_scale": -0.1}, "noise_scale is -0.1, but must be at least 0"),
        ({"noise_scale": float("nan")}, "noise_scale is nan"),
        ({"noise_scale_duration": float("inf")}, "noise_scale_duration is inf"),
        ({"speaking_rate": 0.0}, "speaking_rate is 0.0, but must be above 0"),
    ],
)
def test_settings_that_nothing_can_be_spoken_with_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Vits(**settings)


def test_what_is_no_whole_vits_is_refused(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    def refused(message: str, **settings: Any) -> None:
        with pytest.raises(BadInput, match=message):
            Vits(checkpoint=str(part), **settings).load("cpu")

    part = Path(shutil.copytree(folder, tmp_path / "part"))
    refused("rate is 16000 Hz, but checkpoint .* makes 22050 Hz", rate=16_000)
    vocabulary = json.loads((part / "vocab.json").read_text(encoding="utf-8"))
    (part / "vocab.json").write_text(json.dumps({**vocabulary, "§": 178}))
    refused("vocab.json of part numbers 179 phonemes, but its network knows 178")
    (part / "vocab.json").write_text("{")
    refused("no vocabulary in part")
    (part / "vocab.json").unlink()
    refused("no vocabulary in part: it has no vocab.json")
    weights = load_file(part / "model.safetensors")
    del weights["decoder.conv_pre.weight"]
    save_file(weights, part / "model.safetensors", {"format": "pt"})
    refused(r"missing weights decoder\.conv_pre\.weight")
    (part / "model.safetensors").unlink()
    refused("no VitsModel in part")


def test_a_checkpoint_of_several_voices_is_refused(folder: Path, tmp_path: Path) -> None:
    model = tiny.vits.build(voices=3)
    several = Path(shutil.copytree(folder, tmp_path / "several"))
    model.save_pretrained(several)
    with pytest.raises(BadInput, match="has 3 voices"):
        Vits(checkpoint=str(several)).load("cpu")


def test_without_espeak_it_lacks_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SYSTEMS["vits"].lacks() == ""
    monkeypatch.delenv(_espeak.CHOSEN, raising=False)
    monkeypatch.setattr(_espeak, "find_library", lambda _: None)
    monkeypatch.setattr(_espeak, "find_spec", lambda _: None)
    assert "apt-get install espeak-ng" in SYSTEMS["vits"].lacks()
    with pytest.raises(NotEvaluable, match="espeak-ng"):
        Vits(checkpoint=str(folder)).load("cpu")


def test_it_says_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    published = tiny.vits.write_as_published(folder.parent / "published")
    odd = dataclasses.replace(CLIPS[0], transcription="x-ray — (naïve) 你好\nrendez-vous")
    capfd.readouterr()
    for checkpoint in (folder, published):
        Vits(checkpoint=str(checkpoint)).load("cpu")([*CLIPS, odd], [*SEEDS, 5])
    assert capfd.readouterr() == ("", "")


def test_the_defaults_are_the_authors() -> None:
    system = SYSTEMS["vits"]
    assert (system.noise_scale, system.noise_scale_duration, system.speaking_rate) == (0.667, 0.8, 1.0)
    assert (system.rate, system.decides_length, system.extra, system.standing) == (RATE, True, "tts", None)
    assert "phonemizer" in system.packages


def test_examples_hold() -> None:
    assert doctest.testmod(vits).failed == 0
