"""Listening tests find their table, and a file that can't be read is named and costs no other."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from measured_records import ratings, write_ratings

from bench.paper.hearing import read_hearings, table_of
from bench.paper.reading import load_published

PUBLISHED = load_published()
RESULTS = Path("results")


def table(test_id: str = "t", items: str = "ab", dimensions: str = "OVL", **clips: str) -> str | None:
    known = {name.replace("_", "-"): set(ids) for name, ids in clips.items()}
    return table_of(test_id, set(items), {dimensions}, PUBLISHED, known)


@pytest.mark.parametrize("name", ["text-to-music-pilot", "MusicCaps 2026", "musiccaps", "text-to-music"])
def test_a_test_belongs_to_the_table_that_it_is_named_after(name: str) -> None:
    assert table(name) == "text-to-music"


def test_or_to_the_one_whose_clips_it_is_about() -> None:
    assert table(text_to_audio="abc", text_to_music="xyz") == "text-to-audio"
    assert table(text_to_audio="a") is None
    assert table("musiccapsule", text_to_audio="abc") == "text-to-audio"


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
