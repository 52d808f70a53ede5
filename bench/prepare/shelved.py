"""The owners' tables on a shelf: where each lies, how it gets there whole, and where those wait that may be bad."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.prepare.held import hold
from bench.prepared import Shelf
from bench.sources import Listing

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

    Raises:
        OSError: the disk is full; the old files are there or the new ones.
    """
    place = place_of(shelf, listing)
    if not found[0].resolve().is_relative_to(place.resolve()):
        _copied(found, place, many=is_many(listing))
    hold(shelf, "" if listing.sha256 else listing.url, place)
    return on_shelf(shelf, listing)


def _copied(found: Sequence[Path], place: Path, *, many: bool) -> None:
    """Put a table in its place: the old files are there or the new ones."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.new")
    try:
        _remove(fresh)  # what a kill left
        _copy(found, fresh, many=many)
        _remove(place)
        fresh.replace(place)
    finally:
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
