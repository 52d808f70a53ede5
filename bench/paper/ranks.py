"""Ranks within a column: the best, the second, and whatever can't be told apart from them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Literal, NamedTuple, TypeVar

from bench.sheet import Emphasis
from bench.stats import Interval

Key = TypeVar("Key", bound=Hashable)


class Standing(NamedTuple):
    """A number in a column, with its interval and, in a listening test, its letters."""

    value: float
    interval: Interval | None = None
    letters: str | None = None


def ranked(column: Mapping[Key, Standing], better: Literal["lower", "higher"]) -> dict[Key, Emphasis]:
    """The best numbers of a column and the second best; a number that ties with the best is not beaten, so it is best.

    >>> ranked({"a": Standing(1.0), "b": Standing(2.0), "c": Standing(3.0)}, "lower")
    {'a': 'best', 'b': 'second'}
    """
    if len(column) < 2:
        return {}
    pick: Callable[..., Key] = min if better == "lower" else max
    best = _tied(column, pick(column, key=lambda key: column[key].value))
    rest = {key: one for key, one in column.items() if key not in best}
    second = _tied(rest, pick(rest, key=lambda key: rest[key].value)) if rest else set()
    return {key: "best" if key in best else "second" for key in column if key in best | second}


def _tied(column: Mapping[Key, Standing], leader: Key) -> set[Key]:
    return {key for key, one in column.items() if ties(one, column[leader])}


def ties(one: Standing, other: Standing) -> bool:
    """Whether two numbers can't be told apart: they share a letter, or their intervals overlap, or they are equal.

    >>> ties(Standing(1.0, Interval(0.5, 1.5)), Standing(1.4, Interval(1.2, 1.6)))
    True
    """
    if one.letters is not None and other.letters is not None:
        return one.value == other.value or bool(set(one.letters) & set(other.letters))
    if one.interval and other.interval:
        return one.interval.low <= other.interval.high and other.interval.low <= one.interval.high
    return one.value == other.value
