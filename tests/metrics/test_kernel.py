"""KID and KAD against their definitions pair by pair, closed forms and torch; their bootstrap against repeated sets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from feature_rows import QUICK, Pair, drawn, rotation, seeds, sets
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from bench.metrics import _rows
from bench.metrics._kernel import (
    KernelSums,
    gaussian_kernel,
    kad_bandwidth,
    kernel_audio_distance,
    kernel_inception_distance,
    kernel_inception_distance_of_subsets,
    kernel_sums,
    mmd_interval,
    polynomial_kernel,
    squared_mmd,
)
from bench.metrics._rows import median_distance
from bench.stats import Floats, resamples


def kad(generated: Floats, reference: Floats, **settings: Any) -> float:
    value: float = kernel_audio_distance(generated, reference, **settings).value
    return value


def kid(generated: Floats, reference: Floats) -> float:
    value: float = kernel_inception_distance(generated, reference)
    return value


def off_diagonal_mean(matrix: Floats) -> float:
    return float((matrix.sum() - np.trace(matrix)) / (len(matrix) * (len(matrix) - 1)))


def mmd_of(within: Floats, others: Floats, between: Floats) -> float:
    return off_diagonal_mean(within) + off_diagonal_mean(others) - 2.0 * float(between.mean())


def kid_by_definition(ours: Floats, theirs: Floats) -> float:
    pairs = ((ours, ours), (theirs, theirs), (ours, theirs))
    return mmd_of(*((left @ right.T / ours.shape[1] + 1.0) ** 3 for left, right in pairs))


def kad_by_definition(ours: Floats, theirs: Floats, source: Floats, dtype: torch.dtype = torch.float64) -> float:
    """As kadtk has it, from the distances that torch finds."""
    one, two, of = (torch.from_numpy(rows).to(dtype) for rows in (ours, theirs, source))
    gamma = 1.0 / (2.0 * float(torch.pdist(of).median()) ** 2 + 1e-8)
    pairs = ((one, one), (two, two), (one, two))
    return 100.0 * mmd_of(*(torch.exp(-gamma * torch.cdist(a, b) ** 2).double().numpy() for a, b in pairs))


def test_kid_equals_its_definition() -> None:
    for seed, (n, m, dimension) in enumerate([(2, 2, 1), (9, 14, 3), (60, 50, 128)]):
        ours, theirs = drawn(seed, n, dimension), drawn(seed + 50, m, dimension)
        assert kid(ours, theirs) == pytest.approx(kid_by_definition(ours, theirs), rel=1e-9)


@pytest.mark.parametrize("source", ["reference", "generated"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-8), (torch.float32, 1e-3)])
def test_kad_equals_its_definition(source: str, dtype: torch.dtype, tolerance: float) -> None:
    for seed, (n, m, dimension) in enumerate([(2, 3, 1), (9, 14, 3), (60, 50, 128)]):
        ours, theirs = drawn(seed, n, dimension), drawn(seed + 50, m, dimension) + 1.0
        expected = kad_by_definition(ours, theirs, theirs if source == "reference" else ours, dtype)
        assert kad(ours, theirs, bandwidth=source) == pytest.approx(expected, rel=tolerance)


def test_the_bandwidth_is_the_reference_s_and_of_no_candidate() -> None:
    # kadtk took it from the evaluated set, which changes a system's rank (YoonjinXD/kadtk#9, #10).
    reference = drawn(0, 40, 6)
    found = [kernel_audio_distance(scale * drawn(1, 30, 6), reference).bandwidth for scale in (0.1, 1.0, 9.0)]
    assert found[0] == found[1] == found[2] == pytest.approx(kad_bandwidth(reference), rel=1e-12)
    ours = 9.0 * drawn(1, 30, 6)
    assert kernel_audio_distance(ours, reference, "generated").bandwidth == pytest.approx(kad_bandwidth(ours), rel=1e-9)
    assert kad(ours, reference) != pytest.approx(kad(ours, reference, bandwidth="generated"), rel=0.05)


@QUICK
@given(arrays(np.float64, st.tuples(st.integers(2, 30), st.integers(1, 4)), elements=st.floats(-10, 10)))
def test_the_median_is_torch_s_lower_one(rows: Floats) -> None:
    expected = float(torch.pdist(torch.from_numpy(rows)).median())
    assert median_distance(rows) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("kind", ["normal", "few values", "one value", "two heaps"])
def test_the_median_is_found_without_holding_all_distances(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    noise = generator.standard_normal((300, 1))
    rows: Floats = {
        "normal": generator.standard_normal((300, 5)),
        "few values": generator.integers(-2, 3, (300, 2)).astype(np.float64),
        "one value": np.ones((300, 3)),
        "two heaps": np.sign(noise) + 1e-7 * noise,
    }[kind]
    at_once = median_distance(rows)
    for limit, bins in ((1, 7), (50, 64), (4000, 4096)):
        monkeypatch.setattr(_rows, "COLLECTED", limit)
        monkeypatch.setattr(_rows, "BINS", bins)
        assert median_distance(rows) == at_once


def test_the_size_of_chunks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = drawn(0, 30, 4), drawn(1, 25, 4)
    lengths = np.array([7, 1, 22]), np.array([5, 20])

    def found() -> list[Any]:
        by_clip = kernel_sums(ours, theirs, polynomial_kernel, lengths)
        return [
            kad(ours, theirs),
            kid(ours, theirs),
            *by_clip[:3],
            kernel_inception_distance_of_subsets(ours, theirs)[0],
        ]

    whole = found()
    monkeypatch.setattr(_rows, "CHUNK", 60)
    for one, other in zip(found(), whole, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_subsets_equal_their_definition_draw_by_draw() -> None:
    ours, theirs = drawn(0, 40, 5), drawn(1, 60, 5)
    generator = np.random.RandomState(2020)
    values = []
    for _ in range(100):
        one = ours[generator.choice(40, 25, replace=False)]
        two = theirs[generator.choice(60, 25, replace=False)]
        values.append(kid_by_definition(one, two))
    found = kernel_inception_distance_of_subsets(ours, theirs, size=25)
    assert found == (pytest.approx(np.mean(values), rel=1e-9), pytest.approx(np.std(values), rel=1e-9))


def test_subsets_as_large_as_the_sets_are_all_equal() -> None:
    ours, theirs = drawn(0, 40, 5), drawn(1, 40, 5)
    found = kernel_inception_distance_of_subsets(ours, theirs)
    assert found.mean == pytest.approx(kid(ours, theirs), rel=1e-9)
    assert found.std < 1e-9 * abs(found.mean)
    assert found == kernel_inception_distance_of_subsets(ours, theirs)


def test_subsets_of_nothing_are_named() -> None:
    with pytest.raises(ValueError, match="not 100 of 1"):
        kernel_inception_distance_of_subsets(drawn(0, 9, 2), drawn(1, 9, 2), size=1)


@pytest.mark.parametrize("measure", [kid, kad])
def test_a_set_and_its_own_permutation_lie_below_zero_by_two_over_n(measure: Any) -> None:
    rows = drawn(0, 50, 4)
    kernel = polynomial_kernel if measure is kid else gaussian_kernel(kad_bandwidth(rows))
    matrix = kernel(rows, rows)
    scale = 1.0 if measure is kid else 100.0
    expected = scale * 2.0 / 50 * (off_diagonal_mean(matrix) - np.trace(matrix) / 50)
    assert expected < 0.0
    assert measure(rows, rows) == pytest.approx(expected, rel=1e-8)
    assert measure(np.random.default_rng(1).permutation(rows), rows) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("measure", [kid, kad])
def test_sets_of_one_distribution_scatter_about_zero(measure: Any) -> None:
    generator = np.random.default_rng(0)
    values = np.array([measure(*generator.standard_normal((2, 40, 3))) for _ in range(200)])
    assert abs(values.mean()) < 3.0 * values.std() / math.sqrt(200)
    assert measure(generator.standard_normal((40, 3)) + 2.0, generator.standard_normal((40, 3))) > 5.0 * values.std()


def test_kad_of_sets_far_apart_is_the_sum_of_what_they_are_within() -> None:
    ours, theirs = drawn(0, 20, 3), drawn(1, 30, 3) + 1e4
    kernel = gaussian_kernel(kad_bandwidth(theirs))
    expected = 100.0 * (off_diagonal_mean(kernel(ours, ours)) + off_diagonal_mean(kernel(theirs - 1e4, theirs - 1e4)))
    assert kad(ours, theirs) == pytest.approx(expected, rel=1e-5)


spread = sets.filter(lambda pair: bool(np.ptp(pair[1], axis=0).max() > 1e-2 and _median_of(pair[1]) > 1e-2))


def _median_of(rows: Floats) -> float:
    value: float = median_distance(rows - rows.mean(axis=0))
    return value


@QUICK
@given(spread, seeds)
def test_kad_sees_neither_rotation_shift_nor_scale_of_both(pair: Pair, seed: int) -> None:
    ours, theirs = pair
    turned = 3.0 * rotation(seed, ours.shape[1])
    assert kad(ours @ turned + 5.0, theirs @ turned + 5.0) == pytest.approx(kad(ours, theirs), rel=1e-4, abs=1e-3)
    assert -100.0 <= kad(ours, theirs) <= 200.0


@QUICK
@given(sets, seeds)
def test_kid_sees_no_rotation_and_no_side(pair: Pair, seed: int) -> None:
    ours, theirs = pair
    turned = rotation(seed, ours.shape[1])
    scale = max(1.0, float(np.abs(np.concatenate(pair)).max()) ** 6)
    assert kid(ours @ turned, theirs @ turned) == pytest.approx(kid(ours, theirs), rel=1e-7, abs=1e-9 * scale)
    assert kid(theirs, ours) == pytest.approx(kid(ours, theirs), rel=1e-9, abs=1e-12 * scale)


CLIPS = np.array([1, 3, 2, 1, 4, 2]), np.array([2, 2, 1, 5, 3, 1])


def by_clip(seed: int = 0, clips: tuple[NDArray[np.int64], NDArray[np.int64]] = CLIPS) -> tuple[Floats, Floats]:
    return drawn(seed, int(clips[0].sum()), 4), drawn(seed + 50, int(clips[1].sum()), 4)


def repetition(lengths: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which row stands at each place of the set in which clips stand as often as drawn."""
    rows = np.split(np.arange(lengths.sum()), lengths.cumsum()[:-1])
    return np.concatenate([each for each, count in zip(rows, draws, strict=True) for _ in range(count)])


def mean_of_different(kernel: Floats, places: NDArray[np.int64]) -> float:
    """Mean kernel over pairs of places that hold different rows."""
    different = places[:, None] != places[None, :]
    return float(kernel[np.ix_(places, places)][different].mean())


def test_a_replicate_is_the_discrepancy_of_the_repeated_set_without_pairs_of_copies() -> None:
    ours, theirs = by_clip()
    sums = kernel_sums(ours, theirs, polynomial_kernel, CLIPS)
    draws, others = resamples(6, 20), resamples(6, 20, seed=1)
    kernels = [polynomial_kernel(a, b) for a, b in ((ours, ours), (theirs, theirs), (ours, theirs))]
    expected = []
    for one, two in zip(draws, others, strict=True):
        mine, yours = repetition(CLIPS[0], one), repetition(CLIPS[1], two)
        within = mean_of_different(kernels[0], mine) + mean_of_different(kernels[1], yours)
        expected.append(within - 2.0 * kernels[2][np.ix_(mine, yours)].mean())
    found = squared_mmd(sums, draws.astype(np.float64), others.astype(np.float64))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_sums_by_clip_give_the_value_of_the_set() -> None:
    ours, theirs = by_clip()
    by_clips = squared_mmd(kernel_sums(ours, theirs, polynomial_kernel, CLIPS))[0]
    assert by_clips == pytest.approx(kid(ours, theirs), rel=1e-12)


def test_copies_of_one_row_alone_have_no_discrepancy_and_no_weight() -> None:
    rows, lengths = drawn(0, 2, 3), np.ones(2, np.int64)
    sums = kernel_sums(rows, drawn(1, 2, 3), polynomial_kernel, (lengths, lengths))
    assert np.isnan(squared_mmd(sums, np.array([[2.0, 0.0]]), np.array([[1.0, 1.0]])))[0]
    found = mmd_interval(squared_mmd(sums)[0], sums, paired=False)
    assert found is not None
    assert np.isfinite(found).all()


def strangers(generator: np.random.Generator, paired: bool) -> KernelSums:
    """30 clips a side, 3 rows about each clip's own centre; of pairs the centres are alike."""
    centres = generator.standard_normal((30, 1, 2))
    others = centres if paired else generator.standard_normal((30, 1, 2))
    ours = 1.3 * centres + 0.7 + 0.4 * generator.standard_normal((30, 3, 2))
    theirs = others + 0.4 * generator.standard_normal((30, 3, 2))
    lengths = np.full(30, 3)
    return kernel_sums(ours.reshape(-1, 2), theirs.reshape(-1, 2), gaussian_kernel(1.5), (lengths, lengths))


@pytest.mark.parametrize("paired", [True, False])
def test_the_interval_is_as_wide_as_fresh_draws_scatter(paired: bool) -> None:
    # 600 fresh draws of 30 clips tell the width within 5 %; the mean of 12 bootstrap widths within 5 % too.
    generator = np.random.default_rng(7)
    fresh = [squared_mmd(strangers(generator, paired))[0] for _ in range(600)]
    low, high = np.quantile(fresh, [0.025, 0.975])
    widths = []
    for _ in range(12):
        sums = strangers(generator, paired)
        value = float(squared_mmd(sums)[0])
        found = mmd_interval(value, sums, paired)
        assert found is not None
        assert found.low <= value <= found.high
        widths.append(found.high - found.low)
    assert np.mean(widths) == pytest.approx(high - low, rel=0.3)


def test_the_interval_scales_is_the_same_each_time_and_takes_two_clips() -> None:
    sums = strangers(np.random.default_rng(0), paired=False)
    one, hundred = mmd_interval(0.1, sums, paired=False), mmd_interval(10.0, sums, paired=False, scale=100.0)
    assert one == mmd_interval(0.1, sums, paired=False)
    assert one is not None
    assert hundred is not None
    np.testing.assert_allclose(hundred, 100.0 * np.array(one), rtol=1e-9)
    ours, theirs = by_clip()
    assert mmd_interval(0.0, kernel_sums(ours, theirs, polynomial_kernel), paired=False) is None


@pytest.mark.parametrize("measure", [kid, kad, kernel_inception_distance_of_subsets])
def test_bad_sets_are_named_with_their_number(measure: Any) -> None:
    whole = drawn(0, 9, 3)
    with pytest.raises(ValueError, match="2 feature rows or more are needed; the generated set has 1"):
        measure(whole[:1], whole)
    with pytest.raises(ValueError, match="the reference set has 0"):
        measure(whole, whole[:0])
    with pytest.raises(ValueError, match="3 dimensions here, 2 there"):
        measure(whole, whole[:, :2])
    with pytest.raises(ValueError, match="1 of the reference set's 9 rows are not finite, the first at 8"):
        measure(whole, np.where(np.arange(9)[:, None] == 8, np.nan, whole))


@pytest.mark.parametrize("others", [0, 2])
def test_equal_references_have_no_bandwidth(others: int) -> None:
    reference = np.concatenate([np.tile([[0.1, 100.3, -7.7]], (9, 1)), drawn(1, others, 3)])
    with pytest.raises(ValueError, match=f"no bandwidth: half or more of the pairs of its {9 + others} rows are equal"):
        kad(drawn(0, 9, 3), reference)


def test_clips_that_do_not_fit_are_named() -> None:
    ours, theirs = by_clip()
    with pytest.raises(ValueError, match="the reference set has 14 rows, its clips 13"):
        kernel_sums(ours, theirs, polynomial_kernel, (CLIPS[0], CLIPS[0]))
    with pytest.raises(ValueError, match="clip 0 of the generated set has 0 feature rows"):
        kernel_sums(ours, theirs, polynomial_kernel, (np.array([0, 13]), CLIPS[1]))
