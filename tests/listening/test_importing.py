"""Importing: each file told by its header, one test out of many files, the same rating once, nothing dropped unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Bench, one_line
from listening_files import put, rating, scores, table, take, why

from bench.errors import BadInput
from bench.listening.importing import FORMATS
from bench.listening.long import ratings_csv

HAND = "rater,session,system,item,dimension,score\nann,s1,A,c1,OVL,4\nann,s1,B,c1,OVL,3\n"
VOTES = ["HITId", "workerid", "assignment_id", "assignmentstatus", "file", "vote", "question_type"]
VOTE = ("h", "w", "a", "Approved", "https://x.org/c1_A.wav", 5, "MOS")
PATTERN = r"(?P<item>c\d+)_(?P<system>\w+)\.wav"


def test_every_format_has_a_name_that_the_command_line_knows() -> None:
    tables = {"long", "webmushra", "p808", "mturk", "prolific", "qualtrics", "golisten", "crowdmos"}
    assert set(FORMATS) == {*tables, "beaqlejs", "ttsmos"}
    assert [name for name, form in FORMATS.items() if not form.alone] == ["prolific"]


def test_mixed_formats_are_told_file_by_file() -> None:
    files = put("hand.csv", HAND), put("votes.csv", table(VOTES, VOTE))
    found = take(*files, condition_pattern=PATTERN, question="OVL")
    assert found.format == "long + p808"
    assert scores(found) == [("c1", "A", "OVL", 4.0), ("c1", "B", "OVL", 3.0), ("c1", "A", "OVL", 5.0)]
    assert [one.source_format for one in found.ratings] == ["long", "long", "p808"]


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        ("webmushra", HAND, "hand.csv is not webmushra; it looks like long; its first row is: rater, session, system"),
        ("p808", "a,b\n1,x\n", "hand.csv is not p808; its first row is: a, b"),
        ("auto", "a,b\n1,x\n", "hand.csv is of no known format (webmushra, p808, mturk"),
        (
            "auto",
            '{"a": [1]}',
            "hand.csv is JSON of no known format; read are beaqleJS's (a list of entries with TestID)",
        ),
        ("auto", "[]", "make anything else a table with the columns rater, system, item, dimension, score"),
        ("ttsmos", '[{"wm_testId": "x"}]', "hand.csv is JSON of no known format"),
        ("webmushra", '[{"TestID": "x"}, {"UserName": "ann"}]', "hand.csv is not webmushra; it looks like beaqlejs"),
        ("beaqlejs", '{"workers": {}}', "hand.csv is not beaqlejs; it looks like ttsmos"),
        ("mushra", HAND, "no format is called 'mushra' (did you mean 'webmushra'?); there are: auto, beaqlejs"),
    ],
)
def test_a_wrong_format_is_named_with_what_the_file_looks_like(form: str, text: str, said: str) -> None:
    with pytest.raises(BadInput, match=r"^[^\n]+$") as caught:
        take(put("hand.csv", text), form=form)
    assert said in str(caught.value)


@pytest.mark.parametrize("form", ["auto", *FORMATS])
@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf", b"\x80\x04", "é,\n".encode("latin-1"), b"[1", b"{}"])
def test_no_format_takes_what_is_no_table(form: str, data: bytes) -> None:
    with pytest.raises(BadInput, match=r"^[^\n]+$"):
        take(put("x.csv", data), form=form)


def test_a_file_named_twice_is_no_second_test() -> None:
    with pytest.raises(BadInput, match=r"hand\.csv is named twice"):
        take(put("hand.csv", HAND), Path("./hand.csv").resolve())


def test_overlapping_exports_give_each_rating_once() -> None:
    later = HAND + "ann,s1,C,c1,OVL,2\nann,s1,A,c1,OVL,5\n"
    found = take(put("early.csv", HAND), put("later.csv", later))
    assert scores(found) == [
        ("c1", "A", "OVL", 4.0),
        ("c1", "B", "OVL", 3.0),
        ("c1", "C", "OVL", 2.0),
        ("c1", "A", "OVL", 5.0),  # another score for the same sound is for quality control to judge
    ]
    assert why(found) == {
        2: "duplicate: the same rating stands in early.csv, row 2",
        3: "duplicate: the same rating stands in early.csv, row 3",
    }
    assert {row.file for row in found.refused} == {"later.csv"}


def test_nobody_s_votes_are_never_taken_for_the_same() -> None:
    text = "system,item,dimension,score\nA,c1,OVL,4\nA,c1,OVL,4\n"
    assert len(take(put("a.csv", text), rater_from="nobody").ratings) == 2


def test_stimuli_are_listed_once_each_under_opaque_names() -> None:
    found = take(put("hand.csv", HAND + "ben,s2,A,c1,OVL,5\n"), salt="mine")
    assert [(one.item_id, one.system_id) for one in found.stimuli] == [("c1", "A"), ("c1", "B")]
    assert len({one.stimulus_id for one in found.stimuli}) == 2
    assert not any("A" in one.stimulus_id or "c1" in one.stimulus_id for one in found.stimuli)


def test_the_name_of_the_test_is_asked_for_only_where_the_files_have_none() -> None:
    assert any("--test" in note for note in take(put("a.csv", HAND)).notes)
    text = "test,rater,system,item,dimension,score\npilot,ann,A,c1,OVL,4\n"
    found = take(put("b.csv", text))
    assert not any("--test" in note for note in found.notes)
    assert found.ratings[0].test_id == "pilot"


def test_nothing_is_no_file_of_ratings() -> None:
    with pytest.raises(BadInput, match="nothing holds no ratings"):
        take()


def test_a_key_that_is_wrong_says_where() -> None:
    path = put("votes.csv", table(VOTES, VOTE))
    for text, said in [
        ("stimulus,system,item\na.wav,A,c1\na.wav,B,c1\n", r"--key key\.csv, row 3: 'a\.wav' stands there twice"),
        ("stimulus,system,item\na.wav,A\n", r"--key key\.csv, row 2: has 2 cells, but the header has 3"),
        ("stimulus,system,item,expected_score\na.wav,A,c1,x\n", r"--key key\.csv, row 2: could not convert"),
        ("system,item\nA,c1\n", r"--key key\.csv lacks the column 'stimulus'; it has: system, item"),
    ]:
        with pytest.raises(BadInput, match=said):
            take(path, key=put("key.csv", text))


def test_a_key_says_what_gold_clips_want_and_how_long_sounds_are() -> None:
    key = "stimulus,system,item,role,expected_score,expected_tol,seconds,sample,dimension\n"
    key += "c1_A.wav,gold,c1,gold,5,1,9.5,2,REL\n"
    [one] = take(put("votes.csv", table(VOTES, VOTE)), key=put("key.csv", key)).ratings
    assert (one.role, one.expected_score, one.expected_tol, one.audio_duration_s) == ("gold", 5.0, 1.0, 9.5)
    assert (one.sample_index, one.dimension) == (2, "REL")


@pytest.mark.parametrize(
    "words",
    [
        ["none.csv"],
        ["hand.csv", "--format", "webmushra"],
        ["hand.csv", "--format", "nonsense"],
        ["hand.csv", "--key", "none.csv", "--format", "p808"],
        ["hand.csv", "--rater-from", "nowhere"],
        ["votes.csv"],
        ["votes.csv", "--condition-pattern", "("],
        ["words.csv"],
    ],
)
def test_on_the_command_line_what_the_user_can_mend_is_one_line(bench: Bench, words: list[str]) -> None:
    put("hand.csv", HAND)
    put("votes.csv", table(VOTES, VOTE))
    put("words.csv", "rater,system,item,dimension,score\na,A,c1,OVL,Good\nb,A,c1,OVL,Good\n")
    ran = bench("ratings", *words, "--explain")
    assert ran.code == 2
    assert ran.out == ""
    assert one_line(ran.err)


def test_on_the_command_line_labels_keys_and_columns_reach_the_reader(bench: Bench) -> None:
    put("words.csv", "worker,model,item,score\na,A,c1,Good\nb,A,c1,Bad\n")
    ran = bench(
        *("ratings", "words.csv", "--explain", "--rater-from", "worker", "--columns", "{system_id: model}"),
        *("--labels", "{Good: 4, Bad: 2}", "--question", "OVL", "--salt", "mine", "--test", "pilot"),
    )
    assert (ran.code, ran.err) == (0, "")
    assert "ratings: 2; raters: 2; systems: 1" in ran.out


def rows_of(scale: tuple[int, ...], sound: int) -> str:
    """A hand-made table with some scores that are wrong, and others that are not."""
    given = [f"w{place},A,c1,OVL,{score}\n" for place, score in enumerate((*scale, *[3] * sound))]
    return "rater,system,item,dimension,score\n" + "".join(given)


def test_where_many_scores_are_out_of_the_scale_it_is_the_scale_that_is_wrong() -> None:
    path = put("hand.csv", rows_of((62, 7), 37))
    with pytest.raises(BadInput, match=r"^[^\n]+$") as caught:
        take(path)
    assert str(caught.value) == (
        "hand.csv: 2 of 39 rows are out of the scale, the first of them row 2: score 62 is out of the scale 1 to 5 "
        "(--scale); --allow-refused goes on without them"
    )
    assert list(why(take(path, allow_refused=True))) == [2, 3]
    assert not take(path, scale=(1.0, 100.0)).refused
    for given in (rows_of((62, 7), 38), rows_of((62,), 3)):  # 5 % are not more than 5 %; one row is a slip
        assert take(put("hand.csv", given)).refused


def test_rows_out_of_the_scale_are_counted_file_by_file_and_in_canonical_tables_too() -> None:
    wrong, right = put("wrong.csv", rows_of((62, 7), 10)), put("right.csv", rows_of((), 90))
    with pytest.raises(BadInput, match=r"wrong\.csv: 2 of 12 rows"):
        take(wrong, right)
    text = ratings_csv([rating(f"r{place}", score=9.0 if place < 2 else 3.0) for place in range(9)])
    with pytest.raises(BadInput, match=r"r\.csv: 2 of 9 rows .* row 2: score 9 is out of the scale 1 to 5; --allow"):
        take(put("r.csv", text))


def test_what_stands_twice_or_was_to_be_left_out_is_no_loss() -> None:
    doubled = take(put("early.csv", HAND), put("later.csv", HAND))
    assert [(row.cause, row.lost) for row in doubled.refused] == [("again", False)] * 2
    rejected = put("votes.csv", table(VOTES, VOTE, ("h", "w", "b", "Rejected", *VOTE[4:])))
    [row] = take(rejected, condition_pattern=PATTERN, drop_rejected=True).refused
    assert (row.cause, row.lost) == ("asked", False)
    [row] = take(put("hand.csv", HAND + "ann,s1,A,c2,OVL,\n")).refused
    assert (row.why, row.lost) == ("no score", True)


def test_two_files_of_one_name_are_told_apart_by_their_folders() -> None:
    for folder in ("one", "two"):
        Path(folder).mkdir()
    found = take(put("one/hand.csv", HAND), put("two/hand.csv", HAND + "ann,s1,A,c2,OVL,x\n"))
    assert {one.source_file for one in found.ratings} == {"one/hand.csv"}
    assert {row.file for row in found.refused} == {"two/hand.csv"}


def test_files_of_tests_without_a_name_are_listed() -> None:
    named = put("named.csv", "test,rater,system,item,dimension,score\npilot,ann,A,c1,OVL,4\n")
    assert take(put("hand.csv", HAND), named).unnamed == ("hand.csv",)
    assert take(Path("hand.csv"), named, test="t").unnamed == ()
    assert take(named).unnamed == ()
