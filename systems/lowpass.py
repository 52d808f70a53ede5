"""The low-pass anchor of listening tests: the reference without its high frequencies.

Source: ITU-R BS.1534-3 (MUSHRA), whose low anchor is the reference through a 3.5 kHz low-pass. This one is flat within
0.1 dB up to the cutoff and more than 50 dB down from 9/7 of it, 4.5 kHz, on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.audio import FULL_SCALE, Waveform, decode, mono
from bench.clip import Clip
from bench.errors import BadInput
from bench.system import Generate, System

from ._synth import Wave, filtered, fitted, samples

STOP = 8 / 7  # stop band over cutoff: 4 kHz for 3.5 kHz


@dataclass(frozen=True, kw_only=True)
class Lowpass(System):
    """A clip's reference through a steep linear-phase low-pass.

    Attributes:
        cutoff: the end of the pass band in Hz; the stop band begins at 8/7 of it.
    """

    cutoff: float = 3500.0

    accelerated: ClassVar[bool] = False
    reads_reference: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse a cutoff that no signal at this rate has."""
        if not 0 < self.cutoff < self.rate / 2:
            raise BadInput(
                f"cutoff {self.cutoff} Hz is outside 0 to {self.rate / 2:g} Hz, half the rate (both exclusive)"
            )

    def load(self, device: str) -> Generate:  # noqa: ARG002 - the CPU, whatever the device
        """Nothing to load."""

        def generate(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:  # noqa: ARG001 - nothing is random
            return [lowpass(clip, self.rate, self.cutoff) for clip in clips]

        return generate


def lowpass(clip: Clip, rate: int, cutoff: float) -> Waveform:
    """A clip's reference, mono at ``rate``, without what lies above the cutoff; as long as the clip says or as it is.

    Raises:
        ValueError: the clip has no reference.
        Unreadable: the reference can't be decoded.
    """
    if clip.reference is None:
        raise ValueError(f"clip {clip.id!r} has no reference to low-pass: this anchor needs a suite with recordings")
    reference = mono(decode(clip.reference), rate).astype(np.float64)
    wave = filtered(reference, rate, lambda f: roll_off(f, cutoff, min(STOP * cutoff, rate / 2)))
    # A filter can raise the peak of a recording near full scale: turned down that little, it is not clipped on disk.
    wave *= min(1.0, FULL_SCALE / max(float(np.abs(wave).max(initial=0.0)), 1e-12))
    return fitted(wave, len(wave) if clip.seconds is None else samples(clip, rate)).astype(np.float32)


def roll_off(frequency: Wave, cutoff: float, stop: float) -> Wave:
    """Gain 1 up to the cutoff, 0 from ``stop`` on, a raised cosine between, so that the filter rings only briefly.

    >>> [round(float(gain), 3) for gain in roll_off(np.array([3500.0, 3750.0, 4000.0]), 3500.0, 4000.0)]
    [1.0, 0.5, 0.0]
    """
    return 0.5 + 0.5 * np.cos(np.pi * np.clip((frequency - cutoff) / (stop - cutoff), 0, 1))


SYSTEMS = {"lowpass": Lowpass()}
