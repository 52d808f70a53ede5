"""Findings of clips in trouble: failed, missing, silent, clipped …, and the tail of each metric, its worst 1 %.

A kind of trouble that the baseline has none of is a regression from the first clip on, whatever the level: a checkpoint
that now and then fails a clip fails reruns as often, unless ``tails`` allows for it. Of a kind that the baseline has,
the candidate's clips are a regression if they are significantly more, or more than twice as many and two; if they are
more, but neither of these, it can't be told. Allowances in the gate file grant so many clips more, and scores are then
compared without those in it: how many are too many is asked here, and need not be asked of the scores again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from bench import plugins
from bench.errors import NotEvaluable
from bench.gate.finding import NAMED, Finding, Worse
from bench.gate.rules import SEEN, Gate
from bench.gate.scores import check_alike
from bench.gate.sides import Pair, Side
from bench.gate.significance import exceedance_test, sign_test
from bench.metric import Metric

WORST = 0.01  # share of a metric's clips that is its tail
FEW = 2  # clips more than twice the baseline's that are no regression yet


def trouble_findings(pair: Pair, gate: Gate) -> Iterator[Finding]:
    """One finding for each kind of trouble, whether a clip is in it or not, of the clips that both runs are about."""
    both = pair.candidate.rows.keys() & pair.baseline.rows.keys()
    ours, theirs = (troubled(side) for side in pair)
    for kind in SEEN:
        yield _trouble(kind, ours[kind] & both, theirs[kind] & both, pair, gate.tails.get(kind, 0))


def _trouble(kind: str, ours: set[str], theirs: set[str], pair: Pair, allowed: int) -> Finding:
    new, cured = ours - theirs, theirs - ours
    most = (2 * len(theirs) + FEW if theirs else 0) + allowed
    test = f"exact sign test, {len(new)} worse and {len(cured)} better"
    many = f"more than {most}, which is too many whatever the level" if theirs else "the baseline has none"
    return Finding(
        "trouble",
        kind,
        baseline=len(theirs),
        candidate=len(ours),
        allowed=f"{allowed} more",
        p=0.0 if len(ours) > most else _p(len(new) - allowed, len(cured)),
        method=many if len(ours) > most or not theirs else test,
        clips=tuple(Worse(clip, pair.text(clip)) for clip in pair.baseline.rows if clip in new)[:NAMED],
    )


def _p(new: int, cured: int) -> float:
    """How likely so many clips are newly in trouble, beyond those that are allowed to, where nothing has changed."""
    return sign_test(new, cured) if new > cured else 1.0


def troubled(side: Side) -> dict[str, set[str]]:
    """The ids of a run's clips by kind of trouble."""
    found = {kind: set(side.record.clips.get(kind, ())) & side.rows.keys() for kind in SEEN}
    audio = Counter(row.get("audio") for row in side.rows.values())
    same = {clip for clip, row in side.rows.items() if row.get("audio") and audio[row["audio"]] > 1}
    return {**found, "duplicated": same}


def is_allowed_for(pair: Pair, gate: Gate) -> bool:
    """Whether some clips were scored in one run only, all for trouble in the other that ``tails`` allows for.

    If either run has more in it than the other by more than that, none is left out: what the clips would sound like
    that failed is unheard.
    """
    both = [{kind: clips for kind, clips in troubled(side).items() if gate.tails.get(kind, 0)} for side in pair]
    kinds = [kind for kind in both[0] if abs(len(both[0][kind]) - len(both[1][kind])) <= gate.tails[kind]]
    lost = [set(other.scored) - set(side.scored) for side, other in (pair, reversed(pair))]
    known = [set[str]().union(*(side[kind] for kind in kinds)) for side in both]
    return any(lost) and all(clips <= those for clips, those in zip(lost, known, strict=True))


def tail_findings(pair: Pair, gate: Gate) -> Iterator[Finding]:
    """One finding for each metric with values of clips that can be compared: how many are as bad as its worst 1 %.

    Only what is worse than that by more than the metric's margin counts. The power is small, as the threshold is itself
    one of few values: at the default level, and with no other check in doubt, it takes 7 such clips of 24, 7 of 100 and
    23 of 1000 (where the baseline has 1, 1 and 10) to be a regression. More than the baseline has, but fewer than that,
    can't be told.
    """
    names = [name for name in pair.baseline.record.scores if name not in gate.skip]
    for name, metric in plugins.known_metrics(names).items():
        if name not in names or not (pair.baseline.values(name) and pair.candidate.values(name)):
            continue
        try:
            check_alike(name, pair, common=gate.common)
        except NotEvaluable:
            continue  # the finding of its score says so
        if len(pair.common) > 1:
            yield _tail(name, metric, pair, gate)


def _tail(name: str, metric: Metric, pair: Pair, gate: Gate) -> Finding:
    """The exceedances over the value that only the worst 1 % of the baseline's clips reach; no mean hides them."""
    sign = 1.0 if metric.better == "lower" else -1.0
    margin = gate.margin(name, metric).of(pair.baseline.record.scores[name].value)
    sides = [side.values(name) for side in pair]
    ours, theirs = ({clip: sign * values[clip] for clip in pair.common} for values in sides)
    rank = math.ceil(WORST * len(theirs))
    threshold = sorted(theirs.values(), reverse=True)[rank - 1] + margin
    beyond = sorted((clip for clip in ours if ours[clip] > threshold), key=lambda clip: -ours[clip])
    allowed = gate.tails.get("worst", 0)
    p = exceedance_test(len(beyond) - allowed, rank, len(ours)) if len(beyond) - allowed > rank else 1.0
    return Finding(
        "trouble",
        f"worst 1 % of {name}",
        baseline=rank,
        candidate=len(beyond),
        allowed=f"{allowed} more",
        p=p,
        method=f"exact test of exceedances over {sign * threshold:.4g}",
        clips=tuple(Worse(clip, pair.text(clip), sides[1][clip], sides[0][clip]) for clip in beyond[:NAMED]),
    )
