"""KL divergence (Yang et al. 2023, arXiv:2207.09983): how far a classifier's opinion is from that of the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.embedder import Part
from bench.metric import FeatureMetric, Features, Metric, Score
from bench.stats import mean_interval

from ._divergence import Squash, kl_divergence
from ._panns import PANNS_16K
from ._passt import PASST
from ._rows import one_a_clip

IMPLAUSIBLE = 0.02  # no system's is as small: it takes equal audio, or a classifier that does not look


@dataclass(frozen=True, kw_only=True)
class KLDivergence(FeatureMetric):
    """Mean over clips of KL(reference || generated) of a classifier's probabilities, in nats.

    Attributes:
        squash: what makes probabilities of logits: softmax over all classes, or sigmoid of each for itself.
    """

    squash: Squash = "softmax"

    symbol: ClassVar[str] = "kl"
    estimator: ClassVar[str] = "ref-gen,eps1e-6-gen,mean,boot1000-clip"
    pairs: ClassVar[bool] = True
    part: ClassVar[Part] = "logits"

    def score(self, generated: Features, reference: Features) -> Score:
        """Mean over pairs.

        Raises:
            ValueError: no pairs, or not one row of logits a clip.
        """
        if generated.ids != reference.ids:
            raise ValueError("KL takes pairs, and these are not the same clips")
        each = kl_divergence(one_a_clip(generated), one_a_clip(reference), self.squash)
        value = float(each.mean())
        per_clip = dict(zip(generated.ids, each.tolist(), strict=True))
        low = self.squash == "softmax" and value < IMPLAUSIBLE
        flags = (f"implausible: a KL below {IMPLAUSIBLE:g} takes nearly equal audio",) if low else ()
        return Score(value, mean_interval(each), n=len(each), per_clip=per_clip, flags=flags)


METRICS: dict[str, Metric] = {
    "kl": KLDivergence(label="KL", embedder=PASST),
    "kl-sigmoid": KLDivergence(label="KL-sigmoid", embedder=PASST, squash="sigmoid"),
    "kl-panns": KLDivergence(label="KL-PANNs", embedder=PANNS_16K),
}
