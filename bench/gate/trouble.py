"""Findings of clips in trouble: failed, missing, silent, clipped …, and the tail of each metric, its worst 1 %.

A kind of trouble that the baseline has none of is a regression from the first clip on; of one that it has, the
candidate must have significantly more. Allowances in the gate file grant both so many clips.
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

WORST = 0.01  # share of a metric's clips that is its tail


def trouble_findings(pair: Pair, gate: Gate) -> Iterator[Finding]:
    """One finding for each kind of trouble, whether a clip is in it or not."""
    ours, theirs = (troubled(side) for side in pair)
    for kind in SEEN:
        new, cured = ours[kind] - theirs[kind], theirs[kind] - ours[kind]
        allowed = gate.tails.get(kind, 0)
        first = not theirs[kind]
        yield Finding(
            "trouble",
            kind,
            baseline=len(theirs[kind]),
            candidate=len(ours[kind]),
            allowed=f"{allowed} more",
            p=_p(len(new) - allowed, len(cured), first=first),
            method="the baseline has none" if first else f"exact sign test, {len(new)} worse and {len(cured)} better",
            clips=tuple(Worse(clip, pair.text(clip)) for clip in pair.baseline.rows if clip in new)[:NAMED],
        )


def _p(new: int, cured: int, *, first: bool) -> float:
    """How likely so many clips are newly in trouble, beyond those that are allowed to, where nothing has changed."""
    if new <= cured:
        return 1.0
    return 0.0 if first else sign_test(new, cured)


def troubled(side: Side) -> dict[str, set[str]]:
    """The ids of a run's clips by kind of trouble."""
    found = {kind: set(side.record.clips.get(kind, ())) & side.rows.keys() for kind in SEEN}
    audio = Counter(row.get("audio") for row in side.rows.values())
    same = {clip for clip, row in side.rows.items() if row.get("audio") and audio[row["audio"]] > 1}
    return {**found, "duplicated": same}


def tail_findings(pair: Pair, gate: Gate) -> Iterator[Finding]:
    """One finding for each metric with values of clips that can be compared: how many are as bad as its worst 1 %."""
    names = [name for name in pair.baseline.record.scores if name not in gate.skip]
    for name, metric in plugins.known_metrics(names).items():
        if name not in names or not (pair.baseline.values(name) and pair.candidate.values(name)):
            continue
        try:
            check_alike(name, pair)
        except NotEvaluable:
            continue  # the finding of its score says so
        if len(pair.common) > 1:
            yield _tail(name, 1.0 if metric.better == "lower" else -1.0, pair, gate)


def _tail(name: str, sign: float, pair: Pair, gate: Gate) -> Finding:
    """The exceedances over the value that only the worst 1 % of the baseline's clips reach; no mean hides them."""
    sides = [side.values(name) for side in pair]
    ours, theirs = ({clip: sign * values[clip] for clip in pair.common} for values in sides)
    rank = math.ceil(WORST * len(theirs))
    threshold = sorted(theirs.values(), reverse=True)[rank - 1]
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
