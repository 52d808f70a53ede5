"""What a check says: as text for people, as JSON for programs; both from the one judgement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from bench.gate.finding import Finding, Worse
from bench.gate.judgement import WORDS, Compared, Judged, Judgement
from bench.record import portable, rounded
from bench.sheet import Cell, Line, Sheet, text

HEADER = ("check", "baseline", "candidate", "worse by", "margin", "p", "verdict")
DIGITS = 4


def as_text(judgement: Judgement) -> str:
    """A table for each pair, the clips behind every verdict that is not ``pass``, and the conclusion."""
    parts = [part for each in judgement.compared for part in _compared(each, judgement)]
    return "\n".join([*parts, conclusion(judgement)]) + "\n"


def conclusion(judgement: Judgement) -> str:
    """One line: what it comes to, and how often each verdict was given.

    The first words stand for the exit code.
    """
    counts = Counter(one.verdict for one in judgement.all)
    return f"{WORDS[judgement.code]}: {', '.join(f'{count} {verdict}' for verdict, count in counts.items())}"


def _compared(compared: Compared, judgement: Judgement) -> Iterator[str]:
    shown = [one for one in compared.judged if _worth_a_line(one.finding) or one.verdict != "pass"]
    alpha = judgement.gate.alpha
    lines = tuple(_line(one, alpha) for one in shown if not one.finding.lack)
    quiet = [one.finding.name for one in compared.judged if one not in shown]
    notes = [f"{one.finding.name} could not be evaluated: {one.reason}" for one in shown if one.finding.lack]
    notes += [f"no more clips than in the baseline: {', '.join(quiet)}"] if quiet else []
    level = f"worse by: with its {100 * (1 - 2 * alpha):g} % interval; p: by Holm's rule, significant at {alpha:g}"
    methods = [f"{one.finding.name}: {one.finding.method}" for one in shown if one.finding.worse]
    notes += [level, *methods] if methods else []
    yield (
        text(Sheet(compared.title, HEADER, (lines,), tuple(notes)))
        if lines
        else "\n".join([compared.title, *notes, ""])
    )
    for one in compared.judged:
        if one.verdict != "pass" and one.finding.clips:
            yield _clips(one.finding)


def _worth_a_line(finding: Finding) -> bool:
    return finding.kind == "metric" or bool(finding.candidate)


def _line(judged: Judged, alpha: float) -> Line:
    finding = judged.finding
    cells = [finding.name, _number(finding.baseline), _number(finding.candidate)]
    cells += [_interval(finding, alpha), _margin(finding), f"{judged.p:.2g}", judged.verdict]
    return tuple(Cell(cell) for cell in cells)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.{DIGITS}g}"


def _interval(finding: Finding, alpha: float) -> str:
    if finding.worse is None:
        return f"{(finding.candidate or 0) - (finding.baseline or 0):+g} clips"
    low, high = finding.worse.interval(alpha)
    return f"{finding.worse.value:+.{DIGITS}g} [{low:+.{DIGITS}g}, {high:+.{DIGITS}g}]"


def _margin(finding: Finding) -> str:
    if finding.worse is None:
        return finding.allowed
    return f"{finding.margin:.{DIGITS}g} ({finding.allowed})" if "%" in finding.allowed else finding.allowed


def _clips(finding: Finding) -> str:
    valued = any(clip.baseline is not None for clip in finding.clips)
    name = f"worst in {finding.name}" if finding.worse else f"beyond the {finding.name}"
    name = f"{name} by {finding.ranked}" if finding.ranked else name
    what = f"{name}, baseline → candidate" if valued else f"newly {finding.name}"
    return "\n".join([f"{what}:", *(f"  {_clip(clip)}" for clip in finding.clips), ""])


def _clip(clip: Worse) -> str:
    values = f"  {_number(clip.baseline)} → {_number(clip.candidate)}" if clip.baseline is not None else ""
    return f"{clip.id}{values}  {' '.join(clip.text.split())}".rstrip()


def as_data(judgement: Judgement) -> dict[str, Any]:
    """Everything, as JSON has it."""
    return {
        "code": judgement.code,
        "conclusion": conclusion(judgement),
        "alpha": judgement.gate.alpha,
        "strict": judgement.gate.strict,
        "compared": [_pair_data(each, judgement.gate.alpha) for each in judgement.compared],
    }


def _pair_data(compared: Compared, alpha: float) -> dict[str, Any]:
    sides = dict(zip(("candidate", "baseline"), compared.pair or (), strict=False))
    labels = {
        which: {
            "suite": side.suite,
            "system": side.system,
            "hash": side.record.system["hash"],
            "seed": side.record.seed,
        }
        for which, side in sides.items()
    }
    return {"title": compared.title, **labels, "checks": [_data(one, alpha) for one in compared.judged]}


def _data(judged: Judged, alpha: float) -> dict[str, Any]:
    finding = judged.finding
    said = {"name": finding.name, "kind": finding.kind, "verdict": judged.verdict, "outcome": judged.outcome}
    said["reason"] = portable(judged.reason)
    if finding.lack:
        return said
    found: dict[str, Any] = {
        **said,
        "baseline": finding.baseline,
        "candidate": finding.candidate,
        "p": rounded(judged.p),
    }
    if finding.worse is not None:
        found |= {"worse": rounded(finding.worse.value), "error": rounded(finding.worse.error)}
        found |= {
            "interval": [rounded(end) for end in finding.worse.interval(alpha)],
            "margin": rounded(finding.margin),
        }
    clips = [{key: value for key, value in clip._asdict().items() if value is not None} for clip in finding.clips]
    found |= {"ranked": finding.ranked} if finding.ranked else {}
    return {**found, "allowed": finding.allowed, "method": finding.method, "clips": clips}
