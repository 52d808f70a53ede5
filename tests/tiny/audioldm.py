"""A tiny random AudioLDM in diffusers' layout: plain, dressed like the published ones, or with the original's U-Net.

The last has weights by formula under the keys of the original class, as the script behind ``audioldm.npz`` wrote them
down.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
from formulas import random_weights
from numpy.typing import NDArray
from safetensors.torch import load_file
from transformers import ClapTextConfig, ClapTextModelWithProjection

from . import parts, tokens
from .liven import liven, liven_vocoder

WIDTHS = (32, 64, 64, 96)  # of the U-Net: multiples of 32, which is a head of the original network
LIBRARY: Any = diffusers  # whose classes have no types
CLAP = 32  # width of CLAP's space

GOLDEN = Path(__file__).parents[1] / "systems" / "golden" / "audioldm.npz"
SEED = 20_230_129
FRAMES, STEPS = 24, 8

State = dict[str, torch.Tensor]


@cache
def golden() -> Mapping[str, NDArray[Any]]:
    """All arrays of the file."""
    with np.load(GOLDEN) as file:
        return dict(file)


def original_weights(shapes: Mapping[str, tuple[int, ...]]) -> State:
    """Weights of the U-Net by formula, by its original keys."""
    return random_weights(SEED, shapes)


def original_unet() -> State:
    """The same, for the keys of the file."""
    rows = [row.split() for row in golden()["keys/unet"].tobytes().decode().splitlines()]
    return original_weights({key: tuple(map(int, lengths)) for key, *lengths in rows})


def vectors() -> tuple[torch.Tensor, torch.Tensor]:
    """What CLAP might make of a prompt and of none, (1, 32) each, of length 1."""
    generator = np.random.Generator(np.random.PCG64(SEED))
    made = [generator.normal(size=(1, CLAP)).astype(np.float32) for _ in range(2)]
    wanted, empty = (torch.from_numpy(vector / np.linalg.norm(vector)) for vector in made)
    return wanted, empty


def unet(groups: int = 8) -> Any:
    """The real topology at a tenth of the width: CLAP's vector is joined to that of the time step."""
    return LIBRARY.UNet2DConditionModel(
        sample_size=128,
        in_channels=8,
        out_channels=8,
        down_block_types=parts.DOWN,
        up_block_types=parts.UP,
        block_out_channels=WIDTHS,
        cross_attention_dim=WIDTHS,
        layers_per_block=1,
        norm_num_groups=groups,
        attention_head_dim=8,
        class_embed_type="simple_projection",
        projection_class_embeddings_input_dim=CLAP,
        class_embeddings_concat=True,
    )


def build() -> dict[str, Any]:
    """Livened networks, by the names of their folders."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        text: dict[str, Any] = {**parts.CLAP_TEXT, "projection_dim": CLAP}
        clap = ClapTextModelWithProjection(ClapTextConfig(**text))
        made = {"unet": unet(), "vae": parts.vae(), "text_encoder": clap, "vocoder": parts.vocoder()}
    liven(made["unet"])
    liven(made["text_encoder"], seed=1)
    liven_vocoder(made["vocoder"])
    return made


CLASSES = {
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "ClapTextModelWithProjection"],
    "tokenizer": ["transformers", "RobertaTokenizerFast"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
    "vocoder": ["transformers", "SpeechT5HifiGan"],
}


def dress_like_hub(folder: Path) -> None:
    """Give a saved pipeline the pickled weights of the published checkpoints, and what else they hold."""
    for weights in folder.glob("*/*.safetensors"):
        stem = "diffusion_pytorch_model" if weights.name.startswith("diffusion") else "pytorch_model"
        state = load_file(weights)
        if weights.parent.name == "text_encoder":
            state["text_model.embeddings.position_ids"] = torch.arange(parts.CLAP_TEXT["max_position_embeddings"])[None]
        torch.save(state, weights.with_name(stem + ".bin"))
        weights.unlink()


def write(folder: Path, *, hub_like: bool = False) -> Path:
    """A checkpoint's folder; with `hub_like` as those are that were published."""
    for name, network in build().items():
        network.save_pretrained(folder / name)
    scheduler: Any = parts.scheduler()  # diffusers gives it no types
    scheduler.save_pretrained(folder / "scheduler")
    tokens.roberta().save_pretrained(folder / "tokenizer")
    version = "0.16.0.dev0" if hub_like else diffusers.__version__
    index = {"_class_name": "AudioLDMPipeline", "_diffusers_version": version, **CLASSES}
    (folder / "model_index.json").write_text(json.dumps(index, indent=2), encoding="utf-8")
    if hub_like:
        dress_like_hub(folder)
    return folder
