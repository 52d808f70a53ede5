"""Findings of metrics: how much worse a candidate's scores are, from its clips' own values or from stored features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from bench import plugins
from bench.embedder import Rows
from bench.errors import BadInput, NotEvaluable
from bench.features import Store
from bench.gate.finding import NAMED, Finding, Worse
from bench.gate.replicates import ENOUGH, difference, replicates
from bench.gate.rules import Gate, Margin
from bench.gate.sides import Pair, Side
from bench.gate.significance import Difference
from bench.metric import FeatureMetric, Features, Metric, TimingMetric
from bench.stats import resamples
from bench.table import fields

OPEN = ("boot",)  # of a signature, what may differ: how many replicates the record's own interval took
OF_CLIPS = ("n", "clips")  # what says which clips were scored


class Compared(NamedTuple):
    """Two scores, and how much worse the candidate's is."""

    baseline: float
    candidate: float
    worse: Difference
    method: str
    clips: tuple[Worse, ...] = ()


def score_findings(pair: Pair, gate: Gate, store: Store) -> Iterator[Finding]:
    """One finding a metric: of all that either run was asked for or the gate has a margin for, but efficiency.

    Unlike scores are not compared; the finding then says what differs.
    """
    for name in _names(pair, gate):
        try:
            metric = _metric(name)
            found = _compared(name, metric, pair, gate, store)
        except (BadInput, NotEvaluable, ImportError, ValueError) as error:
            yield Finding("metric", name, lack=" ".join(str(error).split()))
        else:
            yield _held(name, found, gate.margin(name, metric))


def _names(pair: Pair, gate: Gate) -> list[str]:
    records = [side.record for side in (pair.baseline, pair.candidate)]
    asked = [name for record in records for name in (*record.scores, *record.not_scored)]
    known = plugins.known_metrics(asked)
    left = {*gate.skip, *(name for name in asked if isinstance(known.get(name), TimingMetric))}
    return [name for name in dict.fromkeys((*asked, *gate.margins)) if name not in left]


def _metric(name: str) -> Metric:
    try:
        (metric,) = plugins.chosen_metrics((name,)).values()
    except BadInput as error:
        raise NotEvaluable(f"it is not installed here: {error}") from error
    return metric


def _held(name: str, found: Compared, margin: Margin) -> Finding:
    """What was compared, held to a margin."""
    most = margin.of(found.baseline)
    return Finding(
        "metric",
        name,
        *found[:3],
        margin=most,
        allowed=margin.text(),
        two_sided=margin.two_sided,
        p=found.worse.p_above(most),
        p_better=found.worse.p_below(-most) if margin.two_sided else 1.0,
        method=found.method,
        clips=found.clips,
    )


def _compared(name: str, metric: Metric, pair: Pair, gate: Gate, store: Store) -> Compared:
    check_alike(name, pair)
    ids = pair.common
    same = set(pair.candidate.scored) == set(pair.baseline.scored)
    if not same and not gate.common:
        counts = (
            f"the candidate's {len(pair.candidate.scored)} clips are not the baseline's {len(pair.baseline.scored)}"
        )
        raise NotEvaluable(f"{counts}; --common compares them on the {len(ids)} that both have")
    if len(ids) < 2:
        raise NotEvaluable(f"it takes two clips or more, and these have {len(ids)} in common")
    if pair.candidate.values(name) and pair.baseline.values(name):
        return _by_clips(name, metric, pair)
    scores = [side.record.scores[name].value for side in pair] if same else []
    return _by_sets(_redrawable(name, metric, pair), pair, scores, store)


def _redrawable(name: str, metric: Metric, pair: Pair) -> FeatureMetric:
    """The metric, if sets of other clips can be drawn for it from the features of those there are.

    Raises:
        NotEvaluable: they can't.
    """
    if not isinstance(metric, FeatureMetric) or metric.against not in ("references", "nothing"):
        raise NotEvaluable("it has no values of clips, and no features of audio that others could be drawn from")
    if metric.embedder.signature not in pair.baseline.record.scores[name].signature:
        raise NotEvaluable(f"the records are not of what is installed here, {metric.embedder.signature}")
    return metric


def check_alike(name: str, pair: Pair) -> None:
    """Raise unless both runs have a score, and scores that may be compared, whichever clips they are of.

    Raises:
        NotEvaluable: a score is missing, or a part of the signature differs; the message names it.
    """
    for which, side in zip(("candidate", "baseline"), pair, strict=True):
        if name not in side.record.scores:
            why = side.record.not_scored.get(name, "it was not asked for in that run")
            raise NotEvaluable(f"the {which} has no score: {why}")
    ours, theirs = (fields(side.record.scores[name].signature) for side in pair)
    keys = [key for key in {**theirs, **ours} if ours.get(key) != theirs.get(key) and key not in (*OPEN, *OF_CLIPS)]
    if keys:
        told = [f"{key} is {ours.get(key, 'absent')}, not {theirs.get(key, 'absent')}" for key in keys]
        raise NotEvaluable(f"unlike scores are not compared: {'; '.join(told)}")


def worsening(name: str, metric: Metric, pair: Pair) -> dict[str, float]:
    """How much worse each common clip's own value is, below zero where it is better."""
    ours, theirs = (side.values(name) for side in pair)
    sign = 1.0 if metric.better == "lower" else -1.0
    return {clip: sign * (ours[clip] - theirs[clip]) for clip in pair.common}


def _by_clips(name: str, metric: Metric, pair: Pair) -> Compared:
    """By the clips' own values: the mean difference, clips drawn in pairs."""
    each = worsening(name, metric, pair)
    values, count = np.array(list(each.values())), len(each)
    means = resamples(count, ENOUGH) @ values / count
    error = float(means.std() * np.sqrt(count / (count - 1.0))) if np.ptp(values) else 0.0
    ours, theirs = ({clip: side.values(name)[clip] for clip in each} for side in pair)
    return Compared(
        _mean(theirs),
        _mean(ours),
        Difference(float(values.mean()), error, count - 1),
        f"mean over clips; bootstrap over clips, {ENOUGH} replicates",
        _most(each, pair, ours, theirs),
    )


def _mean(values: Mapping[str, float]) -> float:
    return float(np.mean(list(values.values())))


def _most(
    each: Mapping[str, float], pair: Pair, ours: Mapping[str, float], theirs: Mapping[str, float]
) -> tuple[Worse, ...]:
    """The clips that got worse most, the worst of them first."""
    worst = sorted((clip for clip in each if each[clip] > 0.0), key=lambda clip: -each[clip])
    return tuple(Worse(clip, pair.text(clip), theirs[clip], ours[clip]) for clip in worst[:NAMED])


def _by_sets(metric: FeatureMetric, pair: Pair, scores: Sequence[float], store: Store) -> Compared:
    """By the features of all clips: the difference of two scores, clips drawn with their references in both alike.

    Args:
        metric: of sets.
        pair: the runs.
        scores: theirs, candidate first; empty where the clips in common are not all, and have to be scored first.
        store: with their features.
    """
    ids = pair.common
    sides = [_features(side, "audio", ids, metric, store) for side in pair]
    heard = metric.against == "references"
    reference = _features(pair.baseline, "reference", ids, metric, store) if heard else Features((), ())
    scores = scores or [metric.score(side, reference).value for side in sides]
    sign = 1.0 if metric.better == "lower" else -1.0
    ours, theirs = (replicates(metric, side, reference) for side in sides)
    found = difference(scores[0] - scores[1], ours, theirs, len(ids))
    return Compared(scores[1], scores[0], found._replace(value=sign * found.value), ours.method)


def _features(side: Side, which: str, ids: Sequence[str], metric: FeatureMetric, store: Store) -> Features:
    """Features of a side's clips (``audio``) or of their references (``reference``), from the store.

    Raises:
        NotEvaluable: the run does not say which audio it was, or the store has not all of them.
    """
    key, again = metric.embedder.key, f"score {side.label} again (bench run, bench score) with this cache"
    audio = [side.rows[clip].get(which) for clip in ids]
    unsaid = [clip for clip, digest in zip(ids, audio, strict=True) if not digest]
    if unsaid:
        whose = "its clips have no references of their own, or an earlier version wrote it"
        raise NotEvaluable(f"the run does not say which {which} is clip {unsaid[0]}'s: {whose}; {again}")
    rows = [store.get(key, str(digest)) for digest in audio]
    lost = [clip for clip, each in zip(ids, rows, strict=True) if each is None]
    if lost:
        what = "references" if which == "reference" else "clips"
        told = f"the feature store lacks {metric.embedder.name}'s features of {len(lost)} of {len(ids)} {what}"
        raise NotEvaluable(f"{told}, first {lost[0]}; {again}")
    return Features(tuple(ids), tuple(_part(metric, each, clip) for each, clip in zip(rows, ids, strict=True)))


def _part(metric: FeatureMetric, rows: Rows | None, clip: str) -> Rows:
    assert rows is not None, "none is lost"
    return metric.embedder.part(metric.embedder.checked(rows, clip), metric.part)
