"""Whether a recording is all there: decoders play what is cut off, leave out what is damaged, and say nothing."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

STREAMED = 0x7FFF_0000  # data sizes from here on are written by those who could not go back to fill in the true one
PAGE = b"OggS"
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))  # each byte with its bits from behind
ALL = 0xFFFF_FFFF


def cut_short(path: Path) -> str:
    """Why a WAV, RF64 or Ogg file is not whole; empty if it is, or is of another kind.

    Raises:
        OSError: the file can't be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(12)
        if not head:
            return "is empty (0 bytes)"
        if head[:4] in (b"RIFF", b"RF64"):
            return _wav(file, size)
        return _ogg(file, size) if head[:4] == b"OggS" else ""


def _wav(file: BinaryIO, size: int) -> str:
    """Walk the chunks to the one with the samples, and see whether the file holds all of it."""
    long_size = None
    while len(header := file.read(8)) == 8:
        name, length = header[:4], struct.unpack("<I", header[4:])[0]
        if name == b"ds64":  # RF64 keeps sizes beyond 4 GiB here: of the file, then of the samples
            long_size = struct.unpack("<8xQ", file.read(16))[0] if length >= 16 else None
            file.seek(length - 16, os.SEEK_CUR)
        elif name == b"data":
            wanted = long_size if long_size is not None and length == 0xFFFF_FFFF else length
            there = size - file.tell()
            whole = there >= wanted or (long_size is None and wanted >= STREAMED)
            return "" if whole else f"is truncated: {there} of {wanted} bytes of samples"
        else:
            file.seek(length + length % 2, os.SEEK_CUR)
    return "is truncated: it ends before its samples"


def _ogg(file: BinaryIO, size: int) -> str:
    """Walk the pages: whether each is as it was written, all streams begin in front, and the last page says it is.

    Source: RFC 3533, section 4 (chained streams) and 6 (header type flags 0x02, begin, and 0x04, end; the segment table
    gives the page's length; its checksum).
    """
    place, flags = 0, 0
    file.seek(0)
    while place < size:
        head = file.read(27)
        if head[:4] != PAGE:
            return _between(file, place, flags)
        table = file.read(head[26]) if len(head) == 27 else b""
        body = file.read(sum(table))
        there = len(head) + len(table) + len(body)
        if there < 27 or there < 27 + head[26] + sum(table):
            return "is truncated: its last page is not all there"
        if _checksum(head[:22] + bytes(4) + head[26:] + table + body) != head[22:26]:
            return f"is damaged: its page at byte {place} is not as it was written"
        if place and head[5] & 2 and not flags & 2:
            return "holds streams one behind the other, of which decoders give the first: convert it to WAV or FLAC"
        place, flags = place + there, head[5]
    return _ended(flags)


def _between(file: BinaryIO, place: int, flags: int) -> str:
    """What is wrong where no page begins: nothing if what is there stands behind all pages, as some tags do."""
    file.seek(place)
    while len(block := file.read(1 << 20)) >= len(PAGE):
        if PAGE in block:
            return f"is damaged: no page begins at byte {place}, and some follow"
        file.seek(1 - len(PAGE), os.SEEK_CUR)
    return _ended(flags)


def _ended(flags: int) -> str:
    return "" if flags & 4 else "is truncated: its last page is not the end of its stream"


def _checksum(page: bytes) -> bytes:
    """The checksum of a page as it stands in it; it is zlib's for bits from behind, from 0 on, and not inverted."""
    mirrored = zlib.crc32(page.translate(MIRRORED), ALL) ^ ALL
    return mirrored.to_bytes(4, "big").translate(MIRRORED)
