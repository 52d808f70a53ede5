"""Reference features that another exported, in place of audio: taken over, kept, and taken over again."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bench import plugins
from bench.audio import FEATURES_ONLY
from bench.digest import SHORT, digest
from bench.disk import write_atomically
from bench.embedder import Embedder, Rows
from bench.errors import BadInput
from bench.features import Store, Stub, imported
from bench.manifest import vouched
from bench.metric import FeatureMetric
from bench.prepare.features import Contents, Conversion, Embedded, Reference, list_of, unpack
from bench.prepared import Shelf, conversion, stamp_audio
from bench.progress import Reporter
from bench.sources import Recordings
from bench.suite import Suite

KEPT = "reference-features-{}.zip"


class Taken(NamedTuple):
    """What came of an import.

    Attributes:
        recordings: how many are known by their features now.
        embedders: whose features these are, by name.
        beyond: how many in the file are not the suite's.
    """

    recordings: int
    embedders: tuple[str, ...]
    beyond: int = 0

    def lines(self) -> list[str]:
        """For a person."""
        found = [f"{self.recordings} recordings are known by their features now: {', '.join(self.embedders)}"]
        return found + ([f"{self.beyond} more in the file are not of this suite: left out"] if self.beyond else [])


class Fitting(NamedTuple):
    """A file that was checked: its bytes, what it says, and by embedder and recording the rows."""

    data: bytes
    contents: Contents
    rows: dict[Embedder, dict[str, Rows]]


def import_features(path: Path, suite: Suite, shelf: Shelf) -> Taken:
    """Take over another's reference features; call it with the shelf's lock held.

    Args:
        path: the file.
        suite: prepared as far as it can be.
        shelf: its own.

    Raises:
        BadInput: the file is not whole, or not of this suite and of these embedders with these weights. Nothing is
            written then.
    """
    if not isinstance(suite.card.reference, Recordings):
        raise BadInput(f"--import-stats: suite {suite.name} has no recordings that features could stand for")
    fitting = _fitting(path, suite)
    _check_whole(path, fitting.contents, suite)
    wanted = _wanted(fitting.contents, suite, shelf)
    if wanted:
        _keep(fitting, shelf)
        _take(fitting, wanted, suite, shelf)
    beyond = {one.name for one in fitting.contents.recordings} - set(suite.recordings)
    return Taken(len(wanted), tuple(one.name for one in fitting.rows), len(beyond))


def kept(shelf: Shelf) -> list[Path]:
    """The files that were imported before: the feature store is a cache, which may be emptied."""
    return sorted(shelf.folder.glob(KEPT.format("*")))


def restore_features(suite: Suite, shelf: Shelf, reporter: Reporter) -> None:
    """Take over again what was imported before and still fits; call it with the shelf's lock held.

    What stands for a recording without features of it is removed, and so the recording is missing again.
    """
    known: set[str] = set()
    for path in kept(shelf):
        try:
            fitting = _fitting(path, suite)
        except BadInput as error:
            reporter.line(f"imported features are not used: {error}")
            continue
        wanted = _wanted(fitting.contents, suite, shelf)
        _take(fitting, wanted, suite, shelf)
        known |= {one.name for one in wanted}
    for name in suite.recordings:
        if name not in known:
            shelf.features_only(name).unlink(missing_ok=True)


def _wanted(contents: Contents, suite: Suite, shelf: Shelf) -> list[Reference]:
    """The recordings in a file that are the suite's, and whose audio is not here."""
    here = vouched(shelf, suite.card, suite.recordings)
    names = {name for name in suite.recordings if name not in here or here[name].suffix == FEATURES_ONLY}
    return [one for one in contents.recordings if one.name in names]


def _take(fitting: Fitting, wanted: list[Reference], suite: Suite, shelf: Shelf) -> None:
    """Put rows into the store, apart from those computed here, which go before what another says."""
    store = Store()
    for embedder, rows in fitting.rows.items():
        for one in wanted:
            if store.get(imported(embedder.key), one.audio) is None:
                store.put(imported(embedder.key), one.audio, rows[one.name])
    stamp_audio(shelf, suite.card)
    made = digest(conversion(suite.card))
    for one in wanted:
        data, target = Stub(one.audio, made, one.condition).encoded(), shelf.features_only(one.name)
        if not target.is_file() or target.read_bytes() != data:
            write_atomically(target, data)


def _keep(fitting: Fitting, shelf: Shelf) -> None:
    """Keep a file; those make way for it that are of other audio under the same names."""
    target = shelf.folder / KEPT.format(hashlib.sha256(fitting.data).hexdigest()[:SHORT])
    write_atomically(target, fitting.data)
    audio = {one.name: one.audio for one in fitting.contents.recordings}
    for other in kept(shelf):
        if other != target and not _agrees(other, audio):
            other.unlink()


def _agrees(path: Path, audio: Mapping[str, str]) -> bool:
    try:
        contents = unpack(path).contents
    except BadInput:
        return False
    return all(audio.get(one.name, one.audio) == one.audio for one in contents.recordings)


def _fitting(path: Path, suite: Suite) -> Fitting:
    """A file's features, if they are of references of this suite, and what the embedders here would give.

    Raises:
        BadInput: they are not.
    """
    data, contents, rows = unpack(path)
    _check_suite(path, contents, suite)
    embedders = [_same_embedder(path, said) for said in contents.embedders]
    return Fitting(data, contents, {one: dict(_checked(path, one, rows[one.key])) for one in embedders})


def _check_suite(path: Path, contents: Contents, suite: Suite) -> None:
    """Raise unless a file is of this suite, or of one that shares its recordings, and these made as its card says."""
    if contents.suite.partition("/")[0] != suite.name.partition("/")[0]:
        raise BadInput(f"{path} is of suite {contents.suite}, not of {suite.name}")
    ours, theirs = conversion(suite.card), dataclasses.asdict(contents.conversion)
    if contents.conversion != Conversion(**ours):
        unlike = [f"{name} is {theirs[name]!r}, not {ours[name]!r}" for name in ours if theirs[name] != ours[name]]
        raise BadInput(f"{path} is of reference audio made otherwise: {'; '.join(unlike)}")


def _check_whole(path: Path, contents: Contents, suite: Suite) -> None:
    """Raise unless a file has all recordings of this suite, and its clip list, as far as that can be compared."""
    ours = list_of(suite)
    if contents.suite == suite.name and contents.list_sha256 != ours:
        lists = f"{contents.list_sha256[:SHORT]!r}, here {ours[:SHORT]!r}"
        raise BadInput(f"{path} is of another clip list of suite {suite.name}: {lists}")
    names = {one.name for one in contents.recordings}
    if lacking := [name for name in suite.recordings if name not in names]:
        raise BadInput(
            f"{path} is of {contents.suite}, and lacks {len(lacking)} of {len(suite.recordings)} recordings of suite "
            f"{suite.name}: first {lacking[0]}"
        )


def _same_embedder(path: Path, said: Embedded) -> Embedder:
    """The embedder here that gives the same features.

    Raises:
        BadInput: there is none; the message says how the one of that name differs.
    """
    metrics = [metric for metric in plugins.metrics().values() if isinstance(metric, FeatureMetric)]
    there = [*plugins.embedders().values(), *(metric.embedder for metric in metrics)]
    for embedder in there:
        if embedder.key == said.key and embedder.signature == said.signature:
            return embedder
    alike = sorted({embedder.signature for embedder in there if embedder.name == said.name})
    here = f"here it is {' or '.join(alike)}" if alike else "there is none of that name here"
    raise BadInput(f"{path}: its features of {said.name} have the signature {said.signature}, and {here}")


def _checked(path: Path, embedder: Embedder, rows: Mapping[str, Rows]) -> Iterator[tuple[str, Rows]]:
    for name, each in rows.items():
        try:
            yield name, embedder.checked(each, name)
        except ValueError as error:
            raise BadInput(f"{path} is damaged: {error}") from error
