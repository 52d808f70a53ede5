"""Flaws: what is wrong with a rating is said in words that name the bad value and the good ones."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listening_files import rating

from bench.listening.flaws import flaw


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"score": 6.0}, "score 6 is out of the scale 1 to 5"),
        ({"score": 0.0}, "score 0 is out of the scale 1 to 5"),
        ({"score": math.nan}, "score nan is no finite number"),
        ({"score": math.inf}, "score inf is no finite number"),
        ({"score": 3.5}, "score 3.5 is off the grid: steps of 1 from 1"),
        ({"method": "mos"}, "method is 'mos', but must be one of acr, dcr"),
        ({"role": "probe"}, "role is 'probe'"),
        ({"time_scope": "week"}, "time_scope is 'week'"),
        ({"presented_order": "ab"}, "presented_order is 'ab', but must be one of AB, BA"),
        ({"trial_index": 0}, "trial_index is 0, but must be at least 1"),
        ({"response_time_s": -0.5}, "response_time_s is -0.5"),
        ({"response_time_s": math.nan}, "response_time_s is nan"),
        ({"revision": 0}, "revision is 0"),
        ({"listened_frac": 1.2}, "listened_frac is 1.2, but must be from 0 to 1"),
        ({"audio_duration_s": 0.0}, "audio_duration_s is 0, but must be above 0"),
    ],
)
def test_a_flaw_is_named_with_the_bad_value(more: dict[str, Any], said: str) -> None:
    assert said in (flaw(rating(**more)) or "")


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"score": 3.5, "scale_step": 0.5},
        {"score": 3.1415, "scale_step": 0.0},
        {"score": 4.3, "scale_step": 0.1},
        {"score": -3.0, "scale_min": -3.0, "scale_max": 3.0, "method": "ccr", "compared_system_id": "B"},
        {"score": 100.0, "scale_min": 0.0, "scale_max": 100.0, "method": "mushra"},
    ],
)
def test_a_sound_rating_has_no_flaw(more: dict[str, Any]) -> None:
    assert flaw(rating(**more)) is None


@given(st.integers(0, 40))
def test_every_point_of_a_grid_of_tenths_is_on_it(place: int) -> None:
    assert flaw(rating(score=1 + place / 10, scale_step=0.1)) is None
