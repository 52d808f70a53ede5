"""Listening tests beside the records: whose opinions stand in which table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
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
        suites: those whose clips were rated, and nothing else.
    """

    test_id: str
    table: str | None
    opinions: tuple[Opinion, ...]
    ratings: tuple[Rating, ...]
    suites: tuple[str, ...] = ()

    def opinion(self, system: str, dimensions: Sequence[str]) -> Opinion | None:
        """The opinion of a system in the first of some dimensions that it was rated in."""
        mine = {one.dimension: one for one in self.opinions if one.system == system}
        return next((mine[name] for name in dimensions if name in mine), None)

    def size(self, dimensions: Collection[str]) -> str:
        """How large it is in some dimensions, and on what scale, in one line."""
        given = [one for one in self.opinions if one.dimension in dimensions]
        asked = [one for one in self.ratings if one.role == "test" and one.dimension in dimensions and not one.excluded]
        raters = {one.rater_id for one in asked if one.rater_id} if all(one.raters for one in given) else set()
        counts = (
            f"{len(raters) or 'unknown'} raters, {len({one.item_id for one in asked})} prompts, "
            f"{sum(one.n for one in given)} ratings, {sum(one.excluded for one in given)} more excluded"
        )
        scales: dict[str, list[str]] = {}
        for one in given:
            scales.setdefault(f"{one.scale_min:g} to {one.scale_max:g}", []).append(one.dimension)
        told = [f"{scale} ({', '.join(dict.fromkeys(names))})" for scale, names in scales.items()]
        return f"{self.test_id}: {counts}; scale {', '.join(told) if len(told) > 1 else ''.join(scales)}."


class Hearings(NamedTuple):
    """Listening tests, and one line for each file or test that can't be shown."""

    found: list[Hearing]
    damaged: list[str]


def read_hearings(results: Path, published: Published, clips: Mapping[str, Collection[str]]) -> Hearings:
    """The listening tests of a results folder: ``listening/*.csv``, and ``listening/<test>/ratings.csv``.

    One test may lie there twice, as imported and as kept; it then counts once. Two files that give one name to
    different ratings are refused: their points can't be averaged, and which test is meant is not known.

    Args:
        results: the folder.
        published: whose tables they may belong to.
        clips: the ids of the clips that records are of, by suite.
    """
    from bench.listening.long import read_ratings

    folder = results / FOLDER
    paths = [path for path in sorted(folder.glob("*.csv")) if path.name not in KEYS]
    tests: dict[str, dict[Path, list[Rating]]] = {}
    damaged = []
    for path in [*paths, *sorted(folder.glob("*/ratings.csv"))]:
        try:
            ratings = read_ratings(path)
        except BadInput as error:
            damaged.append(str(error))
        else:
            kept = _once(ratings)
            if doubled := len(ratings) - len(kept):
                damaged.append(f"{path}: {doubled} ratings stand there again, and count once")
            for rating in kept:
                tests.setdefault(rating.test_id, {}).setdefault(path, []).append(rating)
    found = []
    for test_id, files in tests.items():
        try:
            found.append(_hearing(test_id, _one_test(test_id, files), published, clips))
        except BadInput as error:
            damaged.append(str(error))
    return Hearings(found, damaged)


def _once(ratings: Iterable[Rating]) -> list[Rating]:
    """Ratings, without those that stand there again; of unknown raters, equal ones may be of two people."""
    seen: set[tuple[Hashable, ...]] = set()
    kept = []
    for rating in ratings:
        if rating.rater_id is None or (key := _identity(rating)) not in seen:
            kept.append(rating)
            seen |= {key} if rating.rater_id is not None else set()
    return kept


def _identity(rating: Rating) -> tuple[Hashable, ...]:
    """What two ratings differ in unless they are the same one, read twice."""
    who = (rating.test_id, rating.session_id, rating.rater_id)
    what = (*rating.stimulus, rating.dimension, rating.score, rating.role)
    return (*who, *what, rating.trial_index, rating.revision, rating.submitted_at)


def _one_test(test_id: str, files: Mapping[Path, Sequence[Rating]]) -> tuple[Rating, ...]:
    """The ratings of one test, whichever file they are from.

    Raises:
        BadInput: two files have different ones.
    """
    (first, ratings), *others = files.items()
    mine = Counter((_identity(one), one.excluded) for one in ratings)
    for path, given in others:
        if Counter((_identity(one), one.excluded) for one in given) != mine:
            raise BadInput(
                f"listening test {test_id!r} stands in {first} and in {path} with different ratings, so it is left "
                "out; remove one, or give each a test_id of its own (bench ratings --test NAME)"
            )
    return tuple(ratings)


def _hearing(
    test_id: str, ratings: tuple[Rating, ...], published: Published, clips: Mapping[str, Collection[str]]
) -> Hearing:
    """One test.

    Raises:
        BadInput: no rating of it counts, or one of its dimensions has two scales.
    """
    found = opinions(ratings)
    if not found:
        raise BadInput(f"listening test {test_id!r} has no rating of a system that counts")
    items = {rating.item_id for rating in ratings if rating.role == "test"}
    dimensions = {one.dimension for one in found}
    suites = tuple(suite for suite, known in clips.items() if items <= set(known))
    return Hearing(test_id, table_of(test_id, items, dimensions, published, clips), found, ratings, suites)


def table_of(
    test_id: str,
    items: set[str],
    dimensions: set[str],
    published: Published,
    clips: Mapping[str, Collection[str]],
) -> str | None:
    """The table that a listening test belongs to: the one it is named after, else whose clips it is about.

    A test of neither kind belongs to the one table that has its dimensions, if there is just one, and if its clips are
    not those of a suite of no table.
    """
    tables = published.reading.tables
    named = [table.name for table in tables if _is_named(test_id, table)]
    heard = [table.name for table in tables if items and items <= _clips_of(table, clips)]
    elsewhere = any(items and items <= set(known) for known in clips.values())
    asked = [table.name for table in tables if dimensions & _dimensions(table, published) and not elsewhere]
    return next((found[0] for found in (named, heard, asked) if len(found) == 1), None)


def _clips_of(table: Layout, clips: Mapping[str, Collection[str]]) -> set[str]:
    """The clips that records of a table's suites are of."""
    return {clip for suite in table.suites for clip in clips.get(suite.name, ())}


def _is_named(test_id: str, table: Layout) -> bool:
    """Whether a test's name begins with that of a table or one of its suites."""
    names = [table.name, *(suite.name.partition("/")[0] for suite in table.suites)]
    return any(re.match(rf"{re.escape(name)}(?![a-z0-9])", test_id.lower()) for name in names)


def _dimensions(table: Layout, published: Published) -> set[str]:
    return {name for column in table.columns for name in published.column(column).dimensions}
