"""Fréchet distance between feature sets; on VGGish, Fréchet audio distance (Kilgour et al. 2019, arXiv:1812.08466)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.metric import FeatureMetric, Features, Metric, Score
from bench.stats import centred_interval

from ._clap import CLAP_MUSIC_SPEECH
from ._frechet import distance_of_rows, frechet_distance_infinity, gaussian, rank_deficient
from ._frechet_bootstrap import distance_interval, distance_replicates, replicates
from ._logmel import LOGMEL
from ._panns import PANNS_16K
from ._passt import PASST
from ._vggish import VGGISH


@dataclass(frozen=True, kw_only=True)
class FrechetAudioDistance(FeatureMetric):
    """Fréchet distance between the pooled feature rows of two sets of clips."""

    symbol: ClassVar[str] = "fad"
    estimator: ClassVar[str] = "eigh-f64,boot-clip-centred"

    def score(self, generated: Features, reference: Features) -> Score:
        """Distance, with an interval that resamples clips, generated and reference together where they are pairs.

        Raises:
            ValueError: a set pools fewer than two rows.
        """
        ours, theirs = generated.pooled(), reference.pooled()
        value = distance_of_rows(ours, theirs)
        interval = distance_interval(value, generated, reference)
        found = tuple(flags(ours, theirs))
        return Score(value, interval, n=len(generated.ids), flags=found, details=details(ours, theirs))


@dataclass(frozen=True, kw_only=True)
class FrechetDistance(FrechetAudioDistance):
    """The same where a clip is one row: the papers' FD."""

    symbol: ClassVar[str] = "fd"


@dataclass(frozen=True, kw_only=True)
class FrechetAudioDistanceInfinity(FeatureMetric):
    """Fréchet distance extrapolated to endlessly many generated rows: less biased where sets are small.

    Attributes:
        sizes: how many sample sizes the line is fitted to.
        least: rows of the smallest sample.
    """

    sizes: int = 25
    least: int = 500

    symbol: ClassVar[str] = "fad-inf"
    estimator: ClassVar[str] = "line-over-1/n,seeded,boot-clip-of-fad"

    def score(self, generated: Features, reference: Features) -> Score:
        """The intercept; its interval is as wide as that of the distance itself, which varies with the same clips.

        Raises:
            ValueError: fewer generated rows than the sizes take; nothing else is computed in its stead.
        """
        ours, theirs = generated.pooled(), reference.pooled()
        found = frechet_distance_infinity(ours, gaussian(theirs, "reference"), sizes=self.sizes, least=self.least)
        few = min(len(generated.ids), len(reference.ids)) < 2
        interval = None if few else centred_interval(found.value, distance_replicates(generated, reference))
        loose = [f"the line over 1/n fits with R² of only {found.r2:.2f}"] if found.r2 < 0.5 else []
        said = (*flags(ours, theirs), *loose)
        return Score(found.value, interval, n=len(generated.ids), flags=said, details=details(ours, theirs))


def details(generated: np.ndarray, reference: np.ndarray) -> dict[str, str]:
    """How many replicates the interval of a distance between rows (n1, d) and (n2, d) takes."""
    return {"boot": str(replicates(generated.shape[1], min(len(generated), len(reference))))}


def flags(generated: np.ndarray, reference: np.ndarray) -> list[str]:
    """What must be known of a distance between rows (n1, d) and (n2, d): few of them, or the very same."""
    dimension, rows = generated.shape[1], min(len(generated), len(reference))
    found = []
    if rank_deficient(rows, dimension):
        found.append(f"biased upwards: {rows} rows for {dimension} dimensions leave the covariance singular")
    if np.array_equal(generated, reference):
        found.append("generated and reference audio have the very same features")
    return found


METRICS: dict[str, Metric] = {
    "fad": FrechetAudioDistance(label="FAD", embedder=VGGISH),
    "fad-clap": FrechetAudioDistance(label="FAD-CLAP", embedder=CLAP_MUSIC_SPEECH),
    "fad-inf": FrechetAudioDistanceInfinity(label="FAD-inf", embedder=VGGISH),
    # The suffix is there so that nobody takes it for the papers' FAD, which is measured on VGGish.
    "fad-logmel": FrechetAudioDistance(label="FAD-logmel", embedder=LOGMEL),
    "fd-panns": FrechetDistance(label="FD-PANNs", embedder=PANNS_16K),
    "fd-passt": FrechetDistance(label="FD-PaSST", embedder=PASST),
}
ALIASES = {"fad-panns": ("fd-panns",)}
