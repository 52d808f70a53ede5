"""The one pass over recordings that feeds every embedder: each file is decoded once, while the networks run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from bench.audio import Resampler, Sound, Unreadable, Waveform, centred, decode, resample
from bench.device import full_precision, release, resolve
from bench.digest import file_digest
from bench.embedder import Embed, Embedder, Rows
from bench.features import Recording, Store
from bench.metric import Features
from bench.progress import Advance, Reporter

BATCH = 8  # clips decoded and embedded at a time; memory stays flat however many there are
LONGEST = 240.0  # seconds of audio in a batch, unless one clip alone has more
TEXTS = 32  # texts embedded at a time

Item = TypeVar("Item")
Made = TypeVar("Made")
Failures = dict[Embedder, Exception]
"""What went wrong, by embedder."""


class Demand(NamedTuple):
    """An embedder and the recordings that are to be embedded with it, those of one side of a comparison at a time."""

    embedder: Embedder
    sides: Sequence[Sequence[Recording]]


@dataclass(frozen=True)
class Listener:
    """An embedder that is loaded, with the digests of the recordings it is to hear, and has not heard yet."""

    key: str
    embedder: Embedder
    run: Embed
    wanted: frozenset[str]
    missing: frozenset[str]

    def concerned(self, batch: Sequence[Recording]) -> bool:
        """Whether anything in a batch is missing; then it hears all of it again.

        A network's last bits depend on what else is in its batch, so a resumed run has the batches of any other. What
        is known by features alone is never heard; a batch is then without it in every run.
        """
        return any(one.digest in self.missing for one in batch)


def extract(demands: Sequence[Demand], device: str, store: Store, reporter: Reporter) -> Failures:
    """Put the features that are missing into the store; an embedder is loaded only if some of its are.

    What goes wrong with one embedder costs the others nothing.

    Args:
        demands: one an embedder.
        device: as the user named it.
        store: where features are kept.
        reporter: where progress is shown.
    """
    failures: Failures = {}
    lacking = list(_lacking(demands, store))
    with reporter.track("loading", len(lacking), "networks") as advance:
        listeners = list(_loaded(lacking, device, failures, advance))
    todo = [batch for batch in _batches(demands) if any(one.concerned(batch) for one in listeners)]
    if not todo:
        return failures
    names = ", ".join(listener.embedder.name for listener in listeners)
    with reporter.track(f"embedding with {names}", sum(map(len, todo))) as advance, full_precision():
        for batch, heard in prefetched(lambda batch: _hear(batch, listeners), todo):
            able = [one for one in listeners if one.embedder not in failures]
            if not able:
                break
            for listener in able:
                try:
                    _embed(listener, batch, heard, store)
                except Exception as error:  # noqa: BLE001 - whichever metric needs these features will say so
                    failures[listener.embedder] = error
            advance(len(batch))
    listeners.clear()
    release()
    return failures


def _lacking(demands: Sequence[Demand], store: Store) -> Iterator[tuple[Embedder, frozenset[str], frozenset[str]]]:
    """The embedders of which something is missing, with the digests of all they are to hear, and of what is missing."""
    for embedder, sides in demands:
        key = embedder.key
        asked = {one.digest: one for side in sides for one in side}
        missing = frozenset(digest for digest, one in asked.items() if store.of(key, one) is None)
        if missing:
            audible = frozenset(digest for digest, one in asked.items() if not one.features_only)
            yield embedder, audible | missing, missing  # of what has no audio and is missing, the decoder says so


def _loaded(
    lacking: Sequence[tuple[Embedder, frozenset[str], frozenset[str]]],
    device: str,
    failures: Failures,
    advance: Advance,
) -> Iterator[Listener]:
    """These embedders, loaded; a failure to load is noted."""
    for embedder, wanted, missing in lacking:
        try:
            run = embedder.load(resolve(device, accelerated=embedder.accelerated))
        except Exception as error:  # noqa: BLE001 - whichever metric needs this embedder will say so
            failures[embedder] = error
        else:
            yield Listener(embedder.key, embedder, run, wanted, missing)  # the key only now: weights may just have come
        advance(1)


def _batches(demands: Sequence[Demand]) -> list[Sequence[Recording]]:
    """The recordings of each side in batches, cut by their places among all that are asked for; each content once."""
    sides: dict[int, dict[str, Recording]] = {}
    for demand in demands:
        for index, side in enumerate(demand.sides):
            sides.setdefault(index, {}).update({one.digest: one for one in side})
    seen: set[str] = set()
    found: list[Sequence[Recording]] = []
    for _, unique in sorted(sides.items()):
        found += short_batches([one for digest, one in unique.items() if digest not in seen])
        seen |= unique.keys()
    return found


class Ears:
    """What one recording sounds like at the rates it is heard at; steps that embedders share are computed once."""

    def __init__(self, sound: Sound) -> None:
        self.rate = sound.rate
        self.heard: dict[tuple[str, tuple[int, ...], int], Waveform] = {}
        self.plain = centred(sound)

    def at(self, resampler: Resampler, rates: tuple[int, ...], shortest: int = 0) -> Waveform:
        """The waveform after being brought to each of these rates in turn, and at the first of them padded."""
        key = (resampler, rates, shortest)
        if key not in self.heard:
            *before, rate = rates
            if before:
                wave = resample(self.at(resampler, tuple(before), shortest), before[-1], rate, resampler)
            else:
                wave = resample(self.plain, self.rate, rate, resampler)
                wave = np.pad(wave, (0, max(0, shortest - len(wave))))
            self.heard[key] = wave
        return self.heard[key]


def _hear(batch: Sequence[Recording], listeners: Sequence[Listener]) -> list[dict[str, Waveform] | Exception]:
    """Of each recording, its waveform for every listener that wants it; or why it can't be had."""
    found: list[dict[str, Waveform] | Exception] = []
    concerned = [listener for listener in listeners if listener.concerned(batch)]
    for recording in batch:
        wanting = [listener for listener in concerned if recording.digest in listener.wanted]
        if not wanting:
            found.append({})
            continue
        try:
            ears = Ears(_still(recording))
            found.append({one.key: as_heard(ears, one.embedder) for one in wanting})
        except Exception as error:  # noqa: BLE001 - it could be read when it was surveyed, and can't any more
            found.append(error)
    return found


def _still(recording: Recording) -> Sound:
    """The recording that was surveyed; features of another would be kept under its digest for good.

    Raises:
        Unreadable: the file has been replaced since.
    """
    sound = decode(recording.path)
    if file_digest(recording.path) != recording.digest:
        raise Unreadable(f"{recording.path.name} changed while it was being scored")
    return sound


def as_heard(ears: Ears, embedder: Embedder) -> Waveform:
    """The waveform that an embedder wants to hear."""
    return ears.at(embedder.resampler, (*embedder.through, embedder.rate), embedder.shortest)


def _embed(
    listener: Listener, batch: Sequence[Recording], heard: Sequence[dict[str, Waveform] | Exception], store: Store
) -> None:
    """Let one listener hear its part of a batch, and keep what it makes of it.

    Raises:
        ValueError: what it gave is no features; or a recording can't be read any more.
    """
    waves = {}
    for recording, sounds in zip(batch, heard, strict=True):
        if recording.digest not in listener.wanted or not listener.concerned(batch):
            continue
        if isinstance(sounds, Exception):
            raise sounds
        waves[recording.digest] = sounds[listener.key]
    names = {recording.digest: recording.path.stem for recording in batch}
    found = listener.run(list(waves.values())) if waves else []
    rows = checked(listener.embedder, [names[digest] for digest in waves], found)
    for digest, each in zip(waves, rows, strict=True):
        store.put(listener.key, digest, each)


def checked(embedder: Embedder, names: Sequence[str], found: Sequence[Rows]) -> list[Rows]:
    """A batch's rows, all of them or none: a row too few, and every later clip would get its neighbour's.

    Raises:
        ValueError: not as many as clips, or not features; the message names the clips.
    """
    if len(found) != len(names):
        raise ValueError(f"{embedder.name} gave features of {len(found)} clips for {len(names)}: {', '.join(names)}")
    return [embedder.checked(rows, name) for name, rows in zip(names, found, strict=True)]


def prefetched(make: Callable[[Item], Made], items: Sequence[Item]) -> Iterator[tuple[Item, Made]]:
    """Each item with what is made of it, which a thread makes while the one before is in use."""
    with ThreadPoolExecutor(1, "prefetch") as pool:
        ahead = pool.submit(make, items[0]) if items else None
        for place, item in enumerate(items):
            assert ahead is not None, "each round submits what the next one takes"
            made = ahead.result()
            ahead = pool.submit(make, items[place + 1]) if place + 1 < len(items) else None
            yield item, made


def batches(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """The items in order, ``size`` at a time."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def short_batches(recordings: Sequence[Recording]) -> list[Sequence[Recording]]:
    """The recordings in order, as many at a time as a batch holds: fewer where they are long."""
    found: list[list[Recording]] = []
    seconds = 0.0
    for one in recordings:
        seconds += one.condition.seconds
        if not found or len(found[-1]) == BATCH or seconds > LONGEST:
            found.append([])
            seconds = one.condition.seconds
        found[-1].append(one)
    return list(found)


def extract_texts(
    texts: Mapping[str, str], embedder: Embedder, device: str, store: Store, reporter: Reporter
) -> Features:
    """Features of texts by name: from the store where it has them, else computed and kept.

    Raises:
        ImportError, NotEvaluable, ValueError: the embedder can't be loaded, or gave something that is no features.
    """
    kind = embedder.text_key
    digests = {text: hashlib.sha256(text.encode()).hexdigest() for text in texts.values()}
    missing = [text for text, digest in digests.items() if store.get(kind, digest) is None]
    if missing:
        run = embedder.load_texts(resolve(device, accelerated=embedder.accelerated))
        kind = embedder.text_key  # anew: weights may have come only now
        with (
            reporter.track(f"embedding texts with {embedder.name}", len(missing), "texts") as advance,
            full_precision(),
        ):
            for batch in batches(missing, TEXTS):
                for text, rows in zip(batch, run(batch), strict=True):
                    store.put(kind, digests[text], rows)
                advance(len(batch))
        release()
    kept = {name: store.get(kind, digests[text]) for name, text in texts.items()}
    lost = [name for name, rows in kept.items() if rows is None or rows.shape != (1, embedder.dimension)]
    if lost:
        raise ValueError(f"{embedder.name} has no features of the text of clip {lost[0]}")
    return Features(tuple(kept), tuple(rows for rows in kept.values() if rows is not None))
