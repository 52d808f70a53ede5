"""webMUSHRA: people told apart or not, columns that move, blanks, NA, several scales a row, the reference's roles."""

from __future__ import annotations

import pytest
from conftest import Bench
from listening_files import put, scores, table, take, why

from bench.errors import BadInput

MUSHRA = ["session_test_id", "email", "age", "session_uuid", "trial_id", "rating_stimulus"]
MUSHRA += ["rating_score", "rating_time", "rating_comment"]
LIKERT = ["session_test_id", "email", "trial_id", "stimuli_rating", "stimuli", "rating_time"]


def mushra(*rows: tuple[object, ...]) -> str:
    return table(MUSHRA, *rows)


PAGE = [
    ("study", "a@x.org", 30, "u1", "rain", "reference", 100, 30500, ""),
    ("study", "a@x.org", 30, "u1", "rain", "anchor35", 10, 30500, ""),
    ("study", "a@x.org", 30, "u1", "rain", "anchor70", 40, 30500, ""),
    ("study", "a@x.org", 30, "u1", "rain", "sysA", 71, 30500, "fine"),
]


def test_a_page_of_mushra_is_its_stimuli_with_the_page_time_and_roles() -> None:
    found = take(put("mushra.csv", mushra(*PAGE)))
    assert found.format == "webmushra"
    assert scores(found) == [
        ("rain", "reference", "MUSHRA", 100.0),
        ("rain", "anchor35", "MUSHRA", 10.0),
        ("rain", "anchor70", "MUSHRA", 40.0),
        ("rain", "sysA", "MUSHRA", 71.0),
    ]
    assert [one.role for one in found.ratings] == ["reference", "anchor", "anchor", "test"]
    last = found.ratings[-1]
    assert (last.response_time_s, last.time_scope, last.comment, last.method) == (30.5, "page", "fine", "mushra")
    assert (last.scale_min, last.scale_max, last.test_id) == (0.0, 100.0, "study")
    assert any("loses what follows a &" in note for note in found.notes)


def test_people_are_told_by_uuid_where_there_is_one() -> None:
    rows = [("study", "same", 30, uuid, "rain", "sysA", 50, 1, "") for uuid in ("u1", "u2")]
    found = take(put("mushra.csv", mushra(*rows)))
    assert len({one.rater_id for one in found.ratings}) == 2
    assert any("told by session_uuid" in note for note in found.notes)


def test_people_are_told_by_the_questionnaire_where_there_is_no_uuid() -> None:
    rows = [("study", "a@x", "rain", 4, "sysA", 900), ("study", "b@x", "rain", 5, "sysA", 900)]
    found = take(put("lms.csv", table(LIKERT, *rows)), question="OVL")
    assert len({one.rater_id for one in found.ratings}) == 2
    assert any("told by email" in note for note in found.notes)


def test_without_either_the_rows_must_be_counted() -> None:
    header = [name for name in LIKERT if name != "email"]
    path = put("lms.csv", table(header, *[("study", item, 4, "sysA", 900) for item in "abab"]))
    with pytest.raises(BadInput, match=r"does not say who rated: .* give --rater-from rows:N"):
        take(path, question="OVL")
    found = take(path, question="OVL", rater_from="rows:2")
    assert len({one.rater_id for one in found.ratings}) == 2
    assert found.ratings[0].rater_id == found.ratings[1].rater_id


def test_rows_with_an_empty_questionnaire_are_of_nobody() -> None:
    found = take(put("lms.csv", table(LIKERT, ("study", "", "rain", 4, "sysA", 900))), question="OVL")
    assert why(found) == {2: "no rater: the columns that tell people apart are empty"}


def test_a_column_for_people_that_is_not_there_is_named() -> None:
    with pytest.raises(BadInput, match=r"--rater-from: mushra\.csv: no column is called 'mail'"):
        take(put("mushra.csv", mushra(*PAGE)), rater_from="mail")


def test_rows_after_a_changed_questionnaire_are_refused_and_not_shifted() -> None:
    moved = ("study", "a@x.org", 30, "female", "u1", "rain", "sysB", 90, 30500, "")
    found = take(put("mushra.csv", mushra(*PAGE, moved)))
    assert len(found.ratings) == 4
    assert why(found) == {6: "has 10 cells, but the header has 9: was the questionnaire or a scale changed?"}


def test_likert_scores_lose_their_blanks_and_unanswered_ones_are_missing() -> None:
    rows = [("study", "a", "rain", " 3 ", "sysA", 900), ("study", "a", "rain", "NA", "sysB", 900)]
    found = take(put("lms.csv", table(LIKERT, *rows)), question="ovl")
    assert scores(found) == [("rain", "sysA", "OVL", 3.0)]
    assert why(found) == {3: "no score"}


def test_likert_needs_a_question_and_words_a_map() -> None:
    rows = [("study", who, "rain", "Good", "sysA", 900) for who in "ab"]
    path = put("lms.csv", table(LIKERT, *rows))
    with pytest.raises(BadInput, match="does not say what was asked: give it as --question"):
        take(path)
    with pytest.raises(BadInput, match=r"scores in words: 'Good'.*--labels"):
        take(path, question="OVL")
    assert [one.score for one in take(path, question="OVL", labels={"Good": 4}).ratings] == [4.0, 4.0]


def test_a_single_stimulus_row_may_have_more_scores_than_the_header_says() -> None:
    rows = [("study", "a", "rain", 4, 3, "sysA", 900), ("study", "a", "wind", 5, 2, "sysB", 800)]
    path = put("lss.csv", table(LIKERT, *rows))
    assert scores(take(path, question="OVL,REL")) == [
        ("rain", "sysA", "OVL", 4.0),
        ("rain", "sysA", "REL", 3.0),
        ("wind", "sysB", "OVL", 5.0),
        ("wind", "sysB", "REL", 2.0),
    ]


def test_a_row_with_more_or_fewer_scores_than_questions_is_refused_since_it_can_not_be_told_which() -> None:
    rows = [("study", "a", "rain", 4, "sysA", 900), ("study", "a", "wind", 5, 2, "sysB", 800)]
    path = put("lss.csv", table(LIKERT, *rows, ("study", "a", "wind", 900)))
    found = take(path, question="OVL,REL")
    assert [one.item_id for one in found.ratings] == ["wind", "wind"]
    assert why(found) == {
        2: "has 1 rating, but --question names 2 (OVL,REL): it can't be told which is which; "
        "was the questionnaire changed?",
        4: "has 4 cells, but the header has 6: was the questionnaire or a scale changed?",
    }
    assert why(take(path, question="OVL"))[3].startswith("has 2 ratings, but --question names 1 (OVL)")


def test_a_kind_with_one_score_a_row_answers_one_question() -> None:
    with pytest.raises(BadInput, match=r"mushra\.csv has one rating a row, but --question names 2: OVL,REL"):
        take(put("mushra.csv", mushra(*PAGE)), question="OVL,REL")


def test_several_scales_in_the_header_need_as_many_questions() -> None:
    header = ["session_test_id", "email", "trial_id", "stimuli_rating1", "stimuli_rating2", "stimuli", "rating_time"]
    path = put("lss.csv", table(header, ("study", "a", "rain", 4, 2, "sysA", 900)))
    with pytest.raises(BadInput, match="has 2 ratings a row, but --question names 1: OVL"):
        take(path, question="OVL")
    assert scores(take(path, question="OVL,REL")) == [("rain", "sysA", "OVL", 4.0), ("rain", "sysA", "REL", 2.0)]


def test_a_paired_comparison_is_a_score_against_the_reference() -> None:
    header = ["session_test_id", "email", "trial_id", "choice_reference", "choice_non_reference", "choice_answer"]
    header += ["choice_time", "choice_comment"]
    answers = ["correct", "incorrect", "undecided", "unknown", "perhaps"]
    rows = [("study", "a", f"c{place}", "ref", "sysA", answer, 900, "") for place, answer in enumerate(answers)]
    found = take(put("paired_comparison.csv", table(header, *rows)))
    assert [(one.score, one.system_id, one.compared_system_id, one.method) for one in found.ratings] == [
        (-1.0, "sysA", "ref", "ab"),
        (1.0, "sysA", "ref", "ab"),
        (0.0, "sysA", "ref", "ab"),
    ]
    assert why(found) == {5: "no score", 6: "score 'perhaps' is no number"}


def test_bs1116_has_a_rating_of_the_system_and_one_of_the_hidden_reference() -> None:
    header = ["session_test_id", "email", "trial_id", "rating_reference", "rating_non_reference"]
    header += ["rating_reference_score", "rating_non_reference_score", "rating_time", "choice_comment"]
    found = take(put("bs1116.csv", table(header, ("study", "a", "rain", "reference", "sysA", "5.0", "3.7", 900, ""))))
    assert scores(found) == [("rain", "sysA", "BS1116", 3.7), ("rain", "reference", "BS1116", 5.0)]
    assert [one.role for one in found.ratings] == ["test", "reference"]


def test_conditions_may_be_told_by_an_expression() -> None:
    rows = [
        ("study", "a", 30, "u1", "page1", "C_sysA_rain", 50, 1, ""),
        ("study", "a", 30, "u1", "page1", "odd", 50, 1, ""),
    ]
    found = take(put("mushra.csv", mushra(*rows)), condition_pattern=r"C_(?P<system>\w+)_(?P<item>\w+)")
    assert scores(found) == [("rain", "sysA", "MUSHRA", 50.0)]
    assert why(found) == {3: "no system: 'page1/odd' does not match --condition-pattern"}


def test_a_kind_that_is_not_read_is_named() -> None:
    path = put("spatial.csv", table(["session_test_id", "email", "trial_id", "name", "stimulus", "position_x"]))
    with pytest.raises(BadInput, match="of no kind that is read here: mushra, paired_comparison, bs1116, likert"):
        take(path)


PY = ["responses_time", "wm_id", "responses_score", "wm_type", "questionaire_uuid", "responses_stimulus", "wm_testId"]
PY += ["responses_stimulusRating", "questionaire_name", "responses_comment"]


def test_pymushra_exports_may_have_their_columns_in_any_order_and_kinds_together() -> None:
    rows = [
        (31000, "rain", 80, "mushra", "u1", "sysA", "study", "", "ann", "ok"),
        (31000, "wind", "", "likert_multi_stimulus", "u1", "sysA", "study", 4, "ann", ""),
        (31000, "wind", "", "likert_single_stimulus", "u1", "sysB", "study", "['3']", "ann", ""),
        (1, "wind", "", "volume", "u1", "", "study", "", "ann", ""),
    ]
    found = take(
        put("py.csv", b"\xef\xbb\xbf" + table(PY, *rows, separator=";").replace("\n", "\r\n").encode()), question="OVL"
    )
    assert scores(found) == [("rain", "sysA", "OVL", 80.0), ("wind", "sysA", "OVL", 4.0), ("wind", "sysB", "OVL", 3.0)]
    assert [one.method for one in found.ratings] == ["mushra", "acr", "acr"]
    assert "wm_type is 'volume'" in why(found)[5]
    assert any("counts as two" in note for note in found.notes)


def test_rows_of_pymushra_with_fewer_scores_than_questions_are_refused() -> None:
    rows = [
        (31000, "wind", "", "likert_single_stimulus", "u1", "sysB", "study", "['3', '4']", "ann", ""),
        (31000, "rain", 80, "mushra", "u1", "sysA", "study", "", "ann", ""),
        (31000, "wind", "", "likert_multi_stimulus", "u1", "sysA", "study", 4, "ann", ""),
    ]
    found = take(put("py.csv", table(PY, *rows, separator=";")), question="OVL,REL")
    assert scores(found) == [("wind", "sysB", "OVL", 3.0), ("wind", "sysB", "REL", 4.0)]
    assert {row: said.split(":")[0] for row, said in why(found).items()} == {
        3: "has 1 rating, but --question names 2 (OVL,REL)",
        4: "has 1 rating, but --question names 2 (OVL,REL)",
    }


def test_a_person_of_pymushra_is_told_by_a_column_of_the_questionnaire() -> None:
    rows = [(1, "rain", 80, "mushra", uuid, "sysA", "study", "", "ann", "") for uuid in ("u1", "u2")]
    path = put("py.csv", table(PY, *rows, separator=";"))
    assert len({one.rater_id for one in take(path).ratings}) == 2
    found = take(path, rater_from="questionaire_name")
    assert len({one.rater_id for one in found.ratings}) == 1
    assert len({one.session_id for one in found.ratings}) == 2
    with pytest.raises(BadInput, match="no column 'name' to tell people apart"):
        take(path, rater_from="name")


def test_the_command_gives_the_means_of_a_mushra_test(bench: Bench) -> None:
    rows = [
        ("study", f"p{who}", 30, f"u{who}", f"c{item}", system, score + who + item, 1000, "")
        for who in range(4)
        for item in range(5)
        for system, score in (("reference", 92), ("sysA", 60), ("sysB", 20))
    ]
    put("mushra.csv", mushra(*rows))
    ran = bench("ratings", "mushra.csv", "--salt", "mine")
    assert ran.code == 0, ran.err
    assert "sysA" in ran.out
    assert "63.50" in ran.out
    assert "23.50" in ran.out
