"""Rank correlations: closed forms, scipy's, and what can't be told."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bench.paper.correlation import Correlation, Level, correlated, of_clips, of_systems


def level(metric: list[float], opinion: list[float], group: tuple[str, ...] | None = None) -> Level:
    return Level(np.array(metric, float), np.array(opinion, float), group or tuple(map(str, range(len(metric)))))


def found(made: Level) -> Correlation:
    got = correlated(made)
    assert isinstance(got, Correlation)
    return got


def test_the_same_order_is_one_and_the_reverse_is_minus_one() -> None:
    up, down = found(level([1, 2, 3, 9], [10, 20, 21, 22])), found(level([1, 2, 3, 9], [4, 3, 2, 1]))
    assert (up.spearman, up.kendall) == pytest.approx((1.0, 1.0))
    assert (down.spearman, down.kendall) == pytest.approx((-1.0, -1.0))


def test_a_closed_form() -> None:
    # ranks 1 2 3 4 5 against 2 1 4 3 5: 1 - 6·4/(5·24) = 0.8; two of ten pairs are discordant: 0.6
    got = found(level([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]))
    assert (got.spearman, got.kendall) == pytest.approx((0.8, 0.6))


def test_both_are_scipys_with_ties() -> None:
    generator = np.random.default_rng(0)
    metric, opinion = generator.integers(0, 5, 40).astype(float), generator.integers(1, 6, 40).astype(float)
    got = found(Level(metric, opinion, tuple(map(str, range(40)))))
    assert got.spearman == pytest.approx(stats.spearmanr(metric, opinion).statistic)
    assert got.kendall == pytest.approx(stats.kendalltau(metric, opinion).statistic)


def test_the_interval_holds_the_value_and_is_the_same_each_time() -> None:
    generator = np.random.default_rng(1)
    metric = generator.normal(size=30)
    made = Level(metric, metric + generator.normal(size=30), tuple(map(str, range(30))))
    got = found(made)
    assert got.spearman_interval is not None
    assert got.spearman_interval.low < got.spearman < got.spearman_interval.high
    assert got == found(made)


def test_clips_of_one_prompt_are_drawn_together() -> None:
    generator = np.random.default_rng(2)
    metric = np.repeat(generator.normal(size=12), 8)
    opinion = np.repeat(generator.normal(size=12), 8)  # all that varies is the prompt
    alone = found(Level(metric, opinion, tuple(map(str, range(96))))).spearman_interval
    together = found(Level(metric, opinion, tuple(str(place // 8) for place in range(96)))).spearman_interval
    assert alone is not None
    assert together is not None
    assert together.high - together.low > 2 * (alone.high - alone.low)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (level([], []), "too few: 0"),
        (level([1, 2], [1, 2]), "too few: 2, and a rank correlation needs 3"),
        (level([1, 1, 1], [1, 2, 3]), "the metric is the same for all 3"),
        (level([1, 2, 3], [4, 4, 4]), "the opinion is the same for all 3"),
    ],
)
def test_what_cannot_be_told_says_why(made: Level, reason: str) -> None:
    got = correlated(made)
    assert isinstance(got, str)
    assert got.startswith(reason)


def test_few_systems_have_no_interval() -> None:
    assert found(level([1, 2, 3, 4], [1, 3, 2, 4])).spearman_interval is None
    assert found(level([1, 2, 3, 4, 5], [1, 3, 2, 4, 5])).spearman_interval is not None


def test_only_what_has_both_is_paired() -> None:
    systems = of_systems({"a": 1.0, "b": 2.0}, {"b": 4.0, "c": 5.0})
    assert (systems.metric.tolist(), systems.opinion.tolist(), systems.group) == ([2.0], [4.0], ("b",))
    clips = of_clips({("a", "x"): 1.0, ("a", "y"): 2.0}, {("a", "y"): 3.0, ("b", "x"): 4.0})
    assert (clips.metric.tolist(), clips.opinion.tolist(), clips.group) == ([2.0], [3.0], ("y",))
