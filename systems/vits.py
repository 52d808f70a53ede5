"""VITS: speech from phonemes in one network, whose durations and voice are drawn from a prior.

Source: Kim et al., "Conditional Variational Autoencoder with Adversarial Learning for End-to-End Text-to-Speech", ICML
2021; the authors' weights for LJSpeech in transformers' classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput, one_line
from bench.pretrained import Pretrained
from bench.system import Generate

from . import _espeak
from ._batches import Tensor, generators, waveforms
from ._loading import network, quiet

VOCABULARY = "vocab.json"
BLANK = 0  # stands before, between and after phonemes


@dataclass(frozen=True, kw_only=True)
class Vits(Pretrained):
    """VITS. It speaks a clip's transcription, each by itself, for as long as that takes; the defaults are the authors'.

    Attributes:
        noise_scale: standard deviation of what is drawn from the prior, over the prior's own; 0 for its mean.
        noise_scale_duration: the same for how long phonemes last; 0 for an even rhythm.
        speaking_rate: how much faster it speaks than it would.
    """

    checkpoint: str = "kakao-enterprise/vits-ljs"
    rate: int = 22_050
    noise_scale: float = 0.667
    noise_scale_duration: float = 0.8
    speaking_rate: float = 1.0

    packages: ClassVar[tuple[str, ...]] = (*Pretrained.packages, "phonemizer")
    extra: ClassVar[str] = "tts"
    decides_length: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse settings that make no sense, and half precision, in which the library miscounts the audio's frames."""
        for name, value in (("noise_scale", self.noise_scale), ("noise_scale_duration", self.noise_scale_duration)):
            if not 0 <= value < math.inf:
                raise BadInput(f"{name} is {value}, but must be at least 0")
        if not 0 < self.speaking_rate < math.inf:
            raise BadInput(f"speaking_rate is {self.speaking_rate}, but must be above 0")
        if self.dtype != "float32":
            raise BadInput(f"dtype is {self.dtype}, but must be float32: this network counts frames in it")

    def lacks(self) -> str:
        """The program that turns text into phonemes."""
        return _espeak.lacking()

    def load(self, device: str) -> Generate:
        """Load tokenizer and network.

        Raises:
            BadInput: the checkpoint is no VITS, has several voices, or makes audio at another rate.
            NotEvaluable: there is no espeak-ng, or the checkpoint is not here and can't be downloaded.
        """
        _espeak.ready()
        voice = speaking(self, device)

        def generate(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform | Exception]:
            # One by one: the library draws a batch's noise in one go, and how much depends on the longest clip.
            return [spoken(voice, clip, generator) for clip, generator in zip(clips, generators(seeds), strict=True)]

        return generate


class Voice(NamedTuple):
    """A loaded checkpoint.

    Attributes:
        numbers: gives those of a text's phonemes, with blanks; nothing for a text without any.
        model: the network.
        device: where it is.
    """

    numbers: Callable[[str], list[int]]
    model: Any
    device: str


def speaking(system: Vits, device: str) -> Voice:
    """What speaks with the weights of a system's checkpoint, a folder in transformers' layout.

    Raises:
        BadInput: it is none, not whole, or not what the system says of it.
    """
    from transformers import VitsModel

    folder = system.obtain()
    model = network(VitsModel, folder, system.dtype)
    config = model.config
    if config.num_speakers > 1:
        raise BadInput(
            f"checkpoint {system.checkpoint} has {config.num_speakers} voices, and only one can be used here"
        )
    if config.sampling_rate != system.rate:
        raise BadInput(f"rate is {system.rate} Hz, but checkpoint {system.checkpoint} makes {config.sampling_rate} Hz")
    model.noise_scale, model.noise_scale_duration = system.noise_scale, system.noise_scale_duration
    model.speaking_rate = system.speaking_rate
    if system.compile:
        model.decoder.compile(dynamic=True)
    return Voice(numbering(folder, config.vocab_size), model.to(device), device)


def numbering(folder: Path, known: int) -> Callable[[str], list[int]]:
    """What gives the numbers of a text's phonemes.

    Args:
        folder: has a tokenizer in transformers' layout.
        known: how many phonemes the network has embeddings for.

    Raises:
        BadInput: there is no tokenizer, or it is another network's.
    """
    from transformers import VitsTokenizer

    if not (folder / VOCABULARY).is_file():
        raise BadInput(f"no vocabulary in {folder.name}: it has no {VOCABULARY}")
    with quiet():
        try:
            tokenizer: Any = VitsTokenizer.from_pretrained(folder)
        except (OSError, ValueError, AttributeError) as error:
            raise BadInput(f"no vocabulary in {folder.name}: {one_line(error)}") from error
    vocabulary = tokenizer.encoder
    if (largest := max(vocabulary.values())) >= known:
        raise BadInput(f"{VOCABULARY} of {folder.name} numbers {largest + 1} phonemes, but its network knows {known}")

    def numbers(text: str) -> list[int]:
        symbols, _ = tokenizer.prepare_for_tokenization(text)
        # The library numbers what is not in the vocabulary, such as a bracket, beyond the network's embeddings.
        found = [vocabulary[symbol] for symbol in symbols if symbol in vocabulary]
        if not any(symbol.isalnum() for symbol in symbols if symbol in vocabulary):
            return []
        return blanked(found) if tokenizer.add_blank else found

    return numbers


def blanked(numbers: Sequence[int]) -> list[int]:
    """Phonemes with a blank before, between and after them.

    >>> blanked([7, 8])
    [0, 7, 0, 8, 0]
    """
    return [BLANK, *(number for each in numbers for number in (each, BLANK))]


def spoken(voice: Voice, clip: Clip, generator: Any) -> Waveform | ValueError:
    """The waveform (samples,) of a clip's transcription, or why there is none."""
    import torch

    text = (clip.transcription or "").strip()
    if not text:
        return ValueError(f"clip {clip.id!r} has no transcription to speak")
    numbers = voice.numbers(text)
    if not numbers:
        return ValueError(f"clip {clip.id!r} has a transcription without anything to speak: {text[:60]!r}")
    ids = torch.tensor([numbers], device=voice.device)
    with torch.inference_mode(), drawing()(generator):
        return waveforms(voice.model(ids, return_dict=True).waveform)[0]


@cache
def drawing() -> Callable[[Any], AbstractContextManager[Any]]:
    """A context: inside, ``torch.randn`` and ``torch.randn_like`` draw from a generator on the CPU.

    The library's class draws the noise of durations from torch's own generator on the CPU, and that of the voice from
    the device's, in the order of its memory; it can't be given a generator. Here it is the order of the elements. The
    class is made once: to torch's compiler another class would be another program.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    class Drawing(TorchFunctionMode):
        def __init__(self, generator: Any) -> None:
            super().__init__()
            self.generator = generator

        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Tensor:
            options = dict(kwargs or {})
            if function is torch.randn:
                device = options.pop("device", None)
                return torch.randn(*args, **options, generator=self.generator).to(device or "cpu")
            if function is torch.randn_like:
                return torch.randn(args[0].shape, generator=self.generator).to(args[0])
            return function(*args, **options)

    return Drawing


SYSTEMS = {"vits": Vits()}
