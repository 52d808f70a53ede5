"""The weights of the original latent-diffusion code under the names that diffusers and transformers give them.

Pure functions of states (tensors by name) whose names have no prefix. Names that follow no rule here pass through as
they are, so that whoever loads the result strictly is told of them.

Source: the class definitions of haoheliu/AudioLDM2 (b5786c5), declare-lab/tango (34ecd38) and LAION's CLAP, read
beside those of diffusers and transformers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bench.checkpoint import State
from bench.errors import BadInput

Names = Iterable[tuple[str, "str | Callable[[re.Match[str]], str]"]]
"""Pairs of a pattern and what stands in its place; all that fit are applied, in their order."""

VAE: Names = (
    (r"\.norm_out\.", ".conv_norm_out."),
    (r"\.nin_shortcut\.", ".conv_shortcut."),
    (r"\.mid\.block_1\.", ".mid_block.resnets.0."),
    (r"\.mid\.block_2\.", ".mid_block.resnets.1."),
    (r"\.mid\.attn_1\.norm\.", ".mid_block.attentions.0.group_norm."),
    (r"\.mid\.attn_1\.([qkv])\.", r".mid_block.attentions.0.to_\1."),
    (r"\.mid\.attn_1\.proj_out\.", ".mid_block.attentions.0.to_out.0."),
    (r"\.down\.(\d+)\.block\.", r".down_blocks.\1.resnets."),
    (r"\.down\.(\d+)\.downsample\.", r".down_blocks.\1.downsamplers.0."),
)
VOCODER: Names = ((r"^ups\.", "upsampler."),)
UNET: Names = (
    (r"^time_embed\.0\.", "time_embedding.linear_1."),
    (r"^time_embed\.2\.", "time_embedding.linear_2."),
    (r"^input_blocks\.0\.0\.", "conv_in."),
    (r"^out\.0\.", "conv_norm_out."),
    (r"^out\.2\.", "conv_out."),
    (r"\.in_layers\.0\.", ".norm1."),
    (r"\.in_layers\.2\.", ".conv1."),
    (r"\.emb_layers\.1\.", ".time_emb_proj."),
    (r"\.out_layers\.0\.", ".norm2."),
    (r"\.out_layers\.3\.", ".conv2."),
    (r"\.skip_connection\.", ".conv_shortcut."),
)
CLAP: Names = (
    (r"^text_branch\.", "text_model."),
    (r"^(text|audio)_projection\.0\.", r"\1_projection.linear1."),
    (r"^(text|audio)_projection\.2\.", r"\1_projection.linear2."),
    (r"^audio_branch\.", "audio_model.audio_encoder."),
    (r"\.bn0\.", ".batch_norm."),
    (r"(\.blocks\.\d+)\.norm1\.", r"\1.layernorm_before."),
    (r"(\.blocks\.\d+)\.norm2\.", r"\1.layernorm_after."),
    (r"\.attn\.proj\.", ".attention.output.dense."),
    (r"\.attn\.(relative_position_|query|key|value)", r".attention.self.\1"),
    (r"\.mlp\.fc1\.", ".intermediate.dense."),
    (r"\.mlp\.fc2\.", ".output.dense."),
)
PHONEMES: Names = (
    (r"^emb\.", "embed_tokens."),
    (r"^proj\.", "project."),
    (r"^encoder\.attn_layers\.(\d+)\.", r"encoder.layers.\1.attention."),
    (r"\.conv_([qkv])\.", r".\1_proj."),
    (r"\.conv_o\.", ".out_proj."),
    (r"^encoder\.ffn_layers\.(\d+)\.", r"encoder.layers.\1.feed_forward."),
    (r"^encoder\.norm_layers_1\.(\d+)\.", r"encoder.layers.\1.layer_norm."),
    (r"^encoder\.norm_layers_2\.(\d+)\.", r"encoder.layers.\1.final_layer_norm."),
    (r"\.gamma$", ".weight"),
    (r"\.beta$", ".bias"),
)


QKV = ("query", "key", "value")


def renamed(key: str, names: Names) -> str:
    """A key after all pairs that fit it."""
    for pattern, name in names:
        key = re.sub(pattern, name, key)
    return key


def gathered(weights: Iterable[tuple[str, Any]]) -> State:
    """Weights by name.

    Raises:
        BadInput: two would have one name, so that one of them would be lost.
    """
    made: State = {}
    for name, tensor in weights:
        if name in made:
            raise BadInput(f"the checkpoint has two weights for {name}, one under a name that does not belong there")
        made[name] = tensor
    return made


def count(keys: Iterable[str], pattern: str) -> int:
    r"""How many numbers the one group of a pattern, matched at a key's start, takes.

    >>> count(["up.0.weight", "up.0.bias", "up.1.weight", "out.0.weight"], r"up\.(\d+)\.")
    2
    """
    return len({found[1] for key in keys if (found := re.match(pattern, key))})


def vae_state(state: Mapping[str, Any]) -> State:
    """A mel autoencoder's weights as diffusers' ``AutoencoderKL`` takes them.

    Its decoder counts levels from the coarsest, the original from the finest; and its attention is linear, the
    original's a convolution of one point.

    Args:
        state: keys ``encoder.…``, ``decoder.…``, ``quant_conv.…`` and ``post_quant_conv.…``.
    """
    levels = count(state, r"decoder\.up\.(\d+)\.")
    names = (
        *VAE,
        (r"\.up\.(\d+)\.block\.", lambda found: f".up_blocks.{levels - 1 - int(found[1])}.resnets."),
        (r"\.up\.(\d+)\.upsample\.", lambda found: f".up_blocks.{levels - 1 - int(found[1])}.upsamplers.0."),
    )
    return gathered(
        (renamed(key, names), pointwise(tensor) if ".attn_1." in key else tensor) for key, tensor in state.items()
    )


def pointwise(tensor: Any) -> Any:
    """The weight (out, in) of a convolution of one point, (out, in, 1, …); a bias or scale (out,) as it is."""
    return tensor.flatten(1) if tensor.ndim > 2 else tensor


def vocoder_state(state: Mapping[str, Any]) -> State:
    """A HiFi-GAN's weights as transformers' ``SpeechT5HifiGan`` takes them, with a normalisation that does nothing.

    Args:
        state: keys ``conv_pre.…``, ``ups.N.…``, ``resblocks.N.…`` and ``conv_post.…``, weight norm removed.
    """
    import torch

    made = gathered((renamed(key, VOCODER), tensor) for key, tensor in state.items())
    if "conv_pre.weight" in made:
        bands = made["conv_pre.weight"].shape[1]
        made |= {"mean": torch.zeros(bands), "scale": torch.ones(bands)}
    return made


def unet_state(state: Mapping[str, Any]) -> State:
    """A U-Net's weights as diffusers' ``AudioLDM2UNet2DConditionModel`` takes them.

    The original numbers its blocks through; diffusers numbers them within a level, and the transformers of a level
    through, of which each block has as many as the middle one.

    Args:
        state: keys ``time_embed.…``, ``input_blocks.…``, ``middle_block.…``, ``output_blocks.…`` and ``out.…``.
    """
    downs = [int(found[1]) for key in state if (found := re.match(r"input_blocks\.(\d+)\.0\.op\.weight$", key))]
    stride = min(downs, default=len(state))  # blocks of a level, its downsampling among them
    last = count(state, r"middle_block\.(\d+)\.") - 1

    def block(found: re.Match[str]) -> str:
        side, place, part = found[1], int(found[2]), int(found[3])
        level, layer = divmod(place - 1 if side == "input" else place, stride)
        name = f"resnets.{layer}" if part == 0 else f"attentions.{layer * (last - 1) + part - 1}"
        return f"{'down' if side == 'input' else 'up'}_blocks.{level}.{name}."

    def middle(found: re.Match[str]) -> str:
        part = int(found[1])
        return f"mid_block.{f'resnets.{part // last}' if part in (0, last) else f'attentions.{part - 1}'}."

    def sampler(found: re.Match[str]) -> str:
        place = int(found[2]) // stride
        return f"down_blocks.{place - 1}.downsamplers.0." if found[1] == "in" else f"up_blocks.{place}.upsamplers.0."

    names = (
        *UNET,
        (r"^(in)put_blocks\.(\d+)\.0\.op\.(?=weight|bias)", lambda found: f"{sampler(found)}conv."),
        (r"^(out)put_blocks\.(\d+)\.\d+\.(?=conv\.)", sampler),
        (r"^(input|output)_blocks\.(\d+)\.(\d+)\.", block),
        (r"^middle_block\.(\d+)\.", middle),
    )
    return gathered((renamed(key, names), tensor) for key, tensor in state.items())


def clap_state(state: Mapping[str, Any]) -> State:
    """A CLAP's weights as transformers' ``ClapModel`` takes them: query, key and value apart, and its counters added.

    Args:
        state: keys ``text_branch.…``, ``text_projection.…``, ``audio_branch.…``, ``audio_projection.…`` and
            ``logit_scale_…``, without the front end and the heads of training.
    """
    import torch

    def apart(key: str, tensor: Any) -> Iterable[tuple[str, Any]]:
        if ".attn.qkv." not in key:
            return [(key, tensor)]
        return [(key.replace("qkv", name), part) for name, part in zip(QKV, tensor.chunk(3), strict=True)]

    made = gathered((renamed(name, CLAP), part) for item in state.items() for name, part in apart(*item))
    if "text_model.embeddings.position_embeddings.weight" in made:  # what follows from its length, others save or not
        positions = torch.arange(len(made["text_model.embeddings.position_embeddings.weight"]))[None]
        made["text_model.embeddings.position_ids"] = positions
        made["text_model.embeddings.token_type_ids"] = torch.zeros_like(positions)
    return made


def phoneme_state(state: Mapping[str, Any]) -> State:
    """A phoneme encoder's weights as that of transformers' ``VitsModel`` takes them.

    Args:
        state: keys ``emb.…``, ``encoder.…`` and ``proj.…``.
    """
    return gathered(
        (renamed(key, PHONEMES), pointwise(tensor) if ".attn_layers." in key and ".conv_" in key else tensor)
        for key, tensor in state.items()
    )
