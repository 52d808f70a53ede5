"""Verdicts: whether what was measured reproduces what was published, or why the two can't be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, get_args

from bench.paper.measured import Measured, Runs
from bench.paper.published import Claim, Column, Counted, Note, Row
from bench.record import Record
from bench.remarks import fields, standing
from bench.system import Status
from bench.weights import ABSENT, OTHER

SLACK = 1e-9  # of a value: what the last bits of two sums differ by
STATUSES = get_args(Status)
Verdict = Literal["reproduced", "close", "differs", "not comparable", "not run", ""]
"""Empty where nothing was published."""


class Judgement(NamedTuple):
    """What a measured number says about a published one.

    Attributes:
        verdict: in one word or two.
        difference: measured less published; None where the two are not on one scale, or one is not there.
        reasons: why they are not comparable, or what keeps the verdict from saying much.
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

    Reproduced: the published value, which is rounded, may lie in the measured interval, widened by the spread over
    seeds. Close: it lies within the column's tolerance.

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
    rounding = half_unit(column) + SLACK * abs(claim.value)
    if low - rounding <= claim.value <= high + rounding:
        return Judgement("reproduced", difference, tuple(_wide(claim, measured, column)))
    close = abs(difference) <= column.tolerance * abs(claim.value)
    return Judgement("close" if close else "differs", difference)


def half_unit(column: Column) -> float:
    """How far a published value may lie from what it was rounded from."""
    return 0.5 * 10.0**-column.places


def _wide(claim: Claim, measured: Measured, column: Column) -> Iterator[str]:
    """What must be said of a band that is wider than what is called close: nearly anything lies in it."""
    half, close = (measured.band.high - measured.band.low) / 2.0, column.tolerance * abs(claim.value)
    if half > close + half_unit(column):
        seeds = f", widened by the standard deviation of {measured.seeds} seeds," if measured.spread else ""
        yield (
            f"says little: the interval{seeds} reaches ±{half:.{column.places + 1}f}, wider than the "
            f"±{close:.{column.places + 1}f} that is called close"
        )


class Demands(NamedTuple):
    """What a measured number must be of, to be held against the published ones of a row.

    Attributes:
        counted: the suite that the published numbers are of; None if the runs are on another.
        coverage: the share of its clips that a run must have scored.
        row: what is known of the row, if it is published.
        notes: on the row.
        weightless: whether the row is of real audio or what reconstructs it, so that no weights make it.
    """

    counted: Counted | None
    coverage: float
    row: Row | None = None
    notes: Sequence[Note] = ()
    weightless: bool = False


def obstacles_to(measured: Measured, runs: Runs, column: Column, demands: Demands) -> list[Obstacle]:
    """Everything that keeps a measured number from being held against a published one.

    Args:
        measured: the number.
        runs: the runs that it is of.
        column: with the protocol of the published numbers.
        demands: what else the number must be.
    """
    barred = [note.text for note in demands.notes if not note.comparable and note.is_on(column.name)]
    found = [Obstacle(text) for text in barred]
    found += [Obstacle(text) for text in _other_protocol(measured, column)]
    found += [Obstacle(text) for text in _other_clips(measured, runs, demands)]
    weights = standing(runs.first) if demands.weightless else other_weights(runs.first, demands.row)
    return found + [Obstacle(text, one_scale=True) for text in weights]


def other_weights(record: Record, row: Row | None) -> list[str]:
    """What must be said where a run's weights are not those of its row, or are not known to be."""
    status = (record.system.get("standing") or {}).get("status")
    if status in STATUSES:
        return standing(record)
    never = ", which were never released" if row and row.status == "unreleased" else ""
    return [f"not known to be the published weights{never}"]


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


def _other_clips(measured: Measured, runs: Runs, demands: Demands) -> Iterator[str]:
    counted, said = demands.counted, runs.first.suite
    size, clips = int(said["size"]), str(said.get("list") or "")
    if counted is None:
        yield f"suite {runs.suite} is not the one that the published numbers are of"
    elif size != counted.clips:
        yield f"suite {runs.suite} has {size} clips here, not the {counted.clips} that the published numbers are of"
    elif not clips:
        yield f"the record does not say which clips suite {runs.suite} had: they are not known to be the published ones"
    elif not counted.is_that_of(said):
        yield f"suite {runs.suite} has other clips here than those that the published numbers are of"
    elif measured.covered < demands.coverage * size:
        yield f"under {100 * demands.coverage:g} % of the suite's clips were scored"
