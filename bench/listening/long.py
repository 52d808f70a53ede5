"""The canonical tables: ratings, sessions and stimuli, one row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.errors import BadInput
from bench.listening.columns import csv_of, values_of
from bench.listening.handmade import read as read_handmade
from bench.listening.handmade import recognises as is_handmade
from bench.listening.intake import Format, Options, Reading, joined
from bench.listening.rating import Rating, Session, Stimulus, flaw
from bench.listening.sheet import Refused, Sheet, entries, read_sheet

# The columns that tell a table, and the least that it must have.
CANONICAL: dict[type, tuple[str, ...]] = {
    Rating: ("test_id", "rater_id", "item_id", "system_id", "dimension", "score"),
    Session: ("test_id", "session_id", "rater_id", "status"),
    Stimulus: ("stimulus_id", "item_id", "system_id"),
}


def ratings_csv(ratings: Iterable[Rating]) -> str:
    """``ratings.csv``."""
    return csv_of(Rating, ratings)


def sessions_csv(sessions: Iterable[Session]) -> str:
    """``sessions.csv``."""
    return csv_of(Session, sessions)


def stimuli_csv(stimuli: Iterable[Stimulus]) -> str:
    """``stimuli.csv``."""
    return csv_of(Stimulus, stimuli)


def read_ratings(path: Path) -> tuple[Rating, ...]:
    """The ratings of a canonical ``ratings.csv``.

    Raises:
        BadInput: it is not in that form, or a row is wrong; the message names it.
    """
    return _read(Rating, path)


def read_sessions(path: Path) -> tuple[Session, ...]:
    """The sessions of a canonical ``sessions.csv``.

    Raises:
        BadInput: it is not in that form, or a row is wrong; the message names it.
    """
    return _read(Session, path)


def read_stimuli(path: Path) -> tuple[Stimulus, ...]:
    """The stimuli of a canonical ``stimuli.csv``.

    Raises:
        BadInput: it is not in that form, or a row is wrong; the message names it.
    """
    return _read(Stimulus, path)


def _read(kind: type, path: Path) -> tuple[Any, ...]:
    sheet = read_sheet(path)
    for name in CANONICAL[kind]:
        if not sheet.has(name):
            there = " ".join(", ".join(sheet.header).split())
            raise BadInput(f"{path} lacks the column {name!r}; it has: {there}")
    found, refused = _canonical(kind, sheet)
    if refused:
        raise BadInput(f"{path}, row {refused[0].row}: {refused[0].why}")
    return tuple(found)


def _canonical(kind: type, sheet: Sheet) -> tuple[list[Any], list[Refused]]:
    kept, refused = entries(sheet)
    found = []
    for row, cells in kept:
        made = _made(kind, cells)
        why = made if isinstance(made, str) else flaw(made) if isinstance(made, Rating) else None
        if why:
            refused.append(Refused(sheet.file, row, why))
        else:
            found.append(made)
    return found, refused


def _made(kind: type, cells: Mapping[str, str]) -> Any:
    """The value that a row is, or what is wrong with it."""
    try:
        values = values_of(kind, cells)
    except ValueError as error:
        return str(error)
    values = {"rater_id": None, "session_id": None, **values} if kind is not Stimulus else values
    lacking = [name for name in CANONICAL[kind] if name not in values and name != "status"]
    return f"no {lacking[0]}" if lacking else kind(**values)


def recognises(sheet: Sheet, options: Options) -> bool:
    """Whether a table is a canonical one, or a hand-made one."""
    return any(sheet.has(*names) for names in CANONICAL.values()) or is_handmade(sheet, options)


def read(sheets: Sequence[Sheet], options: Options) -> Reading:
    """Canonical tables and hand-made ones.

    Raises:
        BadInput: a hand-made one has no column for something, and no option says what it is.
    """
    return joined(_of_sheet(sheet) or read_handmade(sheet, options) for sheet in sheets)


def _of_sheet(sheet: Sheet) -> Reading | None:
    """What a canonical table holds; None if it is none."""
    for place, (kind, names) in enumerate(CANONICAL.items()):
        if sheet.has(*names):
            found, refused = _canonical(kind, sheet)
            note = f"{sheet.file}: canonical {kind.__name__.lower()}s"
            parts = [found if place == index else [] for index in range(len(CANONICAL))]
            return Reading(parts[0], parts[1], parts[2], refused, (note,))
    return None


LONG = Format("one row a rating", recognises, read)
