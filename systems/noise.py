"""Noise: the lower anchor. It ignores the caption; a metric that likes it is no judge of audio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import PCG64, Generator

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput
from bench.system import Generate, System

from . import _synth

STEEPEST = 12.0  # dB per octave: beyond, all is rumble or hiss
QUIETEST, LOUDEST = -60.0, -16.0  # dBFS: louder, Gaussian peaks would leave full scale


@dataclass(frozen=True, kw_only=True)
class Noise(System):
    """Gaussian noise whose spectral density is a power law of frequency.

    Attributes:
        slope: of the spectral density above 20 Hz, in dB per octave: 0 is white, -3 pink, -6 brown.
        level: RMS in dB of full scale.
    """

    slope: float = -3.0
    level: float = -20.0

    accelerated: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what would be inaudible or clipped."""
        if not -STEEPEST <= self.slope <= STEEPEST:
            raise BadInput(f"slope {self.slope} dB per octave is outside {-STEEPEST:g} to {STEEPEST:g}")
        if not QUIETEST <= self.level <= LOUDEST:
            raise BadInput(f"level {self.level} dBFS is outside {QUIETEST:g} to {LOUDEST:g}")

    def load(self, device: str) -> Generate:  # noqa: ARG002 - the CPU, whatever the device
        """Nothing to load."""

        def generate(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
            return [self.render(clip, seed) for clip, seed in zip(clips, seeds, strict=True)]

        return generate

    def render(self, clip: Clip, seed: int) -> Waveform:
        """One clip of noise, shape (n,), 10 s where the clip does not say; two clips differ by their seeds."""
        rng = Generator(PCG64(seed))
        wave = _synth.noise(rng, _synth.samples(clip, self.rate), self.rate, _synth.sloped(self.slope))
        return (10 ** (self.level / 20) * wave).astype(np.float32)


SYSTEMS = {"noise": Noise()}
