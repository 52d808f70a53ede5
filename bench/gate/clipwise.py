"""Differences of metrics that each clip has a value of, and their mean over clips, which is what the records have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from bench.errors import NotEvaluable
from bench.gate.finding import NAMED, Worse
from bench.gate.replicates import ENOUGH
from bench.gate.sides import Pair, Side
from bench.gate.significance import Difference
from bench.metric import Metric
from bench.stats import Floats, resamples

CLOSE = 1e-6  # share by which a mean of values of ten digits may be off


class Compared(NamedTuple):
    """Two scores, how much worse the candidate's is, and the clips that got worse most, by what they are ranked."""

    baseline: float
    candidate: float
    worse: Difference
    method: str
    clips: tuple[Worse, ...] = ()
    ranked: str = ""


def by_clips(name: str, metric: Metric, pair: Pair) -> Compared:
    """By the clips' own values: the mean difference, clips drawn in pairs and counted as the metric counts them.

    Raises:
        NotEvaluable: these values do not make the records' scores, or clips count unlike in the two runs.
    """
    for which, side in zip(("candidate", "baseline"), pair, strict=True):
        _check_mean(name, which, side)
    ours, theirs = ({clip: side.values(name)[clip] for clip in pair.common} for side in pair)
    weights = _weights(name, pair)
    sign = 1.0 if metric.better == "lower" else -1.0
    each = {clip: sign * (ours[clip] - theirs[clip]) for clip in pair.common}
    return Compared(
        _mean(theirs, weights),
        _mean(ours, weights),
        _difference(np.array(list(each.values())), np.array(list(weights.values()))),
        f"mean over clips; bootstrap over clips, {ENOUGH} replicates",
        most_worse(each, pair, ours, theirs),
    )


def _difference(values: Floats, weights: Floats) -> Difference:
    """The weighted mean of values (n,) with the standard error that drawing clips gives."""
    count = len(values)
    draws = resamples(count, ENOUGH)
    means = draws @ (weights * values) / (draws @ weights)
    error = float(means.std() * np.sqrt(count / (count - 1.0))) if np.ptp(values) else 0.0
    return Difference(float(np.average(values, weights=weights)), error, min(count, ENOUGH) - 1)


def _weights(name: str, pair: Pair) -> dict[str, float]:
    """How much each common clip counts; alike in both runs, as they were asked for the same."""
    ours, theirs = (side.weights(name) for side in pair)
    for clip in pair.common:
        if ours.get(clip, 1.0) != theirs.get(clip, 1.0):
            told = f"{ours.get(clip, 1.0):g}, not {theirs.get(clip, 1.0):g}"
            raise NotEvaluable(f"the runs do not count clip {clip} alike: {told}; score both with one version")
    return {clip: theirs.get(clip, 1.0) for clip in pair.common}


def _check_mean(name: str, which: str, side: Side) -> None:
    weights, score = side.weights(name), side.record.scores[name].value
    mean = _mean(side.values(name), {clip: weights.get(clip, 1.0) for clip in side.scored})
    if not math.isclose(mean, score, rel_tol=CLOSE, abs_tol=CLOSE**2):
        told = f"the {which}'s score is {score:.6g}, and the mean of its clips' own values {mean:.6g}"
        raise NotEvaluable(f"{told}: what would be compared is not what the record says; score it with this version")


def _mean(values: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return float(np.average([values[clip] for clip in weights], weights=list(weights.values())))


def most_worse(
    each: Mapping[str, float], pair: Pair, ours: Mapping[str, float], theirs: Mapping[str, float]
) -> tuple[Worse, ...]:
    """The clips that got worse most, by how much they did, the worst of them first."""
    worst = sorted((clip for clip in each if each[clip] > 0.0), key=lambda clip: -each[clip])
    return tuple(Worse(clip, pair.text(clip), theirs[clip], ours[clip]) for clip in worst[:NAMED])
