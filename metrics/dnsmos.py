"""DNSMOS: the mean opinion score that listeners would give speech, as networks of Microsoft's predict it.

Papers: Reddy et al., DNSMOS P.835 (2022, arXiv:2110.01763): overall quality, of the signal, of the background, each on
a scale of 1 to 5; Reddy et al., DNSMOS (2021, arXiv:2010.15258): overall quality by ITU-T P.808.
Code and weights: the package speechmos, whose wheel holds the networks. They were trained on noisy speech and its
enhancement, not on synthesis: what they say of synthetic speech is that it sounds clean, not that it is natural.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from bench.audio import Waveform
from bench.digest import SHORT, file_digest
from bench.embedder import Embed, Embedder, Rows
from bench.metric import Against, Better, FeatureMetric, Features, Metric, Score
from bench.stats import mean_interval
from bench.weights import ABSENT, OTHER

RATE = 16_000
SCALES = ("ovrl_mos", "sig_mos", "bak_mos", "p808_mos")  # as the package names them, in the order of the columns
NETWORKS = {"sig_bak_ovr.onnx": "269fbebd", "model_v8.onnx": "9246480c"}
"""The package's files and how the digests of those in speechmos 0.0.1.1 begin."""


@dataclass(frozen=True, kw_only=True)
class DNSMOS(Embedder):
    """One row a clip: overall, signal, background, and overall by P.808.

    A clip shorter than 9.01 s is repeated until it is not; of a longer one it is the mean over windows, one a second.
    Samples beyond full scale, which the package refuses, are clipped to it: a WAV of integers would not have them.
    """

    name: str = "dnsmos"
    rate: int = RATE
    dimension: int = len(SCALES)

    packages: ClassVar[tuple[str, ...]] = ("speechmos", "librosa", "onnxruntime", "requests")
    extra: ClassVar[str] = "speech"
    accelerated: ClassVar[bool] = False
    spans: ClassVar[bool] = False

    @property
    def weights(self) -> str:
        """The digests of the networks in the installed package."""
        return ",".join(_tag(name, published) for name, published in NETWORKS.items())

    def load(self, device: str) -> Embed:  # noqa: ARG002 - the package computes on the CPU
        """The package's networks."""
        try:
            from speechmos import dnsmos
        except ImportError as error:
            how = "pip install 'audiogen-bench[speech]'"
            raise ImportError(f"DNSMOS needs speechmos and what it imports ({error}); get it with: {how}") from error

        def heard(wave: Waveform) -> Rows:
            found = dnsmos.run(np.clip(wave, -1.0, 1.0), RATE)
            return np.array([[found[scale] for scale in SCALES]], np.float32)

        return lambda waves: [heard(wave) for wave in waves]


def _tag(name: str, published: str) -> str:
    """What stands for one of the package's networks in a signature, as for a weights file."""
    spec = importlib.util.find_spec("speechmos")
    if spec is None or spec.origin is None:
        return published
    path = Path(spec.origin).parent / "dnsmos_models" / name
    found = file_digest(path)[:SHORT] if path.is_file() else ABSENT
    return found if found == published else found + OTHER


@dataclass(frozen=True, kw_only=True)
class Overall(FeatureMetric):
    """Mean over clips of the predicted mean opinion score, from 1 to 5: overall, by P.835."""

    symbol: ClassVar[str] = "dnsmos"
    estimator: ClassVar[str] = "mean,boot1000-clip"
    against: ClassVar[Against] = "nothing"
    scale: ClassVar[str] = "ovrl_mos"
    """Which of the embedder's columns it takes."""

    better: Better = "higher"

    def unfit(self) -> str | None:
        """Only DNSMOS has these columns."""
        return None if isinstance(self.embedder, DNSMOS) else f"{self.embedder.name} predicts no opinion scores"

    def score(self, generated: Features, reference: Features) -> Score:  # noqa: ARG002 - it compares with nothing
        """Mean over clips."""
        column = SCALES.index(self.scale)
        values = {clip: float(rows[0, column]) for clip, rows in zip(generated.ids, generated.rows, strict=True)}
        each = np.array(list(values.values()))
        return Score(float(each.mean()), mean_interval(each), n=len(each), per_clip=values)


@dataclass(frozen=True, kw_only=True)
class Signal(Overall):
    """As DNSMOS, of the speech signal alone."""

    symbol: ClassVar[str] = "dnsmos-sig"
    scale: ClassVar[str] = "sig_mos"


@dataclass(frozen=True, kw_only=True)
class Background(Overall):
    """As DNSMOS, of how little the background intrudes."""

    symbol: ClassVar[str] = "dnsmos-bak"
    scale: ClassVar[str] = "bak_mos"


@dataclass(frozen=True, kw_only=True)
class P808(Overall):
    """As DNSMOS, overall by P.808, of another network."""

    symbol: ClassVar[str] = "dnsmos-p808"
    scale: ClassVar[str] = "p808_mos"


EMBEDDER = DNSMOS()
EMBEDDERS: dict[str, Embedder] = {"dnsmos": EMBEDDER}
METRICS: dict[str, Metric] = {
    "dnsmos": Overall(label="DNSMOS", embedder=EMBEDDER),
    "dnsmos-sig": Signal(label="DNSMOS-sig", embedder=EMBEDDER),
    "dnsmos-bak": Background(label="DNSMOS-bak", embedder=EMBEDDER),
    "dnsmos-p808": P808(label="DNSMOS-P808", embedder=EMBEDDER),
}
