"""A checkpoint that samples step by step, its degradations, and runs of both, for measuring how often the gate errs.

The checkpoint turns noise into a clip by Euler steps of the probability-flow equation of a diffusion (Karras et al.
2022, arXiv:2206.00364), with the ideal denoiser of a Gaussian whose spectrogram is that of the demo's synthesizer. With
fewer steps its spectra are off, as a network's are; with another seed both the noise and the recording are others.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.audio import Waveform
from bench.clip import Clip
from bench.progress import Reporter
from bench.run import Options, run
from bench.suites import datasets_folder, load_suite
from bench.system import Generate, System
from bench.systems.foley import render

WINDOW, HOP = 512, 128
LOUDEST, SOFTEST, RHO = 30.0, 0.02, 7.0  # noise levels from first to last, and how they are spaced


@dataclass(frozen=True, kw_only=True)
class Checkpoint(System):
    """The checkpoint.

    Attributes:
        steps: of the sampler.
        cutoff: the end of its band in Hz.
        gain: of its amplitude.
        silent: share of its clips that come out silent.
    """

    steps: int = 16
    cutoff: float = 8000.0
    gain: float = 1.0
    silent: float = 0.0

    accelerated: ClassVar[bool] = False

    def load(self, device: str) -> Generate:
        """Nothing to load."""

        def generate(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
            return [self.clip(clip, seed) for clip, seed in zip(clips, seeds, strict=True)]

        return generate

    def clip(self, clip: Clip, seed: int) -> Waveform:
        """One clip."""
        generator = np.random.default_rng(seed)
        target = wanted(clip, seed, self.rate)
        noise = generator.normal(size=(2, *target.shape))
        made = sampled(np.abs(target) ** 2, LOUDEST * (noise[0] + 1j * noise[1]) / np.sqrt(2.0), self.steps)
        made[:, np.arange(made.shape[1]) * self.rate / WINDOW > self.cutoff] = 0.0
        wave = self.gain * signal(made, round((clip.seconds or 1.0) * self.rate))
        return (wave * (generator.random() >= self.silent)).astype(np.float32)


@lru_cache(maxsize=256)  # checkpoints of one seed want the same, whatever comes of it
def wanted(clip: Clip, seed: int, rate: int) -> NDArray[np.complex128]:
    """The spectra of the recording that the sampler is after."""
    return spectrum(render(clip, seed, rate).astype(np.float64))


def sampled(power: NDArray[np.float64], noise: NDArray[np.complex128], steps: int) -> NDArray[np.complex128]:
    """Euler steps from noise to spectra with an expected power, of which the ideal denoiser is Wiener's filter."""
    ends = LOUDEST ** (1 / RHO), SOFTEST ** (1 / RHO)
    levels = [*np.linspace(*ends, steps) ** RHO, 0.0]
    for level, lower in itertools.pairwise(levels):
        noise = noise + (lower - level) / level * (noise - noise * power / (power + level**2))
    return noise


def _window() -> NDArray[np.float64]:
    return np.hanning(WINDOW + 1)[:-1]


def spectrum(wave: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Short-time spectra (frames, bins)."""
    padded = np.pad(wave, (WINDOW // 2, WINDOW // 2 + (-len(wave)) % HOP))
    return np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * _window())


def signal(spectra: NDArray[np.complex128], samples: int) -> NDArray[np.float64]:
    """The wave whose short-time spectra are nearest to those given (Griffin and Lim 1984, equation 6)."""
    frames = np.fft.irfft(spectra, WINDOW) * _window()
    wave, weight = np.zeros((2, (len(frames) - 1) * HOP + WINDOW))
    for first in range(WINDOW // HOP):
        part = frames[first :: WINDOW // HOP]
        place = slice(first * HOP, first * HOP + part.size)
        wave[place] += part.ravel()
        weight[place] += np.tile(_window() ** 2, len(part))
    return (wave / np.maximum(weight, 1e-8))[WINDOW // 2 :][:samples]


SOUND = Checkpoint()
RARE = Checkpoint(silent=0.005)  # as sound as any that now and then fails a clip
DEGRADED = {
    "low-passed": Checkpoint(cutoff=3500.0),
    "6 dB quieter": Checkpoint(gain=0.5),
    "half the steps": Checkpoint(steps=SOUND.steps // 2),
    "5 % silent clips": Checkpoint(silent=0.05),
}


def card(folder: Path, takes: int, seconds: float) -> Path:
    """A suite of the demo's 24 captions, each so many times; every take is a recording of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    with (datasets_folder() / "demo.csv").open(encoding="utf-8", newline="") as file:
        captions = [(row["id"], row["caption"]) for row in csv.DictReader(file)]
    with (folder / "takes.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "caption"])
        rows.writerows([f"{name}-{take}", f"{text}, number {take}"] for take in range(takes) for name, text in captions)
    path = folder / "takes.yaml"
    path.write_text(
        f"title: Takes\nversion: 1\ntask: text-to-audio\ncaptions: takes.csv\nseconds: {seconds}\n"
        "reference: {system: foley, seed: -1}\nmetrics: [fad-logmel, lsd-logmel]\n",
        encoding="utf-8",
    )
    return path


def made(system: Checkpoint, suite: Path, seed: int, folder: Path) -> Path:
    """A run of a checkpoint at a seed, as ``bench run`` makes it; the folder of its record."""
    options = Options(seed=seed, device="cpu", max_failures=1000, out=folder / "runs", results=folder / "results")
    outcome = run("checkpoint", system, load_suite(str(suite)), options, Reporter(quiet=True))
    assert not outcome.problems, outcome.problems
    return outcome.folder
