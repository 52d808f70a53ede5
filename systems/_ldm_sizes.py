"""How large networks are, told from the shapes of their weights: what an original checkpoint leaves to its code.

Each function takes a state under the names of diffusers or transformers (:mod:`._ldm_keys`) and gives the settings of
the class that it fills. What no shape tells is a constant of the published code, named beside its use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.errors import BadInput

from ._ldm_keys import count

Settings = dict[str, Any]

HEAD = 32  # channels of an attention head in the U-Net: `num_head_channels` of every published configuration
TEXT_HEAD = 64  # of RoBERTa and GPT-2
RATES = {(16, 16, 8, 4, 4): [5, 4, 2, 2, 2]}  # of the 16 kHz HiFi-GAN, by its kernels: 160 samples for each frame
DILATIONS = [1, 3, 5]
MELS = 256  # the side of the square that CLAP folds a spectrogram into


def size(state: Mapping[str, Any], key: str, axis: int = 0) -> int:
    """The length of a weight along an axis.

    Raises:
        BadInput: there is no such weight, or it has no such axis.
    """
    if key not in state:
        raise BadInput(f"the checkpoint lacks {key}")
    if state[key].ndim <= axis:
        raise BadInput(f"the checkpoint's {key} is {tuple(state[key].shape)}, which has no axis {axis}")
    return int(state[key].shape[axis])


def unet_sizes(state: Mapping[str, Any], heads: int | None = None) -> Settings:
    """Of diffusers' ``AudioLDM2UNet2DConditionModel``.

    Args:
        state: its weights.
        heads: of each attention layer; None for as many as the original has, one for each 32 channels.
    """
    levels = range(count(state, r"down_blocks\.(\d+)\."))
    channels = [size(state, f"down_blocks.{level}.resnets.0.conv1.weight") for level in levels]
    attentive = [level for level in levels if f"down_blocks.{level}.attentions.0.norm.weight" in state]
    down = ["CrossAttnDownBlock2D" if level in attentive else "DownBlock2D" for level in levels]
    contexts = []
    for number in range(count(state, r"mid_block\.attentions\.(\d+)\.")):
        key = f"attentions.{number}.transformer_blocks.0.attn2.to_k.weight"
        widths = [size(state, f"down_blocks.{level}.{key}", 1) for level in attentive]
        itself = widths == [channels[level] for level in attentive]  # it attends to what it works on
        contexts.append(None if itself or not widths else widths[0])
    return {
        "in_channels": size(state, "conv_in.weight", 1),
        "out_channels": size(state, "conv_out.weight"),
        "sample_size": 256,
        "block_out_channels": tuple(channels),
        "layers_per_block": count(state, r"down_blocks\.0\.resnets\.(\d+)\."),
        "down_block_types": tuple(down),
        "up_block_types": tuple(name.replace("Down", "Up") for name in reversed(down)),
        "cross_attention_dim": tuple(contexts for _ in levels),
        "transformer_layers_per_block": count(state, r"mid_block\.attentions\.0\.transformer_blocks\.(\d+)\."),
        "attention_head_dim": heads or tuple(max(1, width // HEAD) for width in channels),
    }


def vae_sizes(state: Mapping[str, Any], scale: float) -> Settings:
    """Of diffusers' ``AutoencoderKL``, of latents multiplied by ``scale`` when it made them."""
    levels = range(count(state, r"encoder\.down_blocks\.(\d+)\."))
    return {
        "in_channels": size(state, "encoder.conv_in.weight", 1),
        "out_channels": size(state, "decoder.conv_out.weight"),
        "latent_channels": size(state, "post_quant_conv.weight", 1),
        "block_out_channels": [size(state, f"encoder.down_blocks.{level}.resnets.0.conv1.weight") for level in levels],
        "down_block_types": ["DownEncoderBlock2D" for _ in levels],
        "up_block_types": ["UpDecoderBlock2D" for _ in levels],
        "layers_per_block": count(state, r"encoder\.down_blocks\.0\.resnets\.(\d+)\."),
        "sample_size": 1024,
        "scaling_factor": scale,
    }


def vocoder_sizes(state: Mapping[str, Any]) -> Settings:
    """Of transformers' ``SpeechT5HifiGan``.

    Raises:
        BadInput: it has other kernels than the HiFi-GAN of 16 kHz, so that its rates aren't known.
    """
    kernels = tuple(size(state, f"upsampler.{n}.weight", 2) for n in range(count(state, r"upsampler\.(\d+)\.")))
    if kernels not in RATES:
        good = " or ".join(str(known) for known in RATES)
        raise BadInput(f"the checkpoint's vocoder has upsampling kernels {kernels}; known are {good}, those of 16 kHz")
    blocks = range(count(state, r"resblocks\.(\d+)\.") // len(kernels))
    return {
        "model_in_dim": size(state, "conv_pre.weight", 1),
        "sampling_rate": 16_000,
        "upsample_initial_channel": size(state, "conv_pre.weight"),
        "upsample_rates": RATES[kernels],
        "upsample_kernel_sizes": list(kernels),
        "resblock_kernel_sizes": [size(state, f"resblocks.{block}.convs1.0.weight", 2) for block in blocks],
        "resblock_dilation_sizes": [DILATIONS for _ in blocks],
        "normalize_before": False,
    }


def clap_sizes(state: Mapping[str, Any]) -> Settings:
    """Of transformers' ``ClapModel``: RoBERTa and HTS-AT.

    RoBERTa's normalisations have the epsilon of roberta-base, as in the original; transformers' own CLAP has 1e-12.
    """
    audio = "audio_model.audio_encoder."
    width, hidden = size(state, f"{audio}patch_embed.proj.weight"), size(state, "text_model.pooler.dense.weight")
    levels = range(count(state, rf"{audio}layers\.(\d+)\."))
    first = [f"{audio}layers.{level}.blocks.0." for level in levels]
    table = "attention.self.relative_position_bias_table"
    text = {
        "vocab_size": size(state, "text_model.embeddings.word_embeddings.weight"),
        "hidden_size": hidden,
        "num_hidden_layers": count(state, r"text_model\.encoder\.layer\.(\d+)\."),
        "num_attention_heads": max(1, hidden // TEXT_HEAD),
        "intermediate_size": size(state, "text_model.encoder.layer.0.intermediate.dense.weight"),
        "max_position_embeddings": size(state, "text_model.embeddings.position_embeddings.weight"),
        "layer_norm_eps": 1e-5,
    }
    heard = {
        "spec_size": MELS,
        "num_mel_bins": size(state, f"{audio}batch_norm.weight"),
        "patch_embeds_hidden_size": width,
        "hidden_size": width * 2 ** (len(levels) - 1),
        "depths": [count(state, rf"{audio}layers\.{level}\.blocks\.(\d+)\.") for level in levels],
        "num_attention_heads": [size(state, block + table, 1) for block in first],
        "window_size": (round(size(state, first[0] + table) ** 0.5) + 1) // 2 if first else 0,
        "mlp_ratio": size(state, f"{audio}layers.0.blocks.0.intermediate.dense.weight") / width,
    }
    return {
        "text_config": text,
        "audio_config": heard,
        "projection_dim": size(state, "text_projection.linear1.weight"),
    }


def t5_sizes(state: Mapping[str, Any]) -> Settings:
    """Of transformers' ``T5EncoderModel``, with the gated GELU of Flan-T5."""
    attention = "encoder.block.0.layer.0.SelfAttention."
    heads = size(state, f"{attention}relative_attention_bias.weight", 1)
    return {
        "vocab_size": size(state, "shared.weight"),
        "d_model": size(state, "shared.weight", 1),
        "d_ff": size(state, "encoder.block.0.layer.1.DenseReluDense.wo.weight", 1),
        "d_kv": size(state, f"{attention}q.weight") // heads,
        "num_heads": heads,
        "num_layers": count(state, r"encoder\.block\.(\d+)\."),
        "relative_attention_num_buckets": size(state, f"{attention}relative_attention_bias.weight"),
        "feed_forward_proj": "gated-gelu",
    }


def phoneme_sizes(state: Mapping[str, Any]) -> Settings:
    """Of the text encoder of transformers' ``VitsModel``."""
    first = "encoder.layers.0."
    hidden = size(state, "embed_tokens.weight", 1)
    return {
        "vocab_size": size(state, "embed_tokens.weight"),
        "hidden_size": hidden,
        "flow_size": size(state, "project.weight") // 2,
        "num_hidden_layers": count(state, r"encoder\.layers\.(\d+)\."),
        "num_attention_heads": hidden // size(state, f"{first}attention.emb_rel_k", 2),
        "window_size": size(state, f"{first}attention.emb_rel_k", 1) // 2,
        "ffn_dim": size(state, f"{first}feed_forward.conv_1.weight"),
        "ffn_kernel_size": size(state, f"{first}feed_forward.conv_1.weight", 2),
    }


def gpt2_sizes(state: Mapping[str, Any]) -> Settings:
    """Of transformers' ``GPT2LMHeadModel``."""
    width = size(state, "transformer.wte.weight", 1)
    return {
        "vocab_size": size(state, "transformer.wte.weight"),
        "n_embd": width,
        "n_positions": size(state, "transformer.wpe.weight"),
        "n_layer": count(state, r"transformer\.h\.(\d+)\."),
        "n_head": max(1, width // TEXT_HEAD),
        "bos_token_id": None,  # it reads and writes vectors, no words
        "eos_token_id": None,
    }
