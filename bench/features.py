"""The feature store, and the one pass of an embedder over the clips that fills it."""

from __future__ import annotations

import io
import json
import tokenize
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.audio import Condition, Unreadable, condition, decode, mono
from bench.device import resolve
from bench.digest import canonical_json, file_digest
from bench.disk import cache_folder, write_atomically
from bench.embedder import Embedder, Rows
from bench.metric import Features, Score
from bench.progress import Reporter
from bench.stats import Interval

CONDITION = "condition-1"  # the store's folder for what recordings are like; raise the number with the fields
BATCH = 8  # clips decoded and embedded at a time; memory stays flat however many there are


class Store:
    """Arrays kept by kind and by the content of the audio they came from, outside the user's folders.

    Content is the key, so a renamed file is known again and a changed one never mistaken for what it was.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or cache_folder()) / "features"

    def path(self, kind: str, audio: str) -> Path:
        """Where the array of one kind for one audio digest is."""
        return self.folder / kind / audio[:2] / f"{audio}.npy"

    def get(self, kind: str, audio: str) -> Rows | None:
        """The array, or None where it is absent or damaged."""
        try:
            data = io.BytesIO(self.path(kind, audio).read_bytes())
            rows: Rows = np.lib.format.read_array(data, allow_pickle=False)
        except (
            FileNotFoundError,
            ValueError,
            EOFError,
            SyntaxError,
            tokenize.TokenError,
        ):  # what a damaged header raises
            return None
        return rows

    def recall(self, key: str, compute: Callable[[], Score]) -> Score:
        """The score kept under a key, or computed now and kept."""
        path = self.folder / "scores-1" / key[:2] / f"{key}.json"
        try:
            kept = json.loads(path.read_bytes())
            return Score(
                kept["value"],
                Interval(*kept["interval"]) if kept["interval"] else None,
                kept["n"],
                per_clip=kept["per_clip"],
            )
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            score = compute()
        if not np.isfinite(score.value):
            return score  # whoever asked will say so; nothing to keep
        fields = {"value": score.value, "interval": score.interval, "n": score.n, "per_clip": dict(score.per_clip)}
        write_atomically(path, canonical_json(fields).encode())
        return score

    def put(self, kind: str, audio: str, rows: Rows) -> None:
        """Keep an array."""
        buffer = io.BytesIO()
        np.save(buffer, rows, allow_pickle=False)
        write_atomically(self.path(kind, audio), buffer.getvalue())


@dataclass(frozen=True)
class Recording:
    """A readable file: where it is, the digest of its bytes, and what it is like."""

    path: Path
    digest: str
    condition: Condition


class Survey(NamedTuple):
    """The readable recordings by name, and why the others are not."""

    readable: dict[str, Recording]
    unreadable: dict[str, str]


def survey(paths: Mapping[str, Path], store: Store, reporter: Reporter, label: str) -> Survey:
    """Look at every file once: readable or not, and its condition, which is remembered by content."""
    found = Survey({}, {})
    with reporter.track(f"checking {label}", len(paths), "files") as advance:
        for name, path in paths.items():
            try:
                found.readable[name] = _recording(path, store)
            except Unreadable as error:
                found.unreadable[name] = str(error)
            advance(1)
    return found


def _recording(path: Path, store: Store) -> Recording:
    try:
        digest = file_digest(path)
    except OSError as error:
        raise Unreadable(f"{path.name} can't be read: {error.strerror}") from error
    known = store.get(CONDITION, digest)
    if known is not None and known.shape == (6,):
        seconds, rate, channels, peak, finite, clipped = known.tolist()
        return Recording(path, digest, Condition(seconds, int(rate), int(channels), peak, bool(finite), bool(clipped)))
    seen = condition(decode(path))
    values = [seen.seconds, seen.rate, seen.channels, seen.peak, seen.finite, seen.clipped]
    store.put(CONDITION, digest, np.array(values, np.float64))
    return Recording(path, digest, seen)


def embed(
    recordings: Mapping[str, Recording], embedder: Embedder, device: str, store: Store, reporter: Reporter
) -> Features:
    """Features of every recording: from the store where it has them, else computed and kept.

    The embedder is loaded only if something is missing.

    Raises:
        ValueError: the embedder gave something that is no features; the message names the clip.
    """
    missing = {
        recording.digest: name
        for name, recording in recordings.items()
        if store.get(embedder.key, recording.digest) is None
    }
    if missing:
        run = embedder.load(resolve(device, accelerated=embedder.accelerated))
        with reporter.track(f"embedding with {embedder.name}", len(missing)) as advance:
            for batch in batches(list(missing.values()), BATCH):
                waves = [mono(decode(recordings[name].path), embedder.rate) for name in batch]
                for name, rows in checked(embedder, batch, run(waves)).items():
                    store.put(embedder.key, recordings[name].digest, rows)
                advance(len(batch))
    return Features(tuple(recordings), tuple(_kept(store, embedder, recording) for recording in recordings.values()))


def checked(embedder: Embedder, names: Sequence[str], found: Sequence[Rows]) -> dict[str, Rows]:
    """A batch's rows by clip, all of them or none: a row too few, and every later clip would get its neighbour's.

    Raises:
        ValueError: not as many as clips, or not features; the message names the clips.
    """
    if len(found) != len(names):
        raise ValueError(f"{embedder.name} gave features of {len(found)} clips for {len(names)}: {', '.join(names)}")
    return {name: embedder.checked(rows, name) for name, rows in zip(names, found, strict=True)}


def _kept(store: Store, embedder: Embedder, recording: Recording) -> Rows:
    rows = store.get(embedder.key, recording.digest)
    if rows is None:
        raise ValueError(f"the feature store lost {recording.path.name}: {store.path(embedder.key, recording.digest)}")
    return embedder.checked(rows, recording.path.stem)


def batches(names: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    """The names in order, ``size`` at a time."""
    return (names[start : start + size] for start in range(0, len(names), size))
