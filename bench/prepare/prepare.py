"""Getting a suite ready: its owner's tables become a clip list, and recordings from somewhere its reference audio."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.card import Card, load_card
from bench.disk import locked, sweep
from bench.errors import BadInput, NotEvaluable
from bench.manifest import Item, read_manifest
from bench.prepare.archive import check as check_archive
from bench.prepare.clips import at_hand, clip_list, subsets_of
from bench.prepare.download import download
from bench.prepare.held import held_digest, hold, instead
from bench.prepare.options import Options, check
from bench.prepare.recordings import gather_recordings, ready
from bench.prepare.report import Report, Subset
from bench.prepared import Entry, Shelf, data_folder, list_digest, write_clips
from bench.progress import Reporter
from bench.sources import Recordings
from bench.suites import find_card

MEGABYTE = 1_000_000
LARGE = 100 * MEGABYTE  # of an archive that takes long enough to read that one should know


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
        archive = _archive(path, shelf, card, options, reporter)
        made = clip_list(path, shelf, card, options, archive, reporter)
        write_clips(shelf, card, made)
        wanted = {entry.recording: entry.start for entry in made}
        items, unused = gather_recordings(shelf, card, options, archive, wanted, reporter)
        subsets = tuple(subsets_of(path, shelf, options.lists, items, reporter))
        if archive and not options.audio:
            _put_away(archive, subsets, reporter)
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


def _archive(path: Path, shelf: Shelf, card: Card, options: Options, reporter: Reporter) -> Path | None:
    """The archive that recordings and tables come from, if any; downloaded only if something in it is still needed."""
    source = card.reference.archive if isinstance(card.reference, Recordings) else None
    if options.audio is not None and options.audio.is_file():
        return _checked(options.audio, source.sha256 if source else "", reporter)
    if options.way != "archive" or source is None or _is_whole(path, shelf, card):
        return None
    target = shelf.folder / source.url.rpartition("/")[2].partition("?")[0]
    known = source.sha256 or held_digest(shelf, source.url)
    since = "" if source.sha256 else f" as the first time {instead(shelf)}"
    check = functools.partial(_checked, sha256=known, reporter=reporter)
    download(source.url, target, sha256=known, since=since, size=source.size, check=check, reporter=reporter)
    hold(shelf, "" if source.sha256 else source.url, target)
    return target


def _checked(archive: Path, sha256: str, reporter: Reporter) -> Path:
    if (size := archive.stat().st_size) > LARGE:
        reporter.line(f"checking {archive.name.removesuffix('.part')} ({size // MEGABYTE} MB)")
    check_archive(archive, sha256)
    return archive


def _is_whole(path: Path, shelf: Shelf, card: Card) -> bool:
    """Whether all that an archive could give is here."""
    try:
        made = at_hand(path, shelf, card, None)
    except (BadInput, NotEvaluable):  # a table is damaged, and comes anew
        return False
    return made is not None and {one.recording for one in made} <= ready(shelf, card, read_manifest(shelf)).keys()


def _put_away(archive: Path, subsets: Sequence[Subset], reporter: Reporter) -> None:
    """Remove a downloaded archive that nothing is wanted from any more; else say that it is kept."""
    size = f"{archive.name} ({archive.stat().st_size // MEGABYTE} MB)"
    left = [one.name for one in subsets if not one.complete]
    if not left:
        archive.unlink()
        reporter.line(f"{size} is removed: everything wanted was converted")
    else:
        reporter.line(f"{size} is kept in {archive.parent} for {', '.join(left)}; remove it if you want none of these")
