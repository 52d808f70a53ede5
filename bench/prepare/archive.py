"""Recordings in a tar or zip archive: members are read one after the other, and only those that are wanted."""

from __future__ import annotations

import fnmatch
import io
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from tarfile import HeaderError, ReadError, TarFile
from typing import IO, NamedTuple, Self

from bench.errors import BadInput
from bench.sources import Listing
from bench.weights import digest_of

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
PIECE = 1 << 20  # bytes
UNREAD = "can't be read from its archive"
END: type[Exception] = vars(tarfile)["EOFHeaderError"]  # the blocks of zeros behind the last member; its types lack it
# What reading one raises: the last is for members of a zip that are encrypted, or compressed in ways unknown here.
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError)


class Damaged(BadInput):
    """What is no archive, or one that can't be read as far as was asked for."""


class Member(NamedTuple):
    """A regular file of an archive: its path in there, and its bytes, or what is wrong, while it is the current one."""

    path: PurePosixPath
    file: IO[bytes]


def is_archive(path: Path) -> bool:
    """Whether a file is called as an archive is."""
    return path.name.lower().endswith(ARCHIVES)


def members(archive: Path) -> Iterator[Member]:
    """The regular files of an archive, in its order; links, devices and names that leave it are not given.

    Raises:
        Damaged: it is no archive, or is damaged; of a zip where only some members are, reading these raises.
    """
    try:
        if zipfile.is_zipfile(archive):
            yield from _of_zip(archive)
        else:
            yield from _of_tar(archive)
    except DAMAGED as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        line = said.partition("\n")[0].rstrip(":")  # behind it tarfile lists what each compression says
        raise Damaged(f"{archive} is no tar or zip archive, or is damaged: {line}") from error


def check(archive: Path, sha256: str) -> None:
    """Raise unless an archive is whole: most tell only by their end that what was before it is damaged.

    Args:
        archive: read to its end, unless it is known; of a zip each member has its own checksum.
        sha256: of the one that its owner publishes, where that is known.

    Raises:
        Damaged: it is no archive, or is damaged.
    """
    if not (sha256 and digest_of(archive) == sha256) and not zipfile.is_zipfile(archive):
        for _ in members(archive):
            pass


class _Header(tarfile.TarInfo):
    """A member's header; behind the first one tarfile itself takes what is none for the end of the archive."""

    @classmethod
    def fromtarfile(cls, tarfile: TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile)
        except HeaderError as error:
            if isinstance(error, END):
                raise
            raise ReadError(str(error)) from error


def _of_tar(archive: Path) -> Iterator[Member]:
    with tarfile.open(archive, "r:*", tarinfo=_Header) as tar:
        for info in tar:
            path = PurePosixPath(info.name)
            if info.isreg() and _stays(path) and (file := tar.extractfile(info)) is not None:
                yield Member(path, file)
        while tar.fileobj and tar.fileobj.read(PIECE):  # up to the checksum
            pass


def _of_zip(archive: Path) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            path = PurePosixPath(info.filename.replace("\\", "/"))  # as some programs on Windows write it
            kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where the archive does not say
            if not info.is_dir() and kind in (0, stat.S_IFREG) and _stays(path):
                with _opened(packed, info) as file:
                    yield Member(path, file)


class _Unreadable(io.BytesIO):
    """A member whose own header is damaged, or that is encrypted: the others may be whole."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def read(self, _size: int | None = -1, /) -> bytes:
        raise self.error


def _opened(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return packed.open(info)
    except DAMAGED as error:
        return _Unreadable(error)


def _stays(path: PurePosixPath) -> bool:
    return not path.is_absolute() and ".." not in path.parts and not any(part.startswith(".") for part in path.parts)


def unpack(member: Member, target: Path) -> Path:
    """Write a member's bytes to a file; nothing of one that can't be read is left.

    Raises:
        Damaged: the archive is, there.
        OSError: the disk is full.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        while True:
            try:
                block = member.file.read(PIECE)
            except DAMAGED as error:
                target.unlink()
                said = str(error).partition(" for file '")[0]  # the name follows, which is said already
                raise Damaged(f"{member.path} {UNREAD}: {said}") from error
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

    Raises:
        Damaged: the archive is none, or damaged.
        OSError: the disk is full.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = {listing.file for listing in listings}
    left = set(names)
    for member in members(archive) if names else ():
        if any(fnmatch.fnmatchcase(member.path.name, name) for name in names):
            unpack(member, folder / member.path)
            left.discard(member.path.name)
            if not left:
                break
    return folder
