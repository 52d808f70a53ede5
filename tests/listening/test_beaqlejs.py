"""beaqleJS: a file a person, nothing personal kept, preferences the same way round, each entry taken or refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Bench, one_line
from listening_files import put, scores, take, why

from bench.errors import BadInput
from bench.listening.intake import SALT
from bench.listening.long import read_ratings
from bench.listening.rating import pseudonym

SECRET = {"UserName": "Ann Lee", "UserEmail": "ann@x.org", "UserComment": "I am Ann, call 555"}


def mushra(test: str, runtime: Any = 30500, **given: Any) -> dict[str, Any]:
    """What beaqleJS writes of a test set with files such as ``audio/rain_1.wav``."""
    files = {label: f"audio/{test}_{label}.wav" for label in given}
    return {"TestID": test, "Runtime": runtime, "rating": given, "filename": files}


def preferred(test: str, order: str, *chosen: str) -> dict[str, Any]:
    entry = {"TestID": test, "PresentationOrder": order, "Runtime": 4000}
    return {**entry, "Preference": chosen[0]} if chosen else entry


def person(name: str, *entries: Any, **fields: str) -> Path:
    user = {"UserName": "", "UserEmail": "", "UserComment": "", **fields}
    return put(name, json.dumps([*entries, user]))


ANN = (mushra("rain", Reference=100, one=80, anchor35=20), mushra("wind", 12000, Reference=98, one=60, anchor35=10))
BEN = ({"TestID": "wind"}, mushra("rain", Reference=95, one=70, anchor35=30))


def test_a_test_set_is_its_labels_with_the_page_time_and_roles() -> None:
    found = take(person("a.txt", *ANN, **SECRET), person("b.txt", *BEN, UserName="ben"))
    assert found.format == "beaqlejs"
    assert scores(found) == [
        ("rain", "reference", "MUSHRA", 100.0),
        ("rain", "one", "MUSHRA", 80.0),
        ("rain", "anchor35", "MUSHRA", 20.0),
        ("wind", "reference", "MUSHRA", 98.0),
        ("wind", "one", "MUSHRA", 60.0),
        ("wind", "anchor35", "MUSHRA", 10.0),
        ("rain", "reference", "MUSHRA", 95.0),
        ("rain", "one", "MUSHRA", 70.0),
        ("rain", "anchor35", "MUSHRA", 30.0),
    ]
    assert [one.role for one in found.ratings[:3]] == ["reference", "test", "anchor"]
    assert {(one.method, one.scale_min, one.scale_max) for one in found.ratings} == {("mushra", 0.0, 100.0)}
    assert [(one.response_time_s, one.time_scope, one.source_row) for one in found.ratings[2:4]] == [
        (30.5, "page", 1), (12.0, "page", 2),
    ]  # fmt: skip
    assert found.refused == ()
    assert "1 test sets were not shown to somebody: entries with nothing but TestID" in found.notes
    assert found.unnamed == ("a.txt", "b.txt")


def test_people_are_told_by_address_then_name_then_file() -> None:
    found = take(
        person("a.txt", ANN[0], **SECRET),
        person("b.txt", ANN[1], UserName="Ann", UserEmail=" ann@x.org "),
        person("c.txt", ANN[0], UserName="ben"),
        person("d.txt", ANN[0]),
        put("e.txt", json.dumps([ANN[0]])),
    )
    raters = list(dict.fromkeys(one.rater_id for one in found.ratings))
    assert raters == [pseudonym(SALT, name) for name in ("ann@x.org", "ben", "d.txt", "e.txt")]
    assert len({one.session_id for one in found.ratings}) == 5
    told = "a.txt, b.txt, c.txt and 2 more: beaqleJS, 5 people; told by UserEmail (2), UserName (1), file (2)"
    assert told in found.notes
    assert any("told by the file: who came twice counts as two" in note for note in found.notes)


def test_what_tells_people_apart_can_be_chosen() -> None:
    lab = {"UserEmail": "lab@x.org"}
    files = person("a.txt", ANN[0], UserName="ann", **lab), person("b.txt", ANN[0], UserName="ben", **lab)
    assert len({one.rater_id for one in take(*files).ratings}) == 1
    assert [one.rater_id for one in take(*files, rater_from="UserName").ratings[::3]] == [
        pseudonym(SALT, "ann"), pseudonym(SALT, "ben"),
    ]  # fmt: skip
    assert len({one.rater_id for one in take(*files, rater_from="file").ratings}) == 2
    with pytest.raises(BadInput, match=r"^--rater-from: a\.txt: no field is called 'UserComment'"):
        take(*files, rater_from="UserComment")


def test_the_person_s_element_may_stand_there_once_for_each_attempt_to_send() -> None:
    again = [{**SECRET, "UserEmail": "typo@x"}, SECRET]
    found = take(put("a.txt", json.dumps([ANN[0], *again])))
    assert {one.rater_id for one in found.ratings} == {pseudonym(SALT, "ann@x.org")}
    assert found.refused == ()


def test_nothing_of_a_person_is_kept_not_even_in_the_name_of_the_file(bench: Bench) -> None:
    files = [person(f"20240101_{name}.txt", *ANN, **{**SECRET, "UserName": name}) for name in ("Ann Lee", "Bo Ray")]
    ran = bench("ratings", *files, "--test", "t", "-o", "out")
    assert ran.code == 0, ran.err
    written = "".join(path.read_text(encoding="utf-8") for path in sorted(Path("out").iterdir()))
    for secret in ("Ann", "Lee", "Bo Ray", "ann@x.org", "555", "20240101"):
        assert secret not in written
    assert len(read_ratings(Path("out/ratings.csv"))) == 12
    assert any("are not kept with ratings" in note for note in take(*files).notes)


ORDERS = [("A=A, B=B", "A", 1.0, "AB"), ("A=A, B=B", "B", -1.0, "AB"), ("A=B, B=A", "A", -1.0, "BA")]


@pytest.mark.parametrize(("order", "chosen", "score", "shown"), [*ORDERS, ("A=B, B=A", "B", 1.0, "BA")])
def test_a_preference_is_of_the_label_that_was_heard_there(order: str, chosen: str, score: float, shown: str) -> None:
    [one] = take(person("a.txt", preferred("rain", order, chosen))).ratings
    assert (one.system_id, one.compared_system_id, one.score, one.presented_order) == ("A", "B", score, shown)
    assert (one.item_id, one.dimension, one.method, one.response_time_s) == ("rain", "PREF", "ab", 4.0)
    assert (one.scale_min, one.scale_max) == (-1.0, 1.0)


def test_preferences_go_the_same_way_round_where_a_key_says_what_labels_are() -> None:
    key = put("key.csv", "stimulus,system,item\nt1/A,new,rain\nt1/B,old,rain\nt2/A,old,wind\nt2/B,new,wind\n")
    entries = preferred("t1", "A=A, B=B", "A"), preferred("t2", "A=A, B=B", "B"), preferred("t3", "A=A, B=B", "B")
    found = take(person("a.txt", *entries), key=key)
    assert [(one.item_id, one.system_id, one.compared_system_id, one.score) for one in found.ratings] == [
        ("rain", "new", "old", 1.0), ("wind", "new", "old", 1.0),
    ]  # fmt: skip
    assert [one.presented_order for one in found.ratings] == ["AB", "BA"]
    assert why(found) == {3: "'t3/A' is not in --key"}
    mixed = put("key.csv", "stimulus,system,item\nt1/A,new,rain\nt1/B,old,wind\n")
    assert why(take(person("a.txt", entries[0]), key=mixed)) == {1: "two prompts are compared: rain, wind"}


def test_sounds_are_told_by_their_file_names_if_an_option_says_how() -> None:
    path = person("a.txt", mushra("set1", Reference=99, one=80, two=40))
    found = take(path, condition_pattern=r"/(?P<item>\w+?)_(?P<system>\w+)\.wav")
    assert scores(found)[1:] == [("set1", "one", "MUSHRA", 80.0), ("set1", "two", "MUSHRA", 40.0)]
    key = put("key.csv", "stimulus,system,item,role\nset1_one.wav,new,rain,test\nset1_two.wav,low,rain,anchor\n")
    found = take(path, key=key, question="ovl")
    assert scores(found) == [
        ("set1", "reference", "OVL", 99.0), ("rain", "new", "OVL", 80.0), ("rain", "low", "OVL", 40.0),
    ]  # fmt: skip
    assert [one.role for one in found.ratings] == ["reference", "test", "anchor"]
    assert why(take(path, key=put("key.csv", "stimulus,system,item\nset1_one.wav,new,rain\n"))) == {
        1: "'audio/set1_two.wav' is not in --key"
    }
    named = put("b.txt", json.dumps([{"TestID": "set1", "rating": {"one": 80}}]))
    assert scores(take(named, condition_pattern=r"(?P<item>\w+)/(?P<system>\w+)")) == [("set1", "one", "MUSHRA", 80.0)]


LABELS = "systems are the labels and prompts the test sets; --key or --condition-pattern tell them by"
BARE: dict[str, Any] = {"TestID": "t2", "rating": {"one": 80}}


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([ANN[0]], [f"{LABELS} the file names"]),
        ([preferred("t1", "A=B, B=A", "A")], [f"{LABELS} TestID/label, such as t1/A"]),
        ([BARE], [f"{LABELS} TestID/label, such as t2/one"]),
        ([ANN[0], preferred("t1", "A=A, B=B", "A")], [f"{LABELS} the file names or TestID/label, such as t1/A"]),
        ([True, False], []),
        ([True, {"TestID": "t1"}], []),
    ],
    ids=["sets", "pairs", "sets without files", "both", "ABX", "ABX and unshown"],
)
def test_it_says_by_which_names_systems_could_be_told(entries: list[Any], said: list[str]) -> None:
    found = take(person("a.txt", *entries))
    assert [note for note in found.notes if note.startswith("systems are the labels")] == said
    known = take(person("a.txt", *entries), condition_pattern=r"(?P<item>\w+)[/_](?P<system>\w+)(\.wav)?$")
    assert not any(note.startswith("systems are the labels") for note in known.notes)
    assert len(known.ratings) == len(found.ratings)  # the names that were said are those looked up


def test_abx_answers_are_refused_one_by_one() -> None:
    found = take(person("a.txt", True, {"TestID": "c"}, False))
    assert found.ratings == ()
    assert list(why(found)) == [1, 3]
    assert set(why(found).values()) == {
        "an ABX answer, with which beaqleJS writes neither test set nor systems: it can't be told what was heard"
    }
    assert all(row.lost for row in found.refused)


BAD: list[tuple[Any, str]] = [
    (7, "the entry is a number, but must be an object"),
    (None, "the entry is nothing, but must be an object"),
    ([ANN[0]], "the entry is a list, but must be an object"),
    ({}, "the entry is an object without anything in it"),
    ({"Runtime": 3, "rating": {"one": 3}}, "no TestID; it has: Runtime, rating"),
    ({**SECRET}, "no TestID; it has: UserName, UserEmail, UserComment"),
    ({"TestID": ["x"], "rating": {"one": 3}}, "TestID is a list, but must be text or a number"),
    ({"TestID": "x", "Runtime": 4}, "neither rating nor Preference; it has: TestID, Runtime"),
    ({"TestID": "x", "rating": []}, "rating is a list, but must be an object"),
    ({"TestID": "x", "rating": {}}, "rating is an object without anything in it"),
    ({"TestID": "x", "rating": {"one": True}}, "the rating of 'one' is true or false, but must be text or a number"),
    ({"TestID": "x", "rating": {"one": {"a": 1}}}, "the rating of 'one' is an object, but must be text or a number"),
    ({"TestID": "x", "rating": {"one": 3}, "filename": [1]}, "filename is a list, but must be an object"),
    ({"TestID": "x", "rating": {"one": 3}, "filename": {"one": [1]}}, "the filename of 'one' is a list, but must be"),
    (mushra("x", "soon", one=3), "Runtime is not a number of milliseconds, from 0 on"),
    (mushra("x", -1, one=3), "Runtime is not a number of milliseconds, from 0 on"),
    (mushra("x", True, one=3), "Runtime is not a number of milliseconds, from 0 on"),
    (mushra("x", 1e300, one=3), "Runtime is not a number of milliseconds, from 0 on"),
    (mushra("x", one=None), "no score"),
    (mushra("x", one="fine"), "score 'fine' is no number"),
    (mushra("x", one=101), "score 101 is out of the scale 0 to 100 (--scale)"),
    (mushra("x", one=50.5), "score 50.5 is off the grid: steps of 1 from 0 (--step)"),
    (mushra("x", **{" ": 5}), "no system"),
    (preferred("x", "A=A, B=B"), "no score"),
    (preferred("x", "A=A, B=B", "C"), "Preference is 'C', but must be A or B"),
    (preferred("x", "A=A, B=A", "A"), "PresentationOrder is 'A=A, B=A', but must be such as 'A=B, B=A'"),
    ({"TestID": "x", "Preference": "A"}, "PresentationOrder is '', but must be such as 'A=B, B=A'"),
    ({"TestID": "x", "Preference": "A", "PresentationOrder": {"A": "B"}}, "PresentationOrder is an object, but must"),
]


@pytest.mark.parametrize(("entry", "said"), BAD)
def test_an_entry_that_is_wrong_is_a_refused_row_and_the_others_count(entry: Any, said: str) -> None:
    found = take(person("a.txt", ANN[0], entry, ANN[1]))
    assert len(found.ratings) == 6
    assert list(why(found)) == [2]
    assert why(found)[2].startswith(said)
    assert found.refused[0].lost


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"TestID": "x", "rating": {"1": 4}}, {"UserName": ["ann"]}]', "a.txt: UserName is a list, but must be text"),
        ('[{"UserName": "TestID"}, {"TestID": 1, "TestID": 2}]', "the key 'TestID' stands twice"),
        ('[{"TestID": "x", "rating": {"1": NaN}}]', "NaN is no number"),
        ('[{"UserName": "ann", "UserEmail": "", "UserComment": ""}]', "a.txt is JSON of no known format"),
        ("[true, false]", "a.txt is JSON of no known format"),
        ('[[{"TestID": "x", "rating": {"1": 4}}]]', "a.txt is JSON of no known format"),
        ('[{"TestID": "x", "rating": {"1": 1}}', "a.txt begins as JSON does, but is none: line 1"),
    ],
)
def test_a_file_that_is_wrong_is_one_line(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=r"^[^\n]+$") as caught:
        take(put("a.txt", text))
    assert said in str(caught.value)


def test_a_question_is_one() -> None:
    with pytest.raises(BadInput, match="--question OVL"):
        take(person("a.txt", ANN[0]), question="OVL,REL")


def test_a_number_too_large_for_any_scale_is_no_score() -> None:
    found = take(put("a.txt", '[{"TestID": "x", "rating": {"one": 1e999, "two": 3}}]'))
    assert why(found) == {1: "score 'inf' is no number"}
    assert scores(found) == [("x", "two", "MUSHRA", 3.0)]


def test_the_command_says_what_it_understands_and_gives_the_means(bench: Bench) -> None:
    files = person("a.txt", *ANN, **SECRET), person("b.txt", *BEN, UserName="ben")
    ran = bench("ratings", *files, "--explain")
    assert (ran.code, ran.err) == (0, "")
    assert "format: beaqlejs\na.txt, b.txt: beaqleJS, 2 people; told by UserEmail (1), UserName (1)\n" in ran.out
    assert "ratings: 9; raters: 2; systems: 1; clips: 2; rows refused: 0; dimensions: MUSHRA (0-100)" in ran.out
    assert not any(secret in ran.out for secret in SECRET.values())
    ran = bench("ratings", *files)
    assert (ran.code, ran.err) == (0, "")
    assert [line.split()[:2] for line in ran.out.splitlines() if line.startswith("one ")] == [["one", "70.00"]]  # 210/3


def test_the_command_gives_the_means_of_preferences(bench: Bench) -> None:
    """Of six answers, A was preferred four times and B twice: 2 / 6."""
    chosen: Sequence[tuple[str, str]] = [("A=A, B=B", "A"), ("A=B, B=A", "B"), ("A=B, B=A", "A")]
    other: Sequence[tuple[str, str]] = [("A=A, B=B", "A"), ("A=A, B=B", "B"), ("A=B, B=A", "B")]
    files = [
        person(f"{name}.txt", *(preferred(f"c{place}", *one) for place, one in enumerate(given)), UserName=name)
        for name, given in (("ann", chosen), ("ben", other))
    ]
    found = json.loads(bench("ratings", *files, "--json").out)
    [question] = found["questions"]
    assert question["dimension"] == "PREF"
    assert [(one["system"], one["n"]) for one in question["systems"]] == [("A vs B", 6)]
    assert question["systems"][0]["mean"] == pytest.approx(1 / 3, abs=1e-12)


def test_what_is_written_is_read_back_to_the_same(bench: Bench) -> None:
    files = person("a.txt", *ANN, **SECRET), person("b.txt", *BEN, preferred("p", "A=B, B=A", "A"), UserName="ben")
    first = bench("ratings", *files, "--test", "t", "-o", "out", "--json")
    assert first.code == 0, first.err
    kept = read_ratings(Path("out/ratings.csv"))
    assert kept == take(*files, test="t").ratings
    assert take(Path("out/ratings.csv")).ratings == kept
    again = json.loads(bench("ratings", "out/ratings.csv", "--json").out)
    assert again["questions"] == json.loads(first.out)["questions"]


def test_nothing_is_written_where_abx_answers_were_lost(bench: Bench) -> None:
    files = person("a.txt", *ANN, True, UserName="ann"), person("b.txt", *BEN, UserName="ben")
    ran = bench("ratings", *files, "--test", "t", "-o", "out")
    assert ran.code == 3
    assert "bench: a.txt row 3: an ABX answer" in ran.err
    assert not Path("out").exists()
    assert bench("ratings", *files, "--test", "t", "-o", "out", "--allow-refused").code == 3
    assert len(read_ratings(Path("out/ratings.csv"))) == 9


def test_a_file_of_abx_answers_alone_has_no_rating(bench: Bench) -> None:
    ran = bench("ratings", person("a.txt", True, UserName="ann"))
    assert (ran.code, ran.out) == (3, "")
    assert "there is no rating of a system under test among the 0 (1 rows were refused)" in ran.err


def test_on_the_command_line_broken_json_is_one_line(bench: Bench) -> None:
    ran = bench("ratings", put("a.txt", '[{"TestID": "x"},'))
    assert (ran.code, ran.out) == (2, "")
    assert one_line(ran.err)
    assert "a.txt begins as JSON does, but is none: line 1" in ran.err
