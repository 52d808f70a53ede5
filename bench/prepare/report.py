"""What came of preparing a suite: how many of how many, what is missing and why, which subsets are complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.audio import SILENCE
from bench.prepared import Item

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
        suite: as on the command line.
        folder: where everything is.
        clips: how many the suite has.
        sha256: of its clip list.
        items: of the recordings that its clips want, by name.
        ways: how recordings can be had besides from a folder.
        subsets: those of the card whose clip lists are at hand.
        unused: audio files of the user's that are no recording of this suite.
    """

    suite: str
    folder: Path
    clips: int
    sha256: str
    items: Mapping[str, Item]
    ways: tuple[str, ...]
    subsets: tuple[Subset, ...] = ()
    unused: tuple[Path, ...] = ()

    @property
    def lacking(self) -> dict[str, str]:
        """The recordings that are not ready, with the reason."""
        return {name: item.why for name, item in self.items.items() if item.status != "ready"}

    def fields(self) -> dict[str, Any]:
        """For other programs."""
        return {
            "suite": self.suite,
            "clips": self.clips,
            "sha256": self.sha256,
            "recordings": len(self.items),
            "ready": len(self.items) - len(self.lacking),
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
        found.append(f"{wanted - len(lacking)} of {wanted} recordings are ready in {self.folder}")
        found += _by_reason(lacking)
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
        return f"bench prepare {self.suite} {ways}"


def _silent(items: Mapping[str, Item]) -> tuple[str, ...]:
    return tuple(name for name, item in items.items() if item.status == "ready" and item.peak < SILENCE)


def _by_reason(lacking: Mapping[str, str]) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for name, why in lacking.items():
        reasons.setdefault(why.replace(name, "…"), []).append(name)
    return [f"{len(names)} missing ({why}): {_named(names)}" for why, names in reasons.items()]


def _named(names: Sequence[str]) -> str:
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{rest}"
