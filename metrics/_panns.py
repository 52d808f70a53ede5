"""Cnn14 of PANNs as audioldm_eval runs it: at 16 or 32 kHz, logits before their sigmoid.

Paper: Kong et al., PANNs: Large-Scale Pretrained Audio Neural Networks (2020, arXiv:1912.10211).
Weights: under the key ``model`` of ``Cnn14_16k_mAP=0.438.pth`` and ``Cnn14_mAP=0.431.pth`` (zenodo.org, record
3987831), with the tensors of the front end, which are used as they are.
Layer: the last hidden one behind its ReLU, 2048 numbers a clip, and 527 logits made of it.

On a core of an AMD EPYC, clips of 10 s take 0.47 to 0.5 s each, 80 to 90 % of what a large float32 matrix product
reaches there; one alone reaches 70 %, as it reads the 320 MB of weights for itself. Norms folded into filters that are
channels last save a tenth over the network as the file has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from bench.audio import Resampler, Waveform
from bench.embedder import Embed, Embedder
from bench.weights import Weights as File

from . import _checkpoint
from ._checkpoint import Tensor, Weights

WINDOWS = {16_000: 512, 32_000: 1024}  # samples, by rate in Hz: 32 ms
BANDS = 64
QUIETEST = 1e-10  # power of a band that is taken for silence: -100 dB
EPSILON = 1e-5  # added to the variances of norms
DIMENSION, CLASSES = 2048, 527
CHUNK = 4  # clips that are convolved at once

CHANNELS = (1, 64, 128, 256, 512, 1024, DIMENSION)
CONVOLUTIONS = {
    (f"conv_block{block}", half): (after, after if half == 2 else before)
    for block, (before, after) in enumerate(pairwise(CHANNELS), start=1)
    for half in (1, 2)
}
LINEARS = {"fc1": (DIMENSION, DIMENSION), "fc_audioset": (CLASSES, DIMENSION)}
NORMS = {"bn0": BANDS} | {f"{block}.bn{half}": shape[0] for (block, half), shape in CONVOLUTIONS.items()}


def _keys(window: int) -> dict[str, tuple[int, ...]]:
    bins = window // 2 + 1
    return {
        "spectrogram_extractor.stft.conv_real.weight": (bins, 1, window),
        "spectrogram_extractor.stft.conv_imag.weight": (bins, 1, window),
        "logmel_extractor.melW": (bins, BANDS),
        **{f"{block}.conv{half}.weight": (*shape, 3, 3) for (block, half), shape in CONVOLUTIONS.items()},
        **{
            f"{norm}.{part}": (channels,)
            for norm, channels in NORMS.items()
            for part in ("weight", "bias", "running_mean", "running_var")
        },
        **{f"{norm}.num_batches_tracked": () for norm in NORMS},  # a counter of the training
        **{f"{layer}.weight": shape for layer, shape in LINEARS.items()},
        **{f"{layer}.bias": shape[:1] for layer, shape in LINEARS.items()},
    }


KEYS = {rate: _keys(window) for rate, window in WINDOWS.items()}
"""By rate: every key of the weights file and its tensor's shape."""

Rows = NDArray[np.float32]


def check(weights: Weights, rate: int) -> None:
    """Accept the weights of this very network, for this rate, only.

    Raises:
        ValueError: a key is missing, unexpected, or its tensor has another shape; the message names them all.
    """
    _checkpoint.check(weights, KEYS[rate], f"Cnn14 for {rate} Hz")


def folded(weights: Weights) -> Weights:
    """The network as it computes fastest: each norm behind a convolution folded into it, and filters channels last.

    Takes as long as two clips and as much memory as the weights; to be made once.
    """
    import torch

    read = {key: tensor for key, tensor in weights.items() if "conv_block" not in key}
    for block, half in CONVOLUTIONS:
        mean, variance, scale, shift = _statistics(weights, f"{block}.bn{half}")
        gain = scale / (variance + EPSILON).sqrt()
        filters = weights[f"{block}.conv{half}.weight"] * gain[:, None, None, None]
        read[f"{block}.conv{half}.weight"] = filters.contiguous(memory_format=torch.channels_last)
        read[f"{block}.conv{half}.bias"] = shift - mean * gain
    return read


def cnn14(network: Weights, waves: Rows, rate: int) -> tuple[Rows, Rows]:
    """Embeddings (b, 2048) and logits (b, 527) of clips, computed where the weights lie.

    Args:
        network: what :func:`folded` makes of tensors that :func:`check` accepts for this rate, in float32.
        waves: shape (b, n), n of 0.31 s or more: 32 frames, which five pools halve to one.
        rate: 16,000 or 32,000 Hz.
    """
    import torch

    with torch.inference_mode():
        chunks = np.array_split(waves, max(1, -(-len(waves) // CHUNK)))
        pooled = torch.cat([_pooled(_convolved(network, _log_mel(network, chunk, rate))) for chunk in chunks])
        embeddings = _linear(network, "fc1", pooled).relu_()
        return embeddings.cpu().numpy(), _linear(network, "fc_audioset", embeddings).cpu().numpy()


def _log_mel(network: Weights, waves: Rows, rate: int) -> Tensor:
    """Mel-weighted powers of clips (b, n) in decibels, normalised by band, shape (b, 1, frames, 64).

    Sines and cosines come from the file, and are convolved as in the original: between pure tones, the network hears
    how their float32 sums were rounded.
    """
    import torch
    from torch.nn import functional

    heard = torch.tensor(waves, device=network["logmel_extractor.melW"].device).unsqueeze(1)
    half = WINDOWS[rate] // 2
    heard = functional.pad(heard, (half, half), mode="reflect")
    real, imaginary = (
        functional.conv1d(heard, network[f"spectrogram_extractor.stft.conv_{part}.weight"], stride=rate // 100)
        for part in ("real", "imag")
    )
    powers = (real.square_() + imaginary.square_()).transpose(1, 2) @ network["logmel_extractor.melW"]
    decibels = 10.0 * powers.clamp_(min=QUIETEST).log10_()
    mean, variance, scale, shift = _statistics(network, "bn0")
    return ((decibels - mean) * (scale / (variance + EPSILON).sqrt()) + shift).unsqueeze(1)


def _statistics(weights: Weights, norm: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Mean, variance, scale and shift of a batch normalisation, each shape (channels,)."""
    mean, variance, scale, shift = (
        weights[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return mean, variance, scale, shift


def _convolved(network: Weights, spectrograms: Tensor) -> Tensor:
    """What spectrograms (b, 1, frames, 64) become in the convolutions, shape (b, 2048, frames // 32, 2)."""
    import torch
    from torch.nn import functional

    activations = spectrograms.to(memory_format=torch.channels_last)
    for block, half in CONVOLUTIONS:
        weight, bias = (network[f"{block}.conv{half}.{part}"] for part in ("weight", "bias"))
        activations = functional.relu_(functional.conv2d(activations, weight, bias, padding=1))
        if half == 2 and block != "conv_block6":
            activations = functional.avg_pool2d(activations, 2)
    return activations


def _pooled(activations: Tensor) -> Tensor:
    """Maximum plus mean over time of the mean over frequency: (b, 2048, time, frequency) to (b, 2048)."""
    by_time = activations.mean(dim=3)
    return by_time.amax(dim=2) + by_time.mean(dim=2)


def _linear(weights: Weights, layer: str, rows: Tensor) -> Tensor:
    from torch.nn import functional

    return functional.linear(rows, weights[f"{layer}.weight"], weights[f"{layer}.bias"])


@dataclass(frozen=True, kw_only=True)
class Cnn14(Embedder):
    """PANNs' Cnn14 on the whole clip: 2048 numbers and 527 AudioSet logits."""

    dimension: int = DIMENSION
    classes: int = CLASSES
    resampler: Resampler = "sinc"
    shortest: int = 32_000

    def load(self, device: str) -> Embed:
        """The network on a device, its norms folded into its convolutions."""
        state = self.state()
        check(state, self.rate)
        network = folded({key: tensor.to(device) for key, tensor in state.items()})
        return lambda waves: self._rows(network, waves)

    def _rows(self, network: Weights, waves: Sequence[Waveform]) -> list[NDArray[np.float32]]:
        """A row (1, 2575) a clip; clips of one length go through the network together."""
        rows: dict[int, NDArray[np.float32]] = {}
        for length in dict.fromkeys(map(len, waves)):
            alike = [place for place, wave in enumerate(waves) if len(wave) == length]
            both = cnn14(network, np.stack([waves[place] for place in alike]), self.rate)
            rows |= dict(zip(alike, np.concatenate(both, axis=1)[:, None], strict=True))
        return [rows[place] for place in range(len(waves))]


def _zenodo(name: str, sha256: str = "", size: int | None = None) -> tuple[File, ...]:
    return (File(name, f"https://zenodo.org/records/3987831/files/{quote(name)}?download=1", sha256, size),)


PANNS_16K = Cnn14(name="panns-16k", rate=16_000, files=_zenodo("Cnn14_16k_mAP=0.438.pth"))
PANNS_32K = Cnn14(
    name="panns-32k",
    rate=32_000,
    files=_zenodo(
        "Cnn14_mAP=0.431.pth", "0dc499e40e9761ef5ea061ffc77697697f277f6a960894903df3ada000e34b31", 327_428_481
    ),
)
EMBEDDERS: dict[str, Embedder] = {"panns-16k": PANNS_16K, "panns-32k": PANNS_32K}
