"""What came of preparing a suite: how many of how many, what is missing and why, which subsets are complete."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.audio import SILENCE
from bench.prepared import Item, Shelf

NAMED = 5  # ids that a line names before it only counts


class Subset(NamedTuple):
    """How many recordings of a suite's, or of a subset's, clips are ready of how many."""

    name: str
    ready: int
    wanted: int

    @property
    def line(self) -> str:
        """For a person."""
        return f"{self.name}: {'complete' if self.ready == self.wanted else f'{self.ready} of {self.wanted}'}"


class Report(NamedTuple):
    """What came of it.

    Attributes:
        asked: the suite as on the command line: a name, or a card's path.
        suite: its name.
        folder: where everything is.
        clips: how many the suite has.
        sha256: of its clip list.
        items: of the recordings that its clips want, by name.
        ways: how recordings can be had besides from a folder.
        subsets: those of the card whose clip lists are at hand.
        unused: audio files of the user's that are no recording of this suite.
        known: the recordings of which imported features are here, and no audio.
    """

    asked: str
    suite: str
    folder: Path
    clips: int
    sha256: str
    items: Mapping[str, Item]
    ways: tuple[str, ...]
    subsets: tuple[Subset, ...] = ()
    unused: tuple[Path, ...] = ()
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
            found.append(f"{len(self.known)} are known by imported features: {_named(sorted(self.known))}")
        found += _by_reason(lacking, self.items)
        if silent := _silent(self.items):
            found.append(f"{len(silent)} silent: {_named(silent)}")
        if self.unused:
            found.append(f"{len(self.unused)} files are of none of them: {_named([path.name for path in self.unused])}")
        found += [one.line for one in self.subsets]
        return found + ([f"get the rest with: {self.advice}"] if lacking else [])

    @property
    def advice(self) -> str:
        """The command that gets what is missing."""
        ways = " or ".join(["--audio FOLDER", *(f"--from {way}" for way in self.ways)])
        return f"bench prepare {self.asked} {ways}"


def _silent(items: Mapping[str, Item]) -> tuple[str, ...]:
    return tuple(name for name, item in items.items() if item.status == "ready" and item.peak < SILENCE)


def _by_reason(lacking: Mapping[str, str], items: Mapping[str, Item]) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for name, why in lacking.items():
        reasons.setdefault(f"{items[name].status} ({_without(name, why)})", []).append(name)
    return [f"{len(names)} {reason}: {_named(names)}" for reason, names in reasons.items()]


def _without(name: str, why: str) -> str:
    """A reason that names the recording first, in words that hold for others too.

    >>> _without("a", "a.wav can't be decoded"), _without("abc", "[youtube] abc: Video unavailable")
    ("….wav can't be decoded", '[youtube] …: Video unavailable')
    """
    said = re.escape(name)
    return re.sub(rf"^(\[[^\]]*\] )?({said}(?=[: ])|\S*{said}\S*(?=\.\w+ ))", r"\1…", why)


def _named(names: Sequence[str]) -> str:
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{rest}"
