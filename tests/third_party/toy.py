"""A third party's package: a system that fails as it is told to and keeps a log, and a slow metric."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.audio import Waveform
from bench.clip import Clip
from bench.embedder import Embed, Embedder, Rows
from bench.metric import FeatureMetric, Features, Score
from bench.pretrained import Pretrained
from bench.system import Generate, Standing, System


def log(line: str) -> None:
    with Path(os.environ["TOY_LOG"]).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


@dataclass(frozen=True, kw_only=True)
class Toy(System):
    """Noise, one clip at a time.

    Attributes:
        pause: seconds to wait before each clip.
        spoil: ids of clips to spoil, separated by blanks.
        how: what to do to them.
    """

    pause: float = 0.0
    spoil: str = ""
    how: str = "raise"

    def load(self, device: str) -> Generate:
        log(f"load {device}")
        if self.how == "unloadable":
            raise OSError("no checkpoint")
        return self._generate

    def _generate(self, clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
        return [self._one(clip, seed) for clip, seed in zip(clips, seeds, strict=True)]

    def _one(self, clip: Clip, seed: int) -> Waveform:
        time.sleep(self.pause)
        log(f"make {clip.id}")
        n = round((clip.seconds or 1.0) * self.rate)
        wave = np.random.Generator(np.random.PCG64(seed)).normal(0.0, 0.1, n).astype(np.float32)
        # The file named "mended" stands for whatever was wrong having been put right.
        spoilt = clip.id in self.spoil.split() and not Path("mended").exists()
        return self._spoilt(wave) if spoilt else wave

    def _spoilt(self, wave: Waveform) -> Waveform:
        if self.how == "raise":
            raise RuntimeError("the lamp\nwent out")
        changes = {"nan": wave * np.nan, "silent": wave * 0, "short": wave[: len(wave) // 2], "long": np.tile(wave, 2)}
        if self.how == "exit":
            sys.exit(5)
        if self.how == "int16":
            return (wave * 32767).astype(np.int16)
        changes |= {"stereo": np.stack([wave, wave]), "empty": wave[:0]}
        return np.asarray(changes[self.how], np.float32)


@dataclass(frozen=True, kw_only=True)
class Slow(Embedder):
    """Mean and level of each half second, slowly."""

    name: str = "slow"
    rate: int = 16_000
    dimension: int = 2

    def load(self, device: str) -> Embed:
        log("load embedder")
        return self._embed

    def _embed(self, waves: Sequence[Waveform]) -> list[Rows]:
        time.sleep(0.3)
        return [
            np.stack([half.mean(axis=1), half.std(axis=1)], axis=1) for half in (w[:8000].reshape(4, -1) for w in waves)
        ]


@dataclass(frozen=True, kw_only=True)
class Level(FeatureMetric):
    """Mean level, in pairs."""

    symbol = "level"
    estimator = "mean"
    pairs = True

    def score(self, generated: Features, reference: Features) -> Score:
        levels = {name: float(rows[:, 1].mean()) for name, rows in zip(generated.ids, generated.rows, strict=True)}
        return Score(float(np.mean(list(levels.values()))), None, n=len(levels), per_clip=levels)


@dataclass(frozen=True, kw_only=True)
class Needy(Toy):
    """A toy that lacks a package."""

    packages = ("no-such-package",)


@dataclass(frozen=True, kw_only=True)
class Unvoiced(Toy):
    """A toy that lacks what no package brings."""

    def lacks(self) -> str:
        return "a voice; get it with: apt-get install voice"


@dataclass(frozen=True, kw_only=True)
class Trained(Pretrained):
    """Noise as loud as a checkpoint says, and out of memory in batches of more than there is room for."""

    checkpoint: str = "toys/trained"
    room: int = 100

    def load(self, device: str) -> Generate:
        level = float((self.obtain() / "level.txt").read_text())
        log(f"load {self.dtype} {self.compile}")

        def generate(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
            if len(clips) > self.room:
                raise MemoryError("too many toys")
            return [level * Toy(rate=self.rate)._one(clip, seed) for clip, seed in zip(clips, seeds, strict=True)]

        return generate


@dataclass(frozen=True, kw_only=True)
class Breaking(Level):
    """A metric that breaks, or gives no number."""

    number: float | None = None

    def score(self, generated: Features, reference: Features) -> Score:
        if self.number is None:
            raise KeyError("inner")
        return Score(self.number, None, n=len(generated.ids))


NO_PLUG_IN = object()
BREAKING = {
    "toy-breaks": Breaking(label="Breaks", embedder=Slow()),
    "toy-nan": Breaking(label="NaN", embedder=Slow(), number=float("nan")),
    "toy-object": NO_PLUG_IN,
}
SYSTEMS = {
    "toy-needy": Needy(),
    "toy-unvoiced": Unvoiced(),
    "toy-trained": Trained(standing=Standing("nearest", "it was trained on blocks")),
    "toy-lost": Trained(standing=Standing("unreleased")),
    "toy": Toy(),
    "toy-hyphen-8k": Toy(rate=8000),
}
LEVEL = Level(label="Level", better="higher", embedder=Slow())
