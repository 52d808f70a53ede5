"""A sheet: lines of cells with notes below, as text, Markdown, LaTeX or HTML; what it is about, it does not know."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

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


LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "|": r"\textbar{}", "↓": r"$\downarrow$", "↑": r"$\uparrow$",
    "–": "--", "·": r"$\cdot$", "†": r"\dag{}", "‡": r"\ddag{}", "§": r"\S{}", "¶": r"\P{}", "‖": r"$\|$",
    "…": r"\dots{}", "[": "{[}", "]": "{]}", "<": r"$<$", ">": r"$>$", "±": r"$\pm$", "−": r"$-$", "×": r"$\times$",
    "\0": "-{}",
}  # fmt: skip


FITTED = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{"


def latex(sheet: Sheet) -> str:
    """For a paper; needs the packages booktabs and graphicx, which shrinks a table that is wider than the line."""
    width = len(sheet.header)
    blocks = [[_row(_written(line, escape_latex, _typeset)) for line in block] for block in sheet.blocks]
    rules = [[r"\midrule"] if sheet.ruled and place else [] for place in range(len(blocks))]
    rows = [line for rule, block in zip(rules, blocks, strict=True) for line in (*rule, *block)]
    notes = ["".join(_written(line, escape_latex, _typeset)) for line in sheet.ranks]
    notes += [escape_latex(line) for line in sheet.notes]
    grid = [FITTED + rf"\begin{{tabular}}{{{'l' * sheet.left}{'r' * (width - sheet.left)}}}", r"\toprule"]
    grid += [_row([escape_latex(title) for title in sheet.header]), r"\midrule", *rows, r"\bottomrule"]
    lines = [r"\begin{table}", r"\centering", rf"\caption{{{escape_latex(sheet.title)}}}", *grid, r"\end{tabular}}"]
    lines += [r"\par\smallskip\raggedright", *(rf"\par\footnotesize {note}" for note in notes)]
    lines += [f"% {line}" for line in sheet.codes]  # too long for print; whoever edits the paper sees them
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def _row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _typeset(plain: str, emphasis: Emphasis) -> str:
    return {"best": rf"\textbf{{{plain}}}", "second": rf"\underline{{{plain}}}", "": plain}[emphasis]


def escape_latex(plain: str) -> str:
    r"""Text that LaTeX prints as it stands.

    >>> print(escape_latex("100 % of a_b"))
    100 \% of a\_b
    """
    apart = re.sub("-(?=-)", "\0", plain)  # two hyphens would become a dash
    return "".join(LATEX.get(character, character) for character in apart)


def as_html(sheet: Sheet) -> str:
    """A table element and its notes, without style of its own."""
    head = "".join(f"<th>{html.escape(title)}</th>" for title in sheet.header)
    lines = (_written(line, html.escape, _tagged) for line in sheet.lines)
    rows = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in lines)
    items = ["".join(_written(line, html.escape, _tagged)) for line in sheet.ranks]
    items += [html.escape(line) for line in (*sheet.notes, *sheet.codes)]
    notes = "\n".join(f"<li>{item}</li>" for item in items)
    caption = f"<caption>{html.escape(sheet.title)}</caption>"
    grid = f"<table>\n{caption}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
    return f"{grid}\n<ul>\n{notes}\n</ul>\n"


def _tagged(plain: str, emphasis: Emphasis) -> str:
    return {"best": f"<strong>{plain}</strong>", "second": f"<u>{plain}</u>", "": plain}[emphasis]


SHEETS: dict[str, Callable[[Sheet], str]] = {"text": text, "markdown": markdown, "latex": latex, "html": as_html}
