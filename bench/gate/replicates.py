"""Replicates of a set's score: what it would be, had other clips been drawn; two runs of the same clips draw the same.

A metric's own arithmetic is taken where its file brings one that resamples clips without computing all anew. Any other
metric is asked for its score again and again, through its contract.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bench.gate.significance import Difference
from bench.metric import FeatureMetric, Features
from bench.stats import Floats, resamples

ENOUGH = 400  # bootstrap replicates: they give a standard error within 4 %, and nothing else is taken of them
GROUPS = 20  # of clips that the jackknife leaves out in turn
FEW = 100  # bootstrap replicates where each is a score of its own


class Replicates(NamedTuple):
    """A score's replicates, shape (b,), and how they were made.

    Attributes:
        values: not finite where a resample has no score.
        method: for whoever reads the difference.
        groups: of the jackknife; 0 of a bootstrap.
    """

    values: Floats
    method: str
    groups: int = 0


def replicates(metric: FeatureMetric, generated: Features, reference: Features) -> Replicates:
    """Replicates of a metric's score on a run's features; pairs are drawn together.

    Raises:
        ValueError: the metric can't take the features.
    """
    return FAMILIES.get(metric.symbol, _jackknife)(metric, generated, reference)


def difference(value: float, candidate: Replicates, baseline: Replicates, clips: int) -> Difference:
    """A difference of two scores with its standard error, from replicates of both that drew the same clips.

    Raises:
        ValueError: fewer than two replicates are finite.

    The error is that of drawing other clips. Of two runs with other seeds it is wide: for FAD of 24 clips the deviation
    of differences between reruns was 0.51, and the bootstrap's error 0.74, since a clip's noise differs in the two and
    counts twice. A gate with it fails reruns more rarely than its level says, and small regressions too.
    """
    each = candidate.values - baseline.values
    each = each[np.isfinite(each)]
    if len(each) < 2:
        raise ValueError(f"{clips} clips are too few to draw others from")
    if groups := candidate.groups:
        return Difference(value, float(np.sqrt(groups - 1.0) * each.std()), groups - 1)
    return Difference(value, float(each.std() * np.sqrt(clips / (clips - 1.0))), min(clips, len(each)) - 1)


def _arithmetic(metric: FeatureMetric, name: str) -> Any:
    """The module that defines a metric, if it has what resamples clips by itself."""
    module = sys.modules[type(metric).__module__]
    return module if hasattr(module, name) else None


def _frechet(metric: FeatureMetric, generated: Features, reference: Features) -> Replicates:
    """Of the distance itself, also for its extrapolation, which varies with the same clips."""
    arithmetic = _arithmetic(metric, "distance_replicates")
    if arithmetic is None:
        return _jackknife(metric, generated, reference)
    rows = (sum(map(len, side.rows)) for side in (generated, reference))
    count = min(ENOUGH, arithmetic.replicates(generated.rows[0].shape[1], min(rows)))
    values: Floats = arithmetic.distance_replicates(generated, reference, count)
    return _bootstrapped(values)


def _kernel(metric: FeatureMetric, generated: Features, reference: Features) -> Replicates:
    """Of the squared discrepancy, the kernel and its width staying those of all clips."""
    arithmetic = _arithmetic(metric, "squared_mmd")
    if arithmetic is None:
        return _jackknife(metric, generated, reference)
    ours, theirs = generated.pooled(), reference.pooled()
    kernel, scale = arithmetic.polynomial_kernel, 1.0
    if metric.symbol == "kad":
        ours, theirs = arithmetic.about_origin(ours, theirs)
        width = arithmetic.kad_bandwidth(ours if getattr(metric, "bandwidth", "") == "generated" else theirs)
        kernel, scale = arithmetic.gaussian_kernel(width), arithmetic.SCALE
    lengths = tuple(np.array([len(rows) for rows in side.rows], np.int64) for side in (generated, reference))
    draws, others = _draws(generated, reference)
    sums = arithmetic.kernel_sums(ours, theirs, kernel, lengths)
    values: Floats = scale * arithmetic.squared_mmd(sums, draws, others)
    return _bootstrapped(values)


def _draws(generated: Features, reference: Features) -> tuple[Floats, Floats]:
    """How often each clip is drawn of both sets: pairs together, others each for itself."""
    draws = resamples(len(generated.ids), ENOUGH).astype(np.float64)
    if generated.ids == reference.ids:
        return draws, draws
    return draws, resamples(len(reference.ids), ENOUGH, seed=1).astype(np.float64)


def _redrawn(metric: FeatureMetric, generated: Features, reference: Features) -> Replicates:
    """Of a score that must keep its number of clips, as its splits are made by it."""
    count = len(generated.ids)
    drawn = [np.repeat(np.arange(count), draw) for draw in resamples(count, FEW)]
    others = drawn if reference.ids else [np.array([], np.int64)] * len(drawn)
    pairs = zip(drawn, others, strict=True)
    values = [metric.score(_taken(generated, one), _taken(reference, other)).value for one, other in pairs]
    return _bootstrapped(np.array(values))


def _bootstrapped(values: Floats) -> Replicates:
    return Replicates(values, f"score of all clips; bootstrap over clips, {len(values)} replicates")


def _jackknife(metric: FeatureMetric, generated: Features, reference: Features) -> Replicates:
    """Of what is left when a group of clips is left out; what counts neighbours can't have clips drawn twice."""
    groups = min(GROUPS, len(generated.ids), len(reference.ids) or GROUPS)
    pairs = [(_without(generated, group, groups), _without(reference, group, groups)) for group in range(groups)]
    values = [metric.score(*pair).value for pair in pairs]
    return Replicates(np.array(values), f"score of all clips; jackknife over {groups} groups of clips", groups)


def _without(features: Features, group: int, groups: int) -> Features:
    """Without the clips of a group, which are every so many-th."""
    return _taken(features, np.flatnonzero(np.arange(len(features.ids)) % groups != group))


def _taken(features: Features, places: Any) -> Features:
    """Some clips, those taken twice under two names, which are those of their references too."""
    ids = tuple(f"{features.ids[place]}/{index}" for index, place in enumerate(places.tolist()))
    return Features(ids, tuple(features.rows[place] for place in places.tolist()))


FAMILIES: dict[str, Callable[[FeatureMetric, Features, Features], Replicates]] = {
    "fad": _frechet,
    "fad-inf": _frechet,
    "fd": _frechet,
    "kad": _kernel,
    "kid": _kernel,
    "isc": _redrawn,
}
"""By the first word of a metric's signature; all others are jackknifed."""
