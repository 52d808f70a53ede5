"""The canonical tables: ratings, sessions and stimuli, one row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.errors import BadInput
from bench.listening.columns import csv_of, values_of
from bench.listening.flaws import flaw, is_beyond
from bench.listening.handmade import read as read_handmade
from bench.listening.handmade import recognises as is_handmade
from bench.listening.intake import PUBLIC, SALT, Format, Options, Placed, Reading, joined
from bench.listening.rating import Rating, Session, Stimulus, is_pseudonym
from bench.listening.sheet import SCALE, Refused, Sheet, entries, read_sheet

# The columns that tell a table, and the least that it must have.
CANONICAL: dict[type, tuple[str, ...]] = {
    Rating: ("test_id", "rater_id", "item_id", "system_id", "dimension", "score"),
    Session: ("test_id", "session_id", "rater_id", "status"),
    Stimulus: ("stimulus_id", "item_id", "system_id"),
}
NAMES: dict[type, str] = {Rating: "ratings", Session: "sessions", Stimulus: "stimuli"}
OURS = ("stimulus_id", "scale_min", "scale_max", "revision")  # which no table has that people make by hand


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
    sheet = read_sheet(path)
    for name in (*CANONICAL[Rating], *OURS):
        if not sheet.has(name):
            there = " ".join(", ".join(sheet.header).split())
            raise BadInput(
                f"{path} lacks the column {name!r}, so it is none that `bench ratings --output` writes; it has: {there}"
            )
    found, refused = _canonical(Rating, sheet)
    if refused:
        raise BadInput(f"{path}, row {refused[0].row}: {refused[0].why}")
    return tuple(made for _, made in found)


def _canonical(kind: type, sheet: Sheet) -> tuple[list[tuple[int, Any]], list[Refused]]:
    """The values that rows are, each with its row, and the rows that are none."""
    kept, refused = entries(sheet)
    found = []
    for row, cells in kept:
        made = _made(kind, cells)
        why = made if isinstance(made, str) else flaw(made) if isinstance(made, Rating) else None
        if why:
            beyond = isinstance(made, Rating) and is_beyond(made)
            refused.append(Refused(sheet.file, row, why, SCALE if beyond else ""))
        else:
            found.append((row, made))
    return found, refused


def _made(kind: type, cells: Mapping[str, str]) -> Any:
    """The value that a row is, or what is wrong with it."""
    try:
        values = values_of(kind, cells)
    except ValueError as error:
        return str(error)
    values = {"rater_id": None, "session_id": None, **values} if kind is not Stimulus else values
    lacking = [name for name in CANONICAL[kind] if name not in values and name != "status"]
    if "dimension" in values:
        values["dimension"] = values["dimension"].upper()
    return f"no {lacking[0]}" if lacking else kind(**values)


def recognises(sheet: Sheet, options: Options) -> bool:
    """Whether a table is a canonical one, or a hand-made one."""
    return _kind(sheet, options) is not None or is_handmade(sheet, options)


def _kind(sheet: Sheet, options: Options) -> type | None:
    """What the rows of a canonical table are; None if it is none."""
    if sheet.has(*CANONICAL[Rating], *OURS):
        return Rating
    if is_handmade(sheet, options):  # which may well have all columns of the other two
        return None
    return next((kind for kind in (Session, Stimulus) if sheet.has(*CANONICAL[kind])), None)


def read(sheets: Sequence[Sheet], options: Options) -> Reading:
    """Canonical tables and hand-made ones.

    Raises:
        BadInput: a hand-made one has no column for something, and no option says what it is.
    """
    return joined(_of_sheet(sheet, options) for sheet in sheets)


def _of_sheet(sheet: Sheet, options: Options) -> Reading:
    kind = _kind(sheet, options)
    if kind is None:
        return read_handmade(sheet, options)
    found, refused = _canonical(kind, sheet)
    notes = [f"{sheet.file}: canonical {NAMES[kind]}"]
    if kind is Stimulus:
        return Reading((), (), [one for _, one in found], refused, notes)
    if options.salt == SALT and any(one.rater_id and not is_pseudonym(one.rater_id) for _, one in found):
        notes.append(PUBLIC)
    hidden = [(row, _hidden(one, options)) for row, one in found]
    if kind is Session:
        return Reading((), [one for _, one in hidden], (), refused, notes)
    return Reading([_placed(sheet, row, one) for row, one in hidden], (), (), refused, notes)


def _hidden(one: Any, options: Options) -> Any:
    """A rating or session with pseudonyms, where it has names."""
    rater, session = one.rater_id, one.session_id
    return replace(
        one,
        rater_id=None if rater is None else options.rater(rater),
        session_id=None if session is None else options.session(session),
    )


def _placed(sheet: Sheet, row: int, one: Rating) -> Placed:
    """A rating with where it stands here, which is also where it comes from, unless it says where that is."""
    here = one if one.source_file else replace(one, source_format="long", source_file=sheet.file, source_row=row)
    return Placed(sheet.file, row, here)


LONG = Format("one row a rating", recognises, read)
