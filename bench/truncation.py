"""Whether a recording is all there: decoders play a file that was cut off to its end, and say nothing."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

STREAMED = 0x7FFF_0000  # data sizes from here on are written by those who could not go back to fill in the true one
OGG_TAIL = 65_536 + 512  # bytes: the longest page there can be


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
    """Whether the last page is complete and says that it is the last.

    Source: RFC 3533, section 6 (header type flag 0x04; the segment table gives the page's length).
    """
    file.seek(max(0, size - OGG_TAIL))
    tail = file.read()
    start = tail.rfind(b"OggS")
    if start < 0 or len(tail) < start + 27:
        return "is truncated: its last page is not there"
    table = tail[start + 27 : start + 27 + tail[start + 26]]
    complete = len(table) == tail[start + 26] and len(tail) >= start + 27 + len(table) + sum(table)
    ended = complete and tail[start + 5] & 4
    return "" if ended else "is truncated: its last page is not the end of its stream"
