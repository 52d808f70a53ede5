"""The Fréchet distance against closed forms, the root of a product, and itself in other forms; its extrapolation."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from feature_rows import QUICK, ROUNDING, Pair, drawn, rotation, seeds, sets
from hypothesis import given
from hypothesis import strategies as st

from bench.metrics._frechet import (
    Gaussian,
    distance_of_rows,
    frechet_distance,
    frechet_distance_infinity,
    gaussian,
    moments,
    rank_deficient,
    rooted,
)
from bench.stats import Floats


def distance(generated: Floats, reference: Floats) -> float:
    value: float = distance_of_rows(generated, reference)
    return value


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
    turned = rotation(seed, pair[0].shape[1])
    assert distance(*(rows @ turned for rows in pair)) == pytest.approx(distance(*pair), rel=1e-9, abs=ROUNDING)


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


@QUICK
@given(sets)
def test_all_forms_of_the_sides_agree(pair: Pair) -> None:
    expected = frechet_distance(gaussian(pair[0]), gaussian(pair[1]))
    for ours in (gaussian, rooted):
        for theirs in (gaussian, rooted):
            found = frechet_distance(ours(pair[0]), theirs(pair[1]))
            assert found == pytest.approx(expected, rel=1e-9, abs=10 * ROUNDING)


@pytest.mark.parametrize(("rows", "others", "dimension"), [(20, 30, 24), (15, 12, 40), (200, 9, 16), (9, 200, 16)])
def test_few_rows_equal_the_root_of_the_product(rows: int, others: int, dimension: int) -> None:
    ours, theirs = drawn(1, rows, dimension), drawn(2, others, dimension)
    one, two = gaussian(ours), gaussian(theirs)
    # The product is singular, where sqrtm fails or warns; a touch of the identity is what the field adds.
    touch = 1e-12 * np.eye(dimension)
    root = scipy.linalg.sqrtm((one.covariance + touch) @ (two.covariance + touch))
    shift = one.mean - two.mean
    expected = shift @ shift + np.trace(one.covariance) + np.trace(two.covariance) - 2 * np.trace(root.real)
    assert distance(ours, theirs) == pytest.approx(expected, rel=1e-6)


def test_a_shift_and_a_rotation_of_few_rows_cost_what_they_should() -> None:
    ours, turned = drawn(1, 30, 100), rotation(0, 100)
    assert distance(ours + 2.0, ours) == pytest.approx(400.0, rel=1e-12)
    theirs = drawn(2, 40, 100)
    assert distance(ours @ turned, theirs @ turned) == pytest.approx(distance(ours, theirs), rel=1e-10)
    assert distance(ours, ours) == pytest.approx(0.0, abs=1e-8)


def test_many_dimensions_take_no_time() -> None:
    generator = np.random.default_rng(0)
    ours, theirs = generator.standard_normal((2, 500, 2048))
    start = time.perf_counter()
    assert distance(ours, theirs) > 0.0
    assert time.perf_counter() - start < 3.0  # a tenth of a second; the root of the product takes half a minute


@pytest.mark.parametrize("pieces", [[100], [1, 99], [50, 50], [3, 4, 93]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moments_of_pieces_merge_into_those_of_the_whole(pieces: list[int], dtype: type[np.floating[Any]]) -> None:
    rows = np.asarray(drawn(0, 100, 7) + 50.0, dtype)
    parts = [moments(part) for part in np.split(rows, np.cumsum(pieces)[:-1])]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)
    exact = rows.astype(np.float64)
    found = merged.gaussian()
    assert merged.count == 100
    assert found.mean.dtype == found.covariance.dtype == np.float64
    np.testing.assert_allclose(found.mean, exact.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(found.covariance, np.cov(exact, rowvar=False), rtol=1e-10, atol=1e-10)


def test_moments_merge_in_any_order_and_only_in_one_dimension() -> None:
    one, two = moments(drawn(0, 5, 3)), moments(drawn(1, 9, 3))
    for there, back in zip(one.merge(two).gaussian(), two.merge(one).gaussian(), strict=True):
        np.testing.assert_allclose(there, back, rtol=1e-12)
    with pytest.raises(ValueError, match="3 dimensions here, 2 there"):
        one.merge(moments(drawn(0, 5, 2)))


@pytest.mark.parametrize(("rows", "singular"), [(3, True), (4, True), (5, False)])
def test_a_covariance_of_no_more_rows_than_dimensions_is_singular(rows: int, singular: bool) -> None:
    assert rank_deficient(rows, 4) is singular
    assert (int(np.linalg.matrix_rank(gaussian(drawn(0, rows, 4)).covariance)) < 4) is singular


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_rows_that_are_not_finite_are_named(bad: float) -> None:
    whole, broken = drawn(0, 9, 3), drawn(0, 9, 3)
    broken[4, 1] = bad
    with pytest.raises(ValueError, match="1 of the generated set's 9 rows are not finite, the first at 4"):
        distance(broken, whole)
    with pytest.raises(ValueError, match="the reference set's 9 rows are not finite"):
        distance(whole, broken)


@pytest.mark.parametrize("shape", [(9,), (9, 0), (3, 3, 3)])
def test_rows_of_another_shape_are_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(rows, dimensions\); the reference set's is"):
        distance(drawn(0, 9, 3), np.zeros(shape))


def test_the_extrapolation_is_the_same_each_time_and_another_with_another_seed() -> None:
    rows, reference = drawn(0, 700, 4), gaussian(drawn(1, 900, 4))
    first = frechet_distance_infinity(rows, reference)
    assert first == frechet_distance_infinity(rows.copy(), reference)
    assert first != frechet_distance_infinity(rows, reference, seed=1)


@pytest.mark.parametrize("dimension", [3, 60])
def test_the_extrapolation_is_the_line_through_distances_of_samples(dimension: int) -> None:
    rows, reference = drawn(0, 90, dimension), gaussian(drawn(1, 900, dimension))
    found = frechet_distance_infinity(rows, reference, sizes=5, least=30, seed=3)
    generator = np.random.Generator(np.random.PCG64(3))
    counts = [30, 45, 60, 75, 90]
    samples = [rows[generator.choice(90, count, replace=False)] for count in counts]
    distances = [frechet_distance(gaussian(sample), reference) for sample in samples]
    slope, intercept = np.polyfit(1 / np.array(counts), distances, 1)
    assert (found.value, found.slope) == (pytest.approx(intercept, rel=1e-6), pytest.approx(slope, rel=1e-5))
    assert found.r2 == pytest.approx(np.corrcoef(1 / np.array(counts), distances)[0, 1] ** 2, rel=1e-5)


def test_the_extrapolation_takes_away_the_bias_of_few_rows() -> None:
    generator = np.random.default_rng(0)
    reference = Gaussian(np.zeros(16), np.eye(16))
    rows = generator.standard_normal((3000, 16))
    found = frechet_distance_infinity(rows, reference, least=200)
    assert abs(found.value) < 0.25 * frechet_distance(gaussian(rows[:200]), reference)
    assert found.r2 > 0.9


@pytest.mark.parametrize("rows", [2, 499, 500, 523])
def test_too_few_rows_to_extrapolate_give_no_other_number_instead(rows: int) -> None:
    with pytest.raises(ValueError, match=f"take 524 rows; the generated set has {rows} for 25 sizes from 500"):
        frechet_distance_infinity(drawn(0, rows, 2), gaussian(drawn(1, 9, 2)))
    with pytest.raises(ValueError, match="3 dimensions here, 2 there"):
        frechet_distance_infinity(drawn(0, 600, 3), gaussian(drawn(1, 9, 2)))


def test_a_flat_line_fits_perfectly() -> None:
    found = frechet_distance_infinity(np.zeros((600, 2)), Gaussian(np.zeros(2), np.eye(2)))
    assert (found.value, found.slope, found.r2) == (pytest.approx(2.0), pytest.approx(0.0, abs=1e-6), 1.0)
