"""Conversion: a recording of any kind becomes a reference at the card's rate and length, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench.audio import WHOLE, Unreadable, Waveform, encode_wav, resample, wav_comment
from bench.card import Card
from bench.digest import digest, file_digest
from bench.disk import write_atomically
from bench.manifest import Item
from bench.prepared import conversion
from bench.truncation import cut_short

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
        key = conversion_key(origin.sha256, card)
        if not is_converted(target, key):
            wave = excerpt(source, card)
            write_atomically(target, encode_wav(wave, card.rate, subtype="FLOAT", comment=_comment(key)))
    except Unreadable as error:
        return Item(name, "refused", said, why=str(error))
    return _described(name, said, target, origin)


def conversion_key(sha256: str, card: Card) -> str:
    """What a prepared WAV depends on: the bytes that it was made of, and how."""
    return digest({"source": sha256, **conversion(card)})


def _comment(key: str) -> str:
    return f"bench:{key}"


def is_converted(target: Path, key: str) -> bool:
    """Whether a WAV is there, whole, and made of these bytes in this way."""
    return _said_by(target) == _comment(key)


def is_other(target: Path, key: str) -> bool:
    """Whether a WAV is there and whole, and made of other bytes or in another way."""
    return _said_by(target) not in (None, _comment(key))


def _said_by(target: Path) -> str | None:
    """What a WAV says of how it was made; None where it is not there, or not whole."""
    try:
        return wav_comment(target) if target.is_file() else None
    except Unreadable:
        return None


def _origin(source: Path) -> Origin:
    """What a file is.

    Raises:
        Unreadable: it is no recording, or cut off.
    """
    import soundfile

    try:
        if reason := cut_short(source):
            raise Unreadable(f"{source.name} {reason}")
        with soundfile.SoundFile(source) as file:
            return Origin(file_digest(source), int(file.samplerate), int(file.channels))
    except soundfile.LibsndfileError as error:
        raise Unreadable(f"{source.name} can't be decoded: {error.error_string}") from error
    except OSError as error:
        raise Unreadable(f"{source.name} can't be read: {error.strerror or error}") from error


def excerpt(source: Path, card: Card) -> Waveform:
    """The excerpt of a file that a card wants, at the card's rate; no more of the file is decoded.

    Raises:
        Unreadable: it is empty, cut off or not finite.
    """
    import soundfile

    try:
        with soundfile.SoundFile(source) as file:
            first, count = _span(file, card)
            wave = _first_channel(file, first, count)
            rate, estimated = int(file.samplerate), file.format == "MP3"
    except (soundfile.LibsndfileError, OSError) as error:
        raise Unreadable(f"{source.name} can't be decoded: {getattr(error, 'error_string', error)}") from error
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


def _span(file: SoundFile, card: Card) -> tuple[int, int]:
    """Where the excerpt begins, in frames of the file, and how many it has."""
    frames = int(file.frames)
    if card.crop == "whole" or card.seconds is None:
        return 0, frames
    count = min(frames, round(card.seconds * int(file.samplerate)))
    return ((frames - count) // 2 if card.crop == "centre" else 0), count


def _first_channel(file: SoundFile, first: int, count: int) -> Waveform:
    """Frames of channel 0, shape (n,): fewer than asked for where the file ends before."""
    wave = np.empty(count, np.float32)
    file.seek(first)
    had = 0
    while had < count:
        block = file.read(min(BLOCK, count - had), dtype="float32", always_2d=True)
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
