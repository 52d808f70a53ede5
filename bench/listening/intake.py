"""What every format of listening tests shares: options, what was taken, what was not and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from bench.errors import BadInput
from bench.listening.rating import Rating, Session, Stimulus, is_pseudonym, pseudonym
from bench.listening.sheet import ASKED, Refused, Sheet

SALT = "audiogen-bench"  # known to everybody
PUBLIC = "raters' pseudonyms are made with a salt that everybody knows; give one's own with --salt"
TEST = "test"  # the name of a test whose files don't say
ABSENT = {"", "na", "n/a", "nan", "null", "none", "-"}  # written where a question was not answered
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a file of ratings does not say itself. On the command line each is ``--name`` with hyphens.

    Attributes:
        scale: its two ends; None for the method's own (1 to 5 for ACR, 0 to 100 for MUSHRA, -3 to 3 for CCR).
        step: distance of its points; 0 for a continuous scale; None for 1.
        question: the dimension, for formats that carry none; several, separated by commas, where a row has several.
        rater_from: the column (of beaqleJS: UserEmail, UserName, or the ``file``) that says who rated; ``rows:N`` if
            each N rows are one person's; ``nobody`` if unknown.
        labels: numbers of the words that raters chose, such as ``{Excellent: 5}``.
        condition_pattern: expression, searched in the name or address of a recording, with the groups ``system`` and
            ``item``, and perhaps ``sample``.
        condition_keys: groups of that expression which together are the system, if it has no group ``system``.
        key: CSV with the columns stimulus (or question), system and item, and perhaps dimension, role, sample,
            expected_score: what each recording, or each question of a survey, is.
        columns: where a hand-made table calls them otherwise: ``{rater_id: worker, score: stars}``.
        score_columns: where a row has a column for each dimension: ``{OVL: overall, REL: relevance}``.
        systems: names of the systems, in the order of the matrices.
        salt: makes pseudonyms; keep one's own secret.
        test: name of the test, for formats that carry none.
        drop_rejected: drop assignments that were rejected (they are kept otherwise).
        allow_refused: take the rows that can be taken, whatever became of the others.
    """

    scale: tuple[float, float] | None = None
    step: float | None = None
    question: str | None = None
    rater_from: str | None = None
    labels: Mapping[str, float] = field(default_factory=dict)
    condition_pattern: str | None = None
    condition_keys: tuple[str, ...] = ()
    key: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    score_columns: Mapping[str, str] = field(default_factory=dict)
    systems: tuple[str, ...] = ()
    salt: str = SALT
    test: str | None = None
    drop_rejected: bool = False
    allow_refused: bool = False

    def rater(self, name: str) -> str:
        """A person's pseudonym; what is one already stays."""
        return name if is_pseudonym(name) else pseudonym(self.salt, name)

    def session(self, name: str) -> str:
        """A sitting's pseudonym, since services let its name be traced to the person."""
        return name if is_pseudonym(name, "s") else pseudonym(self.salt, name, "s")

    def stimulus(self, item: str, system: str, sample: int = 0) -> str:
        """The opaque name of a sound."""
        return pseudonym(self.salt, "\x1f".join((item, system, str(sample))), "x")

    def named(self, test: str | None = None) -> str:
        """The name of a test that a file calls so, or has no name for."""
        return test or self.test or TEST

    def asked(self, file: str) -> str:
        """The dimension, where a format carries none.

        Raises:
            BadInput: ``question`` is not given, or names several.
        """
        if not self.question or "," in self.question:
            raise BadInput(f"{file} does not say what was asked: give it as --question OVL (or REL, MOS, NAT …)")
        return self.question.strip().upper()


class Imported(NamedTuple):
    """What was found in files of ratings.

    Attributes:
        format: names of the formats, joined by " + ".
        ratings: in the order of the files.
        sessions: one a sitting, where anything is known of it.
        stimuli: what was heard.
        refused: rows that were not taken.
        notes: what was understood, one line each.
        unnamed: the files whose test has no name but the one that any other has.
    """

    format: str
    ratings: tuple[Rating, ...]
    sessions: tuple[Session, ...]
    stimuli: tuple[Stimulus, ...]
    refused: tuple[Refused, ...]
    notes: tuple[str, ...]
    unnamed: tuple[str, ...] = ()

    @property
    def faulty(self) -> bool:
        """Whether any row was refused that no option said to leave out."""
        return any(row.cause != ASKED for row in self.refused)


class Draft(NamedTuple):
    """A vote as a file has it, before it is known to be one.

    Attributes:
        file, row: where it stands.
        rater, session: as the file names them; None if it doesn't.
        item, system: what was heard.
        dimension: what was asked.
        score: as written.
        method: of the test.
        test: its name; None if the file has none.
        more: other fields of the rating.
    """

    file: str
    row: int
    rater: str | None
    session: str | None
    item: str
    system: str
    dimension: str
    score: str
    method: str = "acr"
    test: str | None = None
    more: Mapping[str, Any] = {}


class Placed(NamedTuple):
    """A rating, and where in the given files it stands."""

    file: str
    row: int
    rating: Rating


class Reading(NamedTuple):
    """What one format makes of its files.

    Attributes:
        votes: drafts; ratings where a file is in the canonical form.
        sessions, stimuli: what is known of them.
        refused: rows that are no votes.
        notes: what was understood.
    """

    votes: Sequence[Draft | Placed]
    sessions: Sequence[Session] = ()
    stimuli: Sequence[Stimulus] = ()
    refused: Sequence[Refused] = ()
    notes: Sequence[str] = ()


class Format(NamedTuple):
    """A form that ratings come in.

    Attributes:
        title: for people.
        recognises: whether a file is of it, by its header.
        read: what its files hold.
        alone: whether it makes sense without another's ratings beside it.
    """

    title: str
    recognises: Callable[[Sheet, Options], bool]
    read: Callable[[Sequence[Sheet], Options], Reading]
    alone: bool = True


def joined(parts: Iterable[Reading]) -> Reading:
    """What several files of one format hold together."""
    votes: list[Draft | Placed] = []
    sessions: list[Session] = []
    stimuli: list[Stimulus] = []
    refused: list[Refused] = []
    notes: list[str] = []
    for part in parts:
        votes += part.votes
        sessions += part.sessions
        stimuli += part.stimuli
        refused += part.refused
        notes += part.notes
    return Reading(votes, sessions, stimuli, refused, notes)


T = TypeVar("T", Draft, Placed)


def parted(found: Iterable[T | Refused]) -> tuple[list[T], list[Refused]]:
    """What was taken, and what was not."""
    taken: list[T] = []
    refused: list[Refused] = []
    for one in found:
        if isinstance(one, Refused):
            refused.append(one)
        else:
            taken.append(one)
    return taken, refused


def unfit(sheet: Sheet, lacking: str, option: str) -> BadInput:
    """The error for a file that does not say what an option can."""
    columns = ", ".join(name for name in sheet.header if name)
    return BadInput(f"{sheet.file} has no column for the {lacking}: name it with {option}; it has: {columns[:300]}")
