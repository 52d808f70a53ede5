"""Log-spectral distance (Gray and Markel 1976): how far each clip's spectrum is from its own reference's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.embedder import Rows
from bench.metric import FeatureMetric, Features, Metric, Score
from bench.stats import mean_interval

from ._logmel import LOGMEL, LogMel

DECIBEL = 20.0 / np.log(10.0)  # one neper of magnitude


@dataclass(frozen=True, kw_only=True)
class LogSpectralDistance(FeatureMetric):
    """Mean over clips of the root-mean-square difference between two log-mel spectra, in dB."""

    symbol: ClassVar[str] = "lsd"
    estimator: ClassVar[str] = "mean,boot1000-clip"
    pairs: ClassVar[bool] = True

    def unfit(self) -> str | None:
        """Only log-mel features are logarithms of magnitudes."""
        return None if isinstance(self.embedder, LogMel) else f"{self.embedder.name} gives no log spectra"

    def score(self, generated: Features, reference: Features) -> Score:
        """Mean over pairs; the longer of two clips is cut to the shorter.

        Raises:
            ValueError: the clips are not pairs.
        """
        if generated.ids != reference.ids:
            raise ValueError("log-spectral distance takes pairs, and these are not the same clips")
        pairs = zip(generated.ids, generated.rows, reference.rows, strict=True)
        values = {clip: log_spectral_distance(ours, theirs) for clip, ours, theirs in pairs}
        each = np.array(list(values.values()))
        return Score(float(each.mean()), mean_interval(each), n=len(each), per_clip=values)


def log_spectral_distance(generated: Rows, reference: Rows) -> float:
    """Root over bands, mean over rows, of the squared difference of log magnitudes (k, d) in nepers; in dB.

    Source: Gray and Markel (1976), equation 2, with mel bands for frequency.

    >>> round(log_spectral_distance(np.log(np.full((2, 3), 10.0)), np.log(np.ones((2, 3)))), 6)
    20.0
    """
    rows = min(len(generated), len(reference))
    difference = generated[:rows].astype(np.float64) - reference[:rows].astype(np.float64)
    return float(DECIBEL * np.sqrt((difference**2).mean(axis=1)).mean())


METRICS: dict[str, Metric] = {
    "lsd-logmel": LogSpectralDistance(label="LSD-logmel", unit="dB", embedder=LOGMEL),
}
