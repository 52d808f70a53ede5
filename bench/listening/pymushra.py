"""pymushra's CSV export of webMUSHRA's results: semicolons, names of two levels, columns in any order."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bench.errors import BadInput
from bench.listening.identity import Identity
from bench.listening.intake import Draft, Options, Reading, parted
from bench.listening.sheet import Entry, Refused, Sheet, entries
from bench.listening.trials import KINDS, Trial, drafts, unequal

NAMES = {  # pymushra's column by webMUSHRA's
    "rating_stimulus": "responses_stimulus",
    "rating_score": "responses_score",
    "rating_comment": "responses_comment",
    "rating_time": "responses_time",
    "choice_reference": "responses_reference",
    "choice_non_reference": "responses_nonReference",
    "choice_answer": "responses_answer",
    "rating_reference": "responses_reference",
    "rating_non_reference": "responses_nonReference",
    "rating_reference_score": "responses_referenceScore",
    "rating_non_reference_score": "responses_nonReferenceScore",
    "stimuli": "responses_stimulus",
}
SITTINGS = "pymushra's uuid is of a sitting: a person who came twice counts as two, unless --rater-from names a column"


def is_pymushra(sheet: Sheet) -> bool:
    """Whether a file has pymushra's names, its spelling of the questionnaire among them."""
    return sheet.has("wm_testId", "wm_id", "wm_type")


def read_pymushra(sheet: Sheet, options: Options, known: Identity) -> Reading:
    """One export, which may hold several kinds of trials.

    Raises:
        BadInput: nothing says who rated, or what was asked on a Likert scale.
    """
    column = options.rater_from or "questionaire_uuid"
    if column not in sheet.header:
        raise BadInput(f"{sheet.file} has no column {column!r} to tell people apart: name one with --rater-from")
    kept, refused = entries(sheet)
    found: list[Draft | Refused] = []
    for entry in kept:
        trial = _trial(sheet, entry, column)
        if isinstance(trial, str):
            refused.append(Refused(sheet.file, entry.row, trial))
            continue
        questions = _questions(sheet, trial, options)
        why = unequal(trial, questions)
        found += [Refused(sheet.file, entry.row, why)] if why else drafts(trial, questions, known)
    votes, unfit = parted(found)
    notes = [f"{sheet.file}: pymushra; people told by {column}", *([] if options.rater_from else [SITTINGS])]
    return Reading(votes, refused=[*refused, *unfit], notes=notes)


def _trial(sheet: Sheet, entry: Entry, column: str) -> Trial | str:
    cells = entry.cells
    kind = "likert" if cells["wm_type"].startswith("likert") else cells["wm_type"]
    if kind not in KINDS:
        return f"wm_type is {cells['wm_type']!r}, but must be one of {', '.join(KINDS)}"
    if not cells[column]:
        return f"no rater: {column} is empty"
    named = {ours: cells.get(theirs, "") for ours, theirs in NAMES.items()}
    scores = _scores(cells)
    session = cells.get("questionaire_uuid") or cells[column]
    return Trial(sheet.file, entry.row, kind, cells["wm_testId"], cells["wm_id"], cells[column], session, named, scores)


def _scores(cells: Mapping[str, str]) -> list[str]:
    """The ratings of a Likert trial; single-stimulus pages send a list of them."""
    return [part.strip(" '\"") for part in re.sub(r"[\[\]]", "", cells.get("responses_stimulusRating", "")).split(",")]


def _questions(sheet: Sheet, trial: Trial, options: Options) -> list[str]:
    asked = options.question or KINDS[trial.kind].question
    questions = [one.strip().upper() for one in asked.split(",") if one.strip()]
    if not questions or (trial.kind == "likert" and len(questions) < len(trial.scores)):
        counted = f"{len(trial.scores)} ratings a row" if questions else "nothing of what was asked"
        raise BadInput(f"{sheet.file} has {counted}: name the scales as --question OVL (or OVL,REL)")
    return questions
