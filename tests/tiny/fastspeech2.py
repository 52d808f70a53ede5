"""A tiny random FastSpeech 2 (Conformer) with HiFi-GAN in the official transformers format, and its front end."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import (
    FastSpeech2ConformerConfig,
    FastSpeech2ConformerHifiGanConfig,
    FastSpeech2ConformerWithHifiGan,
    FastSpeech2ConformerWithHifiGanConfig,
)

from tiny import tagger
from tiny.liven import liven, liven_vocoder

# The published vocabulary, in the order of how often each occurs in LJSpeech.
PUBLISHED = """
<blank> <unk> AH0 N T D S R L DH K Z IH1 IH0 M EH1 W P AE1 AH1 V ER0 F , AA1 B HH IY1 UW1 IY0 AO1
EY1 AY1 . OW1 SH NG G ER1 CH JH Y AW1 TH UH1 EH2 OW0 EY2 AO0 IH2 AE2 AY2 AA2 UW0 EH0 OY1 EY0 AO2 ZH
OW2 AE0 UW2 AH2 AY0 IY2 AW2 AA0 ' ER2 UH2 ? OY2 ! AW0 UH0 OY0 .. <sos/eos>
"""
TOKENIZER = {
    "bos_token": "<sos/eos>",
    "clean_up_tokenization_spaces": True,
    "eos_token": "<sos/eos>",
    "model_max_length": 1000000000000000019884624838656,
    "pad_token": "<blank>",
    "should_strip_spaces": True,
    "tokenizer_class": "FastSpeech2ConformerTokenizer",
    "unk_token": "<unk>",
}


def write(folder: Path) -> Path:
    """A checkpoint of one's own that has all it takes."""
    build().save_pretrained(folder)
    write_vocabulary(folder)
    tagger.write(folder / "nltk_data")
    return folder


def write_as_published(folder: Path) -> Path:
    """The same weights pickled, and nothing else, as on the hub."""
    build().save_pretrained(folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


def write_vocabulary(folder: Path) -> Path:
    """The files of a tokenizer, as the hub has them beside the network without vocoder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(PUBLISHED.split())}))
    (folder / "tokenizer_config.json").write_text(json.dumps(TOKENIZER))
    return folder


def build(seed: int = 0, log_frames_per_phoneme: float = 2.3) -> Any:
    """A livened model that speaks each phoneme for about ten frames, exp(log_frames_per_phoneme)."""
    acoustic = FastSpeech2ConformerConfig(
        vocab_size=len(PUBLISHED.split()), hidden_size=32, encoder_layers=2, decoder_layers=2, encoder_linear_units=64,
        decoder_linear_units=64, encoder_num_attention_heads=2, decoder_num_attention_heads=2,
        duration_predictor_channels=32, energy_predictor_channels=32, pitch_predictor_channels=32,
        speech_decoder_postnet_units=32, speech_decoder_postnet_layers=2,
    )  # fmt: skip
    vocoder = FastSpeech2ConformerHifiGanConfig(
        upsample_initial_channel=32, resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1, 3]]
    )
    config = FastSpeech2ConformerWithHifiGanConfig(model_config=acoustic.to_dict(), vocoder_config=vocoder.to_dict())
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model: Any = FastSpeech2ConformerWithHifiGan(config)
    liven(model.model, seed=1)
    liven_vocoder(model.vocoder)
    model.model.duration_predictor.linear.bias.data.fill_(log_frames_per_phoneme)
    return model.eval()
