"""The feature store, and what recordings on disk are like; ``extraction`` fills the one from the other."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.audio import FEATURES_ONLY, Condition, Unreadable, condition, decode
from bench.digest import canonical_json, file_digest
from bench.disk import cache_folder, write_atomically
from bench.embedder import Embedder, Part, Rows
from bench.errors import BadInput
from bench.metric import Features, Score
from bench.progress import Reporter
from bench.sources import SHA256
from bench.stats import Interval
from bench.typed import build

CONDITION = "condition-2"  # the store's folder for what recordings are like; raise the number with the fields


def imported(kind: str) -> str:
    """The folder of one kind of features that another computed, apart from those computed here."""
    return f"{kind}-imported"


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

    def known(self, kind: str, audio: str) -> Rows | None:
        """The array that was computed here; or else the one that was imported for audio that is not here."""
        own = self.get(kind, audio)
        return self.get(imported(kind), audio) if own is None else own

    def of(self, kind: str, recording: Recording) -> Rows | None:
        """The array of a recording: another's only where its audio is not here, so that none passes for one's own."""
        return (self.known if recording.features_only else self.get)(kind, recording.digest)

    def recall(self, key: str) -> Score | None:
        """The score kept under a key, or None where it is absent or damaged."""
        try:
            kept = json.loads(self._score_path(key).read_bytes())
            interval = Interval(*kept["interval"]) if kept["interval"] else None
            flags = tuple(kept["flags"])
            each = {name: kept[name] for name in ("per_clip", "details", "weights")}
            return Score(kept["value"], interval, kept["n"], flags=flags, **each)
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def keep(self, key: str, score: Score) -> None:
        """Keep a score."""
        fields = {"value": score.value, "interval": score.interval, "n": score.n, "flags": score.flags}
        rest = {"per_clip": dict(score.per_clip), "details": dict(score.details), "weights": dict(score.weights)}
        write_atomically(self._score_path(key), canonical_json({**fields, **rest}).encode())

    def _score_path(self, key: str) -> Path:
        return self.folder / "scores-4" / key[:2] / f"{key}.json"

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

    @property
    def features_only(self) -> bool:
        """Whether only imported features of it are here, and no audio."""
        return self.path.suffix == FEATURES_ONLY


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


@dataclass(frozen=True)
class Stub:
    """What stands for a recording of which only features are here.

    Attributes:
        audio: SHA-256 of the WAV that they are of.
        conversion: digest of how that was made.
        condition: what it is like.
    """

    audio: str
    conversion: str
    condition: Condition

    def __post_init__(self) -> None:
        """Refuse what describes no recording."""
        check_described(self.audio, self.condition)

    def encoded(self) -> bytes:
        """As it is written."""
        return (canonical_json(dataclasses.asdict(self)) + "\n").encode()


def check_described(audio: str, seen: Condition) -> None:
    """Raise unless a digest and a condition can be those of a recording; what is not finite in it stands as a flag.

    Raises:
        BadInput: they can't.
    """
    if not SHA256.fullmatch(audio):  # it becomes a file's name
        raise BadInput(f"audio is {audio!r}, but must be 64 hex digits")
    for name, value, least in (
        ("seconds", seen.seconds, 0),
        ("rate", seen.rate, 1),
        ("channels", seen.channels, 1),
        ("peak", seen.peak, 0),
    ):
        if not least <= value < math.inf:
            raise BadInput(f"{name} is {value!r}, but must be {least} or more")


def read_stub(path: Path) -> Stub:
    """What a file says that stands for a recording.

    Raises:
        Unreadable: it is damaged.
    """
    try:
        return build(Stub, json.loads(path.read_bytes()), path.name)
    except (OSError, ValueError, RecursionError) as error:  # bad input is a ValueError too
        raise Unreadable(f"{path.name} is damaged: import its features again") from error


def _recording(path: Path, store: Store) -> Recording:
    if path.suffix == FEATURES_ONLY:
        said = read_stub(path)
        return Recording(path, said.audio, said.condition)
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


def gather(recordings: Mapping[str, Recording], embedder: Embedder, store: Store, part: Part = "embedding") -> Features:
    """Features of recordings that the store has.

    Raises:
        ValueError: it has not; the message names the file.
    """
    key = embedder.key
    rows = (_kept(store, key, embedder, recording) for recording in recordings.values())
    return Features(tuple(recordings), tuple(embedder.part(each, part) for each in rows))


def _kept(store: Store, key: str, embedder: Embedder, recording: Recording) -> Rows:
    rows = store.of(key, recording)
    if rows is None:
        raise ValueError(f"the feature store lost {recording.path.name}: {store.path(key, recording.digest)}")
    return embedder.checked(rows, recording.path.stem)
