"""A table as text, Markdown, LaTeX, HTML, CSV or JSON; what a reader must know travels with it in every one."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from typing import Any

from bench.errors import unknown
from bench.record import pretty
from bench.table import Table, cell_text, count_text

INTERVALS = "[ ]: 95 % interval, had other clips been drawn; of timings, had other batches been timed."


def render(table: Table, form: str) -> str:
    """A table in one format, ending in a line feed.

    Raises:
        BadInput: no such format.
    """
    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    return FORMATS[form](table)


def legend(table: Table) -> list[str]:
    """The lines below a table: what its marks mean."""
    return [INTERVALS, *(f"{mark} {text}" for mark, text in table.notes)]


def signatures(table: Table) -> list[str]:
    """The signature of each column."""
    return [f"{column.name}: {signature}" for column, signature in zip(table.columns, table.signatures, strict=True)]


def header(table: Table) -> list[str]:
    """Column titles, with the clips scored last."""
    return ["System", *(column.title for column in table.columns), "Clips"]


def body(table: Table) -> list[list[str]]:
    """The cells as text, row by row."""
    return [[row.label, *(cell_text(cell) for cell in row.cells), count_text(row)] for row in table.rows]


def text(table: Table) -> str:
    """For a terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for title in header(table):
        grid.add_column(Text(title), justify="left" if title == "System" else "right", no_wrap=True)
    for row in body(table):
        grid.add_row(*(Text(cell) for cell in row))
    buffer = io.StringIO()
    # As wide as it needs, whatever the terminal: a number folded over two lines, or cut, is misread.
    Console(file=buffer, width=10_000, color_system=None).print(grid)
    lines = [line.rstrip() for line in buffer.getvalue().splitlines()]
    return "\n".join([table.title, "", *lines, "", *legend(table), *signatures(table)]) + "\n"


def markdown(table: Table) -> str:
    """For GitHub and papers' repositories."""
    head, *rows = [[escape_markdown(cell) for cell in row] for row in (header(table), *body(table))]
    grid = [f"| {' | '.join(row)} |" for row in (head, ["---", *("---:" for _ in head[1:])], *rows)]
    notes = [f"- {escape_markdown(line)}" for line in legend(table)] + [f"- `{line}`" for line in signatures(table)]
    return "\n".join([f"**{escape_markdown(table.title)}**", "", *grid, "", *notes]) + "\n"


def escape_markdown(plain: str) -> str:
    r"""Text that Markdown shows as it stands.

    >>> print(escape_markdown("a|b <i>"))
    a\|b \<i\>
    """
    return re.sub(r"([\\`*_|<>])", r"\\\1", plain)


LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "|": r"\textbar{}", "↓": r"$\downarrow$", "↑": r"$\uparrow$",
    "–": "--", "·": r"$\cdot$", "†": r"\dag{}", "‡": r"\ddag{}", "§": r"\S{}", "¶": r"\P{}", "‖": r"$\|$",
    "…": r"\dots{}", "[": "{[}", "]": "{]}", "<": r"$<$", ">": r"$>$",
}  # fmt: skip


def latex(table: Table) -> str:
    """For a paper; needs the package booktabs."""
    rows = [" & ".join(escape_latex(cell) for cell in row) + r" \\" for row in body(table)]
    head = " & ".join(escape_latex(title) for title in header(table)) + r" \\"
    notes = [rf"\par\footnotesize {escape_latex(line)}" for line in legend(table)]
    notes += [f"% {line}" for line in signatures(table)]  # too long for print; whoever edits the paper sees them
    grid = [rf"\begin{{tabular}}{{l{'r' * len(header(table)[1:])}}}", r"\toprule", head, r"\midrule", *rows]
    lines = [r"\begin{table}", r"\centering", rf"\caption{{{escape_latex(table.title)}}}", *grid, r"\bottomrule"]
    return "\n".join([*lines, r"\end{tabular}", *notes, r"\end{table}"]) + "\n"


def escape_latex(plain: str) -> str:
    r"""Text that LaTeX prints as it stands.

    >>> print(escape_latex("100 % of a_b"))
    100 \% of a\_b
    """
    return "".join(LATEX.get(character, character) for character in plain)


def as_html(table: Table) -> str:
    """A table element and its notes, without style of its own."""
    head = "".join(f"<th>{html.escape(title)}</th>" for title in header(table))
    rows = "\n".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in body(table))
    notes = "\n".join(f"<li>{html.escape(line)}</li>" for line in legend(table) + signatures(table))
    caption = f"<caption>{html.escape(table.title)}</caption>"
    grid = f"<table>\n{caption}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
    return f"{grid}\n<ul>\n{notes}\n</ul>\n"


def as_csv(table: Table) -> str:
    """One line a score, with its interval, count, signature and note in columns of their own: for other programs."""
    buffer = io.StringIO()
    names = ["suite", "system", "metric", "value", "low", "high", "n", "asked", "signature", "note"]
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(entries(table))
    return buffer.getvalue()


def entries(table: Table) -> list[dict[str, Any]]:
    """One entry a cell, absent scores included."""
    notes = dict(table.notes)
    found = []
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells, strict=True):
            score = cell.score
            low, high = score.interval if score and score.interval else (None, None)
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
                    "note": "; ".join(notes[mark] for mark in cell.marks) or None,
                }
            )
    return found


def as_json(table: Table) -> str:
    """The same entries as JSON."""
    return pretty(entries(table))


FORMATS: dict[str, Callable[[Table], str]] = {
    "text": text,
    "markdown": markdown,
    "latex": latex,
    "html": as_html,
    "csv": as_csv,
    "json": as_json,
}
