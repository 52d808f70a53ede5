"""The owners' tables of a suite: from the user's folder, from an earlier time, from beside the audio, or downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.card import Card
from bench.digest import file_digest
from bench.errors import BadInput, NotEvaluable
from bench.prepare.download import download, held_digest, hold
from bench.prepared import Shelf
from bench.progress import Reporter
from bench.sources import Captions, Listing

Found = dict[str, tuple[Path, ...]]  # the files of each table, by its name on the card


def obtain_lists(shelf: Shelf, card: Card, lists: Path | None, beside: Path | None, reporter: Reporter) -> Found:
    """The files of every table that a card's captions need, where they are; call it with the shelf's lock held.

    What is downloaded is on the shelf then. The user's own files are kept by :func:`keep_lists`, once it is known that
    the suite's clips can be made of them.

    Args:
        shelf: where they are kept.
        card: whose captions are made of tables.
        lists: the user's own folder of tables, looked into first.
        beside: the audio folder or unpacked archive, which holds the tables without an address.
        reporter: where progress is shown.

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
        if lists and not own:
            reporter.line(f"--lists {lists} has no {listing.file}")
        found[listing.file] = _right(listing, own) if own else _obtained(shelf, listing, lists, beside, reporter)
    return found


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
        here = [files for files in (own, _on_shelf(shelf, listing)) if files and _is_right(listing, files)]
        if not here:
            return None
        found[listing.file] = here[0]
    return found


def keep_lists(shelf: Shelf, card: Card, found: Mapping[str, Sequence[Path]]) -> Found:
    """Copy the tables that are not there yet to the shelf; call it with the shelf's lock held.

    Returns:
        Where they are now.

    Raises:
        OSError: the disk is full; of each table the old files are there or the new ones.
    """
    return {listing.file: _kept(shelf, listing, found[listing.file]) for listing in _needed(card)}


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
    shelf: Shelf, listing: Listing, lists: Path | None, beside: Path | None, reporter: Reporter
) -> tuple[Path, ...]:
    here, known = _on_shelf(shelf, listing), _known(listing)
    if here and known and file_digest(here[0]) == known:
        return here
    if listing.url:
        return (_downloaded(shelf, listing, reporter),)
    # What nothing vouches for comes from beside the audio again: what was there the last time may have been a part.
    if beside and (found := _beside(beside, listing)):
        return _right(listing, found)
    if here and not known:
        return here
    places = " and ".join(map(str, filter(None, (lists, shelf.lists, beside))))
    raise NotEvaluable(
        f"{listing.file} is not here: looked in {places}; it has no address to download it from, so name the folder "
        "that has it with --lists, or with --audio where it lies among the recordings"
    )


def _downloaded(shelf: Shelf, listing: Listing, reporter: Reporter) -> Path:
    try:
        return download(listing.url, _place(shelf, listing), sha256=listing.sha256, held=listing.url, reporter=reporter)
    except NotEvaluable as error:
        raise NotEvaluable(f"{error}; or give a copy of your own with --lists") from error


def _known(listing: Listing) -> str:
    """The digest that a table must have; empty where any will do."""
    return "" if _many(listing) else listing.sha256 or held_digest(listing.url)


def _place(shelf: Shelf, listing: Listing) -> Path:
    """Where a table is kept: a file, or the folder of one in many files."""
    return shelf.lists / listing.file.replace("*", "_")


def _many(listing: Listing) -> bool:
    return "*" in listing.file


def _on_shelf(shelf: Shelf, listing: Listing) -> tuple[Path, ...]:
    place = _place(shelf, listing)
    if _many(listing):
        return tuple(sorted(place.iterdir())) if place.is_dir() else ()
    return (place,) if place.is_file() else ()


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


def _right(listing: Listing, found: Sequence[Path]) -> tuple[Path, ...]:
    """A table's files, if it is the one that is meant.

    Raises:
        BadInput: it has not the digest that it must have.
    """
    if not _is_right(listing, found):
        why = "the card wants" if listing.sha256 else "at first use it had"
        raise BadInput(f"{found[0]} has the SHA-256 {file_digest(found[0])}, and {why} {_known(listing)}")
    return tuple(found)


def _is_right(listing: Listing, found: Sequence[Path]) -> bool:
    known = _known(listing)
    return not known or file_digest(found[0]) == known


def _kept(shelf: Shelf, listing: Listing, found: Sequence[Path]) -> tuple[Path, ...]:
    """A table's files on the shelf, copied from where they were found."""
    place = _place(shelf, listing)
    if found[0].resolve().is_relative_to(place.resolve()):
        return tuple(found)
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.new")
    try:
        _remove(fresh)  # what a kill left
        _copy(found, fresh, many=_many(listing))
        _remove(place)
        fresh.replace(place)
    finally:
        _remove(fresh)
    hold("" if listing.sha256 or _many(listing) else listing.url, place)
    return _on_shelf(shelf, listing)


def _copy(found: Sequence[Path], fresh: Path, *, many: bool) -> None:
    if many:
        fresh.mkdir()
        for path in found:
            shutil.copyfile(path, fresh / path.name)
    else:
        shutil.copyfile(found[0], fresh)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
