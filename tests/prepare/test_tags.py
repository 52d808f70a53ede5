"""Tags of the user's own copy: three formats, one caption, and a draw that no order of the copy changes."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BadInput
from bench.prepare.tags import caption, draw, tag_rows
from bench.progress import Reporter
from bench.sources import Captions, Listing

# By weight, and of equal weight by name; the third has more than a caption names, the last has none.
TRACKS: dict[str, dict[str, float]] = {
    "TRB": {"rock": 100, "slow": 7.5},
    "TRA": {"jazz": 3, "blues": 3, "sax": 90},
    "TRC": {name: 10 - place for place, name in enumerate("gfedcba")},
    "TRD": {},
}
EXPECTED = {
    "TRA": "A music track: sax, blues, jazz.",
    "TRB": "A music track: rock, slow.",
    "TRC": "A music track: g, f, e, d, c.",
}


def ranked(tags: Mapping[str, float]) -> list[str]:
    return sorted(tags, key=lambda name: (-tags[name], name))


def write_csv(folder: Path, tracks: Mapping[str, Mapping[str, float]]) -> Path:
    path = folder / "msd_tags.csv"
    lines = [f'{track},"{";".join(ranked(tags))}"\n' for track, tags in tracks.items()]
    path.write_text("track_id,tags\n" + "".join(lines), encoding="utf-8")
    return path


def write_json(folder: Path, tracks: Mapping[str, Mapping[str, float]]) -> Path:
    path = folder / "msd_tags.json"
    path.write_text(json.dumps({track: {"tag": ranked(tags), "title": track} for track, tags in tracks.items()}))
    return path


def write_database(folder: Path, tracks: Mapping[str, Mapping[str, float]]) -> Path:
    """As Last.fm's lastfm_tags.db: rows of tid_tag point to rows of the others."""
    path = folder / "msd_tags.db"
    names = sorted({name for tags in tracks.values() for name in tags}, reverse=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            "CREATE TABLE tags (tag TEXT); CREATE TABLE tids (tid TEXT); "
            "CREATE TABLE tid_tag (tid INT, tag INT, val FLOAT);"
        )
        database.executemany("INSERT INTO tags VALUES (?)", [(name,) for name in names])
        for place, (track, tags) in enumerate(tracks.items(), 1):
            database.execute("INSERT INTO tids VALUES (?)", (track,))
            rows = [(place, names.index(name) + 1, weight) for name, weight in tags.items()]
            database.executemany("INSERT INTO tid_tag VALUES (?, ?, ?)", rows)
    return path


WRITERS = [write_csv, write_json, write_database]
every = pytest.mark.parametrize("write", WRITERS)


def captions(**changes: Any) -> Captions:
    listing = Listing(file="msd_tags.*", format="tags", id="track_id")
    return Captions(**{"list": listing, "template": "A music track: {tags}.", **changes})


def made(paths: Sequence[Path], **changes: Any) -> dict[str, str]:
    rows = tag_rows(paths, captions(**changes), Reporter(quiet=True))
    return {row.cells["track_id"]: row.cells["caption"] for row in rows}


def refusal(path: Path, **changes: Any) -> str:
    with pytest.raises(BadInput) as caught:
        made([path], **changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@every
def test_each_format_gives_the_same_captions(tmp_path: Path, write: Any) -> None:
    found = made([write(tmp_path, TRACKS)])
    assert found == EXPECTED
    assert list(found) == sorted(found)


@every
def test_tracks_without_tags_are_counted(tmp_path: Path, write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, {**TRACKS, "TRE": {}})
    tag_rows([path], captions(), Reporter())
    assert capsys.readouterr().err == f"{path.name}: 2 tracks have no tags and are left out\n"


@every
def test_the_draw_is_the_same_whatever_the_order_of_the_copy(tmp_path: Path, write: Any) -> None:
    tracks = {f"TR{index:03}": {"rock": 1.0} for index in range(50)}
    first = made([write(tmp_path, tracks)], sample=7, seed=3)
    for path in tmp_path.iterdir():
        path.unlink()
    again = made([write(tmp_path, dict(reversed(tracks.items())))], sample=7, seed=3)
    assert list(first) == list(again)
    smallest = sorted(tracks, key=lambda one: hashlib.sha256(f"3/{one}".encode()).hexdigest())[:7]
    assert list(first) == sorted(smallest)


def test_another_seed_draws_other_tracks() -> None:
    ids = [f"TR{index}" for index in range(1000)]
    assert draw(ids, 10, 0) != draw(ids, 10, 1)


@given(st.lists(st.text(st.characters(codec="utf-8")), unique=True), st.integers(1, 20), st.integers(0, 9), st.data())
def test_no_order_changes_a_draw_and_a_larger_one_holds_the_smaller(
    ids: list[str], sample: int, seed: int, data: st.DataObject
) -> None:
    drawn = draw(ids, sample, seed)
    assert drawn == draw(data.draw(st.permutations(ids)), sample, seed)
    assert len(drawn) == min(sample, len(ids))
    assert set(drawn) <= set(draw(ids, sample + 1, seed))
    assert draw(ids, 0, seed) == sorted(ids)


@every
def test_a_copy_with_too_few_tracks_is_refused(tmp_path: Path, write: Any) -> None:
    path = write(tmp_path, TRACKS)
    assert refusal(path, sample=4) == f"{path} has 3 tracks with tags, but must have 4"
    path.unlink()
    assert "has 0 tracks with tags, but must have 1" in refusal(write(tmp_path, {"TRD": {}}))


def test_a_tag_is_named_once_without_blanks_around_it(tmp_path: Path) -> None:
    path = tmp_path / "msd_tags.csv"
    path.write_text("track_id,tags\nTRA,rock; slow ;;rock\n")
    assert made([path]) == {"TRA": "A music track: rock, slow."}


def test_only_the_place_of_the_tags_is_filled_in() -> None:
    assert caption("{x} {tags} {", ["{tags}", "b"]) == "{x} {tags}, b {"


def test_one_table_is_wanted(tmp_path: Path) -> None:
    paths = [write(tmp_path, TRACKS) for write in WRITERS]
    with pytest.raises(BadInput, match=r"one tag table is wanted.*there are: msd_tags\.csv, msd_tags\.json, msd_tags"):
        made(paths)
    with pytest.raises(BadInput, match=r"\.csv, \.json, \.db; there are: msd_tags\.xlsx"):
        made([tmp_path / "msd_tags.xlsx"])
    assert made([tmp_path / "msd_tags.db", tmp_path / "msd_tags.db-journal"]) == EXPECTED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("track,tags\nTRA,a\n", "lacks 'track_id' and has in surplus 'track'"),
        ("track_id,tags\nTRA,a\nTRA,b\n", "line 3: track 'TRA' stands there before"),
        ("track_id,tags\nTRA,a,b\n", "line 2: 3 fields, but there are 2 columns"),
        ("", "lacks 'track_id', 'tags'"),
    ],
)
def test_a_csv_file_that_is_none_of_tags_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "msd_tags.csv"
    path.write_text(text)
    assert expected in refusal(path)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"TRA": ["rock"]}, 'entry 1: must be a track\'s id with {"tag": [...]}'),
        ({"TRA": {"tag": "rock"}}, "entry 1: must be"),
        ({"TRA": {"tag": ["a"]}, "TRB": {"tag": [1]}}, "entry 2: must be"),
        ([{"tag": ["rock"]}], "entry 1: must be"),
        ({"\ud800": {"tag": ["rock"]}}, "holds a character that no file can be written with"),
        ({"TRA": {"tag": ["\ud800"]}}, "holds a character that no file can be written with"),
    ],
)
def test_a_json_file_that_is_none_of_tags_is_refused(tmp_path: Path, value: Any, expected: str) -> None:
    path = tmp_path / "msd_tags.json"
    path.write_text(json.dumps(value))
    assert expected in refusal(path)


def test_a_database_that_is_none_of_tags_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "msd_tags.db"
    path.write_bytes(b"no database" * 100)
    assert "can't be read as Last.fm's tags: file is not a database" in refusal(path)
    path.unlink()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE other (x INT)")
    before = path.read_bytes()
    assert "no such table" in refusal(path)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_a_database_may_hold_what_is_empty_or_doubled(tmp_path: Path) -> None:
    path = write_database(tmp_path, TRACKS)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO tids VALUES (NULL)")
        database.execute("INSERT INTO tags VALUES (NULL), (' ')")
        blank, nothing = (
            database.execute(f"SELECT rowid FROM tags WHERE tag IS {x}").fetchone()[0] for x in ("' '", "NULL")
        )
        track = database.execute("SELECT rowid FROM tids WHERE tid = 'TRD'").fetchone()[0]
        first = database.execute("SELECT rowid FROM tids WHERE tid = 'TRB'").fetchone()[0]
        slow = database.execute("SELECT rowid FROM tags WHERE tag = 'slow'").fetchone()[0]
        rows = [(track, blank, 1), (track, nothing, 1), (track, 999, 1), (first, slow, None), (first, nothing, 100)]
        database.executemany("INSERT INTO tid_tag VALUES (?, ?, ?)", rows)
    assert made([path]) == EXPECTED


def test_a_path_with_odd_characters_is_no_address(tmp_path: Path) -> None:
    folder = tmp_path / "a?mode=rw#b %41"
    folder.mkdir()
    assert made([write_database(folder, TRACKS)]) == EXPECTED
