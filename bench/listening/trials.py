"""Trials as webMUSHRA stores them, and the votes that each kind of trial is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bench.listening.identity import Identity
from bench.listening.intake import Draft
from bench.listening.sheet import Refused

RESERVED = {"reference": "reference", "anchor35": "anchor", "anchor70": "anchor"}  # stimuli that are no system
WON = {"correct": "-1", "incorrect": "1", "undecided": "0"}  # correct is the reference


class Trial(NamedTuple):
    """One row of a file.

    Attributes:
        file, row: where it stands.
        kind: a key of ``KINDS``.
        test: the test's name.
        item: the trial's.
        rater, session: as the file tells them.
        cells: by webMUSHRA's column names.
        scores: of a Likert trial, one a question.
        sound: name of the recording, where the file gives one.
    """

    file: str
    row: int
    kind: str
    test: str
    item: str
    rater: str
    session: str
    cells: Mapping[str, str]
    scores: Sequence[str] = ()
    sound: str = ""


class Vote(NamedTuple):
    """One of a trial's votes: of which stimulus, what was given, for which of the questions, and what else is known."""

    system: str
    score: str
    question: int = 0
    more: Mapping[str, Any] = {}


class Kind(NamedTuple):
    """A kind of trial: its columns, the method, what is asked if nobody says otherwise, and its votes."""

    columns: tuple[str, ...]
    method: str
    question: str
    votes: Callable[[Trial], Iterator[Vote]]


def drafts(trial: Trial, questions: Sequence[str], known: Identity) -> Iterator[Draft | Refused]:
    """A trial's votes.

    Args:
        trial: one row.
        questions: the dimensions that were asked, in the order of the scores.
        known: what stimuli are, if the names are not those of systems.
    """
    kind, cells = KINDS[trial.kind], trial.cells
    common = {"comment": cells.get("rating_comment") or cells.get("choice_comment") or None}
    common |= _time(cells.get("rating_time") or cells.get("choice_time") or "")
    for system, score, question, more in kind.votes(trial):
        item, dimension = trial.item, questions[question]
        if known.known and system not in RESERVED:
            name = trial.sound or f"{trial.item}/{system}"
            heard = known.of(name)
            if heard is None:
                yield Refused(trial.file, trial.row, known.unknown(name))
                continue
            item, system, dimension, more = (
                heard.item,
                heard.system,
                heard.dimension or dimension,
                {**heard.more, **more},
            )
        if system in RESERVED:
            more = {"role": RESERVED[system], **more}
        yield Draft(
            file=trial.file,
            row=trial.row,
            rater=trial.rater,
            session=trial.session,
            item=item,
            system=system,
            dimension=dimension,
            score=score,
            method=kind.method,
            test=trial.test or None,
            more={**common, **more},
        )


def unequal(trial: Trial, questions: Sequence[str]) -> str:
    """What is wrong with a trial that has not one rating for each question; empty if nothing is."""
    given = len(trial.scores) if trial.kind == "likert" else 1
    if given == len(questions):
        return ""
    return (
        f"has {given} rating{'s' if given != 1 else ''}, but --question names {len(questions)} "
        f"({','.join(questions)}): it can't be told which is which; was the questionnaire changed?"
    )


def _time(milliseconds: str) -> dict[str, Any]:
    """The time on the page, which all its stimuli share."""
    try:
        seconds = float(milliseconds) / 1000
    except ValueError:
        return {}
    return {"response_time_s": seconds, "time_scope": "page"} if 0 <= seconds < math.inf else {}


def _mushra(trial: Trial) -> Iterator[Vote]:
    yield Vote(trial.cells["rating_stimulus"], trial.cells["rating_score"])


def _paired(trial: Trial) -> Iterator[Vote]:
    """The system against the reference: 1 if it was taken for the better one, -1 if the reference was."""
    answer = trial.cells["choice_answer"].lower()
    score = "" if answer == "unknown" else WON.get(answer, answer)
    yield Vote(trial.cells["choice_non_reference"], score, more={"compared_system_id": trial.cells["choice_reference"]})


def _bs1116(trial: Trial) -> Iterator[Vote]:
    yield Vote(trial.cells["rating_non_reference"], trial.cells["rating_non_reference_score"])
    hidden = {"role": "reference"}
    yield Vote(trial.cells["rating_reference"], trial.cells["rating_reference_score"], more=hidden)


def _likert(trial: Trial) -> Iterator[Vote]:
    for place, score in enumerate(trial.scores):
        yield Vote(trial.cells["stimuli"], score, place)


KINDS: dict[str, Kind] = {
    "mushra": Kind(("rating_stimulus", "rating_score", "rating_time"), "mushra", "MUSHRA", _mushra),
    "paired_comparison": Kind(("choice_reference", "choice_non_reference", "choice_answer"), "ab", "PREF", _paired),
    "bs1116": Kind(
        ("rating_reference", "rating_non_reference", "rating_reference_score", "rating_non_reference_score"),
        "bs1116",
        "BS1116",
        _bs1116,
    ),
    "likert": Kind(("stimuli", "rating_time"), "acr", "", _likert),
}
