"""Where a command's runs lie: a folder for each, in the cache, that outlives a kill, with what it was asked for.

A file is taken from an earlier run of the same recipe, prompt and seed if it is whole; nothing else is.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.audio import SILENCE, Unreadable, Waveform, decode
from bench.clip import Clip
from bench.digest import canonical_json, digest
from bench.disk import locked, write_atomically
from bench.errors import NotEvaluable

MANIFEST = "manifest.json"


class Undelivered(RuntimeError):
    """What a program did not deliver, and why."""


class Ordered(NamedTuple):
    """A clip, its seed, and the key of what they and the recipe come to."""

    clip: Clip
    seed: int
    key: str


class Shape(NamedTuple):
    """What a program's files must be like.

    Attributes:
        rate: Hz.
        leading_zeros: samples at the beginning that are none of the sound.
        pad: seconds that silence may make up at the end.
    """

    rate: int
    leading_zeros: int
    pad: float


class Attempt(NamedTuple):
    """One run of the program: its folder, the seed it was given, and the pattern of each clip's file by key."""

    folder: Path
    seed: int
    files: Mapping[str, str]

    @property
    def out(self) -> Path:
        """Where it writes."""
        return self.folder / "out"

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.folder / "log.txt"

    def write(self) -> None:
        """Note down what it is asked for."""
        write_atomically(self.folder / MANIFEST, canonical_json({"seed": self.seed, "files": self.files}).encode())

    def found(self, order: Ordered, shape: Shape) -> Waveform:
        """The sound of one clip.

        Raises:
            Undelivered: there is no file for it, or several, or one that is no such sound.
        """
        pattern = self.files[order.key]
        paths = sorted(self.out.glob(pattern))
        if not paths:
            raise Undelivered(f"it made no file {pattern}")
        if len(paths) > 1:
            names = " and ".join(path.relative_to(self.out).as_posix() for path in paths[:2])
            raise Undelivered(f"{len(paths)} files match {pattern}: {names}{' …' * (len(paths) > 2)}")
        try:
            return sound(paths[0], order.clip.seconds, shape)
        except Unreadable as error:
            raise Undelivered(str(error)) from error


def sound(path: Path, seconds: float | None, shape: Shape) -> Waveform:
    """A file as one channel (n,): the mean of its channels, without its padding, with silence for what little it lacks.

    Raises:
        Undelivered: it has another rate, samples that are not finite, or other padding than it should; or it is silent
            or too short.
        Unreadable: it can't be decoded.
    """
    samples, rate = decode(path)
    if rate != shape.rate:
        raise Undelivered(f"{path.name} has {rate} Hz, and {shape.rate} Hz were expected")
    wave = samples.mean(axis=1, dtype=np.float64).astype(np.float32)
    if not np.isfinite(wave).all():
        raise Undelivered(f"{path.name}: {int((~np.isfinite(wave)).sum())} of {wave.size} samples are not finite")
    head, wave = np.split(wave, [shape.leading_zeros])
    if len(head) < shape.leading_zeros or head.any():
        zeros = int(np.argmax(head != 0)) if head.any() else len(head)
        raise Undelivered(f"{path.name} begins with {zeros} zeros, and {shape.leading_zeros} are to be stripped")
    # What would be refused later must not be taken for delivered, or it would never be asked for again.
    if np.abs(wave).max(initial=0.0) < SILENCE:
        raise Undelivered(f"{path.name} is silent: no sample rises above -80 dB of full scale")
    lacking = 0 if seconds is None else round(seconds * rate) - len(wave)
    if seconds is not None and lacking > round(shape.pad * rate):
        raise Undelivered(f"{path.name} is {len(wave) / rate:.3f} s long, and {seconds:g} s were asked for")
    return np.pad(wave, (0, max(0, lacking)))


class Work:
    """All runs of one recipe."""

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        """Look at what is there; nothing is made."""
        self.folder, self.identity = folder, identity
        found = map(opened, sorted(folder.iterdir())) if folder.is_dir() else ()
        self.attempts = [attempt for attempt in found if attempt]

    def ordered(self, clip: Clip, seed: int) -> Ordered:
        """A clip with its key."""
        prompt = [clip.id, clip.text, clip.transcription, clip.seconds]
        return Ordered(clip, seed, digest({"system": self.identity, "prompt": prompt, "seed": seed}))

    def earlier(self, order: Ordered, shape: Shape) -> Waveform | None:
        """What an earlier run made of a clip, if it is whole."""
        for attempt in self.attempts:
            if order.key in attempt.files:
                with contextlib.suppress(Undelivered):
                    return attempt.found(order, shape)
        return None

    def seed(self, orders: Sequence[Ordered]) -> int | None:
        """The seed with which the program was first asked for any of these clips."""
        keys = {order.key for order in orders}
        return next((attempt.seed for attempt in self.attempts if keys & attempt.files.keys()), None)

    def begin(self, seed: int, files: Mapping[str, str]) -> Attempt:
        """The folder of another run, which no other process uses."""
        self.folder.mkdir(parents=True, exist_ok=True)
        attempt = Attempt(Path(tempfile.mkdtemp(prefix=f"{len(self.attempts):05d}-", dir=self.folder)), seed, files)
        attempt.out.mkdir()
        attempt.log.touch()
        attempt.write()
        self.attempts.append(attempt)
        return attempt

    def forget(self, keys: Collection[str]) -> None:
        """Delete the files of these clips, and every run that was asked for no others; not one that is going on."""
        left = []
        for attempt in self.attempts:
            files = {key: pattern for key, pattern in attempt.files.items() if key not in keys}
            kept = attempt._replace(files=files)
            if len(files) < len(attempt.files) and not _shrunk(attempt, kept):
                kept = attempt
            left += [kept] if kept.files else []
        self.attempts = left
        with contextlib.suppress(OSError):  # not empty: other runs are in it
            self.folder.rmdir()


def opened(folder: Path) -> Attempt | None:
    """The run in a folder; None where a kill came before it began."""
    try:
        said = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    return Attempt(folder, said["seed"], said["files"])


def _shrunk(attempt: Attempt, kept: Attempt) -> bool:
    """Make a run one that was asked for less; False if another process is at it."""
    try:
        with locked(attempt.folder):
            if not kept.files:
                shutil.rmtree(attempt.folder, ignore_errors=True)
                return True
            kept.write()
            for path in (path for key in attempt.files.keys() - kept.files.keys() for path in _files(attempt, key)):
                path.unlink(missing_ok=True)
    except NotEvaluable:
        return False
    return True


def _files(attempt: Attempt, key: str) -> list[Path]:
    return [path for path in attempt.out.glob(attempt.files[key]) if path.is_file()]
