"""The owners' tables on a shelf: where each lies, how it gets there whole, and where those wait that may be bad."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.prepare.held import hold
from bench.prepared import Shelf
from bench.sources import Listing

NEW, OLD = ".new", ".old"
UNCHECKED = "unchecked"  # the folder of downloaded tables that nothing vouches for, until clips were made of them


def apart(shelf: Shelf, listing: Listing) -> Path:
    """Where a downloaded table lies until clips were made of it, if nothing vouches for it."""
    return shelf.folder / UNCHECKED / listing.file


def place_of(shelf: Shelf, listing: Listing) -> Path:
    """Where a table is kept: a file, or the folder of one in many files."""
    return shelf.lists / listing.file.replace("*", "_")


def is_many(listing: Listing) -> bool:
    """Whether a table is in many files, whose names have a pattern."""
    return "*" in listing.file


def on_shelf(shelf: Shelf, listing: Listing) -> tuple[Path, ...]:
    """A table's files on the shelf, in the order of their names; empty where there are none."""
    place = place_of(shelf, listing)
    if is_many(listing):
        return tuple(sorted(place.iterdir())) if place.is_dir() else ()
    return (place,) if place.is_file() else ()


def keep(shelf: Shelf, listing: Listing, found: Sequence[Path]) -> tuple[Path, ...]:
    """A table's files on the shelf, copied from where they were found, and held to from now on.

    What lay on the shelf already is not held to for having been there: it may have come from another address.

    Raises:
        OSError: the disk is full; the old files are there or the new ones.
    """
    place = place_of(shelf, listing)
    if not found[0].resolve().is_relative_to(place.resolve()):
        _copied(found, place, many=is_many(listing))
        hold(shelf, "" if listing.sha256 else listing.url, place)
    return on_shelf(shelf, listing)


def forget(shelf: Shelf, listing: Listing) -> None:
    """Remove a table from the shelf."""
    _remove(place_of(shelf, listing))


def recover(shelf: Shelf) -> None:
    """Bring back the tables that a kill left aside, and remove what it left half-made; call it with the lock held."""
    for end in (NEW, OLD):
        for left in shelf.lists.glob(f".*{end}"):
            _settled(left.with_name(left.name.removeprefix(".").removesuffix(end)))


def _copied(found: Sequence[Path], place: Path, *, many: bool) -> None:
    """Put a table in its place: the old files are there or the new ones, or after a kill :func:`recover` sees to it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh, old = _aside(place)
    _settled(place)
    try:
        _copy(found, fresh, many=many)
        if place.is_dir():  # which, unlike a file, nothing can be put in the place of at one stroke
            place.replace(old)
        fresh.replace(place)
    finally:
        _settled(place)


def _aside(place: Path) -> tuple[Path, Path]:
    """Where a table's new files lie until they are whole, and its old ones until the new ones are in their place."""
    return place.with_name(f".{place.name}{NEW}"), place.with_name(f".{place.name}{OLD}")


def _settled(place: Path) -> None:
    """Leave nothing of a table aside: the old files are of use only where the new ones did not get to their place."""
    fresh, old = _aside(place)
    if old.exists() and not place.exists():
        old.replace(place)
    _remove(old)
    _remove(fresh)


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
