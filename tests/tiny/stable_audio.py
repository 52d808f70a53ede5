"""A tiny random Stable Audio Open in the official diffusers layout: stereo, 44.1 kHz, hop 2048, as published."""

import warnings
from pathlib import Path
from typing import Any

import diffusers
import torch
from transformers import T5Config, T5EncoderModel

from tiny import tokens
from tiny.liven import liven

FRAMES = 256  # 11.9 s; 1024 in the published one
WIDTH, CHANNELS = 16, 8


def write(folder: Path) -> Path:
    """The checkpoint as the library saves it."""
    build().save_pretrained(folder)
    return folder


def build(seed: int = 0) -> Any:
    """A livened StableAudioPipeline."""
    kinds: Any = diffusers  # it gives its classes no types
    t5 = T5Config(vocab_size=300, d_model=WIDTH, d_ff=32, d_kv=8, num_heads=2, num_layers=2, is_encoder_decoder=False)
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*weight_norm. is deprecated", FutureWarning)  # diffusers calls it
        torch.manual_seed(seed)
        text = T5EncoderModel(t5)
        projection = kinds.StableAudioProjectionModel(WIDTH, WIDTH, min_value=0, max_value=512)
        transformer = kinds.StableAudioDiTModel(
            sample_size=FRAMES,
            in_channels=CHANNELS,
            out_channels=CHANNELS,
            num_layers=2,
            attention_head_dim=16,
            num_attention_heads=2,
            num_key_value_attention_heads=1,
            cross_attention_dim=WIDTH,
            time_proj_dim=16,
            global_states_input_dim=2 * WIDTH,
            cross_attention_input_dim=WIDTH,
        )
        vae = kinds.AutoencoderOobleck(encoder_hidden_size=4, decoder_channels=2, decoder_input_channels=CHANNELS)
    liven(text, seed=seed + 1)
    liven(transformer, seed=seed + 2)
    liven(projection, gain=4.0, seed=seed + 3)  # lengths of a few seconds are close together on its scale
    _liven_codec(vae)
    return kinds.StableAudioPipeline(
        vae=vae,
        text_encoder=text,
        projection_model=projection,
        tokenizer=tokens.t5(128),
        transformer=transformer,
        scheduler=kinds.CosineDPMSolverMultistepScheduler(),
    )


def _liven_codec(vae: torch.nn.Module, gain: float = 0.63) -> None:
    """Set every weight-normed filter's length to ``gain`` and drop the biases, whose offset would drown the sound."""
    for name, p in vae.named_parameters():
        if name.endswith(("weight_g", "original0")):
            p.data.fill_(gain)
        elif name.endswith("bias"):
            p.data.zero_()
