"""Foley: a synthesizer that plays what a caption's words call for.

The embedded default system. It has nothing to download and computes on any CPU in milliseconds, so that everybody can
render the same reference, and a rendering at another seed as upper anchor, before any model is installed. It
understands the words of the tables in ``_recipes.py`` and no others.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import PCG64, Generator

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput
from bench.system import Generate, System

from ._phones import spoken
from ._recipes import Layer, layers, pace
from ._scene import Scene
from ._synth import Wave, band, filtered, room, samples, unit

LEVEL = 0.5  # peak of what is neither loud nor soft
SOFTEST, LOUDEST = 0.08, 0.9
SLOWEST_RATE, FASTEST_RATE = 8_000, 96_000  # Hz: speech and drums need 4 kHz of bandwidth


@dataclass(frozen=True, kw_only=True)
class Foley(System):
    """Procedural sounds, music and speech-like voices from the words of a caption."""

    accelerated: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse a rate at which nothing would sound as it should."""
        if not SLOWEST_RATE <= self.rate <= FASTEST_RATE:
            raise BadInput(f"rate {self.rate}: foley renders at {SLOWEST_RATE} to {FASTEST_RATE} Hz")

    def load(self, device: str) -> Generate:  # noqa: ARG002 - the CPU, whatever the device
        """Nothing to load."""

        def generate(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
            return [render(clip, seed, self.rate) for clip, seed in zip(clips, seeds, strict=True)]

        return generate


def render(clip: Clip, seed: int, rate: int) -> Waveform:
    """One clip, shape (n,): its layers, summed, at a level that its words decide.

    Raises:
        ValueError: the caption has no known word.
    """
    found = layers(clip.text)
    # The text is part of the seed, so that two captions with the same recipe are still two recordings.
    rng = Generator(PCG64([seed, zlib.crc32(clip.text.encode())]))
    n = samples(clip, rate)
    words = clip.transcription or spoken(clip.text)
    scene = Scene(rng=rng, rate=rate, n=n, text=clip.text, words=words, pace=pace(found))
    mix = np.zeros(n)
    for layer in found:
        mix += play(layer, scene)
    mix = unit(filtered(mix, rate, band(25, np.inf)))
    loudest = max(layer.manner.gain for layer in found)
    level = float(np.clip(LEVEL * loudest * rng.uniform(0.95, 1.05), SOFTEST, LOUDEST))
    return (level * mix).astype(np.float32)


def play(layer: Layer, scene: Scene) -> Wave:
    """One layer with its gain as peak; from afar, the high frequencies are gone and the echo is long."""
    wave = unit(layer.instrument(dataclasses.replace(scene, manner=layer.manner)))
    if np.isfinite(layer.manner.cutoff):
        wave = filtered(wave, scene.rate, band(0, layer.manner.cutoff))
        wave = unit(room(scene.rng, wave, scene.rate, 1.0, 0.3))
    return layer.manner.gain * wave


SYSTEMS = {"foley": Foley()}
