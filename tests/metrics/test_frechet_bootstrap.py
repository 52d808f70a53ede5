"""The bootstrap of the Fréchet distance against distances of sets in which clips really stand several times."""

from __future__ import annotations

import time

import numpy as np
import pytest
from feature_rows import QUICK, drawn, features, seeds
from hypothesis import given
from hypothesis import strategies as st

from bench.metric import Features
from bench.metrics import _frechet_bootstrap
from bench.metrics._frechet import distance_of_rows, frechet_distance, gaussian, rooted
from bench.metrics._frechet_bootstrap import Clips, distance_replicates, replicates, reweighted
from bench.stats import Floats, resamples


def clips_of(rows: list[Floats]) -> Clips:
    return Clips(np.concatenate(rows), np.array([len(each) for each in rows], np.float64))


def repeated(side: Features, weights: Floats) -> Floats:
    return np.concatenate([rows for rows, weight in zip(side.rows, weights, strict=True) for _ in range(int(weight))])


@pytest.mark.parametrize("prefix", ["clip", "other"], ids=["pairs", "no pairs"])
@pytest.mark.parametrize(
    ("clips", "rows", "dimension"),
    [(40, (1, 2), 6), (40, (3, 9), 6), (30, (1, 2), 64), (12, (3, 6), 100), (25, (3, 6), 90)],
    ids=["row weights", "clip products", "few rows", "few rows of many clips", "about as many rows as dimensions"],
)
def test_a_replicate_is_the_distance_of_the_repeated_set(
    prefix: str, clips: int, rows: tuple[int, int], dimension: int
) -> None:
    ours = features([drawn(i, rows[i % 2], dimension) for i in range(clips)])
    theirs = features([drawn(90 + i, rows[i % 2], dimension) + 1.0 for i in range(clips)], prefix)
    draws = resamples(clips, 12)
    others = draws if prefix == "clip" else resamples(clips, 12, seed=1)
    pairs = zip(draws, others, strict=True)
    expected = [frechet_distance(rooted(repeated(ours, a)), rooted(repeated(theirs, b))) for a, b in pairs]
    np.testing.assert_allclose(distance_replicates(ours, theirs, 12), expected, rtol=1e-8)


def test_sets_of_unlike_sizes_are_drawn_each_for_itself() -> None:
    ours, theirs = features([drawn(i, 2, 30) for i in range(9)]), features([drawn(9 + i, 3, 30) for i in range(20)])
    pairs = zip(resamples(9, 5), resamples(20, 5, seed=1), strict=True)
    expected = [distance_of_rows(repeated(ours, a), repeated(theirs, b)) for a, b in pairs]
    np.testing.assert_allclose(distance_replicates(ours, theirs, 5), expected, rtol=1e-8)


def test_the_size_of_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = (features([drawn(start + i, 4, 8) for i in range(15)]) for start in (0, 50))
    whole = distance_replicates(ours, theirs, 9)
    monkeypatch.setattr(_frechet_bootstrap, "BUDGET", 200)
    np.testing.assert_allclose(distance_replicates(ours, theirs, 9), whole, rtol=1e-12)


@pytest.mark.parametrize("rows", [1, 5])
def test_all_ones_as_weights_give_the_set_itself(rows: int) -> None:
    clips = [drawn(i, rows + i % 2, 5) for i in range(7)]
    whole, (found,) = gaussian(np.concatenate(clips)), reweighted(clips_of(clips), np.ones((1, 7)))
    np.testing.assert_allclose(found.mean, whole.mean, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(found.covariance, whole.covariance, rtol=1e-10, atol=1e-10)


@QUICK
@given(st.lists(st.integers(0, 4), min_size=2, max_size=8).filter(lambda weights: sum(weights) > 1), seeds)
def test_a_weight_is_a_repetition(weights: list[int], seed: int) -> None:
    clips = [drawn(seed + i, 1 + i % 3, 3) for i in range(len(weights))]
    expected = gaussian(repeated(features(clips), np.array(weights)))
    (found,) = reweighted(clips_of(clips), np.array([weights], np.float64))
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-9, atol=1e-9)


def test_a_thousand_replicates_take_seconds() -> None:
    generator = np.random.default_rng(0)
    ours, theirs = (features(list(generator.standard_normal((100, 10, 64)))) for _ in range(2))
    start = time.perf_counter()
    assert distance_replicates(ours, theirs).shape == (1000,)
    assert time.perf_counter() - start < 10.0  # half a second


@pytest.mark.parametrize(("dimension", "rows", "count"), [(128, 9640, 1000), (2048, 200, 1000), (512, 5000, 200)])
def test_fewer_replicates_are_taken_only_of_large_matrices(dimension: int, rows: int, count: int) -> None:
    assert replicates(dimension, rows) == count


def test_a_clip_without_rows_is_named() -> None:
    clips = [drawn(0, 3, 2), np.empty((0, 2)), drawn(1, 3, 2)]
    with pytest.raises(ValueError, match="clip 1 of the generated set has 0 feature rows"):
        distance_replicates(features(clips), features([drawn(i, 3, 2) for i in range(3)]))
