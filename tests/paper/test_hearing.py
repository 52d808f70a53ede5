"""Listening tests find their table, and a file that can't be read is named and costs no other."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from measured_records import ratings, write_ratings

from bench.listening.long import ratings_csv
from bench.paper.hearing import read_hearings, table_of
from bench.paper.reading import load_published

PUBLISHED = load_published()
RESULTS = Path("results")


def table(test_id: str = "t", items: str = "ab", dimensions: str = "OVL", **clips: str) -> str | None:
    known = {name: set(ids) for name, ids in clips.items()}
    return table_of(test_id, set(items), {dimensions}, PUBLISHED, known)


@pytest.mark.parametrize("name", ["text-to-music-pilot", "MusicCaps 2026", "musiccaps", "text-to-music"])
def test_a_test_belongs_to_the_table_that_it_is_named_after(name: str) -> None:
    assert table(name) == "text-to-music"


def test_or_to_the_one_whose_clips_it_is_about() -> None:
    assert table(audiocaps="abc", musiccaps="xyz") == "text-to-audio"
    assert table(audiocaps="a") is None
    assert table("musiccapsule", audiocaps="abc") == "text-to-audio"


@pytest.mark.parametrize(
    ("dimension", "expected"), [("MOS", "text-to-speech"), ("NAT", "text-to-speech"), ("OVL", None)]
)
def test_or_to_the_only_one_with_its_dimension(dimension: str, expected: str | None) -> None:
    assert table(dimensions=dimension) == expected


def test_tests_are_read_from_files_and_from_folders() -> None:
    write_ratings(ratings({"a": 3.0}, test_id="audiocaps-1"), name="one")
    write_ratings(ratings({"a": 3.0}, test_id="audiocaps-2"), name="two")
    (RESULTS / "listening" / "three").mkdir()
    write_ratings(ratings({"a": 3.0}, test_id="audiocaps-3"), name="three/ratings")
    (RESULTS / "listening" / "stimuli.csv").write_text("stimulus_id,item_id,system_id\n", encoding="utf-8")
    found = read_hearings(RESULTS, PUBLISHED, {})
    assert sorted(one.test_id for one in found.found) == ["audiocaps-1", "audiocaps-2", "audiocaps-3"]
    assert found.damaged == []


def test_a_damaged_file_is_named_and_costs_no_other() -> None:
    write_ratings(ratings({"a": 3.0}))
    (RESULTS / "listening" / "broken.csv").write_text("rater,score\n1,2\n", encoding="utf-8")
    found = read_hearings(RESULTS, PUBLISHED, {})
    assert [one.test_id for one in found.found] == ["audiocaps-pilot"]
    assert len(found.damaged) == 1
    assert "broken.csv" in found.damaged[0]


def test_a_test_in_which_nothing_counts_is_named() -> None:
    write_ratings([dataclasses.replace(one, excluded=True) for one in ratings({"a": 3.0})])
    found = read_hearings(RESULTS, PUBLISHED, {})
    assert found.found == []
    assert "no rating of a system that counts" in found.damaged[0]


def test_without_a_folder_there_is_no_test() -> None:
    assert read_hearings(RESULTS, PUBLISHED, {}) == ([], [])


def copied(name: str, to: str) -> Path:
    """The same file again, where ``bench ratings --output`` leaves one."""
    path = RESULTS / "listening" / to / "ratings.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes((RESULTS / "listening" / f"{name}.csv").read_bytes())
    return path


def test_a_test_that_lies_there_twice_counts_once() -> None:
    given = ratings({"a": 3.0, "b": 2.0})
    write_ratings(given, name="x")
    copied("x", "x")
    (RESULTS / "listening" / "x.csv").write_text(ratings_csv(given[::-1]), encoding="utf-8")
    found = read_hearings(RESULTS, PUBLISHED, {})
    assert found.damaged == []
    assert [len(one.ratings) for one in found.found] == [96]


@pytest.mark.parametrize("change", [{"score": 5.0}, {"excluded": True}, {"rater_id": "another"}])
def test_two_tests_of_one_name_are_refused_by_both_their_files(change: dict[str, Any]) -> None:
    given = ratings({"a": 3.0}, test_id="test")
    write_ratings(given, name="x")
    (RESULTS / "listening" / "y").mkdir()
    write_ratings([dataclasses.replace(given[0], **change), *given[1:]], name="y/ratings")
    write_ratings(ratings({"a": 3.0}, test_id="other"), name="z")
    found = read_hearings(RESULTS, PUBLISHED, {})
    assert [one.test_id for one in found.found] == ["other"]
    (line,) = found.damaged
    for words in ("'test'", "x.csv", "y/ratings.csv", "--test NAME"):
        assert words in line


def test_a_rating_that_stands_there_again_counts_once_unless_nobody_is_known_to_have_given_it() -> None:
    given = ratings({"a": 3.0})
    write_ratings([*given, *given[:3]])
    found = read_hearings(RESULTS, PUBLISHED, {})
    assert [len(one.ratings) for one in found.found] == [48]
    assert len(found.damaged) == 1
    assert "3 ratings stand there again, and count once" in found.damaged[0]
    write_ratings([dataclasses.replace(one, rater_id=None) for one in [*given, *given[:3]]])
    found = read_hearings(RESULTS, PUBLISHED, {})
    assert [len(one.ratings) for one in found.found] == [51]
    assert found.damaged == []


def test_the_suites_whose_clips_were_rated_are_known() -> None:
    write_ratings(ratings({"a": 3.0}, "MOS", "pilot"))
    (found,) = read_hearings(RESULTS, PUBLISHED, {"demo": set("abcdefgh"), "other": set("abc")}).found
    assert found.suites == ("demo",)
    assert found.table is None  # MOS alone would say text-to-speech, but these are the demo's clips


def test_several_scales_are_said_apart() -> None:
    given = [*ratings({"a": 3.0}), *(dataclasses.replace(one, scale_max=7.0) for one in ratings({"a": 3.0}, "REL"))]
    write_ratings(given)
    (found,) = read_hearings(RESULTS, PUBLISHED, {}).found
    assert found.size(("OVL", "REL")).endswith("; scale 1 to 5 (OVL), 1 to 7 (REL).")
    assert found.size(("REL",)).endswith("48 ratings, 0 more excluded; scale 1 to 7.")
