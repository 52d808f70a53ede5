"""Text for LaTeX: what its standard fonts have is escaped, and what they lack is replaced where one sees it."""

from __future__ import annotations

import re

LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "|": r"\textbar{}", "↓": r"$\downarrow$", "↑": r"$\uparrow$",
    "–": "--", "·": r"$\cdot$", "†": r"\dag{}", "‡": r"\ddag{}", "§": r"\S{}", "¶": r"\P{}", "‖": r"$\|$",
    "…": r"\dots{}", "[": "{[}", "]": "{]}", "<": r"$<$", ">": r"$>$", "±": r"$\pm$", "−": r"$-$", "×": r"$\times$",
    "\0": "-{}",
}  # fmt: skip


GREEK = {
    **{chr(code): f"$\\{name}$" for code, name in enumerate(
        ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu",
         "xi", "", "pi", "rho", "varsigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"), 0x3B1) if name},
    **{letter: f"$\\{name}$" for letter, name in zip(
        "ΓΔΘΛΞΠΣΥΦΨΩ",
        ("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"), strict=True)},
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True)),  # LaTeX has none: they look like Latin ones
}  # fmt: skip
SYMBOLS = {
    "«": r"$\ll$", "»": r"$\gg$", "≤": r"$\leq$", "≥": r"$\geq$", "≠": r"$\neq$", "≈": r"$\approx$", "→": r"$\to$",
    "←": r"$\leftarrow$", "∞": r"$\infty$", "√": r"$\surd$", "•": r"$\bullet$", "′": r"$'$", "″": r"$''$", "“": "``",
    "”": "''", "‘": "`", "’": "'", "—": "---",
}  # fmt: skip
TYPESET = {**LATEX, **GREEK, **SYMBOLS}
ACCENTED = range(0xA1, 0x17F)  # what LaTeX composes of its standard fonts, but for these
NO_GLYPH = frozenset("ÐÞðþĄąĘęĮįŲųĐđŊŋĦħĸĿŀŉŦŧ")
REPLACED = re.compile(r"\{\[\}U\+[0-9A-F]{4,6}\{\]\}")


def escape_latex(plain: str) -> str:
    r"""Text that LaTeX prints as it stands.

    >>> print(escape_latex("100 % of a_b"))
    100 \% of a\_b
    """
    apart = re.sub("-(?=-)", "\0", plain)  # two hyphens would become a dash
    return "".join(TYPESET.get(character) or _glyph(character) for character in apart)


def _glyph(character: str) -> str:
    """A character as it is if LaTeX's standard fonts have it; else its number, so that it is not lost unseen."""
    if character.isspace():
        return " "
    if (character.isascii() and character.isprintable()) or (ord(character) in ACCENTED and character not in NO_GLYPH):
        return character
    return f"{{[}}U+{ord(character):04X}{{]}}"


def told_of(document: str) -> str:
    """A document that says so where characters were replaced."""
    names = ", ".join(dict.fromkeys(REPLACED.findall(document)))
    said = "stand for characters that the standard fonts of LaTeX do not have"
    return f"{document}\n{{\\footnotesize\\noindent {names}: {said}.\\par}}\n" if names else document
