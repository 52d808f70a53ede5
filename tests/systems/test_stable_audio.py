"""Stable Audio Open samples as diffusers' pipeline does, with noise of each clip's own and mixed lengths in a batch."""

from __future__ import annotations

import dataclasses
import json
import shutil
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import tiny.stable_audio
import torch

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput
from bench.pretrained import Dtype
from bench.systems import _stable_audio
from bench.systems.stable_audio import SYSTEMS, StableAudio

TOLERANCE = 1e-4  # relative; 1.6e-5 was measured
RATE = 44_100
TEXTS = ("slow piano", "a fast drum pattern with a deep bass line, water drips", "heavy wind", "two people laugh")
CLIPS = [
    Clip(id=f"c{index}", text=text, seconds=seconds)
    for index, (text, seconds) in enumerate(zip(TEXTS, [1.0, 2.5, 1.0, 1.333], strict=True))
]
SEEDS = [1, 2, 3, 2**62 + 5]
Run = Callable[[Sequence[Clip], Sequence[int]], list[Waveform]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.stable_audio.write(tmp_path_factory.mktemp("stable_audio"))


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return loaded(folder)


def loaded(folder: Path, **settings: Any) -> Run:
    generate = StableAudio(checkpoint=str(folder), **{"steps": 4, **settings}).load("cpu")

    def run(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
        found = generate(clips, seeds)
        assert not any(isinstance(wave, Exception) for wave in found), found
        return list(found)

    return run


def relative(one: Waveform, other: Waveform) -> float:
    assert len(one) == len(other)
    return float(np.abs(one - other).max() / np.abs(other).max())


def worst(some: Sequence[Waveform], others: Sequence[Waveform]) -> float:
    return max(relative(one, other) for one, other in zip(some, others, strict=True))


def test_a_clip_is_the_same_whatever_its_batch(run: Run) -> None:
    batch = run(CLIPS, SEEDS)
    alone = [run([clip], [seed])[0] for clip, seed in zip(CLIPS, SEEDS, strict=True)]
    assert worst(alone, batch) < TOLERANCE
    assert worst(run(CLIPS[:2], SEEDS[:2]) + run(CLIPS[2:], SEEDS[2:]), batch) < TOLERANCE
    assert worst(run(CLIPS[::-1], SEEDS[::-1])[::-1], batch) < TOLERANCE


def test_nothing_is_left_over_from_a_batch(run: Run) -> None:
    torch.manual_seed(1)
    first = run(CLIPS[:1], SEEDS[:1])
    run(CLIPS[1:], SEEDS[1:])
    before = torch.get_rng_state()
    assert worst(run(CLIPS[:1], SEEDS[:1]), first) == 0
    assert torch.equal(before, torch.get_rng_state())


def test_prompt_and_seed_and_the_length_told_change_the_sound(run: Run) -> None:
    clip = CLIPS[0]
    same, texted, seeded = run([clip, dataclasses.replace(clip, text=TEXTS[1]), clip], [1, 1, 2])
    longer = run([dataclasses.replace(clip, seconds=9.0)], [1])[0]
    assert relative(texted, same) > 0.05
    assert relative(seeded, same) > 0.3
    assert relative(longer[:RATE], same) > 0.005


def test_the_sound_is_a_sound(run: Run) -> None:
    for wave in run(CLIPS, SEEDS):
        assert wave.dtype == np.float32
        assert 0.01 < wave.std() < 0.5  # around the mean: an offset is not sound
        assert abs(wave.mean()) < 0.5 * wave.std()


def test_exactly_the_length_comes_out(folder: Path) -> None:
    short = loaded(folder, steps=2, seconds=0.7)
    lengths = [0.01, 0.333, 11.88, None]
    clips = [dataclasses.replace(CLIPS[0], seconds=seconds) for seconds in lengths]
    assert [len(wave) for wave in short(clips, SEEDS)] == [441, 14_685, 523_908, 30_870]


def test_a_clip_longer_than_the_checkpoint_makes_fails_alone(folder: Path, run: Run) -> None:
    generate = StableAudio(checkpoint=str(folder), steps=4).load("cpu")
    first, failed = generate([CLIPS[0], dataclasses.replace(CLIPS[1], seconds=12.0)], SEEDS[:2])
    assert isinstance(failed, ValueError)
    assert str(failed) == "clip 'c1' is to last 12 s, but this model makes 11.89 s at most"
    assert not isinstance(first, Exception)
    assert relative(run(CLIPS[:1], SEEDS[:1])[0], first) < TOLERANCE


@pytest.mark.parametrize(
    "settings",
    [
        {"negative_prompt": "Low quality.", "guidance_scale": 7.0},
        {"negative_prompt": None, "guidance_scale": 3.0},
        {"guidance_scale": 1.0},
    ],
)
def test_it_equals_the_pipeline_given_the_same_noise(folder: Path, settings: dict[str, Any]) -> None:
    """The published way: one prompt, one length, the whole batch's noise from outside."""
    pipe = pipeline(folder)
    for clip, seed in zip(CLIPS[:2], SEEDS[:2], strict=True):
        generator = torch.Generator().manual_seed(seed)
        noised(pipe.scheduler, generator)
        guided = settings["guidance_scale"] > 1 and settings.get("negative_prompt")
        audio = pipe(
            clip.text,
            audio_end_in_s=clip.seconds,
            num_inference_steps=4,
            guidance_scale=settings["guidance_scale"],
            negative_prompt=settings["negative_prompt"] if guided else None,
            generator=generator,
        ).audios[0]
        expected = audio.mean(0).numpy()
        assert audio.shape[0] == 2
        assert relative(audio[0].numpy(), audio[1].numpy()) > 0.1
        found = loaded(folder, **settings)([clip], [seed])[0]
        assert abs(len(found) - len(expected)) <= 1  # the pipeline rounds down
        assert relative(found[: len(expected)], expected[: len(found)]) < TOLERANCE


def pipeline(folder: Path) -> Any:
    kind: Any = diffusers.StableAudioPipeline  # diffusers gives it no types
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*weight_norm. is deprecated", FutureWarning)
        pipe = kind.from_pretrained(folder)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def noised(scheduler: Any, generator: torch.Generator) -> None:
    """Have a scheduler take plain normal noise from a generator in each of its steps."""
    start = type(scheduler).set_timesteps

    def set_timesteps(*args: Any, **kwargs: Any) -> None:
        start(scheduler, *args, **kwargs)
        scheduler.noise_sampler = lambda *_: torch.randn(
            1, tiny.stable_audio.CHANNELS, tiny.stable_audio.FRAMES, generator=generator
        )

    scheduler.set_timesteps = set_timesteps


def test_the_librarys_own_noise_is_plain_normal_noise() -> None:
    """What lets us do without its Brownian tree: unit variance, and nothing in common between steps."""
    from diffusers.schedulers.scheduling_dpmsolver_sde import BrownianTreeNoiseSampler

    kind: Any = diffusers.CosineDPMSolverMultistepScheduler  # diffusers gives it no types
    sampler: Any = BrownianTreeNoiseSampler
    scheduler = kind()
    scheduler.set_timesteps(6)
    sigmas = scheduler.sigmas[:-1]
    tree = sampler(torch.zeros(1, 4000), 0.3, 500.0, [7])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Should have", UserWarning)  # of its own rounding at the ends
        rows = [tree(one, other)[0].numpy() for one, other in pairwise(sigmas)]
    # 4000 numbers: the deviation of a correlation is 0.016
    np.testing.assert_allclose(np.cov(np.stack(rows)), np.eye(5), atol=0.08)


@pytest.mark.parametrize("settings", [{"guidance_scale": 1.0}, {"negative_prompt": None}, {"negative_prompt": "rain"}])
def test_guidance_and_its_negative_prompt_reach_the_sound(folder: Path, run: Run, settings: dict[str, Any]) -> None:
    usual = run(CLIPS[:1], SEEDS[:1])[0]
    other = loaded(folder, **settings)
    assert relative(other(CLIPS[:1], SEEDS[:1])[0], usual) > 0.01
    batch = other(CLIPS, SEEDS)
    assert relative(batch[0], other(CLIPS[:1], SEEDS[:1])[0]) < TOLERANCE


def test_steps_are_taken(folder: Path, run: Run) -> None:
    assert relative(loaded(folder, steps=5)(CLIPS[:1], SEEDS[:1])[0], run(CLIPS[:1], SEEDS[:1])[0]) > 0.01


def test_a_prompt_is_encoded_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    encode = _stable_audio.embedded

    def embedded(network: _stable_audio.Network, text: str) -> Any:
        seen.append(text)
        return encode(network, text)

    monkeypatch.setattr("bench.systems.stable_audio.embedded", embedded)
    run = loaded(folder, steps=2)
    run([CLIPS[0], CLIPS[0], CLIPS[1]], SEEDS[:3])
    run([CLIPS[1]], SEEDS[:1])
    assert sorted(seen) == sorted([TEXTS[0], TEXTS[1], "Low quality."])


def test_saved_and_loaded_again_it_is_the_same(folder: Path, run: Run, tmp_path: Path) -> None:
    pipeline(folder).save_pretrained(tmp_path / "again")
    assert worst(loaded(tmp_path / "again")(CLIPS, SEEDS), run(CLIPS, SEEDS)) < TOLERANCE


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_finite_and_not_of_the_autoencoder(folder: Path, run: Run, dtype: Dtype) -> None:
    network = _stable_audio.load(folder, dtype, "cpu", compiled=False)
    assert {p.dtype for p in network.transformer.parameters()} == {getattr(torch, dtype)}
    assert {p.dtype for p in network.vae.parameters()} == {torch.float32}
    for wave, exact in zip(loaded(folder, dtype=dtype)(CLIPS, SEEDS), run(CLIPS, SEEDS), strict=True):
        assert wave.dtype == np.float32
        assert np.isfinite(wave).all()
        assert 0 < np.std(wave - exact) / np.std(exact) < 0.2


@pytest.mark.filterwarnings("ignore:.*script_method:DeprecationWarning")  # torch's own, as its compiler is imported
def test_only_the_transformer_is_compiled_and_only_if_asked(folder: Path) -> None:
    plain, compiled = (_stable_audio.load(folder, "float32", "cpu", compiled=asked) for asked in (False, True))
    assert compiled.transformer._compiled_call_impl is not None
    assert (compiled.vae._compiled_call_impl, compiled.text_encoder._compiled_call_impl) == (None, None)
    assert plain.transformer._compiled_call_impl is None


def test_it_says_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    loaded(folder, steps=2)([CLIPS[0], dataclasses.replace(CLIPS[1], text="slow piano over strings " * 60)], SEEDS[:2])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 1}, "steps is 1, but must be at least 2"),
        ({"guidance_scale": 0.0}, r"guidance_scale is 0\.0, but must be at least 1"),
        ({"guidance_scale": float("inf")}, "guidance_scale is inf"),
        ({"seconds": 0.0}, r"seconds is 0\.0, but must be above 0"),
        ({"candidates": 101}, "candidates is 101"),
    ],
)
def test_settings_that_sample_nothing_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        StableAudio(**settings)


def test_what_is_no_whole_stable_audio_is_refused(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="no tokenizer in empty"):
        loaded(tmp_path / "empty")
    part = Path(shutil.copytree(folder, tmp_path / "part"))
    settings = json.loads((part / "scheduler" / "scheduler_config.json").read_text())
    settings["_class_name"] = "EDMDPMSolverMultistepScheduler"
    (part / "scheduler" / "scheduler_config.json").write_text(json.dumps(settings))
    with pytest.raises(BadInput, match="scheduler of part is EDMDPMSolverMultistepScheduler, but must be Cosine"):
        loaded(part)
    weights = load_file(part / "transformer" / "diffusion_pytorch_model.safetensors")
    del weights["proj_out.weight"]
    save_file(weights, part / "transformer" / "diffusion_pytorch_model.safetensors", {"format": "pt"})
    with pytest.raises(BadInput, match=r"part is no StableAudioDiTModel: missing weights proj_out\.weight"):
        loaded(part)
    shutil.rmtree(part / "text_encoder")
    with pytest.raises(BadInput, match="no T5EncoderModel in part"):
        loaded(part)
    with pytest.raises(BadInput, match=r"rate is 48000 Hz, but checkpoint .* makes 44100 Hz"):
        loaded(folder, rate=48_000)


def test_the_defaults_are_the_model_cards() -> None:
    system = SYSTEMS["stable-audio-open"]
    assert (system.steps, system.guidance_scale, system.negative_prompt) == (200, 7.0, "Low quality.")
    assert (system.rate, system.drawn, system.extra, system.standing) == (RATE, 1, "stable-audio", None)
