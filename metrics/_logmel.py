"""Log-mel features: the front end of VGGish (Hershey et al. 2017, arXiv:1609.09430), averaged; no weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.audio import Waveform
from bench.embedder import Embed, Embedder, Rows
from bench.stats import Floats

RATE = 16_000  # Hz
WINDOW, HOP, FFT = 400, 160, 512  # samples: 25 ms, 10 ms
BANDS, LOWEST, HIGHEST = 64, 125.0, 7500.0  # mel bands and their range in Hz
OFFSET = 0.01  # added before the logarithm, so that silence is finite
FRAMES_PER_ROW = 24  # 0.24 s: longer than a frame's flicker, shorter than an event


def mel(hertz: Floats) -> Floats:
    """The HTK mel scale.

    >>> round(float(mel(np.array(1000.0))), 2)
    999.99
    """
    return np.asarray(1127.0 * np.log1p(hertz / 700.0))


def mel_bank() -> Floats:
    """Triangles on the mel scale, shape (257, 64): linear in mel, unit height, nothing from the DC bin.

    Source: TensorFlow models, ``mel_features.py`` of AudioSet VGGish, ``spectrogram_to_mel_matrix``.
    """
    bins = mel(np.linspace(0.0, RATE / 2, FFT // 2 + 1))[:, None]
    edges = np.linspace(mel(np.array(LOWEST)), mel(np.array(HIGHEST)), BANDS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    bank = np.maximum(0.0, np.minimum((bins - lower) / (centre - lower), (upper - bins) / (upper - centre)))
    bank[0] = 0.0
    return np.asarray(bank)


def log_mel(wave: Waveform) -> Floats:
    """Natural log of mel-weighted magnitudes, shape (frames, 64), in float64; no padding.

    Args:
        wave: shape (n,) at 16 kHz, n of 400 or more.
    """
    frames = np.lib.stride_tricks.sliding_window_view(wave.astype(np.float64), WINDOW)[::HOP]
    periodic_hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(WINDOW) / WINDOW)
    magnitude = np.abs(np.fft.rfft(frames * periodic_hann, FFT))
    return np.asarray(np.log(magnitude @ mel_bank() + OFFSET))


@dataclass(frozen=True, kw_only=True)
class LogMel(Embedder):
    """Means of 64 log-mel bands over 0.24 s: one row for each 24 frames, an incomplete rest dropped."""

    name: str = "logmel"
    rate: int = RATE
    dimension: int = BANDS

    accelerated: ClassVar[bool] = False  # arithmetic this small stays on the CPU

    def load(self, device: str) -> Embed:  # noqa: ARG002
        """Nothing to load; clips are embedded one by one, so a clip's features never depend on its batch."""
        return _embed


def _embed(waves: Sequence[Waveform]) -> list[Rows]:
    return [_rows(wave) for wave in waves]


def _rows(wave: Waveform) -> Rows:
    """One clip's rows, (k, 64) in float32; a clip shorter than a row is padded with silence to one."""
    shortest = WINDOW + (FRAMES_PER_ROW - 1) * HOP
    frames = log_mel(np.pad(wave, (0, max(0, shortest - len(wave)))))
    whole = len(frames) // FRAMES_PER_ROW * FRAMES_PER_ROW
    means: Floats = frames[:whole].reshape(-1, FRAMES_PER_ROW, BANDS).mean(axis=1)
    return means.astype(np.float32)


LOGMEL = LogMel()
EMBEDDERS: dict[str, Embedder] = {"logmel": LOGMEL}
