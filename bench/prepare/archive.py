"""Recordings in a tar or zip archive: members are read one after the other, and only those that are wanted."""

from __future__ import annotations

import fnmatch
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from bench.audio import SUFFIXES
from bench.errors import BadInput
from bench.sources import Listing

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError)


class Member(NamedTuple):
    """A regular file of an archive: its path in there, and its bytes while it is the current one."""

    path: PurePosixPath
    file: IO[bytes]


def is_archive(path: Path) -> bool:
    """Whether a file is called as an archive is."""
    return path.name.lower().endswith(ARCHIVES)


def members(archive: Path) -> Iterator[Member]:
    """The regular files of an archive, in its order; links, devices and names that leave it are not given.

    Raises:
        BadInput: it is no archive, or is damaged.
    """
    try:
        if zipfile.is_zipfile(archive):
            yield from _of_zip(archive)
        else:
            yield from _of_tar(archive)
    except DAMAGED as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise BadInput(f"{archive} is no tar or zip archive, or is damaged: {' '.join(str(said).split())}") from error


def _of_tar(archive: Path) -> Iterator[Member]:
    with tarfile.open(archive, "r:*") as tar:
        for info in tar:
            path = PurePosixPath(info.name)
            if info.isreg() and _stays(path) and (file := tar.extractfile(info)) is not None:
                yield Member(path, file)


def _of_zip(archive: Path) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            path = PurePosixPath(info.filename)
            if not info.is_dir() and _stays(path):
                with packed.open(info) as file:
                    yield Member(path, file)


def _stays(path: PurePosixPath) -> bool:
    return not path.is_absolute() and ".." not in path.parts and not any(part.startswith(".") for part in path.parts)


def unpack(member: Member, target: Path) -> Path:
    """Write a member's bytes to a file.

    Raises:
        BadInput: the archive is damaged there.
        OSError: the disk is full.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        while True:
            try:
                block = member.file.read(1 << 20)
            except DAMAGED as error:
                raise BadInput(f"{member.path} can't be read from its archive: {error}") from error
            if not block:
                return target
            file.write(block)


def tables(archive: Path, listings: Iterable[Listing], folder: Path) -> Path:
    """Unpack the tables that come with the recordings; the reading stops once all of them are there.

    Args:
        archive: what they are in.
        listings: the tables; of those with a pattern for a name all files are taken.
        folder: emptied, then filled with them.

    Returns:
        The folder.
    """
    shutil.rmtree(folder, ignore_errors=True)
    wanted = list(listings)
    single = {listing.file for listing in wanted if "*" not in listing.file}
    for member in members(archive):
        name = member.path.name
        if any(fnmatch.fnmatchcase(name, listing.file) for listing in wanted):
            unpack(member, folder / name)
            single.discard(name)
            if not single and all("*" not in listing.file for listing in wanted):
                break
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def recordings(archive: Path, names: Sequence[str]) -> Iterator[Member]:
    """The members that are audio and called by one of these names, without suffix."""
    wanted = set(names)
    for member in members(archive):
        if member.path.suffix.lower() in SUFFIXES and member.path.stem in wanted:
            yield member
