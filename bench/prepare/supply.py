"""Where recordings come from: a folder, an archive, the hub, YouTube; each gives tasks that convert them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.audio import SUFFIXES
from bench.card import Card
from bench.manifest import Item
from bench.prepare import archive as archives
from bench.prepare import hub, youtube
from bench.prepare.convert import convert
from bench.prepare.find import Search, composed, spelled
from bench.prepare.gather import Task
from bench.prepared import Shelf
from bench.progress import Reporter
from bench.sources import Recordings


@dataclass(frozen=True)
class Order:
    """The recordings that are to be had.

    Attributes:
        shelf: where they go.
        card: how they are converted.
        source: where the card says they come from.
        wanted: their names, each with the second at which it begins in what it was cut from, where known.
        reporter: where progress is shown.
    """

    shelf: Shelf
    card: Card
    source: Recordings
    wanted: Mapping[str, float | None]
    reporter: Reporter

    @property
    def fetching(self) -> Path:
        """Where what is under way lies until it is converted."""
        return self.shelf.folder / "fetching"

    @property
    def names(self) -> dict[str, str]:
        """Recordings by every name that they may have, the most official names first."""
        found: dict[str, str] = {}
        for pattern in self.source.files:
            for name, start in self.wanted.items():
                if one := spelled(pattern, name, start):
                    found.setdefault(one, name)
        return found

    def converted(self, name: str, source: Path, said: str, *, passing: bool = False) -> Item:
        """Convert one recording; a file that was only passing through is removed then."""
        try:
            return convert(name, source, said, self.shelf.recording(name), self.card)
        finally:
            if passing:
                source.unlink(missing_ok=True)


def from_folder(order: Order, found: Search) -> Iterator[Task]:
    """The recordings that were found in a folder, which is only read."""
    for name, path in found.files.items():
        yield Task(name, functools.partial(order.converted, name, path, path.name))


def from_archive(order: Order, archive: Path) -> Iterator[Task]:
    """The recordings in an archive, in its order; of several with one recording's names, the first.

    Raises:
        Damaged: it is no archive, or nothing behind some place in it can be read.
    """
    names, had, more = order.names, set[str](), 0
    for member in archives.members(archive):
        name = names.get(composed(member.path.stem))
        if name is None or member.path.suffix.lower() not in SUFFIXES:
            continue
        if name in had:
            more += 1
            continue
        had.add(name)
        said = f"{archive.name}/{member.path}"
        try:
            path = archives.unpack(member, order.fetching / f"{name}{member.path.suffix}")
        except archives.Damaged as error:  # the others may be whole
            yield Task(name, functools.partial(Item, name, "refused", said, why=str(error)))
            continue
        yield Task(name, functools.partial(order.converted, name, path, said, passing=True))
    if more:
        order.reporter.line(f"{archive.name} holds {more} further files of these recordings; the first of each counts")


def from_hub(order: Order) -> Iterator[Task]:
    """The recordings in the card's data set."""
    assert order.source.hub, "the card was looked at before"
    names = {**order.names, **{name: name for name in order.wanted}}
    order.fetching.mkdir(exist_ok=True)
    for one in hub.given(order.source.hub, names, order.reporter):
        path = one.path or order.fetching / one.name
        if one.path is None:
            path.write_bytes(one.data)
        yield Task(one.name, functools.partial(order.converted, one.name, path, one.said, passing=one.path is None))


def from_youtube(order: Order, address: str | None = None) -> Iterator[Task]:
    """The recordings as sections of videos; each task downloads its own, so no more at once than there are jobs.

    Args:
        order: what is wanted.
        address: of a video, with ``{recording}`` in it; YouTube's own if none is given.
    """
    ffmpeg = youtube.require_tools()
    for name, start in order.wanted.items():
        yield Task(name, functools.partial(_fetched, order, name, start, ffmpeg, address or youtube.ADDRESS))


def _fetched(order: Order, name: str, start: float | None, ffmpeg: str, address: str) -> Item:
    said, folder = address.format(recording=name), order.fetching / name
    try:
        path = youtube.fetch(name, start, order.card.seconds, folder, ffmpeg, address)
        return order.converted(name, path, said)
    except youtube.Unobtainable as error:
        return Item(name, "missing", said, why=str(error))
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        folder.rmdir()
