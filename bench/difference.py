"""How far two implementations are apart, as a table: what was compared with which package, and whether it is equal."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bench.embedder import Rows

EQUAL, DIFFERENT, LACKING = 0, 1, 3  # exit codes
COLUMNS = ("what", "package (version)", "clips", "largest difference", "relative to max", "tolerance", "ok")
WORDS = 2  # the columns that hold no numbers
LEGEND = (
    "clips: recordings or captions. largest difference: of any number. relative to max: the largest of any clip,\n"
    "relative to the greatest magnitude of that clip's numbers; of a score, to the score (of a cosine, to 1)."
)


class Both(NamedTuple):
    """Ours and theirs: the rows of each clip."""

    ours: Sequence[Rows]
    theirs: Sequence[Rows]

    def columns(self, part: slice) -> Both:
        """Some columns of all rows."""
        return Both(*([rows[:, part] for rows in side] for side in self))


class Line(NamedTuple):
    """One line of the table.

    Attributes:
        what: was compared.
        packages: distributions it takes, first the one that is compared with.
        tolerance: of the relative difference.
        clips: or captions.
        absolute: the largest difference of any number.
        relative: the largest of any clip, relative to the greatest magnitude of its numbers.
        trouble: why there is no comparison, and what helps.
    """

    what: str
    packages: tuple[str, ...]
    tolerance: float
    clips: int = 0
    absolute: float = math.nan
    relative: float = math.nan
    trouble: str = ""

    @property
    def different(self) -> bool:
        """Whether they were compared, and are not equal as far as is asked; what is no number is not."""
        return not self.trouble and not self.relative <= self.tolerance

    def cells(self) -> list[str]:
        """As text."""
        package = f"{self.packages[0]} {installed(self.packages[0]) or ''}".strip()
        if self.trouble:
            return [self.what, package, "–", "–", "–", f"{self.tolerance:.0e}", f"NO: {_in_a_cell(self.trouble)}"]
        numbers = [str(self.clips), f"{self.absolute:.1e}", f"{self.relative:.1e}", f"{self.tolerance:.0e}"]
        return [self.what, package, *numbers, "NO: over the tolerance" if self.different else "yes"]


def installed(package: str) -> str | None:
    """The version of a distribution; None where it is not here."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _in_a_cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())


def difference(both: Both, scale: float = 0.0) -> tuple[int, float, float]:
    """How many clips, the largest difference, and the largest relative to its clip; infinite where shapes differ.

    Args:
        both: rows of the same clips.
        scale: the least magnitude that a clip's differences are relative to.

    >>> difference(Both([np.array([[1.0, 2.5]])], [np.array([[1.0, 2.0]])]))
    (1, 0.5, 0.25)
    """
    if [rows.shape for rows in both.ours] != [rows.shape for rows in both.theirs]:
        return len(both.theirs), math.inf, math.inf
    gaps = [float(np.abs(np.subtract(*pair, dtype=np.float64)).max()) for pair in zip(*both, strict=True)]
    sizes = [max(scale, float(np.abs(rows).max())) for rows in both.theirs]
    shares = [gap and (gap / size if size else math.inf) for gap, size in zip(gaps, sizes, strict=True)]
    return len(gaps), float(np.max(gaps)), float(np.max(shares))  # numpy's max, as Python's may lose a NaN


def exit_code(lines: Sequence[Line]) -> int:
    """1 if anything differs, else 3 if anything could not be compared, else 0."""
    if any(line.different for line in lines):
        return DIFFERENT
    return LACKING if any(line.trouble for line in lines) else EQUAL


def summary(lines: Sequence[Line]) -> str:
    """One line that says what came of it."""
    lacking, different = sum(bool(line.trouble) for line in lines), sum(line.different for line in lines)
    equal = len(lines) - lacking - different
    return f"{equal} of {len(lines)} equal, {different} over the tolerance, {lacking} not compared"


def render(lines: Sequence[Line]) -> str:
    """The table in Markdown; all columns but the last are aligned, so that a terminal shows it as well."""
    head, *body = [list(COLUMNS), *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in (head, *body)) for column in range(len(COLUMNS) - 1)]
    rule = ["-" * width if column < WORDS else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    grid = [_row(cells, widths) for cells in (head, [*rule, "---"], *body)]
    return "\n".join([*grid, "", LEGEND, "", f"{summary(lines)}."]) + "\n"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    *aligned, last = cells
    words = [cell.ljust(width) for cell, width in zip(aligned[:WORDS], widths, strict=False)]
    numbers = [cell.rjust(width) for cell, width in zip(aligned[WORDS:], widths[WORDS:], strict=True)]
    return f"| {' | '.join([*words, *numbers, last])} |"
