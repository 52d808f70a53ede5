"""Getting a suite ready: its owner's tables become a clip list, and recordings from somewhere its reference audio."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.card import Card, load_card
from bench.disk import locked, sweep
from bench.errors import BadInput, NotEvaluable
from bench.manifest import Item, read_manifest
from bench.prepare.archive import check as check_archive
from bench.prepare.archive import tables
from bench.prepare.captions import check_list, entries
from bench.prepare.download import download
from bench.prepare.lists import Found, keep_lists, lists_at_hand, obtain_lists
from bench.prepare.options import Options, check
from bench.prepare.recordings import gather_recordings, ready
from bench.prepare.report import Report, Subset
from bench.prepared import Entry, Shelf, data_folder, list_digest, write_clips
from bench.progress import Reporter
from bench.prompts import read_prompts
from bench.sources import Captions, Recordings
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
        made = _clip_list(path, shelf, card, options, archive, reporter)
        write_clips(shelf, card, made)
        wanted = {entry.recording: entry.start for entry in made}
        items, unused = gather_recordings(shelf, card, options, archive, wanted, reporter)
        subsets = tuple(_subsets(path, shelf, options.lists, items, reporter))
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
    held = "" if source.sha256 else source.url
    download(source.url, target, sha256=source.sha256, size=source.size, held=held, reporter=reporter)
    return _checked(target, source.sha256, reporter)


def _checked(archive: Path, sha256: str, reporter: Reporter) -> Path:
    if (size := archive.stat().st_size) > LARGE:
        reporter.line(f"checking {archive.name} ({size // MEGABYTE} MB)")
    check_archive(archive, sha256)
    return archive


def _is_whole(path: Path, shelf: Shelf, card: Card) -> bool:
    """Whether all that an archive could give is here."""
    try:
        made = _at_hand(path, shelf, card, None)
    except (BadInput, NotEvaluable):  # a table is damaged, and comes anew
        return False
    return made is not None and {one.recording for one in made} <= ready(shelf, card, read_manifest(shelf)).keys()


def _at_hand(path: Path, shelf: Shelf, card: Card, lists: Path | None) -> tuple[Entry, ...] | None:
    """A suite's clips as far as nothing need be fetched for their list; None if something must.

    Raises:
        BadInput, NotEvaluable: its tables are here, and are not as the card says.
    """
    if isinstance(card.captions, str):
        return _beside_card(path, card.captions)
    if (found := lists_at_hand(shelf, card, lists)) is None:
        return None
    made = entries(card.captions, found, Reporter(quiet=True))
    check_list(card, made)
    keep_lists(shelf, card, found)
    return made


def _beside_card(path: Path, table: str) -> tuple[Entry, ...]:
    return tuple(Entry(clip, clip.id) for clip in read_prompts(path.parent / table))


def _clip_list(
    path: Path, shelf: Shelf, card: Card, options: Options, archive: Path | None, reporter: Reporter
) -> tuple[Entry, ...]:
    """The suite's clips, made of its owner's tables; or those beside the card."""
    captions = card.captions
    if isinstance(captions, str):
        return _beside_card(path, captions)
    beside, unpacked = options.audio if options.audio and options.audio.is_dir() else None, shelf.folder / "unpacked"
    try:
        if archive:
            beside = tables(archive, [one for one in captions.lists if not one.url], unpacked)
        found = _obtained(shelf, card, options.lists, beside, reporter, packed=not archive)
        made = entries(captions, found, reporter)
        check_list(card, made)
        keep_lists(shelf, card, found)  # not before: what is bad must not take the place of what was good
    except (BadInput, NotEvaluable) as error:  # the user knows the archive, and not where it was unpacked
        raise type(error)(str(error).replace(str(unpacked), str(archive))) from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    return made


def _obtained(
    shelf: Shelf, card: Card, lists: Path | None, beside: Path | None, reporter: Reporter, *, packed: bool
) -> Found:
    """The tables; or advice that is of use where they may yet come in the card's archive.

    Raises:
        NotEvaluable: as :func:`obtain_lists`.
    """
    try:
        return obtain_lists(shelf, card, lists, beside, reporter)
    except NotEvaluable as error:
        packed = packed and isinstance(card.reference, Recordings) and card.reference.archive is not None
        if packed and isinstance(card.captions, Captions) and not all(one.url for one in card.captions.lists):
            raise NotEvaluable(f"{error}; or get both with --from archive") from error
        raise


def _subsets(
    path: Path, shelf: Shelf, lists: Path | None, items: Mapping[str, Item], reporter: Reporter
) -> Iterator[Subset]:
    """The suite and its subsets; the clip lists of those whose tables are at hand are kept too."""
    for subset in ("", *load_card(path).subsets):
        one, card = shelf.of(subset), load_card(path, subset)
        if not isinstance(card.reference, Recordings):
            continue
        try:
            made = _at_hand(path, one, card, lists)
        except (BadInput, NotEvaluable) as error:  # what was asked for is ready nonetheless
            reporter.line(f"{one.name}: {error}")
            made = None
        if made is None:
            yield Subset(one.name, how=one.command)
            continue
        if one != shelf:
            write_clips(one, card, made)
        wanted = {entry.recording for entry in made}
        yield Subset(one.name, sum(items[name].status == "ready" for name in wanted & items.keys()), len(wanted))


def _put_away(archive: Path, subsets: Sequence[Subset], reporter: Reporter) -> None:
    """Remove a downloaded archive that nothing is wanted from any more; else say that it is kept."""
    size = f"{archive.name} ({archive.stat().st_size // MEGABYTE} MB)"
    left = [one.name for one in subsets if not one.complete]
    if not left:
        archive.unlink()
        reporter.line(f"{size} is removed: everything wanted was converted")
    else:
        reporter.line(f"{size} is kept in {archive.parent} for {', '.join(left)}; remove it if you want none of these")
