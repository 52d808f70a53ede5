"""A table as text, Markdown, LaTeX, HTML, CSV or JSON; what a reader must know travels with it in every one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.errors import unknown
from bench.record import pretty, rounded
from bench.sheet import SHEETS, Cell, Sheet, document
from bench.table import Cell as Scored
from bench.table import Table, cell_parts, cell_text, count_text

INTERVALS = "[ ]: 95 % interval, had other clips been drawn; of timings, had other batches been timed"
SPREAD = (
    "; a ± before it: standard deviation (n − 1) over the seeds that the row counts; the interval is the mean of theirs"
)
FORMATS = (*SHEETS, "csv", "json")
FIELDS = (
    *("suite", "system", "metric", "value", "low", "high", "n", "asked", "signature", "note"),
    *("seeds", "spread", "rank"),
)


def render(table: Table, form: str) -> str:
    """A table in one format, ending in a line feed.

    Raises:
        BadInput: no such format.
    """
    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    if form in SHEETS:
        return document([sheet(table)], form)
    return data(entries(table), form, FIELDS)


def sheet(table: Table) -> Sheet:
    """A table as lines of cells."""
    lines = tuple(
        (Cell(row.label + "".join(row.marks)), *(_cell(cell) for cell in row.cells), Cell(count_text(row)))
        for row in table.rows
    )
    return Sheet(table.title, tuple(header(table)), (lines,), tuple(legend(table)), tuple(signatures(table)))


def _cell(cell: Scored) -> Cell:
    value, after = cell_parts(cell)
    return Cell(value, cell.emphasis, after)


def legend(table: Table) -> list[str]:
    """The lines below a table: what must be known of its suite, and what its marks mean."""
    intervals = (
        f"{INTERVALS}{SPREAD}"
        if any(cell.spread is not None for row in table.rows for cell in row.cells)
        else INTERVALS
    )
    return [f"{intervals}.", *table.remarks, *(f"{mark} {text}" for mark, text in table.notes)]


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
                    "seeds": " ".join(map(str, cell.seeds)) or None,
                    "spread": cell.spread,
                    "rank": cell.emphasis or None,
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
    plain = [{name: tidy(value) for name, value in one.items()} for one in found]
    if form == "json":
        return pretty(plain)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(plain)
    return buffer.getvalue()


def tidy(value: Any) -> Any:
    """A number as records have it, without the last bits that a mean or a difference leaves; anything else as it is.

    >>> tidy(4.529999999999999), tidy(-0.0), tidy("a")
    (4.53, 0.0, 'a')
    """
    return rounded(value) + 0.0 if isinstance(value, float) else value
