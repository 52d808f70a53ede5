"""Matrices: 0 is never a score, an empty row is nobody, and systems have names only if somebody gives them."""

from __future__ import annotations

import pytest
from listening_files import put, scores, take, why

from bench.errors import BadInput


def test_bare_matrices_are_systems_in_the_order_of_their_names() -> None:
    files = [put("one.csv", "4,0,5\n3,2,0\n"), put("two.csv", "1,1,0\n0,2,2\n")]
    found = take(*files, systems=("A", "B"), question="MOS")
    assert scores(found) == [
        ("column 1", "A", "MOS", 4.0),
        ("column 3", "A", "MOS", 5.0),
        ("column 1", "A", "MOS", 3.0),
        ("column 2", "A", "MOS", 2.0),
        ("column 1", "B", "MOS", 1.0),
        ("column 2", "B", "MOS", 1.0),
        ("column 2", "B", "MOS", 2.0),
        ("column 3", "B", "MOS", 2.0),
    ]
    assert len({one.rater_id for one in found.ratings}) == 2  # a row is one person in every matrix
    assert found.refused == ()
    assert "one.csv: matrix of system A; 2 cells are 0 or empty: not rated" in found.notes


def test_without_names_the_systems_are_not_guessed() -> None:
    files = [put("sysA.csv", "4,0\n"), put("sysB.csv", "1,1\n")]
    with pytest.raises(BadInput, match=r"2 matrices, 0 names; give --systems A,B,C in their order"):
        take(*files, question="MOS")
    with pytest.raises(BadInput, match=r"2 matrices, 1 names"):
        take(*files, question="MOS", systems=("A",))
    with pytest.raises(BadInput, match="--question"):
        take(*files, systems=("A", "B"))


def test_a_matrix_may_name_its_systems_and_raters_and_sentences() -> None:
    path = put("m.csv", "System;Rater;s1;s2\nA;w1;4,0;0\nB;w1;0,0;2\nB;w2;;7\n")
    found = take(path, question="MOS")
    assert scores(found) == [("s1", "A", "MOS", 4.0), ("s2", "B", "MOS", 2.0)]
    assert why(found) == {4: "score 7 is out of the scale 1 to 5 (--scale)"}


def test_a_rater_who_rated_nothing_is_nobody() -> None:
    found = take(put("m.csv", "4,5\n0,0\n3,4\n"), systems=("A",), question="MOS")
    assert len({one.rater_id for one in found.ratings}) == 2
    assert [one.source_row for one in found.ratings] == [1, 1, 3, 3]


def test_a_row_of_another_width_is_refused() -> None:
    found = take(put("m.csv", "4,5\n4\n3,4\n"), systems=("A",), question="MOS")
    assert why(found) == {2: "has 1 cells, not 2"}
    assert len(found.ratings) == 4


def test_a_row_without_any_score_shifts_nobody() -> None:
    files = [put("a.csv", "4,5\n,\n3,4\n"), put("b.csv", "1,1\n2,2\n3,3\n")]
    found = take(*files, systems=("A", "B"), question="MOS")
    raters = {one.source_row: one.rater_id for one in found.ratings if one.system_id == "A"}
    assert raters == {
        one.source_row: one.rater_id for one in found.ratings if one.system_id == "B" and one.source_row != 2
    }
