"""Clip lists made of owners' tables: which rows count, in which order, what is joined, and what contradicts itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.card import Card
from bench.clip import Clip
from bench.errors import BadInput, NotEvaluable
from bench.prepare.captions import check_list, entries
from bench.prepared import Entry, Shelf, list_digest, read_clips, write_clips
from bench.progress import Reporter
from bench.sources import Captions, Listing

TWICE = "id,caption\nb,b one\na,a one\nb,b two\nc,c one\na,a two\nc,c two\n"
ONCE = "id,caption\nb,wind\na,rain\nc,bells\n"
LIST = Listing(file="list.csv", caption="caption")
IDS = Listing(file="ids.csv")


class Tables:
    """Tables in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: dict[str, tuple[Path, ...]] = {}

    def put(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_bytes(text.encode())
        self.found[name] = (path,)

    def made(self, text: str, listing: Listing = LIST, **changes: Any) -> tuple[Entry, ...]:
        self.put(listing.file, text)
        return entries(Captions(list=listing, **changes), self.found, Reporter(quiet=True))

    def texts(self, text: str, **changes: Any) -> list[tuple[str, str]]:
        return [(entry.clip.id, entry.clip.text) for entry in self.made(text, **changes)]

    def refusal(self, text: str, listing: Listing = LIST, **changes: Any) -> str:
        with pytest.raises(BadInput) as caught:
            self.made(text, listing, **changes)
        assert "\n" not in str(caught.value)
        return str(caught.value).replace(f"{self.folder}/", "")


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path)


# Which rows count.


def test_clips_stand_in_the_order_of_the_list(tables: Tables) -> None:
    assert tables.made(ONCE) == tuple(
        Entry(Clip(name, text), name) for name, text in (("b", "wind"), ("a", "rain"), ("c", "bells"))
    )


@pytest.mark.parametrize(("take", "word"), [(1, "one"), (2, "two")])
def test_one_row_of_each_id_can_be_taken(tables: Tables, take: int, word: str) -> None:
    assert tables.texts(TWICE, take=take) == [(name, f"{name} {word}") for name in "bac"]


def test_all_rows_of_each_id_can_be_taken_and_share_its_recording(tables: Tables) -> None:
    found = tables.made(TWICE, take=-1)
    assert [entry.clip.id for entry in found] == ["b-1", "b-2", "a-1", "a-2", "c-1", "c-2"]
    assert [entry.clip.text for entry in found] == ["b one", "b two", "a one", "a two", "c one", "c two"]
    assert [entry.recording for entry in found] == ["b", "b", "a", "a", "c", "c"]


def test_an_id_with_too_few_rows_is_named(tables: Tables) -> None:
    said = tables.refusal(TWICE + "d,d one\n", take=2)
    assert said == "list.csv, line 8: id 'd' has 1 rows, so there is no row 2 to take"
    assert len(tables.made(TWICE + "d,d one\n", take=2, without=("d",))) == 3


def test_doubled_ids_are_named_with_both_lines(tables: Tables) -> None:
    assert tables.refusal(TWICE) == "list.csv, line 4: id 'b' stands there before, in list.csv, line 2"


def test_clips_of_ids_that_look_like_theirs_are_told_apart(tables: Tables) -> None:
    found = tables.made("id,caption\na,x\na-1,y\na-1,z\na-1-1,w\n", take=-1)
    assert [entry.clip.id for entry in found] == ["a-1", "a-1-1", "a-1-2", "a-1-1-1"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"ids": ("LJ001-*",)}, ["LJ001-2", "LJ001-1"]),
        ({"ids": ("LJ001-*", "LJ002-1")}, ["LJ001-2", "LJ002-1", "LJ001-1"]),
        ({"without": ("LJ001-2", "LJ003-1")}, ["LJ002-1", "LJ001-1"]),
        ({"only": IDS}, ["LJ001-2", "LJ002-1"]),
        ({"not_in": IDS}, ["LJ001-1", "LJ003-1"]),
        ({"only": IDS, "ids": ("LJ001-*",)}, ["LJ001-2"]),
        ({"only": IDS, "without": ("LJ001-2",)}, ["LJ002-1"]),
    ],
)
def test_ids_can_be_chosen(tables: Tables, choice: Mapping[str, Any], expected: list[str]) -> None:
    tables.put("ids.csv", "id\nLJ002-1\nLJ001-2\n")
    text = "id,caption\nLJ001-2,x\nLJ002-1,x\nLJ001-1,x\nLJ003-1,x\n"
    assert [name for name, _ in tables.texts(text, **choice)] == expected


def test_ids_of_two_tables_can_be_kept_and_left_out(tables: Tables) -> None:
    tables.put("ids.csv", "id\nc\na\na\n")
    tables.put("bad.py", "BAD = ['a', 'z']\n")
    bad = Listing(file="bad.py", format="python", at="BAD", id="key")
    assert tables.texts(ONCE, only=IDS, not_in=bad) == [("c", "bells")]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"ids": ("a", "x*")}, "'x*' matches no id of list.csv"),
        ({"ids": ("x*", "y*", "z*")}, "'x*' matches no id of list.csv (nor are 2 more)"),
        ({"without": ("a", "x")}, "'x' is to be left out, but is not in list.csv"),
        ({"only": IDS}, "'y' of ids.csv is not in list.csv"),
        ({"ids": ("a",), "without": ("a",)}, "of the 3 ids of list.csv the card leaves none"),
    ],
)
def test_a_choice_that_chooses_nothing_is_named(tables: Tables, choice: Mapping[str, Any], expected: str) -> None:
    tables.put("ids.csv", "id\na\ny\n")
    assert expected in tables.refusal(ONCE, **choice)


# What clips are made of.


def test_what_is_spoken_is_the_prompt_where_there_is_no_other(tables: Tables) -> None:
    listing = Listing(file="list.csv", transcription="said")
    assert tables.made("id,said\na,Hello.\n", listing) == (Entry(Clip("a", "Hello.", "Hello."), "a"),)
    both = Listing(file="list.csv", caption="caption", transcription="said")
    assert tables.made("id,caption,said\na,a man,Hello.\n", both) == (Entry(Clip("a", "a man", "Hello."), "a"),)


def test_several_clips_can_share_a_recording(tables: Tables) -> None:
    listing = Listing(file="list.csv", caption="caption", recording="track")
    found = tables.made("id,caption,track\n1,rain,t\n2,wind,t\n", listing)
    assert [(entry.clip.id, entry.recording) for entry in found] == [("1", "t"), ("2", "t")]


def test_columns_of_another_table_are_joined_by_id(tables: Tables) -> None:
    tables.put("join.csv", "yt,begin,said\na,30,x\nc,1.5,y\nb,0,z\nd,,\n")
    join = Listing(file="join.csv", id="yt", start="begin", transcription="said")
    found = tables.made(ONCE, join=join)
    assert [(entry.clip.id, entry.clip.text, entry.clip.transcription, entry.start) for entry in found] == [
        ("b", "wind", "z", 0.0),
        ("a", "rain", "x", 30.0),
        ("c", "bells", "y", 1.5),
    ]


def test_the_list_itself_comes_before_what_is_joined(tables: Tables) -> None:
    tables.put("join.csv", "id,caption\nb,x\na,y\nc,z\n")
    join = Listing(file="join.csv", caption="caption")
    assert tables.texts(ONCE, join=join)[0] == ("b", "wind")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id,start\na,1\nb,1\n", "list.csv, line 4: join.csv has no row for id 'c'"),
        ("id,start\na,1\nb,1\na,2\n", "join.csv, line 4: id 'a' stands there before, in join.csv, line 2"),
        ("id,start\na,1\nb,\nc,1\n", "join.csv, line 3: start is empty"),
        ("id,start\na,1\nb,x\nc,1\n", "join.csv, line 3: start is 'x', but must be a number of seconds"),
        ("id,start\na,1\nb,nan\nc,1\n", "start is 'nan'"),
        ("id,start\na,1\nb,-1\nc,1\n", "start is '-1'"),
        ("id,start\na,1\nb,inf\nc,1\n", "start is 'inf'"),
    ],
)
def test_a_joined_table_that_does_not_fit_is_refused(tables: Tables, text: str, expected: str) -> None:
    tables.put("join.csv", text)
    said = tables.refusal(ONCE, join=Listing(file="join.csv", start="start"))
    assert expected in said
    assert said.count(", line ") == max(1, expected.count(", line "))  # a place is named once


@pytest.mark.parametrize("caption", ['"a ""loud"" bell, far"', '"one\ntwo"', "🎵 bells", "مطر غزير", " blanks "])
def test_a_caption_is_kept_as_it_stands(tables: Tables, caption: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))
    made = tables.made(f"id,caption\na,{caption}\nb,x\n")
    plain = caption.removeprefix('"').removesuffix('"').replace('""', '"')
    assert made[0].clip.text == plain
    card = Card("Own", 1, "text-to-audio", Captions(list=LIST))
    write_clips(Shelf("own"), card, made)
    assert read_clips(Shelf("own"), card) == made


@pytest.mark.parametrize("empty", ["", "  ", '""', '"\n"'])
def test_an_empty_caption_is_named_by_its_line(tables: Tables, empty: str) -> None:
    assert tables.refusal(f"id,caption\na,x\nb,{empty}\n") == "list.csv, line 3: caption is empty"
    listing = Listing(file="list.csv", transcription="said")
    assert tables.refusal(f"id,said\na,x\nb,{empty}\n", listing) == "list.csv, line 3: said is empty"
    assert len(tables.made(f"id,caption\na,x\nb,{empty}\n", without=("b",))) == 1


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/b", "a\\b", ".hidden", "", "x" * 300, "a:b", "é" * 150, "tab\there", '"line\nbreak"']
)
def test_an_id_that_would_leave_the_folder_is_named_by_its_line(tables: Tables, name: str) -> None:
    said = tables.refusal(f"id,caption\na,x\n{name},y\n")
    assert said.startswith("list.csv, line 3: clip id ")
    assert "can't name a file" in said


def test_a_recording_that_would_leave_the_folder_is_refused_too(tables: Tables) -> None:
    listing = Listing(file="list.csv", caption="caption", recording="track")
    assert "list.csv, line 2: clip id '../x' can't name a file" in tables.refusal(
        "id,caption,track\na,x,../x\n", listing
    )
    assert "list.csv, line 2: track is empty" in tables.refusal("id,caption,track\na,x,\n", listing)


def test_an_id_that_the_pattern_does_not_find_is_named(tables: Tables) -> None:
    listing = Listing(file="list.csv", caption="caption", pattern=r"^(.+)\.wav$")
    assert [entry.clip.id for entry in tables.made("id,caption\na.b.wav,x\n", listing)] == ["a.b"]
    assert "list.csv, line 3: id is 'b.mp3'" in tables.refusal("id,caption\na.wav,x\nb.mp3,y\n", listing)


def test_a_card_without_any_text_is_refused(tables: Tables) -> None:
    said = tables.refusal("id\na\n", Listing(file="list.csv"))
    assert said == "list.csv: the card names neither a column with captions nor one with transcriptions"


def test_captions_of_tags_are_chosen_like_others(tables: Tables) -> None:
    listing = Listing(file="msd_tags.csv", format="tags", id="track_id")
    text = "track_id,tags\nTRC,rock\nTRA,jazz;sax\nTRB,\n"
    assert tables.made(text, listing, template="Music: {tags}.", without=("TRC",)) == (
        Entry(Clip("TRA", "Music: jazz, sax."), "TRA"),
    )


# The list that the card means.


def card(**changes: Any) -> Card:
    return Card("Own", 3, "text-to-audio", Captions(list=LIST), **changes)


def test_a_list_is_held_to_the_cards_number_and_digest(tables: Tables) -> None:
    made = tables.made(ONCE)
    check_list(card(), made)
    check_list(card(clips=3, sha256=list_digest(made)), made)
    wrong = "^the list obtained is not that of version 3 of the card: "
    with pytest.raises(NotEvaluable, match=f"{wrong}it has 3 clips, and must have 4$"):
        check_list(card(clips=4), made)
    with pytest.raises(NotEvaluable, match=f"{wrong}its SHA-256 is {list_digest(made)}, and must be {'0' * 64}$"):
        check_list(card(clips=3, sha256="0" * 64), made)


LONG = "x" * 100_000


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (f"id,caption\n{LONG},a\n{LONG},b\n", {}),
        (f"id,caption\n{LONG},a\n", {}),
        (f"id,caption\n{LONG},a\n", {"take": 2}),
        (f"id,caption\n{LONG},a\n", {"join": IDS}),
        ("id,caption\nb,a\n", {"only": IDS}),
        (f"id,caption,start\na,a,{LONG}\n", {"listing": Listing(file="list.csv", caption="caption", start="start")}),
    ],
)
def test_what_a_message_quotes_is_short_however_long_it_is(tables: Tables, text: str, changes: dict[str, Any]) -> None:
    tables.put("ids.csv", f"id\na{LONG}\n")
    assert len(tables.refusal(text, **changes)) < 1000
