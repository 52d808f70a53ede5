"""GoListen's exports of ACR and MUSHRA tests: tags, perhaps file names, a header, and one response a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bench.errors import BadInput
from bench.listening.assignments import positive
from bench.listening.identity import Identity, identity
from bench.listening.intake import Draft, Format, Options, Reading, joined, parted
from bench.listening.sheet import Line, Refused, Sheet

SOUNDS, TIME, RATING = "Sound filename", "Time (s)", " rating"


class Column(NamedTuple):
    """A column with scores: its place, the name of what was heard, and the place of the time taken (-1 for none)."""

    place: int
    name: str
    time: int


def recognises(sheet: Sheet, _: Options) -> bool:
    """Whether a file begins with a row of tags."""
    return sheet.header[:2] == ("", "Tags")


def read(sheets: Sequence[Sheet], options: Options) -> Reading:
    """Tests of GoListen.

    Raises:
        BadInput: no column has ratings; or nothing says what was heard, or asked.
    """
    known = identity(options)
    return joined(_of_sheet(sheet, options, known) for sheet in sheets)


def _of_sheet(sheet: Sheet, options: Options, known: Identity) -> Reading:
    sounds = next((line.cells for line in sheet.lines[:3] if line.cells[1:2] == (SOUNDS,)), ())
    top = next((place for place, line in enumerate(sheet.lines[:4]) if line.cells[:2] == ("Name", "Date")), None)
    if top is None:
        raise BadInput(f"{sheet.file} begins as GoListen's files do, but has no row that begins with Name, Date")
    columns = _columns(sheet.lines[top].cells, sheet.header, sounds)
    if not columns:
        raise BadInput(f"{sheet.file} has no column '… rating'; preference tests of GoListen are not read")
    known.needed(sheet.file, columns[0].name)
    method = "mushra" if sounds else "acr"
    width = max(len(sheet.lines[top].cells), len(sounds))
    heard, refused = parted(
        one
        for line in sheet.lines[top + 1 :]
        for one in ([_wide(sheet, line, width)] if any(line.cells[width:]) else _drafts(sheet, line, columns, known))
    )
    asked = options.question or ("MUSHRA" if sounds else "")
    votes = [
        one._replace(method=method, dimension=one.dimension or asked or options.asked(sheet.file)) for one in heard
    ]
    nameless = sum(not line.cells[0] for line in sheet.lines[top + 1 :])
    notes = [f"{sheet.file}: GoListen, {method}; people told by Name, {nameless} without one by row"]
    notes += _unused(sheet, top, columns)
    return Reading(votes, refused=refused, notes=[*known.notes, *notes])


def _wide(sheet: Sheet, line: Line, width: int) -> Refused:
    """A row that goes on beyond the header: a comma that nobody quoted has moved its scores."""
    return Refused(sheet.file, line.row, f"has {len(line.cells)} cells, but the header has {width}")


def _unused(sheet: Sheet, top: int, columns: Sequence[Column]) -> list[str]:
    """The columns that hold something and that are no scores, such as free texts or preferences."""
    used = {0, 1, *(place for column in columns for place in (column.place, column.time))}
    rows = [line.cells for line in sheet.lines[top + 1 :]]
    titles = {
        place: title or f"number {place + 1}"
        for place, title in enumerate(sheet.lines[top].cells)
        if place not in used and any("".join(cells[place : place + 1]) for cells in rows)
    }
    return [f"{sheet.file}: columns not used: {', '.join(titles.values())}"] if titles else []


def _columns(header: Sequence[str], tags: Sequence[str], sounds: Sequence[str]) -> list[Column]:
    """The columns with scores: of MUSHRA those with a file's name, otherwise those whose title ends in 'rating'."""
    found = []
    for place, title in enumerate(header):
        time = place + 1 if header[place + 1 : place + 2] == (TIME,) else -1
        if sounds and place > 1 and "".join(sounds[place : place + 1]):
            found.append(Column(place, sounds[place], time))
        elif not sounds and title.endswith(RATING):
            found.append(Column(place, "".join(tags[place : place + 1]) or title.removesuffix(RATING), time))
    return found


def _drafts(sheet: Sheet, line: Line, columns: Sequence[Column], known: Identity) -> Iterator[Draft | Refused]:
    """A response's votes; those of several stimuli of one page stand in one cell, and are told by their place."""
    name, date = (*line.cells, "", "")[:2]
    for column in columns:
        scores = "".join(line.cells[column.place : column.place + 1]).split(",")
        seconds = positive("".join(line.cells[column.time : column.time + 1])) if column.time > 0 else None
        for place, score in enumerate(scores, 1):
            heard_name = column.name if len(scores) == 1 else f"{column.name} #{place}"
            heard = known.of(heard_name)
            if heard is None:
                yield Refused(sheet.file, line.row, known.unknown(heard_name))
                continue
            times = {"response_time_s": seconds, "time_scope": "page"} if seconds is not None else {}
            yield Draft(
                file=sheet.file,
                row=line.row,
                rater=name or f"{sheet.file} row {line.row}",
                session=f"{sheet.file} row {line.row}",
                item=heard.item,
                system=heard.system,
                dimension=heard.dimension,
                score=score,
                more={"submitted_at": date or None, **times, **heard.more},
            )


GOLISTEN = Format("GoListen", recognises, read)
