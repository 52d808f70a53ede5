"""What came of preparing a suite: how many of how many, what is missing and why, which subsets are complete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bench.audio import SILENCE
from bench.errors import listed
from bench.manifest import Item
from bench.prepared import Shelf

WHOLE = 0.9  # of the card's seconds, under which a recording is named as short


class Subset(NamedTuple):
    """How many recordings of a suite's, or of a subset's, clips are ready of how many.

    Attributes:
        name: the suite's, or the subset's.
        ready: how many are ready; None where its clip list is not at hand.
        wanted: of how many; likewise.
        how: the command that gets that list.
        why: why it could not be had on the way.
    """

    name: str
    ready: int | None = None
    wanted: int | None = None
    how: str = ""
    why: str = ""

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.ready is not None and self.ready == self.wanted

    @property
    def line(self) -> str:
        """For a person."""
        if self.ready is None:
            return f"{self.name}: not known yet{self.why and f', since {self.why}'} ({self.how})"
        return f"{self.name}: {'complete' if self.complete else f'{self.ready} of {self.wanted}'}"


class Report(NamedTuple):
    """What came of it.

    Attributes:
        command: what was typed, without options: what gets it ready.
        suite: its name.
        folder: where everything is.
        clips: how many the suite has.
        sha256: of its clip list.
        items: of the recordings that its clips want, by name.
        ways: how recordings can be had besides from a folder.
        subsets: the suite and its subsets.
        unused: audio files of the user's that are no recording of this suite.
        seconds: how long a recording should be, where the card says so.
        known: the recordings of which imported features are here, and no audio.
    """

    command: str
    suite: str
    folder: Path
    clips: int
    sha256: str
    items: Mapping[str, Item]
    ways: tuple[str, ...]
    subsets: tuple[Subset, ...] = ()
    unused: tuple[Path, ...] = ()
    seconds: float | None = None
    known: frozenset[str] = frozenset()

    def with_features(self, shelf: Shelf) -> Report:
        """The same, with what of the others' features is on the shelf now."""
        without = (name for name, item in self.items.items() if item.status != "ready")
        return self._replace(known=frozenset(name for name in without if shelf.features_only(name).is_file()))

    @property
    def lacking(self) -> dict[str, str]:
        """The recordings of which there is nothing, with the reason."""
        lacking = {name: item.why for name, item in self.items.items() if item.status != "ready"}
        return {name: why for name, why in lacking.items() if name not in self.known}

    @property
    def ready(self) -> int:
        """How many recordings are ready."""
        return sum(item.status == "ready" for item in self.items.values())

    @property
    def short(self) -> tuple[str, ...]:
        """The recordings that are ready and much shorter than what is asked of systems."""
        least = WHOLE * (self.seconds or 0.0)
        return tuple(name for name, item in self.items.items() if item.status == "ready" and item.seconds < least)

    def fields(self) -> dict[str, Any]:
        """For other programs."""
        return {
            "suite": self.suite,
            "clips": self.clips,
            "sha256": self.sha256,
            "recordings": len(self.items),
            "ready": self.ready,
            "features": sorted(self.known),
            "lacking": self.lacking,
            "silent": list(_silent(self.items)),
            "short": list(self.short),
            "subsets": {one.name: {"ready": one.ready, "recordings": one.wanted} for one in self.subsets},
            "unused": len(self.unused),
        }

    def lines(self) -> list[str]:
        """For a person."""
        lacking, wanted = self.lacking, len(self.items)
        found = [f"{self.suite}: {self.clips} clips, list {self.sha256[:8]}"]
        if not wanted:
            return [*found, "it has no reference audio"]
        found.append(f"{self.ready} of {wanted} recordings are ready in {self.folder}")
        if self.known:
            found.append(f"{len(self.known)} are known by imported features: {listed(sorted(self.known))}")
        found += _by_reason(lacking, self.items)
        if silent := _silent(self.items):
            found.append(f"{len(silent)} silent: {listed(silent)}")
        if short := self.short:
            asked = self.seconds or 0.0
            said = f"{len(short)} shorter than {WHOLE * asked:g} s, where systems are asked for {asked:g} s"
            found.append(f"{said}: {listed(short)}")
        if self.unused:
            found.append(f"{len(self.unused)} files are of none of them: {listed([path.name for path in self.unused])}")
        found += [self._line(one) for one in self.subsets]
        return found + ([f"get the rest with: {self.advice}"] if lacking else [])

    def _line(self, one: Subset) -> str:
        """A subset's line; the suite itself is complete too where features stand for all that has no audio."""
        if self.known and not self.lacking and one.name == self.suite:
            return f"{one.name}: complete, {len(self.known)} of {one.wanted} by their features alone"
        return one.line

    @property
    def advice(self) -> str:
        """The command that gets what is missing."""
        ways = " or ".join(["--audio FOLDER", *(f"--from {way}" for way in self.ways)])
        return f"{self.command} {ways}"


def _silent(items: Mapping[str, Item]) -> tuple[str, ...]:
    return tuple(name for name, item in items.items() if item.status == "ready" and item.peak < SILENCE)


def _by_reason(lacking: Mapping[str, str], items: Mapping[str, Item]) -> list[str]:
    """One line for what is alike but for names and numbers; these stay where all of a line have the same."""
    reasons: dict[tuple[str, str], dict[str, str]] = {}
    for name, why in lacking.items():
        said = _without(name, why)
        reasons.setdefault((items[name].status, _kind(said)), {})[name] = said
    return [
        f"{len(said)} {status} ({kind if len(set(said.values())) > 1 else next(iter(said.values()))}): "
        f"{listed(list(said))}"
        for (status, kind), said in reasons.items()
    ]


def _without(name: str, why: str) -> str:
    """A reason that names the recording first, in words that hold for others too.

    >>> _without("a", "a.wav can't be decoded"), _without("abc", "[youtube] abc: Video unavailable")
    ("….wav can't be decoded", '[youtube] …: Video unavailable')
    """
    said = re.escape(name)
    return re.sub(rf"^(\[[^\]]*\] )?({said}(?=[: ])|\S*{said}\S*(?=\.\w+[: ]))", r"\1…", why)


def _kind(why: str) -> str:
    """A reason without what differs between recordings: numbers, and which files claim to be one.

    >>> _kind("2 files claim it: x/a.wav and y/a.wav"), _kind("….wav is truncated: 10 of 20 samples")
    ('2 files claim it', '….wav is truncated: … of … samples')
    """
    claimed = re.match(r"\d+ files claim it(?=:)", why)
    return claimed[0] if claimed else re.sub(r"\d+", "…", why)
