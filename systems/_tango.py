"""TANGO's checkpoints, in the layout of its own code, put together of diffusers' and transformers' classes.

Code: declare-lab/tango (34ecd38).
Files: ``main_config.json``, ``vae_config.json``, ``pytorch_model_main.bin`` and ``pytorch_model_vae.bin``. Every weight
is used, and every weight of the networks comes from the files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bench.checkpoint import State, load_state
from bench.errors import BadInput, one_line
from bench.weights import Weights, digest_of, obtain

from ._ldm_networks import filled, refuse, t5, vae, vocoder
from ._loading import quiet

UNET: dict[str, Any] = {
    "sample_size": (32, 2),
    "in_channels": 8,
    "out_channels": 8,
    "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    "block_out_channels": (320, 640, 1280, 1280),
    "layers_per_block": 2,
    "attention_head_dim": (5, 10, 20, 20),  # in spite of its name the number of heads
    "cross_attention_dim": 1024,
    "use_linear_projection": True,
    "upcast_attention": True,
}
"""``configs/diffusion_model_config.json`` of the code, which no published checkpoint has beside it."""

SCHEDULE: dict[str, Any] = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "clip_sample": False,
    "steps_offset": 1,
}
"""Of Stable Diffusion 2.1, from whose repository, now gone, the code reads it."""

RATE = 16_000
LATENTS = (8, 256, 16)  # channels, frames, bands: 10.24 s, what was trained on and all that the code makes
LONGEST = 10.24  # seconds
TOKENS = 512  # that the text encoder reads; the rest of a prompt is cut

MAIN = ("unet.", "text_encoder.")
MEL = ("encoder.", "decoder.", "quant_conv.", "post_quant_conv.", "vocoder.")
"""Beginnings of the names in the two files of weights."""


class Network(NamedTuple):
    """A loaded checkpoint.

    Attributes:
        tokenizer: of prompts; a tokenizers.Tokenizer.
        text_encoder: Flan-T5's, in single precision: in half precision it overflows.
        unet: what predicts.
        vae: the autoencoder of mel spectrograms.
        vocoder: makes sound of them.
        device: where they are.
    """

    tokenizer: Any
    text_encoder: Any
    unet: Any
    vae: Any
    vocoder: Any
    device: str


def settings(folder: Path, name: str) -> dict[str, Any]:
    """One of the checkpoint's configurations.

    Raises:
        BadInput: it is not there, or no object.
    """
    try:
        found = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder.name} is no checkpoint of TANGO: {one_line(error)}") from error
    if not isinstance(found, dict):
        raise BadInput(f"{name} of {folder.name} must hold an object, but holds {type(found).__name__}")
    return found


def tokenizer_file(folder: Path) -> Path:
    """The tokenizer of the text encoder that the checkpoint names: a folder within it, or a repository on the hub.

    Raises:
        BadInput: it names none.
        NotEvaluable: it is not here and can't be downloaded.
    """
    name = settings(folder, "main_config.json").get("text_encoder_name")
    if not isinstance(name, str) or not name:
        raise BadInput(f"text_encoder_name in main_config.json of {folder.name} is {name!r}, but must name Flan-T5")
    own = folder / name / "tokenizer.json"
    if own.is_file():
        return own
    if name.count("/") != 1:
        raise BadInput(
            f"text_encoder_name in main_config.json of {folder.name} is {name!r}, "
            "but must be owner/name of a repository, or a folder in the checkpoint that holds tokenizer.json"
        )
    return obtain(Weights(f"{name}/tokenizer.json", f"hf:{name}@main/tokenizer.json"))


def load(folder: Path, dtype: str, device: str, *, compiled: bool) -> Network:
    """The network of a folder in the published layout.

    Raises:
        BadInput: it is none, or not whole.
        NotEvaluable: its tokenizer is not here and can't be downloaded.
    """
    import torch

    reader = tokenizer(tokenizer_file(folder))
    made = read(folder)
    text_encoder = made.pop("text_encoder").to(device)
    with quiet():  # diffusers remarks on any dtype, even where nothing is to be kept in single precision
        rest = {name: network.to(device, getattr(torch, dtype)) for name, network in made.items()}
    if compiled:
        rest["unet"].compile()
    return Network(tokenizer=reader, text_encoder=text_encoder, **rest, device=device)


def tokenizer(path: Path) -> Any:
    """A tokenizers.Tokenizer of a ``tokenizer.json``, which cuts and does not pad.

    Raises:
        BadInput: the file is none.
    """
    from tokenizers import Tokenizer

    try:
        found = Tokenizer.from_file(str(path))
    except Exception as error:  # the package raises nothing more special
        raise BadInput(f"{path.parent.name}/{path.name} is no tokenizer: {error}") from error
    found.enable_truncation(TOKENS)
    found.no_padding()
    return found


def read(folder: Path) -> dict[str, Any]:
    """The networks of a folder.

    Raises:
        BadInput: a file is missing, or holds other weights than the networks take.
    """
    scale = float(settings(folder, "vae_config.json").get("scale_factor", 1.0))  # as in the code
    layout = unet_settings(folder)
    main, mel = weights(folder, "main"), weights(folder, "vae")
    try:
        return networks(main, mel, layout, scale)
    except BadInput as error:
        raise BadInput(f"{folder.name}, read as a checkpoint of TANGO: {error}") from error


def networks(main: State, mel: State, layout: Mapping[str, Any], scale: float) -> dict[str, Any]:
    """Text encoder, U-Net, autoencoder and vocoder, in single precision where the weights are.

    Args:
        main: weights of text encoder and U-Net.
        mel: weights of the autoencoder of mel spectrograms and of the vocoder.
        layout: settings of the U-Net.
        scale: what latents are divided by when they are decoded.

    Raises:
        BadInput: there are other weights than the networks take.
    """
    import diffusers

    unet: Any = diffusers.UNet2DConditionModel  # diffusers gives it no types
    refuse({"pytorch_model_main.bin has": foreign(main, MAIN), "pytorch_model_vae.bin has": foreign(mel, MEL)})
    return {
        "text_encoder": t5(behind(main, "text_encoder.")),
        "unet": filled("U-Net", behind(main, "unet."), lambda: unet(**layout)),
        "vae": vae({key: tensor for key, tensor in mel.items() if not key.startswith("vocoder.")}, scale),
        "vocoder": vocoder(behind(mel, "vocoder.")),
    }


def unet_settings(folder: Path) -> dict[str, Any]:
    """Of the U-Net: those of a file in the checkpoint, if it names one that is there, else the published ones."""
    name = settings(folder, "main_config.json").get("unet_model_config_path")
    if not name or not (folder / name).is_file():
        return UNET
    return {key: value for key, value in settings(folder, name).items() if not key.startswith("_")}


def weights(folder: Path, name: str) -> State:
    """The weights of a file.

    Raises:
        BadInput: it is not there, or holds none.
    """
    path = folder / f"pytorch_model_{name}.bin"
    if not path.is_file():
        raise BadInput(f"{folder.name} is no checkpoint of TANGO: it has no {path.name}")
    try:
        return load_state(path, digest_of(path))
    except ValueError as error:
        raise BadInput(str(error)) from error


def behind(state: State, prefix: str) -> State:
    """The weights whose names begin with a prefix, without it."""
    return {key.removeprefix(prefix): tensor for key, tensor in state.items() if key.startswith(prefix)}


def foreign(state: State, prefixes: tuple[str, ...]) -> list[str]:
    """The names that begin with none of the prefixes."""
    return [key for key in state if not key.startswith(prefixes)]
