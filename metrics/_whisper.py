"""Whisper, which writes down the speech it hears; the number of its errors says how well speech can be understood.

Paper: Radford et al., Robust Speech Recognition via Large-Scale Weak Supervision (2022, arXiv:2212.04356).
Weights: OpenAI's, as published for transformers. Decoding is greedy, in float32, English, without time stamps. Whisper
hears 30 s at a time: what is longer is cut into equal windows no longer than that, and their texts are joined.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from bench.audio import Waveform
from bench.checkpoint import State
from bench.embedder import Embed, Embedder, spelled
from bench.errors import one_line
from bench.weights import Weights, obtain

RATE = 16_000
BATCH = 8  # windows that are decoded at once
TIED = "proj_out.weight"  # the word embeddings once more, and therefore in no file
END = "<|endoftext|>"  # the tokens before it are text; those behind it steer
PROBE = "It's 3 o'clock, the café is open!"

NETWORK = "model.safetensors"
SPELLINGS = "normalizer.json"
FILES = ("config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json", NETWORK)

Settings = Mapping[str, Any]
"""What one of the JSON files holds."""
Module = Any
"""A transformers network, tokenizer or feature extractor, which can't be named where transformers is not imported."""


def published(name: str, revision: str) -> tuple[Weights, ...]:
    """The files of one of OpenAI's repositories; all of them hold the same spellings."""
    address = f"hf:openai/{name}@{revision}"
    spellings = Weights(f"{name}/{SPELLINGS}", f"{address}/{SPELLINGS}", sha256="bf1c507d", size=52_666)
    return (*(Weights(f"{name}/{file}", f"{address}/{file}") for file in FILES), spellings)


@dataclass(frozen=True, kw_only=True)
class Whisper(Embedder):
    """What is said in a clip, as rows of code points."""

    rate: int = RATE
    dimension: int = 1

    packages: ClassVar[tuple[str, ...]] = ("transformers",)
    spans: ClassVar[bool] = False

    def load(self, device: str) -> Embed:
        """The network on a device, with the tokenizer that reads what it gives."""
        config = self._settings("config.json")
        vocabulary = tokenizer(self._path("tokenizer.json"), config)
        hear = extractor(self._settings("preprocessor_config.json"))
        names = [Path(file.file).name for file in self.files]
        model = network(config, self._settings("generation_config.json"), self.state(names.index(NETWORK)))
        placed = model.to(device)
        return lambda waves: [spelled(text) for text in transcribed(placed, hear, vocabulary, waves)]

    def normaliser(self) -> Callable[[str], str]:
        """Whisper's own normaliser of English: lower case, no punctuation, one spelling, numbers as digits."""
        from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

        make: Any = EnglishTextNormalizer  # transformers gives it no types
        normalise = make(self._settings(SPELLINGS))
        return lambda text: " ".join(normalise(text).split())

    def _path(self, name: str) -> Path:
        return obtain(next(file for file in self.files if Path(file.file).name == name))

    def _settings(self, name: str) -> dict[str, Any]:
        path = self._path(name)
        try:
            settings = json.loads(path.read_bytes())
        except ValueError as error:
            raise ValueError(f"{self.name}/{name} is no JSON: {error}") from error
        if not isinstance(settings, dict):
            raise ValueError(f"{self.name}/{name} is no JSON object")
        return settings


def network(config: Settings, generation: Settings, state: State) -> Module:
    """The network with these weights in float32, on the CPU.

    Raises:
        ValueError: a tensor is missing, unexpected or of another shape.
    """
    import torch
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

    with torch.device("meta"):  # no time is spent on random weights
        model: Module = WhisperForConditionalGeneration(WhisperConfig.from_dict(dict(config)))
    try:
        faults = model.load_state_dict({key: one.float() for key, one in state.items()}, strict=False, assign=True)
    except RuntimeError as error:
        reason = one_line(error)[:300]
        raise ValueError(f"these are not the weights of this Whisper: {reason}") from error
    missing = [key for key in faults.missing_keys if key != TIED]
    if missing or faults.unexpected_keys:
        raise ValueError(
            f"these are not the weights of this Whisper: {len(missing)} tensors are missing, "
            f"{len(faults.unexpected_keys)} are unexpected: {', '.join([*missing, *faults.unexpected_keys][:3])}"
        )
    model.tie_weights()
    model.generation_config = GenerationConfig.from_dict(dict(generation))
    return model.eval()


def tokenizer(path: Path, config: Settings) -> Module:
    """The tokenizer of this network.

    transformers makes an empty one where it does not find what it looks for, and says nothing; here it is tried.

    Raises:
        ValueError: it is none, or another network's.
    """
    from tokenizers import Tokenizer

    try:
        found = Tokenizer.from_file(str(path))
    except Exception as error:  # of no class of its own
        raise ValueError(f"{path.name} is no tokenizer: {error}") from error
    size, end = found.get_vocab_size(), config["eos_token_id"]
    if found.token_to_id(END) != end or not end < size <= config["vocab_size"]:
        raise ValueError(
            f"{path.name} is not this network's: it has {size} tokens, {END} is {found.token_to_id(END)}; "
            f"the network has {config['vocab_size']} and {end}"
        )
    if found.decode(found.encode(PROBE, add_special_tokens=False).ids) != PROBE:
        raise ValueError(f"{path.name} does not give back a text that it took apart: {PROBE!r}")
    return found


def extractor(settings: Settings) -> Module:
    """What turns waveforms into log-mel spectra."""
    from transformers import WhisperFeatureExtractor

    return WhisperFeatureExtractor.from_dict(dict(settings))


def transcribed(model: Module, hear: Module, vocabulary: Module, waves: Sequence[Waveform]) -> list[str]:
    """What is said in each waveform (n,) at 16 kHz."""
    cut = [np.array_split(wave, max(1, -(-len(wave) // hear.n_samples))) for wave in waves]
    windows = [window for each in cut for window in each]
    batches = (windows[start : start + BATCH] for start in range(0, len(windows), BATCH))
    texts = iter([text for batch in batches for text in _heard(model, hear, vocabulary, batch)])
    return [" ".join(filter(None, (next(texts) for _ in each))) for each in cut]


def _heard(model: Module, hear: Module, vocabulary: Module, windows: Sequence[Waveform]) -> list[str]:
    """What is said in windows that the network hears whole."""
    import torch

    spectra = hear(windows, sampling_rate=RATE, return_attention_mask=True, return_tensors="pt").to(model.device)
    # A network for English alone has no tokens that name a language or a task.
    english = {"language": "en", "task": "transcribe"} if model.generation_config.is_multilingual else {}
    with torch.inference_mode(), _quiet():
        tokens = model.generate(
            spectra.input_features,
            attention_mask=spectra.attention_mask,
            do_sample=False,
            num_beams=1,
            temperature=0.0,
            return_timestamps=False,
            **english,
        )
    end = model.config.eos_token_id
    return [vocabulary.decode([token for token in row if token < end]).strip() for row in tokens.tolist()]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what transformers, in generating, warns itself of."""
    from transformers.utils import logging as untyped

    logging: Any = untyped
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)


LARGE = Whisper(
    name="whisper-large-v3", files=published("whisper-large-v3", "06f233fe06e710322aca913c1bc4249a0d71fce1")
)
BASE = Whisper(name="whisper-base.en", files=published("whisper-base.en", "911407f4214e0e1d82085af863093ec0b66f9cd6"))
EMBEDDERS: dict[str, Embedder] = {one.name: one for one in (LARGE, BASE)}
