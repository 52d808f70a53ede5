"""Compact letters: systems that share one are not shown to differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from string import ascii_letters


def compact_letters(systems: Sequence[str], different: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The letters of each system; two systems share a letter if and only if they are not different.

    Args:
        systems: the best first; its letters come first.
        different: the pairs that are significantly different, either way round.

    Source: Piepho, An algorithm for a letter-based representation of all-pairwise comparisons (2004), insert-absorb.

    >>> compact_letters(["A", "B", "C"], [("A", "C")])
    {'A': 'a', 'B': 'ab', 'C': 'b'}
    """
    rank = {name: place for place, name in enumerate(systems)}
    columns = [frozenset(rank.values())]
    for one, other in different:
        columns = _absorbed(_inserted(columns, rank[one], rank[other]))
    columns.sort(key=sorted)
    return {name: "".join(_letter(i) for i, column in enumerate(columns) if rank[name] in column) for name in systems}


def _inserted(columns: list[frozenset[int]], one: int, other: int) -> list[frozenset[int]]:
    """Columns none of which holds both: what held both stands twice, without the one and without the other."""
    kept = [column for column in columns if not {one, other} <= column]
    split = [column - {left} for column in columns if {one, other} <= column for left in (one, other)]
    return [*kept, *split]


def _absorbed(columns: list[frozenset[int]]) -> list[frozenset[int]]:
    """Columns that are part of no other, each once."""
    single = list(dict.fromkeys(columns))
    return [column for column in single if not any(column < other for other in single)]


def _letter(index: int) -> str:
    """The nth letter; in brackets as a number, once the alphabet is used up.

    >>> _letter(0), _letter(26), _letter(52)
    ('a', 'A', '(53)')
    """
    return ascii_letters[index] if index < len(ascii_letters) else f"({index + 1})"
