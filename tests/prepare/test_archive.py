"""Recordings in archives: what is wanted comes out, nothing leaves its folder, and a damaged one is one line."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import Bench, one_line, tree
from recording_files import NAMES, folder, manifest, own_card, recordings, shelf, tar, zipped
from server import Fault, Site

from bench.errors import BadInput
from bench.prepare.archive import members, tables, unpack
from bench.sources import Listing
from bench.suites import load_suite

pytestmark = pytest.mark.usefixtures("online")
WORDS = ("prepare", "own.yaml", "--lists", "lists", "--quiet")
HERE = ("prepare", "own.yaml", "--quiet")


def names_in(data: bytes, name: str = "a.zip") -> list[str]:
    Path(name).write_bytes(data)
    return [str(member.path) for member in members(Path(name))]


def below(files: dict[str, bytes], place: str = "Own-1.1/wavs") -> dict[str, bytes]:
    return {f"{place}/{name}": data for name, data in files.items()}


ARCHIVES = {
    "own.tar": lambda files: _plain_tar(files),
    "own.tar.gz": lambda files: tar(files, "gz"),
    "own.tgz": lambda files: tar(files, "gz"),
    "own.tar.bz2": lambda files: tar(files, "bz2"),
    "own.tar.xz": lambda files: tar(files, "xz"),
    "own.zip": zipped,
}


def _plain_tar(files: dict[str, bytes]) -> bytes:
    import gzip

    return gzip.decompress(tar(files, "gz"))


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_of_ones_own_is_read_and_left_as_it_is(bench: Bench, name: str) -> None:
    own_card()
    files = {**below(recordings()), "Own-1.1/README": b"read me", "Own-1.1/wavs/other.wav": b"x"}
    place = folder({name: ARCHIVES[name](files)})
    before = tree(place)
    ran = bench(*WORDS, "--audio", place / name)
    assert (ran.code, ran.err) == (0, "")
    assert "6 of 6 recordings are ready" in ran.out
    assert load_suite("own.yaml").lacking == ()
    assert manifest()["c3"]["source"] == f"{name}/Own-1.1/wavs/c3.wav"
    assert tree(place) == before
    assert sorted(path.name for path in shelf().folder.iterdir() if path.name[0] != ".") == [
        "audio", "audio.json", "clips.csv", "clips.json", "lists", "manifest.jsonl",
    ]  # fmt: skip


def test_an_archive_and_a_folder_give_the_same_audio(bench: Bench) -> None:
    own_card()
    folder({"own.tar.bz2": tar(below(recordings()), "bz2")}, "packed")
    bench(*WORDS, "--audio", "packed/own.tar.bz2")
    before = tree(shelf().audio)
    ran = bench(*WORDS, "--audio", folder(recordings()))
    assert ran.code == 0
    assert tree(shelf().audio) == before


def test_tables_that_come_with_the_audio_are_taken_out(bench: Bench) -> None:
    own_card()
    table = Path("lists/list.csv").read_bytes()
    folder({"own.zip": zipped({**below(recordings()), "Own-1.1/list.csv": table, "__MACOSX/._list.csv": b"fork"})})
    assert bench(*HERE, "--audio", "mine/own.zip").code == 0
    assert (shelf().lists / "list.csv").read_bytes() == table


def test_tables_in_many_files_are_all_taken_out(bench: Bench) -> None:
    files = {f"1/{name}/{name}.wav": data for name, data in zip(NAMES, recordings().values(), strict=True)}
    files |= {f"1/{name}/{name}.trans.tsv": f"{name}\tSaid.\tsaid\n".encode() for name in NAMES}
    folder({"own.tar.gz": tar(files)})
    listed = 'file: "*.trans.tsv", format: tsv, headless: true, header: [id, original, normalized]'
    card = own_card().read_text().replace("file: list.csv, caption: caption", f"{listed}, transcription: normalized")
    Path("own.yaml").write_text(card)
    ran = bench(*HERE, "--audio", "mine/own.tar.gz")
    assert (ran.code, ran.err) == (0, "")
    assert [clip.transcription for clip in load_suite("own.yaml").clips] == ["said"] * len(NAMES)


def test_only_what_is_wanted_is_taken_and_the_rest_is_missing(bench: Bench) -> None:
    own_card()
    files = recordings([*NAMES[:4], "x0", "x1"])
    folder({"own.tar.gz": tar(files)})
    ran = bench(*WORDS, "--audio", "mine/own.tar.gz", "--json")
    assert ran.code == 3
    assert json.loads(ran.out)["lacking"] == dict.fromkeys(NAMES[4:], "not in the archive")
    assert sorted(path.stem for path in shelf().audio.iterdir()) == sorted(NAMES[:4])


def test_of_several_files_of_a_recording_the_first_counts_and_the_others_are_counted(bench: Bench) -> None:
    own_card()
    files = recordings()
    folder({"own.zip": zipped({**below(files, "a"), "b/c0.flac": b"no audio", "b/c1.wav": files["c0.wav"]})})
    ran = bench(*WORDS[:-1], "--audio", "mine/own.zip")
    assert ran.code == 0
    assert "own.zip holds 2 further files of these recordings; the first of each counts\n" in ran.err
    assert manifest()["c0"]["source"] == "own.zip/a/c0.wav"


def test_what_leaves_the_folder_or_is_no_plain_file_is_never_taken() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind in (
            ("../c0.wav", tarfile.REGTYPE), ("/tmp/c0.wav", tarfile.REGTYPE), ("a/../../c0.wav", tarfile.REGTYPE),
            ("a/c1.wav", tarfile.SYMTYPE), ("a/c2.wav", tarfile.LNKTYPE), ("a/c3.wav", tarfile.CHRTYPE),
            ("a/c4.wav", tarfile.FIFOTYPE), ("a/.c5.wav", tarfile.REGTYPE), ("./a/good.wav", tarfile.REGTYPE),
        ):  # fmt: skip
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert names_in(buffer.getvalue(), "a.tar") == ["a/good.wav"]


def test_a_zip_gives_no_links_and_understands_windows() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("a/c0.wav")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        for name in ("../c1.wav", "/c2.wav", "a\\..\\..\\c3.wav", "a/folder/", "a\\b\\good.wav", "good.wav"):
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, b"")
    assert names_in(buffer.getvalue()) == ["a/b/good.wav", "good.wav"]


def encrypted() -> bytes:
    data = bytearray(zipped(recordings()))
    for at in (data.index(b"PK\3\4") + 6, data.index(b"PK\1\2") + 8):
        data[at] |= 1
    return bytes(data)


def corrupt(data: bytes, at: float = 0.5) -> bytes:
    middle = round(len(data) * at)
    return data[:middle] + bytes(value ^ 0x5A for value in data[middle : middle + 200]) + data[middle + 200 :]


DAMAGED = {
    "cut.tar.gz": tar(recordings(), "gz")[:300_000],
    "cut.tar.bz2": tar(recordings(), "bz2")[:200_000],
    "cut.tar.xz": tar(recordings(), "xz")[:200_000],
    "cut.tar": _plain_tar(recordings())[:400_000],
    "cut.zip": zipped(recordings())[:-100],
    "bad.tar.gz": corrupt(tar(recordings(), "gz")),
    "bad.tar.bz2": corrupt(tar(recordings(), "bz2")),
    "bad.tar.xz": corrupt(tar(recordings(), "xz")),
    "bad.zip": corrupt(zipped(recordings())),
    "encrypted.zip": encrypted(),
    "empty.tar.gz": b"",
    "text.zip": b"<html>Not found</html>",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_archive_is_one_line_and_nothing_bad_comes_of_it(bench: Bench, name: str) -> None:
    own_card()
    bench(*WORDS, "--audio", folder(recordings(), "whole"))
    whole = tree(Path("data"))
    shutil.rmtree("data")
    folder({name: DAMAGED[name]})
    ran = bench(*WORDS, "--audio", f"mine/{name}")
    assert ran.code == 2
    assert one_line(ran.err)
    assert "archive" in ran.err
    left = tree(Path("data"))
    assert {path: data for path, data in left.items() if path.endswith(".wav")}.items() <= whole.items()
    assert not [path for path in left if "fetching" in path or path.endswith(".tmp")]
    assert bench(*WORDS, "--audio", "whole").code == 0
    assert tree(shelf().audio) == {
        path.removeprefix(f"{shelf().suite}/audio/"): data for path, data in whole.items() if "/audio/" in path
    }


def test_tables_are_sought_no_further_than_the_last_of_them() -> None:
    Path("a.tar").write_bytes(_plain_tar({"a/list.csv": b"id\n", **below(recordings())})[:3_000])  # the rest is cut off
    found = tables(Path("a.tar"), [Listing(file="list.csv")], Path("out"))
    assert tree(found) == {"a/list.csv": b"id\n"}
    assert tree(tables(Path("a.tar"), [], Path("out"))) == {}


def test_a_member_that_the_disk_has_no_room_for_is_no_damage() -> None:
    Path("a.zip").write_bytes(zipped({"a.wav": b"x" * 100}))
    Path("out").mkdir()
    with pytest.raises(IsADirectoryError):
        unpack(next(members(Path("a.zip"))), Path("out"))


def test_names_that_are_no_text_are_no_trouble(bench: Bench) -> None:
    own_card()
    folder({"own.tar.gz": tar({f"caf\udce9/{name}": data for name, data in recordings().items()})})
    assert bench(*WORDS, "--audio", "mine/own.tar.gz").code == 0
    assert manifest()["c0"]["source"] == "own.tar.gz/caf?/c0.wav"


def published(site: Site, *, sha256: bool = True, subset: str = "") -> bytes:
    """A card whose archive the site has, and the archive."""
    data = tar({**below(recordings()), "Own-1.1/list.csv": b"".join([b"id,caption\n", *_rows()])}, "bz2")
    site.files["own-1.1.tar.bz2"] = data
    digest = f", sha256: {hashlib.sha256(data).hexdigest()}, size: {len(data)}" if sha256 else ""
    own_card(reference=f"{{archive: {{url: '{site.url('own-1.1.tar.bz2')}'{digest}}}}}", more=subset)
    return data


def _rows() -> list[bytes]:
    return [f"{name},caption of {name}\n".encode() for name in NAMES]


def test_the_owners_archive_is_downloaded_once_and_removed_when_all_of_it_was_had(bench: Bench, site: Site) -> None:
    published(site)
    ran = bench(*HERE[:-1], "--from", "archive")
    assert ran.code == 0, ran.err
    assert "own-1.1.tar.bz2 (1 MB) is removed: everything wanted was converted\n" in ran.err
    assert not list(shelf().folder.glob("own*"))
    ran = bench(*HERE, "--from", "archive")
    assert (ran.code, ran.err) == (0, "")
    assert len(site.asked) == 1


def test_an_archive_is_kept_as_long_as_a_part_of_the_suite_may_want_it(bench: Bench, site: Site) -> None:
    published(site, subset="subsets: {some: {captions: {only: {file: only.csv}}}}\n")
    ran = bench(*HERE[:-1], "--from", "archive")
    assert ran.code == 0
    assert "own-1.1.tar.bz2 (1 MB) is kept in " in ran.err
    assert "for own/some; remove it if you want none of these\n" in ran.err
    (shelf().audio / "c0.wav").unlink()
    Path("lists/only.csv").write_text("id\nc0\nc2\n")
    ran = bench("prepare", "own.yaml/some", "--lists", "lists", "--from", "archive")
    assert ran.code == 0
    assert "2 of 2 recordings are ready" in ran.out
    assert "own: complete\nown/some: complete\n" in ran.out
    assert "is removed" in ran.err
    assert len(site.asked) == 1


def test_a_broken_transfer_goes_on_where_it_was(bench: Bench, site: Site) -> None:
    data = published(site)
    site.faults["own-1.1.tar.bz2"] = Fault(cut=100_000, times=2)
    assert bench(*HERE, "--from", "archive").code == 0
    first, second, third = (asked.range for asked in site.asked)
    assert first == ""
    assert 0 < int(second[6:-1]) < int(third[6:-1]) < len(data)


def test_an_archive_that_is_another_is_not_kept(bench: Bench, site: Site) -> None:
    data = published(site)
    site.files["own-1.1.tar.bz2"] = data + b"x"
    ran = bench(*HERE, "--from", "archive")
    assert (ran.code, one_line(ran.err)) == (3, True)
    assert "own-1.1.tar.bz2 from http://" in ran.err
    assert "has the SHA-256" in ran.err
    assert "it was not kept\n" in ran.err
    assert not list(shelf().folder.glob("own*"))


def test_an_archive_that_is_not_there_is_one_line(bench: Bench, site: Site) -> None:
    published(site, sha256=False)
    del site.files["own-1.1.tar.bz2"]
    ran = bench(*HERE, "--from", "archive")
    assert (ran.code, one_line(ran.err)) == (3, True)
    assert "the server answers 404" in ran.err


def test_without_a_source_it_is_said_how_the_archive_can_be_had(bench: Bench, site: Site) -> None:
    published(site)
    ran = bench(*HERE)
    assert (ran.code, one_line(ran.err)) == (3, True)
    assert "--from archive" in ran.err
    assert site.asked == []


def test_what_is_no_archive_is_refused(bench: Bench) -> None:
    own_card()
    folder({"own.7z": b"7z"})
    ran = bench(*WORDS, "--audio", "mine/own.7z")
    assert (ran.code, ran.err) == (2, "bench: --audio mine/own.7z is neither a folder nor a tar or zip archive\n")


def test_the_members_of_what_is_not_there_are_refused() -> None:
    with pytest.raises(BadInput, match=r"a\.tar is no tar or zip archive, or is damaged: No such file"):
        list(members(Path("a.tar")))


def test_an_archive_for_captions_of_ones_own(bench: Bench, site: Site) -> None:
    data = tar(below(recordings()), "gz")
    site.files["own.tgz"] = data
    path = own_card(reference=f'{{archive: {{url: "{site.url("own.tgz")}"}}}}')
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{list: {file: list.csv, caption: caption}}", "lists/list.csv"), encoding="utf-8")
    for _ in range(2):
        ran = bench("prepare", "own.yaml", "--from", "archive")
        assert ran.code == 0, ran.err
        assert "6 of 6 recordings are ready" in ran.out
        assert ran.out.splitlines()[-1] == "own: complete"
    assert len(site.asked) == 1
    assert not (shelf().folder / "own.tgz").exists()


def test_a_bad_table_is_named_as_it_lies_in_the_archive(bench: Bench) -> None:
    own_card()
    folder({"own.tar": tar({"deep/list.csv": b"id,caption\nc0,x\nc1,\n", **below(recordings())}, "gz")})
    ran = bench(*HERE, "--audio", "mine/own.tar")
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert "mine/own.tar/deep/list.csv, line 3: caption is empty" in ran.err
    assert not shelf().lists.exists()
