"""What a run has generated, on disk: each clip's WAV with the digest of what it depends on, and what it took."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.audio import SILENCE, Unreadable, Waveform
from bench.clip import Clip
from bench.device import describe
from bench.digest import canonical_json
from bench.disk import append_lines, write_atomically
from bench.errors import one_line
from bench.metric import Timing
from bench.system import System
from bench.wav import encode_wav, wav_comment

SLACK = 0.01  # seconds a clip may be too short: vocoders round to frames; silence makes it up


class Faulty(ValueError):
    """A system's output that is no recording of its clip."""


class Failed(Exception):
    """An error that says all there is to say, with the name of the kind it was of."""


class Attempt(NamedTuple):
    """What became of one clip: the first clip of its batch, a waveform or an error, its share of time and energy."""

    clip: Clip
    batch: str
    outcome: Waveform | Exception
    seconds: float = 0.0
    joules: float | None = None
    peak: int = 0


def wav_path(audio: Path, clip: Clip) -> Path:
    """Where a clip's WAV is."""
    return audio / f"{clip.id}.wav"


def is_made(path: Path, key: str) -> bool:
    """Whether a WAV is there, whole, and made with these settings."""
    if not path.is_file():
        return False
    try:
        return wav_comment(path) == _comment(key)
    except Unreadable:
        return False


def _comment(key: str) -> str:
    return f"bench:{key}"


def said(error: BaseException) -> str:
    """An error in one line."""
    return f"{type(error).__name__}: {one_line(error)}"


class Writer:
    """Writes one batch's clips while the next one is generated; what fails on the way is raised, and none is lost."""

    def __init__(self, system: System, audio: Path, keys: Mapping[str, str], device: str) -> None:
        """Write below ``audio``, each clip with its key."""
        self.system, self.audio, self.keys = system, audio, keys
        self.device = describe(device)
        self.failures: dict[str, str] = {}

    def __enter__(self) -> Writer:
        """Start the thread that writes."""
        self.pool, self.last = ThreadPoolExecutor(1, "writer"), Future[None]()
        self.last.set_result(None)
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the last batch, after an interrupt too: what was generated is kept."""
        self.pool.shutdown()
        self.last.result()

    def keep(self, attempts: Sequence[Attempt]) -> None:
        """Write a batch, once the one before is written: more than one never waits in memory.

        Raises:
            OSError: the batch before could not be written.
        """
        waves = {}  # copies: the system may use its arrays again
        for attempt in attempts:
            try:
                waves[attempt.clip.id] = _checked(attempt.outcome, attempt.clip, self.system)
            except Faulty as fault:
                self.failures[attempt.clip.id] = f"{fault} (prompt: {_prompt(attempt.clip)!r})"
        self.last.result()
        self.last = self.pool.submit(self._keep, attempts, waves)

    def _keep(self, attempts: Sequence[Attempt], waves: Mapping[str, Waveform]) -> None:
        for attempt in attempts:
            if attempt.clip.id in waves:
                self._write(attempt, waves[attempt.clip.id])
            else:  # what an earlier setting left there is not this run's
                wav_path(self.audio, attempt.clip).unlink(missing_ok=True)

    def _write(self, attempt: Attempt, wave: Waveform) -> None:
        path, key, rate = wav_path(self.audio, attempt.clip), self.keys[attempt.clip.id], self.system.rate
        measured = attempt.seconds, len(wave) / rate, self.device, attempt.peak, attempt.joules
        timing = Timing(attempt.clip.id, attempt.batch, *measured)
        # The timing first: a kill in between then leaves a clip to be made again, never a clip without its timing.
        append_lines(self.audio.parent / "timings.jsonl", [canonical_json({"key": key, **timing._asdict()})])
        write_atomically(path, encode_wav(wave, rate, subtype=self.system.subtype, comment=_comment(key)))


def _prompt(clip: Clip) -> str:
    return clip.text or clip.transcription or ""


def _checked(outcome: Waveform | Exception, clip: Clip, system: System) -> Waveform:
    """The waveform at exactly the length asked for.

    Raises:
        Faulty: an error, or not one channel, not finite, silent, empty or too short.
    """
    if isinstance(outcome, Exception):
        raise Faulty(str(outcome) if isinstance(outcome, Failed) else said(outcome))
    wave = _samples(outcome)
    if not np.isfinite(wave).all():
        raise Faulty(f"{int((~np.isfinite(wave)).sum())} of {wave.size} samples are not finite")
    if np.abs(wave).max() < SILENCE:
        raise Faulty("silent: no sample rises above -80 dB of full scale")
    if clip.seconds is None or system.decides_length:
        return wave
    wanted = round(clip.seconds * system.rate)
    if len(wave) < wanted - round(SLACK * system.rate):
        raise Faulty(f"{len(wave) / system.rate:.3f} s long, and {clip.seconds:g} s were asked for")
    return np.pad(wave[:wanted], (0, max(0, wanted - len(wave))))


def _samples(outcome: Any) -> Waveform:
    """What a system gave, as float32 samples (n,).

    Raises:
        Faulty: it is no array of floating-point numbers, or not of one channel, or empty.
    """
    try:
        given = np.asarray(outcome)
    except (Exception, SystemExit) as error:
        raise Faulty(f"gave what is no array: {type(error).__name__}: {one_line(error)}") from error
    if not np.issubdtype(given.dtype, np.floating):
        raise Faulty(f"gave samples of type {given.dtype}, not floating-point numbers in ±1")
    if given.ndim != 1 or not given.size:
        raise Faulty(f"gave an array of shape {given.shape}, not one channel (n,)")
    return given.astype(np.float32)  # a copy, always


def read_timings(folder: Path, keys: Mapping[str, str]) -> tuple[Timing, ...]:
    """The latest timing of each clip made with these settings, in the clips' order."""
    path = folder / "timings.jsonl"
    if not path.is_file():
        return ()
    latest: dict[str, Timing] = {}
    for row in _rows(path.read_text(encoding="utf-8", errors="replace").split("\n")):
        if keys.get(row["id"]) == row.pop("key"):
            latest[row["id"]] = Timing(**row)
    return tuple(latest[name] for name in keys if name in latest)


def _rows(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:  # the line that a kill tore; its clip was not written either
            continue
        if isinstance(row, dict) and _is_timing(row.keys()):
            yield row


def _is_timing(keys: Set[str]) -> bool:
    """Whether a line has all fields of a timing; those that earlier versions did not write may be missing."""
    fields = {"key", *Timing._fields}
    return fields - Timing._field_defaults.keys() <= keys <= fields
