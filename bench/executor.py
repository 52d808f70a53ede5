"""Generation: make what is missing, batch by batch, so that a kill at any moment loses one batch and spoils nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.batching import DEFAULT, Fitted
from bench.candidates import best_of, draws, fetch_judge, judged
from bench.clip import Clip
from bench.device import joules, peak_bytes, resolve
from bench.digest import canonical_json, clip_seed, digest, file_digest
from bench.disk import sweep, write_atomically
from bench.errors import BadInput, NotEvaluable
from bench.metric import Timing
from bench.progress import Reporter
from bench.system import Forgetting, Generate, System
from bench.writer import Attempt, Failed, Writer, is_made, read_timings, said, wav_path


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


def _share(before: float | None, after: float | None, clips: int) -> float | None:
    return None if before is None or after is None else (after - before) / clips


def write_failures(folder: Path, failures: Mapping[str, str]) -> None:
    """Say in ``failures.jsonl`` which clips failed and why; the file goes when none did."""
    path = folder / "failures.jsonl"
    if failures:
        lines = (canonical_json({"id": name, "error": error}) + "\n" for name, error in failures.items())
        write_atomically(path, "".join(lines).encode())
    else:
        path.unlink(missing_ok=True)
