"""A file as people and services export it: CSV with any separator, byte order mark and line ends, or JSON."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.errors import BadInput
from bench.listening.document import parsed

SEPARATORS = ",;\t|"
NOT_TEXT = {
    b"PK\x03\x04": "a spreadsheet or archive: export it as CSV",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet: export it as CSV",
    b"\x1f\x8b": "compressed: unpack it first",
    b"%PDF": "a PDF: export CSV",
    b"\x80": "a pickle, which could run any code and is never opened: export CSV",
}


class Line(NamedTuple):
    """One row: its number as a spreadsheet shows it, and its cells without blanks at their ends."""

    row: int
    cells: tuple[str, ...]


class Sheet(NamedTuple):
    """A file's rows that are not empty.

    Attributes:
        file: its name, without folders.
        lines: the header among them.
        separator: of its cells; ``{`` for a JSON file, which has but one, that says so.
        document: the value that a JSON file is.
    """

    file: str
    lines: tuple[Line, ...]
    separator: str = ","
    document: Any = None

    @property
    def is_json(self) -> bool:
        """Whether it has no cells, but a document."""
        return self.separator == "{"

    @property
    def header(self) -> tuple[str, ...]:
        """The first row's cells."""
        return self.lines[0].cells

    def has(self, *names: str) -> bool:
        """Whether the header has all of some columns, letter by letter."""
        return set(names) <= set(self.header)

    def number(self, cell: str) -> str:
        """A cell with a decimal point, where the separator tells that a comma can only be a decimal one."""
        return cell.replace(",", ".") if self.separator in ";\t" and cell.count(",") == 1 else cell


class Entry(NamedTuple):
    """A row by column, and its number."""

    row: int
    cells: dict[str, str]


SCALE, AGAIN, ASKED = "scale", "again", "asked"


class Refused(NamedTuple):
    """A row that was not taken.

    Attributes:
        file: its file.
        row: its row; the first is 1.
        why: in words.
        cause: ``SCALE`` if its score is out of it, ``AGAIN`` if it stands elsewhere too, ``ASKED`` if the options leave
            it out; empty otherwise.
    """

    file: str
    row: int
    why: str
    cause: str = ""

    @property
    def lost(self) -> bool:
        """Whether a rating that should count does not, for all that is known."""
        return self.cause not in (AGAIN, ASKED)


def read_sheet(path: Path) -> Sheet:
    """A CSV file: comma, semicolon, tab or bar; UTF-8 or UTF-16 with a byte order mark; quotes and newlines in cells.

    What begins with a brace or a square bracket is JSON.

    Raises:
        BadInput: no such file; not text; empty; broken quotes or JSON.
    """
    text = _text(path)
    if text.lstrip()[:1] in ("{", "["):
        return Sheet(path.name, (Line(1, ("JSON",)),), "{", parsed(text, str(path)))
    separator, text = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [tuple(cell.strip() for cell in cells) for cells in reader]
    except csv.Error as error:
        raise BadInput(f"{path}, line {reader.line_num}: {error}") from error
    lines = tuple(Line(number, cells) for number, cells in enumerate(rows, 1) if any(cells))
    if not lines:
        raise BadInput(f"{path} is empty")
    return Sheet(path.name, lines, separator)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror}") from error
    for signature, what in NOT_TEXT.items():
        if data.startswith(signature):
            raise BadInput(f"{path} is {what}")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 (byte {error.start}): save it as CSV UTF-8") from error
    if "\0" in text:
        raise BadInput(f"{path} holds zero bytes, so it is no text file: export CSV")
    return text


def _separator(text: str) -> tuple[str, str]:
    """What separates the first row's cells, and the text without the line ``sep=;`` that Excel writes before them."""
    first, _, rest = text.partition("\n")
    if first.strip()[:4].lower() == "sep=" and len(first.strip()) == 5:
        return first.strip()[4], rest
    counts = Counter(_unquoted(text.lstrip()))
    return max(SEPARATORS, key=lambda mark: counts[mark]), text


def _unquoted(text: str) -> Iterator[str]:
    """The first row's characters that stand outside quotes."""
    quoted = False
    for character in text:
        if character == '"':
            quoted = not quoted
        elif not quoted and character in "\r\n":
            return
        elif not quoted:
            yield character


def once(sheet: Sheet) -> None:
    """Stop where a column can't be told from another.

    Raises:
        BadInput: two columns have one name.
    """
    doubled = [name for name, count in Counter(sheet.header).items() if name and count > 1]
    if doubled:
        raise BadInput(f"{sheet.file} has the column {doubled[0]!r} twice")


def entries(sheet: Sheet, body: Sequence[Line] | None = None) -> tuple[list[Entry], list[Refused]]:
    """The rows below the header by column, and those that are not as wide as the header.

    Args:
        sheet: whose first row is the header.
        body: its rows, where they don't begin right below the header.

    Raises:
        BadInput: two columns have one name.
    """
    once(sheet)
    header, kept, refused = sheet.header, [], []
    for row, cells in sheet.lines[1:] if body is None else body:
        if len(cells) == len(header):
            kept.append(Entry(row, dict(zip(header, cells, strict=True))))
        else:
            refused.append(Refused(sheet.file, row, f"has {len(cells)} cells, but the header has {len(header)}"))
    return kept, refused
