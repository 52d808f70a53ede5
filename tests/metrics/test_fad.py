"""The Fréchet distance against closed forms, against the root of a product, and its interval against fresh draws."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.metric import Features, Score
from bench.metrics.fad import METRICS, Gaussian, distance_interval, frechet_distance, gaussian, moments, reweighted
from bench.stats import Floats, Interval

QUICK = settings(max_examples=50, deadline=None)
ROUNDING = 1e-5  # the root of an eigenvalue that is rounding noise is the root of that noise


def drawn(seed: int, rows: int, dimension: int) -> Floats:
    """Rows of a Gaussian whose mean and covariance are drawn too."""
    generator = np.random.default_rng(seed)
    mixing = generator.standard_normal((dimension, dimension))
    return generator.standard_normal((rows, dimension)) @ mixing + generator.standard_normal(dimension)


def distance(generated: Floats, reference: Floats) -> float:
    value: float = frechet_distance(gaussian(generated), gaussian(reference))
    return value


def features(clips: list[Floats], prefix: str = "clip") -> Features:
    return Features(tuple(f"{prefix}{index}" for index in range(len(clips))), tuple(clips))


def interval(generated: Features, reference: Features) -> Interval:
    value = distance(generated.pooled(), reference.pooled())
    found: Interval | None = distance_interval(value, generated, reference)
    assert found is not None
    return found


def score(generated: Features, reference: Features) -> Score:
    found: Score = METRICS["fad-logmel"].score(generated, reference)
    return found


sets = st.integers(1, 5).flatmap(
    lambda d: st.tuples(
        *[
            st.integers(2, 12).flatmap(lambda k: arrays(np.float64, (k, d), elements=st.floats(-10, 10)))
            for _ in range(2)
        ]
    )
)
seeds = st.integers(0, 2**32 - 1)


def test_one_dimension_is_difference_of_means_and_of_deviations() -> None:
    generated = Gaussian(np.array([1.0]), np.array([[9.0]]))
    reference = Gaussian(np.array([3.0]), np.array([[4.0]]))
    assert frechet_distance(generated, reference) == pytest.approx((1 - 3) ** 2 + (3 - 2) ** 2, rel=1e-12)


def test_diagonal_covariances_add_up_by_dimension() -> None:
    means, deviations = np.array([[0.0, 1.0, 5.0], [2.0, 1.0, 4.0]]), np.array([[1.0, 2.0, 0.5], [3.0, 2.0, 0.0]])
    sides = [Gaussian(mean, np.diag(each**2)) for mean, each in zip(means, deviations, strict=True)]
    expected = ((means[0] - means[1]) ** 2 + (deviations[0] - deviations[1]) ** 2).sum()
    assert frechet_distance(*sides) == pytest.approx(expected, rel=1e-12)


def test_covariances_of_rank_one_overlap_by_their_inner_product() -> None:
    ours, theirs = np.array([1.0, 2.0, -1.0, 0.5]), np.array([0.5, -1.0, 2.0, 1.0])
    zero = np.zeros(4)
    found = frechet_distance(Gaussian(zero, np.outer(ours, ours)), Gaussian(zero, np.outer(theirs, theirs)))
    assert found == pytest.approx(ours @ ours + theirs @ theirs - 2 * abs(ours @ theirs), rel=1e-7)


@pytest.mark.parametrize("rows", [2, 5, 64, 500])
def test_equal_sets_are_at_zero(rows: int) -> None:
    same = drawn(3, rows, 64)
    assert distance(same, same) == pytest.approx(0.0, abs=ROUNDING)


def test_a_shift_adds_its_squared_length() -> None:
    rows, shift = drawn(0, 100, 6), np.array([3.0, -1.0, 0.0, 2.0, 0.5, -4.0])
    assert distance(rows + shift, rows) == pytest.approx(shift @ shift, rel=1e-9)
    other = drawn(1, 90, 6) - drawn(1, 90, 6).mean(axis=0) + rows.mean(axis=0)
    assert distance(other + shift, rows) - distance(other, rows) == pytest.approx(shift @ shift, rel=1e-9)


@pytest.mark.parametrize("factor", [0.0, 0.5, 3.0])
def test_scaling_one_set_leaves_the_share_that_was_taken(factor: float) -> None:
    rows = drawn(0, 100, 6)
    expected = (factor - 1) ** 2 * (np.square(rows.mean(axis=0)).sum() + np.trace(np.cov(rows, rowvar=False)))
    assert distance(factor * rows, rows) == pytest.approx(expected, rel=1e-9)


@QUICK
@given(sets)
def test_it_is_symmetric_and_never_negative(pair: tuple[Floats, Floats]) -> None:
    there, back = distance(*pair), distance(*pair[::-1])
    assert there >= 0.0
    assert there == pytest.approx(back, rel=1e-9, abs=ROUNDING)


@QUICK
@given(sets, seeds)
def test_a_rotation_of_both_sets_changes_nothing(pair: tuple[Floats, Floats], seed: int) -> None:
    dimension = pair[0].shape[1]
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((dimension, dimension)))
    assert distance(*(rows @ rotation for rows in pair)) == pytest.approx(distance(*pair), rel=1e-9, abs=ROUNDING)


@QUICK
@given(sets, seeds)
def test_the_order_of_rows_changes_nothing(pair: tuple[Floats, Floats], seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(pair[0])
    assert distance(shuffled, pair[1]) == pytest.approx(distance(*pair), rel=1e-9, abs=ROUNDING)


@QUICK
@given(sets, st.floats(0.1, 10))
def test_scaling_both_sets_scales_by_the_square(pair: tuple[Floats, Floats], factor: float) -> None:
    scaled = distance(factor * pair[0], factor * pair[1])
    assert scaled == pytest.approx(factor**2 * distance(*pair), rel=1e-7, abs=100 * ROUNDING)


def test_the_order_of_clips_changes_no_value() -> None:
    ours, theirs = [drawn(i, 3, 4) for i in range(6)], [drawn(10 + i, 3, 4) for i in range(6)]
    turned = score(features(ours[::-1]), features(theirs))
    assert turned.value == pytest.approx(score(features(ours), features(theirs)).value, rel=1e-10)


@pytest.mark.parametrize(("seed", "dimension"), [(0, 1), (1, 2), (2, 8), (3, 32), (4, 64)])
def test_it_equals_the_root_of_the_product_on_full_rank(seed: int, dimension: int) -> None:
    ours, theirs = gaussian(drawn(seed, 400, dimension)), gaussian(drawn(seed + 100, 300, dimension))
    root = scipy.linalg.sqrtm(ours.covariance @ theirs.covariance).real
    shift = ours.mean - theirs.mean
    expected = shift @ shift + np.trace(ours.covariance) + np.trace(theirs.covariance) - 2 * np.trace(root)
    assert frechet_distance(ours, theirs) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("rows", [2, 3, 16, 32])
def test_fewer_rows_than_dimensions_stay_real_and_above_zero(rows: int) -> None:
    for seed in range(5):
        ours, theirs = drawn(seed, rows, 32), drawn(seed + 100, 33 - rows // 2, 32)
        for value in (distance(ours, theirs), distance(theirs, ours), distance(ours, ours), distance(ours, ours[::-1])):
            assert isinstance(value, float)
            assert math.isfinite(value)
            assert value >= 0.0
        assert distance(ours, ours[::-1]) == pytest.approx(0.0, abs=ROUNDING * 10)


def test_the_covariance_is_unbiased() -> None:
    found = gaussian(np.array([[0.0], [2.0]]))
    assert found.covariance.shape == (1, 1)
    assert (found.mean[0], found.covariance[0, 0]) == (1.0, 2.0)


def test_all_ones_as_weights_give_the_set_itself() -> None:
    clips = [drawn(i, 2 + i % 3, 5) for i in range(7)]
    whole = gaussian(np.concatenate(clips))
    origin = whole.mean + 0.3
    found = reweighted(moments(features(clips), origin), np.ones(7))
    np.testing.assert_allclose(found.mean + origin, whole.mean, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(found.covariance, whole.covariance, rtol=1e-10, atol=1e-10)


@QUICK
@given(st.lists(st.integers(0, 4), min_size=2, max_size=8).filter(lambda weights: sum(weights) > 1), seeds)
def test_a_weight_is_a_repetition(weights: list[int], seed: int) -> None:
    clips = [drawn(seed + i, 1 + i % 3, 3) for i in range(len(weights))]
    repeated = [clip for clip, weight in zip(clips, weights, strict=True) for _ in range(weight)]
    expected = gaussian(np.concatenate(repeated))
    found = reweighted(moments(features(clips), np.zeros(3)), np.array(weights, np.float64))
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("prefix", ["clip", "other"], ids=["pairs", "no pairs"])
@pytest.mark.parametrize(("count", "rows", "dimension"), [(2, 1, 3), (2, 4, 8), (20, 2, 4), (40, 5, 2)])
def test_the_interval_holds_its_value_and_is_the_same_each_time(
    prefix: str, count: int, rows: int, dimension: int
) -> None:
    ours = features([drawn(i, rows, dimension) for i in range(count)])
    theirs = features([drawn(50 + i, rows, dimension) for i in range(count)], prefix)
    first, second = score(ours, theirs), score(ours, theirs)
    assert first == second
    assert first.n == count
    assert first.interval is not None
    assert 0.0 <= first.interval.low <= first.value <= first.interval.high


@pytest.mark.parametrize("prefix", ["clip", "other"], ids=["pairs", "no pairs"])
def test_the_interval_of_equal_sets_begins_at_zero(prefix: str) -> None:
    clips = [drawn(i, 2, 5) for i in range(8)]
    found = interval(features(clips), features(clips, prefix))
    assert found.low == pytest.approx(0.0, abs=ROUNDING)
    assert found.high >= 0.0


def test_sets_of_unlike_sizes_have_an_interval() -> None:
    ours, theirs = (features([drawn(i, 2, 3) for i in range(n)], str(n)) for n in (5, 9))
    assert interval(ours, theirs).high > 0.0


@pytest.mark.parametrize(("ours", "theirs"), [(1, 5), (5, 1), (1, 1)])
def test_one_clip_has_no_interval(ours: int, theirs: int) -> None:
    found = score(
        features([drawn(i, 6, 3) for i in range(ours)]), features([drawn(9 + i, 6, 3) for i in range(theirs)])
    )
    assert found.interval is None
    assert found.value > 0.0


def test_too_few_rows_are_named_with_their_set() -> None:
    one, many = features([drawn(0, 1, 3)]), features([drawn(1, 9, 3)])
    with pytest.raises(ValueError, match="two feature rows or more; the generated set has 1"):
        score(one, many)
    with pytest.raises(ValueError, match="two feature rows or more; the reference set has 1"):
        score(many, one)


@pytest.mark.parametrize(("ours", "theirs"), [(3, 2), (1, 3), (3, 1)])
def test_unlike_dimensions_are_named(ours: int, theirs: int) -> None:
    with pytest.raises(ValueError, match=f"{ours} dimensions here, {theirs} there"):
        score(features([drawn(0, 9, ours)]), features([drawn(0, 9, theirs)]))


def strangers(generator: np.random.Generator, clips: int = 60) -> tuple[Features, Features]:
    """Two sets that have nothing to do with each other; 4 rows about each clip's own centre, in 2 dimensions."""
    sides = [
        place + spread * generator.standard_normal((clips, 1, 2)) + 0.5 * generator.standard_normal((clips, 4, 2))
        for place, spread in ((np.array([1.5, 0.0]), 1.3), (np.zeros(2), 1.0))
    ]
    return features(list(sides[0])), features(list(sides[1]), "other")


def pairs(generator: np.random.Generator, clips: int = 60) -> tuple[Features, Features]:
    """The same, but each generated clip is its own reference, moved, stretched and made noisy."""
    reference = generator.standard_normal((clips, 1, 2)) + 0.5 * generator.standard_normal((clips, 4, 2))
    generated = 1.5 * reference + 1.0 + 0.3 * generator.standard_normal((clips, 1, 2))
    return features(list(generated)), features(list(reference))


@pytest.mark.parametrize("draw", [strangers, pairs])
def test_the_interval_is_as_wide_as_fresh_draws_scatter(
    draw: Callable[[np.random.Generator], tuple[Features, Features]],
) -> None:
    # 600 fresh draws of 60 clips tell the width within 5 %; the mean of 8 bootstrap widths is as sure.
    generator = np.random.default_rng(7)
    fresh = [distance(*(side.pooled() for side in draw(generator))) for _ in range(600)]
    low, high = np.quantile(fresh, [0.025, 0.975])
    widths = [found.high - found.low for found in (interval(*draw(generator)) for _ in range(8))]
    assert np.mean(widths) == pytest.approx(high - low, rel=0.3)
