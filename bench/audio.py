"""Recordings on disk: decode, judge their condition, bring to one rate, encode."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.errors import BadInput
from bench.mpeg import WHOLE, Stream, is_called_mp3, mpeg_stream
from bench.resample import sinc_resample
from bench.truncation import cut_short

if TYPE_CHECKING:
    from soundfile import SoundFile

Waveform = NDArray[np.float32]
"""One channel, shape (n,), full scale at ±1."""

Subtype = Literal["PCM_16", "FLOAT"]
Resampler = Literal["soxr-hq", "sinc"]
"""``sinc`` is that of the published numbers (``bench/resample.py``); soxr HQ is clean: the choice for all else."""
SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus")
FEATURES_ONLY = ".features"  # what stands for a recording that was imported as features, without its audio
SILENCE = 1e-4  # peak: -80 dB of full scale; 16-bit dither stays below it
FULL_SCALE = 32767 / 32768  # the largest positive 16-bit sample
CLIPPED_RUN = 4  # consecutive samples at full scale: music touches it, clipping stays there


class Unreadable(ValueError):
    """A file that is no recording, or not all of one."""


class Sound(NamedTuple):
    """A decoded file: samples (n, channels) in float32 and their rate in Hz."""

    samples: NDArray[np.float32]
    rate: int


@dataclass(frozen=True)
class Condition:
    """What a recording is like, before any metric looks at it."""

    seconds: float
    rate: int
    channels: int
    peak: float
    finite: bool
    clipped: bool

    @property
    def silent(self) -> bool:
        """Whether nothing rises above -80 dB of full scale."""
        return self.finite and self.peak < SILENCE


def decode(path: Path) -> Sound:
    """Read a whole WAV, FLAC, MP3, OGG or Opus file.

    Raises:
        Unreadable: not audio, empty, or cut off; the message says which.
    """
    if path.suffix == FEATURES_ONLY:
        here = f"of {path.stem} only imported features are here, and not these"
        how = "get its audio, or features that have them, or, where the cache was emptied, run bench prepare again"
        raise Unreadable(f"{here}: {how}")
    with opened(path) as (file, promised):
        samples = file.read(promised, dtype="float32", always_2d=True)
        rate = int(file.samplerate)
    if not len(samples):
        raise Unreadable(f"{path.name} holds no samples")
    if len(samples) < WHOLE * promised:
        raise Unreadable(f"{path.name} is truncated: {len(samples)} of {promised} samples")
    return Sound(samples, rate)


class Opened(NamedTuple):
    """A recording that is open to be read, and how many frames it has: ``file.frames`` may be a bad guess of that."""

    file: SoundFile
    frames: int


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open a recording that is whole, as far as that can be seen before it is decoded.

    Raises:
        Unreadable: it is not, or is no recording, or can't be decoded where it is read in the block.
    """
    import soundfile

    try:
        stream = _whole(path)
        with _nameless(path) if _is_misnamed(path, stream) else soundfile.SoundFile(path) as file:
            frames = int(file.frames)
            yield Opened(file, _heard(path, stream, frames) if stream and file.format == "MP3" else frames)
    except soundfile.LibsndfileError as error:
        raise Unreadable(f"{path.name} can't be decoded: {error.error_string}") from error
    except OSError as error:
        raise Unreadable(f"{path.name} can't be read: {error.strerror or error}") from error


def _whole(path: Path) -> Stream | None:
    """What an MP3's frames say; None for other kinds.

    Raises:
        Unreadable: the file is cut off or damaged.
    """
    reason = cut_short(path)
    stream = None if reason else mpeg_stream(path)
    if reason := reason or (stream.damage if stream else ""):
        raise Unreadable(f"{path.name} {reason}")
    return stream


def _heard(path: Path, stream: Stream, guess: int) -> int:
    """How many samples of an MP3 are to be read.

    Raises:
        Unreadable: its decoder would leave some out.
    """
    if stream.hides(guess):
        why = "its tag says" if stream.told else "for want of a tag with its length the decoder gives"
        raise Unreadable(f"{path.name} holds {stream.samples} samples, and {why} {guess}: convert it to WAV or FLAC")
    return stream.length(guess)


def _is_misnamed(path: Path, stream: Stream | None) -> bool:
    """Whether a file is called an MP3 and is none; libmpg123 would try it all the same, and complain on stderr."""
    return stream is None and is_called_mp3(path)


@contextlib.contextmanager
def _nameless(path: Path) -> Iterator[SoundFile]:
    """A file as what its bytes say that it is, whatever it is called."""
    import soundfile

    with path.open("rb") as raw, soundfile.SoundFile(raw) as file:
        yield file


def condition(sound: Sound) -> Condition:
    """Length, level and defects of a recording; a peak that is not finite is given as 0 and ``finite`` as False."""
    finite = bool(np.isfinite(sound.samples).all())
    level = np.abs(sound.samples) if finite else np.zeros((1, 1), np.float32)
    return Condition(
        seconds=len(sound.samples) / sound.rate,
        rate=sound.rate,
        channels=sound.samples.shape[1],
        peak=float(level.max()),
        finite=finite,
        clipped=_clipped(level),
    )


def _clipped(level: NDArray[np.float32]) -> bool:
    """Whether any channel of magnitudes (n, channels) stays at full scale for several samples on end."""
    full = (level >= FULL_SCALE).astype(np.int64)
    counts = np.cumsum(np.pad(full, ((1, 0), (0, 0))), axis=0)
    return bool((counts[CLIPPED_RUN:] - counts[:-CLIPPED_RUN] == CLIPPED_RUN).any())


def mono(sound: Sound, rate: int, resampler: Resampler = "soxr-hq") -> Waveform:
    """The first channel, without its mean, at another rate: the loader of AudioLDM's evaluation.

    Source: haoheliu/audioldm_eval, ``load_mel.py`` (channel 0; mean removed before resampling).
    """
    return resample(centred(sound), sound.rate, rate, resampler)


def centred(sound: Sound) -> Waveform:
    """The first channel, shape (n,), without its mean."""
    channel = sound.samples[:, 0]
    return np.ascontiguousarray(channel - channel.mean(dtype=np.float64), dtype=np.float32)


def resample(wave: Waveform, rate: int, new_rate: int, resampler: Resampler) -> Waveform:
    """A waveform (n,) at another rate, both in Hz; itself where the rates are equal."""
    if rate == new_rate:
        return wave
    if resampler == "sinc":
        return sinc_resample(wave, rate, new_rate)
    import soxr

    resampled: Waveform = soxr.resample(wave, rate, new_rate, quality="HQ")
    return resampled


def recordings(folder: Path) -> dict[str, Path]:
    """The audio files directly inside a folder, by stem, in the order of their names.

    Raises:
        BadInput: no such folder, no audio in it, or two files with one stem.
    """
    if not folder.is_dir():
        raise BadInput(f"no folder {folder}" if not folder.exists() else f"{folder} is a file, not a folder of audio")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file():
            if path.stem in found:
                raise BadInput(
                    f"two files claim clip {path.stem!r}: {found[path.stem].name} and {path.name} in {folder}"
                )
            found[path.stem] = path
    if not found:
        raise BadInput(f"no audio in {folder}: looked for {', '.join(SUFFIXES)}")
    return found
