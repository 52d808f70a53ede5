"""Ratings, sessions and stimuli as CSV and back, one column a field."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

WORDS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
NAMED = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
FORMULA = re.compile(r"'*[=+\-@\t\r]")  # what a spreadsheet would run
GUARDED = re.compile(r"'+[=+\-@\t\r]")


def csv_of(kind: type, values: Iterable[Any]) -> str:
    """Values of a dataclass as CSV, with a header; what is None is an empty cell.

    A text that a spreadsheet would take for a formula is written with an apostrophe before it.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    names = list(kinds_of(kind))
    writer.writerow(names)
    for value in values:
        writer.writerow([cell_of(getattr(value, name)) for name in names])
    return buffer.getvalue()


def cell_of(value: Any) -> str:
    """A value as a cell.

    >>> cell_of(4.0), cell_of(None), cell_of(("too_fast", "gold_failed")), cell_of("=1+1")
    ('4', '', 'too_fast;gold_failed', "'=1+1")
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, tuple):
        return ";".join(value)
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else str(value)


@cache
def kinds_of(kind: type) -> Mapping[str, type]:
    """The fields of a dataclass, each with its type where it is not None."""
    hints = typing.get_type_hints(kind)
    return {field.name: _inner(hints[field.name]) for field in dataclasses.fields(kind)}


def _inner(hint: Any) -> type:
    plain = typing.get_args(hint)[0] if isinstance(hint, types.UnionType) else typing.get_origin(hint) or hint
    assert isinstance(plain, type)
    return plain


def values_of(kind: type, cells: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a dataclass that a row gives; columns that are no field are left out.

    Raises:
        ValueError: a cell is not of its field's type; the message names both.
    """
    kinds = kinds_of(kind)
    return {name: parse(kinds[name], cell, name) for name, cell in cells.items() if name in kinds and cell != ""}


def parse(kind: type, cell: str, name: str) -> Any:
    """A cell as a value.

    Raises:
        ValueError: it is not of the type; the message names both.
    """
    try:
        return PARSERS[kind](cell)
    except (ValueError, KeyError):
        raise ValueError(f"{name} is {cell!r}, but must be {NAMED[kind]}") from None


def _text(cell: str) -> str:
    return cell[1:] if GUARDED.match(cell) else cell


def _whole(cell: str) -> int:
    value = float(cell)
    if not value.is_integer():
        raise ValueError(cell)
    return int(value)


PARSERS: dict[type, Callable[[str], Any]] = {
    str: _text,
    int: _whole,
    float: float,
    bool: lambda cell: WORDS[cell.lower()],
    tuple: lambda cell: tuple(part for part in cell.split(";") if part),
}
