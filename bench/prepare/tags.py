"""Tags of tracks from the user's own copy of the Million Song Dataset, and which of its tracks are drawn.

Three tables are known: a CSV file with the columns track_id and tags (``rock;slow``), the JSON file of ECALS
(``{"TR...": {"tag": ["rock", "slow"]}}``), and the SQLite file of Last.fm, whose tags have weights.
"""

from __future__ import annotations

import dataclasses
import hashlib
import heapq
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from bench.errors import BadInput, listed, short
from bench.prepare.listing import Row, id_of, rows
from bench.prepare.literals import json_items
from bench.progress import Reporter
from bench.sources import Captions, Listing
from bench.typed import UNWRITABLE

SUFFIXES = (".csv", ".json", ".db")
NAMED = 5  # tags that a caption names at most: the heaviest
CAPTION = "caption"
Tags = dict[str, tuple[str, ...]]


def tag_rows(paths: Sequence[Path], captions: Captions, reporter: Reporter) -> list[Row]:
    """The tracks drawn, in the order of their ids, each with its caption in the column ``caption``.

    Args:
        paths: the user's copy: one file.
        captions: list, template, sample and seed.
        reporter: told how many tracks have no tags, and so are left out.

    Raises:
        BadInput: there is more than one table, or none of a known kind; it is damaged; or it has fewer tracks with
            tags than are to be drawn.
    """
    path = _only(paths)
    tags, untagged = _read(path, captions)
    if untagged:
        reporter.line(f"{path.name}: {untagged} tracks have no tags and are left out")
    if not tags or len(tags) < captions.sample:
        raise BadInput(f"{path} has {len(tags)} tracks with tags, but must have {max(captions.sample, 1)}")
    return [
        Row(f"{path}, track {track}", {captions.list.id: track, CAPTION: caption(captions.template, tags[track])})
        for track in draw(tags, captions.sample, captions.seed)
    ]


def caption(template: str, tags: Sequence[str]) -> str:
    """What a template makes of tags.

    >>> caption("A music track: {tags}.", ["rock", "slow"])
    'A music track: rock, slow.'
    """
    return template.replace("{tags}", ", ".join(tags[:NAMED]))


def draw(ids: Iterable[str], sample: int, seed: int) -> list[str]:
    """Some of many ids, sorted: those whose digest with the seed is smallest, so that their order is of no account.

    >>> draw(["a", "b", "c"], 2, 0) == draw(["c", "b", "a"], 2, 0)
    True
    """

    def rank(one: str) -> bytes:
        return hashlib.sha256(f"{seed}/{one}".encode()).digest()

    return sorted(heapq.nsmallest(sample, set(ids), key=rank) if sample else set(ids))


def _only(paths: Sequence[Path]) -> Path:
    known = [path for path in paths if path.suffix.lower() in SUFFIXES]
    if len(known) != 1:
        names = listed([path.name for path in known or paths])
        raise BadInput(f"one tag table is wanted, with one of the suffixes {', '.join(SUFFIXES)}; there are: {names}")
    return known[0]


def _read(path: Path, captions: Captions) -> tuple[Tags, int]:
    """Tags by track, and how many tracks have none."""
    if path.suffix.lower() == ".db":
        return _of_database(path, captions)
    found = _of_csv(path, captions.list) if path.suffix.lower() == ".csv" else _of_json(path, captions.list)
    tags = {track: names for track, names in found.items() if names}
    return tags, len(found) - len(tags)


def _clean(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def _of_csv(path: Path, listing: Listing) -> Tags:
    header = listing.header or (listing.id, "tags")
    found: Tags = {}
    for row in rows([path], dataclasses.replace(listing, format="csv", header=header, caption="tags")):
        track = id_of(row, listing)
        if track in found:
            raise BadInput(f"{row.where}: track {short(track)!r} stands there before")
        found[track] = _clean(row.cells["tags"].split(";"))
    return found


def _of_json(path: Path, listing: Listing) -> Tags:
    found: Tags = {}
    for where, value, track in json_items(path, listing.at):
        names = value.get("tag") if isinstance(value, dict) else None
        if track is None or not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise BadInput(f'{where}: must be a track\'s id with {{"tag": [...]}}')
        if any(UNWRITABLE.search(text) for text in (track, *names)):
            raise BadInput(f"{where}: {short(track)!r} or a tag holds a character that no file can be written with")
        found[track] = _clean(names)
    return found


# Tracks and tags are texts known by their row, and a row of the third table weighs one tag of one track.
TRACKS = """
SELECT CAST(tid AS TEXT), rowid IN (
    SELECT tid_tag.tid FROM tid_tag JOIN tags ON tags.rowid = tid_tag.tag WHERE TRIM(tags.tag) <> ''
) FROM tids WHERE tid IS NOT NULL
"""
RANKED = """
SELECT drawn.tid, CAST(tags.tag AS TEXT) FROM drawn
JOIN tids ON tids.tid = drawn.tid JOIN tid_tag ON tid_tag.tid = tids.rowid JOIN tags ON tags.rowid = tid_tag.tag
WHERE tags.tag IS NOT NULL ORDER BY drawn.tid, tid_tag.val DESC, tags.tag
"""


def _of_database(path: Path, captions: Captions) -> tuple[Tags, int]:
    """As the other readers, but of the tracks drawn alone: the whole is half a million."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            tagged: Mapping[str, int] = dict(database.execute(TRACKS))
            drawn = draw((track for track, tags in tagged.items() if tags), captions.sample, captions.seed)
            database.execute("CREATE TEMP TABLE drawn (tid TEXT PRIMARY KEY)")
            database.executemany("INSERT INTO drawn VALUES (?)", [(track,) for track in drawn])
            pairs = list(database.execute(RANKED))
    except sqlite3.Error as error:
        raise BadInput(f"{path} can't be read as Last.fm's tags: {error}") from error
    ranked: dict[str, list[str]] = {}
    for track, tag in pairs:
        ranked.setdefault(track, []).append(tag)
    return {track: _clean(names) for track, names in ranked.items()}, len(tagged) - sum(map(bool, tagged.values()))
