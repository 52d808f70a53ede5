"""The archive that a suite comes in: the user's own, or one from its address, which has to prove good to be held to."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.audio import SUFFIXES
from bench.card import Card
from bench.errors import BadInput, NotEvaluable, listed
from bench.manifest import Item, read_manifest
from bench.prepare.archive import UNREAD, Damaged, check, members
from bench.prepare.clips import at_hand
from bench.prepare.download import download
from bench.prepare.find import composed
from bench.prepare.held import came_from, forget_origin, held_digest, hold, instead, note_origin
from bench.prepare.options import Options
from bench.prepare.recordings import ready
from bench.prepare.report import Subset
from bench.prepare.supply import Order
from bench.prepared import Shelf
from bench.progress import Reporter
from bench.sources import Captions, Recordings
from bench.weights import offline

MEGABYTE = 1_000_000
LARGE = 100 * MEGABYTE  # of an archive that takes long enough to read that one should know


class Packed(NamedTuple):
    """An archive that recordings come from, and maybe tables.

    Attributes:
        path: where it lies.
        own: whether it is the user's, who gave it.
        url: where it came from, if nothing vouches for it yet.
        again: whether it is here from an earlier time, which may have been interrupted.
        tables: whether the clip list is made of tables in it.
    """

    path: Path
    own: bool = False
    url: str = ""
    again: bool = False
    tables: bool = False

    @property
    def called(self) -> str:
        """As messages have it."""
        return f"{self.path.name} from {self.url}" if self.url else str(self.path)

    def said(self, error: str) -> str:
        """What is wrong with it, under the name that the user knows it by."""
        path = str(self.path)
        return error.replace(path, self.called) if path in error else f"{self.called}: {error}"

    def discarded(self, said: str) -> NotEvaluable:
        """What is raised once it is removed for what was wrong."""
        forget_origin(self.path)
        self.path.unlink()
        return NotEvaluable(f"{said}; it was not kept")


def obtain_archive(path: Path, shelf: Shelf, card: Card, options: Options, reporter: Reporter) -> Packed | None:
    """The archive that recordings and tables come from, if any; downloaded only if something in it is still needed.

    Args:
        path: the card's.
        shelf: where it is kept; call it with its lock held.
        card: what is read there, for the subset that is wanted.
        options: whether the user has one, or wants the owner's.
        reporter: where progress is shown.

    Raises:
        BadInput: it is no archive, or is damaged.
        NotEvaluable: it can't be had, or is not the one that is meant.
    """
    source = card.reference.archive if isinstance(card.reference, Recordings) else None
    if options.audio is not None and options.audio.is_file():
        return Packed(_checked(options.audio, source.sha256 if source else "", reporter), own=True)
    if options.way != "archive" or source is None or _is_whole(path, shelf, card):
        return None
    target = shelf.folder / source.url.rpartition("/")[2].partition("?")[0]
    known = source.sha256 or held_digest(shelf, source.url)
    tables = isinstance(card.captions, Captions) and not all(one.url for one in card.captions.lists)
    if not known and came_from(source.url, target):
        return Packed(target, url=source.url, again=True, tables=tables)
    here = target.is_file() and source.size in (0, target.stat().st_size)
    since = "" if source.sha256 else f" as the first time {instead(shelf)}"
    check = functools.partial(_checked, sha256=known, reporter=reporter)
    try:
        download(source.url, target, sha256=known, since=since, size=source.size, check=check, reporter=reporter)
    except NotEvaluable as error:
        if known or not here:  # what is here is wrong, or there is nothing
            raise
        reporter.line(f"{error}; the {target.name} of an earlier time is taken")
        return Packed(_checked(target, "", reporter))
    if known or (here and offline()):  # in the latter case nobody knows where it came from
        return Packed(target)
    note_origin(source.url, target)
    return Packed(target, url=source.url, tables=tables)


def _checked(archive: Path, sha256: str, reporter: Reporter) -> Path:
    if (size := archive.stat().st_size) > LARGE:
        reporter.line(f"checking {archive.name.removesuffix('.part')} ({size // MEGABYTE} MB)")
    check(archive, sha256)
    return archive


def _is_whole(path: Path, shelf: Shelf, card: Card) -> bool:
    """Whether all that an archive could give is here."""
    try:
        made = at_hand(path, shelf, card, None)
    except (BadInput, NotEvaluable):  # a table is damaged, and comes anew
        return False
    return made is not None and {one.recording for one in made} <= ready(shelf, card, read_manifest(shelf)).keys()


@contextlib.contextmanager
def judged(packed: Packed | None) -> Iterator[None]:
    """While an archive is read: one that nothing vouches for is not kept if it proves to be none of the suite's.

    Raises:
        Damaged: it is, and is the user's, or is vouched for.
        NotEvaluable: it is not kept.
        BadInput, NotEvaluable: as what is done within.
    """
    try:
        yield
    except (BadInput, NotEvaluable) as error:
        said = str(error)
        if packed is None or not (isinstance(error, Damaged) or packed.tables or str(packed.path) in said):
            raise
        called = packed.said(said)
        if packed.url and (isinstance(error, Damaged) or not _has_audio(packed.path)):
            raise packed.discarded(called) from error
        if isinstance(error, Damaged):
            raise Damaged(called) from error
        if packed.url:  # it may be the right one: a slip in the card must not cost another download
            raise type(error)(f"{said}; to have it downloaded again, remove {packed.path}") from error
        raise


def _has_audio(archive: Path) -> bool:
    return any(member.path.suffix.lower() in SUFFIXES for member in members(archive))


def settle(packed: Packed, order: Order, items: Mapping[str, Item], before: Collection[str]) -> None:
    """Hold to an archive that gave recordings; one that nothing vouches for and that has none is not kept.

    Where some could be read and some not, it is kept and not held to: the server is asked for another the next time.

    Args:
        packed: the archive, which was read.
        order: the recordings that are wanted of it; call it with the shelf's lock held.
        items: what became of them, by name.
        before: the names of those that were ready before.

    Raises:
        BadInput: the user's own archive has recordings that can't be read.
        NotEvaluable: it is not kept.
    """
    mine = [item for item in items.values() if item.source.startswith(f"{packed.path.name}/")]
    unread = [item for item in mine if UNREAD in item.why]
    good = [item for item in mine if item.status == "ready"]
    said = f"{packed.called} has none of the recordings that are wanted"
    if unread:
        names, why = listed([item.id for item in unread]), unread[0].why.partition(f"{UNREAD}: ")[2]
        said = f"{packed.called} is damaged: {names} can't be read from the archive: {why}"
    if packed.own:
        if unread:
            raise BadInput(said)
    elif packed.url and not good and (unread or not _has_any(packed.path, order)):
        raise packed.discarded(said)
    elif unread:
        forget_origin(packed.path)
        order.reporter.line(f"{said}; what could be read was converted")
    elif packed.url and (packed.again or any(item.id not in before for item in good)) and good:
        hold(order.shelf, packed.url, packed.path)
        forget_origin(packed.path)


def _has_any(archive: Path, order: Order) -> bool:
    """Whether any member is called as a recording that is wanted."""
    names = order.names
    audio = (member.path for member in members(archive) if member.path.suffix.lower() in SUFFIXES)
    return any(composed(path.stem) in names for path in audio)


def put_away(archive: Path, subsets: Sequence[Subset], reporter: Reporter) -> None:
    """Remove a downloaded archive that nothing is wanted from any more; else say that it is kept."""
    size = f"{archive.name} ({archive.stat().st_size // MEGABYTE} MB)"
    left = [one.name for one in subsets if not one.complete]
    if not left:
        archive.unlink()
        forget_origin(archive)
        reporter.line(f"{size} is removed: everything wanted was converted")
    else:
        reporter.line(f"{size} is kept in {archive.parent} for {', '.join(left)}; remove it if you want none of these")
