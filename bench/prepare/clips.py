"""The clips of a suite and of its subsets: made of their owner's tables, checked, and kept together with these."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.card import Card, load_card
from bench.errors import BadInput, NotEvaluable
from bench.manifest import Item
from bench.prepare.archive import tables
from bench.prepare.captions import check_list, entries
from bench.prepare.held import check_same
from bench.prepare.lists import Found, can_be_had, keep_lists, lists_at_hand, obtain_lists, unchecked
from bench.prepare.options import Options
from bench.prepare.report import Subset
from bench.prepare.shelved import forget
from bench.prepared import Entry, Shelf, write_clips
from bench.progress import Reporter
from bench.prompts import read_prompts
from bench.sources import Captions, Recordings

Clips = tuple[Entry, ...]
QUIET = Reporter(quiet=True)


def clip_list(
    path: Path, shelf: Shelf, card: Card, options: Options, archive: Path | None, reporter: Reporter
) -> Clips:
    """The suite's clips, made of its owner's tables; or those beside the card.

    Args:
        path: the card's.
        shelf: where the tables are kept; call it with its lock held.
        card: what is read there, for the subset that is wanted.
        options: whether the user has tables.
        archive: what tables without an address may lie in.
        reporter: where progress is shown.

    Raises:
        BadInput: a table is not as the card says, or another list was made of the same card before.
        NotEvaluable: a table can't be had, or the clips are not those that the card says.
    """
    captions = card.captions
    if isinstance(captions, str):
        return _beside_card(path, captions)
    beside, unpacked = options.audio if options.audio and options.audio.is_dir() else None, shelf.folder / "unpacked"
    try:
        with unchecked(shelf, card):
            if archive:
                beside = tables(archive, [one for one in captions.lists if not one.url], unpacked)
            found = _obtained(shelf, card, options.lists, beside, reporter, packed=not archive)
            return _made(shelf, card, captions, found, reporter)
    except (BadInput, NotEvaluable) as error:  # the user knows the archive, and not where it was unpacked
        raise type(error)(str(error).replace(str(unpacked), str(archive))) from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


@contextlib.contextmanager
def forgetting(shelf: Shelf, card: Card) -> Iterator[None]:
    """While an archive is judged that a clip list was first made of: if it is not kept, neither is that list.

    Raises:
        NotEvaluable: as what is done within.
    """
    try:
        yield
    except NotEvaluable:
        for listing in card.captions.lists if isinstance(card.captions, Captions) else ():
            if not listing.url:
                forget(shelf, listing)
        for path in (shelf.table, shelf.table.with_suffix(".json")):
            path.unlink(missing_ok=True)
        raise


def at_hand(path: Path, shelf: Shelf, card: Card, lists: Path | None) -> Clips | None:
    """A suite's clips as far as nothing need be fetched for their list; None if something must.

    Raises:
        BadInput, NotEvaluable: as :func:`clip_list`.
    """
    if isinstance(card.captions, str):
        return _beside_card(path, card.captions)
    if (found := lists_at_hand(shelf, card, lists)) is None:
        return None
    return _made(shelf, card, card.captions, found, QUIET)


def subsets_of(
    path: Path, shelf: Shelf, lists: Path | None, items: Mapping[str, Item], reporter: Reporter
) -> Iterator[Subset]:
    """The suite and its subsets; the clip lists of those whose tables are at hand, or come at once, are kept too."""
    trying = True
    for subset in ("", *load_card(path).subsets):
        one, card, why = shelf.of(subset), load_card(path, subset), ""
        if not isinstance(card.reference, Recordings):
            continue
        try:
            made = at_hand(path, one, card, lists)
            if made is None and trying and can_be_had(one, card, lists):
                made, why = _fetched(one, card, lists, reporter)
                trying = not why  # so that without a network no more than one attempt is waited for
        except (BadInput, NotEvaluable) as error:  # what was asked for is ready nonetheless
            reporter.line(f"{one.name}: {error}")
            made = None
        if made is None:
            yield Subset(one.name, how=one.command, why=why)
            continue
        if one != shelf:
            write_clips(one, card, made)
        wanted = {entry.recording for entry in made}
        yield Subset(one.name, sum(items[name].status == "ready" for name in wanted & items.keys()), len(wanted))


def _beside_card(path: Path, table: str) -> Clips:
    return tuple(Entry(clip, clip.id) for clip in read_prompts(path.parent / table))


def _made(shelf: Shelf, card: Card, captions: Captions, found: Found, reporter: Reporter) -> Clips:
    made = entries(captions, found, reporter)
    check_list(card, made)
    check_same(shelf, card, made)
    keep_lists(shelf, card, found)  # not before: what is bad must not take the place of what was good
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


def _fetched(shelf: Shelf, card: Card, lists: Path | None, reporter: Reporter) -> tuple[Clips | None, str]:
    """A subset's clips, of tables that are tried for once; else why these can't be had.

    Raises:
        BadInput, NotEvaluable: they are had, and are not as the card says.
    """
    assert isinstance(card.captions, Captions), "what stands beside a card is at hand"
    with unchecked(shelf, card):
        try:
            found = obtain_lists(shelf, card, lists, None, reporter, hasty=True)
        except NotEvaluable as error:
            return None, str(error)
        return _made(shelf, card, card.captions, found, QUIET), ""
