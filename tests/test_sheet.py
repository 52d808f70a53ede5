"""A sheet says the same in every format: emphasis, blocks, and what must be escaped."""

from __future__ import annotations

import pytest

from bench.sheet import SHEETS, Cell, Sheet, escape_latex

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
