"""Cards: sources of captions and recordings, subsets laid over the whole, and every wrong field named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.card import load_card
from bench.errors import BadInput
from bench.sources import Archive, Captions, Hub, Listing, Recordings

WHOLE: dict[str, Any] = {
    "title": "All",
    "version": 2,
    "task": "text-to-audio",
    "captions": {"list": {"file": "list.csv", "caption": "caption"}, "take": 3, "without": ["x"]},
    "reference": {"files": ["Y{recording}", "{recording}_{start}"], "youtube": True},
    "seconds": 10,
    "crop": "start",
    "clips": 100,
    "sha256": "0" * 64,
    "note": "of the whole",
    "subsets": {
        "few": {"title": "Few", "clips": 5, "captions": {"only": {"file": "few.csv"}}},
        "every": {"captions": {"take": -1, "without": []}, "reference": None},
    },
}


def written(fields: Any) -> Path:
    path = Path("own.yaml")
    path.write_text(yaml.safe_dump(fields, sort_keys=False), encoding="utf-8")
    return path


def test_a_card_says_where_captions_and_recordings_come_from() -> None:
    card = load_card(written(WHOLE))
    assert card.captions == Captions(list=Listing(file="list.csv", caption="caption"), take=3, without=("x",))
    assert card.reference == Recordings(files=("Y{recording}", "{recording}_{start}"), youtube=True)
    assert (card.seconds, card.crop, card.clips, card.subsets) == (10.0, "start", 100, ("few", "every"))


def test_a_subset_is_laid_over_the_whole_and_inherits_no_count() -> None:
    card = load_card(written(WHOLE), "few")
    assert isinstance(card.captions, Captions)
    assert (card.title, card.clips, card.sha256, card.note) == ("Few", 5, "", "")
    assert (card.captions.take, card.captions.only) == (3, Listing(file="few.csv"))
    every = load_card(written(WHOLE), "every")
    assert isinstance(every.captions, Captions)
    assert (every.captions.take, every.captions.without, every.clips, every.reference) == (-1, (), None, None)


def test_ways_to_recordings_are_those_of_the_card() -> None:
    assert Recordings().ways == ()
    both = Recordings(hub=Hub(repository="a/b"), archive=Archive(url="https://x/y.tar"), youtube=True)
    assert both.ways == ("hub", "youtube", "archive")


def changed(*path: Any, value: Any) -> dict[str, Any]:
    """The card with one field, however deep, set to another value."""
    copy: dict[str, Any] = yaml.safe_load(yaml.safe_dump(WHOLE))
    inner = copy
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return copy


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "list's field": (changed("captions", "list", "fil", value="x"), "captions: list: no field is called 'fil'"),
    "file with folders": (changed("captions", "list", "file", value="../x"), "'../x', but must be a plain file name"),
    "format": (changed("captions", "list", "format", value="xml"), "format is 'xml', but must be one of csv, tsv"),
    "checksum": (changed("captions", "list", "sha256", value="abc"), "sha256 is 'abc', but must be 64 hex digits"),
    "address": (changed("captions", "list", "url", value="ftp://x"), "url is 'ftp://x', but must begin with https://"),
    "many files": (
        changed("captions", "list", value={"file": "*.tsv", "url": "https://x/y"}),
        "only tables that come with",
    ),
    "pattern": (changed("captions", "list", "pattern", value="(a"), "pattern is '(a', which is no expression"),
    "pattern's group": (changed("captions", "list", "pattern", value="a"), "must have one group, the id"),
    "headless": (changed("captions", "list", "headless", value=True), "headless needs a header"),
    "take": (changed("captions", "take", value=-2), "take is -2"),
    "template": (changed("captions", "template", value="{tags}"), "template goes with the format tags"),
    "a rendering": (changed("reference", value={"system": "foley"}), "reference lacks the field 'seed'"),
    "reference": (changed("reference", value=5), "reference is 5, but must be text or the fields system, seed"),
    "file pattern": (
        changed("reference", "files", value=["{id}"]),
        "files holds '{id}', but patterns have {recording}",
    ),
    "crop": (changed("crop", value="end"), "crop is 'end', but must be one of start, centre, whole"),
    "clips": (changed("clips", value=0), "clips is 0, but must be a whole number from 1"),
    "list digest": (changed("sha256", value="zz"), "sha256 is 'zz', but must be 64 hex digits"),
    "subset's field": (
        changed("subsets", "few", "captions", value={"take": "x"}),
        "card own.yaml, subset few: captions: take is 'x', but must be a whole number",
    ),
    "subset's name": (changed("subsets", "../few", value={}), "subset '../few' must have a plain name"),
    "subset's number": (changed("subsets", 886, value={}), "subset 886 must have a plain name"),
    "draw": (changed("captions", "sample", value=2), "captions: sample is 2 and seed 0, but they go with the format"),
    "nothing known of the reference": (changed("reference", value={"fils": []}), "no field is called 'fils' (did you"),
    "subset of its own": (changed("subsets", "few", "rate", value=8000), "subset few has rate of its own"),
    "subsets": (changed("subsets", value=["a"]), "subsets is ['a'], but must be fields by name"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_field_is_named_in_one_line(case: str) -> None:
    fields, expected = WRONG[case]
    with pytest.raises(BadInput) as caught:
        load_card(written(fields))
    assert expected in str(caught.value)
    assert str(caught.value).startswith("card own.yaml")
    assert "\n" not in str(caught.value)


def test_a_crop_needs_a_length() -> None:
    with pytest.raises(BadInput, match="crop is 'start', but must be whole where the card has no seconds"):
        load_card(written({name: value for name, value in WHOLE.items() if name != "seconds"}))


def test_an_unknown_subset_is_named_with_the_good_ones() -> None:
    with pytest.raises(BadInput, match=r"no subset of own is called 'fews' \(did you mean 'few'"):
        load_card(written(WHOLE), "fews")


@pytest.mark.parametrize("text", ["", "just text", "- a\n- b\n", "a: [\n"])
def test_what_is_no_card_gets_one_line(text: str) -> None:
    Path("own.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_card(Path("own.yaml"))
    assert "\n" not in str(caught.value)


def test_a_reference_without_fields_is_of_recordings_by_their_names() -> None:
    assert load_card(written(changed("reference", value={}))).reference == Recordings()


@pytest.mark.parametrize(("more", "line"), [("rate: 8000\nrate: 16000\n", 2), ("paper: {take: 1, take: 2}\n", 1)])
def test_a_field_that_stands_twice_is_refused(more: str, line: int) -> None:
    path = written(WHOLE)
    first = path.read_text(encoding="utf-8").count("\n")
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    name = "take" if "take" in more else "rate"
    with pytest.raises(BadInput) as caught:
        load_card(path)
    expected = f"the field {name!r} stands there twice, again in line {first + line}"
    assert str(caught.value) == f"card own.yaml: {expected}"


@pytest.mark.parametrize("text", ["title: 2024-13-45", "[" * 5000, "? [a]\n: b", "\0", "a: *b"])
def test_what_yaml_chokes_on_gets_one_line(text: str) -> None:
    Path("own.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"^card own\.yaml") as caught:
        load_card(Path("own.yaml"))
    assert "\n" not in str(caught.value)


def test_anchors_and_merges_are_no_doubled_fields() -> None:
    path = written(WHOLE)
    text = path.read_text(encoding="utf-8").replace("title: All\n", "title: All\nlicence: &l MIT\npaper: *l\n")
    path.write_text(text, encoding="utf-8")
    assert load_card(path).paper == "MIT"
