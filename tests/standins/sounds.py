"""What stand-in programs share: noise that depends on a text and on numpy's global seed, and a WAV writer."""

from __future__ import annotations

import wave
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]


def noise(text: str, n: int, seed: int | None = None) -> Samples:
    """Noise (n,) whose level the text decides; without a seed, whatever numpy's generator gives next."""
    if seed is not None:
        np.random.seed(seed)
    return (0.05 + zlib.crc32(text.encode()) % 100 / 1000) * np.random.normal(0, 1, n)


def save(path: Path, samples: Any, rate: int) -> None:
    """Write samples (n,) or (n, channels) with 16 bits."""
    data = np.asarray(samples)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if data.ndim == 1 else data.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(np.clip(data, -1, 1) * 32767).astype("<i2").tobytes())
