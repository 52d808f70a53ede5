"""What was chosen in an assignment of MTurk: a column a question, a column a button, or all of it in one as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.errors import BadInput
from bench.listening.document import parsed
from bench.listening.sheet import Entry

CHOICES = {"true": True, "false": False}
PAGE = "taskAnswers"  # the answer that holds all others, as JSON


def split(name: str) -> tuple[str, str]:
    """The number and the stem of an answer's name.

    >>> split("0-mos-rating"), split("q1"), split("ovl_12"), split("comment")
    (('0', 'mos-rating'), ('1', 'q'), ('12', 'ovl'), ('', 'comment'))
    """
    match = re.match(r"(\d+)[-_. ]*(.*)$", name) or re.match(r"(.*?)[-_. ]*(\d+)$", name)
    if not match:
        return "", name
    first, second = match.groups()
    return (first, second) if first.isdigit() else (second, first)


def buttons_of(rows: Sequence[Entry]) -> frozenset[str]:
    """The columns of radio buttons, which a row has empty if it lacks their question."""
    cells = (cell for row in rows for cell in row.cells.items())
    return frozenset(name[7:] for name, cell in cells if name.startswith("Answer.") and _is_button(name[7:], cell))


def _is_button(name: str, value: Any) -> bool:
    return isinstance(value, str | bool) and str(value).lower() in CHOICES and "." in name


def answers_of(cells: Mapping[str, str], buttons: frozenset[str]) -> dict[str, list[str]] | str:
    """By question, what was chosen: nothing, one thing, or wrongly several; or why that can't be told."""
    given: dict[str, Any] = {name[7:]: cell for name, cell in cells.items() if name.startswith("Answer.")}
    given = {name: cell or ("false" if name in buttons else "") for name, cell in given.items()}
    page = _page(given.pop(PAGE, ""))
    if isinstance(page, str):
        return page
    flat: dict[str, list[str]] = {}
    for name, value in (*given.items(), *page.items()):
        for question, chosen in _flat(name, value):
            flat.setdefault(question, []).extend(chosen)
    return flat


def _page(cell: str) -> dict[str, Any] | str:
    """The one object that ``PAGE`` holds, without anything in it if the cell is empty; or why it holds none."""
    if not cell:
        return {}
    try:
        value = parsed(cell, f"Answer.{PAGE}") if cell[0] in "[{" else cell
    except BadInput as error:
        return str(error)
    one = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(one, dict):
        return one
    return f"Answer.{PAGE} is {cell[:40]!r}, but must be a JSON object, or a list of one"


def _flat(name: str, value: Any) -> Iterator[tuple[str, list[str]]]:
    """Questions with what was chosen, of a column: a value, one of several radio buttons, or nested JSON."""
    if isinstance(value, dict) and value and all(isinstance(one, bool) for one in value.values()):
        yield name, [label for label, one in value.items() if one]
    elif isinstance(value, dict):
        for inner, one in value.items():
            yield from _flat(inner, one)
    elif _is_button(name, value):
        question, label = name.rsplit(".", 1)
        yield question, [label] if CHOICES[str(value).lower()] else []
    else:
        yield name, [] if value in ("", None) else [str(value)]
