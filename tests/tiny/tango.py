"""A tiny TANGO with weights by formula, in the files that its own code saves, with the tokenizer beside them.

Its keys are those that the original classes have, as the script behind ``tango.npz`` wrote them down.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from formulas import random_weights
from numpy.typing import NDArray

from . import tokens

GOLDEN = Path(__file__).parents[1] / "systems" / "golden" / "tango.npz"
SEED = 20_230_424
SCALE = 0.75  # latents are multiplied by it when they are made, and divided when they are decoded

UNET: dict[str, Any] = {
    "_class_name": "UNet2DConditionModel",
    "_diffusers_version": "0.10.0.dev0",
    "sample_size": [32, 2],
    "in_channels": 8,
    "out_channels": 8,
    "down_block_types": ["DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"],
    "block_out_channels": [16, 16, 32, 32],
    "attention_head_dim": [1, 1, 2, 2],
    "cross_attention_dim": 32,
    "layers_per_block": 1,
    "norm_num_groups": 8,
    "use_linear_projection": True,
    "upcast_attention": True,
}
"""Attention at the two coarsest levels alone, as at the others it would take most of the time."""
T5 = {
    "vocab_size": 300,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 64,
    "num_layers": 2,
    "num_heads": 3,
    "feed_forward_proj": "gated-gelu",
}
VAE: dict[str, Any] = {
    "embed_dim": 8,
    "scale_factor": SCALE,
    "subband": 1,
    "time_shuffle": 1,
    "ddconfig": {
        "double_z": True,
        "z_channels": 8,
        "resolution": 256,
        "in_channels": 1,
        "out_ch": 1,
        "ch": 32,
        "ch_mult": [1, 1, 1],
        "num_res_blocks": 1,
        "attn_resolutions": [],
        "dropout": 0.0,
    },
}
VOCODER = {"upsample_initial_channel": 32, "resblock_kernel_sizes": [3, 7], "resblock_dilation_sizes": [[1, 3, 5]] * 2}
"""How much smaller it is than the published one."""
QUIET = {"vocoder.resblocks.": 0.5, "vocoder.conv_post.": 0.5}
"""Factors of weights: so that its sound does not clip, and no rounding grows in it as it would not in a trained one."""
MAIN = {
    "text_encoder_name": "flan-t5-tiny",
    "scheduler_name": "stabilityai/stable-diffusion-2-1",
    "unet_model_name": None,
    "unet_model_config_path": "configs/diffusion_model_config.json",
    "snr_gamma": 5.0,
}

Shapes = dict[str, tuple[int, ...]]
State = dict[str, torch.Tensor]


@cache
def golden() -> Mapping[str, NDArray[Any]]:
    """All arrays of the file."""
    with np.load(GOLDEN) as file:
        return dict(file)


def shapes(name: str) -> Shapes:
    """Keys and shapes of a file's weights, which are kept as text under a name."""
    rows = [row.split() for row in golden()[name].tobytes().decode().splitlines()]
    return {key: tuple(map(int, lengths)) for key, *lengths in rows}


def weights(named: Shapes) -> State:
    """Weights by formula; Flan-T5's two embeddings are one."""
    made = random_weights(SEED, named)
    for key, tensor in made.items():
        tensor *= next((factor for start, factor in QUIET.items() if key.startswith(start) and tensor.ndim > 1), 1.0)
    if "text_encoder.shared.weight" in made:
        made["text_encoder.encoder.embed_tokens.weight"] = made["text_encoder.shared.weight"]
    return made


def write(folder: Path) -> Path:
    """The checkpoint's folder."""
    (folder / "configs").mkdir(parents=True)
    named = {"main_config.json": MAIN, "vae_config.json": VAE, MAIN["unet_model_config_path"]: UNET}
    for name, settings in named.items():
        (folder / str(name)).write_text(json.dumps(settings), encoding="utf-8")
    for name in ("main", "vae"):
        torch.save(weights(shapes(f"keys/{name}")), folder / f"pytorch_model_{name}.bin")
    tokens.t5(512).save_pretrained(folder / str(MAIN["text_encoder_name"]))
    return folder
