"""What tests and the scripts behind their golden arrays both make by formula: audio, and weights of networks."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch

from bench.audio import Sound, Waveform


def noise(seed: int, samples: int, level: float = 0.5) -> Waveform:
    """White noise, shape (samples,), uniform within the level."""
    return np.random.Generator(np.random.PCG64(seed)).uniform(-level, level, samples).astype(np.float32)


def sines(rate: int, samples: int, *hertz: float, level: float = 0.3) -> Waveform:
    """A sum of sines, shape (samples,), each of this level."""
    angles = 2.0 * np.pi * np.arange(samples)[:, None] * np.array(hertz) / rate
    return np.asarray(level * np.sin(angles).sum(axis=1), np.float32)


def clicks(rate: int, samples: int) -> Waveform:
    """Four single samples a second, shape (samples,), each softer than the one before."""
    wave = np.zeros(samples, np.float32)
    heard = wave[rate // 10 :: rate // 4]
    heard[:] = 0.9 ** np.arange(len(heard))
    return wave


def swelling(rate: int, samples: int) -> Waveform:
    """Noise that swells and ebbs five times in two seconds, shape (samples,)."""
    swell = 0.5 - 0.5 * np.cos(2.0 * np.pi * 2.5 * np.arange(samples) / rate)
    return (noise(5, samples) * swell).astype(np.float32)


def sounds() -> dict[str, Sound]:
    """The recordings on which networks are compared, by name; samples (n, channels)."""
    waves = {
        "noise": (noise(1, 32_000), 16_000),
        "sines": (sines(16_000, 40_000, 220.0, 1_000.0, 5_500.0), 16_000),
        "silence": (np.zeros(16_000, np.float32), 16_000),
        "clicks": (clicks(8_000, 24_000), 8_000),
        "short": (noise(2, 4_800), 16_000),
        "constant": (np.full(33_000, 0.25, np.float32), 16_000),
        "long": (swelling(16_000, 163_840), 16_000),
        "low-rate": (noise(3, 24_000), 8_000),
        "high-rate": (swelling(44_100, 110_250), 44_100),
    }
    mono = {name: Sound(wave[:, None], rate) for name, (wave, rate) in waves.items()}
    left = sines(44_100, 451_584, 330.0, 3_300.0) + noise(6, 451_584, level=0.01)
    right = noise(4, 451_584)
    return {**mono, "stereo": Sound(np.stack([left, right], axis=1), 44_100)}


def random_weights(seed: int, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """Weights that keep a ReLU network awake, by key: float32 tensors of these shapes.

    Uniform, of He's variance, with small biases. Behind a ReLU all inputs share a mean, in which what they differ by
    would drown; so half of each filter's mean is taken out. All of it would leave sums that cancel, which float32
    rounds ten times as badly.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    weights = {}
    for key, shape in sorted(shapes.items()):
        values = generator.random(shape, dtype=np.float32) - np.float32(0.5)
        if len(shape) > 1:
            inputs = math.prod(shape[1:])
            values -= np.float32(0.5) * values.mean(axis=tuple(range(1, len(shape))), keepdims=True)
            values *= np.float32(2.0 * math.sqrt(6.0 / inputs))
        else:
            values *= np.float32(0.1)
        weights[key] = torch.from_numpy(values)
    return weights


RATES = [
    (old, new) for new in (16_000, 32_000, 48_000) for old in (8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
]


def to_resample(rate: int) -> dict[int, Waveform]:
    """Waveforms to resample, by length: noise about a sine, off centre; one sample, 100, and half a second and some."""
    waves = {}
    for samples in (1, 100, rate // 2 + 7):
        waves[samples] = 0.1 + noise(samples, samples) + sines(rate, samples, 440.0)
    return waves


def excerpt(wave: Waveform) -> Waveform:
    """What is kept of a resampled waveform: all of a short one, else every 37th sample, which meets every phase."""
    return wave if len(wave) <= 600 else wave[::37]
