"""Text for LaTeX: nothing is lost unseen, and pdflatex takes all that is written."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.latex import GREEK, NO_GLYPH, SYMBOLS, escape_latex, told_of


@pytest.mark.parametrize(
    ("plain", "latex"),
    [
        ("α", r"$\alpha$"), ("ς", r"$\varsigma$"), ("Ω", r"$\Omega$"), ("Α", "A"), ("≤", r"$\leq$"), ("é", "é"),
        ("ł", "ł"), ("☃", "{[}U+2603{]}"), ("ð", "{[}U+00F0{]}"), ("😀", "{[}U+1F600{]}"), ("a\u00a0b\nc", "a b c"),
    ],
)  # fmt: skip
def test_what_the_fonts_have_is_set_and_what_they_lack_is_numbered(plain: str, latex: str) -> None:
    assert escape_latex(plain) == latex


@given(st.text())
def test_no_character_is_dropped(plain: str) -> None:
    assert bool(escape_latex(plain)) == bool(plain)
    assert len(escape_latex(plain)) >= len(plain)


def test_what_was_replaced_is_said_once() -> None:
    document = escape_latex("☃☃ ð")
    assert told_of(document).count("{[}U+2603{]}") == 3
    assert "do not have" in told_of(document)
    assert told_of("plain") == "plain"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_pdflatex_takes_every_character(tmp_path: Path) -> None:
    every = [*map(chr, range(0x20, 0x460)), *GREEK, *SYMBOLS, *sorted(NO_GLYPH), "☃", "雨", "😀"]
    lines = "\n\n".join(f"x{escape_latex(character)}x" for character in every)
    source = rf"\documentclass{{article}}\begin{{document}}{lines}\end{{document}}"
    (tmp_path / "every.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "every.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Missing character" not in done.stdout
