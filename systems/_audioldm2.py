"""AudioLDM 2's checkpoints: a folder in diffusers' layout, or one file of the original code, as one pipeline.

The published folders name ``GPT2Model`` as the language model, whose methods the pipeline no longer finds there; the
weights are those of ``GPT2LMHeadModel``, whose head is tied, so that class is loaded whatever the folder says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.errors import BadInput, one_line

from ._loading import quiet, require_vocabulary
from ._pipelines import HEAD, original_heads, part, schedule
from ._presets import SCHEDULERS, Preset, Scheduler

Pipeline = Any
"""A diffusers.AudioLDM2Pipeline, which can't be named where diffusers is not imported, and has no types."""

LIBRARY_HEADS = 8  # heads at each level of the networks that diffusers' conversion script writes
T5_TOKENS = 128  # what the original reads of a prompt

PARTS = {
    "vae": "AutoencoderKL",
    "unet": "AudioLDM2UNet2DConditionModel",
    "projection_model": "AudioLDM2ProjectionModel",
    "text_encoder": "ClapModel",
    "language_model": "GPT2LMHeadModel",
    "vocoder": "SpeechT5HifiGan",
}
"""The class of each network, whatever the folder says; that of the second text encoder it says rightly."""
SECOND = "text_encoder_2"
READERS = ("T5EncoderModel", "VitsModel")


def pipeline(path: Path, preset: Preset, dtype: str, device: str, scheduler: Scheduler) -> Pipeline:
    """A checkpoint, ready to sample.

    Args:
        path: a folder in diffusers' layout, or a file of the original code.
        preset: whose attention heads the network has.
        dtype: name of torch's type of weights and activations.
        device: a torch device.
        scheduler: what samples.

    Raises:
        BadInput: it is no checkpoint of AudioLDM 2, or has other weights than its networks take.
    """
    import diffusers

    with quiet():
        pipe = _of_folder(path, preset, dtype) if path.is_dir() else _of_file(path, preset, dtype)
        pipe.scheduler = getattr(diffusers, SCHEDULERS[scheduler]).from_config(pipe.scheduler.config)
        pipe.set_progress_bar_config(disable=True)
        if preset == "original" and not is_speech(pipe):
            pipe.tokenizer_2.model_max_length = min(T5_TOKENS, pipe.tokenizer_2.model_max_length)
        return pipe.to(device)


def is_speech(pipe: Pipeline) -> bool:
    """Whether a checkpoint speaks a transcription: its second text encoder reads phonemes."""
    return bool(pipe.text_encoder_2.config.model_type == "vits")


def _of_file(path: Path, preset: Preset, dtype: str) -> Pipeline:
    import torch

    from ._audioldm2_original import pipeline_from_original

    pipe = pipeline_from_original(path, heads=None if preset == "original" else LIBRARY_HEADS)
    for name in (*PARTS, SECOND):
        getattr(pipe, name).to(getattr(torch, dtype))
    if dtype == "float16":  # as transformers keeps them when it loads a folder: Flan-T5 overflows in them
        for name, layer in pipe.text_encoder_2.named_modules():
            if name.endswith(".wo"):
                layer.float()
    return pipe


def _of_folder(folder: Path, preset: Preset, dtype: str) -> Pipeline:
    import diffusers
    import transformers

    networks = {
        name: _network(folder, name, getattr(diffusers, kind, None) or getattr(transformers, kind), preset, dtype)
        for name, kind in {**PARTS, SECOND: _reader(folder)}.items()
    }
    for name in ("tokenizer", "tokenizer_2"):
        require_vocabulary(folder, name)
    # The rest of it: tokenizers and CLAP's front end.
    library: Any = diffusers
    rest = {"scheduler": schedule(library.DDIMScheduler, folder)}
    try:
        return library.AudioLDM2Pipeline.from_pretrained(folder, local_files_only=True, **networks, **rest)
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder.name} is no whole pipeline: {one_line(error)}") from error


def _reader(folder: Path) -> str:
    """The class of the second text encoder: T5's of prompts, or VITS's of phonemes.

    Raises:
        BadInput: the folder holds no pipeline of AudioLDM 2.
    """
    try:
        named = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))[SECOND][1]
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{folder} is no checkpoint of AudioLDM 2 in diffusers' layout: {error}") from error
    if named not in READERS:
        raise BadInput(f"{SECOND} of {folder} is a {named}, but must be one of {', '.join(READERS)}")
    return str(named)


def _network(folder: Path, name: str, kind: Any, preset: Preset, dtype: str) -> Any:
    """One network of a folder, held to its files: nothing missing, nothing left over.

    Raises:
        BadInput: its files have other weights than it takes.
    """
    options = {}
    if name == "unet" and preset == "original":
        options["attention_head_dim"] = original_heads(kind, folder, HEAD)
    return part(kind, folder, name, dtype, **options)
