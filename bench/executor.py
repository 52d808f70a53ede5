"""Generation: make what is missing, batch by batch, so that a kill at any moment loses one batch and spoils nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.audio import SILENCE, Unreadable, Waveform, encode_wav, wav_comment
from bench.batching import DEFAULT, Fitted
from bench.candidates import best_of, draws, fetch_judge, judged
from bench.clip import Clip
from bench.device import describe, joules, peak_bytes, resolve
from bench.digest import canonical_json, clip_seed, digest, file_digest
from bench.disk import append_lines, sweep, write_atomically
from bench.errors import BadInput, NotEvaluable, one_line
from bench.metric import Timing
from bench.progress import Reporter
from bench.system import Forgetting, Generate, System

SLACK = 0.01  # seconds a clip may be too short: vocoders round to frames; silence makes it up


class Faulty(ValueError):
    """A system's output that is no recording of its clip."""


class Failed(Exception):
    """An error that says all there is to say, with the name of the kind it was of."""


class Sampling(NamedTuple):
    """How clips are generated.

    Attributes:
        seed: the run's.
        device: as the user named it, ``auto`` included.
        batch_size: recordings at a time, candidates counted; None for as many as memory holds.
        label: what the progress is called.
    """

    seed: int
    device: str = "auto"
    batch_size: int | None = DEFAULT
    label: str = "generating"


class Attempt(NamedTuple):
    """What became of one clip: the first clip of its batch, a waveform or an error, its share of time and energy."""

    clip: Clip
    batch: str
    outcome: Waveform | Exception
    seconds: float = 0.0
    joules: float | None = None
    peak: int = 0


class Generated(NamedTuple):
    """Where each clip's audio is, why the others have none, and what it took."""

    paths: dict[str, Path]
    failures: dict[str, str]
    timings: tuple[Timing, ...]


def generate(system: System, clips: Sequence[Clip], folder: Path, how: Sampling, reporter: Reporter) -> Generated:
    """Make the clips that are missing, truncated or made with other settings; call it with the folder's lock held.

    Args:
        system: what generates.
        clips: all of the run's clips.
        folder: the run's; audio goes to ``audio/<id>.wav``.
        how: seed, device, batch size.
        reporter: where progress is shown.

    Raises:
        ImportError: the system lacks a package.
        OSError: the disk is full; what was finished stays.
    """
    audio = folder / "audio"
    sweep(audio)
    sweep(folder)
    identity = {**system.identity(), **judged(system)}
    keys = {clip.id: clip_key(identity, system, clip, how.seed) for clip in clips}
    missing = {clip.id for clip in clips if not is_made(wav_path(audio, clip), keys[clip.id])}
    failures: dict[str, str] = {}
    if missing:
        device = resolve(how.device, accelerated=system.accelerated)  # only now: asking torch takes seconds
        fetch_judge(system)
        loaded = _loaded(system, device)
        run, size = _ready(system, loaded, device, how, reporter)
        with reporter.track(how.label, len(missing)) as advance, Writer(system, audio, keys, device) as writer:
            for batch in _batches(clips, missing, system, size):
                lacking = [one for one in _attempts(run, batch, how.seed, device) if one.clip.id in missing]
                writer.keep(lacking)
                advance(len(lacking))
        failures = writer.failures
        if isinstance(loaded, Forgetting):
            written = [clip for clip in clips if clip.id in missing - failures.keys()]
            loaded.forget(written, [clip_seed(how.seed, clip.id) for clip in written])
    write_failures(folder, failures)
    paths = {clip.id: wav_path(audio, clip) for clip in clips if clip.id not in failures}
    return Generated(paths, failures, read_timings(folder, {name: keys[name] for name in paths}))


def _ready(
    system: System, loaded: Generate, device: str, how: Sampling, reporter: Reporter
) -> tuple[Generate, Callable[[], int]]:
    """What generates the best candidate of each clip, and how many clips it should be given at a time, as of now."""
    fitted = Fitted(loaded, how.batch_size, device, reporter)
    if system.bulk:  # it gets all clips at once, and they are not to be cut up after all
        return loaded, lambda: 0
    return best_of(system, loaded, fitted, how.device), lambda: max(1, fitted.size // draws(system))


def _loaded(system: System, device: str) -> Generate:
    try:
        return system.load(device)
    except (ImportError, BadInput, NotEvaluable):
        raise  # their messages say what to do
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise NotEvaluable(f"{type(system).__name__} could not be loaded on {device}: {reason}") from error


def wav_path(audio: Path, clip: Clip) -> Path:
    """Where a clip's WAV is."""
    return audio / f"{clip.id}.wav"


def clip_key(identity: Mapping[str, Any], system: System, clip: Clip, seed: int) -> str:
    """What one clip's audio depends on; it stands in the WAV itself, so file and key can't part."""
    reference = file_digest(clip.reference) if system.reads_reference and clip.reference else None
    prompt = [clip.id, clip.text, clip.transcription, clip.seconds]
    return digest({"system": identity, "seed": seed, "prompt": prompt, "reference": reference})


def _batches(
    clips: Sequence[Clip], missing: set[str], system: System, size: Callable[[], int]
) -> Iterator[Sequence[Clip]]:
    """The batches that lack a clip, whole: cut by place among all clips, so that a resumed run has those of any other.

    A network's last bits depend on what else is in its batch; they may differ where memory changed the size on the
    way. What takes all clips at once is given those missing.
    """
    if system.bulk:
        yield [clip for clip in clips if clip.id in missing]
        return
    start = 0
    while start < len(clips):
        batch = clips[start : start + size()]
        start += len(batch)
        if any(clip.id in missing for clip in batch):
            yield batch


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


def _attempts(run: Generate, batch: Sequence[Clip], seed: int, device: str) -> list[Attempt]:
    """Generate a batch; when it breaks, each of its clips alone, so that one bad clip fails and not its neighbours."""
    drawn, start = joules(device), time.perf_counter()
    try:
        waves = list(run(batch, [clip_seed(seed, clip.id) for clip in batch]))
        seconds, energy = (time.perf_counter() - start) / len(batch), _share(drawn, joules(device), len(batch))
        peak = peak_bytes(device)
        pairs = zip(batch, waves, strict=True)
        return [Attempt(clip, batch[0].id, wave, seconds, energy, peak) for clip, wave in pairs]
    # Whatever a system raises, or exits with, is that clip's failure, recorded with its prompt.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        reason = Failed(said(error))
    # Out of the handler, which would keep the failed batch's memory alive through its traceback.
    if len(batch) > 1:
        return [attempt for clip in batch for attempt in _attempts(run, [clip], seed, device)]
    return [Attempt(batch[0], batch[0].id, reason)]


def said(error: BaseException) -> str:
    """An error in one line."""
    return f"{type(error).__name__}: {one_line(error)}"


def _share(before: float | None, after: float | None, clips: int) -> float | None:
    return None if before is None or after is None else (after - before) / clips


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


def write_failures(folder: Path, failures: Mapping[str, str]) -> None:
    """Say in ``failures.jsonl`` which clips failed and why; the file goes when none did."""
    path = folder / "failures.jsonl"
    if failures:
        lines = (canonical_json({"id": name, "error": error}) + "\n" for name, error in failures.items())
        write_atomically(path, "".join(lines).encode())
    else:
        path.unlink(missing_ok=True)


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
