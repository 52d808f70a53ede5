"""Recordings and captions by formula, on which implementations are compared: every kind that front ends treat apart."""

from __future__ import annotations

import numpy as np

from bench.audio import Sound, Waveform


def noise(seed: int, samples: int, level: float = 0.5) -> Waveform:
    """White noise, shape (samples,), uniform within the level."""
    return np.random.Generator(np.random.PCG64(seed)).uniform(-level, level, samples).astype(np.float32)


def sines(rate: int, samples: int, *hertz: float) -> Waveform:
    """A sum of sines, shape (samples,), each at 0.25."""
    angles = 2.0 * np.pi * np.arange(samples)[:, None] * np.array(hertz) / rate
    return np.asarray(0.25 * np.sin(angles).sum(axis=1), np.float32)


def clicks(rate: int, samples: int) -> Waveform:
    """Four single samples a second, shape (samples,), each softer than the one before."""
    wave = np.zeros(samples, np.float32)
    heard = wave[rate // 10 :: rate // 4]
    heard[:] = 0.9 ** np.arange(len(heard))
    return wave


def swelling(seed: int, rate: int, samples: int) -> Waveform:
    """Noise that swells and ebbs five times in two seconds, shape (samples,)."""
    swell = 0.5 - 0.5 * np.cos(2.0 * np.pi * 2.5 * np.arange(samples) / rate)
    return (noise(seed, samples) * swell).astype(np.float32)


def specimens() -> dict[str, Sound]:
    """Recordings by name: 0.3 to 10.24 s long, 8 to 44.1 kHz, one silent, one off centre, one with two channels.

    Their order puts unlike kinds five apart, as scores compare the first five with the last.
    """
    waves = {
        "noise": (noise(1, 32_000), 16_000),
        "sines": (sines(16_000, 40_000, 220.0, 1_000.0, 5_500.0), 16_000),
        "clicks": (clicks(8_000, 24_000), 8_000),
        "short": (noise(2, 4_800), 16_000),
        "long": (swelling(3, 16_000, 163_840), 16_000),
        "low-rate": (noise(4, 24_000, level=0.05), 8_000),
        "silence": (np.zeros(16_000, np.float32), 16_000),
        "off-centre": (0.25 + sines(16_000, 33_000, 440.0), 16_000),
        "high-rate": (swelling(5, 44_100, 110_250), 44_100),
    }
    mono = {name: Sound(wave[:, None].astype(np.float32), rate) for name, (wave, rate) in waves.items()}
    left = sines(44_100, 451_584, 330.0, 3_300.0) + noise(6, 451_584, level=0.01)
    return {**mono, "stereo": Sound(np.stack([left, noise(7, 451_584)], axis=1), 44_100)}


CAPTIONS = (
    "Hello world",
    "A dog barks in the rain",
    "",
    "the piano",
    "A man gives a speech and the crowd applauds.",
    "Straßenbahn – クラクション",
    "a",
    "  two blanks before and behind  ",
    "Techno at 128 BPM!",
    "A woman speaks while a car passes by, then a door is closed; " * 12,  # more tokens than any front end takes
)
"""One caption a specimen."""
