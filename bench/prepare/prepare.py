"""Getting a suite ready: its owner's tables become a clip list, and recordings from somewhere its reference audio."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.card import Card, load_card
from bench.disk import locked, sweep
from bench.errors import BadInput, NotEvaluable
from bench.prepare.archive import tables
from bench.prepare.captions import check_list, entries
from bench.prepare.convert import conversion_key, is_converted
from bench.prepare.download import download
from bench.prepare.find import search
from bench.prepare.gather import Task, gather
from bench.prepare.lists import lists_at_hand, obtain_lists
from bench.prepare.options import Options, check
from bench.prepare.report import Report, Subset
from bench.prepare.supply import Order, from_archive, from_folder, from_hub, from_youtube
from bench.prepared import (
    Entry,
    Item,
    Shelf,
    data_folder,
    list_digest,
    read_manifest,
    write_clips,
    write_manifest,
)
from bench.progress import Reporter
from bench.prompts import read_prompts
from bench.sources import Captions, Recordings
from bench.suite import find_card

ABSENT = {
    "folder": "no file of that name",
    "archive": "not in the archive",
    "hub": "not in the data set",
    "youtube": "not fetched",
    "": "no audio was given for it",
}


def prepare(name: str, options: Options, reporter: Reporter) -> Report:
    """Get a suite ready, as far as it can be; what was had is never fetched or converted again.

    Args:
        name: a suite's, a subset's, or a card's path.
        options: how.
        reporter: where progress is shown.

    Raises:
        BadInput: something asked for cannot be, or a table or archive is not what it should be.
        NotEvaluable: a table or archive can't be downloaded, or another process is preparing the suite.
        OSError: the disk is full; what was finished stays.
    """
    path, shelf = find_card(name)
    card = load_card(path, shelf.subset)
    check(name, card, shelf, options)
    with _held(shelf):
        sweep(shelf.folder)
        sweep(shelf.audio)
        archive = _archive(shelf, card, options, reporter)
        made = _clip_list(path, shelf, card, options, archive, reporter)
        write_clips(shelf, card, made)
        wanted = {entry.recording: entry.start for entry in made}
        items, unused = _gathered(shelf, card, options, archive, wanted, reporter)
        subsets = tuple(_subsets(path, shelf, items))
        ways = card.reference.ways if isinstance(card.reference, Recordings) else ()
        mine = {one: items[one] for one in wanted} if isinstance(card.reference, Recordings) else {}
        return Report(shelf.name, shelf.folder, len(made), list_digest(made), mine, ways, subsets, unused)


@contextlib.contextmanager
def _held(shelf: Shelf) -> Iterator[None]:
    try:
        with locked(shelf.folder):
            yield
    except NotEvaluable as error:
        if "another process" not in str(error):
            raise
        raise NotEvaluable(f"another process is preparing {shelf.suite} in {shelf.folder}: wait for it") from None
    except OSError as error:
        if shelf.folder.is_dir():
            raise
        raise BadInput(f"BENCH_DATA {data_folder()} can't be written: {error.strerror}") from error


def _archive(shelf: Shelf, card: Card, options: Options, reporter: Reporter) -> Path | None:
    """The archive that recordings and tables come from, if any; downloaded only if something in it is still needed."""
    if options.audio is not None and options.audio.is_file():
        return options.audio
    source = card.reference.archive if isinstance(card.reference, Recordings) else None
    if options.way != "archive" or source is None or _is_whole(shelf, card):
        return None
    target = shelf.folder / source.url.rpartition("/")[2].partition("?")[0]
    held = "" if source.sha256 else source.url
    return download(source.url, target, sha256=source.sha256, size=source.size, held=held, reporter=reporter)


def _is_whole(shelf: Shelf, card: Card) -> bool:
    """Whether all that an archive could give is here."""
    found = lists_at_hand(shelf, card)
    if found is None or not isinstance(card.captions, Captions):
        return False
    wanted = {entry.recording for entry in entries(card.captions, found, Reporter(quiet=True))}
    return wanted <= _ready(shelf, card, read_manifest(shelf)).keys()


def _clip_list(
    path: Path, shelf: Shelf, card: Card, options: Options, archive: Path | None, reporter: Reporter
) -> tuple[Entry, ...]:
    """The suite's clips, made of its owner's tables; or those beside the card."""
    if isinstance(card.captions, str):
        return tuple(Entry(clip, clip.id) for clip in read_prompts(path.parent / card.captions))
    beside, unpacked = options.audio if options.audio and options.audio.is_dir() else None, shelf.folder / "unpacked"
    try:
        if archive:
            beside = tables(archive, [one for one in card.captions.lists if not one.url], unpacked)
        found = obtain_lists(shelf, card, options.lists, beside, reporter)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    made = entries(card.captions, found, reporter)
    check_list(card, made)
    return made


def _gathered(
    shelf: Shelf,
    card: Card,
    options: Options,
    archive: Path | None,
    wanted: Mapping[str, float | None],
    reporter: Reporter,
) -> tuple[dict[str, Item], tuple[Path, ...]]:
    """What became of every recording, those of earlier times included, and which of the user's files are of none."""
    items = read_manifest(shelf)
    if not isinstance(card.reference, Recordings):
        return items, ()
    ready = _ready(shelf, card, items)
    kept = {name: item for name, item in items.items() if name not in wanted} | ready
    left = {name: start for name, start in wanted.items() if name not in ready or options.audio}
    order = Order(shelf, card, card.reference, left, reporter)
    tasks, unused, missing = _tasks(order, options, archive)
    fresh: dict[str, Item] = {}
    try:
        if tasks is not None and left:
            gather(tasks, len(left), options.jobs, lambda item: fresh.update({item.id: item}), reporter)
    finally:
        shutil.rmtree(order.fetching, ignore_errors=True)
        why = ABSENT["archive" if archive else "folder" if options.audio else options.way]
        absent = {name: Item(name, "missing", why=missing.get(name, why)) for name in wanted}
        latest = {name: item for name, item in fresh.items() if item.status == "ready" or name not in ready}
        items = {**absent, **kept, **latest}
        write_manifest(shelf, items.values())
    for name, item in fresh.items():
        if name not in latest:
            reporter.line(f"{name}: {item.why}; what was prepared before stays")
    return items, unused


def _ready(shelf: Shelf, card: Card, items: Mapping[str, Item]) -> dict[str, Item]:
    """The recordings that are prepared as the card has it now."""
    ready = {name: item for name, item in items.items() if item.status == "ready"}
    return {
        name: item
        for name, item in ready.items()
        if is_converted(shelf.recording(name), conversion_key(item.source_sha256, card))
    }


def _tasks(
    order: Order, options: Options, archive: Path | None
) -> tuple[Iterator[Task] | None, tuple[Path, ...], dict[str, str]]:
    """What converts the recordings, the user's files that are none of them, and why some can't be had."""
    if archive:
        return from_archive(order, archive), (), {}
    if options.audio:
        found = search(options.audio, order.wanted, order.source.files)
        return from_folder(order, found), found.unused, found.missing
    ways = {"hub": from_hub, "youtube": from_youtube}
    return (ways[options.way](order) if options.way in ways else None), (), {}


def _subsets(path: Path, shelf: Shelf, items: Mapping[str, Item]) -> Iterator[Subset]:
    """The suite and those of its subsets whose tables are at hand: their clip lists are kept too."""
    for subset in ("", *load_card(path).subsets):
        one, card = Shelf(shelf.suite, subset), load_card(path, subset)
        made = _listed(one, card)
        if made is None or not isinstance(card.reference, Recordings):
            continue
        if one != shelf:
            write_clips(one, card, made)
        wanted = {entry.recording for entry in made}
        yield Subset(one.name, sum(items[name].status == "ready" for name in wanted & items.keys()), len(wanted))


def _listed(shelf: Shelf, card: Card) -> Sequence[Entry] | None:
    found = lists_at_hand(shelf, card)
    if found is None or not isinstance(card.captions, Captions):
        return None
    made = entries(card.captions, found, Reporter(quiet=True))
    check_list(card, made)
    return made
