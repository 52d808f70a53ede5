"""webMUSHRA's results: MUSHRA, paired comparison, BS.1116 and Likert scales; pymushra's exports of them too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from bench.errors import BadInput, unknown
from bench.listening.identity import Identity, identity
from bench.listening.intake import Draft, Format, Options, Reading, joined, parted
from bench.listening.pymushra import is_pymushra, read_pymushra
from bench.listening.sheet import Line, Refused, Sheet, once
from bench.listening.trials import KINDS, Trial, drafts, unequal

SCORES = re.compile(r"stimuli_rating\d*")
LOST = "webMUSHRA loses what follows a & or % in a comment: where a file is short, people are missing from it"


class Plan(NamedTuple):
    """How the rows of a file are read.

    Attributes:
        kind: of trial.
        people: places of the columns that tell people apart.
        rows: if not 0, each so many rows are one person's instead.
        questions: what was asked.
    """

    kind: str
    people: tuple[int, ...]
    rows: int
    questions: tuple[str, ...]


def recognises(sheet: Sheet, _: Options) -> bool:
    """Whether a file begins as webMUSHRA's do, or has pymushra's names."""
    return (sheet.header[0] == "session_test_id" and "trial_id" in sheet.header) or is_pymushra(sheet)


def read(sheets: Sequence[Sheet], options: Options) -> Reading:
    """Files of webMUSHRA, and pymushra's exports of them.

    Raises:
        BadInput: nothing says who rated, or what was asked on a Likert scale.
    """
    known = identity(options)
    readers = [read_pymushra if is_pymushra(sheet) else _of_sheet for sheet in sheets]
    return joined(reader(sheet, options, known) for reader, sheet in zip(readers, sheets, strict=True))


def _of_sheet(sheet: Sheet, options: Options, known: Identity) -> Reading:
    plan = _plan(sheet, options)
    found: list[Draft | Refused] = []
    for count, line in enumerate(sheet.lines[1:]):
        trial = _trial(sheet, line, plan, count)
        if isinstance(trial, str):
            found.append(Refused(sheet.file, line.row, trial))
        else:
            found += drafts(trial, plan.questions, known)
    votes, refused = parted(found)
    who = f"each {plan.rows} rows" if plan.rows else " and ".join(sheet.header[place] for place in plan.people)
    return Reading(votes, refused=refused, notes=(f"{sheet.file}: webMUSHRA, {plan.kind}; people told by {who}", LOST))


def _plan(sheet: Sheet, options: Options) -> Plan:
    once(sheet)
    kind = next((name for name, known in KINDS.items() if sheet.has(*known.columns)), "")
    if not kind:
        raise BadInput(f"{sheet.file} is webMUSHRA's, but of no kind that is read here: {', '.join(KINDS)}")
    scores = sum(SCORES.fullmatch(column) is not None for column in sheet.header)
    people, rows = _people(sheet, options)
    return Plan(kind, people, rows, _questions(sheet, options, kind, scores))


def _questions(sheet: Sheet, options: Options, kind: str, scores: int) -> tuple[str, ...]:
    asked = tuple(one.strip().upper() for one in (options.question or KINDS[kind].question).split(",") if one.strip())
    if not asked:
        raise BadInput(
            f"{sheet.file} does not say what was asked: give it as --question OVL (or OVL,REL for two scales)"
        )
    if kind != "likert" and len(asked) > 1:
        raise BadInput(f"{sheet.file} has one rating a row, but --question names {len(asked)}: {options.question}")
    if len(asked) < scores:
        raise BadInput(
            f"{sheet.file} has {scores} ratings a row, but --question names {len(asked)}: {options.question}"
        )
    return asked


def _people(sheet: Sheet, options: Options) -> tuple[tuple[int, ...], int]:
    """The columns that tell people apart, or how many rows each has."""
    header, given = sheet.header, options.rater_from
    if given and (match := re.fullmatch(r"rows:([1-9]\d*)", given)):
        return (), int(match[1])
    if given and given not in header:
        raise BadInput(f"--rater-from: {sheet.file}: {unknown('column', given, header)}")
    if given or "session_uuid" in header:
        return (header.index(given or "session_uuid"),), 0
    if header.index("trial_id") == 1:
        raise BadInput(f"{sheet.file} does not say who rated: if each person has N rows, give --rater-from rows:N")
    return tuple(range(1, header.index("trial_id"))), 0


def _trial(sheet: Sheet, line: Line, plan: Plan, count: int) -> Trial | str:
    """What a row is, or why it is nothing: a questionnaire that was changed moves the columns of later rows."""
    cells, width = line.cells, len(sheet.header)
    before = sheet.header.index("trial_id") + 1
    names, scores = sheet.header, cells[before:-2]
    if plan.kind == "likert":  # the header has as many ratings as the first trial had, rows as many as they have
        names = (*sheet.header[:before], *(f"rating {place}" for place in range(len(scores))), "stimuli", "rating_time")
        width = max(len(cells), before + 2)  # how many ratings there are is held to the questions, below
    if len(cells) != width:
        return (
            f"has {len(cells)} cells, but the header has {len(sheet.header)}: was the questionnaire or a scale changed?"
        )
    told = [cells[place] for place in plan.people]
    if not plan.rows and not any(told):
        return "no rater: the columns that tell people apart are empty"
    rater = f"{sheet.file} person {count // plan.rows + 1}" if plan.rows else "\x1f".join(told)
    named = dict(zip(names, cells, strict=True))
    test = named["session_test_id"]
    trial = Trial(sheet.file, line.row, plan.kind, test, named["trial_id"], rater, f"{test} {rater}", named, scores)
    return unequal(trial, plan.questions) or trial


WEBMUSHRA = Format("webMUSHRA and pymushra", recognises, read)
