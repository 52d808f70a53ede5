"""Leave-one-out agreement: the golden values, what is undefined, and that an own vote never helps."""

from __future__ import annotations

import numpy as np
import pytest
from golden_ratings import COMPLETE
from hypothesis import given
from hypothesis import strategies as st
from listening_files import complete, rating

from bench.listening.agreement import Agreement, correlation, leave_one_out

GOLDEN = [0.855015, 0.884896, 0.911294, 0.788230]


def test_the_golden_correlations() -> None:
    found = leave_one_out(complete(COMPLETE.items()))
    assert [one.r for one in found.values()] == pytest.approx(GOLDEN, abs=1e-6)
    assert [one.stimuli for one in found.values()] == [15] * 4


def test_stimuli_with_too_few_other_votes_do_not_count() -> None:
    found = leave_one_out(complete(COMPLETE.items()), other_votes=4)
    assert set(found.values()) == {Agreement(None, 0)}


def test_a_rater_who_always_gives_the_same_has_no_correlation_and_says_why() -> None:
    given = complete([("A", "12345 13245 21345 33333")])
    found = leave_one_out(given)
    assert found["r4"] == Agreement(None, 5, constant=True)
    assert found["r1"].r is not None


def test_others_who_always_give_the_same_leave_nothing_to_compare_with() -> None:
    found = leave_one_out(complete([("A", "12345 33333 33333 33333")]))
    assert found["r1"] == Agreement(None, 5, constant=False)


def test_who_is_unknown_is_no_rater() -> None:
    assert leave_one_out([rating(rater=None)]) == {}


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=3, max_size=40))
def test_the_correlation_is_numpy_s(pairs: list[tuple[float, float]]) -> None:
    first, second = zip(*pairs, strict=True)
    found = correlation(pairs)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(np.corrcoef(first, second)[0, 1], abs=1e-9)


@given(st.integers(0, 2**32 - 1))
def test_it_is_the_mean_of_the_others_worked_out_directly(seed: int) -> None:
    votes = np.random.default_rng(seed).integers(1, 6, (5, 12)).astype(float)
    given = [rating(f"r{r}", f"c{c}", "A", float(votes[r, c])) for r in range(5) for c in range(12)]
    for place, (_, found) in enumerate(leave_one_out(given).items()):
        others = np.delete(votes, place, axis=0).mean(axis=0)
        if np.ptp(votes[place]) and np.ptp(others) > 1e-9:
            assert found.r == pytest.approx(np.corrcoef(votes[place], others)[0, 1], abs=1e-9)
