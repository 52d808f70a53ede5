"""FAD as a metric: its value, its interval against fresh draws, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from feature_rows import ROUNDING, drawn, features

from bench.metric import Features, Score
from bench.metrics._frechet import distance_of_rows
from bench.metrics._frechet_bootstrap import distance_interval
from bench.metrics.fad import METRICS
from bench.stats import Floats, Interval


def distance(generated: Floats, reference: Floats) -> float:
    value: float = distance_of_rows(generated, reference)
    return value


def interval(generated: Features, reference: Features) -> Interval:
    value = distance(generated.pooled(), reference.pooled())
    found: Interval | None = distance_interval(value, generated, reference)
    assert found is not None
    return found


def score(generated: Features, reference: Features) -> Score:
    found: Score = METRICS["fad-logmel"].score(generated, reference)
    return found


def test_the_order_of_clips_changes_no_value() -> None:
    ours, theirs = [drawn(i, 3, 4) for i in range(6)], [drawn(10 + i, 3, 4) for i in range(6)]
    turned = score(features(ours[::-1]), features(theirs))
    assert turned.value == pytest.approx(score(features(ours), features(theirs)).value, rel=1e-10)


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
    with pytest.raises(ValueError, match="2 feature rows or more are needed; the generated set has 1"):
        score(one, many)
    with pytest.raises(ValueError, match="2 feature rows or more are needed; the reference set has 1"):
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
