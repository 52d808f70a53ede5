"""AudioLDM samples as its preset says, and each clip by itself."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden_arrays import largest_difference
from safetensors.torch import load_file, save_file
from tiny import audioldm as tiny

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput
from bench.system import Generate
from bench.systems import audioldm
from bench.systems._ldm_keys import unet_state
from bench.systems.audioldm import SYSTEMS, AudioLDM

RATE = 16_000
SAME = 1e-4  # relative; 1e-5 was measured
TEXTS = (
    "slow piano",
    "a fast drum pattern with a deep bass line while water drips into a metal bucket",
    "rain",
    "two people laugh",
)
CLIPS = [Clip(f"c{index}", text, seconds=1.0) for index, text in enumerate(TEXTS)]
SEEDS = [1, 2, 3, 2**62 + 5]
QUICK: dict[str, Any] = {"steps": 3, "seconds": 1.0}
PRESETS = ("original", "diffusers")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("audioldm") / "tiny")


def value(folder: Path, **settings: Any) -> AudioLDM:
    return AudioLDM(checkpoint=str(folder), **{**QUICK, **settings})


def loaded(folder: Path, **settings: Any) -> Generate:
    generate: Generate = value(folder, **settings).load("cpu")
    return generate


def made(run: Generate, clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
    waves = []
    for wave in run(clips, seeds):
        assert isinstance(wave, np.ndarray), wave
        waves.append(wave)
    return waves


def one(run: Generate) -> Waveform:
    return made(run, CLIPS[:1], SEEDS[:1])[0]


def worst(some: Sequence[Waveform], others: Sequence[Waveform]) -> float:
    return max(largest_difference(found, expected) for found, expected in zip(some, others, strict=True))


@pytest.mark.parametrize("settings", [{"preset": "original"}, {"preset": "diffusers"}, {"scheduler": "dpm++"}])
def test_a_clip_is_the_same_whatever_its_batch(folder: Path, settings: dict[str, Any]) -> None:
    run = loaded(folder, **settings)
    batch = made(run, CLIPS, SEEDS)
    alone = [made(run, [clip], [seed])[0] for clip, seed in zip(CLIPS, SEEDS, strict=True)]
    assert worst(alone, batch) < SAME
    assert worst(made(run, CLIPS[:2], SEEDS[:2]) + made(run, CLIPS[2:], SEEDS[2:]), batch) < SAME
    assert worst(made(run, CLIPS[::-1], SEEDS[::-1])[::-1], batch) < SAME
    for wave in batch:
        assert wave.dtype == np.float32
        assert wave.shape == (RATE,)
        assert 0.02 < wave.std() < 0.5


def test_clips_of_several_lengths_share_a_batch(folder: Path) -> None:
    run = loaded(folder, preset="diffusers", seconds=None)
    clips = [dataclasses.replace(clip, seconds=1 / (1 + index % 3)) for index, clip in enumerate(CLIPS)]
    batch = made(run, clips, SEEDS)
    assert [len(wave) for wave in batch] == [RATE, 8320, 5760, RATE]  # whole latent frames
    assert worst([made(run, [clip], [seed])[0] for clip, seed in zip(clips, SEEDS, strict=True)], batch) < SAME


def test_the_original_makes_what_it_was_trained_on(folder: Path) -> None:
    asked = [dataclasses.replace(CLIPS[0], seconds=seconds) for seconds in (10.0, None, 10.5)]
    frames = {
        preset: [AudioLDM(checkpoint=str(folder), preset=preset).frames(clip) for clip in asked]
        for preset in ("original", "diffusers")
    }
    assert frames == {"original": [256, 256, 263], "diffusers": [250, 256, 263]}


def test_the_preset_diffusers_is_the_library(folder: Path) -> None:
    """One prompt to the bare pipeline gives what the batch gives for that prompt."""
    system = value(folder, preset="diffusers")
    pipe = audioldm.pipeline(system, folder, "cpu")
    for clip, seed, wave in zip(CLIPS, SEEDS, made(system.load("cpu"), CLIPS, SEEDS), strict=True):
        bare = pipe(
            clip.text,
            audio_length_in_s=1.0,
            num_inference_steps=3,
            guidance_scale=2.5,
            generator=torch.Generator().manual_seed(seed),
        ).audios[0]
        assert largest_difference(wave, bare) < SAME


@pytest.mark.parametrize("eta", [1.0, 0.0])
def test_the_preset_original_is_the_original(folder: Path, tmp_path: Path, eta: float) -> None:
    """U-Net with its heads, schedule, guidance and fresh noise: latents of the original's classes on the same noise."""
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    unet, wanted = tiny.unet(groups=32), dict(zip(("x", ""), tiny.vectors(), strict=True))
    state = unet_state(tiny.original_unet())
    unet.load_state_dict({key.replace("film_emb.", "class_embedding."): tensor for key, tensor in state.items()})
    unet.save_pretrained(copy / "unet")
    expected, clip = tiny.golden()[f"latents/{eta}"], Clip("x", "x")
    apart = {}
    for preset in PRESETS:
        system = value(copy, preset=preset, eta=eta, steps=tiny.STEPS, seconds=tiny.FRAMES * 0.04)
        pipe = audioldm.pipeline(system, copy, "cpu")
        found: list[torch.Tensor] = []
        decode = pipe.decode_latents
        pipe.decode_latents = lambda latents, decode=decode, found=found: (found.append(latents), decode(latents))[1]
        audioldm.sampled(system, pipe, wanted.__getitem__, [clip], [tiny.SEED])
        apart[preset] = largest_difference(found[0][0].numpy(), expected)
    assert apart["original"] < 2e-5
    assert apart["diffusers"] > 0.05  # its heads are others


def test_heads_are_those_of_the_preset(folder: Path) -> None:
    expected = {"original": [2, 2, 3], "diffusers": [8, 8, 8]}
    for preset in PRESETS:
        unet = audioldm.pipeline(value(folder, preset=preset), folder, "cpu").unet
        found = [block.attentions[0].transformer_blocks[0].attn1.heads for block in unet.down_blocks[1:]]
        assert found == expected[preset]
        assert unet.mid_block.attentions[0].transformer_blocks[0].attn1.heads == expected[preset][-1]
    plain = [one(loaded(folder, preset=preset, eta=0.0, guidance_scale=1.0)) for preset in PRESETS]
    assert largest_difference(*plain) > 0.01


def test_what_is_asked_for_changes_the_sound(folder: Path) -> None:
    run = loaded(folder)
    texted = dataclasses.replace(CLIPS[0], text=TEXTS[1])
    same, told, seeded = made(run, [CLIPS[0], texted, CLIPS[0]], [1, 1, 2])
    assert largest_difference(told, same) > 0.05
    assert largest_difference(seeded, same) > 0.05
    others: list[dict[str, Any]] = [
        {"preset": "diffusers"},
        {"eta": 0.0},
        {"guidance_scale": 1.0},
        {"guidance_scale": 5.0},
        {"steps": 2},
        {"scheduler": "dpm++"},
        {"head_channels": 16},
    ]
    for other in others:
        assert largest_difference(one(loaded(folder, **other)), same) > 0.005, other


def test_nothing_is_left_over_from_a_batch(folder: Path) -> None:
    run = loaded(folder)
    first, before = one(run), torch.get_rng_state()
    made(run, CLIPS[1:], SEEDS[1:])
    np.testing.assert_array_equal(one(run), first)
    assert largest_difference(one(loaded(folder)), first) < SAME
    assert torch.equal(torch.get_rng_state(), before)


def test_a_prompt_is_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    embed = audioldm.embedded

    def embedded(pipe: audioldm.Pipeline, text: str) -> Any:
        read.append(text)
        return embed(pipe, text)

    monkeypatch.setattr(audioldm, "embedded", embedded)
    run = loaded(folder, steps=1)
    made(run, [CLIPS[0], CLIPS[0], CLIPS[2]], SEEDS[:3])
    made(run, [CLIPS[2]], SEEDS[:1])
    assert sorted(read) == sorted(["", TEXTS[0], TEXTS[2]])


@pytest.mark.parametrize("preset", PRESETS)
def test_checkpoints_as_published_load_and_sound_the_same(folder: Path, tmp_path: Path, preset: str) -> None:
    """Pickled weights, and the positions that older versions of transformers saved."""
    published = tiny.write(tmp_path / "hub", hub_like=True)
    assert not list(published.rglob("*.safetensors"))
    waves = [made(loaded(place, preset=preset), CLIPS, SEEDS) for place in (published, folder)]
    assert worst(*waves) < SAME


def test_saved_and_reloaded_it_is_the_same(folder: Path, tmp_path: Path) -> None:
    system = value(folder, preset="diffusers")
    audioldm.pipeline(system, folder, "cpu").save_pretrained(tmp_path / "again")
    again = made(loaded(tmp_path / "again", preset="diffusers"), CLIPS, SEEDS)
    assert worst(again, made(system.load("cpu"), CLIPS, SEEDS)) < SAME


def test_half_precision_is_finite_and_near(folder: Path) -> None:
    quick = {"steps": 2, "seconds": 0.4}
    clip = [Clip("x", TEXTS[0], seconds=0.4)]
    exact, half = (made(loaded(folder, dtype=dtype, **quick), clip, [1])[0] for dtype in ("float32", "bfloat16"))
    assert half.dtype == np.float32
    assert np.isfinite(half).all()
    assert 0 < np.std(half - exact) / np.std(exact) < 0.3
    pipe = audioldm.pipeline(value(folder, dtype="bfloat16"), folder, "cpu")
    assert {part.dtype for part in (pipe.unet, pipe.vae, pipe.vocoder, pipe.text_encoder)} == {torch.bfloat16}


@pytest.mark.filterwarnings("ignore:.*script_method:DeprecationWarning")  # torch's own, as its compiler is imported
def test_only_the_u_net_is_compiled_and_only_if_asked(folder: Path) -> None:
    plain, compiled = (audioldm.pipeline(value(folder, compile=asked), folder, "cpu") for asked in (False, True))
    assert compiled.unet._compiled_call_impl is not None
    assert compiled.vae._compiled_call_impl is None
    assert plain.unet._compiled_call_impl is None


def test_it_says_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    made(loaded(folder, steps=1), [CLIPS[0], dataclasses.replace(CLIPS[1], text="slow piano " * 600)], SEEDS[:2])
    assert capfd.readouterr() == ("", "")


def test_settings_show_what_the_preset_comes_to(folder: Path) -> None:
    shown = {preset: AudioLDM(checkpoint=str(folder), preset=preset).settings() for preset in ("original", "diffusers")}
    assert {key: shown["original"][key] for key in ("eta", "candidates", "seconds")} == {
        "eta": 1.0,
        "candidates": 3,
        "seconds": 10.24,
    }
    assert {key: shown["diffusers"][key] for key in ("eta", "candidates", "seconds")} == {
        "eta": 0.0,
        "candidates": 1,
        "seconds": None,
    }
    assert value(folder, scheduler="dpm++").settings()["eta"] == 0.0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"steps": 0}, "steps is 0, but must be 1 to 1000"),
        ({"guidance_scale": 0.5}, r"guidance_scale is 0\.5, but must be 1"),
        ({"guidance_scale": float("nan")}, "guidance_scale is nan"),
        ({"scheduler": "euler"}, r"scheduler is 'euler', but must be one of ddim, dpm\+\+"),
        ({"scheduler": "dpm++", "eta": 1.0}, r"eta is 1\.0, but dpm\+\+ takes none"),
        ({"head_channels": 0}, "head_channels is 0"),
        ({"preset": "paper"}, "preset is 'paper', but must be one of original, diffusers"),
        ({"eta": 2.0}, r"eta is 2\.0"),
        ({"candidates": 0}, "candidates is 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        AudioLDM(checkpoint="a/b", **settings)


def test_what_is_no_whole_audioldm_is_refused(folder: Path, tmp_path: Path) -> None:
    part = Path(shutil.copytree(folder, tmp_path / "part"))
    path = part / "unet" / "diffusion_pytorch_model.safetensors"
    whole = load_file(path)
    save_file({key: tensor for key, tensor in whole.items() if key != "conv_out.bias"}, path)
    with pytest.raises(BadInput, match=r"part is no UNet2DConditionModel: missing weights conv_out\.bias"):
        loaded(part)
    save_file({**whole, "conv_more.bias": torch.zeros(8)}, path)
    with pytest.raises(BadInput, match=r"unexpected weights conv_more\.bias"):
        loaded(part)
    for name, said in (
        ("scheduler", "no scheduler in part"),
        ("tokenizer", "no tokenizer in part"),
        ("vae", "no AutoencoderKL in part"),
        ("unet", "no U-Net to sample with in part"),
    ):
        shutil.move(part / name, tmp_path / "aside")
        if name != "unet":
            save_file(whole, path)
        with pytest.raises(BadInput, match=said):
            loaded(part)
        shutil.move(tmp_path / "aside", part / name)
    with pytest.raises(BadInput, match=r"levels of \[32, 96\] channels don't split into heads of 64"):
        loaded(folder, head_channels=64)
    with pytest.raises(BadInput, match=r"rate is 24000 Hz, but checkpoint .* makes 16000 Hz"):
        loaded(folder, rate=24_000)


def test_the_table() -> None:
    first, large = SYSTEMS["audioldm"], SYSTEMS["audioldm-l"]
    assert (first.steps, first.guidance_scale, first.drawn, first.fresh_noise, first.made) == (200, 2.5, 3, 1.0, 10.24)
    assert (first.head_channels, large.head_channels, first.reranker) == (None, None, "clap-630k")
    assert [one.standing and one.standing.status for one in (first, large)] == ["released", "nearest"]
