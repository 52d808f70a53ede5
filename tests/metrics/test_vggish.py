"""VGGish against torchvggish itself, on the same random weights and audio, and what must hold of any network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from formulas import noise, random_weights, sounds
from golden_arrays import FOLDER, Arrays, heard, largest_difference, read, same_weights
from numpy.typing import NDArray

from bench.audio import Waveform
from bench.metrics._logmel import log_mel
from bench.metrics._vggish import CHUNK, KEYS, check, patches, vggish

GOLDEN = FOLDER / "vggish.npz"
RTOL = 1e-5  # of the largest magnitude; sums over 12,288 float32 products in another order differ by 4e-6
SOUNDS = sounds()

Weights = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def golden() -> Arrays:
    return read("vggish")


@pytest.fixture(scope="module")
def weights(golden: Arrays) -> Iterator[Weights]:
    made = random_weights(int(golden["seed"]), KEYS)
    yield made
    made.clear()  # 288 MB


def embedded(weights: Weights, wave: Waveform) -> NDArray[np.float32]:
    found: NDArray[np.float32] = vggish(weights, patches(wave))
    return found


def test_the_weights_are_those_of_the_golden_arrays(weights: Weights, golden: Arrays) -> None:
    same_weights(weights, golden)


@pytest.mark.parametrize("name", SOUNDS)
def test_embeddings_equal_torchvggishs(weights: Weights, golden: Arrays, name: str) -> None:
    found = embedded(weights, heard(SOUNDS[name], 16_000))
    assert found.dtype == np.float32
    assert largest_difference(found, golden[f"embeddings/{name}"]) <= RTOL


def test_the_golden_arrays_are_all_compared_and_small(golden: Arrays) -> None:
    assert {name for name in golden if name.startswith("embeddings/")} == {f"embeddings/{name}" for name in SOUNDS}
    assert GOLDEN.stat().st_size < 150_000


def test_the_weights_tell_sounds_apart(golden: Arrays) -> None:
    """Else equality with torchvggish would show nothing."""
    same = {"silence", "constant"}  # the loader removes the mean
    means = np.stack([golden[f"embeddings/{name}"].mean(axis=0) for name in SOUNDS if name not in same])
    directions = means / np.linalg.norm(means, axis=1, keepdims=True)
    likeness = directions @ directions.T - np.eye(len(means))
    assert likeness.max() < 0.95  # the two noises that swell; all others stay below 0.85
    assert (np.abs(means) > 0.05).mean() > 0.9
    assert (golden["embeddings/long"].std(axis=0) > 0.05).all()


def test_no_relu_follows_the_last_layer(weights: Weights) -> None:
    found = embedded(weights, noise(0, 32_000))
    assert 0.2 < (found < 0).mean() < 0.8


def test_what_has_no_sound_in_it_is_silence(weights: Weights) -> None:
    silent = embedded(weights, heard(SOUNDS["silence"], 16_000))
    np.testing.assert_array_equal(embedded(weights, heard(SOUNDS["constant"], 16_000)), silent)
    np.testing.assert_array_equal(silent[0], silent[1])


@pytest.mark.parametrize(
    ("samples", "expected"),
    [(0, 2), (1, 2), (4_800, 2), (32_000, 2), (46_319, 2), (46_320, 3), (160_000, 10), (163_840, 10)],
)
def test_patches_are_96_whole_frames_and_at_least_two(samples: int, expected: int) -> None:
    found = patches(noise(0, samples))
    assert (found.shape, found.dtype) == ((expected, 1, 96, 64), np.dtype(np.float32))


def test_a_patch_is_its_frames_and_the_pad_is_silence() -> None:
    wave = noise(0, 20_000)
    expected = log_mel(np.concatenate([wave, np.zeros(12_000, np.float32)]))[:192].reshape(2, 1, 96, 64)
    np.testing.assert_array_equal(patches(wave), expected.astype(np.float32))


def test_it_is_the_plain_network_spelled_out(weights: Weights) -> None:
    """In float64, with the flatten order of torchvggish: channels to the back, time before frequency."""
    frames = torch.from_numpy(patches(noise(0, 32_000))).double()
    for layer in (0, 3, 6, 8, 11, 13):
        weight, bias = (weights[f"features.{layer}.{part}"].double() for part in ("weight", "bias"))
        frames = torch.nn.functional.conv2d(frames, weight, bias, padding=1).relu()
        if layer not in (6, 11):
            frames = frames.unfold(2, 2, 2).unfold(3, 2, 2).amax(dim=(-2, -1))
    rows = frames.permute(0, 2, 3, 1).reshape(2, -1).float()
    for layer in (0, 2, 4):
        rows = (rows.relu() if layer else rows) @ weights[f"embeddings.{layer}.weight"].T
        rows = rows + weights[f"embeddings.{layer}.bias"]
    assert largest_difference(embedded(weights, noise(0, 32_000)), rows.numpy()) <= RTOL


def test_a_clip_does_not_depend_on_its_batch(weights: Weights) -> None:
    clips = [patches(noise(seed, 48_000)) for seed in range(CHUNK // 3 + 1)]  # one more than goes into one chunk
    together = vggish(weights, np.concatenate(clips))
    for clip, found in zip(clips, np.split(together, len(clips)), strict=True):
        assert largest_difference(found, vggish(weights, clip)) <= RTOL


def test_the_memory_layout_of_weights_changes_nothing(weights: Weights) -> None:
    relaid = {
        key: tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor
        for key, tensor in weights.items()
    }
    wave = noise(0, 32_000)
    np.testing.assert_array_equal(embedded(relaid, wave), embedded(weights, wave))


def test_no_gradient_is_kept_and_weights_stay_as_they_are(weights: Weights) -> None:
    before = {key: tensor.sum().item() for key, tensor in weights.items()}
    layouts = {key: tensor.stride() for key, tensor in weights.items()}
    embedded({**weights, "embeddings.4.bias": weights["embeddings.4.bias"].clone().requires_grad_()}, noise(0, 100))
    assert {key: tensor.sum().item() for key, tensor in weights.items()} == before
    assert {key: tensor.stride() for key, tensor in weights.items()} == layouts


def hollow() -> Weights:
    """Tensors of the right shapes that hold no memory."""
    return {key: torch.empty(shape, device="meta") for key, shape in KEYS.items()}


def test_the_right_keys_and_shapes_are_accepted() -> None:
    assert len(KEYS) == 18
    check(hollow())


def test_every_fault_of_weights_is_named() -> None:
    faulty = hollow()
    del faulty["features.3.bias"]
    faulty["pca_means"] = torch.empty(128)
    faulty["embeddings.4.weight"] = torch.empty(4096, 128, device="meta")
    with pytest.raises(ValueError, match="not the weights of VGGish") as caught:
        check(faulty)
    assert str(caught.value).split(": ", 1)[1].split("; ") == [
        "features.3.bias is missing",
        "pca_means is unexpected",
        "embeddings.4.weight has shape (4096, 128), not (128, 4096)",
    ]


@pytest.mark.parametrize("key", KEYS)
def test_no_key_may_be_missing_or_misshapen(key: str) -> None:
    without = {name: tensor for name, tensor in hollow().items() if name != key}
    with pytest.raises(ValueError, match=f"{key} is missing"):
        check(without)
    with pytest.raises(ValueError, match=rf"{key} has shape \(1,\)"):
        check({**without, key: torch.empty(1)})
