"""Calibration: margins and allowances from repeats of one checkpoint, whose differences are nobody's fault."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, permutations
from typing import Any, NamedTuple

import numpy as np

from bench.errors import BadInput, NotEvaluable
from bench.gate.judgement import unlike
from bench.gate.rules import SEEN, Gate, Margin, plain
from bench.gate.scores import check_alike
from bench.gate.sides import Pair, Side
from bench.gate.trouble import tail_findings, troubled
from bench.record import rounded

CONFIDENCE = 0.95
WANTED = 5  # repeats from which a spread is known well enough


class Calibrated(NamedTuple):
    """A gate file's rules, and what they are made of."""

    margins: Mapping[str, Margin]
    tails: Mapping[str, int]
    repeats: int

    def text(self) -> str:
        """The gate file."""
        import yaml

        few = f"; {WANTED} or more make the margins narrower" if self.repeats < WANTED else ""
        head = (
            f"# Rules for `bench check --config`, from {self.repeats} repeats of one checkpoint{few}.\n"
            "# margins: how much worse a metric may get; tails: how many clips more may be in trouble.\n"
        )
        rules: dict[str, Any] = {"margins": {name: plain(margin) for name, margin in self.margins.items()}}
        rules |= {"tails": dict(self.tails)} if self.tails else {}
        return head + yaml.safe_dump(rules, sort_keys=True)


def calibrated(repeats: Sequence[Side]) -> Calibrated:
    """The rules that repeats of one checkpoint, each with another seed, ask for.

    A margin is what two more repeats would differ by at most, 95 times in 100: ``t sqrt(2) s``, where ``s`` is the
    deviation of the repeats' scores and ``t`` Student's one-sided 95 % quantile; so few repeats give wide margins. An
    allowance is the largest excess of clips in trouble that any repeat has over any other.

    Raises:
        BadInput: fewer than two repeats, or of unlike systems, or two with the same audio.
        NotEvaluable: they are on unlike suites, their scores are unlike, or one lacks a score that another has.
    """
    if len(repeats) < 2:
        raise BadInput(f"--calibrate takes two repeats or more, {WANTED} if they can be had; these are {len(repeats)}")
    for one, two in combinations(repeats, 2):
        _check_repeats(one, two)
    names = list(dict.fromkeys(name for side in repeats for name in side.record.scores))
    for name in names:
        for one, other in combinations(repeats, 2):
            _check_alike(name, Pair(other, one))
    values = {name: [side.record.scores[name].value for side in repeats] for name in names}
    margins = {name: Margin(absolute=rounded(_margin(each))) for name, each in values.items()}
    return Calibrated(margins, _allowances(repeats), len(repeats))


def _check_repeats(one: Side, two: Side) -> None:
    if lack := unlike(Pair(one, two)):
        raise NotEvaluable(lack)
    ours, theirs = ({"name": side.system, **side.record.system.get("settings", {})} for side in (one, two))
    where = f"{one.folder} and {two.folder}"
    for key in {**ours, **theirs}:
        if ours.get(key) != theirs.get(key) and key != "path":  # audio made elsewhere is in a folder for each seed
            raise BadInput(f"{where} are no repeats: {key} is {ours.get(key)}, and {theirs.get(key)}")
    audio = [[row.get("audio") for row in side.rows.values()] for side in (one, two)]
    if audio[0] == audio[1]:
        raise BadInput(f"{where} have the very same audio: repeats take other seeds")


def _check_alike(name: str, pair: Pair) -> None:
    try:
        check_alike(name, pair)
    except NotEvaluable as error:
        folders = f"{pair.baseline.folder} and {pair.candidate.folder}"
        raise NotEvaluable(f"{name} of {folders}: {error}") from None


def _margin(values: Sequence[float]) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(len(values) - 1, CONFIDENCE) * math.sqrt(2.0) * np.std(values, ddof=1))


def _allowances(repeats: Sequence[Side]) -> dict[str, int]:
    """By kind of trouble, where any repeat has more clips in it than another."""
    pairs = [Pair(*each) for each in permutations(repeats, 2)]
    found = {kind: max(_excess(kind, pair) for pair in pairs) for kind in SEEN}
    tails = [finding for pair in pairs for finding in tail_findings(pair, Gate())]
    found["worst"] = max((int((each.candidate or 0) - (each.baseline or 0)) for each in tails), default=0)
    return {kind: count for kind, count in found.items() if count > 0}


def _excess(kind: str, pair: Pair) -> int:
    ours, theirs = (troubled(side)[kind] for side in pair)
    return len(ours) - len(theirs)
