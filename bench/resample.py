"""The papers' resampler: a windowed sinc with torchaudio's defaults, for numbers that must equal published ones.

It is not clean. Its filter is short, so that from 44.1 to 16 kHz a tone of 8.4 kHz comes back as one of 7.6 kHz only
9.8 dB below what it was (soxr HQ: -144 dB), and 5 kHz is off by -46 dB. Yet FAD and KL of AudioLDM and of what
followed were measured behind it, and they move with the resampler; for work of one's own soxr HQ stays the choice.

Sources: J. O. Smith, Digital Audio Resampling (https://ccrma.stanford.edu/~jos/resample/), "Theory of Ideal
Bandlimited Interpolation" and after; torchaudio's documentation of ``torchaudio.functional.resample``, whose
defaults these are.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
CROSSINGS = 6  # zero crossings of the sinc on each side: lowpass_filter_width
LARGEST = 1 << 28  # numbers that filters may have, 1 GiB: a pair of rates without common divisor takes as many
ROLLOFF = 0.99  # cut-off as a share of the lower Nyquist frequency


def sinc_resample(wave: Samples, rate: int, new_rate: int) -> Samples:
    """A waveform at another rate, as ``torchaudio.functional.resample`` gives it.

    Args:
        wave: shape (n,); silence is assumed before and after it.
        rate: its sampling rate in Hz.
        new_rate: the rate wanted, in Hz.

    Returns:
        Shape (ceil(n * new_rate / rate),); the waveform itself where the rates are equal.

    Raises:
        ValueError: a rate below 1 Hz, or two that have hardly a divisor in common.

    >>> sinc_resample(np.ones(441, np.float32), 44_100, 16_000).shape
    (160,)
    """
    if min(rate, new_rate) < 1:
        raise ValueError(f"can't resample from {rate} to {new_rate} Hz: rates are 1 Hz or more")
    if rate == new_rate:
        return wave
    import torch

    common = math.gcd(rate, new_rate)
    old, new = rate // common, new_rate // common
    if new * (2 * reach(old, new) + old) > LARGEST:
        raise ValueError(
            f"from {rate} to {new_rate} Hz the papers' filters take gigabytes: hear it through soxr instead"
        )
    padded = np.pad(wave, (reach(old, new), reach(old, new) + old))
    phases = torch.conv1d(torch.from_numpy(padded)[None], torch.from_numpy(kernel(old, new)), stride=old)
    resampled: Samples = phases.T.reshape(-1)[: -(-len(wave) * new // old)].numpy()
    return resampled


def reach(old: int, new: int) -> int:
    """How many old samples the filter sees on each side."""
    return math.ceil(CROSSINGS * old / (ROLLOFF * min(old, new)))


@functools.cache
def kernel(old: int, new: int) -> Samples:
    """The filters, shape (new, 1, 2 reach + old): one for each place that a new sample can have among the old ones.

    Computed in single precision and in torchaudio's order, because its rounding is part of what is to be equalled:
    from 44.1 to 32 kHz exact filters would give samples 3e-5 away from it.

    Args:
        old: the old rate, reduced by the common divisor, as is ``new``.
        new: the new rate.
    """
    import torch

    cutoff = ROLLOFF * min(old, new)  # twice the cut-off frequency, in units of rate / old
    around = torch.arange(-reach(old, new), reach(old, new) + old, dtype=torch.float32) / old
    places = -torch.arange(new, dtype=torch.float32)[:, None] / new
    crossings = ((places + around) * cutoff).clamp(-CROSSINGS, CROSSINGS)
    hann = torch.cos(crossings * math.pi / CROSSINGS / 2) ** 2
    filters: Samples = (torch.sinc(crossings) * (hann * (cutoff / old)))[:, None].numpy()
    return filters
