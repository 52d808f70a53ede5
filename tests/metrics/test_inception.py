"""The inception score against its definition term by term, closed forms, and fresh draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from feature_rows import QUICK, seeds
from hypothesis import given
from hypothesis import strategies as st

from bench.metrics._inception import InceptionScore, inception_interval, inception_score
from bench.stats import Floats


def logits(seed: int, clips: int = 97, classes: int = 12, scale: float = 3.0) -> Floats:
    return scale * np.random.default_rng(seed).standard_normal((clips, classes))


def score(values: Floats, splits: int = 10) -> InceptionScore:
    found: InceptionScore = inception_score(values, splits)
    return found


def by_definition(values: Floats, splits: int) -> tuple[float, float]:
    """As audioldm_eval has it: every split, every clip, every class."""
    exponentials = np.exp(values - values.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    probabilities = probabilities[np.random.RandomState(2020).permutation(len(values))]
    found = []
    for i in range(splits):
        part = probabilities[i * len(values) // splits : (i + 1) * len(values) // splits]
        divergences = (part * (np.log(part) - np.log(part.mean(axis=0, keepdims=True)))).sum(axis=1)
        found.append(math.exp(divergences.mean()))
    return float(np.mean(found)), float(np.std(found))


@pytest.mark.parametrize(("clips", "splits"), [(10, 10), (97, 10), (964, 10), (50, 1), (7, 3)])
def test_it_equals_the_definition(clips: int, splits: int) -> None:
    values = logits(1, clips)
    mean, std = by_definition(values, splits)
    assert score(values, splits) == (pytest.approx(mean, rel=1e-12), pytest.approx(std, abs=1e-10))


def test_sure_and_evenly_varied_clips_count_the_classes() -> None:
    assert score(50.0 * np.tile(np.eye(8), (5, 1)), splits=1).mean == pytest.approx(8.0, rel=1e-9)


def test_equal_clips_score_one() -> None:
    assert score(np.tile(logits(0, 1), (30, 1))) == (pytest.approx(1.0, abs=1e-12), pytest.approx(0.0, abs=1e-12))
    assert score(logits(0, 10)) == (1.0, 0.0), "a split of one clip is its own mean"


@QUICK
@given(seeds, st.integers(10, 60), st.floats(0.0, 1000.0))
def test_it_lies_between_one_and_the_classes(seed: int, clips: int, scale: float) -> None:
    found = score(logits(seed, clips, scale=scale))
    assert 1.0 <= found.mean <= 12.0 + 1e-9
    assert found.std >= 0.0


@QUICK
@given(seeds, st.floats(-100, 100))
def test_a_constant_and_the_order_of_classes_change_nothing(seed: int, constant: float) -> None:
    values = logits(seed)
    turned = values[:, np.random.default_rng(seed).permutation(12)] + constant
    assert score(turned).mean == pytest.approx(score(values).mean, rel=1e-9)


def test_it_is_the_same_each_time() -> None:
    assert score(logits(3)) == score(logits(3))
    assert inception_interval(logits(3)) == inception_interval(logits(3))


def test_repeating_every_clip_changes_no_single_split() -> None:
    values = logits(0, 20)
    assert score(np.repeat(values, 3, axis=0), 1).mean == pytest.approx(score(values, 1).mean, rel=1e-12)


@pytest.mark.parametrize("splits", [1, 10])
def test_the_interval_is_as_wide_as_fresh_draws_scatter(splits: int) -> None:
    # 400 fresh draws tell the width within 6 %; the mean of 8 bootstrap widths is as sure.
    fresh = [score(logits(seed, 300), splits).mean for seed in range(400)]
    low, high = np.quantile(fresh, [0.025, 0.975])
    found = [inception_interval(logits(1000 + seed, 300), splits=splits) for seed in range(8)]
    widths = [each.high - each.low for each in found if each is not None]
    assert np.mean(widths) == pytest.approx(high - low, rel=0.3)


def test_the_interval_holds_its_value() -> None:
    values = logits(0)
    found = inception_interval(values)
    assert found is not None
    assert 1.0 <= found.low <= score(values).mean <= found.high


def test_splits_of_one_clip_have_no_interval() -> None:
    assert inception_interval(logits(0, 19)) is None


@pytest.mark.parametrize("clips", [1, 9])
def test_fewer_clips_than_splits_are_named(clips: int) -> None:
    with pytest.raises(ValueError, match=f"over 10 splits takes as many clips or more; these are {clips}"):
        score(logits(0, clips))


def test_what_is_no_row_of_logits_is_refused() -> None:
    with pytest.raises(ValueError, match="has 0"):
        score(np.empty((0, 5)))
    with pytest.raises(ValueError, match="two classes or more, not of 1"):
        score(logits(0, classes=1))
    with pytest.raises(ValueError, match="97 rows are not finite, the first at 0"):
        score(np.full((97, 3), np.inf))
    with pytest.raises(ValueError, match=r"the given set's is \(20, 13, 768\)"):
        score(np.zeros((20, 13, 768)))
