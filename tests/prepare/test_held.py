"""What a suite was first made of is held to, once it is known to be good; until then the server is asked again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import Bench, one_line, tree
from recording_files import NAMES, edited, folder, own_card, recordings, shelf, tar, zipped
from server import Site

from bench.errors import BadInput
from bench.prepare.held import held_digest, hold
from bench.prepared import Shelf
from bench.suites import load_suite
from bench.weights import digest_of

pytestmark = pytest.mark.usefixtures("online")
PREPARE = ("prepare", "own.yaml", "--lists", "lists", "--quiet")
WORDS = ("prepare", "own.yaml", "--quiet")


def held() -> dict[str, str]:
    place = shelf().folder / "held.json"
    return dict(json.loads(place.read_bytes())) if place.is_file() else {}


def kept() -> list[str]:
    """What lies on the shelf, but for its lock."""
    return sorted(path for path in tree(shelf().folder) if not path.startswith(".") and "/." not in path)


# Digests.


def test_the_first_digest_is_held_to_by_address(home: Path) -> None:
    one, other = Shelf("one"), Shelf("other")
    assert held_digest(one, "http://a") == ""
    Path("x").write_bytes(b"x")
    hold(one, "http://a", Path("x"))
    first = held_digest(one, "http://a")
    assert len(first) == 64
    Path("x").write_bytes(b"y")
    hold(one, "http://a", Path("x"))
    hold(one, "http://b", Path("x"))
    hold(one, "", Path("x"))
    assert held_digest(one, "http://a") == first
    assert held_digest(one, "http://b") not in ("", first)
    assert (held_digest(one, ""), held_digest(other, "http://a")) == ("", "")


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"http://a": 5}', "\xff"])
def test_what_is_held_is_never_lost_in_silence(home: Path, damage: str) -> None:
    Shelf("one").folder.mkdir(parents=True)
    (Shelf("one").folder / "held.json").write_bytes(damage.encode("latin-1"))
    with pytest.raises(BadInput, match=r"one/held\.json is damaged: remove it, and what comes next is held to$"):
        held_digest(Shelf("one"), "http://a")


# A bad first download.

GOOD = b"id,caption\n" + b"".join(b"%s,caption of %s\n" % (name.encode(), name.encode()) for name in NAMES)
BAD = {
    "an error as JSON": b'{"error":"rate limit exceeded"}',
    "cut off in a row": GOOD[:-20],
    "cut off between rows": GOOD[: GOOD.index(b"c3")],
    "empty": b"",
    "a page behind a byte order mark": b"\xef\xbb\xbf<!DOCTYPE html><title>Busy</title>",
    "a page as XML": b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><p>Busy',
    "a page with words before it": b"Busy. <html>",
}


def with_address(site: Site, more: str = "clips: 6\n") -> None:
    own_card(more=more)
    edited("file: list.csv,", f'file: list.csv, url: "{site.url("list.csv")}",')


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_first_table_is_not_kept_and_the_server_is_asked_again(bench: Bench, site: Site, bad: str) -> None:
    with_address(site)
    site.files["list.csv"] = BAD[bad]
    site.headers["list.csv"] = {"Content-Length": None}
    for _ in range(2):
        ran = bench(*WORDS)
        assert ran.code in (2, 3)
        assert one_line(ran.err), ran.err
        assert str(shelf().folder) not in ran.err  # no path of what was not kept
        assert (held(), kept()) == ({}, [])
    assert len(site.asked) == 2
    site.files["list.csv"] = GOOD
    assert bench(*WORDS).code == 3  # for want of audio alone
    assert len(load_suite("own.yaml").clips) == 6
    assert list(held()) == [site.url("list.csv")]
    assert bench(*WORDS).code == 3
    assert len(site.asked) == 3


def test_a_copy_of_ones_own_is_taken_after_a_bad_download(bench: Bench, site: Site) -> None:
    with_address(site, "")
    site.files["list.csv"] = BAD["an error as JSON"]
    ran = bench(*WORDS)
    assert (ran.code, ran.err.count(site.url("list.csv"))) == (2, 1)
    assert "lacks 'id'" in ran.err or "no column is called 'id'" in ran.err
    assert ran.err.endswith("; it was not kept\n")
    assert bench(*PREPARE).code == 3
    assert len(load_suite("own.yaml").clips) == 6


def test_a_bad_download_takes_no_place_of_what_was_good(bench: Bench, site: Site) -> None:
    with_address(site)
    folder(recordings())
    assert bench(*PREPARE, "--audio", "mine").code == 0
    (shelf().folder / "held.json").unlink()
    before = tree(shelf().folder)
    site.files["list.csv"] = BAD["cut off in a row"]
    ran = bench(*WORDS)
    assert ran.code in (2, 3)
    assert tree(shelf().folder) == before
    assert bench("run", "--system", "noise", "--suite", "own.yaml").code == 0


def damaged(data: bytes, *names: str) -> bytes:
    """A zip of which some members, stored as they are, are not what their checksums say."""
    for name in names:
        at = data.index(name.encode()) + 10_000
        data = data[:at] + bytes(value ^ 0x5A for value in data[at : at + 9]) + data[at + 9 :]
    return data


READABLE = {  # to their end, as archives: what is wrong shows once recordings are wanted of them
    "every recording is damaged": damaged(zipped(recordings()), *recordings()),
    "another archive": zipped({"readme.txt": b"This is not the archive that you look for."}),
}
BAD_ARCHIVES = READABLE | {
    "an error as JSON": b'{"error":"rate limit exceeded"}',
    "cut off": tar(recordings(), "gz")[:100_000],
    "empty": b"",
    "a page behind a byte order mark": BAD["a page behind a byte order mark"],
}


LISTED = ["audio.json", "clips.csv", "clips.json", "lists/list.csv", "manifest.jsonl"]


def with_archive(site: Site, name: str) -> None:
    own_card(reference=f'{{archive: {{url: "{site.url(name)}"}}}}')


@pytest.mark.parametrize("name", ["own.tar.gz", "own.zip"])
@pytest.mark.parametrize("bad", BAD_ARCHIVES)
def test_a_bad_first_archive_is_not_kept_and_the_server_is_asked_again(
    bench: Bench, site: Site, bad: str, name: str
) -> None:
    with_archive(site, name)
    site.files[name] = BAD_ARCHIVES[bad]
    site.headers[name] = {"Content-Length": None}
    for _ in range(2):
        ran = bench(*PREPARE, "--from", "archive")
        assert (ran.code, one_line(ran.err)) == (3, True), ran.err
        assert f"{name} " in ran.err
        assert site.url(name) in ran.err
        assert (held(), kept()) == ({}, LISTED if bad in READABLE else [])
    assert len(site.asked) == 2
    site.files[name] = zipped(recordings()) if name.endswith("zip") else tar(recordings(), "gz")
    ran = bench(*PREPARE, "--from", "archive")
    assert (ran.code, ran.err) == (0, "")
    assert list(held()) == [site.url(name)]


def test_an_archive_that_was_good_is_held_to(bench: Bench, site: Site) -> None:
    with_archive(site, "own.zip")
    site.files["own.zip"] = zipped(recordings())
    assert bench(*PREPARE, "--from", "archive").code == 0
    (shelf().audio / "c1.wav").unlink()
    site.files["own.zip"] = zipped(recordings(seconds=2.0))
    ran = bench(*PREPARE, "--from", "archive")
    assert (ran.code, one_line(ran.err)) == (3, True)
    assert f"as the first time (to take another, remove {shelf().folder / 'held.json'}); it was not kept" in ran.err
    assert not (shelf().folder / "own.zip").exists()


FROM = (*PREPARE, "--from", "archive")


def test_an_archive_of_which_some_recordings_are_damaged_gives_the_others_and_is_not_held_to(
    bench: Bench, site: Site
) -> None:
    with_archive(site, "own.zip")
    site.files["own.zip"] = damaged(zipped(recordings()), "c1.wav", "c4.wav")
    ran = bench("prepare", "own.yaml", "--lists", "lists", "--from", "archive")
    assert ran.code == 3
    said = f"own.zip from {site.url('own.zip')} is damaged: c1, c4 can't be read from the archive: Bad CRC-32"
    assert f"{said}; what could be read was converted\n" in ran.err
    assert "4 of 6 recordings are ready" in ran.out
    assert "2 refused (….wav can't be read from its archive: Bad CRC-32): c1, c4\n" in ran.out
    assert (held(), kept().count("own.zip")) == ({}, 1)
    site.files["own.zip"] = zipped(recordings())
    assert bench(*FROM).code == 0
    assert (list(held()), len(site.asked)) == ([site.url("own.zip")], 2)
    assert not [path for path in kept() if path.startswith("own.zip")]


def test_where_such_an_archive_can_not_be_had_again_the_one_that_is_here_is_read(bench: Bench, site: Site) -> None:
    with_archive(site, "own.zip")
    data = damaged(zipped(recordings()), "c1.wav")
    site.files["own.zip"] = data
    assert bench(*FROM).code == 3
    (shelf().audio / "c2.wav").unlink()
    for bad in ({}, {"own.zip": b"busy"}):
        site.files = bad
        ran = bench(*FROM[:-3], "--from", "archive")
        assert ran.code == 3
        assert "; the own.zip of an earlier time is taken\n" in ran.err
        assert "5 of 6 recordings are ready" in ran.out
        assert ((shelf().folder / "own.zip").read_bytes(), held()) == (data, {})


def test_a_zip_with_a_member_that_can_not_be_opened_gives_the_others(bench: Bench, site: Site) -> None:
    with_archive(site, "own.zip")
    data = bytearray(zipped(recordings()))
    data[data.index(b"PK\3\4")] = 0  # the header of c0.wav
    site.files["own.zip"] = bytes(data)
    ran = bench("prepare", "own.yaml", "--lists", "lists", "--from", "archive")
    assert (ran.code, held()) == (3, {})
    assert "is damaged: c0 can't be read from the archive: Bad magic number for file header; what could" in ran.err
    assert "5 of 6 recordings are ready" in ran.out


def test_ones_own_damaged_archive_gives_what_can_be_read_and_is_named(bench: Bench) -> None:
    own_card()
    folder({"own.zip": damaged(zipped(recordings()), "c1.wav")})
    ran = bench(*PREPARE, "--audio", "mine/own.zip")
    assert ran.code == 2
    assert ran.err == "bench: mine/own.zip is damaged: c1 can't be read from the archive: Bad CRC-32\n"
    assert load_suite("own.yaml").lacking == ("c1",)


TWO = 'subsets:\n  part: {captions: {ids: ["c[0-2]"]}}\n  rest: {captions: {ids: ["c[3-5]"]}}\n'


@pytest.mark.parametrize("given", [True, False])
def test_an_archive_that_is_not_read_to_its_end_need_not_come_again(bench: Bench, site: Site, given: bool) -> None:
    with_archive(site, "own.zip")
    site.files["own.zip"] = zipped(recordings(NAMES[:3]))
    if given:  # part of the recordings were converted, as before an interrupt, and nobody came to hold to it
        assert bench(*FROM).code == 3
        place = shelf().folder / "own.zip"
        place.with_name("own.zip.json").write_text(json.dumps({"url": site.url("own.zip"), "sha256": digest_of(place)}))
        (shelf().folder / "held.json").unlink()
    else:  # the table could not be had
        ran = bench(*WORDS, "--from", "archive")
        assert (ran.code, one_line(ran.err), held()) == (3, True, {})
        assert "list.csv is not here" in ran.err
    assert bench(*FROM).code == 3
    assert (list(held()), len(site.asked)) == ([site.url("own.zip")], 1)
    assert not (shelf().folder / "own.zip.json").exists()


def test_an_archive_that_was_changed_here_before_it_was_held_to_comes_again(bench: Bench, site: Site) -> None:
    with_archive(site, "own.zip")
    site.files["own.zip"] = zipped(recordings())
    assert bench(*WORDS, "--from", "archive").code == 3  # for want of a table
    (shelf().folder / "own.zip").write_bytes(b"edited")
    assert bench(*FROM).code == 0
    assert len(site.asked) == 2


def test_an_archive_that_has_neither_tables_nor_audio_is_not_kept(bench: Bench, site: Site) -> None:
    with_archive(site, "own.zip")
    for data in (READABLE["another archive"], damaged(zipped({"list.csv": GOOD * 99}), "list.csv")):
        site.files["own.zip"] = data
        ran = bench(*WORDS, "--from", "archive")
        assert (ran.code, one_line(ran.err), held(), kept()) == (3, True, {}, [])
        assert f"own.zip from {site.url('own.zip')}" in ran.err
        assert ran.err.endswith("; it was not kept\n")
    site.files["own.zip"] = zipped({"list.csv": GOOD, **recordings()})
    assert bench(*WORDS, "--from", "archive").code == 0


def test_a_slip_in_the_card_costs_no_archive(bench: Bench, site: Site) -> None:
    with_archive(site, "own.zip")
    edited("caption: caption}", "caption: capton}")
    site.files["own.zip"] = zipped({"list.csv": GOOD, **recordings()})
    ran = bench(*WORDS, "--from", "archive")
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert ran.err.endswith(f"; to have it downloaded again, remove {shelf().folder / 'own.zip'}\n")
    edited("caption: capton}", "caption: caption}")
    assert bench(*WORDS, "--from", "archive").code == 0
    assert len(site.asked) == 1


def test_a_whole_archive_with_another_list_says_what_to_remove(bench: Bench, site: Site) -> None:
    own_card(reference=f'{{archive: {{url: "{site.url("own.zip")}"}}}}', more="clips: 6\n")
    site.files["own.zip"] = zipped({"list.csv": GOOD[: GOOD.index(b"c3")], **recordings(NAMES[:3])})
    ran = bench(*WORDS, "--from", "archive")
    assert (ran.code, one_line(ran.err), held()) == (3, True, {})
    place = shelf().folder / "own.zip"
    assert ran.err.endswith(f"it has 3 clips, and must have 6; to have it downloaded again, remove {place}\n")
    place.unlink()
    site.files["own.zip"] = zipped({"list.csv": GOOD, **recordings()})
    assert bench(*WORDS, "--from", "archive").code == 0


def test_the_list_of_an_archive_that_is_not_kept_is_not_held_to(bench: Bench, site: Site) -> None:
    with_archive(site, "own.zip")
    other = recordings(["elsewhere"])
    site.files["own.zip"] = zipped({"list.csv": b"id,caption\nx1,rain\nx2,wind\n", **other})
    ran = bench(*WORDS, "--from", "archive")
    assert (ran.code, one_line(ran.err)) == (3, True)
    assert ran.err.endswith("has none of the recordings that are wanted; it was not kept\n")
    assert not {"clips.csv", "clips.json", "lists/list.csv", "own.zip"} & set(kept())
    site.files["own.zip"] = zipped({"list.csv": GOOD, **recordings()})
    assert bench(*WORDS, "--from", "archive").code == 0


def test_an_archive_of_recordings_that_are_ready_is_no_bad_one(bench: Bench, site: Site) -> None:
    with_archive(site, "own.zip")
    site.files["own.zip"] = zipped(recordings(NAMES[:5]))
    folder(recordings(NAMES[:5]))
    assert bench(*PREPARE, "--audio", "mine").code == 3
    for _ in range(2):
        ran = bench("prepare", "own.yaml", "--lists", "lists", "--from", "archive")
        assert "5 of 6 recordings are ready" in ran.out
        assert "not kept" not in ran.err
    assert (len(site.asked), held()) == (1, {})


def test_a_recording_that_is_damaged_each_time_costs_none_of_the_others(bench: Bench, site: Site) -> None:
    with_archive(site, "own.zip")
    site.files["own.zip"] = damaged(zipped(recordings()), "c1.wav")
    for _ in range(3):
        ran = bench("prepare", "own.yaml", "--lists", "lists", "--from", "archive")
        assert (ran.code, "own.zip" in kept()) == (3, True)
        assert "c1 can't be read from the archive: Bad CRC-32; what could be read was converted" in ran.err
        assert "5 of 6 recordings are ready" in ran.out


@pytest.mark.parametrize("names", [NAMES[:4], ["elsewhere"]])
def test_a_file_of_another_size_is_not_taken_for_the_archive(
    bench: Bench, site: Site, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    data, other = zipped(recordings()), zipped(recordings(names))
    own_card(reference=f'{{archive: {{url: "{site.url("own.zip")}", size: {len(data)}}}}}')
    shelf().folder.mkdir(parents=True)
    (shelf().folder / "own.zip").write_bytes(other)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    ran = bench(*FROM)
    assert (ran.code, one_line(ran.err), held()) == (3, True, {})
    assert "own.zip is not here (HF_HUB_OFFLINE is set" in ran.err
    assert (shelf().folder / "own.zip").read_bytes() == other
    monkeypatch.delenv("HF_HUB_OFFLINE")
    site.files["own.zip"] = data
    assert bench(*FROM).code == 0


def test_after_an_upgrade_what_is_here_does_where_there_is_no_network(bench: Bench, site: Site) -> None:
    with_address(site)
    edited('{files: ["{recording}"]}', f'{{archive: {{url: "{site.url("own.zip")}"}}}}')
    site.files |= {"list.csv": GOOD, "own.zip": zipped(recordings(NAMES[:5]))}
    words = ("prepare", "own.yaml", "--from", "archive")
    assert bench(*words).code == 3  # for want of one recording
    (shelf().folder / "held.json").unlink()  # digests lay elsewhere, where nothing reads them now
    (shelf().audio / "c2.wav").unlink()
    site.files = {}
    ran = bench(*words)
    assert ran.code == 3
    assert "5 of 6 recordings are ready" in ran.out
    for name in ("list.csv", "own.zip"):
        said = f"{name} can't be downloaded from {site.url(name)}: the server answers 404 Not Found; "
        assert ran.err.count(said) == 1
        assert ran.err.count(f"; the {name} of an earlier time is taken\n") == 1
    assert held() == {}  # neither is known to come from there


def test_what_is_held_to_and_is_not_what_is_here_is_not_done_with(bench: Bench, site: Site) -> None:
    with_archive(site, "own.zip")
    site.files["own.zip"] = zipped(recordings(NAMES[:5]))
    assert bench(*FROM).code == 3
    (shelf().folder / "own.zip").write_bytes(zipped(recordings()))
    site.files = {}
    ran = bench(*FROM)
    assert (ran.code, one_line(ran.err)) == (3, True)
    assert "own.zip can't be downloaded" in ran.err


def test_what_is_held_to_stays_when_the_cache_is_emptied(bench: Bench, site: Site, tmp_path: Path) -> None:
    with_address(site)
    site.files["list.csv"] = GOOD
    assert bench(*WORDS).code == 3
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
    shutil.rmtree(shelf().lists)
    site.files["list.csv"] = GOOD.replace(b"caption of c3", b"rain")
    ran = bench(*WORDS)
    assert (ran.code, one_line(ran.err)) == (3, True)
    assert "as the first time" in ran.err


# A list that its card has no digest of is held to as it was first.


def test_another_list_takes_no_place_of_the_one_before_until_that_is_removed(bench: Bench) -> None:
    own_card()
    folder(recordings())
    assert bench(*PREPARE, "--audio", "mine").code == 0
    before, kept = load_suite("own.yaml").list_sha256, tree(Path("data"))
    folder({"list.csv": Path("lists/list.csv").read_bytes().replace(b"caption of c3", b"rain")}, "theirs")
    words = ("prepare", "own.yaml", "--lists", "theirs", "--quiet")
    for more in ((), ("--audio", "mine")):
        ran = bench(*words, *more)
        assert (ran.code, one_line(ran.err)) == (2, True)
        assert f"the one prepared before has {before}: another list wants another version on its card" in ran.err
        assert tree(Path("data")) == kept
    stamp = shelf().folder / "clips.json"
    assert f"or remove {stamp} to have it replaced\n" in ran.err
    stamp.unlink()
    assert bench(*words).code == 0
    assert load_suite("own.yaml").list_sha256 not in ("", before)


@pytest.mark.parametrize("damage", ["", "id,caption\n"])
def test_a_clip_list_that_is_damaged_is_made_anew_and_held_to_nonetheless(bench: Bench, damage: str) -> None:
    own_card()
    assert bench(*PREPARE).code == 3
    before = load_suite("own.yaml").list_sha256
    (shelf().folder / "clips.csv").write_text(damage)
    assert bench(*PREPARE).code == 3
    assert load_suite("own.yaml").list_sha256 == before
    (shelf().folder / "clips.csv").write_text(damage)
    Path("lists/list.csv").write_text("id,caption\nc0,rain\n")
    assert bench(*PREPARE).code == 2


@pytest.mark.parametrize(("old", "new"), [("version: 1", "version: 2"), ("caption: caption}", "caption: title}")])
def test_a_raised_version_or_another_recipe_may_have_another_list(bench: Bench, old: str, new: str) -> None:
    own_card()
    assert bench(*PREPARE).code == 3
    Path("lists/list.csv").write_text("id,caption,title\nc0,rain,wind\n")
    assert bench(*PREPARE).code == 2
    edited(old, new)
    assert bench(*PREPARE).code == 3  # for want of audio alone
    assert len(load_suite("own.yaml").clips) == 1


FEW = "subsets: {few: {captions: {only: {file: few.csv}}}}\n"


def test_another_list_of_a_subset_is_said_and_the_old_one_stays(bench: Bench) -> None:
    own_card(more=FEW)
    folder(recordings())
    folder({"few.csv": b"id\nc1\nc2\n"}, "lists")
    assert bench(*PREPARE, "--audio", "mine").code == 0
    folder({"few.csv": b"id\nc1\n"}, "lists")
    ran = bench("prepare", "own.yaml", "--lists", "lists")
    assert ran.code == 0
    assert "own/few: the list obtained has the SHA-256" in ran.err
    assert len(load_suite("own.yaml/few").clips) == 2
    ran = bench("prepare", "own.yaml/few", "--lists", "lists")
    assert (ran.code, one_line(ran.err)) == (2, True)


def test_prompts_beside_the_card_are_the_users_own_to_change(bench: Bench) -> None:
    own_card()
    edited("captions: {list: {file: list.csv, caption: caption}}", "captions: lists/list.csv")
    words = ("prepare", "own.yaml", "--quiet")
    assert bench(*words).code == 3
    Path("lists/list.csv").write_text("id,caption\nc0,rain\n")
    assert bench(*words).code == 3
    assert [clip.text for clip in load_suite("own.yaml").clips] == ["rain"]


def test_tags_of_another_copy_take_no_place_of_those_before(bench: Bench) -> None:
    def tags(count: int) -> None:
        folder({"msd_tags.csv": b"track_id,tags\n" + b"".join(b"TR%d,rock\n" % one for one in range(count))}, "tags")

    tags(1500)
    words = ("prepare", "msd", "--lists", "tags", "--quiet")
    assert bench(*words).code == 3
    before = load_suite("msd").list_sha256
    assert bench(*words).code == 3
    tags(3000)
    ran = bench(*words)
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert "the list obtained has the SHA-256 " in ran.err
    assert load_suite("msd").list_sha256 == before


def test_a_folder_without_audio_is_told_before_anything_is_downloaded(bench: Bench, site: Site) -> None:
    with_address(site)
    site.files["list.csv"] = GOOD
    Path("empty").mkdir()
    ran = bench(*WORDS, "--audio", "empty")
    assert (ran.code, ran.err) == (2, "bench: no audio in empty: looked for .wav, .flac, .mp3, .ogg, .opus\n")
    assert (site.asked, shelf().folder.exists()) == ([], False)
