"""Rating: its columns are those of the schema; pseudonyms can't be turned back and are the same for a salt."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st
from listening_files import rating

from bench.listening.rating import Rating, Session, Stimulus, is_pseudonym, pseudonym

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
    assert is_pseudonym(made)
    assert not is_pseudonym(name)
    assert not is_pseudonym(made, "s")
    assert made == pseudonym(salt, name) != pseudonym(salt + "x", name)
