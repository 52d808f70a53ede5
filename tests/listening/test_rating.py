"""Rating: what is wrong with one is said in words; pseudonyms can't be turned back and are the same for a salt."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listening_files import rating

from bench.listening.rating import Rating, Session, Stimulus, flaw, pseudonym

COLUMNS = """test_id rater_id session_id trial_index item_id system_id sample_index stimulus_id dimension method role
score scale_min scale_max scale_step compared_system_id presented_order expected_score expected_tol audio_duration_s
listened_frac play_count response_time_s time_scope submitted_at revision comment excluded exclusion_reasons
source_format source_file source_row"""
SESSION = """test_id session_id rater_id platform status consent_version consent_at started_at finished_at work_time_s
page_hidden_s parallel_session device_type browser_family output_device_reported headphone_check headphone_correct
headphone_pass hearing_reported native_language age_band order_seed n_trials_assigned n_trials_done payment
currency"""
STIMULUS = """stimulus_id item_id system_id sample_index role prompt_text path sha256 duration_s sample_rate channels
lufs_original gain_db lufs_served true_peak_db expected_score"""


def test_the_columns_are_those_of_the_schema_in_its_order() -> None:
    assert [field.name for field in fields(Rating)] == COLUMNS.split()
    assert [field.name for field in fields(Session)][: len(SESSION.split())] == SESSION.split()
    assert [field.name for field in fields(Stimulus)] == STIMULUS.split()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"score": 6.0}, "score 6 is out of the scale 1 to 5 (--scale)"),
        ({"score": 0.0}, "score 0 is out of the scale 1 to 5"),
        ({"score": math.nan}, "score nan is no finite number"),
        ({"score": math.inf}, "score inf is no finite number"),
        ({"score": 3.5}, "score 3.5 is off the grid: steps of 1 from 1 (--step)"),
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


def test_what_was_heard_tells_samples_and_comparisons_apart() -> None:
    heard = {rating(**more).stimulus for more in ({}, {"sample_index": 1}, {"compared_system_id": "B"})}
    assert len(heard) == 3


def test_a_pseudonym_is_the_hmac_of_the_name() -> None:
    expected = hmac.new(b"pepper", "Änne@example.org".encode(), hashlib.sha256).hexdigest()
    assert pseudonym("pepper", "Änne@example.org") == f"r_{expected[:12]}"


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, TEXT)
def test_pseudonyms_hold_nothing_but_hex_and_differ_by_salt(salt: str, name: str) -> None:
    made = pseudonym(salt, name)
    assert re.fullmatch(r"r_[0-9a-f]{12}", made)
    assert made == pseudonym(salt, name) != pseudonym(salt + "x", name)
