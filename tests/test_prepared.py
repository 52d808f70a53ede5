"""What ``bench prepare`` leaves behind: read back as it was written, and never taken for what it is not."""

from __future__ import annotations

import dataclasses
import json
import shlex
from pathlib import Path

import pytest

from bench.card import Card
from bench.clip import Clip
from bench.errors import NotEvaluable
from bench.manifest import Item, read_manifest, write_manifest
from bench.prepared import (
    Entry,
    Shelf,
    check_audio,
    conversion,
    data_folder,
    is_stamped,
    list_digest,
    read_clips,
    stamp_audio,
    write_clips,
)
from bench.sources import Captions, Listing

CARD = Card("T", 1, "text-to-audio", Captions(list=Listing(file="a.csv")), seconds=2.0)
ENTRIES = (
    Entry(Clip("a", 'quotes "", commas,\nnew\r\nlines \r and 🔔 جرس'), "a", 30.0),
    Entry(Clip("b", "spoken", "Spoken, as it is."), "a", 0.5),
    Entry(Clip("-c", " blanks "), "-c"),
    Entry(Clip("d", "alone\rCR"), "d", 12345.67),
)


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))


def test_clips_come_back_as_they_were() -> None:
    write_clips(Shelf("s"), CARD, ENTRIES)
    assert read_clips(Shelf("s"), CARD) == ENTRIES


def test_subsets_have_lists_of_their_own_and_share_the_audio() -> None:
    whole, part = Shelf("s"), Shelf("s", "part")
    write_clips(whole, CARD, ENTRIES)
    write_clips(part, CARD, ENTRIES[:1])
    assert (len(read_clips(whole, CARD)), len(read_clips(part, CARD))) == (4, 1)
    assert (whole.audio, whole.manifest) == (part.audio, part.manifest)
    assert (part.name, part.folder) == ("s/part", data_folder() / "s")


def test_a_list_that_was_never_prepared_says_how() -> None:
    with pytest.raises(
        NotEvaluable, match=r"suite s/part has no clip list in .*; get it ready with: bench prepare s/part"
    ):
        read_clips(Shelf("s", "part"), CARD)


def test_a_list_of_another_card_is_not_taken() -> None:
    write_clips(Shelf("s"), CARD, ENTRIES)
    newer = Card("T", 2, "text-to-audio", CARD.captions)
    with pytest.raises(NotEvaluable, match="prepared from another version of its card"):
        read_clips(Shelf("s"), newer)
    other = Card("T", 1, "text-to-audio", Captions(list=Listing(file="b.csv")))
    with pytest.raises(NotEvaluable, match="prepared from another version of its card"):
        read_clips(Shelf("s"), other)
    longer = Card("Other title", 1, "text-to-audio", CARD.captions, seconds=9.0)  # not a matter of the list
    assert read_clips(Shelf("s"), longer) == ENTRIES


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda text: text.replace("spoken", "broken", 1), "has been changed since it was prepared"),
        (lambda text: text.replace('"id"', '"name"', 1), "is damaged"),
        (lambda text: text + '"open', "is damaged"),
        (lambda text: text + "../x,y,,z,\n", "is damaged"),
        (lambda text: text.rpartition('"d",')[0], "has been changed since it was prepared"),
    ],
)
def test_a_list_that_was_touched_is_not_taken(damage, expected: str) -> None:  # type: ignore[no-untyped-def]
    shelf = Shelf("s")
    write_clips(shelf, CARD, ENTRIES)
    shelf.table.write_bytes(damage(shelf.table.read_bytes().decode()).encode())
    with pytest.raises(NotEvaluable, match=expected):
        read_clips(shelf, CARD)


def test_the_digest_of_a_list_is_of_all_that_is_asked_and_of_its_order() -> None:
    known = list_digest(ENTRIES)
    assert known == list_digest(list(ENTRIES))
    assert known != list_digest(ENTRIES[::-1])
    for other in (
        Entry(Clip("z", ENTRIES[1].clip.text, ENTRIES[1].clip.transcription), "a"),
        Entry(Clip("b", "other", ENTRIES[1].clip.transcription), "a"),
        Entry(Clip("b", "spoken", "Otherwise."), "a"),
        Entry(Clip("b", "spoken", "Spoken, as it is."), "b"),
    ):
        assert list_digest((ENTRIES[0], other, *ENTRIES[2:])) != known
    assert list_digest((ENTRIES[0], ENTRIES[1]._replace(start=9.0), *ENTRIES[2:])) == known  # where it was cut from


def test_a_manifest_comes_back_without_what_a_kill_tore() -> None:
    shelf = Shelf("s")
    items = [Item("b", "missing", why="no file"), Item("a", "ready", "x.flac", "0" * 64, "1" * 64, 9.5, 44_100, 2, 0.5)]
    write_manifest(shelf, items)
    assert list(read_manifest(shelf).values()) == [items[1], items[0]]
    shelf.manifest.write_bytes(shelf.manifest.read_bytes()[:-20])
    assert list(read_manifest(shelf)) == ["a"]
    assert read_manifest(Shelf("none")) == {}


def test_audio_goes_before_what_stands_for_it() -> None:
    shelf = Shelf("s")
    shelf.audio.mkdir(parents=True)
    for name in ("a.wav", "a.features", "b.features", ".c.wav.1.tmp", ".d.wav"):
        (shelf.audio / name).touch()
    assert shelf.references() == {"a": shelf.audio / "a.wav", "b": shelf.audio / "b.features"}


@pytest.mark.parametrize("stamp", ["[]", "5", "null", '"x"', "[1]", "{}", '{"made_from": 1, "sha256": []}', "[" * 5000])
def test_a_stamp_of_another_shape_is_not_taken(stamp: str) -> None:
    shelf = Shelf("s")
    write_clips(shelf, CARD, ENTRIES)
    shelf.table.with_suffix(".json").write_text(stamp)
    with pytest.raises(NotEvaluable, match="get it ready with: bench prepare s"):
        read_clips(shelf, CARD)


def test_lines_of_a_manifest_that_are_no_items_are_left_out() -> None:
    shelf = Shelf("s")
    good = {"id": "a", "status": "ready", "seconds": 1, "peak": 0.5}
    wrong = [{**good, "id": ["a"]}, {**good, "status": "lost"}, {**good, "peak": "x"}, {**good, "x": 1}, [], 5, None]
    shelf.folder.mkdir(parents=True)
    shelf.manifest.write_text("".join(json.dumps(line) + "\n" for line in (*wrong, good)) + "[" * 5000)
    assert read_manifest(shelf) == {"a": Item("a", "ready", seconds=1.0, peak=0.5)}


CROPPED = Card("T", 1, "text-to-audio", CARD.captions, seconds=2.0, crop="start")


@pytest.mark.parametrize("changes", [{"rate": 8000}, {"seconds": 9.0}, {"crop": "centre"}, {"resampler": "sinc"}])
def test_audio_that_was_made_otherwise_is_not_taken(changes: dict[str, object]) -> None:
    shelf, other = Shelf("s", "part"), dataclasses.replace(CROPPED, **changes)  # type: ignore[arg-type]
    stamp_audio(Shelf("s"), CROPPED)
    check_audio(shelf, CROPPED)
    assert conversion(other) != conversion(CROPPED)
    with pytest.raises(NotEvaluable) as caught:
        check_audio(shelf, other)
    assert str(caught.value) == (
        "suite s/part: its reference audio was prepared from another version of its card; "
        "get it ready with: bench prepare s/part"
    )


def test_without_a_crop_the_seconds_are_no_matter_of_the_audio() -> None:
    assert conversion(CARD) == conversion(dataclasses.replace(CARD, seconds=9.0, title="Other", version=3))


@pytest.mark.parametrize("stamp", [None, "[]", "{", '{"conversion": 5}', "[" * 5000])
def test_audio_of_which_nobody_says_how_it_was_made_is_not_taken(stamp: str | None) -> None:
    shelf = Shelf("s")
    shelf.folder.mkdir(parents=True)
    if stamp:
        shelf.stamp.write_text(stamp)
    assert not is_stamped(shelf, CARD)


def test_advice_can_be_typed_in_a_shell() -> None:
    shelf = Shelf("own-12345678", "part", asked="my cards/it's.yaml/part", called="it_s")
    assert shlex.split(shelf.command) == ["bench", "prepare", "my cards/it's.yaml/part"]
    assert (shelf.name, shelf.of("").name, shelf.of("rest").name) == ("it_s/part", "it_s", "it_s/rest")
    assert shlex.split(shelf.of("").command)[2:] == ["my cards/it's.yaml"]
    assert shlex.split(shelf.of("").of("rest").command)[2:] == ["my cards/it's.yaml/rest"]
    assert Shelf("audiocaps").of("tango-886").command == "bench prepare audiocaps/tango-886"
