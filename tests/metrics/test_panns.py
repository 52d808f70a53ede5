"""Cnn14 against the original code, on the same random weights and audio, and what must hold of any network."""

from __future__ import annotations

from collections.abc import Iterator

import golden_arrays
import numpy as np
import pytest
import torch
from formulas import noise, panns_weights, sounds
from golden_arrays import FOLDER, Arrays, largest_difference, read

from bench.audio import Waveform
from bench.metrics._panns import CHUNK, CLASSES, DIMENSION, KEYS, _log_mel, check, cnn14, folded

GOLDEN = FOLDER / "panns.npz"
RTOL = 1e-5  # of the largest magnitude; convolutions in another order of sums differ by 1e-6
TONAL = 3e-4  # of clips where bands hold nothing but what float32 leaves of tones elsewhere: the logarithm shows it
FRAMES = (0, 1, 100, 200)  # those of the golden spectrograms
NAMES = {
    16_000: ("noise", "sines", "silence", "clicks", "short", "long", "stereo"),
    32_000: ("noise", "sines", "silence", "short", "high-rate", "stereo"),
}
CLIPS = [(rate, name) for rate, names in NAMES.items() for name in names]
SOUNDS = sounds()

Weights = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def golden() -> Arrays:
    return read("panns")


@pytest.fixture(scope="module")
def networks(golden: Arrays) -> Iterator[dict[int, Weights]]:
    made = {rate: panns_weights(int(golden["seed"]), KEYS[rate], rate) for rate in NAMES}
    yield made
    made.clear()  # 650 MB


@pytest.fixture(scope="module")
def ready(networks: dict[int, Weights]) -> Iterator[dict[int, Weights]]:
    made = {rate: dict(folded(weights)) for rate, weights in networks.items()}
    yield made
    made.clear()  # as much again


def heard(name: str, rate: int) -> Waveform:
    wave = golden_arrays.heard(SOUNDS[name], rate)
    return np.pad(wave, (0, max(0, 2 * rate - len(wave))))  # as those of the golden arrays


@pytest.mark.parametrize("rate", NAMES)
def test_the_weights_are_those_of_the_golden_arrays(networks: dict[int, Weights], golden: Arrays, rate: int) -> None:
    expected = {name: kept for name, kept in golden.items() if name.startswith(f"weights/{rate}/")}
    assert {f"weights/{rate}/{key}" for key in networks[rate]} == set(expected)
    for key, tensor in networks[rate].items():
        kept = tensor.flatten()[:: max(1, tensor.numel() // 7)].numpy()
        np.testing.assert_allclose(kept, expected[f"weights/{rate}/{key}"], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("rate", "name"), CLIPS)
def test_embeddings_and_logits_equal_the_originals(
    ready: dict[int, Weights], golden: Arrays, rate: int, name: str
) -> None:
    wave = heard(name, rate)
    tolerance = TONAL if name == "sines" else RTOL
    spectrogram = _log_mel(ready[rate], wave[None], rate)[0, 0, list(FRAMES)].numpy()
    assert largest_difference(spectrogram, golden[f"spectrograms/{rate}/{name}"]) <= max(tolerance, 1e-4)
    for found, kind in zip(cnn14(ready[rate], wave[None], rate), ("embeddings", "logits"), strict=True):
        assert found.dtype == np.float32
        assert largest_difference(found[0], golden[f"{kind}/{rate}/{name}"]) <= tolerance


def test_the_golden_arrays_are_all_compared_and_small(golden: Arrays) -> None:
    kinds = ("spectrograms", "embeddings", "logits")
    names = {name for name in golden if name.split("/")[0] in kinds}
    assert names == {f"{kind}/{rate}/{name}" for kind in kinds for rate, name in CLIPS}
    assert GOLDEN.stat().st_size < 200_000


@pytest.mark.parametrize("rate", NAMES)
def test_the_weights_tell_sounds_apart(golden: Arrays, rate: int) -> None:
    """Else equality with the original would show nothing."""
    for kind in ("embeddings", "logits"):
        rows = np.stack([golden[f"{kind}/{rate}/{name}"] for name in NAMES[rate]])
        apart = np.abs(rows[:, None] - rows).max(axis=2) / np.abs(rows).max()
        assert apart[~np.eye(len(rows), dtype=bool)].min() > 5 * TONAL
    awake = np.stack([golden[f"embeddings/{rate}/{name}"] > 0.0 for name in NAMES[rate]])
    assert 0.3 < awake.mean() < 0.7
    assert (rows.std(axis=0) > 1e-3).all()


@pytest.mark.parametrize("rate", NAMES)
def test_logits_stand_before_the_sigmoid_and_embeddings_behind_the_relu(ready: dict[int, Weights], rate: int) -> None:
    embeddings, logits = cnn14(ready[rate], noise(0, 2 * rate)[None], rate)
    assert (embeddings.shape, logits.shape) == ((1, DIMENSION), (1, CLASSES))
    assert embeddings.min() == 0.0
    assert 0.2 < (logits < 0.0).mean() < 0.8


@pytest.mark.parametrize("rate", NAMES)
def test_what_has_no_sound_in_it_is_silence(ready: dict[int, Weights], rate: int) -> None:
    spectrograms = _log_mel(ready[rate], np.stack([heard("silence", rate), np.zeros(2 * rate, np.float32)]), rate)
    assert torch.equal(spectrograms, spectrograms[:1, :, :1].expand_as(spectrograms))
    assert torch.isfinite(spectrograms).all()


@pytest.mark.parametrize("rate", NAMES)
def test_a_clip_does_not_depend_on_its_batch(ready: dict[int, Weights], rate: int) -> None:
    clips = np.stack([noise(seed, rate // 2) for seed in range(CHUNK + 1)])  # one more than is convolved at once
    together = cnn14(ready[rate], clips, rate)
    for place, clip in enumerate(clips):
        for found, alone in zip(together, cnn14(ready[rate], clip[None], rate), strict=True):
            assert largest_difference(found[place], alone[0]) <= RTOL


@pytest.mark.parametrize("rate", NAMES)
def test_the_shortest_clip_is_halved_five_times(ready: dict[int, Weights], rate: int) -> None:
    embeddings, _ = cnn14(ready[rate], noise(0, 31 * rate // 100)[None], rate)
    assert np.isfinite(embeddings).all()
    with pytest.raises(RuntimeError, match="too small"):
        cnn14(ready[rate], noise(0, 31 * rate // 100 - 1)[None], rate)


def test_no_gradient_is_kept_and_weights_stay_as_they_are(networks: dict[int, Weights]) -> None:
    weights = networks[16_000]
    before = {key: tensor.sum().item() for key, tensor in weights.items()}
    network = folded(weights)
    after = {key: tensor.sum().item() for key, tensor in network.items()}
    bias = network["fc1.bias"].clone().requires_grad_()
    cnn14({**network, "fc1.bias": bias}, noise(0, 8_000)[None], 16_000)
    assert {key: tensor.sum().item() for key, tensor in weights.items()} == before
    assert {key: tensor.sum().item() for key, tensor in network.items()} == after


def hollow(rate: int) -> Weights:
    """Tensors of the right shapes that hold no memory."""
    return {key: torch.empty(shape, device="meta") for key, shape in KEYS[rate].items()}


@pytest.mark.parametrize("rate", NAMES)
def test_the_right_keys_and_shapes_are_accepted(rate: int) -> None:
    assert len(KEYS[rate]) == 84
    check(hollow(rate), rate)


def test_every_fault_of_weights_is_named() -> None:
    faulty = hollow(16_000)
    del faulty["conv_block6.bn2.running_var"]
    faulty["spec_augmenter.rate"] = torch.empty(1)
    faulty["fc1.weight"] = torch.empty(2048, 1024, device="meta")
    with pytest.raises(ValueError, match="not the weights of Cnn14 for 16000 Hz") as caught:
        check(faulty, 16_000)
    assert str(caught.value).split(": ", 1)[1].split("; ") == [
        "conv_block6.bn2.running_var is missing",
        "spec_augmenter.rate is unexpected",
        "fc1.weight has shape (2048, 1024), not (2048, 2048)",
    ]


def test_the_file_of_another_rate_is_not_taken() -> None:
    with pytest.raises(ValueError, match=r"melW has shape \(513, 64\), not \(257, 64\)"):
        check(hollow(32_000), 16_000)
