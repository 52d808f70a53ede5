"""A tiny AudioLDM 2 in one file, as its own code saves it, with the tokenizers beside it.

Its keys are those that the original classes have, as the script behind ``audioldm2_original.npz`` wrote them down.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from formulas import random_weights
from numpy.typing import NDArray

from tiny import tokens
from tiny.audioldm2 import phonemes

GOLDEN = Path(__file__).parents[1] / "systems" / "golden" / "audioldm2_original.npz"
SEED = 20_230_810
FIXED = ("num_batches_tracked", "relative_position_index", "attn_mask")  # ends of keys under which nothing is learnt
SCALES = (".weight", ".gamma", "running_var")  # ends of a norm's keys, if they hold a vector
WRITER = "cond_stage_models.0."
SCALE = 0.75  # latents are multiplied by it when they are made, and divided when they are decoded

Shapes = dict[str, tuple[int, ...]]
State = dict[str, torch.Tensor]


@cache
def golden() -> Mapping[str, NDArray[Any]]:
    """All arrays of the file."""
    with np.load(GOLDEN) as file:
        return dict(file)


def shapes(name: str) -> Shapes:
    """Keys and shapes of a network, or of an official checkpoint, that are kept as text under a name."""
    rows = [row.split() for row in golden()[name].tobytes().decode().splitlines()]
    return {key: tuple(map(int, lengths)) for key, *lengths in rows}


def weights(named: Shapes, seed: int = SEED) -> State:
    """Weights by formula for the keys that have any; scales of norms lie about one."""
    numbers = {key: shape for key, shape in named.items() if not key.endswith(FIXED)}
    made = random_weights(seed, numbers, norms=False)
    for key, tensor in made.items():
        if tensor.ndim == 1 and key.endswith(SCALES):
            tensor += 1.0
        elif tensor.ndim > 1:
            tensor *= 0.7  # of variance 1 / inputs: attention that is less sharp rounds less
    if "encoder.embed_tokens.weight" in made:  # tied
        made["encoder.embed_tokens.weight"] = made["shared.weight"]
    return made


def fixed(named: Shapes) -> State:
    """What the other keys hold: for which two places of a window each bias is; the rest is not read."""
    places = torch.from_numpy(golden()["clap/places"].astype(np.int64))
    return {
        key: places if key.endswith("relative_position_index") else torch.zeros(shape)
        for key, shape in named.items()
        if key.endswith(FIXED)
    }


def network(name: str, prefix: str = "", seed: int = SEED) -> State:
    """A network's weights by formula, under its original keys behind a prefix."""
    named = shapes(f"keys/{name}")
    made = {**weights(named, seed), **fixed(named)}
    return {prefix + key: made[key] for key in named}


def schedule() -> State:
    """The noise schedule, and what follows from it or is the loss's."""
    betas = torch.linspace(0.0015**0.5, 0.0195**0.5, 1000, dtype=torch.float64) ** 2
    official = {key: torch.zeros(shape) for key, shape in shapes("official/full").items() if "." not in key}
    named = {"betas": betas, "alphas_cumprod": (1.0 - betas).cumprod(0), "scale_factor": torch.tensor(SCALE)}
    return {**official, **{key: tensor.float() for key, tensor in named.items()}}


def averages() -> State:
    """A moving average of the U-Net's weights that is far from them, and its counters."""
    made = network("unet-full", "diffusion_model.", SEED + 1)
    flat = {f"model_ema.{key.replace('.', '')}": tensor for key, tensor in made.items()}
    return {"model_ema.decay": torch.tensor(0.9999), "model_ema.num_updates": torch.tensor(7), **flat}


def state(speech: bool = False) -> State:
    """All that a checkpoint of the architecture of ``audioldm2-full`` holds, or of one of those that speak."""
    made = {**schedule(), **network("vae", "first_stage_model."), **network("writer", WRITER)}
    for place in ("clap", f"{WRITER}cond_stage_models.0"):
        made |= {f"{place}.mel_transform.mel_scale.fb": torch.zeros(513, 64)}
        made |= {f"{place}.mel_transform.spectrogram.window": torch.zeros(1024), **network("clap", f"{place}.model.")}
    made |= network("audiomae", f"{WRITER}cond_stage_models.2.audiomae.model.")
    if speech:
        made |= network("phonemes", f"{WRITER}cond_stage_models.1.")
        made[f"{WRITER}input_sequence_embed_linear.1.weight"] = weights({"weight": (128, 24)})["weight"]
        return {**made, **network("unet-speech", "model.diffusion_model.")}
    for place in ("cond_stage_models.1", f"{WRITER}cond_stage_models.1"):
        made |= network("t5", f"{place}.model.")
    return {**made, **network("unet-full", "model.diffusion_model."), **averages()}


def save(state: State, path: Path) -> Path:
    """Write a checkpoint as the original code does, with the tokenizers beside it."""
    torch.save({"state_dict": state}, path)
    speech = f"{WRITER}cond_stage_models.1.text_encoder.emb.weight" in state
    second = path.parent / "tokenizer_2"
    (phonemes(second) if speech else tokens.t5()).save_pretrained(second)
    tokens.roberta().save_pretrained(path.parent / "tokenizer")
    return path


def write(folder: Path, speech: bool = False) -> Path:
    """The file, in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return save(state(speech), folder / "audioldm2.pth")
