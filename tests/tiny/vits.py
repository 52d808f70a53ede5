"""A tiny random VITS in the official transformers format: 22.05 kHz and hop 256, as published for LJSpeech."""

import json
import string
import unicodedata
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import VitsConfig, VitsModel

from tiny.liven import liven, liven_vocoder

SYMBOLS = 178  # as published: padding, punctuation, letters, IPA
TOKENIZER = {
    "add_blank": True,
    "clean_up_tokenization_spaces": True,
    "language": "en-us",
    "model_max_length": 1000000000000000019884624838656,
    "normalize": True,
    "pad_token": "_",
    "phonemize": True,
    "tokenizer_class": "VitsTokenizer",
    "unk_token": "<unk>",
}


def write(folder: Path) -> Path:
    """The checkpoint as the library saves it today."""
    build().save_pretrained(folder)
    named = {symbol: number for number, symbol in enumerate(symbols())}
    (folder / "vocab.json").write_text(json.dumps(named, ensure_ascii=False), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(TOKENIZER))
    return folder


def write_as_published(folder: Path) -> Path:
    """The same weights as the hub has had them since 2023: pickled, under the keys of then, with an unknown symbol."""
    write(folder)
    weights = load_file(folder / "model.safetensors")
    torch.save({key_of_2023(key): value for key, value in weights.items()}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    config = json.loads((folder / "config.json").read_text())
    config.pop("dtype", None)
    config |= {"torch_dtype": "float32", "transformers_version": "4.33.0.dev0"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "added_tokens.json").write_text(json.dumps({"<unk>": SYMBOLS}))
    (folder / "special_tokens_map.json").write_text(json.dumps({"pad_token": "_", "unk_token": "<unk>"}))
    return folder


def key_of_2023(key: str) -> str:
    """The older of torch's two names of the parts of a normed weight."""
    return key.replace("parametrizations.weight.original0", "weight_g").replace(
        "parametrizations.weight.original1", "weight_v"
    )


def symbols() -> list[str]:
    """Padding, which is the blank, first; no symbol stands for an unknown one."""
    ipa = [chr(code) for code in range(0x250, 0x2B0) if unicodedata.category(chr(code)) == "Ll"]
    marks = [*'_;:,.!?¡¿—…"«»“” ', *string.ascii_letters, *"ˈˌːˑθβχæçðøħŋœᵻʲ"]
    return [*dict.fromkeys([*marks, *ipa])][:SYMBOLS]


def build(seed: int = 0, voices: int = 1) -> Any:
    """A livened model whose every phoneme, and every blank, lasts for about three frames."""
    config = VitsConfig(
        vocab_size=SYMBOLS, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, ffn_dim=64, flow_size=32,
        spectrogram_bins=17, prior_encoder_num_flows=2, prior_encoder_num_wavenet_layers=2,
        posterior_encoder_num_wavenet_layers=1, duration_predictor_num_flows=2, depth_separable_num_layers=2,
        upsample_initial_channel=32, resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1, 3]], sampling_rate=22_050,
        num_speakers=voices, speaker_embedding_size=8 if voices > 1 else 0,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model: Any = VitsModel(config)
    liven(model.text_encoder, seed=1)
    liven(model.duration_predictor, gain=0.5, seed=2)
    liven_vocoder(model.decoder, seed=3)
    first = model.duration_predictor.flows[0]  # the last one that durations pass: their log is (drawn - shift) / scale
    first.translate.data[:] = -1.0
    first.log_scale.data[:] = 1.0
    return model.eval()
