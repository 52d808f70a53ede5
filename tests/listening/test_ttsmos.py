"""tts-mos-test-mturk: both versions, dimensions by name, rejected work kept unless asked, rows that are ratings."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Bench, one_line
from listening_files import put, scores, take, why

from bench.errors import BadInput
from bench.listening.intake import SALT, Imported
from bench.listening.long import read_ratings
from bench.listening.rating import pseudonym


def rated(algorithm: str, file: str, rating: Any) -> dict[str, Any]:
    return {"algorithm": algorithm, "file": file, "rating": rating}


def voted(algorithm: str, file: str, **votes: Any) -> dict[str, Any]:
    return {"algorithm": algorithm, "file": file, "votes": votes}


def assignment(*ratings: Any, **fields: Any) -> dict[str, Any]:
    return {"device": "in-ear", "state": "Approved", "ratings": list(ratings), **fields}


LISTS = {"algorithms": ["alg1", "alg2"], "files": ["f1", "f2"]}
FIRST: dict[str, Any] = {  # v0.0.1
    **LISTS,
    "workers": {
        "W1": {
            "A1": assignment(rated("alg1", "f1", 4), rated("alg2", "f1", 2), worktime=39, device="over-the-ear"),
            "A2": assignment(rated("alg1", "f2", 5), worktime=41, state="Rejected", device=None),
        },
        "W2": {"A3": assignment(rated("alg1", "f1", 3), rated("alg2", "f1", 1), worktime=12.5, device="desktop")},
    },
}
SECOND: dict[str, Any] = {  # v0.0.2
    **LISTS,
    "workers": {
        "W1": {
            "gender": "female",
            "age_group": "18-29",
            "assignments": {
                "A1": assignment(
                    voted("alg1", "f1", naturalness=3, intelligibility=5),
                    voted("alg2", "f1", naturalness=2, intelligibility=4),
                    hit="H1",
                    time="13.07.23 05:08:04",
                ),
            },
        },
        "W2": {
            "gender": "male",
            "age_group": "50+",
            "assignments": {
                "A2": assignment(
                    voted("alg1", "f1", naturalness=4), hit="H1", time="6.7.23 5:08:04", device="no-headphones"
                ),
            },
        },
    },
}


def project(document: Any, name: str = "project.json") -> Path:
    return put(name, json.dumps(document))


def imported(document: Any, **options: Any) -> Imported:
    return take(project(document), **{"question": "NAT", **options})


def test_the_first_version_has_one_rating_without_a_name() -> None:
    found = imported(FIRST)
    assert found.format == "ttsmos"
    assert scores(found) == [
        ("f1", "alg1", "NAT", 4.0),
        ("f1", "alg2", "NAT", 2.0),
        ("f2", "alg1", "NAT", 5.0),
        ("f1", "alg1", "NAT", 3.0),
        ("f1", "alg2", "NAT", 1.0),
    ]
    assert [one.source_row for one in found.ratings] == [1, 2, 3, 4, 5]
    assert {(one.method, one.scale_min, one.scale_max) for one in found.ratings} == {("acr", 1.0, 5.0)}
    with pytest.raises(BadInput, match=r"^project\.json does not say what was asked: give it as --question OVL"):
        imported(FIRST, question=None)


def test_the_second_version_has_votes_in_several_dimensions() -> None:
    found = imported(SECOND, question=None)
    assert scores(found) == [
        ("f1", "alg1", "NATURALNESS", 3.0),
        ("f1", "alg1", "INTELLIGIBILITY", 5.0),
        ("f1", "alg2", "NATURALNESS", 2.0),
        ("f1", "alg2", "INTELLIGIBILITY", 4.0),
        ("f1", "alg1", "NATURALNESS", 4.0),
    ]
    assert [one.source_row for one in found.ratings] == [1, 1, 2, 2, 3]
    assert found.refused == ()


def test_an_assignment_is_a_session_and_its_names_are_pseudonyms() -> None:
    found = imported(FIRST)
    assert [one.rater_id for one in found.sessions] == [pseudonym(SALT, name) for name in ("W1", "W1", "W2")]
    assert [one.session_id for one in found.sessions] == [pseudonym(SALT, f"A{n}", "s") for n in (1, 2, 3)]
    assert {one.session_id for one in found.ratings} == {one.session_id for one in found.sessions}
    assert [one.work_time_s for one in found.sessions] == [39.0, 41.0, 12.5]
    assert [one.output_device_reported for one in found.sessions] == ["over-ear", None, "loudspeaker"]
    assert [(one.platform, one.status) for one in found.sessions] == [
        ("mturk", "complete"), ("mturk", "rejected"), ("mturk", "complete"),
    ]  # fmt: skip
    found = imported(SECOND, question=None)
    assert [(one.finished_at, one.age_band, one.output_device_reported) for one in found.sessions] == [
        ("2023-07-13T05:08:04", "18-29", "in-ear"), ("2023-07-06T05:08:04", "50+", "no-headphones"),
    ]  # fmt: skip
    left = "project.json: the gender of workers and the names of HITs are not kept"
    assert left in found.notes
    assert left not in imported(FIRST).notes


def test_rejected_work_is_kept_and_dropped_only_on_request() -> None:
    found = imported(FIRST)
    assert "project.json: 1 rejected assignments are kept (--drop-rejected leaves them out)" in found.notes
    found = imported(FIRST, drop_rejected=True)
    assert why(found) == {3: "the assignment was rejected (--drop-rejected)"}
    assert not found.refused[0].lost
    assert [one.source_row for one in found.ratings] == [1, 2, 4, 5]
    assert [one.status for one in found.sessions] == ["complete", "complete"]


@pytest.mark.parametrize("lacking", [{"ratings": []}, {"ratings": None}, {"ratings": {"a": 1}}, {}])
@pytest.mark.parametrize("version", [1, 2])
def test_rejected_work_without_ratings_is_asked_to_be_left_out_too(
    bench: Bench, lacking: dict[str, Any], version: int
) -> None:
    document = copy.deepcopy(FIRST if version == 1 else SECOND)
    work = {"A0": {"state": "Rejected", "worktime": 3, **lacking}}
    document["workers"] = {"W0": work if version == 1 else {"assignments": work}, **document["workers"]}
    found = imported(document, drop_rejected=True)
    assert why(found)[1] == "the assignment was rejected (--drop-rejected)"
    assert not any(row.lost for row in found.refused)
    assert f"project.json: {3 - version} rejected assignments are left out" in found.notes
    assert any(f"{5 - version} assignments" in note for note in found.notes)
    ran = bench("ratings", project(document), "--question", "NAT", "--drop-rejected", "--test", "t", "-o", "out")
    assert ran.code == 0, ran.err
    assert Path("out/ratings.csv").exists()
    assert imported(document).refused[0].why.startswith("ratings is ")
    assert imported(document).refused[0].lost


def test_both_versions_and_files_without_lists_are_read_together() -> None:
    plain = {"workers": {"W9": {"A9": assignment(rated("alg9", "f9", "4"))}}}
    found = take(project(FIRST, "a.json"), project(SECOND, "b.json"), project(plain, "c.json"), question="OVL")
    assert len(found.ratings) == 11
    assert scores(found)[-1] == ("f9", "alg9", "OVL", 4.0)
    assert found.format == "ttsmos"


BAD_RATINGS: list[tuple[Any, str]] = [
    (3, "a rating is a number, but must be an object"),
    ({}, "a rating is an object without anything in it"),
    ({"algorithm": "alg1", "file": "f1"}, "neither votes nor rating; it has: algorithm, file"),
    ({"algorithm": "alg1", "file": "f1", "NAT": 4}, "neither votes nor rating; it has: algorithm, file, NAT"),
    ({"file": "f1", "rating": 3}, "no system"),
    ({"algorithm": "alg1", "rating": 3}, "no item"),
    (rated("alg7", "f1", 3), "algorithm 'alg7' is none of those that the file lists"),
    (rated("alg1", "f7", 3), "file 'f7' is none of those that the file lists"),
    ({"algorithm": ["alg1"], "file": "f1", "rating": 3}, "algorithm is a list, but must be text or a number"),
    (rated("alg1", "f1", True), "the vote on 'NAT' is true or false, but must be text or a number"),
    (rated("alg1", "f1", None), "no score"),
    (rated("alg1", "f1", "good"), "score 'good' is no number"),
    (rated("alg1", "f1", 9), "score 9 is out of the scale 1 to 5 (--scale)"),
    (voted("alg1", "f1"), "votes is an object without anything in it"),
    ({"algorithm": "alg1", "file": "f1", "votes": [3]}, "votes is a list, but must be an object"),
    (voted("alg1", "f1", clear={"a": 1}), "the vote on 'clear' is an object, but must be text or a number"),
    (voted("alg1", "f1", **{" ": 3}), "no dimension"),
]


@pytest.mark.parametrize(("rating", "said"), BAD_RATINGS)
def test_a_rating_that_is_wrong_is_a_refused_row_and_the_others_count(rating: Any, said: str) -> None:
    document = copy.deepcopy(FIRST)
    document["workers"]["W1"]["A1"]["ratings"].insert(1, rating)
    found = imported(document)
    assert why(found) == {2: said}
    assert [one.source_row for one in found.ratings] == [1, 3, 4, 5, 6]
    assert found.refused[0].lost


BAD_PEOPLE: list[tuple[Any, str]] = [
    ([], "a worker is a list, but must be an object"),
    ({}, "a worker is an object without anything in it"),
    ({"assignments": [1]}, "assignments is a list, but must be an object"),
    ({"age_group": "18-29", "assignments": {}}, "assignments is an object without anything in it"),
    ({"A0": 4}, "an assignment is a number, but must be an object"),
    ({"A0": {"state": "Approved"}}, "ratings is nothing, but must be a list"),
    ({"A0": {"ratings": {"a": 1}}}, "ratings is an object, but must be a list"),
    ({"A0": {"ratings": []}}, "ratings is a list without anything in it"),
    ({"A0": {"state": ["Approved"], "ratings": [rated("alg1", "f1", 3)]}}, "state is a list, but must be text"),
    ({"": {"ratings": [rated("alg1", "f1", 3)]}}, "no AssignmentId"),
    ({"age_group": [1], "assignments": {"A0": assignment(rated("alg1", "f1", 3))}}, "age_group is a list, but must"),
]


@pytest.mark.parametrize(("person", "said"), BAD_PEOPLE)
def test_a_worker_or_assignment_that_is_wrong_is_a_refused_row_and_the_others_count(person: Any, said: str) -> None:
    found = imported({**FIRST, "workers": {"W0": person, **FIRST["workers"]}})
    assert list(why(found)) == [1]
    assert why(found)[1].startswith(said)
    assert [one.source_row for one in found.ratings] == [2, 3, 4, 5, 6]


def test_a_worker_without_a_name_is_nobody() -> None:
    found = imported({"workers": {" ": {"A0": assignment(rated("alg1", "f1", 3))}, **FIRST["workers"]}})
    assert why(found) == {1: "no WorkerId"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"workers": {}}, "project.json is tts-mos-test-mturk's, but has no workers"),
        ({"workers": []}, "project.json is JSON of no known format"),
        ({"algorithms": "alg1"}, "project.json: algorithms is text, but must be a list"),
        ({"algorithms": []}, "project.json: algorithms is a list without anything in it"),
        ({"files": [["f1"]]}, "project.json: one of files is a list, but must be text or a number"),
    ],
)
def test_a_project_that_is_wrong_is_one_line(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=r"^[^\n]+$") as caught:
        imported({**FIRST, **change})
    assert said in str(caught.value)


def test_times_that_can_t_be_read_are_counted() -> None:
    given = assignment(rated("alg1", "f1", 3), time="Mon Mar 06 08:59:21 PST 2023", worktime="long")
    found = imported({"workers": {"W": {"A": given}}})
    assert (found.sessions[0].finished_at, found.sessions[0].work_time_s) == (None, None)
    assert "project.json: 1 times are not such as 13.07.23 05:08:04, and are left out" in found.notes
    assert "project.json: 1 worktimes are no numbers of seconds, and are left out" in found.notes
    assert not any("left out" in note for note in imported(SECOND, question=None).notes)


def test_a_scale_that_is_wrong_refuses_the_file_and_the_same_rating_counts_once() -> None:
    document = {"workers": {"W": {"A": assignment(*[rated("alg1", f"f{n}", 60 if n < 3 else 3) for n in range(9)])}}}
    with pytest.raises(BadInput, match=r"^project\.json: 3 of 9 rows are out of the scale, the first of them row 1"):
        imported(document)
    assert len(imported(document, allow_refused=True).ratings) == 6
    twice = {"workers": {"W": {"A": assignment(rated("alg1", "f1", 3), rated("alg1", "f1", 3))}}}
    assert why(imported(twice)) == {2: "duplicate: the same rating stands in project.json, row 1"}


def test_the_command_says_what_it_understands_and_gives_the_means(bench: Bench) -> None:
    path = project(SECOND)
    ran = bench("ratings", path, "--explain")
    assert (ran.code, ran.err) == (0, "")
    assert (
        "format: ttsmos\nproject.json: tts-mos-test-mturk, 2 assignments; row N is the file's Nth rating\n" in ran.out
    )
    assert "ratings: 5; raters: 2; systems: 2; clips: 1; rows refused: 0" in ran.out
    found = json.loads(bench("ratings", project(FIRST), "--question", "NAT", "--json").out)
    [question] = found["questions"]
    assert [(one["system"], one["mean"]) for one in question["systems"]] == [("alg1", 4.0), ("alg2", 1.5)]
    found = json.loads(bench("ratings", project(FIRST), "--question", "NAT", "--drop-rejected", "--json").out)
    assert [one["mean"] for one in found["questions"][0]["systems"]] == [3.5, 1.5]


def test_what_is_written_is_read_back_to_the_same(bench: Bench) -> None:
    path = project(SECOND)
    first = bench("ratings", path, "--test", "t", "-o", "out", "--json")
    assert first.code == 0, first.err
    kept = read_ratings(Path("out/ratings.csv"))
    assert kept == take(path, test="t").ratings
    whole = take(Path("out/ratings.csv"), Path("out/sessions.csv"))
    assert whole.ratings == kept
    assert whole.sessions == take(path, test="t").sessions
    assert "W1" not in Path("out/ratings.csv").read_text(encoding="utf-8")
    again = json.loads(bench("ratings", "out/ratings.csv", "--json").out)
    assert again["questions"] == json.loads(first.out)["questions"]


def test_on_the_command_line_a_wrong_project_is_one_line(bench: Bench) -> None:
    for document in ({**FIRST, "files": 3}, {**FIRST, "workers": None}, FIRST):
        ran = bench("ratings", project(document))
        assert (ran.code, ran.out) == (2, "")
        assert one_line(ran.err)
        assert "project.json" in ran.err
