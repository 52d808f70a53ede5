"""VGGish as the AudioLDM papers' evaluation used it: no PCA, no quantisation, the last ReLU removed.

Paper: Hershey et al., CNN Architectures for Large-Scale Audio Classification (2017, arXiv:1609.09430).
Weights: ``vggish-10086976.pth``, the state dict of harritaylor/torchvggish, under its own key names.
Layer: the last linear one, 128 numbers for each 0.96 s (haoheliu/audioldm_eval, ``metrics/fad.py``).

On a core of an AMD EPYC, 160 patches take 23 ms each, 94 % of what a large float32 matrix product reaches there; ten
alone reach 74 %, and in torchvggish itself 63 %. Three things bring that about. Convolutions run channels last, where
the first and the pools are ten times as fast; few patches at a time, so that their activations stay in memory already
mapped; and the linear layers see all patches at once, as reading their 200 MB of weights costs more than 32 patches do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.audio import Resampler, Waveform
from bench.embedder import Embed, Embedder, Rows
from bench.weights import Weights as File

from . import _checkpoint
from ._checkpoint import Tensor, Weights
from ._logmel import BANDS, RATE, log_mel

FRAMES = 96  # of a patch and from one to the next: 0.96 s
SHORTEST = 32_000  # samples: the paper's loader pads what is shorter with silence
DIMENSION = 128
CHUNK = 16  # patches that are convolved at once

CONVOLUTIONS = {0: (64, 1), 3: (128, 64), 6: (256, 128), 8: (256, 256), 11: (512, 256), 13: (512, 512)}
POOLED = (0, 3, 8, 13)  # convolutions that a 2 x 2 maximum follows
LINEARS = {0: (4096, 512 * 6 * 4), 2: (4096, 4096), 4: (DIMENSION, 4096)}
KEYS: dict[str, tuple[int, ...]] = {
    **{f"features.{layer}.weight": (*shape, 3, 3) for layer, shape in CONVOLUTIONS.items()},
    **{f"features.{layer}.bias": shape[:1] for layer, shape in CONVOLUTIONS.items()},
    **{f"embeddings.{layer}.weight": shape for layer, shape in LINEARS.items()},
    **{f"embeddings.{layer}.bias": shape[:1] for layer, shape in LINEARS.items()},
}
"""Every key of the weights file and its tensor's shape."""

Patches = NDArray[np.float32]
"""Log-mel patches, shape (k, 1, 96, 64): time, then frequency."""


def check(weights: Weights) -> None:
    """Accept the weights of this very network only.

    Raises:
        ValueError: a key is missing, unexpected, or its tensor has another shape; the message names them all.
    """
    _checkpoint.check(weights, KEYS, "VGGish")


def patches(wave: Waveform) -> Patches:
    """A clip's log-mel patches, shape (k, 1, 96, 64), without overlap; an incomplete last one is dropped.

    Args:
        wave: shape (n,) at 16 kHz, without its mean; padded at the end to 2 s, so that k is 2 or more.
    """
    frames = log_mel(np.pad(wave, (0, max(0, SHORTEST - len(wave)))))
    whole = len(frames) // FRAMES * FRAMES
    return frames[:whole].reshape(-1, 1, FRAMES, BANDS).astype(np.float32)


def vggish(weights: Weights, patches: Patches) -> NDArray[np.float32]:
    """Embeddings of patches, shape (k, 128), computed where the weights lie.

    Args:
        weights: float32 tensors that :func:`check` accepts, in any memory layout; convolutions that are channels last
            already need not be copied.
        patches: shape (k, 1, 96, 64); those of many clips in one call take the least time.
    """
    import torch

    with torch.inference_mode():
        filters = _channels_last(weights)
        chunks = np.array_split(patches, max(1, -(-len(patches) // CHUNK)))
        activations = torch.cat([_convolved(filters, chunk) for chunk in chunks])
        embeddings: NDArray[np.float32] = _projected(weights, activations).cpu().numpy()
    return embeddings


def _channels_last(weights: Weights) -> list[tuple[Tensor, Tensor]]:
    """The filters (out, in, 3, 3), copied where they are not channels last, and biases (out,) of the convolutions."""
    import torch

    return [
        (
            weights[f"features.{layer}.weight"].contiguous(memory_format=torch.channels_last),
            weights[f"features.{layer}.bias"],
        )
        for layer in CONVOLUTIONS
    ]


def _convolved(filters: list[tuple[Tensor, Tensor]], patches: Patches) -> Tensor:
    """What patches (k, 1, 96, 64) become in the convolutions, shape (k, 12288): time, frequency, then channel.

    TensorFlow's order, in which torchvggish too flattens; here that is how the numbers lie in memory.
    """
    import torch
    from torch.nn import functional

    wave = torch.tensor(patches, device=filters[0][0].device).to(memory_format=torch.channels_last)
    for layer, (weight, bias) in zip(CONVOLUTIONS, filters, strict=True):
        wave = functional.relu_(functional.conv2d(wave, weight, bias, padding=1))
        if layer in POOLED:
            wave = functional.max_pool2d(wave, 2)
    return wave.permute(0, 2, 3, 1).flatten(1)


def _projected(weights: Weights, activations: Tensor) -> Tensor:
    """The three linear layers on activations (k, 12288), shape (k, 128); a ReLU between them, none behind the last."""
    from torch.nn import functional

    for layer in LINEARS:
        if layer:
            activations = functional.relu_(activations)
        activations = functional.linear(
            activations, weights[f"embeddings.{layer}.weight"], weights[f"embeddings.{layer}.bias"]
        )
    return activations


@dataclass(frozen=True, kw_only=True)
class VGGish(Embedder):
    """128 numbers for each 0.96 s, before the last ReLU: what FAD is measured on."""

    name: str = "vggish"
    rate: int = RATE
    dimension: int = DIMENSION
    resampler: Resampler = "sinc"
    shortest: int = 32_000
    files: tuple[File, ...] = (
        File(
            "vggish-10086976.pth",
            "https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth",
            sha256="10086976",
        ),
    )

    def load(self, device: str) -> Embed:
        """The network on a device."""
        weights = self.state()
        check(weights)
        placed = {key: tensor.to(device) for key, tensor in weights.items()}
        return lambda waves: _embedded(placed, waves)


def _embedded(weights: Weights, waves: Sequence[Waveform]) -> list[Rows]:
    """The rows (k, 128) of each clip; the patches of all go through the network together."""
    each = [patches(wave) for wave in waves]
    rows = vggish(weights, np.concatenate(each))
    return np.split(rows, np.cumsum([len(one) for one in each])[:-1])


VGGISH = VGGish()
EMBEDDERS: dict[str, Embedder] = {"vggish": VGGISH}
