"""Planning: known designs, closed forms, searches that stop at the first that will do, and simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from golden_ratings import Scenario, observed
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import BadInput
from bench.listening.intervals import estimate
from bench.listening.planning import Design, Deviations, fewest_clips, fewest_raters, plan


@pytest.mark.parametrize(
    ("design", "expected"),
    [
        (Design(30, 40), (0.108321, 0.314067, 0.134907, 0.275917)),
        (Design(60, 100, 5), (0.084222, 0.239927, 0.096506, 0.193107)),
    ],
)
def test_golden_designs(design: Design, expected: tuple[float, ...]) -> None:
    found = plan(design)
    given = (found.difference_error, found.detectable, found.mean_error, found.half_width)
    assert given == pytest.approx(expected, abs=5e-7)


def test_a_typical_test_resolves_four_tenths_of_a_point() -> None:
    assert plan(Design(60, 30, 10)).detectable == pytest.approx(0.369795, abs=5e-7)
    assert plan(Design(10, 30, 10)).detectable == pytest.approx(0.476356, abs=5e-7)


TABLE = [
    (10, 20, None, 200, 0.55, 0.50), (20, 20, None, 400, 0.45, 0.37), (30, 40, None, 1200, 0.31, 0.28),
    (60, 40, 5, 200, 0.36, 0.26), (60, 100, 5, 500, 0.24, 0.19), (60, 200, 5, 1000, 0.18, 0.17),
    (100, 40, None, 4000, 0.27, 0.21), (50, 200, None, 10000, 0.16, 0.17),
]  # fmt: skip


@pytest.mark.parametrize(("raters", "clips", "votes", "ratings", "detectable", "half_width"), TABLE)
def test_the_planning_table(
    raters: int, clips: int, votes: int | None, ratings: int, detectable: float, half_width: float
) -> None:
    found = plan(Design(raters, clips, votes))
    assert (found.ratings, found.ratings_per_rater) == (2 * ratings, 2 * ratings / raters)
    assert found.detectable == pytest.approx(detectable, abs=0.0051)
    assert found.half_width == pytest.approx(half_width, abs=0.0051)


def test_with_nothing_but_noise_the_error_is_that_of_two_plain_means() -> None:
    noise = Deviations(0, 0, 0, 0, residual=1.0)
    found = plan(Design(10, 20, deviations=noise))
    assert found.mean_error == pytest.approx((1 / 200) ** 0.5)
    assert found.difference_error == pytest.approx((2 / 200) ** 0.5)


def test_fixed_prompts_leave_out_what_other_prompts_would_do() -> None:
    fixed = plan(Design(30, 40, fixed_prompts=True))
    assert fixed.df == 29
    assert fixed.difference_error**2 == pytest.approx(2 * (0.04 / 30 + 0.64 / 1200))
    assert fixed.mean_error**2 == pytest.approx(0.29 / 30 + 0.64 / 1200)


def test_more_systems_are_planned_at_holms_strictest_level() -> None:
    two, five = plan(Design(30, 40)), plan(Design(30, 40, systems=5))
    assert (two.level, five.level) == pytest.approx((0.05, 0.005))
    assert five.difference_error == two.difference_error
    assert five.detectable == pytest.approx(plan(Design(30, 40, alpha=0.005)).detectable)


@settings(deadline=None)
@given(st.integers(5, 80), st.floats(0.15, 1.0), st.booleans())
def test_the_search_stops_at_the_first_design_that_will_do(raters: int, difference: float, fixed: bool) -> None:
    asked = Design(raters, 2, votes=5, fixed_prompts=fixed)
    found = fewest_clips(asked, difference)
    if found is None:
        assert plan(replace(asked, clips=100_000)).detectable > difference
        return
    assert found.detectable <= difference
    if found.design.clips > (1 if fixed else 2):
        assert plan(replace(asked, clips=found.design.clips - 1)).detectable > difference


def test_the_search_for_raters() -> None:
    found = fewest_raters(Design(2, 100), 0.3)
    assert found is not None
    assert plan(replace(found.design, raters=found.design.raters - 1)).detectable > 0.3 >= found.detectable
    assert fewest_raters(Design(5, 100, votes=5), 0.01) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"raters": 1}, "at least 2 raters, not 1"),
        ({"clips": 1}, "at least 2 clips, not 1"),
        ({"systems": 1}, "at least 2 systems, not 1"),
        ({"votes": 31}, "votes of a stimulus are 31; there are 30 raters"),
        ({"votes": 0}, "votes of a stimulus are 0"),
        ({"alpha": 0.0}, "alpha is 0, power 0.8"),
        ({"power": 1.0}, "alpha is 0.05, power 1"),
        ({"power": 0.01}, "0 < alpha < power < 1"),
    ],
)
def test_what_no_test_can_be_is_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        replace(Design(30, 40), **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_what_is_no_deviation_is_refused(value: float) -> None:
    with pytest.raises(BadInput, match="standard deviation clip is"):
        Deviations(clip=value)


@pytest.mark.parametrize("difference", [0.0, -0.2, float("nan")])
def test_a_difference_of_nothing_can_not_be_detected(difference: float) -> None:
    with pytest.raises(BadInput, match="must be above 0"):
        fewest_clips(Design(30, 2), difference)


def test_the_planned_power_is_found_in_simulated_tests() -> None:
    design = Design(30, 40)
    planned = plan(design)
    scenario, generator = Scenario(30, 40, 2, rater_system=0.2, clip_system=0.4), np.random.default_rng(7)
    means = np.array([3.0 + planned.detectable, 3.0])
    everyone, shown = np.ones((30, 40, 2), np.bool_), 0
    for _ in range(1000):
        found = estimate(observed(scenario.draw(generator, means), everyone).of("s000", "s001"))
        assert found.p is not None
        shown += found.p <= 0.05
    assert shown / 1000 == pytest.approx(0.8, abs=0.03)
