"""Getting a suite ready: its owner's tables become a clip list, and recordings from somewhere its reference audio."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.card import Card, load_card
from bench.disk import locked, sweep
from bench.errors import BadInput
from bench.manifest import Item, read_manifest
from bench.prepare.clips import clip_list, forgetting, subsets_of
from bench.prepare.options import Options, check
from bench.prepare.packed import judged, obtain_archive, put_away, settle
from bench.prepare.recordings import gather_recordings, ready
from bench.prepare.report import Report, Subset
from bench.prepare.shelved import recover
from bench.prepare.supply import Order
from bench.prepared import Entry, Shelf, data_folder, list_digest, write_clips
from bench.progress import Reporter
from bench.sources import Recordings
from bench.suites import find_card


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
    check(name, card, options)
    with _held(shelf):
        sweep(shelf.folder)
        sweep(shelf.audio)
        recover(shelf)
        packed = obtain_archive(path, shelf, card, options, reporter)
        archive, before = (packed.path, ready(shelf, card, read_manifest(shelf))) if packed else (None, {})
        first = bool(packed and packed.tables) and not options.lists and not shelf.table.is_file()
        with judged(packed):
            made = clip_list(path, shelf, card, options, archive, reporter)
            write_clips(shelf, card, made)
            wanted = {entry.recording: entry.start for entry in made}
            items, unused = gather_recordings(shelf, card, options, archive, wanted, reporter)
        if packed and isinstance(card.reference, Recordings):
            order = Order(shelf, card, card.reference, wanted, reporter)
            with forgetting(shelf, card) if first else contextlib.nullcontext():
                settle(packed, order, {name: items[name] for name in wanted}, before)
        subsets = tuple(subsets_of(path, shelf, options.lists, items, reporter))
        if packed and not packed.own:
            put_away(packed.path, subsets, reporter)
        return _report(shelf, card, made, items, subsets, unused)


def _report(
    shelf: Shelf,
    card: Card,
    made: Sequence[Entry],
    items: Mapping[str, Item],
    subsets: tuple[Subset, ...],
    unused: tuple[Path, ...],
) -> Report:
    source = card.reference
    wanted = dict.fromkeys(entry.recording for entry in made) if isinstance(source, Recordings) else {}
    ways = source.ways if isinstance(source, Recordings) else ()
    mine = {one: items[one] for one in wanted}
    digest = list_digest(made)
    report = Report(
        shelf.command, shelf.name, shelf.folder, len(made), digest, mine, ways, subsets, unused, card.seconds
    )
    return report.with_features(shelf)


@contextlib.contextmanager
def _held(shelf: Shelf) -> Iterator[None]:
    busy = f"another process is preparing {shelf.called or shelf.suite} in {shelf.folder}: wait for it"
    try:
        with locked(shelf.folder, busy=busy):
            yield
    except OSError as error:
        if shelf.folder.is_dir():
            raise
        raise BadInput(f"BENCH_DATA {data_folder()} can't be written: {error.strerror}") from error
