"""AudioLDM 2 on tiny random checkpoints in the published layout: as the library samples, and as the original does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import audioldm2 as tiny

from bench.audio import Waveform, resample
from bench.candidates import best_of, candidate_seed
from bench.clip import Clip
from bench.errors import BadInput
from bench.pretrained import Judge
from bench.systems import _espeak
from bench.systems._audioldm2_sampling import Sampler
from bench.systems._presets import heads
from bench.systems.audioldm2 import SYSTEMS, AudioLDM2, AudioLDM2Speech

RATE = 16_000
SAME = 1e-4  # relative to the peak: what another batch, process or thread count may change on a CPU
PROMPTS = ("rain", "a dog barks, then two people laugh in a large hall", "slow piano over soft strings", "wind")
SPOKEN = ("hello", "the quick brown fox jumps over the lazy dog", "water drips into a metal bucket", "one two")
QUICK: dict[str, Any] = {"steps": 3, "seconds": 1.0}

CLIPS = [Clip(f"clip{n}", text, SPOKEN[n], seconds=1.0) for n, text in enumerate(PROMPTS)]
SEEDS = [11, 22, 33, 44]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("audioldm2") / "plain")


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("audioldm2") / "speech", speech=True)


def loaded(folder: Path, **settings: Any) -> Sampler:
    found = AudioLDM2(checkpoint=str(folder), **{**QUICK, **settings}).load("cpu")
    assert isinstance(found, Sampler)
    return found


def made(sampler: Sampler, clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
    waves = []
    for wave in sampler(clips, seeds):
        assert not isinstance(wave, Exception), wave
        assert wave.dtype == np.float32 and wave.ndim == 1 and np.isfinite(wave).all()
        waves.append(wave)
    return waves


def apart(one: Waveform, other: Waveform) -> float:
    """The largest difference, relative to the peak."""
    return float(np.abs(one - other).max() / np.abs(other).max())


def change(one: Waveform, other: Waveform) -> float:
    """How loud the difference is, relative to the other; an offset is not sound."""
    return float((one - other).std() / other.std())


def assert_whatever_the_batch(sampler: Sampler) -> list[Waveform]:
    """A batch is its clips one by one, its two halves, and itself backwards."""
    together = made(sampler, CLIPS, SEEDS)
    singly = [made(sampler, [clip], [seed])[0] for clip, seed in zip(CLIPS, SEEDS, strict=True)]
    halves = made(sampler, CLIPS[:2], SEEDS[:2]) + made(sampler, CLIPS[2:], SEEDS[2:])
    backwards = made(sampler, CLIPS[::-1], SEEDS[::-1])[::-1]
    for other in (singly, halves, backwards):
        assert max(map(apart, together, other)) < SAME
    assert all(np.array_equal(one, other) for one, other in zip(together, made(sampler, CLIPS, SEEDS), strict=True))
    return together


@pytest.mark.parametrize("preset", ["original", "diffusers"])
def test_a_clip_is_the_same_whatever_its_batch(folder: Path, preset: str) -> None:
    for wave in assert_whatever_the_batch(loaded(folder, preset=preset)):
        assert len(wave) == RATE
        assert 0.02 < wave.std() < 1


def test_the_preset_diffusers_is_the_library(folder: Path) -> None:
    """One prompt to the bare pipeline gives what the batch gives for that prompt."""
    sampler = loaded(folder, preset="diffusers", negative_prompt="poor quality, noise and clipping")
    waves = made(sampler, CLIPS, SEEDS)
    for clip, seed, wave in zip(CLIPS, SEEDS, waves, strict=True):
        bare = sampler.pipe(
            clip.text,
            negative_prompt="poor quality, noise and clipping",
            audio_length_in_s=1.0,
            num_inference_steps=3,
            generator=torch.Generator().manual_seed(seed),
        ).audios[0]
        assert apart(wave, bare) < SAME


def test_the_preset_original_guides_from_zeros_and_the_empty_prompt(folder: Path) -> None:
    sampler = loaded(folder, preset="original")
    for clip in CLIPS:
        said = sampler.words(clip.text, None)
        against = sampler._opposite(said)
        assert said.tokens.shape == against.tokens.shape == (1, 8, tiny.LANGUAGE)
        assert not against.tokens.any() and said.tokens.std() > 0.1
        assert against.embeds.shape[1] == int(against.mask.sum()) == 1  # T5's end of text, and no padding
    assert loaded(folder, preset="original", negative_prompt="noise")._opposite(said).tokens.std() > 0.1


def test_heads_are_those_of_the_preset(folder: Path) -> None:
    assert heads((128, 256, 384, 640), 32) == (4, 8, 12, 20)
    samplers = {preset: loaded(folder, preset=preset, eta=0.0) for preset in ("original", "diffusers")}
    for preset, expected in (("original", heads(tiny.WIDTHS, 32)), ("diffusers", (8, 8, 8, 8))):
        unet = samplers[preset].pipe.unet
        found = [block.attentions[0].transformer_blocks[0].attn1.heads for block in unet.down_blocks[1:]]
        assert found == list(expected[1:])
        assert unet.mid_block.attentions[0].transformer_blocks[0].attn1.heads == expected[-1]
    # With guidance off and no fresh noise nothing but the heads is left between the presets.
    plain = [loaded(folder, preset=preset, eta=0.0, guidance_scale=1.0) for preset in ("original", "diffusers")]
    assert change(*(made(sampler, CLIPS[:1], SEEDS[:1])[0] for sampler in plain)) > 0.05


def test_every_setting_changes_the_audio(folder: Path) -> None:
    usual = made(loaded(folder), CLIPS[:1], SEEDS[:1])[0]
    others: list[dict[str, Any]] = [
        {"preset": "diffusers"},
        {"eta": 0.0},
        {"guidance_scale": 1.0},
        {"guidance_scale": 2.0},
        {"steps": 2},
        {"scheduler": "dpm++"},
        {"negative_prompt": "wind"},
    ]
    for other in others:
        assert change(made(loaded(folder, **other), CLIPS[:1], SEEDS[:1])[0], usual) > 0.02, other


def test_prompt_and_seed_change_the_audio(folder: Path) -> None:
    sampler = loaded(folder)
    one, prompted, seeded = (
        made(sampler, [clip], [seed])[0]
        for clip, seed in ((CLIPS[0], 1), (Clip("clip0", PROMPTS[2], seconds=1.0), 1), (CLIPS[0], 2))
    )
    assert change(prompted, one) > 0.1
    assert change(seeded, one) > 0.1


def test_fast_sampling_is_the_same_whatever_the_batch(folder: Path) -> None:
    assert_whatever_the_batch(loaded(folder, scheduler="dpm++"))


@pytest.mark.parametrize("preset", ["original", "diffusers"])
def test_checkpoints_as_published_load_and_sound(tmp_path: Path, preset: str) -> None:
    """Class names of 2023, pickled weights, and the language model whose methods the pipeline no longer finds."""
    sampler = loaded(tiny.write(tmp_path / "hub", hub_like=True), preset=preset)
    waves = made(sampler, CLIPS, SEEDS)
    assert min(wave.std() for wave in waves) > 0.02
    assert change(waves[0], waves[1]) > 0.1
    assert type(sampler.pipe.language_model).__name__ == "GPT2LMHeadModel"


def test_saved_and_reloaded_it_is_the_same(folder: Path, tmp_path: Path) -> None:
    sampler = loaded(folder, preset="diffusers")
    sampler.pipe.save_pretrained(tmp_path / "again")
    again = loaded(tmp_path / "again", preset="diffusers")
    assert max(map(apart, made(sampler, CLIPS, SEEDS), made(again, CLIPS, SEEDS))) < SAME


def test_loading_says_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    made(loaded(folder, steps=1), CLIPS[:1], SEEDS[:1])
    assert capfd.readouterr() == ("", "")


def test_lengths(folder: Path) -> None:
    """The preset says what is generated, and no clip gets less than it asks for; 25 latent frames are a second."""
    original, library = AudioLDM2(checkpoint=str(folder)), AudioLDM2(checkpoint=str(folder), preset="diffusers")
    asked = (None, 0.01, 2.31, 3.333, 9.5, 10.0, 10.24, 12.0)
    clips = [Clip("x", seconds=seconds) for seconds in asked]
    assert [original.frames(clip) for clip in clips] == [256] * 7 + [300]
    assert [library.frames(clip) for clip in clips] == [256, 1, 58, 84, 238, 250, 256, 300]
    assert AudioLDM2(checkpoint=str(folder), seconds=2.0).frames(Clip("x", seconds=5.0)) == 125


def test_clips_of_several_lengths_share_a_batch(folder: Path) -> None:
    sampler = loaded(folder, preset="diffusers", seconds=None)
    lengths = (1.0, 2.31, 1.0, 0.5)
    clips = [Clip(f"clip{n}", text, seconds=lengths[n]) for n, text in enumerate(PROMPTS)]
    waves = made(sampler, clips, SEEDS)
    for clip, seed, wave in zip(clips, SEEDS, waves, strict=True):
        assert clip.seconds is not None and 0 <= len(wave) - clip.seconds * RATE < 0.04 * RATE
        assert apart(wave, made(sampler, [clip], [seed])[0]) < SAME


def test_its_own_clap_judges(folder: Path) -> None:
    sampler = loaded(folder)
    assert isinstance(sampler, Judge)
    noise: Waveform = np.random.default_rng(0).normal(0, 0.1, 10 * RATE).astype(np.float32)
    tone: Waveform = (np.sin(np.arange(10 * RATE) / 9) / 3).astype(np.float32)
    pairs = [(clip, wave) for clip in CLIPS[:2] for wave in (noise, tone)]
    clips, waves = [clip for clip, _ in pairs], [wave for _, wave in pairs]
    cosines = sampler.similarity(clips, waves)
    assert all(-1 <= cosine <= 1 for cosine in cosines)
    assert len({round(cosine, 4) for cosine in cosines}) == 4  # by prompt and by recording
    # In this or that company, and against the library's own model.
    assert [sampler.similarity([clip], [wave])[0] for clip, wave in pairs] == pytest.approx(cosines, abs=1e-5)
    assert cosines[1] == pytest.approx(library_similarity(sampler, CLIPS[0].text, tone), abs=1e-5)


def test_the_best_candidate_is_kept(folder: Path) -> None:
    sampler = loaded(folder, candidates=3)
    best = best_of(sampler.system, sampler, sampler, "cpu")(CLIPS[:2], SEEDS[:2])
    for clip, seed, kept in zip(CLIPS[:2], SEEDS[:2], best, strict=True):
        drawn = made(sampler, [clip] * 3, [candidate_seed(seed, index) for index in range(3)])
        cosines = sampler.similarity([clip] * 3, drawn)
        assert isinstance(kept, np.ndarray) and apart(kept, drawn[int(np.argmax(cosines))]) < SAME
        assert min(change(drawn[0], other) for other in drawn[1:]) > 0.1


def library_similarity(sampler: Sampler, text: str, wave: Waveform) -> float:
    """By the model's whole forward pass, and of a prompt that is not padded."""
    pipe = sampler.pipe
    words = pipe.tokenizer([text], return_tensors="pt", padding=True)
    heard = pipe.feature_extractor(resample(wave, RATE, 48_000, "soxr-hq"), sampling_rate=48_000, return_tensors="pt")
    with torch.no_grad():
        out = pipe.text_encoder(**words, input_features=heard.input_features)
    return float((out.audio_embeds @ out.text_embeds.T).squeeze())


def test_half_precision_is_finite_and_near(folder: Path) -> None:
    full, half = (loaded(folder, dtype=dtype, steps=2, seconds=0.5) for dtype in ("float32", "bfloat16"))
    assert half.pipe.unet.dtype == half.pipe.text_encoder.dtype == torch.bfloat16
    clip = Clip("x", PROMPTS[1], seconds=0.5)
    wave = made(full, [clip], [1])
    assert 0 < change(made(half, [clip], [1])[0], wave[0]) < 0.5
    assert half.similarity([clip], wave) == pytest.approx(full.similarity([clip], wave), abs=0.05)


def speaking(folder: Path, **settings: Any) -> Sampler:
    found = AudioLDM2Speech(checkpoint=str(folder), **{**QUICK, **settings}).load("cpu")
    assert isinstance(found, Sampler)
    return found


@pytest.mark.parametrize("preset", ["original", "diffusers"])
def test_speech_is_the_same_whatever_its_batch(speech: Path, preset: str) -> None:
    waves = assert_whatever_the_batch(speaking(speech, preset=preset))
    assert min(wave.std() for wave in waves) > 0.02


def test_speech_follows_transcription_and_speaker(speech: Path) -> None:
    sampler = speaking(speech)
    usual = Clip("x", "", "hello", seconds=1.0)
    spoken, described, copied = (
        Clip("x", "", "water drips", seconds=1.0),
        Clip("x", "a calm voice", "hello", seconds=1.0),
        Clip("x", "hello", "hello", seconds=1.0),
    )
    one, said, told, same = (made(sampler, [clip], [1])[0] for clip in (usual, spoken, described, copied))
    assert change(said, one) > 0.05
    assert change(told, one) > 10 * SAME  # little: one place of the 312 that GPT-2 reads
    assert np.array_equal(same, one)  # a prompt that repeats the transcription describes no speaker
    assert sampler.words(sampler.system.prompt(usual), "hello").tokens.shape == (1, 512, tiny.LANGUAGE)
    other = speaking(speech, speaker="A man is shouting")
    assert change(made(other, [usual], [1])[0], one) > 10 * SAME


def test_a_clip_without_transcription_fails_alone(speech: Path) -> None:
    sampler = speaking(speech)
    mute = [Clip("mute", "a calm voice", None, 1.0), Clip("blank", "a calm voice", " ", 1.0)]
    found = sampler([CLIPS[0], *mute, CLIPS[1]], [11, 1, 2, 22])
    for clip, fault in zip(mute, found[1:3], strict=True):
        assert isinstance(fault, ValueError) and repr(clip.id) in str(fault) and "no transcription" in str(fault)
    alone = made(sampler, CLIPS[:1], SEEDS[:1])[0]
    assert isinstance(found[0], np.ndarray) and apart(found[0], alone) < SAME


def test_speech_and_sound_refuse_each_others_checkpoints(folder: Path, speech: Path) -> None:
    with pytest.raises(BadInput, match="speech network; what runs such: audioldm2-ljs, audioldm2-gig"):
        loaded(speech)
    with pytest.raises(BadInput, match="sound and music network; what runs such: audioldm2-full"):
        speaking(folder)


def test_espeak_is_found_or_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SYSTEMS["audioldm2-ljs"].lacks() == _espeak.lacking() == ""
    monkeypatch.delenv(_espeak.CHOSEN, raising=False)
    monkeypatch.setattr(_espeak, "find_library", lambda _: None)
    monkeypatch.setattr(_espeak, "find_spec", lambda _: None)
    assert "apt-get install espeak-ng" in SYSTEMS["audioldm2-ljs"].lacks()
    assert "tts" in _espeak.lacking()
    assert SYSTEMS["audioldm2-full"].lacks() == ""


def test_settings_show_what_the_preset_comes_to() -> None:
    shown = {preset: AudioLDM2(checkpoint="a/b", preset=preset).settings() for preset in ("original", "diffusers")}
    resolved = {preset: (one["eta"], one["candidates"], one["seconds"]) for preset, one in shown.items()}
    assert resolved == {"original": (1.0, 3, 10.24), "diffusers": (0.0, 1, None)}
    own = AudioLDM2(checkpoint="a/b", preset="diffusers", eta=0.5, candidates=2, seconds=5.0)
    assert (own.fresh_noise, own.drawn, own.made) == (0.5, 2, 5.0)
    assert AudioLDM2(checkpoint="a/b", scheduler="dpm++").settings()["eta"] == 0.0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"preset": "paper"}, "preset is 'paper', but must be one of original, diffusers"),
        ({"eta": 1.5}, "eta is 1.5, but must be 0 to 1"),
        ({"seconds": 0.0}, "seconds is 0.0, but must be 0.04"),
        ({"steps": 0}, "steps is 0, but must be 1 to 1000"),
        ({"guidance_scale": 0.5}, "guidance_scale is 0.5, but must be 1"),
        ({"scheduler": "plms"}, "scheduler is 'plms', but must be one of ddim, dpm"),
        ({"scheduler": "dpm++", "eta": 1.0}, "takes none; ddim does"),
        ({"candidates": 0}, "candidates is 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        AudioLDM2(checkpoint="a/b", **settings)


def test_a_checkpoint_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "broken")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    whole = load_file(weights)
    save_file({key: tensor for key, tensor in whole.items() if key != "conv_out.bias"}, weights)
    with pytest.raises(BadInput, match=r"missing weights conv_out\.bias"):
        loaded(folder)
    save_file({**whole, "conv_more.bias": torch.zeros(8)}, weights)
    with pytest.raises(BadInput, match=r"unexpected weights conv_more\.bias"):
        loaded(folder)
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps({**index, "text_encoder_2": ["transformers", "BertModel"]}))
    with pytest.raises(BadInput, match="is a BertModel, but must be one of T5EncoderModel, VitsModel"):
        loaded(folder)
    (folder / "model_index.json").unlink()
    with pytest.raises(BadInput, match="is no checkpoint of AudioLDM 2"):
        loaded(folder)


def test_another_rate_is_refused(folder: Path) -> None:
    with pytest.raises(BadInput, match=r"rate is 24000 Hz, but checkpoint .* makes 16000 Hz"):
        loaded(folder, rate=24_000)


def test_levels_that_have_no_whole_heads_are_refused() -> None:
    with pytest.raises(ValueError, match=r"levels of \[16\] channels don't split into heads of 32"):
        heads((16, 32), 32)


def test_rows_say_how_their_weights_stand() -> None:
    standing = {name: system.standing.status if system.standing else None for name, system in SYSTEMS.items()}
    assert standing == {
        "audioldm2-full": "nearest",
        "audioldm2-full-large": "nearest",
        "audioldm2-music": None,
        "audioldm2-ac": "unreleased",
        "audioldm2-ac-large": "unreleased",
        "audioldm2-msd": "unreleased",
        "audioldm2-ljs": "nearest",
        "audioldm2-gig": "nearest",
    }
    assert SYSTEMS["audioldm2-gig"].extra == "tts" and "phonemizer" in SYSTEMS["audioldm2-gig"].packages
