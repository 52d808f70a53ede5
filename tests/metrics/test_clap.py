"""CLAP against laion_clap and audioldm_eval themselves, on the same random weights, and what holds of any weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import roberta
import torch
from formulas import CAPTIONS, clap_spectrogram, noise, random_clap, sounds
from golden_arrays import FOLDER, Arrays, read
from numpy.typing import NDArray

from bench.audio import Waveform
from bench.metrics._clap import (
    PACKAGE,
    PAPER,
    RATE,
    SAMPLES,
    FrontEnd,
    embed_audio,
    embed_text,
    heard,
    log_mel,
    refuse_collapsed,
    tokenizer,
)
from bench.metrics._clap_checkpoint import ears, model, unused
from bench.resample import sinc_resample

GOLDEN = FOLDER / "clap.npz"
ATOL = 3e-6  # of vectors of length 1, from another order of float32 sums
FRONT_ENDS = {"paper": PAPER, "package": PACKAGE}
SOUNDS = sounds()
EARS = ears(clap_spectrogram())

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def golden() -> Arrays:
    return read("clap")


def drawn(golden: Arrays, size: str) -> State:
    """The same random weights that LAION's network had."""
    shapes = json.loads(str(golden[f"{size}/keys"]))["drawn"]
    return random_clap(int(golden["seed"]), {key: tuple(shape) for key, shape in shapes.items()})


def checkpoint(golden: Arrays, size: str) -> State:
    """A state dict with LAION's keys; what embeddings must not depend on is a single zero."""
    constant = json.loads(str(golden[f"{size}/keys"]))["constant"]
    made = {key: torch.zeros((), dtype=torch.long) for key in constant}
    index = torch.from_numpy(golden["index"])
    made |= {key: index for key in made if key.endswith("relative_position_index")}
    return {**made, **drawn(golden, size), **clap_spectrogram()}


@pytest.fixture(scope="module")
def state(golden: Arrays) -> Iterator[State]:
    made = checkpoint(golden, "base")
    yield made
    made.clear()  # 800 MB


@pytest.fixture(scope="module")
def clap(state: State) -> Any:
    return model(state, "base")


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = roberta.write(tmp_path_factory.mktemp("roberta"))
    return tokenizer(folder / "vocab.json", folder / "merges.txt")


def wave(name: str) -> Waveform:
    sound = SOUNDS[name]
    return sinc_resample(sound.samples[:, 0], sound.rate, RATE)


def cosines(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of all pairs."""
    return np.asarray((rows @ rows.T)[np.triu_indices(len(rows), 1)])


@pytest.mark.parametrize("size", ["base", "tiny"])
def test_the_weights_are_those_of_the_golden_arrays(golden: Arrays, size: str) -> None:
    found = drawn(golden, size)
    firsts = np.array([found[key].flatten()[0].item() for key in sorted(found)])
    np.testing.assert_allclose(firsts, golden[f"{size}/weights"], rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("front_end", FRONT_ENDS)
@pytest.mark.parametrize("name", SOUNDS)
def test_audio_embeddings_equal_the_originals(clap: Any, golden: Arrays, name: str, front_end: str) -> None:
    (found,) = embed_audio(clap, EARS, [wave(name)], FRONT_ENDS[front_end])
    assert (found.shape, found.dtype) == ((512,), np.float32)
    np.testing.assert_allclose(found, golden[f"{front_end}/{name}"], rtol=0.0, atol=ATOL)


def test_audio_embeddings_of_the_smaller_network_equal_the_originals(golden: Arrays) -> None:
    tiny = model(checkpoint(golden, "tiny"), "tiny")
    found = embed_audio(tiny, EARS, [wave(name) for name in SOUNDS], PACKAGE)
    for name, row in zip(SOUNDS, found, strict=True):
        np.testing.assert_allclose(row, golden[f"tiny/{name}"], rtol=0.0, atol=ATOL)


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_text_embeddings_equal_the_originals(clap: Any, words: Any, golden: Arrays, front_end: str) -> None:
    found = embed_text(clap, words, CAPTIONS, FRONT_ENDS[front_end])
    assert (found.shape, found.dtype) == ((len(CAPTIONS), 512), np.float32)
    np.testing.assert_allclose(found, golden[f"{front_end}/text"], rtol=0.0, atol=ATOL)


def test_token_ids_equal_transformers(words: Any, golden: Arrays) -> None:
    for caption, expected in zip(CAPTIONS, golden["ids"], strict=True):
        assert words.encode(caption).ids == [number for number in expected if number != 1]


def test_the_weights_tell_sounds_and_captions_apart(golden: Arrays) -> None:
    """Else equality with the originals would show nothing."""
    for front_end in FRONT_ENDS:
        different = [name for name in SOUNDS if name not in {"silence", "constant", "short"}]
        rows = np.stack([golden[f"{front_end}/{name}"] for name in different])
        assert cosines(rows).max() < 0.95
        assert cosines(rows).std() > 0.2
        assert cosines(golden[f"{front_end}/text"]).max() < 0.8


def test_front_ends_give_different_embeddings(golden: Arrays) -> None:
    """What is shorter than 10 s and what is cut must differ, or their parity would show nothing."""
    assert golden["paper/short"] @ golden["package/short"] < 0.9
    assert golden["paper/text"][-1] @ golden["package/text"][-1] < 0.999
    assert golden["paper/long"] @ golden["package/long"] > 0.999


def test_the_golden_arrays_are_all_compared_and_small(golden: Arrays) -> None:
    compared = {f"{kind}/{name}" for kind in (*FRONT_ENDS, "tiny") for name in SOUNDS}
    compared |= {f"{kind}/text" for kind in FRONT_ENDS} | {"seed", "index", "ids"}
    assert set(golden) == compared | {f"{size}/{fact}" for size in ("base", "tiny") for fact in ("keys", "weights")}
    assert GOLDEN.stat().st_size < 150_000


def test_of_a_longer_clip_the_first_10_s_count(clap: Any) -> None:
    longer = noise(1, 491_520)  # AudioLDM 2's 10.24 s
    before = str(np.random.get_state())
    for front_end in FRONT_ENDS.values():
        first = embed_audio(clap, EARS, [longer[:SAMPLES]], front_end)
        np.testing.assert_array_equal(embed_audio(clap, EARS, [longer], front_end), first)
    assert str(np.random.get_state()) == before


def test_a_clip_does_not_depend_on_its_batch(clap: Any) -> None:
    waves = [wave(name) for name in ("short", "noise", "clicks", "long")]
    together = embed_audio(clap, EARS, waves, PAPER, batch=4)
    np.testing.assert_allclose(embed_audio(clap, EARS, waves, PAPER, batch=1), together, rtol=0.0, atol=ATOL)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, rtol=1e-6)


def test_a_caption_does_not_depend_on_its_batch(clap: Any, words: Any) -> None:
    together = embed_text(clap, words, CAPTIONS, PACKAGE)
    for batch in (1, 4):
        alone = embed_text(clap, words, CAPTIONS[::-1], PACKAGE, batch=batch)[::-1]
        np.testing.assert_allclose(alone, together, rtol=0.0, atol=ATOL)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, rtol=1e-6)


def test_captions_of_as_many_tokens_share_a_batch(clap: Any, words: Any) -> None:
    captions = ["the piano", "a dog", "the piano", "the dog", "Hello world"]
    together = embed_text(clap, words, captions, PAPER, batch=2)
    for caption, row in zip(captions, together, strict=True):
        np.testing.assert_allclose(embed_text(clap, words, [caption], PAPER)[0], row, rtol=0.0, atol=ATOL)
    assert cosines(together[[0, 1, 3, 4]]).max() < 0.9


def test_nothing_to_embed_gives_no_rows(clap: Any, words: Any) -> None:
    assert embed_audio(clap, EARS, [], PAPER).shape == (0, 512)
    assert embed_text(clap, words, [], PAPER).shape == (0, 512)


def test_no_samples_are_silence() -> None:
    for front_end in FRONT_ENDS.values():
        assert not heard(np.zeros(0, np.float32), front_end).any()


def test_16_bits_are_rounded_to_towards_zero_and_clip() -> None:
    loud = np.array([2.0, -2.0, 0.9 / 32_767, -0.9 / 32_767, 1.1 / 32_767], np.float32)
    expected = np.array([1.0, -1.0, 0.0, 0.0, 1.0 / 32_767], np.float32)
    np.testing.assert_array_equal(heard(loud, PACKAGE)[:5], expected)
    np.testing.assert_array_equal(heard(loud, PAPER)[:5], loud)


@pytest.mark.parametrize(("samples", "times"), [(14_400, 33), (240_000, 2), (240_001, 1), (480_000, 1), (480_001, 1)])
def test_a_short_clip_is_repeated_as_often_as_it_fits(samples: int, times: int) -> None:
    clip = noise(0, samples)
    found = heard(clip, FrontEnd(int16=False, repeat=True, tokens=77))
    assert found.shape == (SAMPLES,)
    whole = np.tile(clip, times)[:SAMPLES]
    np.testing.assert_array_equal(found[: len(whole)], whole)
    assert not found[len(whole) :].any()


@pytest.mark.parametrize(("samples", "expected"), [(0, 48_000), (47_999, 48_000), (48_001, 48_001), (500_000, SAMPLES)])
def test_the_paper_only_pads_what_is_under_1_s(samples: int, expected: int) -> None:
    clip = noise(0, samples)
    found = heard(clip, PAPER)
    assert (found.shape, found.dtype) == ((expected,), np.float32)
    np.testing.assert_array_equal(found[:samples], clip[:SAMPLES])
    assert not found[samples:].any()


def test_log_mel_is_in_decibels_and_silence_is_its_floor() -> None:
    np.testing.assert_allclose(log_mel(EARS, np.zeros(48_000, np.float32)), -100.0, rtol=1e-6)
    loud, soft = log_mel(EARS, noise(0, 60_000, 0.5)), log_mel(EARS, noise(0, 60_000, 0.05))
    assert loud.shape == (1024, 64)
    np.testing.assert_allclose(loud - soft, 20.0, atol=1e-3)


def test_weights_are_shared_frozen_and_at_rest(clap: Any, state: State) -> None:
    assert not clap.training
    assert not any(parameter.requires_grad for parameter in clap.parameters())
    assert clap.text_projection.linear1.weight.data_ptr() == state["text_projection.0.weight"].data_ptr()


def test_keys_may_begin_with_module_and_carry_position_ids(clap: Any, state: State) -> None:
    wrapped = {f"module.{key}": tensor for key, tensor in state.items()}
    wrapped["module.text_branch.embeddings.position_ids"] = torch.arange(514)[None]
    found = model(wrapped, "base").state_dict()
    assert found.keys() == clap.state_dict().keys()
    assert all(torch.equal(tensor, found[key]) for key, tensor in clap.state_dict().items())


def test_what_is_unused_is_what_laion_has_beyond_the_embeddings(golden: Arrays) -> None:
    for size in ("base", "tiny"):
        keys = json.loads(str(golden[f"{size}/keys"]))
        assert unused("base" if size == "base" else "tiny") <= {*keys["drawn"], *keys["constant"]}


def test_every_fault_of_keys_is_named(state: State) -> None:
    faulty = {**state, "audio_branch.patch_embed.mel_conv2d.bias": torch.empty(1), "epoch": torch.empty(1)}
    for key in ("audio_branch.layers.2.blocks.11.attn.qkv.bias", "audio_branch.head.bias", "logit_scale_a"):
        del faulty[key]
    with pytest.raises(ValueError, match="not the weights of CLAP with HTSAT-base") as caught:
        model(faulty, "base")
    assert sorted(str(caught.value).split(": ", 1)[1].split("; ")) == [
        "audio_branch.head.bias is missing",
        "audio_branch.layers.2.blocks.11.attn.qkv.bias is missing",
        "audio_branch.patch_embed.mel_conv2d.bias is unexpected",
        "epoch is unexpected",
        "logit_scale_a is missing",
    ]


def test_every_fault_of_shapes_is_named_once(state: State) -> None:
    faulty = {**state, "audio_branch.norm.weight": torch.empty(768)}
    faulty["audio_branch.layers.0.blocks.0.attn.qkv.bias"] = torch.empty(3)
    with pytest.raises(ValueError, match="not the weights of CLAP with HTSAT-base") as caught:
        model(faulty, "base")
    assert sorted(str(caught.value).split(": ", 1)[1].split("; ")) == [
        "audio_branch.layers.0.blocks.0.attn.qkv.bias has shape (3,), not (384,)",
        "audio_branch.norm.weight has shape (768,), not (1024,)",
    ]


def test_the_other_size_is_refused(state: State) -> None:
    with pytest.raises(ValueError, match=r"HTSAT-tiny: .*layers.2.blocks.7.attn_mask is unexpected"):
        model(state, "tiny")


def test_a_text_tower_that_tells_captions_apart_is_accepted(clap: Any, words: Any) -> None:
    refuse_collapsed(clap, words)


def test_a_collapsed_text_tower_is_refused(state: State, words: Any) -> None:
    collapsed = model({**state, "text_projection.2.bias": torch.full((512,), 100.0)}, "base")
    with pytest.raises(ValueError, match=r"text tower is collapsed.* 1\.0000, which should be below 0\.8"):
        refuse_collapsed(collapsed, words)


def test_a_text_tower_that_gives_no_numbers_is_refused(state: State, words: Any) -> None:
    broken = model({**state, "text_projection.2.bias": torch.full((512,), torch.nan)}, "base")
    with pytest.raises(ValueError, match="mean cosine of nan"):
        refuse_collapsed(broken, words)


def test_files_that_are_no_tokenizer_are_refused(tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_text("<html>")
    (tmp_path / "merges.txt").write_text("")
    with pytest.raises(ValueError, match=r"vocab\.json and merges\.txt make no tokenizer"):
        tokenizer(tmp_path / "vocab.json", tmp_path / "merges.txt")


def test_an_empty_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_text("{}")
    (tmp_path / "merges.txt").write_text("#version: 0.2\n")
    with pytest.raises(ValueError, match=r"5 entries, not 50265; 'Hello world' gives \[0, 2\]"):
        tokenizer(tmp_path / "vocab.json", tmp_path / "merges.txt")


def test_another_tokenizer_of_the_same_size_is_refused(tmp_path: Path) -> None:
    roberta.write(tmp_path)
    swapped = {**roberta.vocabulary(), "Hello": 232, "Ġworld": 31_414}
    (tmp_path / "vocab.json").write_text(json.dumps(swapped))
    with pytest.raises(ValueError, match=r"50265 entries, not 50265; .* gives \[0, 232, 31414, 2\]"):
        tokenizer(tmp_path / "vocab.json", tmp_path / "merges.txt")
