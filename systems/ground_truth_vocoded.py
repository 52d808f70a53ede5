"""Vocoded ground truth: each reference as a mel spectrogram, turned back into sound by AudioLDM's HiFi-GAN.

What is lost on the way no system can do better that ends in this vocoder: AudioLDM, AudioLDM 2, TANGO.

Paper: Kong et al., HiFi-GAN: Generative Adversarial Networks for Efficient and High Fidelity Speech Synthesis (2020,
arXiv:2010.05646); the row "GT (vocoded)" of tables of text-to-speech.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from bench.audio import Waveform, decode, resample
from bench.clip import Clip
from bench.errors import BadInput
from bench.pretrained import Pretrained
from bench.system import Generate

from ._logmel64 import BANDS, RATE, log_mel
from ._pipelines import part
from ._synth import fitted, samples


@dataclass(frozen=True, kw_only=True)
class GroundTruthVocoded(Pretrained):
    """A clip's reference through mel spectrogram and vocoder, at 16 kHz; of the checkpoint only the vocoder is used."""

    checkpoint: str = "cvssp/audioldm-m-full"

    reads_reference: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse a rate that the spectrogram's constants are not for."""
        if self.rate != RATE:
            raise BadInput(f"rate is {self.rate} Hz, but this vocoder makes {RATE} Hz")

    def load(self, device: str) -> Generate:
        """Load the vocoder.

        Raises:
            BadInput: the checkpoint has none, or one for other spectrograms.
        """
        vocoder = hifi_gan(self.obtain(), self.dtype).to(device)
        if self.compile:
            vocoder.compile()

        def generate(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform | Exception]:  # noqa: ARG001 - nothing is random
            return [one(vocoder, clip) for clip in clips]

        return generate


def one(vocoder: Any, clip: Clip) -> Waveform | Exception:
    """A clip's reference as the vocoder makes it, or why it can't be had."""
    try:
        wave = heard(clip)
    except ValueError as error:  # unreadable, or not there
        return error
    return vocoded(vocoder, wave)


def hifi_gan(folder: Path, dtype: str) -> Any:
    """The vocoder of a checkpoint in diffusers' layout.

    Raises:
        BadInput: it has none, or one for other spectrograms.
    """
    from transformers import SpeechT5HifiGan

    vocoder = part(SpeechT5HifiGan, folder, "vocoder", dtype)
    found = vocoder.config.model_in_dim, vocoder.config.sampling_rate
    if found != (BANDS, RATE):
        raise BadInput(
            f"the vocoder of {folder.name} takes {found[0]} bands and makes {found[1]} Hz, "
            f"but must take {BANDS} bands and make {RATE} Hz"
        )
    return vocoder


def heard(clip: Clip) -> Waveform:
    """A clip's reference, its first channel at 16 kHz, as long as the clip says or as it is.

    Raises:
        ValueError: the clip has no reference.
        Unreadable: the reference can't be decoded.
    """
    if clip.reference is None:
        raise ValueError(f"clip {clip.id!r} has no reference to vocode: this row needs a suite with recordings")
    sound = decode(clip.reference)
    wave = resample(np.ascontiguousarray(sound.samples[:, 0]), sound.rate, RATE, "soxr-hq")
    length = len(wave) if clip.seconds is None else samples(clip, RATE)
    return fitted(wave.astype(np.float64), length).astype(np.float32)


def vocoded(vocoder: Any, wave: Waveform) -> Waveform:
    """A waveform (n,) at 16 kHz as the vocoder makes it of its spectrogram, shape (n,)."""
    import torch

    with torch.inference_mode():
        mel = log_mel(wave).to(vocoder.device, vocoder.dtype)
        made: Waveform = vocoder(mel[None]).flatten()[: len(wave)].float().cpu().numpy()
    return made


SYSTEMS = {"ground-truth-vocoded": GroundTruthVocoded()}
