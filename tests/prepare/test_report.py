"""What is said of a prepared suite: every number agrees with the others, and nothing is left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.manifest import Item
from bench.prepare.report import Report, Subset
from bench.prepared import Shelf

READY = {name: Item(name, "ready", peak=0.5) for name in ("a", "b")}
BAD = {
    "a1": Item("a1", "missing", why="no file of that name"),
    "a2": Item("a2", "missing", why="no file of that name"),
    "vid": Item("vid", "missing", why="[youtube] vid: Video unavailable"),
    "gone": Item("gone", "missing", why="[youtube] gone: Video unavailable"),
    "a": Item("a", "refused", why="a.wav is truncated: 10 of 20 bytes of samples"),
    "c": Item("c", "refused", why="Yc_30.wav is truncated: 10 of 20 bytes of samples"),
}


def report(items: dict[str, Item], **more: object) -> Report:
    fields = {"subsets": (), "unused": (), **more}
    return Report("bench prepare my/own.yaml", "own", Path("/data/own"), 7, "f" * 64, items, ("hub",), **fields)  # type: ignore[arg-type]


def test_all_is_ready() -> None:
    made = report(READY, subsets=(Subset("own", 2, 2), Subset("own/part", 1, 1)))
    assert made.lines() == [
        "own: 7 clips, list ffffffff",
        "2 of 2 recordings are ready in /data/own",
        "own: complete",
        "own/part: complete",
    ]
    assert made.lacking == {}


def test_reasons_that_differ_by_the_name_alone_are_one_line() -> None:
    made = report({"b": READY["b"], **BAD}, subsets=(Subset("own", 1, 7),))
    assert made.lines()[1:] == [
        "1 of 7 recordings are ready in /data/own",
        "2 missing (no file of that name): a1, a2",
        "2 missing ([youtube] …: Video unavailable): vid, gone",
        "2 refused (….wav is truncated: 10 of 20 bytes of samples): a, c",
        "own: 1 of 7",
        "get the rest with: bench prepare my/own.yaml --audio FOLDER or --from hub",
    ]


@pytest.mark.parametrize("name", ["o", "no", "file", "of", "f"])
def test_a_name_that_is_a_part_of_the_reason_garbles_nothing(name: str) -> None:
    made = report({name: Item(name, "missing", why="no file of that name")})
    said = "… file of that name" if name == "no" else "no file of that name"
    assert made.lines()[2] == f"1 missing ({said}): {name}"


def test_a_subset_that_is_not_known_says_how_and_why() -> None:
    assert Subset("own/a", how="bench prepare own/a").line == "own/a: not known yet (bench prepare own/a)"
    refused = Subset("own/a", how="bench prepare own/a", why="a.csv can't be downloaded")
    assert refused.line == "own/a: not known yet, since a.csv can't be downloaded (bench prepare own/a)"
    assert not refused.complete


def test_many_are_counted_and_five_of_them_named() -> None:
    items = {f"c{index}": Item(f"c{index}", "missing", why="not fetched") for index in range(12)}
    assert "12 missing (not fetched): c0, c1, c2, c3, c4 and 7 more" in report(items).lines()


def test_silent_ones_and_files_of_none_are_named() -> None:
    quiet = {"q": Item("q", "ready", peak=9e-5), "r": Item("r", "ready", peak=2e-4)}
    made = report(quiet, unused=(Path("x/else.wav"), Path("y/more.wav")))
    assert "1 silent: q" in made.lines()
    assert "2 files are of none of them: else.wav, more.wav" in made.lines()
    assert (made.fields()["silent"], made.fields()["unused"]) == (["q"], 2)


def test_the_numbers_agree() -> None:
    said = report({**BAD, "b": READY["b"]}, subsets=(Subset("own", 1, 7),)).fields()
    assert said["recordings"] == said["ready"] + len(said["lacking"]) == 7
    assert said["subsets"] == {"own": {"ready": 1, "recordings": 7}}
    assert json.loads(json.dumps(said)) == said
    assert "/data" not in json.dumps(said)  # the same on every machine


def test_what_is_known_by_features_is_not_lacking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DATA", str(tmp_path))
    shelf = Shelf("own")
    shelf.audio.mkdir(parents=True)
    shelf.features_only("a1").write_text("{}")
    shelf.features_only("b").write_text("{}")  # whose audio is here
    made = report({"b": READY["b"], **BAD}).with_features(shelf)
    assert sorted(made.lacking) == ["a", "a2", "c", "gone", "vid"]
    assert "1 are known by imported features: a1" in made.lines()
    assert made.fields()["features"] == ["a1"]


def test_a_suite_without_reference_audio_lacks_none() -> None:
    assert report({}).lines() == ["own: 7 clips, list ffffffff", "it has no reference audio"]


def test_reasons_that_differ_by_numbers_are_one_line() -> None:
    items = {
        "a": Item("a", "refused", why="Ya.wav is truncated: 10 of 20 bytes"),
        "b": Item("b", "refused", why="b_30.wav is truncated: 11 of 20 bytes"),
        "c": Item("c", "refused", why="Yc.wav: 44101 Hz can't be brought to 16000 Hz"),
        "d": Item("d", "refused", why="d.flac: 44101 Hz can't be brought to 16000 Hz"),
        "e": Item("e", "refused", why="Ye.flac: 44101 Hz can't be brought to 16000 Hz"),
        "f": Item("f", "missing", why="2 files claim it: f.wav and x/f.wav"),
    }
    assert report(items).lines()[2:-1] == [
        "2 refused (….wav is truncated: … of … bytes): a, b",
        "1 refused (….wav: 44101 Hz can't be brought to 16000 Hz): c",
        "2 refused (….flac: 44101 Hz can't be brought to 16000 Hz): d, e",
        "1 missing (2 files claim it: f.wav and x/f.wav): f",
    ]


def test_short_ones_are_named_where_the_card_says_how_long_they_should_be() -> None:
    items = {name: Item(name, "ready", peak=0.5, seconds=seconds) for name, seconds in (("a", 8.99), ("b", 9.0))}
    assert "1 shorter than 9 s, where systems are asked for 10 s: a" in report(items, seconds=10.0).lines()
    assert not any("shorter" in line for line in report(items).lines())
