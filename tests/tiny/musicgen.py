"""A tiny random MusicGen in the official transformers format: four codebooks, 50 Hz, 32 kHz, as published."""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import (
    EncodecConfig,
    EncodecFeatureExtractor,
    MusicgenConfig,
    MusicgenDecoderConfig,
    MusicgenForConditionalGeneration,
    MusicgenProcessor,
    T5Config,
)

from tiny import tokens
from tiny.liven import liven

CODEBOOKS, CODES = 4, 2048

# What facebook/musicgen-small says about sampling: guidance, and nothing about top-k.
PUBLISHED_GENERATION = {
    "_from_model_config": True,
    "bos_token_id": CODES,
    "decoder_start_token_id": CODES,
    "do_sample": True,
    "guidance_scale": 3.0,
    "max_length": 1500,
    "pad_token_id": CODES,
    "transformers_version": "4.31.0.dev0",
}
PUBLISHED_TOKENIZER = {
    "clean_up_tokenization_spaces": True,
    "eos_token": "</s>",
    "extra_ids": 0,
    "model_max_length": 512,
    "pad_token": "<pad>",
    "tokenizer_class": "T5Tokenizer",
    "unk_token": "<unk>",
}
# Settings of 2023 that every part of the published config.json repeats.
PUBLISHED_PART = {
    "_name_or_path": "",
    "add_cross_attention": False,
    "bad_words_ids": None,
    "do_sample": False,
    "max_length": 20,
    "num_beams": 1,
    "temperature": 1.0,
    "tie_encoder_decoder": False,
    "top_k": 50,
    "torch_dtype": None,
    "transformers_version": "4.31.0.dev0",
}


def write(folder: Path, channels: int = 1) -> Path:
    """The checkpoint as the library saves it today; with two channels, as the published stereo ones."""
    build(channels).save_pretrained(folder)
    processor: Any = MusicgenProcessor  # transformers gives it no types
    processor(EncodecFeatureExtractor(feature_size=1, sampling_rate=32_000), tokens.t5(512)).save_pretrained(folder)
    return folder


def write_as_published(folder: Path) -> Path:
    """The same weights as the hub has had them since 2023: pickled, with the keys and the settings of then."""
    write(folder)
    model = MusicgenForConditionalGeneration.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    weights = {_key_of_2023(key): value for key, value in model.state_dict().items()}
    positions = model.decoder.model.decoder.embed_positions
    weights["decoder.model.decoder.embed_positions.weights"] = positions.weights  # a parameter then, computed now
    torch.save(weights, folder / "pytorch_model.bin")
    config = json.loads((folder / "config.json").read_text())
    for part in ("text_encoder", "audio_encoder", "decoder"):
        config[part] = {**PUBLISHED_PART, **config[part]}
    config.pop("dtype", None)
    _dump(folder / "config.json", {**config, "torch_dtype": "float32", "transformers_version": "4.31.0.dev0"})
    _dump(folder / "generation_config.json", PUBLISHED_GENERATION)
    _dump(folder / "tokenizer_config.json", {**PUBLISHED_TOKENIZER, "processor_class": "MusicgenProcessor"})
    return folder


def build(channels: int = 1, seed: int = 0) -> Any:
    """A livened MusicgenForConditionalGeneration; the generation settings are those of the published checkpoints."""
    text = T5Config(vocab_size=300, d_model=32, d_ff=64, d_kv=8, num_heads=2, num_layers=2)
    codec = EncodecConfig(
        sampling_rate=32_000, audio_channels=1, normalize=False, num_filters=4, hidden_size=16, num_residual_layers=1,
        upsampling_ratios=[8, 5, 4, 4], codebook_size=CODES, codebook_dim=16, target_bandwidths=[2.2],
        use_causal_conv=False, use_conv_shortcut=False,
    )  # fmt: skip
    decoder = MusicgenDecoderConfig(
        vocab_size=CODES, num_codebooks=CODEBOOKS * channels, audio_channels=channels, hidden_size=32, ffn_dim=64,
        num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=2048, pad_token_id=CODES,
        bos_token_id=CODES,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = MusicgenConfig(text_encoder=text, audio_encoder=codec, decoder=decoder)
        model: Any = MusicgenForConditionalGeneration(config)
        for layer in model.audio_encoder.quantizer.layers:
            torch.nn.init.normal_(layer.codebook.embed)
    _liven_codec(model.audio_encoder.decoder)
    liven(model.decoder, gain=1.5, seed=1)
    liven(model.text_encoder, seed=2)
    settings = model.generation_config
    settings.decoder_start_token_id = settings.pad_token_id = settings.bos_token_id = CODES
    settings.eos_token_id = None
    settings.do_sample, settings.guidance_scale, settings.max_length = True, 3.0, 1500
    return model.eval()


def _liven_codec(decoder: torch.nn.Module, gain: float = 0.95) -> None:
    """Set every weight-normed filter's length to ``gain`` and drop the biases, whose offset would drown the sound."""
    for name, p in decoder.named_parameters():
        if name.endswith("original0"):
            p.data.fill_(gain)
        elif p.dim() == 1:
            p.data.zero_()


def _key_of_2023(key: str) -> str:
    return key.replace("parametrizations.weight.original0", "weight_g").replace(
        "parametrizations.weight.original1", "weight_v"
    )


def _dump(path: Path, what: dict[str, Any]) -> None:
    path.write_text(json.dumps(what, indent=2))
