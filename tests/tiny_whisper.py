"""A Whisper of random weights, as small as can be, in the files of the published ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

SECONDS = 2  # of a window; 30 in every published one
WORDS = ["the rain in Spain stays mainly in the plain", "mister Smith's favourite colour is grey", "it is 3 o'clock"]
SPELLINGS = {"colour": "color", "favourite": "favorite", "grey": "gray"}
STEERING = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|translate|>", "<|transcribe|>"]
STEERING += ["<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]


def make(folder: Path, *, multilingual: bool, seed: int = 0) -> Path:
    """Write a tiny Whisper into a folder, which is also what transformers itself can load."""
    folder.mkdir(parents=True)
    tokenizer = _tokenizer()
    tokens = {token: tokenizer.get_vocab()[token] for token in STEERING}
    torch.manual_seed(seed)
    model = WhisperForConditionalGeneration(_config(tokenizer.get_vocab_size(), tokens))
    model.generation_config = _generation(tokens, tokenizer.get_vocab_size(), multilingual=multilingual)
    model.save_pretrained(folder)
    _as_published(folder, tokens, multilingual=multilingual)
    tokenizer.save(str(folder / "tokenizer.json"))
    extractor: Any = WhisperFeatureExtractor  # transformers gives it no types, nor the next
    extractor(feature_size=80, chunk_length=SECONDS).save_pretrained(folder)
    (folder / "normalizer.json").write_text(json.dumps(SPELLINGS), encoding="utf-8")
    return folder


def _as_published(folder: Path, tokens: dict[str, int], *, multilingual: bool) -> None:
    """Add what the published files say twice or in the words of earlier versions."""
    steps = [None, tokens["<|transcribe|>"]] if multilingual else [tokens["<|notimestamps|>"]]
    forced = {"forced_decoder_ids": [list(step) for step in enumerate(steps, 1)], "begin_suppress_tokens": [220]}
    for name, more in {
        "config.json": {
            **forced,
            "torch_dtype": "float16",
            "max_length": 448,
            "suppress_tokens": [1, 2],
            "use_cache": True,
        },
        "generation_config.json": {**forced, "return_timestamps": False, "max_initial_timestamp_index": 50},
    }.items():
        settings = json.loads((folder / name).read_bytes())
        (folder / name).write_text(json.dumps({**settings, **more}), encoding="utf-8")


def _tokenizer() -> Tokenizer:
    """Byte-level BPE, as Whisper's: text, then what steers, then time stamps."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(WORDS, trainers.BpeTrainer(vocab_size=320, initial_alphabet=alphabet))
    tokenizer.add_special_tokens(STEERING)
    tokenizer.add_tokens([AddedToken(f"<|{step * 0.02:.2f}|>", normalized=False) for step in range(SECONDS * 50 + 1)])
    return tokenizer


def _config(size: int, tokens: dict[str, int]) -> WhisperConfig:
    end = tokens["<|endoftext|>"]
    return WhisperConfig(
        vocab_size=size,
        num_mel_bins=80,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_source_positions=SECONDS * 50,
        max_target_positions=24,
        init_std=0.7,  # so large that what is heard decides what is written
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=tokens["<|startoftranscript|>"],
    )


def _generation(tokens: dict[str, int], size: int, *, multilingual: bool) -> GenerationConfig:
    end = tokens["<|endoftext|>"]
    languages = {"lang_to_id": {"<|en|>": tokens["<|en|>"], "<|de|>": tokens["<|de|>"]}}
    tasks = {"task_to_id": {"transcribe": tokens["<|transcribe|>"], "translate": tokens["<|translate|>"]}}
    settings: Any = GenerationConfig
    made: GenerationConfig = settings(
        is_multilingual=multilingual,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=tokens["<|startoftranscript|>"],
        no_timestamps_token_id=tokens["<|notimestamps|>"],
        suppress_tokens=list(range(end + 1, size)),  # what none of the published ones would write
        begin_suppress_tokens=[end],
        max_length=24,
        **(languages | tasks if multilingual else {}),
    )
    return made
