"""A tiny random AudioLDM 2 in diffusers' layout: plain, dressed like the published ones, or for speech."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import diffusers
import torch
from safetensors.torch import load_file
from transformers import (
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    GPT2Config,
    GPT2LMHeadModel,
    GPT2Model,
    T5Config,
    T5EncoderModel,
    VitsConfig,
    VitsModel,
    VitsTokenizer,
)

from . import parts, tokens
from .liven import liven, liven_vocoder

WIDTHS = (32, 64, 64, 96)  # of the U-Net: multiples of 32, which is a head of the original network
LANGUAGE = 24  # width of the language of audio
PHONEMES = 183
LIBRARY: Any = diffusers  # whose classes have no types
LONGEST = 310  # phonemes


def unet(context: tuple[int | None, ...]) -> Any:
    """The real topology at a tenth of the width; `context` holds the widths of what each attention attends to."""
    return LIBRARY.AudioLDM2UNet2DConditionModel(
        sample_size=256,
        in_channels=8,
        out_channels=8,
        down_block_types=parts.DOWN,
        up_block_types=parts.UP,
        block_out_channels=WIDTHS,
        layers_per_block=1,
        norm_num_groups=8,
        transformer_layers_per_block=1,
        cross_attention_dim=([*context],) * 4,
        attention_head_dim=8,
    )


def projection(speech: bool) -> Any:
    """Projection to GPT-2's width; learnt start and end vectors default to ones, and positions to zeros: drawn too."""
    model = LIBRARY.AudioLDM2ProjectionModel(
        text_encoder_dim=16,
        text_encoder_1_dim=32,
        langauge_model_dim=LANGUAGE,  # the library's spelling
        use_learned_position_embedding=speech or None,
        max_seq_length=LONGEST if speech else None,
    )
    for vector in (model.sos_embed, model.eos_embed, model.sos_embed_1, model.eos_embed_1):
        torch.nn.init.normal_(vector)
    if speech:
        torch.nn.init.normal_(model.learnable_positional_embedding, std=0.1)
    return model


def vits() -> VitsModel:
    """VITS, of which the text encoder is used and the rest is as small as it can be."""
    return VitsModel(
        VitsConfig(
            vocab_size=PHONEMES, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, ffn_dim=64,
            flow_size=32, spectrogram_bins=17, prior_encoder_num_flows=1, prior_encoder_num_wavenet_layers=1,
            posterior_encoder_num_wavenet_layers=1, wavenet_dilation_rate=1, duration_predictor_num_flows=1,
            depth_separable_num_layers=1, upsample_initial_channel=16, upsample_rates=[2], upsample_kernel_sizes=[4],
            resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1]],
        )
    )  # fmt: skip


def phonemes(folder: Path) -> VitsTokenizer:
    """A tokenizer of IPA: padding is 0, and 182 stands for the end, as the pipeline has it built in."""
    marks = [*"_;:,.!?'\"-() ", *"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", *"ˈˌːˑ̩̃θβχæçðøħŋœˠ"]
    ipa = [chr(code) for code in range(0x250, 0x2B0) if unicodedata.category(chr(code)) == "Ll"]
    symbols = [*dict.fromkeys([*marks, *ipa])][: PHONEMES - 1]
    rest = [f"<{number}>" for number in range(len(symbols), PHONEMES - 1)]
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.json"
    named = {symbol: number for number, symbol in enumerate([*symbols, *rest, "<end>"])}
    vocabulary.write_text(json.dumps(named, ensure_ascii=False), encoding="utf-8")
    return VitsTokenizer(
        vocabulary, pad_token="_", unk_token=" ", language="en-us", add_blank=False, model_max_length=LONGEST
    )


def pipeline(folder: Path, speech: bool, language_model: type) -> Any:
    """A livened pipeline; `language_model` is GPT2LMHeadModel, or GPT2Model as published."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        gpt2 = language_model(
            GPT2Config(n_embd=LANGUAGE, n_head=2, n_layer=2, vocab_size=100, bos_token_id=0, eos_token_id=0)
        )
        gpt2.config.max_new_tokens = 8
        t5 = T5Config(vocab_size=300, d_model=32, d_ff=64, d_kv=8, num_heads=2, num_layers=2)
        clap = ClapConfig(text_config=parts.CLAP_TEXT, audio_config=parts.CLAP_AUDIO, projection_dim=16)
        pipe = LIBRARY.AudioLDM2Pipeline(
            vae=parts.vae(),
            text_encoder=ClapModel(clap),
            text_encoder_2=vits() if speech else T5EncoderModel(t5),
            projection_model=projection(speech),
            language_model=gpt2,
            tokenizer=tokens.roberta(),
            tokenizer_2=phonemes(folder / "tokenizer_2") if speech else tokens.t5(),
            feature_extractor=ClapFeatureExtractor(
                feature_size=64, sampling_rate=48_000, hop_length=480, fft_window_size=1024, max_length_s=10,
                frequency_min=50, frequency_max=14_000, truncation="rand_trunc", padding="repeatpad",
            ),
            unet=unet((None, LANGUAGE) if speech else (None, LANGUAGE, 32)),
            scheduler=parts.scheduler(),
            vocoder=parts.vocoder(),
        )  # fmt: skip
    for number, name in enumerate(("unet", "text_encoder_2", "language_model", "text_encoder")):
        liven(getattr(pipe, name), seed=number)
    liven_vocoder(pipe.vocoder)
    return pipe


def dress_like_hub(folder: Path) -> None:
    """Give a saved pipeline the class names and the pickled weights of the published checkpoints."""
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    index["tokenizer"][1], index["tokenizer_2"][1] = "RobertaTokenizerFast", "T5TokenizerFast"
    index["_diffusers_version"] = "0.22.0.dev0"
    (folder / "model_index.json").write_text(json.dumps(index, indent=2), encoding="utf-8")
    for weights in folder.glob("*/*.safetensors"):
        stem = "diffusion_pytorch_model" if weights.name.startswith("diffusion") else "pytorch_model"
        torch.save(load_file(weights), weights.with_name(stem + ".bin"))
        weights.unlink()


def write(folder: Path, *, speech: bool = False, hub_like: bool = False) -> Path:
    """A checkpoint's folder; with `hub_like` as those are that were published, which a plain load can't sample."""
    pipeline(folder, speech, GPT2Model if hub_like else GPT2LMHeadModel).save_pretrained(folder)
    if hub_like:
        dress_like_hub(folder)
    return folder
