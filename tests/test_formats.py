"""Every format says the same, whatever characters a name is made of."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BadInput
from bench.formats import FORMATS, body, entries, header, legend, render, signatures
from bench.latex import LATEX, escape_latex
from bench.metric import Score
from bench.stats import Interval
from bench.table import Cell, Column, Row, Table

SIGNATURE = "fad|emb:log_mel-1|n:24|bench:0.1"
NAMES = ["plain", "a_b & 100 %", "x|y", "<x>", "\"q\", 'r'", "#1 $5 ~ ^ {z}", "Größe 雨", "[s] *t* `u`"]
REASON = "no score: <b> & 50 % of a_b"


def row(label: str, *cells: Cell, scored: int = 24) -> Row:
    return Row(label=label, suite="demo-1a2b3c4d", scored=scored, asked=24, cells=cells)


def table(names: list[str] = NAMES, reason: str = REASON) -> Table:
    cells = (Cell(Score(1.25, Interval(1.0, 1.5), 24, SIGNATURE)), Cell(Score(-3.0, None, 20, "lsd|n:24"), ("†",)))
    full = [row(name, *cells) for name in names]
    columns = (Column("fad", "FAD_x ↓"), Column("lsd", "LSD (dB) ↑"))
    notes = (("†", "not like the others of its column: n is 20, not 24"), ("‡", reason))
    bare = row("bare", Cell(None, ("‡",)), Cell(None, ("‡",)), scored=20)
    return Table("Demo & co · version 1", columns, (*full, bare), notes, (SIGNATURE, "lsd|n:24"))


def notes() -> list[str]:
    return legend(table()) + signatures(table())


def rendered(form: str) -> str:
    found = render(table(), form)
    assert found.endswith("\n")
    assert not found.endswith("\n\n")
    return found


def grid(markdown: str) -> list[list[str]]:
    """The cells of a Markdown table, as GitHub splits them."""
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in rows]


class Cells(HTMLParser):  # the one way the standard library reads HTML
    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, list[str]] = {}
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.seen.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.tags.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.tags:
            self.seen[self.tags[-1]][-1] += data


def test_text_shows_every_cell_and_note_as_it_is() -> None:
    found = rendered("text")
    for cell in [*header(table()), *(cell for line in body(table()) for cell in line), *notes()]:
        assert cell in found
    narrow = [line for line in found.splitlines() if "3.000†" in line and "雨" not in line]
    assert len({len(line) for line in narrow}) == 1


def test_text_never_folds_a_long_name() -> None:
    long = "system-" + "x" * 300
    assert any(long in line and "1.250 [1.000, 1.500]" in line for line in render(table([long]), "text").splitlines())


def test_markdown_has_as_many_cells_in_every_row() -> None:
    found = grid(rendered("markdown"))
    assert {len(line) for line in found} == {4}
    assert len(found) == 2 + len(NAMES) + 1
    assert found[1] == ["---", "---:", "---:", "---:"]
    assert found[2 + NAMES.index("x|y")][0] == r"x\|y"


def test_markdown_shows_angle_brackets_and_does_not_take_them_for_html() -> None:
    found = rendered("markdown")
    assert not re.search(r"(?<!\\)<[a-z/]", found)  # &lt; or \< would be shown; a bare tag vanishes


def test_markdown_notes_stand_in_a_list() -> None:
    lines = rendered("markdown").splitlines()
    assert sum(line.startswith("- ") for line in lines) == len(notes())
    assert any(line.startswith("- † not like") for line in lines)


def unescaped(latex: str) -> str:
    """LaTeX without comments and without what is properly escaped."""
    printed = "\n".join(line for line in latex.splitlines() if not line.startswith("%"))
    for escaped in sorted(LATEX.values(), key=len, reverse=True):
        printed = printed.replace(escaped, "")
    return printed


def test_latex_leaves_no_special_character_bare() -> None:
    left = unescaped(rendered("latex"))
    assert not re.search(r"[%#$_^~|]", left)
    assert re.search(r"[↓↑–·†‡§¶‖…]", left) is None
    depth = 0
    for character in re.sub(r"\\[{}]", "", rendered("latex")):
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0


def test_latex_has_as_many_cells_in_every_row() -> None:
    rows = [line for line in rendered("latex").splitlines() if line.endswith(r" \\")]
    assert len(rows) == 1 + len(NAMES) + 1
    assert {len(re.findall(r"(?<!\\)&", line)) for line in rows} == {3}
    assert r"\begin{tabular}{lrrr}" in rendered("latex")


def test_latex_prints_a_note_whatever_is_in_it() -> None:
    lines = render(table(reason="no score: 'cpu|cuda' & more"), "latex").splitlines()
    assert [line for line in lines if "no score" in line and not line.startswith("%")]


@pytest.mark.parametrize(
    ("plain", "latex"),
    [
        ("a_b & 100 %", r"a\_b \& 100 \%"), ("\\x{y}", r"\textbackslash{}x\{y\}"), ("x|y", r"x\textbar{}y"),
        ("<x>", "$<$x$>$"), ("#1 $", r"\#1 \$"), ("[1]", "{[}1{]}"), ("plain-1.5", "plain-1.5"),
        ("é 雨", "é {[}U+96E8{]}"), ("α Ω ≤", r"$\alpha$ $\Omega$ $\leq$"), ("a\tb\x07", "a b{[}U+0007{]}"),
    ],
)  # fmt: skip
def test_latex_escapes_what_it_must(plain: str, latex: str) -> None:
    assert escape_latex(plain) == latex


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_compiles(tmp_path: Path) -> None:
    names = [name for name in NAMES if name.isascii()]
    source = (
        rf"\documentclass{{article}}\usepackage{{booktabs,graphicx}}\begin{{document}}{render(table(names), 'latex')}"
    )
    (tmp_path / "table.tex").write_text(source + "\\end{document}\n", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_html_is_well_formed_and_shows_every_cell() -> None:
    parser = Cells()
    parser.feed(rendered("html"))
    parser.close()
    assert parser.tags == []
    assert parser.seen["th"] == header(table())
    assert parser.seen["td"] == [cell for line in body(table()) for cell in line]
    assert parser.seen["li"] == notes()
    assert parser.seen["caption"] == [table().title]
    assert set(parser.seen) == {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "ul", "li", "meta"}


def test_csv_reads_back_one_line_a_cell() -> None:
    rows = list(csv.DictReader(io.StringIO(rendered("csv"))))
    assert [entry["system"] for entry in rows] == [name for name in [*NAMES, "bare"] for _ in range(2)]
    assert rows[0] == {
        "suite": "demo-1a2b3c4d", "system": "plain", "metric": "fad", "value": "1.25", "low": "1.0", "high": "1.5",
        "n": "24", "asked": "24", "signature": SIGNATURE, "note": "",
        "seeds": "", "spread": "", "rank": "",
    }  # fmt: skip
    assert (rows[1]["low"], rows[1]["note"]) == ("", table().notes[0][1])
    assert (rows[-1]["value"], rows[-1]["n"], rows[-1]["note"]) == ("", "20", REASON)


def test_json_reads_back_the_same_entries() -> None:
    found: list[dict[str, Any]] = json.loads(rendered("json"))
    assert found == entries(table())
    assert found[-1]["value"] is None
    assert found[0]["value"] == 1.25


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_no_format_loses_a_note_or_a_signature(form: str) -> None:
    plain = table(["plain"], reason="no score: broken")
    for words in (
        "n is 20, not 24",
        "no score: broken",
        "lsd|n:24",
    ):
        assert words in render(plain, form)


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_table_without_columns_still_renders(form: str) -> None:
    bare = Table("Demo", (), (row("empty", scored=0),), (), ())
    assert render(bare, form).endswith("\n")


def test_an_unknown_format_names_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"no format is called 'markdwn' \(did you mean 'markdown'\?\)"):
        render(table(), "markdwn")


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_what_is_said_of_a_row_or_a_suite_is_in_every_format(form: str) -> None:
    cells = (Cell(Score(1.0, None, 20, SIGNATURE)),)
    marked = Row("mine", "demo-1a2b3c4d", 20, 24, cells, ("†",))
    made = Table(
        "Demo", (Column("fad", "FAD ↓"),), (marked,), (("†", "20 of 24 clips"),), (SIGNATURE,), ("From afar.",)
    )
    found = render(made, form)
    assert "20 of 24 clips" in found
    assert "From afar." in found
    assert ("mine†" in found) is (form in ("text", "markdown", "html"))
