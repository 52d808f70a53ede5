"""Inception score (Salimans et al. 2016, arXiv:1606.03498): how sure a classifier is, and how varied the clips are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.embedder import Part
from bench.metric import Against, FeatureMetric, Features, Metric, Score

from ._inception import inception_interval, inception_score
from ._panns import PANNS_16K
from ._passt import PASST
from ._rows import one_a_clip

IMPLAUSIBLE = 1.05  # all clips alike to the classifier


@dataclass(frozen=True, kw_only=True)
class InceptionScore(FeatureMetric):
    """Mean inception score over ten splits of the clips, shuffled as audioldm_eval does."""

    symbol: ClassVar[str] = "isc"
    estimator: ClassVar[str] = "splits10-seed2020,boot1000-clip-in-split"
    part: ClassVar[Part] = "logits"
    against: ClassVar[Against] = "nothing"

    def score(self, generated: Features, reference: Features) -> Score:  # noqa: ARG002
        """Mean over splits.

        Raises:
            ValueError: fewer than ten clips, or not one row of logits a clip.
        """
        logits = one_a_clip(generated)
        value = inception_score(logits).mean
        alike = (f"implausible: at {value:.3f}, all clips are the same to the classifier",)
        return Score(value, inception_interval(logits), n=len(logits), flags=alike if value < IMPLAUSIBLE else ())


METRICS: dict[str, Metric] = {
    "isc": InceptionScore(label="IS", better="higher", embedder=PASST),
    "isc-panns": InceptionScore(label="IS-PANNs", better="higher", embedder=PANNS_16K),
}
