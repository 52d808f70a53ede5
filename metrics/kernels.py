"""Kernel distances between feature sets: KID (arXiv:1801.01401) and kernel audio distance, KAD (arXiv:2502.15602)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from bench.metric import FeatureMetric, Features, Metric, Score
from bench.stats import Floats

from ._clap import CLAP_MUSIC_SPEECH
from ._kernel import (
    SCALE,
    Kernel,
    KernelSums,
    gaussian_kernel,
    kad_bandwidth,
    kernel_inception_distance_of_subsets,
    kernel_sums,
    mmd_interval,
    polynomial_kernel,
    squared_mmd,
)
from ._panns import PANNS_16K, PANNS_32K
from ._passt import PASST
from ._rows import about_origin


@dataclass(frozen=True, kw_only=True)
class KernelInceptionDistance(FeatureMetric):
    """Unbiased squared discrepancy under a cubic kernel, the mean over 100 subsets of at most 1000 rows."""

    symbol: ClassVar[str] = "kid"
    estimator: ClassVar[str] = "subsets100x1000-seed2020,boot1000-clip-centred"

    def score(self, generated: Features, reference: Features) -> Score:
        """Mean over subsets; it may lie below zero.

        Raises:
            ValueError: a set pools fewer than two rows.
        """
        value = kernel_inception_distance_of_subsets(generated.pooled(), reference.pooled()).mean
        sums = _by_clip(generated, reference, generated.pooled(), reference.pooled(), polynomial_kernel)
        interval = mmd_interval(value, sums, paired=generated.ids == reference.ids)
        return Score(value, interval, n=len(generated.ids))


@dataclass(frozen=True, kw_only=True)
class KernelAudioDistance(FeatureMetric):
    """A hundred times the unbiased squared discrepancy under a Gaussian kernel.

    Attributes:
        bandwidth: whose median distance is the kernel's width: the reference's, the same for every system, as
            published; or the generated set's, as kadtk's code has it.
    """

    bandwidth: Literal["reference", "generated"] = "reference"

    symbol: ClassVar[str] = "kad"
    estimator: ClassVar[str] = "unbiased,boot1000-clip-centred"

    def score(self, generated: Features, reference: Features) -> Score:
        """The distance; it may lie below zero.

        Raises:
            ValueError: a set pools fewer than two rows, or half of the bandwidth's pairs of rows are equal.
        """
        ours, theirs = about_origin(generated.pooled(), reference.pooled())
        width = kad_bandwidth(ours if self.bandwidth == "generated" else theirs, self.bandwidth)
        sums = _by_clip(generated, reference, ours, theirs, gaussian_kernel(width))
        value = SCALE * float(squared_mmd(sums)[0])
        interval = mmd_interval(value, sums, paired=generated.ids == reference.ids, scale=SCALE)
        return Score(value, interval, n=len(generated.ids), details={"bw": f"{width:.6g}"})


def _by_clip(generated: Features, reference: Features, ours: Floats, theirs: Floats, kernel: Kernel) -> KernelSums:
    """Sums of a kernel over the clips' rows, pooled as (n1, d) and (n2, d)."""
    counts = [np.array([len(rows) for rows in side.rows], np.int64) for side in (generated, reference)]
    return kernel_sums(ours, theirs, kernel, (counts[0], counts[1]))


METRICS: dict[str, Metric] = {
    "kid-panns": KernelInceptionDistance(label="KID-PANNs", embedder=PANNS_16K),
    "kid-passt": KernelInceptionDistance(label="KID-PaSST", embedder=PASST),
    "kad-clap": KernelAudioDistance(label="KAD-CLAP", embedder=CLAP_MUSIC_SPEECH),
    "kad-panns": KernelAudioDistance(label="KAD-PANNs", embedder=PANNS_32K),
    "kad-passt": KernelAudioDistance(label="KAD-PaSST", embedder=PASST),
}
