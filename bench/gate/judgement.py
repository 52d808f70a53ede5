"""The judgement: a verdict on every finding, and the one exit code that they come to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from bench.digest import SHORT
from bench.features import Store
from bench.gate.finding import Finding
from bench.gate.rules import SEEN, Gate
from bench.gate.scores import score_findings
from bench.gate.sides import Matched, Pair
from bench.gate.significance import holm
from bench.gate.trouble import is_allowed_for, tail_findings, trouble_findings

Verdict = Literal["pass", "regression", "too good", "inconclusive", "not evaluable"]
Outcome = Literal["passed", "failure", "error", "skipped"]
"""What a verdict counts as, in JUnit's words."""

DONE, REGRESSION, UNEVALUATED = 0, 1, 3
BEYOND = "are beyond it by more than the margin"
WORDS = {DONE: "no regression", REGRESSION: "regression", UNEVALUATED: "not everything could be evaluated"}


class Judged(NamedTuple):
    """A finding with its verdict, what that counts as, p by Holm's rule, and the reason in one line."""

    finding: Finding
    verdict: Verdict
    outcome: Outcome
    p: float
    reason: str


class Compared(NamedTuple):
    """Two runs and what was found of them; None for a run that has no counterpart."""

    title: str
    pair: Pair | None
    judged: tuple[Judged, ...]


class Judgement(NamedTuple):
    """All that one check came to.

    Attributes:
        compared: one entry a pair of runs.
        gate: the rules.
    """

    compared: tuple[Compared, ...]
    gate: Gate

    @property
    def all(self) -> list[Judged]:
        """Every verdict."""
        return [one for each in self.compared for one in each.judged]

    @property
    def code(self) -> int:
        """The exit code: a regression that is shown weighs more than what could not be evaluated besides."""
        outcomes = {one.outcome for one in self.all}
        if "failure" in outcomes:
            return REGRESSION
        return UNEVALUATED if "error" in outcomes or not outcomes else DONE


def judge(matched: Matched, gate: Gate, store: Store) -> Judgement:
    """Check every pair; Holm's rule goes over all tests of all pairs, so that more of them give no more false alarms.

    Clips in trouble that a rule decides on, as where the baseline has none, are no test: each such clip of each pair
    may be a false alarm of its own.
    """
    rules = [(pair, _rules(pair, gate)) for pair in matched.pairs]
    asked: list[tuple[str, Pair | None, list[Finding]]] = [
        *((_title(pair, own), pair, findings(pair, own, store)) for pair, own in rules),
        *((line, None, [Finding("metric", "all metrics", lack=line)]) for line in matched.single),
    ]
    every = [finding for _, _, found in asked for finding in found]
    each = iter(judged(every, gate))
    return Judgement(
        tuple(Compared(title, pair, tuple(next(each) for _ in found)) for title, pair, found in asked), gate
    )


def _rules(pair: Pair, gate: Gate) -> Gate:
    """The rules for one pair: its scores leave out the clips in trouble that is allowed for."""
    return dataclasses.replace(gate, common=True) if not unlike(pair) and is_allowed_for(pair, gate) else gate


def _title(pair: Pair, gate: Gate) -> str:
    ours, theirs = pair
    parts = gate.common and set(ours.scored) != set(theirs.scored) and not unlike(pair, common=True)
    on = f", on the {len(pair.common)} clips that both scored" if parts else ""
    return f"{ours.suite}: {ours.label} against {theirs.label}{on}"


def unlike(pair: Pair, *, common: bool = False) -> str:
    """What differs between the suites of two runs, in one line; empty if nothing does.

    Args:
        pair: the runs.
        common: whether parts of one suite will do, as ``--limit`` makes them, if clips in common have equal prompts.
    """
    ours, theirs = (side.record.suite for side in pair)
    keys = [key for key in ("name", "version", "hash") if ours[key] != theirs[key]]
    both = [clip for clip in pair.baseline.rows if clip in pair.candidate.rows]
    others = [clip for clip in both if pair.text(clip) != str(pair.candidate.rows[clip]["text"])]
    parts = keys == ["hash"] and bool(both) and not others
    if not keys or (parts and common):
        return ""
    told = "; ".join(f"{key} is {str(ours[key])[:SHORT]}, not {str(theirs[key])[:SHORT]}" for key in keys)
    told += f"; the prompt of {others[0]} is another" if others else ""
    hint = "; were it another --limit, --common compares them on these" if parts else ""
    return f"runs on unlike suites are not compared: {told} ({len(both)} clip ids in common{hint})"


def findings(pair: Pair, gate: Gate, store: Store) -> list[Finding]:
    """All findings of a pair; of runs on unlike suites, only that they are unlike."""
    if lack := unlike(pair, common=gate.common):
        return [Finding("metric", "all metrics", lack=lack)]
    scores = list(score_findings(pair, gate, store))
    if not scores:
        scores = [Finding("metric", "all metrics", lack="neither run has a score")]
    return [*scores, *trouble_findings(pair, gate), *tail_findings(pair, gate)]


def judged(found: Sequence[Finding], gate: Gate) -> list[Judged]:
    """Verdicts on findings that were asked for at once."""
    tested = [(index, p) for index, finding in enumerate(found) for p in _hypotheses(finding)]
    adjusted: dict[int, list[float]] = {}
    for (index, _), p in zip(tested, holm([p for _, p in tested]), strict=True):
        adjusted.setdefault(index, []).append(p)
    return [_judged(finding, adjusted.get(index, [1.0]), gate) for index, finding in enumerate(found)]


def _hypotheses(finding: Finding) -> Iterable[float]:
    """The p values of a finding; none where nothing could be worse, be it that there is no answer."""
    if finding.lack or (finding.kind == "trouble" and finding.p == 1.0):
        return ()
    return (finding.p, finding.p_better) if finding.two_sided else (finding.p,)


def _judged(finding: Finding, adjusted: Sequence[float], gate: Gate) -> Judged:
    verdict = _verdict(finding, adjusted, gate)
    p = adjusted[1] if verdict == "too good" else adjusted[0]
    return Judged(finding, verdict, outcome(verdict, strict=gate.strict), p, _reason(finding, verdict, p, gate))


def _verdict(finding: Finding, adjusted: Sequence[float], gate: Gate) -> Verdict:
    if finding.lack:
        return "not evaluable"
    if adjusted[0] <= gate.alpha:
        return "regression"
    if finding.two_sided and adjusted[1] <= gate.alpha:
        return "too good"
    if finding.worse is None:
        return "pass" if finding.p == 1.0 else "inconclusive"
    low, high = finding.worse.interval(gate.alpha)
    shown = high <= finding.margin and (not finding.two_sided or low >= -finding.margin)
    return "pass" if shown else "inconclusive"


def outcome(verdict: Verdict, *, strict: bool) -> Outcome:
    """What a verdict counts as; under ``strict``, what can't be told counts as failed."""
    if verdict == "inconclusive":
        return "failure" if strict else "skipped"
    outcomes: dict[str, Outcome] = {"pass": "passed", "not evaluable": "error"}
    return outcomes.get(verdict, "failure")


def _reason(finding: Finding, verdict: Verdict, p: float, gate: Gate) -> str:
    if finding.lack:
        return finding.lack
    if finding.worse is None:
        more = f"p = {p:.2g}, {finding.allowed} allowed; {finding.method}"
        counted = f"{finding.candidate:g} clips {SEEN.get(finding.name, BEYOND)}, {finding.baseline:g} before ({more})"
        return f"{counted}: too few to tell" if verdict == "inconclusive" else counted
    low, high = finding.worse.interval(gate.alpha)
    shown = f"worse by {finding.worse.value:+.4g} [{low:+.4g}, {high:+.4g}], margin {finding.margin:.4g}"
    said = {
        "pass": "no worse than the margin",
        "regression": f"worse than the margin (p = {p:.2g})",
        "too good": f"better than the margin (p = {p:.2g})",
    }
    return f"{shown}: {said.get(verdict, 'these clips are too few to tell')}"
