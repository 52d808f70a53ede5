"""Files of listening tests, written by hand as the services write them, and ratings made without files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.listening.importing import read
from bench.listening.intake import Imported, Options
from bench.listening.rating import Rating


def put(name: str, text: str | bytes) -> Path:
    """A file in the test's own folder."""
    path = Path(name)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def table(*rows: Sequence[object], separator: str = ",") -> str:
    """Rows as text, with nothing quoted."""
    return "".join(separator.join(map(str, row)) + "\n" for row in rows)


def take(*files: Path, form: str = "auto", **options: Any) -> Imported:
    """What is imported of some files."""
    return read(files, form=form, options=Options(**options))


def scores(found: Imported) -> list[tuple[str, str, str, float]]:
    """Item, system, dimension and score of every rating."""
    return [(one.item_id, one.system_id, one.dimension, one.score) for one in found.ratings]


def why(found: Imported) -> dict[int, str]:
    """By row, why it was refused."""
    return {row.row: row.why for row in found.refused}


def rating(rater: str | None = "r1", item: str = "c1", system: str = "A", score: float = 3.0, **more: Any) -> Rating:
    """A rating of a test of naturalness."""
    fields: dict[str, Any] = {"test_id": "t", "dimension": "NAT", "session_id": f"s {rater}", **more}
    return Rating(rater_id=rater, item_id=item, system_id=system, score=score, **fields)


def complete(tables: Iterable[tuple[str, str]]) -> list[Rating]:
    """Ratings of whole tables, a text of rows of raters by columns of clips for each system."""
    return [
        rating(f"r{rater}", f"c{clip}", system, float(score))
        for system, rows in tables
        for rater, row in enumerate(rows.split(), 1)
        for clip, score in enumerate(row, 1)
    ]
