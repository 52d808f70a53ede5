"""The rows of the tables that owners publish, whatever their format, and nothing taken that is not as the card says."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.errors import BadInput, choices, listed, short, unknown
from bench.prepare.literals import Item, json_items, json_line_items, python_items, text_of
from bench.sources import Listing
from bench.typed import UNWRITABLE

KEY, VALUE = "key", "value"  # the columns of a mapping from ids to texts
SCALARS = (str, int, float, bool, type(None))


class Row(NamedTuple):
    """One row: where it stands, as messages name it, and its cells by column."""

    where: str
    cells: Mapping[str, str]


def rows(paths: Sequence[Path], listing: Listing) -> list[Row]:
    """The rows of a table, in the order of its files and their lines.

    Args:
        paths: its files; several where one table is in parts.
        listing: how they are written.

    Raises:
        BadInput: a file can't be read, is not UTF-8 or not of its format; it has other columns than the listing says,
            or a row another number of them; or there are no rows. The message names file and line.
    """
    found = [row for path in paths for row in _read(path, listing)]
    if not found:
        raise BadInput(f"{', '.join(map(str, paths)) or listing.file} lists nothing")
    return found


def id_of(row: Row, listing: Listing) -> str:
    """A row's id: a whole cell, or what the listing's pattern finds in it.

    Raises:
        BadInput: the pattern finds nothing.
    """
    cell = row.cells[listing.id]
    if not listing.pattern:
        return cell
    found = re.search(listing.pattern, cell)
    if found is None or found[1] is None:
        raise BadInput(f"{row.where}: {listing.id} is {short(cell)!r}, in which {listing.pattern!r} finds no id")
    return found[1]


def columns(listing: Listing) -> tuple[str, ...]:
    """The columns that are made use of."""
    named = (listing.id, listing.caption, listing.transcription, listing.recording, listing.start)
    return tuple(dict.fromkeys(name for name in named if name))


def _read(path: Path, listing: Listing) -> Iterator[Row]:
    match listing.format:
        case "csv":
            return _cells(path, listing, _quoted(path))
        case "tsv":
            return _cells(path, listing, _plain(path, "\t"))
        case "pipe":
            return _cells(path, listing, _plain(path, "|"))
        case "json":
            return _objects(listing, json_items(path, listing.at))
        case "jsonl":
            return _objects(listing, json_line_items(path))
        case "python":
            return _objects(listing, python_items(path, listing.at))
    raise BadInput(f"{path} is a tag table, which has no rows")


# Files of cells.


class _Line(NamedTuple):
    where: str
    cells: list[str]


def _quoted(path: Path) -> Iterator[_Line]:
    """The lines of a CSV file; one with newlines in quotes is named by the line it begins on."""
    reader = csv.reader(io.StringIO(text_of(path), newline=""), strict=True)
    before = 0
    try:
        for cells in reader:
            if cells:
                yield _Line(f"{path}, line {before + 1}", cells)
            before = reader.line_num
    except csv.Error as error:
        raise BadInput(f"{path}, line {before + 1}: {error}") from error


def _plain(path: Path, separator: str) -> Iterator[_Line]:
    """The lines of a file in which a quote is a character like any other."""
    for number, line in enumerate(io.StringIO(text_of(path), newline=None), 1):
        if line.strip():
            yield _Line(f"{path}, line {number}", line.removesuffix("\n").split(separator))


def _cells(path: Path, listing: Listing, lines: Iterator[_Line]) -> Iterator[Row]:
    header: Sequence[str] = listing.header
    if not listing.headless:
        header = next(lines, _Line("", [])).cells
        _check_columns(header, listing, str(path))
    _check_used(header, listing, str(path))
    for where, cells in lines:
        if len(cells) != len(header):
            there = f"there are {len(header)} columns: {choices(header)}"
            raise BadInput(f"{where}: {len(cells)} fields, but {there}")
        yield Row(where, dict(zip(header, cells, strict=True)))


def _check_columns(found: Sequence[str], listing: Listing, where: str) -> None:
    """Refuse columns that are missing, too many or doubled; their order is of no account, since they go by name."""
    wanted = dict.fromkeys(listing.header or found)
    there = Counter(found)
    wrong = {
        "lacks": [name for name in wanted if name not in there],
        "has in surplus": [name for name in there if name not in wanted],
        "has twice": [name for name, count in there.items() if count > 1],
    }
    said = [f"{what} {listed([repr(short(name)) for name in names])}" for what, names in wrong.items() if names]
    if said:
        raise BadInput(f"{where} {' and '.join(said)}; its columns must be: {choices(tuple(wanted)) or 'named'}")


def _check_used(found: Iterable[str], listing: Listing, where: str) -> None:
    there = tuple(found)
    for name in columns(listing):
        if name not in there:
            raise BadInput(f"{where}: {unknown('column', name, there)}")


# Files of values.


def _objects(listing: Listing, items: Iterable[Item]) -> Iterator[Row]:
    """Rows of values: objects by their names; a mapping's key is a column too, and so is a value that is no object."""
    seen: dict[str, str] = {}
    for where, value, key in items:
        cells = {} if key is None else {KEY: key}
        if isinstance(value, dict):
            cells |= value
        else:
            cells[KEY if key is None else VALUE] = value
        _check_columns(tuple(cells), listing, where)
        _check_used(cells, listing, where)
        if key is not None and str(key) in seen:
            raise BadInput(f"{where}: {short(str(key))!r} stands there before, in {seen[str(key)]}")
        seen[str(key)] = where
        yield Row(where, {name: _cell(cell, name, listing, where) for name, cell in cells.items()})


def _cell(value: Any, name: str, listing: Listing, where: str) -> str:
    if not isinstance(value, SCALARS):
        if name in columns(listing):
            raise BadInput(f"{where}: {name} is a {type(value).__name__}, but must be a text or a number")
        return ""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    if UNWRITABLE.search(text):
        raise BadInput(f"{where}: {short(name)} holds a character that no file can be written with: {short(text)!r}")
    return text
