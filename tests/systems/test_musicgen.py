"""MusicGen draws each clip's tokens from that clip's seed, by the recipe asked for, as many as its length takes."""

from __future__ import annotations

import dataclasses
import doctest
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import tiny.musicgen
import torch
from numpy.typing import NDArray

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput
from bench.pretrained import Dtype
from bench.systems import _musicgen
from bench.systems._batches import generators
from bench.systems.musicgen import SYSTEMS, MusicGen, sampled

TOLERANCE = 1e-4  # relative; 5e-7 was measured
RATE = 32_000
TEXTS = (
    "slow piano",
    "a fast drum pattern with a deep bass line, water drips into a metal bucket",
    "heavy wind",
    "two people laugh",
)
CLIPS = [Clip(id=f"c{index}", text=text, seconds=1.0) for index, text in enumerate(TEXTS)]
SEEDS = [1, 2, 3, 2**62 + 5]
Tokens = NDArray[np.int64]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.musicgen.write(tmp_path_factory.mktemp("musicgen"))


@pytest.fixture(scope="module")
def network(folder: Path) -> _musicgen.Network:
    return _musicgen.load(folder, "float32", "cpu", compiled=False)


class Drawn(NamedTuple):
    tokens: list[Tokens]
    waves: list[Waveform]


def drawn(network: _musicgen.Network, clips: Sequence[Clip], seeds: Sequence[int], **settings: Any) -> Drawn:
    """What is sampled for clips of one length, with the tokens (codebooks, frames) that the codec is given."""
    codec = network.model.audio_encoder
    seen: list[Tokens] = []

    def decode(codes: torch.Tensor, **options: Any) -> Any:
        seen.extend(codes[0].numpy())
        return type(codec).decode(codec, codes, **options)

    codec.decode = decode
    try:
        waves = sampled(MusicGen(checkpoint="a/b", **settings), network, clips, seeds)
    finally:
        del codec.decode
    return Drawn(seen, list(waves))


def relative(one: Waveform, other: Waveform) -> float:
    assert len(one) == len(other)
    return float(np.abs(one - other).max() / np.abs(other).max())


def same(some: Drawn, others: Drawn) -> bool:
    equal = [np.array_equal(one, other) for one, other in zip(some.tokens, others.tokens, strict=True)]
    return all(equal) and max(map(relative, some.waves, others.waves)) < TOLERANCE


def joined(parts: Sequence[Drawn]) -> Drawn:
    return Drawn([row for part in parts for row in part.tokens], [row for part in parts for row in part.waves])


@pytest.mark.parametrize("guidance_scale", [3.0, 1.0])
def test_a_clips_tokens_are_its_own_whatever_the_batch(network: _musicgen.Network, guidance_scale: float) -> None:
    def run(places: Sequence[int]) -> Drawn:
        clips, seeds = [CLIPS[place] for place in places], [SEEDS[place] for place in places]
        return drawn(network, clips, seeds, guidance_scale=guidance_scale)

    batch = run(range(4))
    assert same(batch, joined([run([place]) for place in range(4)]))
    assert same(batch, joined([run([0, 1]), run([2, 3])]))
    backwards = run([3, 2, 1, 0])
    assert same(batch, Drawn(backwards.tokens[::-1], backwards.waves[::-1]))


def test_nothing_but_the_seeds_decides(network: _musicgen.Network) -> None:
    torch.manual_seed(1)
    one = drawn(network, CLIPS, SEEDS)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert same(one, drawn(network, CLIPS, SEEDS))
    assert torch.equal(before, torch.get_rng_state())
    other = drawn(network, CLIPS, [9, *SEEDS[1:]])
    assert relative(other.waves[0], one.waves[0]) > 0.5
    assert same(Drawn(one.tokens[1:], one.waves[1:]), Drawn(other.tokens[1:], other.waves[1:]))


def test_one_seed_gives_other_clips_other_music(network: _musicgen.Network) -> None:
    first, second = drawn(network, [CLIPS[0], dataclasses.replace(CLIPS[0], text=TEXTS[1])], [7, 7]).waves
    assert relative(second, first) > 0.5


def test_the_sound_is_a_sound(network: _musicgen.Network) -> None:
    for wave in drawn(network, CLIPS, SEEDS).waves:
        assert wave.dtype == np.float32
        assert 0.05 < wave.std() < 0.5  # around the mean: an offset is not sound
        assert abs(wave.mean()) < 0.5 * wave.std()


@pytest.mark.parametrize("settings", [{"top_k": 1}, {"temperature": 1e-6}])
def test_with_one_token_to_draw_from_it_is_the_librarys_greedy_decoding(
    network: _musicgen.Network, settings: dict[str, float]
) -> None:
    found = drawn(network, CLIPS, SEEDS, **settings)
    prompts = network.tokenizer(list(TEXTS), padding=True, return_tensors="pt")
    audio = network.model.generate(**prompts, do_sample=False, guidance_scale=3.0, max_new_tokens=53)
    for wave, greedy in zip(found.waves, audio[:, 0].numpy(), strict=True):
        assert relative(wave, greedy) < TOLERANCE


def test_guidance_and_top_k_reach_the_tokens(network: _musicgen.Network) -> None:
    usual = drawn(network, CLIPS[:1], SEEDS[:1])
    for settings in ({"guidance_scale": 1.0}, {"guidance_scale": 6.0}, {"top_k": 50}, {"temperature": 0.5}):
        other = drawn(network, CLIPS[:1], SEEDS[:1], **settings)
        assert np.mean(usual.tokens[0] == other.tokens[0]) < 0.9


def test_the_tokens_drawn_are_among_the_top_k_of_guided_logits(network: _musicgen.Network) -> None:
    """Their ranks, from the library's own forward pass over what was drawn, spread over all 250 and stay below."""
    model, seconds = network.model, 4.0
    clip = dataclasses.replace(CLIPS[0], seconds=seconds)
    tokens = torch.tensor(drawn(network, [clip], [5]).tokens[0])
    codebooks, frames = tokens.shape
    start = model.config.decoder.pad_token_id
    delayed = torch.full((codebooks, frames + codebooks), start)
    for book in range(codebooks):
        delayed[book, book + 1 : book + 1 + frames] = tokens[book]
    with torch.inference_mode():
        hidden = model.text_encoder(**network.tokenizer([clip.text], return_tensors="pt"))[0]
        hidden = model.enc_to_dec_proj(hidden) if hasattr(model, "enc_to_dec_proj") else hidden
        wanted = model.decoder(delayed, encoder_hidden_states=hidden).logits
        other = model.decoder(delayed, encoder_hidden_states=torch.zeros_like(hidden)).logits
    logits = other + 3.0 * (wanted - other)
    ranks = [
        int((logits[book, book + frame] > logits[book, book + frame, tokens[book, frame]]).sum())
        for book in range(codebooks)
        for frame in range(frames)
    ]
    assert max(ranks) < 250
    assert max(ranks) > 100  # 50 is the library's own limit


def test_draws_follow_the_probabilities() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0, 3.0, -1.0]])
    shape = _musicgen.shaping(1.0, 2.0, 4)
    count = 20_000
    sampler = _musicgen.Sampler(shape, generators(range(count)), 1)
    ids, scores = torch.zeros(count, 1, dtype=torch.long), logits.repeat(count, 1)
    found = sampler(ids, scores).mean(0)
    expected = torch.softmax(torch.tensor([0.0, 0.5, 1.0, 1.5, -torch.inf]), 0)
    deviation = (expected * (1 - expected) / count).sqrt()
    assert ((found - expected).abs() <= 4 * deviation).all()
    assert found[4] == 0


def test_rows_that_the_library_would_order_otherwise_are_refused() -> None:
    sampler = _musicgen.Sampler(_musicgen.shaping(3.0, 1.0, 250), generators([1, 2]), 4)
    with pytest.raises(ValueError, match=r"8 rows of logits for 4 rows of tokens, where 8 are sampled"):
        sampler(torch.zeros(4, 1, dtype=torch.long), torch.zeros(8, 16))
    with pytest.raises(ValueError, match="twice the batch size"):  # guidance applied before, not after
        sampler(torch.zeros(8, 1, dtype=torch.long), torch.zeros(8, 16))


def test_a_checkpoints_own_settings_have_no_say(folder: Path, network: _musicgen.Network, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    settings = json.loads((other / "generation_config.json").read_text())
    more = {"do_sample": False, "top_k": 5, "guidance_scale": 1.5, "temperature": 0.1, "repetition_penalty": 3.0}
    (other / "generation_config.json").write_text(json.dumps({**settings, **more, "max_length": 20}))
    loaded = _musicgen.load(other, "float32", "cpu", compiled=False)
    assert same(drawn(network, CLIPS, SEEDS), drawn(loaded, CLIPS, SEEDS))


@pytest.mark.parametrize("seconds", [0.02, 0.333, 1.0, 2.5, 3.01])
def test_exactly_the_length_comes_out(network: _musicgen.Network, seconds: float) -> None:
    found = drawn(network, [dataclasses.replace(CLIPS[0], seconds=seconds)], [1])
    assert len(found.waves[0]) == round(seconds * RATE)
    assert found.tokens[0].shape[1] == max(3, int(np.ceil(seconds * 50)))
    assert found.waves[0][-RATE // 100 :].std() > 0.01  # sound to the end


def test_clips_of_mixed_length_are_as_alone(folder: Path) -> None:
    run = MusicGen(checkpoint=str(folder), seconds=0.6).load("cpu")
    lengths = [0.5, 1.0, None, 0.5]
    clips = [dataclasses.replace(clip, seconds=seconds) for clip, seconds in zip(CLIPS, lengths, strict=True)]
    batch = run(clips, SEEDS)
    assert [len(wave) for wave in batch] == [16_000, 32_000, 19_200, 16_000]
    for clip, seed, wave in zip(clips, SEEDS, batch, strict=True):
        assert relative(run([clip], [seed])[0], wave) < TOLERANCE


def test_a_clip_beyond_what_was_trained_on_fails_alone(folder: Path) -> None:
    run = MusicGen(checkpoint=str(folder)).load("cpu")
    long = dataclasses.replace(CLIPS[1], seconds=30.5)
    first, failed, last = run([CLIPS[0], long, CLIPS[2]], SEEDS[:3])
    assert isinstance(failed, ValueError)
    assert str(failed) == "clip 'c1' is to last 30.5 s, but this model makes 30 s at most"
    alone = run([CLIPS[0], CLIPS[2]], [SEEDS[0], SEEDS[2]])
    assert max(map(relative, alone, [first, last])) < TOLERANCE
    assert isinstance(run([long], [1])[0], ValueError)


def test_the_files_of_2023_give_the_same_music(network: _musicgen.Network, tmp_path: Path) -> None:
    published = tiny.musicgen.write_as_published(tmp_path / "published")
    assert (published / "pytorch_model.bin").is_file()
    assert not list(published.glob("*.safetensors"))
    loaded = _musicgen.load(published, "float32", "cpu", compiled=False)
    assert same(drawn(network, CLIPS, SEEDS), drawn(loaded, CLIPS, SEEDS))


def test_saved_and_loaded_again_it_is_the_same(network: _musicgen.Network, tmp_path: Path) -> None:
    network.model.save_pretrained(tmp_path / "again")
    network.tokenizer.save_pretrained(tmp_path / "again")
    loaded = _musicgen.load(tmp_path / "again", "float32", "cpu", compiled=False)
    assert same(drawn(network, CLIPS, SEEDS), drawn(loaded, CLIPS, SEEDS))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_finite_and_of_the_language_model_alone(folder: Path, dtype: Dtype) -> None:
    loaded = _musicgen.load(folder, dtype, "cpu", compiled=False)
    kind = getattr(torch, dtype)
    assert {p.dtype for p in loaded.model.decoder.parameters()} == {kind}
    assert {p.dtype for p in loaded.model.audio_encoder.parameters()} == {torch.float32}
    for wave in drawn(loaded, CLIPS, SEEDS).waves:
        assert wave.dtype == np.float32
        assert np.isfinite(wave).all()
        assert 0.05 < wave.std() < 0.5


@pytest.mark.filterwarnings("ignore:.*script_method:DeprecationWarning")  # torch's own, as its compiler is imported
def test_only_the_language_model_is_compiled_and_only_if_asked(folder: Path, network: _musicgen.Network) -> None:
    compiled = _musicgen.load(folder, "float32", "cpu", compiled=True).model
    assert compiled.decoder._compiled_call_impl is not None
    assert compiled.text_encoder._compiled_call_impl is None
    assert compiled.audio_encoder._compiled_call_impl is None
    assert network.model.decoder._compiled_call_impl is None


def test_of_a_stereo_checkpoint_the_mean_is_kept(tmp_path: Path) -> None:
    stereo = tiny.musicgen.write(tmp_path / "stereo", channels=2)
    run = MusicGen(checkpoint=str(stereo)).load("cpu")
    batch = run(CLIPS, SEEDS)
    for clip, seed, wave in zip(CLIPS, SEEDS, batch, strict=True):
        assert not isinstance(wave, Exception)
        assert len(wave) == RATE
        assert wave.std() > 0.05
        assert relative(run([clip], [seed])[0], wave) < TOLERANCE


def test_it_says_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    published = tiny.musicgen.write_as_published(folder.parent / "published")
    capfd.readouterr()
    for checkpoint in (folder, published):
        run = MusicGen(checkpoint=str(checkpoint)).load("cpu")
        run([CLIPS[0], dataclasses.replace(CLIPS[1], text="slow piano over soft strings " * 150)], SEEDS[:2])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"guidance_scale": 0.5}, "guidance_scale is 0.5, but must be at least 1"),
        ({"guidance_scale": float("nan")}, "guidance_scale is nan"),
        ({"top_k": 0}, "top_k is 0, but must be at least 1"),
        ({"temperature": 0.0}, "temperature is 0.0, but must be above 0"),
        ({"seconds": 31.0}, "seconds is 31.0, but must be above 0 and at most 30"),
        ({"seconds": 0.0}, "seconds is 0.0"),
        ({"candidates": 0}, "candidates is 0"),
    ],
)
def test_settings_that_sample_nothing_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        MusicGen(**settings)


def test_what_is_no_whole_musicgen_is_refused(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="no MusicgenForConditionalGeneration in empty"):
        MusicGen(checkpoint=str(tmp_path / "empty")).load("cpu")
    part = Path(shutil.copytree(folder, tmp_path / "part"))
    weights = load_file(part / "model.safetensors")
    del weights["decoder.lm_heads.0.weight"]
    save_file(weights, part / "model.safetensors", {"format": "pt"})
    with pytest.raises(BadInput, match=r"missing weights decoder\.lm_heads\.0\.weight"):
        MusicGen(checkpoint=str(part)).load("cpu")
    (part / "tokenizer.json").unlink()
    shutil.copy(folder / "model.safetensors", part)
    with pytest.raises(BadInput, match="no tokenizer in part"):
        MusicGen(checkpoint=str(part)).load("cpu")
    with pytest.raises(BadInput, match=r"rate is 16000 Hz, but checkpoint .* makes 32000 Hz"):
        MusicGen(checkpoint=str(folder), rate=16_000).load("cpu")


def test_the_tables_row_is_the_medium_model() -> None:
    assert SYSTEMS["musicgen"].checkpoint == "facebook/musicgen-medium"
    assert SYSTEMS["musicgen"].standing is not None
    assert SYSTEMS["musicgen"].standing.status == "released"
    assert (SYSTEMS["musicgen-small"].standing, SYSTEMS["musicgen-large"].standing) == (None, None)
    assert SYSTEMS["musicgen"].settings()["candidates"] == 1


def test_examples_hold() -> None:
    assert doctest.testmod(_musicgen).failed == 0
