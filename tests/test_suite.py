"""Suites: what changes a hash, and what does not."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from conftest import tone
from recording_files import prepared

from bench.clip import Clip
from bench.errors import BadInput, NotEvaluable
from bench.plugins import chosen_metrics
from bench.prepared import data_folder, stamp_audio
from bench.suite import Suite, plain_name
from bench.suites import card_named, find_card, load_suite, suite_names


def test_every_card_of_the_package_says_what_a_reader_needs() -> None:
    for name in suite_names():
        card = card_named(name)
        assert card.licence
        assert card.title
        assert chosen_metrics(card.metrics)
        assert isinstance(card.captions, str) or card.clips or card.captions.sample
        assert isinstance(card.captions, str) or card.paper


def test_the_papers_suites_have_the_papers_sizes() -> None:
    sizes = {name: card_named(name).clips for name in suite_names()}
    assert {
        "audiocaps": 964,
        "audiocaps/common-880": 880,
        "audiocaps/tango-886": 886,
        "audiocaps/all-4875": 4875,
        "musiccaps": 5471,
        "ljspeech": 523,
        "ljspeech/vits-500": 500,
    }.items() <= sizes.items()


def test_a_suite_that_is_not_prepared_says_how(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "none"))
    with pytest.raises(NotEvaluable, match="get it ready with: bench prepare audiocaps/tango-886"):
        load_suite("audiocaps/tango-886")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", ["audiocap", "audiocaps/tango-887", "../audiocaps", "audiocaps/", "/audiocaps", ""])
def test_an_unknown_suite_is_named_with_the_good_ones(name: str) -> None:
    with pytest.raises(BadInput, match=r"no su(ite|bset of audiocaps) is called '.*'.*; there are: .*"):
        load_suite(name)


def test_the_demo_has_24_clips_of_three_kinds() -> None:
    suite = load_suite("demo")
    assert [clip.id for clip in suite.clips] == [
        f"{kind}-{n:02}" for kind in ("sound", "music", "speech") for n in range(1, 9)
    ]
    assert {clip.seconds for clip in suite.clips} == {4.0}
    assert suite.card.rate == 16_000


def test_a_hash_is_the_same_everywhere_until_the_suite_is_changed() -> None:
    """Pinned: whoever changes the demo's clips must raise its version, and this."""
    assert (load_suite("demo").card.version, load_suite("demo").hash[:8]) == (1, "8f05b1ed")


def changed(suite: Suite, **fields: object) -> Suite:
    first = dataclasses.replace(suite.clips[0], **fields)  # type: ignore[arg-type]
    return dataclasses.replace(suite, clips=(first, *suite.clips[1:]))


@pytest.mark.parametrize(
    "fields", [{"id": "other"}, {"text": "other"}, {"transcription": "other"}, {"seconds": 5.0}], ids=str
)
def test_a_changed_clip_changes_the_hash(fields: dict[str, object]) -> None:
    suite = load_suite("demo")
    assert changed(suite, **fields).hash != suite.hash


def test_where_the_audio_lies_does_not_change_the_hash() -> None:
    suite = load_suite("demo")
    assert changed(suite, reference=Path("/elsewhere.wav"), generated=Path("x.wav")).hash == suite.hash


def test_order_and_limit_change_the_hash() -> None:
    suite = load_suite("demo")
    assert dataclasses.replace(suite, clips=suite.clips[::-1]).hash != suite.hash
    assert suite.limited(8).hash != suite.hash
    assert (len(suite.limited(8).clips), suite.limited(8).size) == (8, 24)
    assert suite.limited(24) is suite
    assert suite.limited(None) is suite


def test_references_in_a_folder_are_found_by_stem(tmp_path: Path) -> None:
    (tmp_path / "refs").mkdir()
    (tmp_path / "refs" / "a.flac").write_bytes(b"x")
    (tmp_path / "c.csv").write_text('﻿id,caption,kind\na,"rain, and\nwind",x\nb,🔔 جرس,y\n', encoding="utf-8")
    card = "title: T\nversion: 2\ntask: text-to-music\ncaptions: c.csv\nreference: refs\nseconds: 2\nmetrics: [x]\n"
    (tmp_path / "own.yaml").write_text(card, encoding="utf-8")
    suite = load_suite(str(tmp_path / "own.yaml"))
    assert suite.clips == (
        Clip("a", "rain, and\nwind", seconds=2, reference=tmp_path / "refs" / "a.flac"),
        Clip("b", "🔔 جرس", seconds=2),
    )
    assert suite.paired


CARD = "title: T\nversion: 1\ntask: text-to-audio\ncaptions: {list: {file: list.csv}}\nreference: {}\n"


@pytest.mark.parametrize("name", ["own.yaml", "..yaml", "...yaml", " .yaml", "a|b.yml"])
def test_cards_of_one_name_have_a_shelf_each(tmp_path: Path, name: str) -> None:
    shelves = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(CARD, encoding="utf-8")
        shelves.append(find_card(f"{folder}/{name}")[1])
    one, two = shelves
    assert one.folder != two.folder
    assert one.folder.parent == two.folder.parent == data_folder()
    assert one.name == two.name == plain_name(Path(name).stem)
    assert one.name not in (".", "..")
    assert find_card(str(tmp_path / "one" / name))[1] == one
    assert find_card(f"two/../one/{name}/part")[1] == dataclasses.replace(one, subset="part")


def test_audio_of_another_version_of_a_card_is_not_scored_against() -> None:
    path = Path("own.yaml")
    path.write_text(CARD.replace("{list: {file: list.csv}}", "list.csv"), encoding="utf-8")
    Path("list.csv").write_text("id,caption\na,rain\n", encoding="utf-8")
    _, shelf = find_card("own.yaml")
    shelf.audio.mkdir(parents=True)
    assert load_suite("own.yaml").lacking == ("a",)
    stamp_audio(shelf, card_named("own.yaml"))
    prepared(shelf, card_named("own.yaml"), {"a": tone()})
    assert load_suite("own.yaml").lacking == ()
    path.write_text(path.read_text(encoding="utf-8") + "rate: 24000\n", encoding="utf-8")
    with pytest.raises(NotEvaluable, match=r"prepared from another version of its card; .* bench prepare own\.yaml$"):
        load_suite("own.yaml")
    shelf.recording("a").rename(shelf.recording("b"))  # of no clip
    assert load_suite("own.yaml").lacking == ("a",)
