"""PaSST against hear21passt itself, on the same random weights and audio, and what must hold of any network."""

from __future__ import annotations

from collections.abc import Iterator

import golden_arrays
import numpy as np
import pytest
import torch
from formulas import noise, random_weights, sounds
from golden_arrays import FOLDER, Arrays, largest_difference, read, same_weights
from numpy.typing import NDArray

from bench.audio import Waveform
from bench.metrics._passt import (
    CHUNK,
    CLASSES,
    DIMENSION,
    KEYS,
    SAMPLES,
    _spectrograms,
    check,
    mel_bank,
    passt,
    ten_seconds,
)

GOLDEN = FOLDER / "passt.npz"
RTOL = 1e-5  # of the largest magnitude; twelve blocks in another order of sums differ by 5e-6
FRAMES = (0, 1, 80, 150, 998, 999)  # those of the golden spectrograms
PADDED = ("short", "stereo")  # 0.3 s and 10.24 s: to 10 s
WHOLE = ("noise", "sines", "clicks", "silence", "high-rate")  # as long as they are, which takes less time
SOUNDS = sounds()

Weights = dict[str, torch.Tensor]
Results = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


@pytest.fixture(scope="module")
def golden() -> Arrays:
    return read("passt")


@pytest.fixture(scope="module")
def weights(golden: Arrays) -> Iterator[Weights]:
    made = random_weights(int(golden["seed"]), KEYS)
    yield made
    made.clear()  # 345 MB


def heard(name: str) -> Waveform:
    wave = golden_arrays.heard(SOUNDS[name], 32_000)
    return ten_seconds(wave) if name in PADDED else wave


@pytest.fixture(scope="module")
def results(weights: Weights) -> Results:
    """Embedding and logits of every sound; those of 10 s all in one call."""
    embeddings, logits = passt(weights, np.stack([heard(name) for name in PADDED]))
    found: Results = {name: (embeddings[place], logits[place]) for place, name in enumerate(PADDED)}
    for name in WHOLE:
        embeddings, logits = passt(weights, heard(name)[None])
        found[name] = (embeddings[0], logits[0])
    return found


def test_the_weights_are_those_of_the_golden_arrays(weights: Weights, golden: Arrays) -> None:
    same_weights(weights, golden)


@pytest.mark.parametrize("name", PADDED + WHOLE)
def test_spectrograms_equal_hear21passts(weights: Weights, golden: Arrays, name: str) -> None:
    found = _spectrograms(weights, heard(name)[None])[0, 0].T.numpy()
    expected = golden[f"spectrograms/{name}"]
    frames = [frame for frame in FRAMES if frame < len(found)]
    assert largest_difference(found[frames], expected) <= 1e-4  # where nothing is but what float32 leaves of a tone


@pytest.mark.parametrize("name", PADDED + WHOLE)
def test_embeddings_and_logits_equal_hear21passts(results: Results, golden: Arrays, name: str) -> None:
    for found, kind in zip(results[name], ("embeddings", "logits"), strict=True):
        assert found.dtype == np.float32
        assert largest_difference(found, golden[f"{kind}/{name}"]) <= RTOL


def test_the_golden_arrays_are_all_compared_and_small(golden: Arrays) -> None:
    kinds = ("spectrograms", "embeddings", "logits")
    names = {name for name in golden if name.split("/")[0] in kinds}
    assert names == {f"{kind}/{name}" for kind in kinds for name in PADDED + WHOLE}
    assert GOLDEN.stat().st_size < 150_000


def test_the_weights_tell_sounds_apart(golden: Arrays) -> None:
    """Else equality with hear21passt would show nothing."""
    for kind, size in (("embeddings", DIMENSION), ("logits", CLASSES)):
        rows = np.stack([golden[f"{kind}/{name}"] for name in PADDED + WHOLE])
        assert rows.shape == (7, size)
        apart = np.abs(rows[:, None] - rows).max(axis=2) / np.abs(rows).max()
        assert apart[~np.eye(len(rows), dtype=bool)].min() > 0.1
        assert (rows.std(axis=0) > 0.02).all()


def test_the_time_and_the_pitch_of_a_sound_are_heard(weights: Weights) -> None:
    """Patches are neither confused nor shuffled: positions count."""
    click = np.zeros(12_800, np.float32)
    early, late = click.copy(), click.copy()
    early[3_000], late[9_000] = 1.0, 1.0
    embeddings, _ = passt(weights, np.stack([click, early, late]))
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert largest_difference(embeddings[one], embeddings[other]) > 0.01


@pytest.mark.parametrize("samples", [0, 1, 9_600, SAMPLES - 1, SAMPLES, SAMPLES + 7_680])
def test_the_input_is_ten_seconds(samples: int) -> None:
    wave = noise(0, samples)
    found = ten_seconds(wave)
    assert (found.shape, found.dtype) == ((SAMPLES,), np.float32)
    np.testing.assert_array_equal(found[:samples], wave[:SAMPLES])
    assert not found[samples:].any()


def test_what_has_no_sound_in_it_is_silence(weights: Weights) -> None:
    found = _spectrograms(weights, np.stack([heard("silence"), heard("constant")[:32_000]]))
    np.testing.assert_allclose(found.numpy(), (np.log(1e-5) + 4.5) / 5.0, rtol=1e-6)


def test_the_bank_is_kaldis() -> None:
    """Neighbours share each bin between them, up to the outermost centres."""
    bank = mel_bank()
    assert bank.shape == (128, 513)
    highest = np.flatnonzero(bank[-1])[-1]
    assert highest * 31.25 < 15_000.0 <= (highest + 1) * 31.25
    within = slice(np.flatnonzero(bank[0])[-1] + 1, np.flatnonzero(bank[-1])[0])
    np.testing.assert_allclose(bank[:, within].sum(axis=0), 1.0, rtol=1e-9)


def test_a_clip_does_not_depend_on_its_batch(weights: Weights) -> None:
    clips = np.stack([noise(seed, 12_800) for seed in range(2 * CHUNK + 1)])  # more than go through at once
    together = passt(weights, clips)
    for place, clip in enumerate(clips):
        for found, alone in zip(together, passt(weights, clip[None]), strict=True):
            assert largest_difference(found[place], alone[0]) <= RTOL


def test_the_shortest_clip_is_one_patch_long(weights: Weights) -> None:
    embeddings, logits = passt(weights, noise(0, 4_801)[None])
    assert (embeddings.shape, logits.shape) == ((1, DIMENSION), (1, CLASSES))


def test_no_gradient_is_kept_and_weights_stay_as_they_are(weights: Weights) -> None:
    before = {key: tensor.sum().item() for key, tensor in weights.items()}
    passt({**weights, "head.1.bias": weights["head.1.bias"].clone().requires_grad_()}, noise(0, 6_400)[None])
    assert {key: tensor.sum().item() for key, tensor in weights.items()} == before


def hollow() -> Weights:
    """Tensors of the right shapes that hold no memory."""
    return {key: torch.empty(shape, device="meta") for key, shape in KEYS.items()}


def test_the_right_keys_and_shapes_are_accepted() -> None:
    assert len(KEYS) == 159
    check(hollow())


def test_every_fault_of_weights_is_named() -> None:
    faulty = hollow()
    del faulty["blocks.11.mlp.fc2.bias"]
    faulty["pos_embed"] = torch.empty(1)
    faulty["time_new_pos_embed"] = torch.empty(1, 768, 1, 199, device="meta")
    with pytest.raises(ValueError, match="not the weights of PaSST") as caught:
        check(faulty)
    assert str(caught.value).split(": ", 1)[1].split("; ") == [
        "blocks.11.mlp.fc2.bias is missing",
        "pos_embed is unexpected",
        "time_new_pos_embed has shape (1, 768, 1, 199), not (1, 768, 1, 99)",
    ]
