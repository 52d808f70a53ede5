"""Our own WAV files: the same bytes every time, each with a comment that says what it is made of."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np

from bench.audio import Subtype, Unreadable, Waveform
from bench.truncation import cut_short

NO_WAV = "can't be decoded: it is no WAV file"


HEAD = 4096  # bytes before the samples of our own WAV files, and more


COMMENT = re.compile(rb"RIFF.{4}WAVEfmt .{20}LIST.{4}INFOICMT.{4}([^\0]*)\0", re.DOTALL)  # where encode_wav puts it


def encode_wav(wave: Waveform, rate: int, *, subtype: Subtype = "PCM_16", comment: str = "") -> bytes:
    """A mono WAV file as bytes, the same bytes every time.

    Written here because libsndfile stamps the time of day into float files. The comment (RIFF ``ICMT``) stands before
    the samples, so that a truncated file still says what it was meant to be.

    Args:
        wave: shape (n,); what lies beyond ±1 is clipped in 16-bit files, never wrapped.
        rate: Hz.
        subtype: 16-bit integers or 32-bit floats.
        comment: ASCII; read back with :func:`wav_comment`.
    """
    if subtype == "PCM_16":
        data = np.round(np.clip(wave, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
        tag, width = 1, 2
    else:
        data = wave.astype("<f4").tobytes()
        tag, width = 3, 4
    form = struct.pack("<HHIIHH", tag, 1, rate, rate * width, width, 8 * width)
    body = b"WAVE" + _chunk(b"fmt ", form)
    if comment:
        body += _chunk(b"LIST", b"INFO" + _chunk(b"ICMT", comment.encode("ascii") + b"\0"))
    body += _chunk(b"data", data)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def wav_comment(path: Path) -> str:
    """The comment of a whole WAV file that :func:`encode_wav` made; empty where there is none.

    Of thousands of files this is asked at once: no decoder is set up for it.

    Raises:
        Unreadable: the file can't be read, is cut off, or is no WAV file.
    """
    try:
        reason = cut_short(path)
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise Unreadable(f"{path.name} can't be read: {error.strerror or error}") from error
    if reason or head[:4] != b"RIFF":
        raise Unreadable(f"{path.name} {reason or NO_WAV}")
    said = COMMENT.match(head)
    return said[1].decode("ascii", errors="replace") if said else ""
