"""The owners' tables of a suite: from the user's folder, from an earlier time, from beside the audio, or downloaded."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.card import Card
from bench.digest import file_digest
from bench.errors import BadInput, NotEvaluable
from bench.prepare.download import download
from bench.prepare.held import held_digest, instead
from bench.prepare.shelved import UNCHECKED, apart, is_many, keep, on_shelf, place_of
from bench.prepared import Shelf
from bench.progress import Reporter
from bench.sources import Captions, Listing
from bench.weights import offline

Found = dict[str, tuple[Path, ...]]  # the files of each table, by its name on the card


def obtain_lists(
    shelf: Shelf, card: Card, lists: Path | None, beside: Path | None, reporter: Reporter, *, hasty: bool = False
) -> Found:
    """The files of every table that a card's captions need, where they are; call it with the shelf's lock held.

    What is downloaded and has the digest that it must have is on the shelf then. What nothing vouches for, and the
    user's own files, are kept by :func:`keep_lists`, once it is known that the suite's clips can be made of them;
    so call it within :func:`unchecked`.

    Args:
        shelf: where they are kept.
        card: whose captions are made of tables.
        lists: the user's own folder of tables, looked into first.
        beside: the audio folder or unpacked archive, which holds the tables without an address.
        reporter: where progress is shown.
        hasty: whether tables that can be done without are wanted: each download is tried once.

    Raises:
        BadInput: a folder is none, or a table in it is not the one that the card means.
        NotEvaluable: a table is nowhere here and can't be downloaded.
    """
    for folder, option in ((lists, "--lists"), (beside, "--audio")):
        if folder is not None and not folder.is_dir():
            raise BadInput(f"{option} {folder} is no folder")
    found: Found = {}
    for listing in _needed(card):
        own = _matching(lists, listing) if lists else []
        if lists and not own and not hasty:
            reporter.line(f"--lists {lists} has no {listing.file}")
        if own:
            found[listing.file] = _right(shelf, listing, own)
        else:
            found[listing.file] = _obtained(shelf, listing, lists, beside, reporter, hasty=hasty)
    return found


@contextlib.contextmanager
def unchecked(shelf: Shelf, card: Card) -> Iterator[None]:
    """While clips are made of tables: what nothing vouches for lies apart from the shelf, and is not kept if they fail.

    Raises:
        BadInput, NotEvaluable: as what is done within, with a table's address for where it lay.
    """
    try:
        yield
    except (BadInput, NotEvaluable) as error:
        said = str(error)
        for listing in _needed(card):
            if str(place := apart(shelf, listing)) in said:
                said = f"{said.replace(str(place), listing.url)}; it was not kept"
        raise type(error)(said) from error
    finally:
        for listing in _needed(card):
            apart(shelf, listing).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # it is not there, or the part of a transfer is, which can be gone on with
            (shelf.folder / UNCHECKED).rmdir()


def lists_at_hand(shelf: Shelf, card: Card, lists: Path | None = None) -> Found | None:
    """The files of every table that a card's captions need, as far as nothing need be fetched.

    Args:
        shelf: where they are kept.
        card: whose captions are made of tables.
        lists: the user's own folder of tables, looked into first.

    Returns:
        None if any is not here, or not right.
    """
    found: Found = {}
    for listing in _needed(card):
        own = tuple(_matching(lists, listing)) if lists else ()
        here = [files for files in (own, on_shelf(shelf, listing)) if files and _is_right(shelf, listing, files)]
        if not here:
            return None
        found[listing.file] = here[0]
    return found


def can_be_had(shelf: Shelf, card: Card, lists: Path | None = None) -> bool:
    """Whether every table that is not here has an address, and something may be downloaded."""
    lacking = [one for one in _needed(card) if not (lists and _matching(lists, one)) and not on_shelf(shelf, one)]
    return not offline() and all(one.url for one in lacking)


def keep_lists(shelf: Shelf, card: Card, found: Mapping[str, Sequence[Path]]) -> Found:
    """Copy the tables that are not there yet to the shelf; call it with the shelf's lock held.

    Returns:
        Where they are now.

    Raises:
        OSError: the disk is full; of each table the old files are there or the new ones.
    """
    return {listing.file: keep(shelf, listing, found[listing.file]) for listing in _needed(card)}


def _needed(card: Card) -> list[Listing]:
    """A card's tables, each once.

    Raises:
        BadInput: two have one name, and would be kept in one place.
    """
    needed: dict[str, Listing] = {}
    for listing in card.captions.lists if isinstance(card.captions, Captions) else ():
        other = needed.setdefault(listing.file, listing)
        if (other.url, other.sha256) != (listing.url, listing.sha256):
            raise BadInput(f"the card has two tables called {listing.file}: {other.url} and {listing.url}")
    return list(needed.values())


def _obtained(
    shelf: Shelf, listing: Listing, lists: Path | None, beside: Path | None, reporter: Reporter, *, hasty: bool
) -> tuple[Path, ...]:
    here, known = on_shelf(shelf, listing), _known(shelf, listing)
    if here and (file_digest(here[0]) == known if known else listing.url and offline()):
        return here
    if listing.url:
        try:
            return (_downloaded(shelf, listing, known, reporter, hasty=hasty),)
        except NotEvaluable as error:
            if known or not here:  # what is here is wrong, or there is nothing
                raise
            reporter.line(f"{error}; the {listing.file} of an earlier time is taken")
            return here
    # What nothing vouches for comes from beside the audio again: what was there the last time may have been a part.
    if beside and (found := _beside(beside, listing)):
        return _right(shelf, listing, found)
    if here and not known:
        return here
    places = " and ".join(map(str, filter(None, (lists, shelf.lists, beside))))
    raise NotEvaluable(
        f"{listing.file} is not here: looked in {places}; it has no address to download it from, so name the folder "
        "that has it with --lists, or with --audio where it lies among the recordings"
    )


def _downloaded(shelf: Shelf, listing: Listing, known: str, reporter: Reporter, *, hasty: bool) -> Path:
    target = place_of(shelf, listing) if known else apart(shelf, listing)
    since = "" if listing.sha256 else f" as the first time {instead(shelf)}"
    try:
        return download(listing.url, target, sha256=known, since=since, hasty=hasty, reporter=reporter)
    except NotEvaluable as error:
        if hasty:
            raise
        raise NotEvaluable(f"{error}; or give a copy of your own with --lists") from error


def _known(shelf: Shelf, listing: Listing) -> str:
    """The digest that a table must have; empty where any will do."""
    return "" if is_many(listing) else listing.sha256 or held_digest(shelf, listing.url)


def _matching(folder: Path, listing: Listing, below: str = "") -> list[Path]:
    """A table's files in a folder, in the order of their names; none of the hidden copies that macOS leaves."""
    found = (path for path in folder.glob(f"{below}{listing.file}") if path.is_file() and path.name[0] != ".")
    return sorted(found, key=lambda path: (path.name, path))


def _beside(folder: Path, listing: Listing) -> list[Path]:
    """A table's files anywhere below a folder, in the order of their names; of equal ones the first.

    Raises:
        BadInput: several of one name, which are not equal.
    """
    found: dict[str, Path] = {}
    for path in _matching(folder, listing, "**/"):
        first = found.setdefault(path.name, path)
        if first != path and file_digest(first) != file_digest(path):
            raise BadInput(f"{first} and {path} are not equal: give the one that is meant with --lists")
    return list(found.values())


def _right(shelf: Shelf, listing: Listing, found: Sequence[Path]) -> tuple[Path, ...]:
    """A table's files, if it is the one that is meant.

    Raises:
        BadInput: it has not the digest that it must have.
    """
    if not _is_right(shelf, listing, found):
        why, what = ("the card wants", "") if listing.sha256 else ("at first use it had", f" {instead(shelf)}")
        said = f"{found[0]} has the SHA-256 {file_digest(found[0])}"
        raise BadInput(f"{said}, and {why} {_known(shelf, listing)}{what}")
    return tuple(found)


def _is_right(shelf: Shelf, listing: Listing, found: Sequence[Path]) -> bool:
    known = _known(shelf, listing)
    return not known or file_digest(found[0]) == known
