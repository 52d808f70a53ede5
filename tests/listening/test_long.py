"""The canonical tables come back as they were; a hand-made table says what it lacks and which option gives it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Bench, one_line
from hypothesis import given
from hypothesis import strategies as st
from listening_files import put, rating, scores, take, why

from bench.errors import BadInput
from bench.listening.intake import PUBLIC, SALT
from bench.listening.long import ratings_csv, read_ratings, sessions_csv, stimuli_csv
from bench.listening.rating import Session, Stimulus, pseudonym

FULL = rating(
    rater="r_0123456789ab",
    session_id="s_0123456789ab",
    trial_index=3,
    sample_index=1,
    stimulus_id="x_0123",
    score=4.5,
    scale_step=0.5,
    role="gold",
    expected_score=4.0,
    expected_tol=1.0,
    audio_duration_s=9.75,
    listened_frac=0.98,
    play_count=2,
    response_time_s=12.25,
    time_scope="stimulus",
    submitted_at="2025-02-03T10:00:00Z",
    revision=2,
    comment='=HYPERLINK("http://x")\nand "more", 🎧',
    excluded=True,
    exclusion_reasons=("too_fast", "gold_failed"),
    source_format="long",
    source_file="a.csv",
    source_row=7,
)
# A cell's outer blanks and line ends of its own are not kept.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(lambda t: t == t.strip())


def test_ratings_come_back_as_they_were() -> None:
    given = (
        FULL,
        rating(rater=None, session_id=None),
        replace(FULL, comment=None, excluded=False, exclusion_reasons=()),
    )
    assert read_ratings(put("ratings.csv", ratings_csv(given))) == given
    assert ratings_csv(read_ratings(Path("ratings.csv"))) == ratings_csv(given)


@given(TEXT, st.sampled_from("=+-@'"), TEXT, st.floats(1, 5))
def test_any_text_comes_back_and_none_begins_as_a_formula(item: str, mark: str, comment: str, score: float) -> None:
    before = rating(item=item, comment=f"{mark}{comment}", score=score, scale_step=0.0, rater=f"{mark}{mark}a")
    text = ratings_csv([before])
    assert all(cell[:1] not in ("=", "+", "-", "@") for cell in next(iter(list(csv.reader(io.StringIO(text)))[1:])))
    assert read_ratings(put("ratings.csv", text)) == (before,)


def test_canonical_tables_are_imported_together_and_keep_their_pseudonyms() -> None:
    sessions = [
        Session(
            test_id="t",
            session_id=FULL.session_id,
            rater_id=FULL.rater_id,
            status="complete",
            parallel_session=False,
            payment=1.5,
            headphone_correct=5,
        )
    ]
    stimuli = [
        Stimulus(stimulus_id="x_0123", item_id="c1", system_id="A", prompt_text="+rain, loud", lufs_served=-23.0),
        Stimulus(stimulus_id="x_4567", item_id="c2", system_id="A", sha256="00", channels=2),
    ]
    files = {"r.csv": ratings_csv([FULL]), "s.csv": sessions_csv(sessions), "k.csv": stimuli_csv(stimuli)}
    found = take(*(put(name, text) for name, text in files.items()))
    assert found.ratings == (FULL,)
    assert found.sessions == tuple(sessions)
    assert found.stimuli == tuple(stimuli)
    assert found.format == "long"
    assert found.notes == tuple(
        f"{name}: canonical {kind}" for name, kind in zip(files, ("ratings", "sessions", "stimuli"), strict=True)
    )
    assert not any("salt" in note for note in found.notes)


def test_names_in_canonical_tables_become_pseudonyms_and_rows_say_where_they_come_from() -> None:
    ratings = put("r.csv", ratings_csv([rating("anna", dimension="nat"), rating("ben", dimension="nat")]))
    sessions = put("s.csv", sessions_csv([Session(test_id="t", session_id="s anna", rater_id="anna", payment=2.0)]))
    found = take(ratings, sessions)
    assert [one.rater_id for one in found.ratings] == [pseudonym(SALT, "anna"), pseudonym(SALT, "ben")]
    assert found.ratings[0].session_id == pseudonym(SALT, "s anna", "s")
    assert [(one.session_id, one.rater_id) for one in found.sessions] == [
        (found.ratings[0].session_id, found.ratings[0].rater_id)
    ]
    assert [one.dimension for one in found.ratings] == ["NAT", "NAT"]
    assert [(one.source_format, one.source_file, one.source_row) for one in found.ratings] == [
        ("long", "r.csv", 2),
        ("long", "r.csv", 3),
    ]
    assert [note for note in found.notes if "salt" in note] == [PUBLIC]
    assert take(ratings, salt="mine").ratings[0].rater_id == pseudonym("mine", "anna")


LONG_NAMES = "test_id,rater_id,session_id,item_id,system_id,dimension,score,status"


def test_the_long_names_of_columns_make_no_canonical_table_and_every_option_counts() -> None:
    path = put("hand.csv", f"{LONG_NAMES}\n,anna,s1,c1,A,ovl,87,done\n,anna,s1,c2,A,ovl,good,done\n")
    found = take(path, scale=(0.0, 100.0), labels={"good": 80}, salt="mine", test="pilot")
    assert [(one.score, one.scale_max, one.dimension, one.test_id) for one in found.ratings] == [
        (87.0, 100.0, "OVL", "pilot"),
        (80.0, 100.0, "OVL", "pilot"),
    ]
    assert {one.rater_id for one in found.ratings} == {pseudonym("mine", "anna")}
    assert [one.source_row for one in found.ratings] == [2, 3]
    assert found.notes[0] == (
        "hand.csv: one row a rating, columns test_id, rater_id, session_id, item_id, system_id, dimension, score"
    )
    with pytest.raises(BadInput, match=r"lacks the column 'stimulus_id', so it is none that `bench ratings --output`"):
        read_ratings(path)


def test_a_table_of_scores_with_all_columns_of_a_key_is_no_key() -> None:
    header = "stimulus_id,item_id,system_id,rater_id,dimension,score"
    found = take(put("hand.csv", f"{header}\nx1,c1,A,anna,OVL,4\n"))
    assert scores(found) == [("c1", "A", "OVL", 4.0)]


def test_what_a_hand_made_table_excludes_is_excluded() -> None:
    path = put("hand.csv", "rater,system,item,dimension,score,excluded\na,A,c1,OVL,4,yes\na,B,c1,OVL,4,\n")
    assert [one.excluded for one in take(path).ratings] == [True, False]


def test_a_key_beside_a_wide_table_stays_a_key() -> None:
    key = put("k.csv", stimuli_csv([Stimulus(stimulus_id="x1", item_id="c1", system_id="A", prompt_text="rain")]))
    wide = put("wide.csv", "rater,system,item,overall\nw1,A,c1,4\n")
    found = take(wide, key, score_columns={"OVL": "overall"})
    assert scores(found) == [("c1", "A", "OVL", 4.0)]
    assert found.stimuli[0].prompt_text == "rain"


def test_ratings_that_stand_in_two_canonical_files_are_named_by_where_they_stand() -> None:
    for folder in ("one", "two"):
        Path(folder).mkdir()
    text = ratings_csv([FULL, rating("anna")])
    found = take(put("one/ratings.csv", text), put("two/ratings.csv", text))
    assert len(found.ratings) == 2
    assert [(row.file, row.row, row.why) for row in found.refused] == [
        ("two/ratings.csv", row, f"duplicate: the same rating stands in one/ratings.csv, row {row}") for row in (2, 3)
    ]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"score": "x"}, "score is 'x', but must be a number"),
        ({"score": "9"}, "out of the scale 1 to 5"),
        ({"score": "nan"}, "no finite number"),
        ({"trial_index": "1.5"}, "trial_index is '1.5', but must be a whole number"),
        ({"excluded": "maybe"}, "excluded is 'maybe', but must be true or false"),
        ({"item_id": ""}, "no item_id"),
        ({"score": ""}, "no score"),
    ],
)
def test_a_wrong_canonical_row_is_named(cells: dict[str, str], said: str) -> None:
    row = {**next(csv.DictReader(io.StringIO(ratings_csv([rating()])))), **cells}
    path = put("ratings.csv", ",".join(row) + "\n" + ",".join(row.values()) + "\n")
    with pytest.raises(BadInput, match=r"ratings\.csv, row 2: ") as caught:
        read_ratings(path)
    assert said in str(caught.value)
    assert said in why(take(path))[2]


def test_a_canonical_table_without_a_column_is_named() -> None:
    with pytest.raises(BadInput, match="lacks the column 'rater_id'"):
        read_ratings(put("ratings.csv", "test_id,score\nt,4\n"))


HAND = "rater,system,item,dimension,score\nanna,A,c1,ovl,5\nanna,B,c1,ovl,4\nben,A,c1,ovl,4\n"


def test_a_hand_made_table_is_read_and_its_raters_are_pseudonyms() -> None:
    found = take(put("hand.csv", HAND), salt="mine", test="pilot")
    assert scores(found) == [("c1", "A", "OVL", 5.0), ("c1", "B", "OVL", 4.0), ("c1", "A", "OVL", 4.0)]
    assert len({one.rater_id for one in found.ratings}) == 2
    assert "anna" not in ratings_csv(found.ratings)
    assert {(one.test_id, one.source_file, one.source_format) for one in found.ratings} == {
        ("pilot", "hand.csv", "long")
    }
    assert [one.source_row for one in found.ratings] == [2, 3, 4]
    assert found.refused == ()
    assert not any("salt" in note or "--test" in note for note in found.notes)


def test_the_salt_that_everybody_knows_is_said() -> None:
    assert any("--salt" in note for note in take(put("hand.csv", HAND)).notes)


def test_what_a_german_spreadsheet_makes_of_it_is_the_same() -> None:
    text = 'sep=;\r\nRater;System;Item;Dimension;Score;comment\r\nÄnne;A;c1;OVL;4,5;"gut, aber\r\nleise 🎧"\r\n'
    found = take(put("hand.csv", b"\xef\xbb\xbf" + text.encode()), step=0.5)
    assert scores(found) == [("c1", "A", "OVL", 4.5)]
    assert found.ratings[0].comment == "gut, aber\r\nleise 🎧"


def test_rows_that_are_no_ratings_are_refused_each_with_its_reason() -> None:
    rows = ["anna,A,c2,OVL,6", "anna,A,c3,OVL,3.5", "anna,A,c4,OVL,", "anna,A,c5,OVL,four", ",A,c6,OVL,4"]
    rows += ["anna,,c7,OVL,4", "anna,A,,OVL,4", "anna,A,c8,,4", "anna,A,c9,OVL", "anna,A,c1,ovl,5", "anna,A,c9,OVL,1e9"]
    found = take(put("hand.csv", HAND + "\n".join(rows) + "\n"), allow_refused=True)
    assert len(found.ratings) == 3
    assert why(found) == {
        5: "score 6 is out of the scale 1 to 5 (--scale)",
        6: "score 3.5 is off the grid: steps of 1 from 1 (--step)",
        7: "no score",
        8: "score 'four' is no number",
        9: "no rater",
        10: "no system",
        11: "no item",
        12: "no dimension",
        13: "has 4 cells, but the header has 5",
        14: "duplicate: the same rating stands in hand.csv, row 2",
        15: "score 1e+09 is out of the scale 1 to 5 (--scale)",
    }


@pytest.mark.parametrize(
    ("header", "options", "said"),
    [
        ("system,item,dimension,score", {}, "no column for the rater: name it with --rater-from"),
        ("rater,item,dimension,score", {}, "no column for the system: name it with --columns '{system_id: NAME}'"),
        ("rater,system,dimension,score", {}, "no column for the item: name it with --columns '{item_id: NAME}'"),
        ("rater,system,item,score", {}, "does not say what was asked: give it as --question OVL"),
        (
            "rater,system,item,stars",
            {"columns": {"score": "star"}},
            "no column is called 'star' (did you mean 'stars'?)",
        ),
        ("rater,system,item,stars", {"columns": {"scor": "stars"}}, "no field of a rating is called 'scor'"),
        ("rater,system,item,stars", {}, "is of no known format"),
        ("rater,system,item,score", {"score_columns": {"OVL": "ovl"}}, "no column is called 'ovl'"),
    ],
)
def test_what_is_lacking_is_named_with_the_option_that_gives_it(
    header: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput, match=r"^[^\n]+$") as caught:
        take(put("hand.csv", f"{header}\n{','.join('1' * len(header.split(',')))}\n"), form="auto", **options)
    assert said in str(caught.value)


def test_columns_are_named_by_options_and_those_not_used_are_said() -> None:
    text = "worker,model,clip,stars,age,time\nw1,A,c1,4,33,2.5\nw2,A,c1,5,21,3\n"
    path = put("hand.csv", text)
    found = take(
        path, rater_from="worker", columns={"system": "model", "item": "clip", "score": "stars"}, question="rel"
    )
    assert scores(found) == [("c1", "A", "REL", 4.0), ("c1", "A", "REL", 5.0)]
    assert [(one.response_time_s, one.time_scope) for one in found.ratings] == [(2.5, "stimulus"), (3.0, "stimulus")]
    assert "hand.csv: columns not used: age" in found.notes


def test_a_wide_table_has_a_rating_for_each_column_of_scores() -> None:
    path = put("wide.csv", "rater,system,item,overall,relevance\nw1,A,c1,4,2\nw2,A,c1,5,\n")
    found = take(path, score_columns={"OVL": "overall", "rel": "relevance"})
    assert scores(found) == [("c1", "A", "OVL", 4.0), ("c1", "A", "REL", 2.0), ("c1", "A", "OVL", 5.0)]
    assert why(found) == {3: "no score"}


def test_raters_may_be_unknown_if_it_is_said() -> None:
    found = take(put("hand.csv", "system,item,dimension,score\nA,c1,OVL,4\nA,c1,OVL,4\n"), rater_from="nobody")
    assert [one.rater_id for one in found.ratings] == [None, None]  # equal votes of unknown people are two votes
    assert any("raters are unknown" in note for note in found.notes)


def test_words_are_scores_only_by_a_map() -> None:
    path = put("hand.csv", "rater,system,item,dimension,score\na,A,c1,OVL,Good\nb,A,c1,OVL,Good\nc,A,c1,OVL,bad\n")
    with pytest.raises(BadInput, match=r"scores in words: 'Good'; give their numbers as --labels '\{Good: 5, ...\}'"):
        take(path)
    found = take(path, labels={"good": 4, "Bad": 2})
    assert [one.score for one in found.ratings] == [4.0, 4.0, 2.0]


def test_a_scale_of_a_hundred() -> None:
    path = put("hand.csv", "rater,system,item,dimension,score\na,A,c1,OVL,87\nb,A,c1,OVL,0\n")
    found = take(path, scale=(1.0, 100.0))
    assert [(one.score, one.scale_min, one.scale_max) for one in found.ratings] == [(87.0, 1.0, 100.0)]
    assert why(found) == {3: "score 0 is out of the scale 1 to 100 (--scale)"}


def test_a_header_alone_holds_no_ratings() -> None:
    found = take(put("hand.csv", HAND.splitlines()[0] + "\n"))
    assert (found.ratings, found.refused) == ((), ())


def test_the_command_explains_a_table_and_names_each_refused_row(bench: Bench) -> None:
    put("hand.csv", HAND + "anna,A,c2,OVL,7\n")
    ran = bench("ratings", "hand.csv", "--explain", "--salt", "mine")
    assert ran.code == 3
    assert "columns rater = rater_id, system = system_id" in ran.out
    assert ran.err == "bench: hand.csv row 5: score 7 is out of the scale 1 to 5 (--scale)\n"
    ran = bench("ratings", put("none.csv", ""), "--explain")
    assert ran.code == 2
    assert one_line(ran.err)
