"""A sheet: lines of cells with notes below, as text, Markdown, LaTeX or HTML; what it is about, it does not know."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bench.latex import escape_latex, told_of

Emphasis = Literal["", "best", "second"]


class Cell(NamedTuple):
    """What stands in one place: a text that may be emphasised, and what follows it."""

    text: str
    emphasis: Emphasis = ""
    after: str = ""


Line = tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """Lines of cells.

    Attributes:
        title: above them.
        header: titles of the columns.
        blocks: lines that belong together; between two blocks there is a rule.
        notes: below, one line each.
        codes: below these, for whoever looks closely: signatures.
        left: how many columns hold words, and stand at the left.
    """

    title: str
    header: tuple[str, ...]
    blocks: tuple[tuple[Line, ...], ...]
    notes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    left: int = 1

    @property
    def lines(self) -> list[Line]:
        """All lines of all blocks."""
        return [line for block in self.blocks for line in block]

    @property
    def ruled(self) -> bool:
        """Whether blocks are told apart: some of them have several lines."""
        return 1 < len(self.blocks) < len(self.lines)

    @property
    def ranks(self) -> tuple[Line, ...]:
        """What emphasis means, itself emphasised; nothing where there is none."""
        if not any(cell.emphasis for line in self.lines for cell in line):
            return ()
        return ((Cell("best", "best", " of its column, "), Cell("second", "second", "; cells that tie share it")),)


Escape = Callable[[str], str]
Emphasise = Callable[[str, Emphasis], str]


def _written(line: Line, escape: Escape, emphasise: Emphasise) -> list[str]:
    return [emphasise(escape(cell.text), cell.emphasis) + escape(cell.after) for cell in line]


def text(sheet: Sheet) -> str:
    """For a terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, title in enumerate(sheet.header):
        grid.add_column(Text(title), justify="left" if place < sheet.left else "right", no_wrap=True)
    for block in sheet.blocks:
        for line in block:
            grid.add_row(*(Text(cell) for cell in _written(line, str, _starred)))
        if sheet.ruled:
            grid.add_section()
    buffer = io.StringIO()
    # As wide as it needs, whatever the terminal: a number folded over two lines, or cut, is misread.
    Console(file=buffer, width=10_000, color_system=None).print(grid)
    lines = [line.rstrip() for line in buffer.getvalue().splitlines()]
    ranks = ["".join(_written(line, str, _starred)) for line in sheet.ranks]
    return "\n".join([sheet.title, "", *lines, "", *ranks, *sheet.notes, *sheet.codes]) + "\n"


def _starred(plain: str, emphasis: Emphasis) -> str:
    return {"best": f"*{plain}*", "second": f"_{plain}_", "": plain}[emphasis]


def markdown(sheet: Sheet) -> str:
    """For GitHub and papers' repositories."""
    head = [escape_markdown(title) for title in sheet.header]
    aligned = ["---" if place < sheet.left else "---:" for place in range(len(head))]
    lines = [_written(line, escape_markdown, _marked_down) for line in sheet.lines]
    grid = [f"| {' | '.join(row)} |" for row in (head, aligned, *lines)]
    ranks = ["".join(_written(line, escape_markdown, _marked_down)) for line in sheet.ranks]
    notes = [*ranks, *(escape_markdown(line) for line in sheet.notes), *(f"`{line}`" for line in sheet.codes)]
    return "\n".join([f"**{escape_markdown(sheet.title)}**", "", *grid, "", *(f"- {note}" for note in notes)]) + "\n"


def _marked_down(plain: str, emphasis: Emphasis) -> str:
    # GitHub lets <ins> through, and not <u>.
    return {"best": f"**{plain}**", "second": f"<ins>{plain}</ins>", "": plain}[emphasis]


def escape_markdown(plain: str) -> str:
    r"""Text that Markdown shows as it stands.

    >>> print(escape_markdown("a|b <i>"))
    a\|b \<i\>
    """
    return re.sub(r"([\\`*_|<>])", r"\\\1", plain)


FITTED = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{"
PAGE = 40  # lines of a table, or of one and its notes, that one page of an article holds
NOTE = 80  # characters of a note that stand in one line


def latex(sheet: Sheet) -> str:
    """For a paper; needs the packages booktabs and graphicx, which shrinks a table that is wider than the line.

    A table that is longer than a page is cut into several, and notes that have no room below it are set as text.
    """
    notes = ["".join(_written(line, escape_latex, _typeset)) for line in sheet.ranks]
    notes += [escape_latex(line) for line in sheet.notes]
    parts = list(_pages(sheet))
    fits = len(parts) == 1 and len(sheet.lines) + sum(1 + len(note) // NOTE for note in notes) <= PAGE
    below = [r"\par\smallskip\raggedright", *(rf"\par\footnotesize {note}" for note in notes)] if fits else []
    # Too long for print; whoever edits the paper sees them.
    below += [f"% {' '.join(line.split())}" for line in sheet.codes]
    found = []
    for place, part in enumerate(parts):
        caption = escape_latex(f"{sheet.title}{' (continued)' if place else ''}")
        lines = [r"\begin{table}", r"\centering", rf"\caption{{{caption}}}", *_tabular(sheet, part)]
        found += [*lines, *(below if place == len(parts) - 1 else []), r"\end{table}"]
    if not fits:
        found += ["", r"{\raggedright\footnotesize", *(rf"\noindent {note}\par" for note in notes), "}"]
    return told_of("\n".join(found) + "\n")


def _pages(sheet: Sheet) -> Iterator[list[tuple[Line, ...]]]:
    """The blocks by the page that they stand on; only one that is longer than a page is cut."""
    page: list[tuple[Line, ...]] = []
    pieces = (block[at : at + PAGE] for block in sheet.blocks for at in range(0, max(len(block), 1), PAGE))
    for piece in pieces:
        if page and sum(map(len, page)) + len(piece) > PAGE:
            yield page
            page = []
        page.append(piece)
    yield page


def _tabular(sheet: Sheet, blocks: Sequence[tuple[Line, ...]]) -> list[str]:
    head = _row([escape_latex(title) for title in sheet.header])
    columns = f"{'l' * sheet.left}{'r' * (len(sheet.header) - sheet.left)}"
    rows: list[str] = []
    for place, block in enumerate(blocks):
        rows += [r"\midrule"] if sheet.ruled and place else []
        rows += [_row(_written(line, escape_latex, _typeset)) for line in block]
    grid = [FITTED + rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule", *rows]
    return [*grid, r"\bottomrule", r"\end{tabular}}"]


def _row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _typeset(plain: str, emphasis: Emphasis) -> str:
    return {"best": rf"\textbf{{{plain}}}", "second": rf"\underline{{{plain}}}", "": plain}[emphasis]


BOX = '<div style="overflow-x: auto">'  # a table that is wider than its place is scrolled there
TABLE = '<table style="border-collapse: collapse">'  # without it, no rule above a tbody is drawn
TITLE = ' style="padding: 0 .5em; text-align: left"'  # in the middle of a wide table, it would be out of sight
RULE = ' style="border-top: 1px solid"'
CELL = "padding: 0 .5em; white-space: nowrap"  # else numbers run together, and intervals fold in narrow windows


def as_html(sheet: Sheet) -> str:
    """A table element and its notes; styled where the cell stands, so that it can be pasted anywhere."""
    head = _cells("th", [html.escape(title) for title in sheet.header], sheet.left)
    blocks = sheet.blocks if sheet.ruled else (tuple(sheet.lines),)
    bodies = "\n".join(_tbody(block, sheet.left, rule=place > 0 or sheet.ruled) for place, block in enumerate(blocks))
    items = ["".join(_written(line, html.escape, _tagged)) for line in sheet.ranks]
    items += [html.escape(line) for line in (*sheet.notes, *sheet.codes)]
    notes = "\n".join(f"<li>{item}</li>" for item in items)
    caption = f"<caption{TITLE}>{html.escape(sheet.title)}</caption>"
    grid = f"{BOX}\n{TABLE}\n{caption}\n<thead><tr>{head}</tr></thead>\n{bodies}\n</table>\n</div>"
    return f"{grid}\n<ul>\n{notes}\n</ul>\n"


def _tbody(block: tuple[Line, ...], left: int, *, rule: bool) -> str:
    rows = "\n".join(f"<tr>{_cells('td', _written(line, html.escape, _tagged), left)}</tr>" for line in block)
    return f"<tbody{RULE if rule else ''}>\n{rows}\n</tbody>"


def _cells(tag: str, cells: list[str], left: int) -> str:
    aligned = ("left" if place < left else "right" for place in range(len(cells)))
    return "".join(
        f'<{tag} style="text-align: {side}; {CELL}">{cell}</{tag}>' for side, cell in zip(aligned, cells, strict=True)
    )


def _tagged(plain: str, emphasis: Emphasis) -> str:
    return {"best": f"<strong>{plain}</strong>", "second": f"<u>{plain}</u>", "": plain}[emphasis]


SHEETS: dict[str, Callable[[Sheet], str]] = {"text": text, "markdown": markdown, "latex": latex, "html": as_html}


def document(sheets: Iterable[Sheet], form: str) -> str:
    """Some sheets in one format, one below the other; HTML says of itself how it is encoded.

    Args:
        sheets: at least one.
        form: a key of ``SHEETS``.
    """
    head = '<meta charset="utf-8"/>\n' if form == "html" else ""
    return head + "\n".join(SHEETS[form](sheet) for sheet in sheets)
