"""AudioLDM 2: audio, music and speech by latent diffusion, conditioned on a language of audio that GPT-2 writes.

Paper: Liu et al., AudioLDM 2: Learning Holistic Audio Generation with Self-supervised Pretraining (2023,
arXiv:2308.05734). Code: haoheliu/AudioLDM2, run here through diffusers' pipeline; ``preset`` says as which of the two.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bench.clip import Clip
from bench.digest import digest
from bench.errors import BadInput
from bench.hub import content_digest
from bench.pretrained import OWN_JUDGE
from bench.system import Generate, Standing

from . import _espeak
from ._audioldm2 import is_speech, pipeline
from ._audioldm2_original import tokenizer_folders
from ._audioldm2_sampling import Sampler
from ._presets import LatentDiffusion


@dataclass(frozen=True, kw_only=True)
class AudioLDM2(LatentDiffusion):
    """AudioLDM 2, from a folder in diffusers' layout or a file of the original code.

    Attributes:
        negative_prompt: what guidance leads away from; cut to as many tokens as the prompt has, as the library does.
        reranker: the embedder that judges candidates (`bench list embedders`); `own` for the checkpoint's CLAP.
    """

    reranker: str = OWN_JUDGE
    negative_prompt: str = ""

    formats: ClassVar[tuple[str, ...]] = (".pth", ".ckpt")
    written: ClassVar[int | None] = None
    """How many tokens of the language of audio are written; None for as many as the checkpoint says."""
    speaks: ClassVar[bool] = False
    """Whether it speaks a clip's transcription."""

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        super().__post_init__()

    def obtain(self) -> Path:
        """The checkpoint and, of a file, the tokenizers that it lacks, after downloads if need be."""
        path = super().obtain()
        if path.is_file():
            tokenizer_folders(path.parent, speech=self.speaks)
        return path

    @property
    def weights(self) -> str:
        """As of every checkpoint; of a file, with the tokenizers that lie beside it."""
        own = self.own
        beside = [own.parent / name for name in ("tokenizer", "tokenizer_2")] if own and own.is_file() else []
        digests = [content_digest(folder) for folder in beside if folder.is_dir()]
        return f"sha256:{digest([super().weights, *digests])}" if digests else super().weights

    def prompt(self, clip: Clip) -> str:
        """What the network is told of a clip."""
        return clip.text

    def spoken(self, clip: Clip) -> str | None:
        """What it is to speak, if it speaks."""
        return clip.transcription if self.speaks else None

    def fault(self, clip: Clip) -> ValueError | None:
        """Why a clip can't be generated, if it can't."""
        if self.speaks and not (clip.transcription or "").strip():
            return ValueError(f"clip {clip.id!r} has no transcription to speak")
        return None

    def load(self, device: str) -> Generate:
        """Load the checkpoint.

        Raises:
            BadInput: the checkpoint is none of AudioLDM 2, or speaks where this does not, or the other way round, or
                is of another rate.
            NotEvaluable: it is not here and can't be downloaded.
        """
        pipe = pipeline(self.obtain(), self.preset, self.dtype, device, self.scheduler)
        if is_speech(pipe) != self.speaks:
            kind, other = ("a speech", AudioLDM2Speech) if is_speech(pipe) else ("a sound and music", AudioLDM2)
            names = ", ".join(name for name, one in SYSTEMS.items() if type(one) is other)
            raise BadInput(f"checkpoint {self.checkpoint} is {kind} network; what runs such: {names}")
        if (rate := pipe.vocoder.config.sampling_rate) != self.rate:
            raise BadInput(f"rate is {self.rate} Hz, but checkpoint {self.checkpoint} makes {rate} Hz")
        if self.compile:
            pipe.unet.compile()
        return Sampler(self, pipe)


@dataclass(frozen=True, kw_only=True)
class AudioLDM2Speech(AudioLDM2):
    """AudioLDM 2 for speech: speaks a clip's transcription, always for as long as was asked.

    A transcription of more than 310 phonemes is cut off, as it is in the original.

    Attributes:
        speaker: who speaks and how: the prompt of a clip that has none but its transcription.
    """

    speaker: str = "A female reporter is speaking full of emotion"

    packages: ClassVar[tuple[str, ...]] = (*AudioLDM2.packages, "phonemizer")
    extra: ClassVar[str] = "tts"
    written: ClassVar[int | None] = 512  # the checkpoints' configuration says 8, that of the other networks
    speaks: ClassVar[bool] = True

    def lacks(self) -> str:
        """The program that turns text into phonemes."""
        return _espeak.lacking()

    def prompt(self, clip: Clip) -> str:
        """What the network is told of a clip, which is not what it is to speak."""
        return clip.text if clip.text.strip() and clip.text != clip.transcription else self.speaker

    def load(self, device: str) -> Generate:
        """Load the checkpoint, and find what turns text into phonemes."""
        _espeak.ready()
        return super().load(device)


FULL = AudioLDM2(
    checkpoint="cvssp/audioldm2",
    standing=Standing("nearest", "trained on 1,150k hours, says its card on the hub; the paper says 29,510 h"),
)
FULL_LARGE = dataclasses.replace(
    FULL,
    checkpoint="cvssp/audioldm2-large",
    standing=Standing("nearest", "718M parameters and 1,150k hours by its card on the hub; the paper: 712M, 29,510 h"),
)
MUSIC = AudioLDM2(checkpoint="cvssp/audioldm2-music")
LJS = AudioLDM2Speech(
    checkpoint="anhnct/audioldm2_ljspeech",
    standing=Standing("nearest", "a conversion of the authors' LJSpeech file, of which it is not said which row it is"),
)

SYSTEMS = {
    "audioldm2-full": FULL,
    "audioldm2-full-large": FULL_LARGE,
    "audioldm2-music": MUSIC,
    "audioldm2-ac": dataclasses.replace(
        FULL,
        standing=Standing(
            "unreleased", "the row's was trained on AudioCaps; cvssp/audioldm2 runs (haoheliu/AudioLDM2#91)"
        ),
    ),
    "audioldm2-ac-large": dataclasses.replace(
        FULL_LARGE,
        standing=Standing(
            "unreleased", "the row's was trained on AudioCaps; cvssp/audioldm2-large runs (haoheliu/AudioLDM2#91)"
        ),
    ),
    "audioldm2-msd": dataclasses.replace(
        MUSIC,
        standing=Standing("unreleased", "the row's was trained on other music; cvssp/audioldm2-music runs"),
    ),
    "audioldm2-ljs": LJS,
    "audioldm2-gig": dataclasses.replace(
        LJS,
        checkpoint="anhnct/audioldm2_gigaspeech",
        standing=Standing(
            "nearest",
            "in name only: trained on GigaSpeech; the paper's third version has no row of this name, but one trained "
            "there and then on LJSpeech",
        ),
    ),
}
