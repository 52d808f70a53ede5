"""Conversion: a recording of any kind becomes a reference at the card's rate and length, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench.audio import Unreadable, Waveform, opened, resample
from bench.card import Card
from bench.digest import file_digest
from bench.disk import write_atomically
from bench.manifest import Item, made_of, said_by
from bench.mpeg import WHOLE
from bench.wav import encode_wav

if TYPE_CHECKING:
    from soundfile import SoundFile

BLOCK = 1 << 18  # frames decoded at a time: of six channels in float32, 6 MiB


class Origin(NamedTuple):
    """What a recording was before conversion: the digest of its bytes, its rate in Hz, its channels."""

    sha256: str
    rate: int
    channels: int


def convert(name: str, source: Path, said: str, target: Path, card: Card) -> Item:
    """Make a recording's WAV, unless it is made already from the same bytes in the same way.

    Channel 0 of the excerpt that the card wants, without its mean, at the card's rate; what is shorter stays as it is.
    32-bit float, so that a metric hears what it would have heard in the source.

    Args:
        name: the recording's.
        source: the file it is in.
        said: how the manifest calls what it came from.
        target: the WAV.
        card: says rate, seconds, crop and resampler.

    Raises:
        OSError: the disk is full; nothing is left of the file.
    """
    said = said.encode(errors="replace").decode()  # file names can hold what no text can
    try:
        origin = _origin(source)
        comment = made_of(origin.sha256, card)
        if said_by(target) != comment:
            write_atomically(target, encode_wav(excerpt(source, card), card.rate, subtype="FLOAT", comment=comment))
    except Unreadable as error:
        return Item(name, "refused", said, why=str(error))
    return _described(name, said, target, origin)


def _origin(source: Path) -> Origin:
    """What a file is.

    Raises:
        Unreadable: it is no recording, or not all of one.
    """
    with opened(source) as (file, _):
        return Origin(file_digest(source), int(file.samplerate), int(file.channels))


def excerpt(source: Path, card: Card) -> Waveform:
    """The excerpt of a file that a card wants, at the card's rate; no more of the file is decoded.

    Raises:
        Unreadable: it is empty, cut off, damaged or not finite.
    """
    try:
        with opened(source) as (file, frames):
            first, count = _span(frames, int(file.samplerate), card)
            wave = _first_channel(file, first, count)
            rate, estimated = int(file.samplerate), file.format == "MP3"
    except MemoryError:
        raise Unreadable(f"{source.name} promises {count} samples, more than memory holds") from None
    if not len(wave):
        raise Unreadable(f"{source.name} holds no samples")
    if len(wave) < (WHOLE * count if estimated else count):
        raise Unreadable(f"{source.name} is truncated: {len(wave)} of {count} samples")
    if not np.isfinite(wave).all():
        raise Unreadable(f"{source.name} has {int((~np.isfinite(wave)).sum())} samples that are not finite")
    return _brought(source, wave, rate, card)


def _brought(source: Path, wave: Waveform, rate: int, card: Card) -> Waveform:
    """A waveform without its mean, at the card's rate; the one given is changed: a copy of an hour takes a gigabyte."""
    wave -= wave.mean(dtype=np.float64)
    try:
        made = resample(wave, rate, card.rate, card.resampler)
    except ValueError as error:  # two rates that have hardly a divisor in common
        raise Unreadable(f"{source.name}: {error}") from error
    if not len(made):
        raise Unreadable(f"{source.name} is too short: its {len(wave)} samples are none at {card.rate} Hz")
    return made


def _span(frames: int, rate: int, card: Card) -> tuple[int, int]:
    """Where the excerpt of a file with so many frames at a rate in Hz begins, and how many it has."""
    if card.crop == "whole" or card.seconds is None:
        return 0, frames
    count = min(frames, round(card.seconds * rate))
    return ((frames - count) // 2 if card.crop == "centre" else 0), count


def _first_channel(file: SoundFile, first: int, count: int) -> Waveform:
    """Frames of channel 0, shape (n,): fewer than asked for where the file ends before."""
    wave = np.empty(count, np.float32)
    file.seek(first)
    # An MP3 in one read: after each, soundfile seeks to where it is, and what an MP3 gives behind a seek is inexact.
    most, had = count if file.format == "MP3" else BLOCK, 0
    while had < count:
        block = file.read(min(most, count - had), dtype="float32", always_2d=True)
        if not len(block):
            break
        wave[had : had + len(block)] = block[:, 0]
        had += len(block)
    return wave[:had]


def _described(name: str, said: str, target: Path, origin: Origin) -> Item:
    import soundfile

    wave, rate = soundfile.read(target, dtype="float32")
    return Item(
        name,
        "ready",
        said,
        sha256=file_digest(target),
        source_sha256=origin.sha256,
        seconds=len(wave) / rate,
        rate=origin.rate,
        channels=origin.channels,
        peak=float(np.abs(wave).max()),
    )
