"""MTurk batches: three shapes of answers, recordings paired by number, rejected work kept unless asked."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from listening_files import put, scores, take, why

from bench.errors import BadInput
from bench.listening.intake import Imported

META = {"HITId": "h1", "Reward": "$0.50", "AssignmentStatus": "Approved", "WorkTimeInSeconds": "61"}
PATTERN = r"/(?P<system>\w+)/(?P<item>\w+)\.wav"


def batch(*rows: dict[str, str]) -> str:
    """Assignments as MTurk exports them: every cell quoted, absent answers empty."""
    rows = tuple(
        {**META, "AssignmentId": f"a{place}", "WorkerId": f"w{place}", **row} for place, row in enumerate(rows, 1)
    )
    names = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, quoting=csv.QUOTE_ALL, lineterminator="\r\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


INPUT = {"Input.audio_url_0": "https://x.org/A/c1.wav", "Input.audio_url_1": "https://x.org/B/c1.wav?v=2"}
EXPECTED = [("c1", "A", "OVL", 4.0), ("c1", "B", "OVL", 2.0)]


def imported(*rows: dict[str, str], **options: Any) -> Imported:
    return take(put("batch.csv", batch(*rows)), **{"question": "OVL", "condition_pattern": PATTERN, **options})


def one_hot(place: int, score: int | None) -> dict[str, str]:
    return {f"Answer.{place}-mos-rating.{value}": str(value == score).lower() for value in range(1, 6)}


@pytest.mark.parametrize(
    "answers",
    [
        {"Answer.0-mos-rating": "4", "Answer.1-mos-rating": "2"},
        {"Answer.q0": "4", "Answer.q1": "2"},
        {**one_hot(0, 4), **one_hot(1, 2)},
        {"Answer.taskAnswers": json.dumps([{"0-mos-rating": "4", "1-mos-rating": 2}])},
        {"Answer.taskAnswers": json.dumps([{"q0": {"4": True, "5": False}, "q1": {"2": True, "4": False}}])},
    ],
    ids=["plain", "plain q", "one-hot", "JSON", "nested JSON"],
)
def test_the_same_votes_in_every_shape(answers: dict[str, str]) -> None:
    found = imported({**INPUT, **answers})
    assert found.format == "mturk"
    assert scores(found) == EXPECTED
    assert found.refused == ()
    assert any("of number 0 goes with Input.audio_url_0" in note for note in found.notes)


def test_an_assignment_is_a_session_and_its_names_are_pseudonyms() -> None:
    found = imported({**INPUT, "Answer.q0": "4", "Answer.q1": "2"})
    [session] = found.sessions
    assert {one.session_id for one in found.ratings} == {session.session_id}
    assert {one.rater_id for one in found.ratings} == {session.rater_id}
    assert session.rater_id != "w1"
    assert session.session_id != "a1"
    assert (session.platform, session.status, session.work_time_s) == ("mturk", "complete", 61.0)
    assert (session.payment, session.currency) == (0.5, "USD")


def test_no_choice_is_missing_and_two_are_an_error() -> None:
    both = {**one_hot(1, 2), "Answer.1-mos-rating.5": "true"}
    found = imported({**INPUT, **one_hot(0, None), **both})
    assert found.ratings == ()
    assert {row.why for row in found.refused} == {"no score", "Answer.1-mos-rating has 2 choices: 2, 5"}


def test_rejected_work_is_kept_and_dropped_only_on_request() -> None:
    rows = [{**INPUT, "Answer.q0": "4", "Answer.q1": "2"}, {**INPUT, "Answer.q0": "1", "AssignmentStatus": "Rejected"}]
    found = imported(*rows)
    assert len([one for one in found.ratings if one.source_row == 3]) == 1
    assert "batch.csv: 1 rejected assignments are kept (--drop-rejected leaves them out)" in found.notes
    assert [one.status for one in found.sessions] == ["complete", "rejected"]
    found = imported(*rows, drop_rejected=True)
    assert why(found)[3] == "the assignment was rejected (--drop-rejected)"
    assert {one.source_row for one in found.ratings} == {2}


def test_recordings_may_be_told_by_a_table() -> None:
    key = put("key.csv", "audio_url,algorithm,file\nhttps://x.org/A/c1.wav,first,clip\n")
    found = imported({**INPUT, "Answer.q0": "4", "Answer.q1": "2"}, condition_pattern=None, key=key)
    assert scores(found) == [("clip", "first", "OVL", 4.0)]
    assert why(found) == {2: "'https://x.org/B/c1.wav?v=2' is not in --key"}


@pytest.mark.parametrize(
    ("row", "options", "said"),
    [
        ({**INPUT, "Answer.q0": "4"}, {"condition_pattern": None}, "but not their systems: give --condition-pattern"),
        ({**INPUT, "Answer.q0": "4"}, {"question": None}, "give it as --question OVL"),
        (
            {**INPUT, "Answer.q7": "4"},
            {},
            "no answer has the number of a recording (Input.audio_url_0, Input.audio_url_1)",
        ),
        ({"Input.text_0": "rain", "Answer.q0": "4"}, {}, "no column Input.… with names of recordings"),
        ({**INPUT, "Input.other_1": "b.mp3", "Answer.q0": "4"}, {}, "Input.audio_url_1 and Input.other_1 both"),
        (
            {**INPUT, "Answer.ovl_0": "4", "Answer.rel_0": "4"},
            {},
            "several answers a recording: ovl (as Answer.ovl_0), rel",
        ),
    ],
)
def test_what_can_t_be_told_is_asked_for(row: dict[str, str], options: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=r"^[^\n]+$") as caught:
        imported(row, **options)
    assert said in str(caught.value)


def test_several_scales_a_recording_are_named_by_their_answers() -> None:
    answers = {
        "Answer.ovl_0": "4",
        "Answer.rel_0": "5",
        "Answer.ovl_1": "2",
        "Answer.comment_1": "a, b",
        "Answer.age": "30",
    }
    found = imported({**INPUT, **answers}, question=None, score_columns={"OVL": "ovl", "REL": "rel"})
    assert scores(found) == [("c1", "A", "OVL", 4.0), ("c1", "A", "REL", 5.0), ("c1", "B", "OVL", 2.0)]


def test_work_of_nobody_is_refused() -> None:
    found = imported({**INPUT, "Answer.q0": "4", "WorkerId": ""})
    assert why(found) == {2: "no WorkerId"}


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("", ["no score", "no score"]),
        ("{}", ["no score", "no score"]),
        ("[{}]", ["no score", "no score"]),
        ('[{"q0": {"4": true}}]', ["no score"]),
        ('{"q0": {"4": false}, "q1": {}}', ["no score", "no score"]),
        (
            '{"q0": {"4": true}',
            ["Answer.taskAnswers begins as JSON does, but is none: line 1: Expecting ',' delimiter"],
        ),
        ("[]", ["Answer.taskAnswers is '[]', but must be a JSON object, or a list of one"]),
        ("[1]", ["Answer.taskAnswers is '[1]', but must be a JSON object, or a list of one"]),
        ("no JSON", ["Answer.taskAnswers is 'no JSON', but must be a JSON object, or a list of one"]),
        (
            '[{"q0": 4}, {"q1": 4}]',
            ['Answer.taskAnswers is \'[{"q0": 4}, {"q1": 4}]\', but must be a JSON object, or a list'],
        ),
        ('{"q0": 4, "q0": 5, "q1": 2}', ["the key 'q0' stands twice in one object"]),
        ("[" * 5000, ["lists or objects stand too deep within each other"]),
    ],
)
def test_a_page_that_lacks_answers_is_refused_answer_by_answer(page: str, said: list[str]) -> None:
    sound = {**INPUT, "Answer.taskAnswers": json.dumps({"q0": 4, "q1": {"2": True}})}
    found = imported(sound, {**INPUT, "Answer.taskAnswers": page})
    assert scores(found)[:2] == EXPECTED
    assert [row.row for row in found.refused] == [3] * len(said)
    assert all(part in row.why for part, row in zip(said, found.refused, strict=True))
    assert len(found.ratings) == 2 + ('"4": true}}' in page)


def test_buttons_of_a_page_may_stand_side_by_side() -> None:
    page = {"0-mos-rating.4": True, "0-mos-rating.5": False, "1-mos-rating.2": True}
    assert scores(imported({**INPUT, "Answer.taskAnswers": json.dumps(page)})) == EXPECTED


def test_recordings_and_answers_without_each_other_are_named() -> None:
    sounds = {**INPUT, "Input.audio_url_7": "https://x.org/C/c1.wav"}
    found = imported({**sounds, "Answer.q0": "4", "Answer.q1": "2", "Answer.q5": "3", "Answer.comment": "fine"})
    assert scores(found) == EXPECTED
    assert found.refused == ()
    assert "batch.csv: recordings that no row has an answer to: Input.audio_url_7 (q)" in found.notes
    assert "batch.csv: answers not used: q5, comment" in found.notes


PASSED = "answers have neither score nor recording, as where an assignment has fewer clips, and are passed over"
SHORTER = {"Input.audio_url_0": "https://x.org/B/c2.wav", "Input.audio_url_1": ""}
SHAPES = [
    ({"Answer.q0": "4", "Answer.q1": "2"}, {"Answer.q0": "3", "Answer.q1": ""}),
    ({**one_hot(0, 4), **one_hot(1, 2)}, one_hot(0, 3)),
    ({**one_hot(0, 4), **one_hot(1, 2)}, {**one_hot(0, 3), **one_hot(1, None)}),
    ({"Answer.taskAnswers": '[{"q0": 4, "q1": "2"}]'}, {"Answer.taskAnswers": '[{"q0": 3}]'}),
]


@pytest.mark.parametrize(("whole", "shorter"), SHAPES, ids=["plain", "empty buttons", "buttons", "JSON"])
def test_an_assignment_of_fewer_clips_lacks_no_answer(whole: dict[str, str], shorter: dict[str, str]) -> None:
    found = imported({**INPUT, **whole}, {**SHORTER, **shorter}, {**SHORTER, **shorter})
    assert scores(found) == [*EXPECTED, *[("c2", "B", "OVL", 3.0)] * 2]
    assert found.refused == ()
    assert f"batch.csv: 2 {PASSED}" in found.notes
    assert not any(PASSED in note for note in imported({**INPUT, **whole}).notes)


def test_a_recording_without_an_answer_and_an_answer_without_a_recording_are_refused() -> None:
    whole = {"Answer.q0": "4", "Answer.q1": "2"}
    found = imported({**INPUT, **whole}, {**INPUT, **whole, "Answer.q1": ""}, {**INPUT, **whole, **SHORTER})
    assert why(found) == {3: "no score", 4: "Input.audio_url_1 is empty, so nothing says what Answer.q1 is of"}
    nothing = {**dict.fromkeys(INPUT, ""), **dict.fromkeys(whole, "")}
    found = imported({**INPUT, **whole}, nothing)
    assert [row.row for row in found.refused] == [3, 3]
    assert not any(PASSED in note for note in found.notes)
