"""Verdicts: whether what was measured reproduces what was published, or why the two can't be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from bench.paper.measured import Measured, Runs
from bench.paper.published import Claim, Column, Counted, Note
from bench.table import fields, standing
from bench.weights import ABSENT, OTHER

Verdict = Literal["reproduced", "close", "differs", "not comparable", "not run", ""]
"""Empty where nothing was published."""


class Judgement(NamedTuple):
    """What a measured number says about a published one.

    Attributes:
        verdict: in one word or two.
        difference: measured less published; None where the two are not on one scale, or one is not there.
        reasons: why they are not comparable.
    """

    verdict: Verdict
    difference: float | None = None
    reasons: tuple[str, ...] = ()


class Obstacle(NamedTuple):
    """Why a measured number is not held against a published one; on one scale, their difference still tells."""

    reason: str
    one_scale: bool = False


def judged(claim: Claim | None, measured: Measured | None, column: Column, obstacles: Sequence[Obstacle]) -> Judgement:
    """The verdict on one cell.

    Reproduced: the published value lies in the measured interval, widened by the spread over seeds. Close: it lies
    within the column's tolerance.

    Args:
        claim: what was published, if anything was.
        measured: what was measured, if anything was.
        column: with its tolerance.
        obstacles: why the two can't be held against each other.
    """
    if claim is None:
        return Judgement("")
    if measured is None:
        return Judgement("not run")
    difference = measured.value - claim.value
    if obstacles:
        told = difference if all(obstacle.one_scale for obstacle in obstacles) else None
        return Judgement("not comparable", told, tuple(obstacle.reason for obstacle in obstacles))
    low, high = measured.band
    if low <= claim.value <= high:
        return Judgement("reproduced", difference)
    close = abs(difference) <= column.tolerance * abs(claim.value)
    return Judgement("close" if close else "differs", difference)


def obstacles_to(
    measured: Measured, runs: Runs, column: Column, counted: Counted | None, coverage: float, notes: Sequence[Note]
) -> list[Obstacle]:
    """Everything that keeps a measured number from being held against a published one.

    Args:
        measured: the number.
        runs: the runs that it is of.
        column: with the protocol of the published numbers.
        counted: the suite that the published numbers are of; None if the runs are on another.
        coverage: the share of its clips that a run must have scored.
        notes: on the published row.
    """
    barred = [note.text for note in notes if not note.comparable and note.is_on(column.name)]
    found = [Obstacle(text) for text in barred]
    found += [Obstacle(text) for text in _other_protocol(measured, column)]
    found += [Obstacle(text) for text in _other_clips(runs, counted, coverage)]
    return found + [Obstacle(text, one_scale=True) for text in standing(runs.first)]


def _other_protocol(measured: Measured, column: Column) -> Iterator[str]:
    for substitute in column.instead:
        if substitute.metric == measured.metric:
            yield substitute.why
            return
    said = fields(measured.signature)
    wants = dict(part.split(":", 1) for part in column.protocol)
    wrong = {name: value for name, value in wants.items() if not _goes_on(said.get(name, ""), value)}
    if wrong:
        told = "; ".join(f"{name} is {said.get(name, 'absent')}, not {value}" for name, value in wrong.items())
        yield f"another protocol than the published one's: {told}"
    weights = said.get("w", "")
    if OTHER in weights or ABSENT in weights:
        yield f"{measured.metric} was computed with other weights than the published ones"


def _goes_on(value: str, beginning: str) -> bool:
    return f"{value},".startswith(f"{beginning},")


def _other_clips(runs: Runs, counted: Counted | None, coverage: float) -> Iterator[str]:
    size = int(runs.first.suite["size"])
    if counted is None:
        yield f"suite {runs.suite} is not the one that the published numbers are of"
    elif size != counted.clips:
        yield f"suite {runs.suite} has {size} clips here, not the {counted.clips} that the published numbers are of"
    elif runs.fewest.clips["scored"] < coverage * size:
        yield f"under {100 * coverage:g} % of the suite's clips were scored"
