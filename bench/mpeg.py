"""MP3 files, frame by frame: how long they are, which decoders only guess where no tag says it, and what is damaged.

Source: ISO/IEC 11172-3 and 13818-3, section 2.4.1.3 (a frame's header; only layer III is looked at); Xing's tag, which
encoders put into a first frame without sound; ID3v2, section 3.1, and ID3v1 (the lengths of what may stand between).
"""

from __future__ import annotations

import functools
import mmap
from pathlib import Path
from typing import NamedTuple

KILOBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),  # MPEG 1
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
HERTZ = {3: (44_100, 48_000, 32_000, 0), 2: (22_050, 24_000, 16_000, 0), 0: (11_025, 12_000, 8_000, 0)}  # by version
SURE = 3  # frames on end, which are no chance
SEARCHED = 65_536  # bytes in which libmpg123 looks for the first frame
TRIMMED = 2 * 4095 + 529 + 1152  # samples that a tag may have decoders leave out at both ends, rounded up
ID3V1 = 128  # bytes
MISCOUNTED = 2  # frames: some count the one with the tag, and a last one may be cut
WHOLE = 0.95  # share of what is promised; without a tag the promise is a guess


class Stream(NamedTuple):
    """What an MP3's frames say.

    Attributes:
        frames: how many are whole, and have sound.
        samples: of each channel in these.
        told: how many frames the tag promises; None where no tag says it.
        gap: the byte at which no frame begins, though others follow; None where there is no such.
    """

    frames: int
    samples: int
    told: int | None = None
    gap: int | None = None

    @property
    def damage(self) -> str:
        """Why the file is not whole; empty if it is."""
        if self.gap is not None:
            return f"is damaged: no frame begins at byte {self.gap}, and some follow"
        if self.told and self.frames + MISCOUNTED < self.told:
            return f"is truncated: {self.frames} of {self.told} frames"
        return ""

    def length(self, guess: int) -> int:
        """Samples of each channel to read from a decoder that guesses how many there are, or has it from the tag.

        A guess that is nearly right stays.
        """
        near = WHOLE * self.samples <= guess <= self.samples / WHOLE
        return guess if near or self.told else self.samples

    def hides(self, guess: int) -> bool:
        """Whether such a decoder leaves many samples out, since it gives no more than it guessed."""
        return self.samples - (TRIMMED if self.told else 0) > guess / WHOLE


def mpeg_stream(path: Path) -> Stream | None:
    """What the frames of a file say that is called an MP3, or begins like one; None where it has none, or is no such.

    Raises:
        OSError: the file can't be read.
    """
    with path.open("rb") as file:
        head = file.read(4)
        if len(head) < 4 or not (is_called_mp3(path) or head[:3] == b"ID3" or head[0] == 0xFF):
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _stream(data)


def is_called_mp3(path: Path) -> bool:
    """Whether a file's name says MP3; libsndfile takes it for one then, if nothing in it says what it is."""
    return path.suffix.lower() == ".mp3"


def _stream(data: mmap.mmap) -> Stream | None:
    begin = _behind_tags(data, 0)
    start = begin if _frame(data, begin) else _found(data, begin, begin + SEARCHED)
    if start is None:
        return None
    kind = _kind(data, start)
    tagged, told = _tag(data[start : start + _frame(data, start)])
    frames, end = _walked(data, start, kind)
    follows = _found(data, end, len(data))
    frames -= tagged
    samples = frames * (1152 if data[start + 1] & 8 else 576)
    return Stream(frames, samples, told, None if follows is None else end)


def _behind_tags(data: mmap.mmap, place: int) -> int:
    """Where what comes after ID3 tags begins, if any begin at a byte; else that byte."""
    while True:
        head = data[place : place + 10]
        if head[:3] == b"TAG":
            place += ID3V1
        elif head[:3] == b"ID3" and len(head) == 10:
            size = functools.reduce(lambda high, low: high << 7 | low & 0x7F, head[6:10], 0)
            place += 10 + size + (10 if head[5] & 0x10 else 0)
        else:
            return place


def _frame(data: mmap.mmap, place: int, kind: int | None = None) -> int:
    """Length in bytes of the frame at a byte; 0 where there is none, or none of that kind."""
    if place + 4 > len(data) or data[place] != 0xFF or (kind is not None and _kind(data, place) != kind):
        return 0
    return frame_length(data[place + 1], data[place + 2])


def _kind(data: mmap.mmap, place: int) -> int:
    """What frames of one stream have in common: version, layer and rate."""
    return (data[place + 1] & 0x1E) << 8 | data[place + 2] & 0x0C


@functools.cache
def frame_length(second: int, third: int) -> int:
    """Length in bytes of a frame from two bytes of its header; 0 where it is no header of layer III."""
    version = second >> 3 & 3
    if second & 0xE6 != 0xE2 or version == 1:
        return 0
    kilobits, hertz = KILOBITS[version == 3][third >> 4], HERTZ[version][third >> 2 & 3]
    if not kilobits or not hertz:
        return 0
    return (144_000 if version == 3 else 72_000) * kilobits // hertz + (third >> 1 & 1)


def _walked(data: mmap.mmap, place: int, kind: int) -> tuple[int, int]:
    """How many whole frames follow each other from a byte on, and where they end; ID3 tags between them are no end."""
    frames = 0
    while length := _frame(data, place, kind):
        if place + length > len(data):
            return frames, len(data)
        frames += 1
        place += length
        if _frame(data, behind := _behind_tags(data, place), kind):
            place = behind
    return frames, place


def _found(data: mmap.mmap, place: int, end: int) -> int | None:
    """The first byte between two at which several frames of one kind follow each other."""
    while 0 <= (place := data.find(b"\xff", place, end)) < len(data) - 4:
        if _are_frames(data, place, _kind(data, place)):
            return place
        place += 1
    return None


def _are_frames(data: mmap.mmap, place: int, kind: int) -> bool:
    for _ in range(SURE):
        length = _frame(data, place, kind)
        if not length:
            return False
        place += length
    return True


def _tag(frame: bytes) -> tuple[bool, int | None]:
    """Whether a first frame holds Xing's tag in place of sound, and how many frames that says there are."""
    for name in (b"Xing", b"Info"):
        place = frame.find(name, 4, 48)
        if place >= 0:
            counted = frame[place + 7] & 1 if len(frame) >= place + 12 else 0
            return True, (int.from_bytes(frame[place + 8 : place + 12], "big") or None) if counted else None
    return False, None
