"""A table as text, Markdown, LaTeX, HTML, CSV or JSON; what a reader must know travels with it in every one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.errors import unknown
from bench.record import pretty
from bench.sheet import SHEETS, Cell, Sheet
from bench.table import Table, cell_text, count_text

INTERVALS = "[ ]: 95 % interval, had other clips been drawn; of timings, had other batches been timed."
FORMATS = (*SHEETS, "csv", "json")
FIELDS = ("suite", "system", "metric", "value", "low", "high", "n", "asked", "signature", "note")


def render(table: Table, form: str) -> str:
    """A table in one format, ending in a line feed.

    Raises:
        BadInput: no such format.
    """
    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    if form in SHEETS:
        return SHEETS[form](sheet(table))
    return data(entries(table), form, FIELDS)


def sheet(table: Table) -> Sheet:
    """A table as lines of cells."""
    lines = tuple(tuple(Cell(text) for text in row) for row in body(table))
    return Sheet(table.title, tuple(header(table)), (lines,), tuple(legend(table)), tuple(signatures(table)))


def legend(table: Table) -> list[str]:
    """The lines below a table: what must be known of its suite, and what its marks mean."""
    return [INTERVALS, *table.remarks, *(f"{mark} {text}" for mark, text in table.notes)]


def signatures(table: Table) -> list[str]:
    """The signature of each column."""
    return [f"{column.name}: {signature}" for column, signature in zip(table.columns, table.signatures, strict=True)]


def header(table: Table) -> list[str]:
    """Column titles, with the clips scored last."""
    return ["System", *(column.title for column in table.columns), "Clips"]


def body(table: Table) -> list[list[str]]:
    """The cells as text, row by row."""
    return [
        [row.label + "".join(row.marks), *(cell_text(cell) for cell in row.cells), count_text(row)]
        for row in table.rows
    ]


def entries(table: Table) -> list[dict[str, Any]]:
    """One entry a cell, absent scores included."""
    notes = dict(table.notes)
    found = []
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells, strict=True):
            score = cell.score
            low, high = score.interval if score and score.interval else (None, None)
            said = (*(notes[mark] for mark in (*row.marks, *row.lacking, *cell.marks)), *table.remarks)
            found.append(
                {
                    "suite": row.suite,
                    "system": row.label,
                    "metric": column.name,
                    "value": score.value if score else None,
                    "low": low,
                    "high": high,
                    "n": score.n if score else row.scored,
                    "asked": row.asked,
                    "signature": score.signature if score else None,
                    "note": "; ".join(said) or None,
                }
            )
    return found


def data(found: Sequence[Mapping[str, Any]], form: str, names: Iterable[str]) -> str:
    """Entries as one CSV or JSON document, for other programs.

    Args:
        found: the entries.
        form: ``csv`` or ``json``.
        names: the columns of the CSV; an entry without one has it empty.
    """
    if form == "json":
        return pretty(list(found))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return buffer.getvalue()
