"""Ranks: the best and the second, and those that can't be told apart from them."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.paper.ranks import Standing, ranked, ties
from bench.stats import Interval


def spread(value: float, half: float) -> Standing:
    return Standing(value, Interval(value - half, value + half))


def test_without_intervals_only_equal_numbers_tie() -> None:
    column = {"a": Standing(2.0), "b": Standing(1.0), "c": Standing(1.0), "d": Standing(3.0)}
    assert ranked(column, "lower") == {"a": "second", "b": "best", "c": "best"}
    assert ranked(column, "higher") == {"d": "best", "a": "second"}


def test_an_interval_that_overlaps_the_best_is_not_beaten() -> None:
    column = {"a": spread(1.0, 0.2), "b": spread(1.3, 0.2), "c": spread(1.6, 0.2), "d": spread(1.9, 0.05)}
    # c overlaps b, but not the best; d overlaps c, and c leads what is left.
    assert ranked(column, "lower") == {"a": "best", "b": "best", "c": "second"}


def test_all_may_tie() -> None:
    assert ranked({"a": spread(1.0, 1.0), "b": spread(1.5, 1.0)}, "lower") == {"a": "best", "b": "best"}


@pytest.mark.parametrize("column", [{}, {"a": Standing(1.0)}])
def test_one_alone_is_not_the_best(column: dict[str, Standing]) -> None:
    assert ranked(column, "lower") == {}


def test_letters_decide_where_there_are_some() -> None:
    column = {
        "a": Standing(4.0, Interval(3.0, 5.0), "a"),
        "b": Standing(3.5, Interval(3.0, 5.0), "ab"),
        "c": Standing(3.4, Interval(3.0, 5.0), "b"),
    }
    assert ranked(column, "higher") == {"a": "best", "b": "best", "c": "second"}


def test_touching_intervals_tie() -> None:
    assert ties(Standing(1.0, Interval(0.0, 2.0)), Standing(3.0, Interval(2.0, 4.0)))
    assert not ties(Standing(1.0, Interval(0.0, 1.9)), Standing(3.0, Interval(2.0, 4.0)))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=8), st.sampled_from(["lower", "higher"]))
def test_the_best_is_the_extreme_and_the_second_is_the_next(
    values: list[float], better: Literal["lower", "higher"]
) -> None:
    found = ranked({place: Standing(value) for place, value in enumerate(values)}, better)
    order = sorted(set(values), reverse=better == "higher")
    assert {values[place] for place, rank in found.items() if rank == "best"} == {order[0]}
    assert {values[place] for place, rank in found.items() if rank == "second"} == set(order[1:2])
