"""Listening tests beside the records: whose opinions stand in which table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.errors import BadInput
from bench.listening.opinion import Opinion, opinions
from bench.paper.published import Layout, Published

if TYPE_CHECKING:
    from bench.listening.rating import Rating

FOLDER = "listening"
KEYS = ("sessions.csv", "stimuli.csv")  # what `bench ratings --output` writes beside the ratings


class Hearing(NamedTuple):
    """One listening test.

    Attributes:
        test_id: its name.
        table: where it belongs; None if that can't be told.
        opinions: of every system and dimension.
        ratings: all of them.
    """

    test_id: str
    table: str | None
    opinions: tuple[Opinion, ...]
    ratings: tuple[Rating, ...]

    def opinion(self, system: str, dimensions: Sequence[str]) -> Opinion | None:
        """The opinion of a system in the first of some dimensions that it was rated in."""
        mine = {one.dimension: one for one in self.opinions if one.system == system}
        return next((mine[name] for name in dimensions if name in mine), None)


class Hearings(NamedTuple):
    """Listening tests, and one line for each file or test that can't be shown."""

    found: list[Hearing]
    damaged: list[str]


def read_hearings(results: Path, published: Published, clips: Mapping[str, set[str]]) -> Hearings:
    """The listening tests of a results folder: ``listening/*.csv``, and ``listening/<test>/ratings.csv``.

    Args:
        results: the folder.
        published: whose tables they may belong to.
        clips: the ids of the clips that each table's records are of.
    """
    from bench.listening.long import read_ratings

    folder = results / FOLDER
    paths = [path for path in sorted(folder.glob("*.csv")) if path.name not in KEYS]
    tests: dict[str, list[Rating]] = {}
    damaged = []
    for path in [*paths, *sorted(folder.glob("*/ratings.csv"))]:
        try:
            ratings = read_ratings(path)
        except BadInput as error:
            damaged.append(str(error))
        else:
            for rating in ratings:
                tests.setdefault(rating.test_id, []).append(rating)
    found = []
    for test_id, given in tests.items():
        try:
            found.append(_hearing(test_id, tuple(given), published, clips))
        except BadInput as error:
            damaged.append(str(error))
    return Hearings(found, damaged)


def _hearing(test_id: str, ratings: tuple[Rating, ...], published: Published, clips: Mapping[str, set[str]]) -> Hearing:
    """One test.

    Raises:
        BadInput: no rating of it counts, or one of its dimensions has two scales.
    """
    found = opinions(ratings)
    if not found:
        raise BadInput(f"listening test {test_id!r} has no rating of a system that counts")
    items = {rating.item_id for rating in ratings if rating.role == "test"}
    dimensions = {one.dimension for one in found}
    return Hearing(test_id, table_of(test_id, items, dimensions, published, clips), found, ratings)


def table_of(
    test_id: str,
    items: set[str],
    dimensions: set[str],
    published: Published,
    clips: Mapping[str, set[str]],
) -> str | None:
    """The table that a listening test belongs to: the one it is named after, else whose clips it is about.

    A test of neither kind belongs to the one table that has its dimensions, if there is just one.
    """
    tables = published.reading.tables
    named = [table.name for table in tables if _is_named(test_id, table)]
    heard = [table.name for table in tables if items and items <= clips.get(table.name, set())]
    asked = [table.name for table in tables if dimensions & _dimensions(table, published)]
    return next((found[0] for found in (named, heard, asked) if len(found) == 1), None)


def _is_named(test_id: str, table: Layout) -> bool:
    """Whether a test's name begins with that of a table or one of its suites."""
    names = [table.name, *(suite.name.partition("/")[0] for suite in table.suites)]
    return any(re.match(rf"{re.escape(name)}(?![a-z0-9])", test_id.lower()) for name in names)


def _dimensions(table: Layout, published: Published) -> set[str]:
    return {name for column in table.columns for name in published.column(column).dimensions}
