"""The log-mel spectrogram that the HiFi-GAN of AudioLDM, AudioLDM 2 and TANGO turns back into sound.

Source: ``TacotronSTFT`` of haoheliu/AudioLDM with the constants of ``default_audioldm_config``: windows of 1024 samples
at a hop of 160, magnitudes (not powers) in 64 slaney mel bands up to 8 kHz, their natural logarithm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.audio import Waveform

from ._batches import Tensor

RATE = 16_000
WINDOW, HOP = 1024, 160  # samples
BANDS = 64
HIGHEST = 8000.0  # Hz
FLOOR = 1e-5  # of a magnitude
KNEE, BELOW, ABOVE = 1000.0, 200.0 / 3.0, float(np.log(6.4)) / 27.0
"""Slaney's scale: up to 1 kHz one mel for 66.7 Hz, beyond it 27 mels for a factor of 6.4."""
SHORTEST = WINDOW // 2 + 1  # samples that can be reflected at both ends


def log_mel(wave: Waveform) -> Tensor:
    """Log magnitudes in mel bands, shape (1 + n // 160, 64) in float32.

    Args:
        wave: shape (n,) at 16 kHz; clipped to ±1, as in the original, and padded at the end to 513 samples.
    """
    import torch

    samples = torch.from_numpy(np.pad(wave, (0, max(0, SHORTEST - len(wave))))).clamp(-1.0, 1.0)
    frames = torch.stft(samples, WINDOW, HOP, window=torch.hann_window(WINDOW), return_complex=True, pad_mode="reflect")
    bank = torch.from_numpy(mel_bank().astype(np.float32))
    return (bank @ frames.abs()).clamp(min=FLOOR).log().T


def mel_bank() -> NDArray[np.float64]:
    """Triangles of area 1 over the frequencies of a spectrum, shape (64, 513), evenly spaced on slaney's mel scale."""
    edges = hertz(np.linspace(mel(0.0), mel(HIGHEST), BANDS + 2))
    places = np.linspace(0.0, RATE / 2, WINDOW // 2 + 1)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (places - low) / (middle - low), (high - places) / (high - middle)
    triangles: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling)) * 2.0 / (high - low)
    return triangles


def mel(frequency: float) -> float:
    """Slaney's mels of a frequency in Hz.

    >>> mel(200.0), round(mel(6400.0), 6)
    (3.0, 42.0)
    """
    return frequency / BELOW if frequency < KNEE else KNEE / BELOW + float(np.log(frequency / KNEE)) / ABOVE


def hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Frequencies in Hz of slaney's mels."""
    knee = KNEE / BELOW
    found: NDArray[np.float64] = np.where(mels < knee, mels * BELOW, KNEE * np.exp(ABOVE * (mels - knee)))
    return found
