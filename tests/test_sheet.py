"""A sheet says the same in every format: emphasis, blocks, and what must be escaped."""

from __future__ import annotations

import pytest

from bench.latex import escape_latex
from bench.sheet import SHEETS, Cell, Sheet, document

RANKED = ((Cell("1.0", "best", " [0, 2]†"), Cell("a_b")), (Cell("2.0", "second"), Cell("")))


def sheet(*blocks: tuple[tuple[Cell, ...], ...]) -> Sheet:
    return Sheet("Title", ("x", "y"), blocks, ("a note",), ("x: a|b",))


@pytest.mark.parametrize(
    ("form", "best", "second"),
    [
        ("text", "*1.0* [0, 2]†", "_2.0_"),
        ("markdown", r"**1.0** [0, 2]†", "<ins>2.0</ins>"),
        ("latex", r"\textbf{1.0} {[}0, 2{]}\dag{}", r"\underline{2.0}"),
        ("html", "<strong>1.0</strong> [0, 2]†", "<u>2.0</u>"),
    ],
)
def test_the_best_and_the_second_are_told_apart(form: str, best: str, second: str) -> None:
    found = SHEETS[form](sheet(RANKED))
    assert best in found
    assert second in found
    assert found.count("of its column") == 1


@pytest.mark.parametrize("form", sorted(SHEETS))
def test_without_emphasis_nothing_is_said_of_it(form: str) -> None:
    assert "of its column" not in SHEETS[form](sheet(((Cell("1"), Cell("2")),)))


def test_blocks_of_several_lines_are_told_apart_and_single_ones_are_not() -> None:
    line = (Cell("1"), Cell("2"))
    several, single = sheet((line, line), (line,)), sheet((line,), (line,))
    assert SHEETS["latex"](several).count(r"\midrule") == 2
    assert SHEETS["latex"](single).count(r"\midrule") == 1
    assert "\n\n1" in SHEETS["text"](several)
    assert "\n\n1" not in SHEETS["text"](single)


def test_two_hyphens_stay_two_in_latex() -> None:
    assert escape_latex("--published a-b") == "-{}-published a-b"


@pytest.mark.parametrize("form", sorted(SHEETS))
def test_emphasised_text_is_escaped_too(form: str) -> None:
    found = SHEETS[form](sheet(((Cell("<a_b&>", "best"), Cell("")),)))
    assert {"text": "*<a_b&>*", "markdown": r"**\<a\_b&\>**", "latex": r"\textbf{$<$a\_b\&$>$}"}.get(
        form, "<strong>&lt;a_b&amp;&gt;</strong>"
    ) in found


def long(lines: int, block: int, notes: int = 1) -> Sheet:
    blocks = [tuple((Cell(f"row {at + nth}"), Cell("1")) for nth in range(block)) for at in range(0, lines, block)]
    return Sheet("Title", ("x", "y"), tuple(blocks), ("a note",) * notes)


@pytest.mark.parametrize(("lines", "block", "tables"), [(40, 4, 1), (44, 4, 2), (100, 100, 3), (90, 30, 3), (80, 1, 2)])
def test_a_table_longer_than_a_page_of_latex_is_cut_between_blocks(lines: int, block: int, tables: int) -> None:
    found = SHEETS["latex"](long(lines, block))
    assert found.count(r"\begin{table}") == found.count(r"\end{table}") == found.count(r"\toprule") == tables
    assert found.count("(continued)") == tables - 1
    assert found.count(r"\caption{Title") == tables
    assert [found.count(f"row {place} &") for place in range(lines)] == [1] * lines
    assert found.count("a note") == 1


def test_notes_without_room_below_a_table_are_text() -> None:
    short, full = SHEETS["latex"](long(4, 4, notes=3)), SHEETS["latex"](long(4, 4, notes=50))
    assert short.rindex("a note") < short.index(r"\end{table}")
    assert full.index("a note") > full.index(r"\end{table}")
    assert full.count("a note") == 50


def test_what_latex_cannot_print_is_replaced_where_one_sees_it_and_that_is_said() -> None:
    found = SHEETS["latex"](sheet(((Cell("α ☃ é"), Cell("Ð")),)))
    assert r"$\alpha$ {[}U+2603{]} é & {[}U+00D0{]} \\" in found
    assert found.endswith(
        "{[}U+2603{]}, {[}U+00D0{]}: stand for characters that the standard fonts of LaTeX do not have.\\par}\n"
    )
    assert "stand for characters" not in SHEETS["latex"](sheet(RANKED))


def test_html_says_its_encoding_once_and_numbers_stand_at_the_right() -> None:
    line = (Cell("1"), Cell("2"))
    found = document([sheet((line, line), (line,)), sheet((line,))], "html")
    assert found.startswith('<meta charset="utf-8"/>\n<div style="overflow-x: auto">\n<table')
    assert found.count("charset") == 1
    style = "padding: 0 .5em; white-space: nowrap"
    cells = [f'<td style="text-align: {side}; {style}">{text}</td>' for side, text in (("left", 1), ("right", 2))]
    assert "".join(cells) in found
    assert found.count("<tbody") == 3
    assert found.count("border-top") == 2
    assert document([sheet((line,))], "text") == SHEETS["text"](sheet((line,)))
