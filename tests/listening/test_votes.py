"""Votes: labels become places, sides become signs, and what each score moves sums to nothing."""

from __future__ import annotations

import numpy as np
import pytest
from golden_ratings import COMPLETE, GAPS, ballot

from bench.listening.votes import votes


def test_means_and_differences_are_plain() -> None:
    given = ballot(COMPLETE, GAPS)
    assert [given.of(system).value for system in "ABC"] == pytest.approx([4.0, 56 / 19, 52 / 19])
    assert given.of("A", "B").value == pytest.approx(4.0 - 56 / 19)
    assert given.of("B", "A").value == pytest.approx(56 / 19 - 4.0)


def test_influence_sums_to_nothing_on_each_side_and_changes_sign_with_the_order() -> None:
    given = ballot(COMPLETE, GAPS)
    one, other = given.of("A", "B"), given.of("B", "A")
    for side in one.sides:
        assert one.influence[side].sum() == pytest.approx(0.0, abs=1e-15)
    np.testing.assert_allclose(one.influence, -other.influence)


def test_the_influence_is_the_derivative_of_the_value_by_weight() -> None:
    """A mean with one score weighted 1 + h moves by h times its influence."""
    sample = ballot(COMPLETE, GAPS).of("A", "C")
    step = 1e-6
    for place in (0, 7, 20):
        weights = np.ones(len(sample.score))
        weights[place] += step
        means = [float(np.average(sample.score[side], weights=weights[side])) for side in sample.sides]
        assert (means[0] - means[1] - sample.value) / step == pytest.approx(sample.influence[place], abs=1e-6)


def test_repeats_share_a_cell_and_keep_their_stimuli_apart() -> None:
    given = votes([1, 2, 3], ["r", "r", "s"], ["c", "c", "c"], ["a", "a", "a"], ["x", "y", "x"])
    assert given.of("a").cell.tolist() == [0, 0, 1]
    assert given.stimulus.tolist() == [0, 1, 0]


def test_the_order_of_rows_does_not_matter() -> None:
    scores, raters, clips, systems = [4, 3, 5, 1], ["r2", "r1", "r1", "r2"], ["d", "c", "d", "c"], ["a", "b", "a", "b"]
    one = votes(scores, raters, clips, systems)
    other = votes(scores[::-1], raters[::-1], clips[::-1], systems[::-1])
    assert (one.raters, one.clips, one.systems) == (other.raters, other.clips, other.systems) == (
        ("r1", "r2"), ("c", "d"), ("a", "b"),
    )  # fmt: skip
    assert one.best_first() == other.best_first() == ["a", "b"]
    assert one.clip_means("a") == {"d": 4.5}


def test_systems_of_equal_means_stand_by_name() -> None:
    given = votes([3, 3, 4], ["r", "r", "r"], ["c", "c", "c"], ["z", "b", "k"])
    assert given.best_first() == ["k", "b", "z"]


def test_labels_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="lengths differ: 1, 1, 2, 1"):
        votes([1.0], ["r"], ["c", "d"], ["a"])
