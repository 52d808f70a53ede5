"""A finding: one question that the gate asks of two runs, and all that is known to answer it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from bench.gate.significance import Difference

NAMED = 10  # clips that got worse most
Kind = Literal["metric", "trouble"]


class Worse(NamedTuple):
    """A clip that got worse: its prompt, and both values, which there are of a metric only."""

    id: str
    text: str
    baseline: float | None = None
    candidate: float | None = None


@dataclass(frozen=True)
class Finding:
    """What was found of one metric, or of one kind of trouble that clips are in.

    Attributes:
        kind: which of the two.
        name: of the metric or of the trouble.
        baseline: its score, or how many of its clips are in trouble.
        candidate: likewise.
        worse: how much worse the candidate is; None of clips in trouble.
        margin: how much worse it may be, in the same unit.
        allowed: the margin, or how many clips more may be in trouble, as a person would write it.
        two_sided: whether it may not be better by more than the margin either.
        p: of the hypothesis that it is no worse than that.
        p_better: of the hypothesis that it is no better than that, where it is asked.
        method: how this was found.
        clips: those that got worse most, or are newly in trouble.
        ranked: by what those that got worse most are, if not by their values of the metric.
        lack: why there is no answer; empty where there is one.
    """

    kind: Kind
    name: str
    baseline: float | None = None
    candidate: float | None = None
    worse: Difference | None = None
    margin: float = 0.0
    allowed: str = ""
    two_sided: bool = False
    p: float = 1.0
    p_better: float = 1.0
    method: str = ""
    clips: tuple[Worse, ...] = ()
    ranked: str = ""
    lack: str = ""
