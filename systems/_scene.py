"""What an instrument is told: how long, with which randomness, of which text, and in what manner."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from numpy.random import PCG64, Generator

from ._synth import Wave, clock


@dataclass(frozen=True, kw_only=True)
class Timbre:
    """How a musical instrument sounds.

    Attributes:
        partials: amplitudes of the harmonics from the first.
        attack: seconds to full level.
        release: seconds from the note's end to silence.
        damping: decay of the first harmonic in nepers per second; the k-th decays k times as fast.
        vibrato: depth in semitones of a 5.5 Hz vibrato.
        breath: share of noise.
    """

    partials: tuple[float, ...]
    attack: float = 0.005
    release: float = 0.08
    damping: float = 0.0
    vibrato: float = 0.0
    breath: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Voice:
    """Who speaks: the mean pitch in Hz, and the formants as multiples of a man's (a shorter tract has higher ones)."""

    pitch: float = 115.0
    tract: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How something is done: factors on level, tempo and pitch, how far the sound travels, and who plays or speaks.

    Attributes:
        gain: amplitude factor.
        tempo: factor on the rate of events.
        pitch: factor on frequency; music rounds it to octaves.
        cutoff: Hz above which air and walls have taken the sound away; infinite for a near one.
        voice: the speaker, where one is named.
        timbre: the musical instrument, where one is named.
    """

    gain: float = 1.0
    tempo: float = 1.0
    pitch: float = 1.0
    cutoff: float = float("inf")
    voice: Voice | None = None
    timbre: Timbre | None = None

    def __add__(self, other: Manner) -> Manner:
        """Both manners at once; of two speakers or musical instruments the first one named."""
        return Manner(
            gain=self.gain * other.gain,
            tempo=self.tempo * other.tempo,
            pitch=self.pitch * other.pitch,
            cutoff=min(self.cutoff, other.cutoff),
            voice=self.voice or other.voice,
            timbre=self.timbre or other.timbre,
        )


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What an instrument is told.

    Attributes:
        rng: what varies from one performance to the next; its state advances.
        rate: Hz.
        n: samples wanted.
        text: the caption; music is composed from it.
        words: what is spoken, if anybody speaks.
        pace: the factor on tempo that all who make music in this clip share, or they would drift apart.
        manner: how.
    """

    rng: Generator
    rate: int
    n: int
    text: str
    words: str
    pace: float = 1.0
    manner: Manner = Manner()

    @property
    def tempo(self) -> float:
        """The factor on the rate of events."""
        return self.manner.tempo

    @property
    def pitch(self) -> float:
        """The factor on frequency."""
        return self.manner.pitch

    @property
    def seconds(self) -> float:
        """The length."""
        return self.n / self.rate

    @property
    def time(self) -> Wave:
        """The time of each sample in seconds, shape (n,)."""
        return clock(self.n, self.rate)

    def composer(self) -> Generator:
        """Randomness that belongs to the text: what is written down and not performed anew, such as a tune."""
        return Generator(PCG64(zlib.crc32(self.text.encode())))


Instrument = Callable[[Scene], Wave]
"""Takes a scene, gives a wave (n,) of any level."""
