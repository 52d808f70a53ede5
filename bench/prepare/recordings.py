"""A suite's recordings: those that are ready stay, the others come from where the user says, and each has a line."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bench.audio import FEATURES_ONLY, Unreadable
from bench.card import Card
from bench.digest import digest
from bench.errors import listed
from bench.features import read_stub
from bench.manifest import Item, add_to_manifest, is_ready, is_stale, read_manifest, write_manifest
from bench.prepare.find import search
from bench.prepare.gather import Task, gather
from bench.prepare.options import Options
from bench.prepare.supply import Order, from_archive, from_folder, from_hub, from_youtube
from bench.prepared import Shelf, conversion, is_stamped, stamp_audio
from bench.progress import Reporter
from bench.sources import Recordings
from bench.weights import offline

NOT_GIVEN = "no audio was given for it"
UNREACHED = "not converted yet"
ABSENT = {"hub": "not in the data set", "youtube": "not fetched", "archive": "not in the archive", "": NOT_GIVEN}


class Source(NamedTuple):
    """What the user gave.

    Attributes:
        tasks: what converts the recordings that it has; None where nothing was given.
        total: how many these are, at most.
        absent: why it lacks a recording, if nothing more is known.
        missing: by recording, what more is known.
        unused: the user's audio files that are of none.
    """

    tasks: Iterator[Task] | None
    total: int = 0
    absent: str = NOT_GIVEN
    missing: Mapping[str, str] = {}
    unused: tuple[Path, ...] = ()


class Gathered(NamedTuple):
    """What became of every recording, those of earlier times included, and the user's files that are of none."""

    items: dict[str, Item]
    unused: tuple[Path, ...] = ()


def ready(shelf: Shelf, card: Card, items: Mapping[str, Item]) -> dict[str, Item]:
    """The recordings that are prepared as the card has it now."""
    return {name: item for name, item in items.items() if is_ready(shelf, card, item)}


def gather_recordings(
    shelf: Shelf,
    card: Card,
    options: Options,
    archive: Path | None,
    wanted: Mapping[str, float | None],
    reporter: Reporter,
) -> Gathered:
    """Convert what the user gave and keep the manifest, on an interrupt too; call it with the shelf's lock held.

    Args:
        shelf: where they go.
        card: how they are converted.
        options: where they come from.
        archive: one that they are in, if any.
        wanted: their names, each with the second at which it was cut from its source, where that is known.
        reporter: where progress is shown.

    Raises:
        BadInput: the user's folder has no recording that is wanted, or the archive is damaged.
        NotEvaluable: a data set can't be had.
        OSError: the disk is full; what was finished stays.
    """
    items = read_manifest(shelf)
    if not isinstance(card.reference, Recordings):
        return Gathered(items)
    _clear_audio(shelf, card, items, wanted, reporter)
    _clear_stubs(shelf, card, reporter)
    stamp_audio(shelf, card)
    here = ready(shelf, card, items)
    items |= {name: Item(name, "missing", why=NOT_GIVEN) for name, item in items.items() if _is_lost(item, here)}
    left = {name: start for name, start in wanted.items() if name not in here or options.audio}
    order = Order(shelf, card, card.reference, left, reporter)
    source = _source(order, options, archive)
    items |= {name: _lacking(name, items.get(name), source) for name in left} | here
    items = _converted(order, source, options.jobs, items)
    _name_strays(shelf, {name for name in wanted if items[name].status != "ready"}, reporter)
    return Gathered(items, source.unused)


def _is_lost(item: Item, here: Collection[str]) -> bool:
    """Whether a recording was ready once, and its WAV is gone since, or another."""
    return item.status == "ready" and item.id not in here


def _name_strays(shelf: Shelf, lacking: Collection[str], reporter: Reporter) -> None:
    """Say which WAVs lie where prepared ones do, under names of recordings that are not ready; none is heard."""
    there = shelf.references()
    strays = sorted(name for name in lacking if name in there and there[name].suffix != FEATURES_ONLY)
    if strays:
        what = f"{len(strays)} files in {shelf.audio} were not prepared, and are not used: {listed(strays)}"
        reporter.line(f"{what}; give a folder elsewhere that holds them, with --audio")


def _clear_audio(
    shelf: Shelf, card: Card, items: Mapping[str, Item], wanted: Collection[str], reporter: Reporter
) -> None:
    """Remove what was prepared and is not as its line in the manifest has it; what has no line stays, and is not heard.

    Of a shelf that is stamped for this conversion only what is wanted is looked at; else everything.
    """
    there = {name: path for name, path in shelf.references().items() if path.suffix != FEATURES_ONLY}
    stamped = is_stamped(shelf, card)
    why = "are not as they were prepared" if stamped else "were cut or resampled otherwise than the card now says"
    lines = [items[name] for name in there if name in items and (name in wanted or not stamped)]
    stale = [one.id for one in lines if one.status == "ready" and is_stale(shelf, card, one)]
    for name in stale:
        there[name].unlink()
    if stale:
        reporter.line(f"{len(stale)} recordings {why}: removed")


def _clear_stubs(shelf: Shelf, card: Card, reporter: Reporter) -> None:
    """Remove what stands for features of audio that was made otherwise."""
    made = digest(conversion(card))
    stale = [path for path in shelf.audio.glob(f"*{FEATURES_ONLY}") if _conversion_of(path) != made]
    for path in stale:
        path.unlink()
    if stale:
        reporter.line(
            f"features of {len(stale)} recordings are of audio made otherwise than the card now says: removed"
        )


def _conversion_of(stub: Path) -> str:
    """How the audio was made that a stub stands for; empty where it is damaged."""
    try:
        return read_stub(stub).conversion
    except Unreadable:
        return ""


def _converted(order: Order, source: Source, jobs: int, items: dict[str, Item]) -> dict[str, Item]:
    """What became of every recording, with what the source gives in place of what was there before."""
    refused: dict[str, Item] = {}

    def keep(item: Item) -> None:
        """Note an outcome; a file that is no recording takes the place of none that was one."""
        good = item.status == "ready" or items[item.id].status != "ready"
        (items if good else refused)[item.id] = item
        if item.status == "ready":
            add_to_manifest(order.shelf, item)  # a kill must not lose what took hours to fetch

    try:
        if source.tasks is not None and order.wanted:
            gather(source.tasks, source.total, jobs, keep, order.reporter)
        for name, item in items.items():
            if item.why == UNREACHED:
                items[name] = Item(name, "missing", why=source.absent)
    finally:
        shutil.rmtree(order.fetching, ignore_errors=True)
        write_manifest(order.shelf, items.values())
    for name, item in refused.items():
        order.reporter.line(f"{name}: {item.why}; what was prepared before stays")
    return items


def _lacking(name: str, before: Item | None, source: Source) -> Item:
    """A recording that is not ready; where nothing was given now, what was found out earlier still holds."""
    if source.tasks is None and before and before.status != "ready":
        return before
    why = source.absent if source.tasks is None else UNREACHED
    return Item(name, "missing", why=source.missing.get(name, why))


def _source(order: Order, options: Options, archive: Path | None) -> Source:
    if archive:
        return Source(from_archive(order, archive), len(order.wanted), ABSENT["archive"])
    if options.audio:
        found = search(options.audio, order.wanted, order.source.files)
        return Source(from_folder(order, found), len(found.files), "", found.missing, found.unused)
    ways = {"hub": from_hub, "youtube": from_youtube}
    tasks = ways[options.way](order) if options.way in ways and order.wanted else None
    switch = offline() if options.way == "hub" else None
    where = f"not in what is here of the data set ({switch} is set)" if switch else ABSENT[options.way]
    return Source(tasks, len(order.wanted), where)
