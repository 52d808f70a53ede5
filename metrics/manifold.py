"""Precision, recall (arXiv:1904.06991), density, coverage (arXiv:2002.09797): how true and how varied, told apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.metric import FeatureMetric, Features, Metric, Score

from ._clap import CLAP_MUSIC_SPEECH
from ._manifold import NEAREST, membership, membership_interval


@dataclass(frozen=True, kw_only=True)
class ManifoldScore(FeatureMetric):
    """The share of one set's feature rows that lie among the nearest neighbours of the other's.

    Attributes:
        nearest: k, the neighbour that a row's ball reaches to.
    """

    nearest: int = NEAREST

    estimator: ClassVar[str] = "mean,boot1000-clip-fixed-manifolds"
    about_generated: ClassVar[bool]
    """Whose rows are counted, and whose clips are resampled: the generated set's, or the reference's."""

    def score(self, generated: Features, reference: Features) -> Score:
        """The share, with an interval over the clips of the side it is about, the manifolds fixed.

        Raises:
            ValueError: no more rows in a set than ``nearest``.
        """
        values = membership(generated.pooled(), reference.pooled(), self.nearest)._asdict()[self.symbol]
        about = generated if self.about_generated else reference
        counts = np.array([len(rows) for rows in about.rows], np.int64)
        most = math.inf if self.symbol == "density" else 1.0
        return Score(float(values.mean()), membership_interval(values, counts, most), n=len(generated.ids))


@dataclass(frozen=True, kw_only=True)
class Precision(ManifoldScore):
    """The share of generated rows that lie in the reference's manifold: how true."""

    symbol: ClassVar[str] = "precision"
    about_generated: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Recall(ManifoldScore):
    """The share of reference rows that lie in the generated manifold: how varied."""

    symbol: ClassVar[str] = "recall"
    about_generated: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class Density(ManifoldScore):
    """Of how many reference rows a generated row is a neighbour, over k: how true, and outliers count little."""

    symbol: ClassVar[str] = "density"
    about_generated: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Coverage(ManifoldScore):
    """The share of reference rows that have a generated neighbour: how varied, and outliers count little."""

    symbol: ClassVar[str] = "coverage"
    about_generated: ClassVar[bool] = False


METRICS: dict[str, Metric] = {
    "precision": Precision(label="Precision", better="higher", embedder=CLAP_MUSIC_SPEECH),
    "recall": Recall(label="Recall", better="higher", embedder=CLAP_MUSIC_SPEECH),
    "density": Density(label="Density", better="higher", embedder=CLAP_MUSIC_SPEECH),
    "coverage": Coverage(label="Coverage", better="higher", embedder=CLAP_MUSIC_SPEECH),
}
