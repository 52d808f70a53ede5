"""Prolific: submissions joined to ratings by participant, whatever the columns are called this year."""

from __future__ import annotations

import pytest
from listening_files import put, take, why

from bench.errors import BadInput
from bench.listening.rating import pseudonym

RATINGS = "rater,system,item,dimension,score\np1,A,c1,OVL,4\np2,A,c1,OVL,3\n"
NOW = "Submission id,Participant id,Status,Started at,Completed at,Time taken,Completion code,Age,First language\n"
THEN = "participant_id,status,time_taken,entered_code,age\n"


def test_what_prolific_knows_is_joined_by_participant() -> None:
    rows = "x1,p1,APPROVED,2025-01-01T10:00:00Z,2025-01-01T10:09:00Z,540,ABC,34,German\n"
    rows += "x2,p2,RETURNED,2025-01-01T11:00:00Z,,12,NOCODE,CONSENT_REVOKED,DATA_EXPIRED\n"
    rows += "x3,p9,TIMED-OUT,,,,,,\n"
    found = take(put("ratings.csv", RATINGS), put("prolific.csv", NOW + rows), salt="mine")
    assert found.format == "long + prolific"
    assert [
        (one.rater_id, one.status, one.work_time_s, one.age_band, one.native_language) for one in found.sessions
    ] == [
        (pseudonym("mine", "p1"), "complete", 540.0, "30-39", "German"),
        (pseudonym("mine", "p2"), "returned", 12.0, None, None),
    ]
    assert {one.rater_id for one in found.ratings} == {pseudonym("mine", name) for name in ("p1", "p2")}
    assert "1 of 3 people in the service's export rated nothing here" in found.notes


def test_older_names_of_columns_are_understood_and_sittings_get_what_is_known_of_the_person() -> None:
    text = "rater,session,system,item,dimension,score\np1,first,A,c1,OVL,4\np1,second,A,c2,OVL,3\n"
    found = take(put("prolific.csv", THEN + "p1,AWAITING REVIEW,300,ABC,19\n"), put("ratings.csv", text))
    assert [(one.status, one.work_time_s, one.age_band) for one in found.sessions] == [("complete", 300.0, "10-19")] * 2
    assert {one.session_id for one in found.sessions} == {one.session_id for one in found.ratings}


def test_a_submission_that_was_returned_before_does_not_hide_the_whole_one() -> None:
    rows = "p1,RETURNED,5,,30\np1,APPROVED,500,ABC,30\n"
    found = take(put("prolific.csv", THEN + rows), put("ratings.csv", RATINGS))
    assert [(one.status, one.work_time_s) for one in found.sessions] == [("complete", 500.0)]


def test_rows_that_are_no_submissions_are_refused() -> None:
    found = take(put("prolific.csv", THEN + "p1,DONE,5,,30\n,APPROVED,5,,30\n"), put("ratings.csv", RATINGS))
    assert why(found) == {2: "status 'DONE' is none that Prolific has", 3: "no participant"}


def test_submissions_alone_are_no_ratings() -> None:
    with pytest.raises(BadInput, match=r"prolific\.csv holds no ratings: name their files as well"):
        take(put("prolific.csv", THEN + "p1,APPROVED,5,,30\n"))


def test_submissions_go_with_a_named_format() -> None:
    files = put("ratings.csv", RATINGS), put("prolific.csv", THEN + "p1,APPROVED,500,ABC,30\n")
    assert len(take(*files, form="long").sessions) == 1
