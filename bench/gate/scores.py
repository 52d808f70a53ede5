"""Findings of metrics: how much worse a candidate's scores are, from its clips' own values or from stored features."""

from __future__ import annotations

from collections.abc import Iterator

from bench import plugins
from bench.errors import BadInput, NotEvaluable, one_line
from bench.features import Store
from bench.gate.clipwise import Compared, by_clips
from bench.gate.finding import Finding
from bench.gate.rules import Gate, Margin
from bench.gate.sets import by_sets
from bench.gate.sides import Pair
from bench.metric import FeatureMetric, Metric, TimingMetric
from bench.remarks import fields

OPEN = ("boot",)  # of a signature, what may differ: how many replicates the record's own interval took
OF_CLIPS = ("n", "clips")  # what says which clips were scored


def score_findings(pair: Pair, gate: Gate, store: Store) -> Iterator[Finding]:
    """One finding a metric: of all that either run was asked for or the gate has a margin for, but efficiency.

    Unlike scores are not compared; the finding then says what differs.
    """
    for name in _names(pair, gate):
        try:
            metric = _metric(name)
            found = _compared(name, metric, pair, gate, store)
        except (BadInput, NotEvaluable, ImportError, ValueError) as error:
            yield Finding("metric", name, lack=one_line(error))
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
        ranked=found.ranked,
    )


def _compared(name: str, metric: Metric, pair: Pair, gate: Gate, store: Store) -> Compared:
    check_alike(name, pair, common=gate.common)
    ids = pair.common
    same = set(pair.candidate.scored) == set(pair.baseline.scored)
    if not same and not gate.common:
        counts = (
            f"the candidate's {len(pair.candidate.scored)} clips are not the baseline's {len(pair.baseline.scored)}"
        )
        raise NotEvaluable(f"{counts}; --common compares them on the {len(ids)} that both have")
    if len(ids) < 2:
        raise NotEvaluable(f"it takes two clips or more, and these have {len(ids)} in common")
    if valued := [side.label for side in pair if side.values(name)]:
        if len(valued) < len(pair):
            raise NotEvaluable(f"of the two runs only {valued[0]} has values of clips; score the other again")
        return by_clips(name, metric, pair)
    scores = [side.record.scores[name].value for side in pair] if same else []
    return by_sets(_redrawable(name, metric, pair), pair, scores, store)


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


def check_alike(name: str, pair: Pair, *, common: bool = False) -> None:
    """Raise unless both runs have a score, and scores that may be compared, whichever clips they are of.

    Args:
        name: the metric's.
        pair: the runs.
        common: whether the clips in common will do, whose texts are known to be equal.

    Raises:
        NotEvaluable: a score is missing, or a part of the signature differs; the message names it.
    """
    for which, side in zip(("candidate", "baseline"), pair, strict=True):
        if name not in side.record.scores:
            why = side.record.not_scored.get(name, "it was not asked for in that run")
            raise NotEvaluable(f"the {which} has no score: {why}")
    ours, theirs = (fields(side.record.scores[name].signature) for side in pair)
    free = {*OPEN, *OF_CLIPS, *(_of_suite(pair) if common else ())}
    keys = [key for key in {**theirs, **ours} if ours.get(key) != theirs.get(key) and key not in free]
    if keys:
        told = [f"{key} is {ours.get(key, 'absent')}, not {theirs.get(key, 'absent')}" for key in keys]
        raise NotEvaluable(f"unlike scores are not compared: {'; '.join(told)}")


def _of_suite(pair: Pair) -> tuple[str, ...]:
    """What says which suite and which references all clips are of, where that of those in common is known to be one."""
    each = [[side.rows[clip].get("reference") for clip in pair.common] for side in pair]
    return ("suite", "ref") if each[0] == each[1] and all(each[0]) else ("suite",)
