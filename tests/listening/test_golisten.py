"""GoListen: rows of tags and files before the header, several scores in one cell, people without a name."""

from __future__ import annotations

import pytest
from listening_files import put, scores, take, why

from bench.errors import BadInput

PATTERN = r"(?P<system>\w+)\|(?P<item>\w+)"


def test_scores_of_a_page_are_told_by_its_tag() -> None:
    text = ",Tags,A|rain,,B|rain\nName,Date,First rating,Time (s),Second rating\n"
    text += "ann,2025-01-01,4,7.5,2\n,2025-01-02,5,3,1\n"
    found = take(put("acr.csv", text), condition_pattern=PATTERN, question="OVL")
    assert found.format == "golisten"
    assert scores(found) == [
        ("rain", "A", "OVL", 4.0),
        ("rain", "B", "OVL", 2.0),
        ("rain", "A", "OVL", 5.0),
        ("rain", "B", "OVL", 1.0),
    ]
    assert [(one.response_time_s, one.time_scope) for one in found.ratings[:2]] == [(7.5, "page"), (None, None)]
    assert found.ratings[0].submitted_at == "2025-01-01"
    assert len({one.rater_id for one in found.ratings}) == 2
    assert any("1 without one by row" in note for note in found.notes)


def test_several_scores_in_one_cell_are_told_by_their_place() -> None:
    text = ',Tags,\nName,Date,Page rating\nann,d,"4,2"\nben,d,"3,NA"\n'
    key = put("key.csv", "stimulus,system,item,dimension\nPage #1,A,rain,NAT\nPage #2,B,rain,NAT\n")
    found = take(put("acr.csv", text), key=key)
    assert scores(found) == [("rain", "A", "NAT", 4.0), ("rain", "B", "NAT", 2.0), ("rain", "A", "NAT", 3.0)]
    assert why(found) == {4: "no score"}


def test_mushra_has_a_column_for_each_file() -> None:
    text = ",Tags,,\n,Sound filename,A_rain.wav,ref_rain.wav\nName,Date,Trial rating,\nann,d,55,101\n"
    key = put("key.csv", "stimulus,system,item,role\nA_rain.wav,A,rain,test\nref_rain.wav,ref,rain,reference\n")
    found = take(put("mushra.csv", text), key=key)
    assert scores(found) == [("rain", "A", "MUSHRA", 55.0)]
    assert (found.ratings[0].method, found.ratings[0].role) == ("mushra", "test")
    assert why(found) == {4: "score 101 is out of the scale 0 to 100 (--scale)"}


def test_what_is_not_said_is_asked_for() -> None:
    path = put("acr.csv", ",Tags,A|rain\nName,Date,First rating\nann,d,4\n")
    with pytest.raises(BadInput, match="names recordings such as 'A|rain', but not their systems".replace("|", r"\|")):
        take(path, question="OVL")
    with pytest.raises(BadInput, match="--question"):
        take(path, condition_pattern=PATTERN)
    with pytest.raises(BadInput, match="has no row that begins with Name, Date"):
        take(put("b.csv", ",Tags,x\nann,d,4\n"), question="OVL")
    with pytest.raises(BadInput, match="preference tests of GoListen are not read"):
        take(put("c.csv", ",Tags,x\nName,Date,Which is better\nann,d,x\n"), question="OVL")


def test_a_row_wider_than_the_header_is_refused_and_columns_without_scores_are_named() -> None:
    text = ",Tags,A|rain,B|rain,,\nName,Date,First rating,Second rating,Why,Which is better\n"
    text += "ann,d,4,2,so,A\nben,d,4,2,4,2,so\ncem,d,5,1,,,\n"
    found = take(put("acr.csv", text), condition_pattern=PATTERN, question="OVL")
    assert [one.score for one in found.ratings] == [4.0, 2.0, 5.0, 1.0]
    assert why(found) == {4: "has 7 cells, but the header has 6"}
    assert "acr.csv: columns not used: Why, Which is better" in found.notes
