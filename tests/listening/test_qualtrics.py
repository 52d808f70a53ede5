"""Qualtrics: three header rows, previews, questions that only a key explains, and nothing personal kept."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from listening_files import put, scores, take

from bench.errors import BadInput
from bench.listening.intake import Imported
from bench.listening.long import ratings_csv, sessions_csv

NAMES = ["StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished", "ResponseId"]
NAMES += ["RecipientEmail", "PROLIFIC_PID", "1_Q2", "2_Q2", "Q9"]
TEXTS = ["Start Date", "End Date", "Response Type", "IP Address", "Progress", "Duration (in seconds)", "Finished"]
TEXTS += ["Response ID", "Recipient Email", "PROLIFIC_PID", "How natural\nis it?", "How natural, 🎧?", "Anything else?"]
KEY = "question,system,item,dimension\n1_Q2,A,rain,NAT\n2_Q2,B,rain,NAT\n"


def response(name: str, first: str, second: str, **more: str) -> list[str]:
    cells = {"StartDate": "2025-01-01 10:00:00", "EndDate": "2025-01-01 10:05:00", "Status": "IP Address"}
    cells |= {"IPAddress": "203.0.113.9", "Duration (in seconds)": "300", "Finished": "True", "ResponseId": name}
    cells |= {"RecipientEmail": "a@x.org", "PROLIFIC_PID": "p1", "1_Q2": first, "2_Q2": second, "Q9": "no"}
    return [{**cells, **more}.get(column, "") for column in NAMES]


def export(*rows: list[str], imports: bool = True, texts: bool = True) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(NAMES)
    writer.writerows([TEXTS] * texts)
    writer.writerows([[json.dumps({"ImportId": name}) for name in NAMES]] * imports)
    writer.writerows(rows)
    return buffer.getvalue()


def imported(text: str, **options: Any) -> Imported:
    return take(put("survey.csv", b"\xef\xbb\xbf" + text.encode()), **{"key": put("key.csv", KEY), **options})


def test_answers_are_votes_below_three_header_rows() -> None:
    found = imported(export(response("R_1", "4", "2"), response("R_2", "5", "")))
    assert found.format == "qualtrics"
    assert scores(found) == [("rain", "A", "NAT", 4.0), ("rain", "B", "NAT", 2.0), ("rain", "A", "NAT", 5.0)]
    assert found.refused == ()
    assert "survey.csv: 1 questions were not shown or not answered" in found.notes
    assert "survey.csv: columns not used: PROLIFIC_PID, Q9" in found.notes
    assert [(one.platform, one.status, one.work_time_s) for one in found.sessions] == [
        ("qualtrics", "complete", 300.0)
    ] * 2


@pytest.mark.parametrize(("imports", "texts"), [(False, True), (False, False), (True, False)])
def test_header_rows_that_somebody_removed_are_not_missed(imports: bool, texts: bool) -> None:
    found = imported(export(response("R_1", "4", "2"), imports=imports, texts=texts))
    assert len(found.ratings) == 2
    assert found.refused == ()


def test_previews_are_left_out_and_counted() -> None:
    found = imported(export(response("R_1", "4", "2"), response("R_2", "1", "1", Status="Survey Preview")))
    assert len(found.ratings) == 2
    assert any("1 responses; 1 previews left out" in note for note in found.notes)


def test_nothing_personal_is_kept() -> None:
    found = imported(export(response("R_1", "4", "2")))
    kept = ratings_csv(found.ratings) + sessions_csv(found.sessions)
    assert not any(private in kept for private in ("203.0.113.9", "a@x.org", "R_1", "p1,"))


def test_choices_in_words_need_numbers() -> None:
    text = export(response("R_1", "5 - Excellent", "5 - Excellent"))
    with pytest.raises(BadInput, match=r"scores in words: '5 - Excellent'"):
        imported(text)
    assert [one.score for one in imported(text, labels={"5 - Excellent": 5}).ratings] == [5.0, 5.0]


def test_a_person_is_told_by_a_column_if_one_is_named() -> None:
    text = export(response("R_1", "4", "2"), response("R_2", "4", "2"))
    assert len({one.rater_id for one in imported(text).ratings}) == 2
    assert any("counts as two" in note for note in imported(text).notes)
    found = imported(text, rater_from="PROLIFIC_PID")
    assert len({one.rater_id for one in found.ratings}) == 1
    assert len({one.session_id for one in found.ratings}) == 2
    with pytest.raises(BadInput, match=r"--rater-from: survey\.csv: no column is called 'PID'"):
        imported(text, rater_from="PID")


def test_without_a_key_the_questions_are_not_guessed() -> None:
    text = export(response("R_1", "4", "2"))
    with pytest.raises(BadInput, match=r"--key FILE\.csv"):
        imported(text, key=None)
    with pytest.raises(BadInput, match="--key names none of its questions: PROLIFIC_PID, 1_Q2, 2_Q2, Q9"):
        imported(text, key=put("other.csv", "question,system,item\nQ77,A,rain\n"))
    with pytest.raises(BadInput, match=r"lacks the column 'system'"):
        imported(text, key=put("other.csv", "question,item\n1_Q2,rain\n"))
    with pytest.raises(BadInput, match="give it as --question"):
        imported(text, key=put("other.csv", "question,system,item\n1_Q2,A,rain\n"))


def test_questions_of_the_key_that_are_not_asked_are_said() -> None:
    found = imported(export(response("R_1", "4", "2")), key=put("more.csv", KEY + "3_Q2,C,rain,NAT\n"))
    assert "survey.csv lacks questions of --key: 3_Q2" in found.notes


def test_a_response_without_a_date_is_no_row_of_question_texts() -> None:
    undated = [response("R_1", "4", "2", StartDate=date) for date in ("", "withheld")]
    for first in undated:
        found = imported(export(first, response("R_2", "5", "1"), imports=False, texts=False))
        assert [one.score for one in found.ratings] == [4.0, 2.0, 5.0, 1.0]
        assert any("Qualtrics, 1 header rows, 2 responses" in note for note in found.notes)
