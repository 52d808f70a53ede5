"""PaSST as hear21passt's ``get_basic_model(mode="logits")`` runs it: no patch is dropped, the two tokens are averaged.

Paper: Koutini et al., Efficient Training of Audio Transformers with Patchout (2022, arXiv:2110.05069).
Weights: ``passt-s-f128-p16-s10-ap.476-swa.pt``, a plain state dict (kkoutini/PaSST, release v0.0.1-audioset).
Layer: the mean of class and distillation token behind the last norm, 768 numbers a clip, and 527 logits made of it.

On a core of an AMD EPYC, a clip of 10 s takes 2.7 to 3 s, about 90 % of what a large float32 matrix product reaches
there: alone as in a batch, since the 1,190 tokens of one clip are a large matrix already. Few clips at a time keep the
activations small. Attention is fused; spelled out as in hear21passt, it takes three times as long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.audio import Resampler, Waveform
from bench.embedder import Embed, Embedder
from bench.stats import Floats
from bench.weights import Weights as File

from . import _checkpoint
from ._checkpoint import Tensor, Weights
from ._logmel import mel

RATE = 32_000  # Hz
SAMPLES = 320_000  # the 10 s that the network was trained on, and the most it has positions for
WINDOW, HOP, FFT = 800, 320, 1024  # samples: 25 ms, 10 ms
BANDS, HIGHEST = 128, 15_000.0  # mel bands, from 0 Hz to this
PRE_EMPHASIS = 0.97
OFFSET = 1e-5  # added before the logarithm, so that silence is finite

DIMENSION, CLASSES = 768, 527
DEPTH, HEADS, HIDDEN = 12, 12, 3072
PATCH, STRIDE = 16, 10  # frames, and bands
GRID = (12, 99)  # patches that fit into 128 bands and into 998 frames
CHUNK = 2  # clips that go through the network at once

LINEARS = {
    **{
        f"blocks.{block}.{layer}": shape
        for block in range(DEPTH)
        for layer, shape in {
            "attn.qkv": (3 * DIMENSION, DIMENSION),
            "attn.proj": (DIMENSION, DIMENSION),
            "mlp.fc1": (HIDDEN, DIMENSION),
            "mlp.fc2": (DIMENSION, HIDDEN),
        }.items()
    },
    "head.1": (CLASSES, DIMENSION),
    "head_dist": (CLASSES, DIMENSION),  # in the file, but for training alone
}
NORMS = (*(f"blocks.{block}.norm{half}" for block in range(DEPTH) for half in (1, 2)), "norm", "head.0")
KEYS: dict[str, tuple[int, ...]] = {
    "cls_token": (1, 1, DIMENSION),
    "dist_token": (1, 1, DIMENSION),
    "new_pos_embed": (1, 2, DIMENSION),  # of the two tokens
    "freq_new_pos_embed": (1, DIMENSION, GRID[0], 1),
    "time_new_pos_embed": (1, DIMENSION, 1, GRID[1]),
    "patch_embed.proj.weight": (DIMENSION, 1, PATCH, PATCH),
    "patch_embed.proj.bias": (DIMENSION,),
    **{f"{layer}.weight": shape for layer, shape in LINEARS.items()},
    **{f"{layer}.bias": shape[:1] for layer, shape in LINEARS.items()},
    **{f"{norm}.{part}": (DIMENSION,) for norm in NORMS for part in ("weight", "bias")},
}
"""Every key of the weights file and its tensor's shape."""

Rows = NDArray[np.float32]


def check(weights: Weights) -> None:
    """Accept the weights of this very network only.

    Raises:
        ValueError: a key is missing, unexpected, or its tensor has another shape; the message names them all.
    """
    _checkpoint.check(weights, KEYS, "PaSST")


def ten_seconds(wave: Waveform) -> Waveform:
    """A clip of any length as the network gets it, shape (320000,): cut, or padded with silence, at its end."""
    return np.pad(wave[:SAMPLES], (0, max(0, SAMPLES - len(wave))))


def passt(weights: Weights, waves: Rows) -> tuple[Rows, Rows]:
    """Embeddings (b, 768) and logits (b, 527) of clips, computed where the weights lie.

    Args:
        weights: float32 tensors that :func:`check` accepts.
        waves: shape (b, n) at 32 kHz, n of 4,801 (one patch) to 320,000; what is shorter than 10 s has its own result,
            not that of the clip padded with silence.
    """
    import torch

    with torch.inference_mode():
        chunks = np.array_split(waves, max(1, -(-len(waves) // CHUNK)))
        embeddings = torch.cat([_embedded(weights, _spectrograms(weights, chunk)) for chunk in chunks])
        logits = _linear(weights, "head.1", _norm(weights, "head.0", embeddings, 1e-5))
        return embeddings.cpu().numpy(), logits.cpu().numpy()


def mel_bank() -> Floats:
    """Kaldi's triangles, shape (128, 513): linear in mel, unit height, nothing from the last bin."""
    bins = mel(np.arange(FFT // 2) * RATE / FFT)
    edges = np.linspace(0.0, mel(np.array(HIGHEST)), BANDS + 2)[:, None]
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    bank = np.maximum(0.0, np.minimum((bins - lower) / (centre - lower), (upper - bins) / (upper - centre)))
    return np.pad(bank, ((0, 0), (0, 1)))


def _spectrograms(weights: Weights, waves: Rows) -> Tensor:
    """Log-mel spectrograms of clips (b, n), shape (b, 1, 128, frames), about zero."""
    import torch

    device = weights["cls_token"].device
    heard = torch.tensor(waves, device=device)
    heard = heard[:, 1:] - PRE_EMPHASIS * heard[:, :-1]
    window = torch.hann_window(WINDOW, periodic=False, device=device)
    spectra = torch.stft(heard, FFT, HOP, WINDOW, window, return_complex=True)  # centred, reflected at the ends
    powers = torch.view_as_real(spectra).square().sum(dim=-1)
    bands = torch.tensor(mel_bank(), dtype=torch.float32, device=device) @ powers
    return ((bands + OFFSET).log().unsqueeze(1) + 4.5) / 5.0


def _embedded(weights: Weights, spectrograms: Tensor) -> Tensor:
    """Embeddings (b, 768) of spectrograms (b, 1, 128, frames)."""
    tokens = _tokens(weights, spectrograms)
    for block in range(DEPTH):
        tokens = _block(weights, f"blocks.{block}.", tokens)
    return _norm(weights, "norm", tokens[:, :2], 1e-6).mean(dim=1)


def _tokens(weights: Weights, spectrograms: Tensor) -> Tensor:
    """The two tokens and those of all patches, shape (b, 2 + 12 * k, 768), each with its position.

    Patches overlap; of 1,000 frames, as of 998, they take 996.
    """
    import torch
    from torch.nn import functional

    weight, bias = weights["patch_embed.proj.weight"], weights["patch_embed.proj.bias"]
    patches = functional.conv2d(spectrograms, weight, bias, stride=STRIDE)
    times = weights["time_new_pos_embed"][..., : patches.shape[-1]]
    patches = (patches + times + weights["freq_new_pos_embed"]).flatten(2).transpose(1, 2)
    two = torch.cat([weights["cls_token"], weights["dist_token"]], dim=1) + weights["new_pos_embed"]
    return torch.cat([two.expand(len(patches), -1, -1), patches], dim=1)


def _block(weights: Weights, block: str, tokens: Tensor) -> Tensor:
    """A transformer's block on tokens (b, k, 768): attention among them, then two linear layers on each."""
    from torch.nn import functional

    normed = _norm(weights, f"{block}norm1", tokens, 1e-6)
    parts = _linear(weights, f"{block}attn.qkv", normed).unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
    attended = functional.scaled_dot_product_attention(*parts.unbind()).transpose(1, 2).flatten(2)
    tokens = tokens + _linear(weights, f"{block}attn.proj", attended)
    hidden = functional.gelu(_linear(weights, f"{block}mlp.fc1", _norm(weights, f"{block}norm2", tokens, 1e-6)))
    return tokens + _linear(weights, f"{block}mlp.fc2", hidden)


def _linear(weights: Weights, layer: str, rows: Tensor) -> Tensor:
    from torch.nn import functional

    return functional.linear(rows, weights[f"{layer}.weight"], weights[f"{layer}.bias"])


def _norm(weights: Weights, layer: str, rows: Tensor, epsilon: float) -> Tensor:
    from torch.nn import functional

    return functional.layer_norm(rows, (DIMENSION,), weights[f"{layer}.weight"], weights[f"{layer}.bias"], epsilon)


@dataclass(frozen=True, kw_only=True)
class PaSST(Embedder):
    """PaSST on the first 10 s: 768 numbers and 527 AudioSet logits a clip; the papers' KL is measured on them."""

    name: str = "passt"
    rate: int = RATE
    dimension: int = DIMENSION
    classes: int = CLASSES
    resampler: Resampler = "sinc"
    shortest: int = 32_000
    files: tuple[File, ...] = (
        File(
            "passt-s-f128-p16-s10-ap.476-swa.pt",
            "https://github.com/kkoutini/PaSST/releases/download/v0.0.1-audioset/passt-s-f128-p16-s10-ap.476-swa.pt",
            sha256="302903fa8c4aee817b11dc982da0b29aaf8d11a3e722420476d0a12c9db70c2c",
        ),
    )

    def load(self, device: str) -> Embed:
        """The network on a device."""
        state = self.state()
        check(state)
        weights = {key: tensor.float().to(device) for key, tensor in state.items()}
        return lambda waves: [
            np.concatenate(both)[None]
            for both in zip(*passt(weights, np.stack([ten_seconds(wave) for wave in waves])), strict=True)
        ]


PASST = PaSST()
EMBEDDERS: dict[str, Embedder] = {"passt": PASST}
