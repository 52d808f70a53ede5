"""LAION's CLAP checkpoints as ``ClapModel``, the same network in transformers under other key names.

Paper: Wu et al., Large-Scale Contrastive Language-Audio Pretraining (2023, arXiv:2211.06687).
Weights: LAION's own files, all without feature fusion, from lukewys/laion_clap on the Hugging Face hub. Size base is
``music_speech_audioset_epoch_15_esc_89.98.pt`` (what AudioLDM 2 is scored with) and
``music_audioset_epoch_15_esc_90.14.pt``; size tiny is ``630k-audioset-best.pt``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Size = Literal["base", "tiny"]
Tensor = Any
"""A torch.Tensor, which can't be named where torch is not imported."""
Clap = Any
"""A transformers.ClapModel, for the same reason."""

AUDIO: dict[Size, dict[str, Any]] = {
    "base": {"patch_embeds_hidden_size": 128, "depths": [2, 2, 12, 2], "hidden_size": 1024},
    "tiny": {"patch_embeds_hidden_size": 96, "depths": [2, 2, 6, 2], "hidden_size": 768},
}
EPSILON = 1e-5  # of RoBERTa's normalisations; transformers' ClapTextConfig has 1e-12
PROJECTIONS = {"_projection.linear1.": "_projection.0.", "_projection.linear2.": "_projection.2."}
HTSAT = {
    ".batch_norm.": ".bn0.",
    ".attention.self.": ".attn.",
    ".attention.output.dense.": ".attn.proj.",
    ".intermediate.dense.": ".mlp.fc1.",
    ".output.dense.": ".mlp.fc2.",
    ".layernorm_before.": ".norm1.",
    ".layernorm_after.": ".norm2.",
}
THIRDS = ("query", "key", "value")  # of LAION's qkv
SPECTROGRAM = {
    "audio_branch.spectrogram_extractor.stft.conv_real.weight": (513, 1, 1024),
    "audio_branch.spectrogram_extractor.stft.conv_imag.weight": (513, 1, 1024),
    "audio_branch.logmel_extractor.melW": (513, 64),
}
CONSTANTS = ("text_model.embeddings.position_ids", "text_model.embeddings.token_type_ids")
OPTIONAL = "text_branch.embeddings.position_ids"  # in LAION's files, but not in what a new transformers would save


class Ears(NamedTuple):
    """LAION's spectrogram, as its file has it: windowed cosines and sines (513, 1, 1024), mel filters (513, 64)."""

    real: Tensor
    imaginary: Tensor
    bank: Tensor


def ears(state: Mapping[str, Tensor]) -> Ears:
    """What comes before the network, from a state dict that :func:`model` accepts."""
    named = {key.removeprefix("module."): tensor for key, tensor in state.items()}
    return Ears(*(named[key].float() for key in SPECTROGRAM))


def model(state: Mapping[str, Tensor], size: Size) -> Clap:
    """The network with these weights, ready to embed; it shares their memory.

    Args:
        state: LAION's state dict, its keys with or without a leading ``module.``; it may be on any device.
        size: of the audio tower.

    Raises:
        ValueError: a key is missing, unexpected, or its tensor has another shape; the message names them all.
    """
    found = _hollow(size)
    named = {key.removeprefix("module."): tensor for key, tensor in state.items()}
    wanted = _wanted(found)
    faults = _faults(named, wanted, unused(size))
    if faults:
        raise ValueError(f"these are not the weights of CLAP with HTSAT-{size}: {'; '.join(faults)}")
    renamed = {key: _tensor(named, key) for key in found.state_dict() if key not in CONSTANTS}
    found.load_state_dict({**renamed, **_constants(found, renamed)}, assign=True)
    return found.eval().requires_grad_(False)


def _hollow(size: Size) -> Clap:
    """The network whose tensors hold no memory."""
    import torch
    from transformers import ClapConfig, ClapModel

    config = ClapConfig(audio_config=AUDIO[size], text_config={"layer_norm_eps": EPSILON})
    with torch.device("meta"):
        return ClapModel(config)


def _wanted(found: Clap) -> dict[str, tuple[int, ...]]:
    """LAION's keys for this network, and the shapes of their tensors."""
    shapes: dict[str, tuple[int, ...]] = dict(SPECTROGRAM)
    for key, tensor in found.state_dict().items():
        source, shape = _laion(key), tuple(tensor.shape)
        if key not in CONSTANTS:
            shapes[source] = (3 * shape[0], *shape[1:]) if ".attn.qkv." in source else shape
    return shapes


def _laion(key: str) -> str:
    """What LAION calls a tensor, or the one that holds it.

    >>> _laion("audio_model.audio_encoder.layers.0.blocks.1.attention.self.key.bias")
    'audio_branch.layers.0.blocks.1.attn.qkv.bias'
    """
    for theirs, laions in PROJECTIONS.items():
        key = key.replace(theirs, laions)
    if not key.startswith("audio_model."):
        return key.replace("text_model.", "text_branch.", 1)
    key = key.replace("audio_model.audio_encoder.", "audio_branch.", 1)
    for theirs, laions in HTSAT.items():
        key = key.replace(theirs, laions)
    for third in THIRDS:
        key = key.replace(f".attn.{third}.", ".attn.qkv.")
    return key


def _tensor(named: Mapping[str, Tensor], key: str) -> Tensor:
    """LAION's tensor for a key of transformers, or a third of it."""
    source = _laion(key)
    return named[source].chunk(3)[THIRDS.index(key.split(".")[-2])] if ".attn.qkv." in source else named[source]


def _constants(found: Clap, renamed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The buffers that count positions, which LAION's files need not have."""
    import torch

    words = renamed["text_model.embeddings.word_embeddings.weight"]
    positions, types = (found.get_buffer(key).shape for key in CONSTANTS)
    counted = torch.arange(positions[-1], device=words.device).expand(positions)
    return dict(zip(CONSTANTS, (counted, torch.zeros(types, dtype=torch.long, device=words.device)), strict=True))


def unused(size: Size) -> set[str]:
    """LAION's keys that no embedding depends on: training heads, tagging heads, masks that transformers computes."""
    ends = ("weight", "bias")
    audio = [f"{part}.{end}" for part in ("tscam_conv", "head") for end in ends]
    audio += [
        f"layers.{layer}.blocks.{block}.attn_mask"
        for layer, depth in enumerate(AUDIO[size]["depths"][:-1])
        for block in range(1, depth, 2)
    ]
    transforms = {
        f"{tower}_transform.sequential.{layer}.{end}" for tower in ("audio", "text") for layer in (0, 3) for end in ends
    }
    return transforms | {f"audio_branch.{key}" for key in audio}


def _faults(named: Mapping[str, Tensor], wanted: Mapping[str, tuple[int, ...]], unused: set[str]) -> list[str]:
    """What keeps these from being all of LAION's tensors, and no others."""
    faults = [f"{key} is missing" for key in (*wanted, *sorted(unused)) if key not in named]
    faults += [f"{key} is unexpected" for key in named if key not in {*wanted, *unused, OPTIONAL}]
    shapes = {key: tuple(named[key].shape) for key in wanted if key in named}
    faults += [f"{key} has shape {shape}, not {wanted[key]}" for key, shape in shapes.items() if shape != wanted[key]]
    return faults
