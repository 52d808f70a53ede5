"""What tests and the scripts behind their golden arrays both make by formula: audio, and weights of networks."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

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


def random_weights(seed: int, shapes: Mapping[str, tuple[int, ...]], *, norms: bool = True) -> dict[str, torch.Tensor]:
    """Weights that keep a network awake, by key: float32 tensors of these shapes; a counter is zero.

    Uniform, of He's variance, with small biases. Behind a ReLU all inputs share a mean, in which what they differ by
    would drown; so half of each filter's mean is taken out. All of it would leave sums that cancel, which float32
    rounds ten times as badly. Scales and variances of norms lie about one, tokens and positions are as large as what
    they are added to.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    weights = {}
    for key, shape in sorted(shapes.items()):
        values = generator.random(shape, dtype=np.float32) - np.float32(0.5)
        if norms and not shape:
            weights[key] = torch.tensor(0)
            continue
        if key.endswith(("_token", "_embed")):
            values *= np.float32(2.0)
        elif len(shape) > 1:
            inputs = math.prod(shape[1:])
            values -= np.float32(0.5) * values.mean(axis=tuple(range(1, len(shape))), keepdims=True)
            values *= np.float32(2.0 * math.sqrt(6.0 / inputs))
        elif norms and key.endswith((".weight", ".running_var")):
            values += np.float32(1.0)
        else:
            values *= np.float32(0.1)
        weights[key] = torch.from_numpy(np.asarray(values))  # a scalar is no array after arithmetic
    return weights


def slaney_bank(rate: int, fft: int, bands: int, lowest: float, highest: float) -> NDArray[np.float64]:
    """librosa's default mel filters, shape (fft // 2 + 1, bands): linear in mel below 1 kHz, each of unit area."""
    base, step = 15.0, math.log(6.4) / 27.0  # of 1 kHz in mel, and of the logarithm above it
    low, high = (
        (15.0 + math.log(hertz / 1000.0) / step) if hertz > 1000.0 else hertz * 0.015 for hertz in (lowest, highest)
    )
    mels = np.linspace(low, high, bands + 2)
    edges = np.where(mels < base, mels / 0.015, 1000.0 * np.exp(step * (mels - base)))
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    bins = np.arange(fft // 2 + 1)[:, None] * rate / fft
    triangles = np.maximum(0.0, np.minimum((bins - lower) / (centre - lower), (upper - bins) / (upper - centre)))
    return np.asarray(triangles * 2.0 / (upper - lower))


def panns_weights(seed: int, shapes: Mapping[str, tuple[int, ...]], rate: int) -> dict[str, torch.Tensor]:
    """Random weights behind the front end of Cnn14's files for a rate, whose decibels they take to about zero."""
    bins, _, window = shapes["spectrogram_extractor.stft.conv_real.weight"]
    turns = np.outer(np.arange(bins), np.arange(window)) % window / window
    waves = np.exp(-2j * np.pi * turns) * (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(window) / window))
    bank = slaney_bank(rate, window, 64, 50.0, 8_000.0 if rate == 16_000 else 14_000.0)
    made = random_weights(seed, shapes)
    for part, values in {"real": waves.real, "imag": waves.imag}.items():
        made[f"spectrogram_extractor.stft.conv_{part}.weight"] = torch.from_numpy(values.astype(np.float32))[:, None]
    made["logmel_extractor.melW"] = torch.from_numpy(bank.astype(np.float32))
    made["bn0.running_mean"] -= 30.0
    made["bn0.running_var"] *= 400.0
    return made


def random_clap(seed: int, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """Weights that keep a transformer awake, by LAION's keys: :func:`random_weights`, but normalisations normalise."""
    weights = random_weights(seed, shapes, norms=False)
    for key, values in weights.items():
        if key.endswith(("norm.weight", "norm1.weight", "norm2.weight", "Norm.weight", "bn0.weight")):
            values += 1.0
        elif key.endswith(("running_mean", "running_var")):  # of decibels
            values *= 200.0
            values += -30.0 if key.endswith("mean") else 400.0
    return weights


def clap_spectrogram() -> dict[str, torch.Tensor]:
    """The front end of LAION's files, computed as torchlibrosa does, whose roundings are part of it."""
    places = np.arange(1024)
    waves = np.power(np.exp(-2.0 * np.pi * 1j / 1024), np.outer(places, places))[:, :513]
    waves *= (0.5 - 0.5 * np.cos(2.0 * np.pi * places / 1024))[:, None]
    parts = {f"spectrogram_extractor.stft.conv_{part}.weight": getattr(waves, part) for part in ("real", "imag")}
    made = {key: torch.from_numpy(values.T.astype(np.float32).copy())[:, None] for key, values in parts.items()}
    bank = slaney_bank(48_000, 1024, 64, 50.0, 14_000.0).astype(np.float32)
    made["logmel_extractor.melW"] = torch.from_numpy(bank)
    return {f"audio_branch.{key}": tensor for key, tensor in made.items()}


CAPTIONS = [
    "Hello world",
    "A dog barks in the rain",
    "",
    "the piano",
    "Straßenbahn – クラクション",
    "A woman speaks while a car passes by, then a door is closed; " * 12,  # more than 512 tokens
]
"""The captions on which text towers are compared."""


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
