"""The two sides of a check: records with their clips' rows, and which candidate belongs to which baseline."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from bench.errors import BadInput
from bench.record import Record, check_record, read_record
from bench.table import fields


@dataclass(frozen=True)
class Side:
    """One run: its record, and its clips' rows by id.

    Attributes:
        record: what it found out.
        rows: of ``clips.jsonl``, in the suite's order.
        folder: where both are.
    """

    record: Record
    rows: Mapping[str, Mapping[str, Any]]
    folder: Path

    @property
    def suite(self) -> str:
        """Its suite's name."""
        return str(self.record.suite["name"])

    @property
    def system(self) -> str:
        """Its system's name."""
        return str(self.record.system["name"])

    @property
    def label(self) -> str:
        """What tells it from other runs."""
        return f"{self.system} (seed {self.record.seed}) [{self.record.system['hash']}]"

    @property
    def scored(self) -> tuple[str, ...]:
        """The ids that its metrics saw."""
        return tuple(name for name, row in self.rows.items() if row["scored"])

    def values(self, metric: str) -> dict[str, float]:
        """Each clip's own value of a metric; empty where the metric has none."""
        return {name: row["scores"][metric] for name, row in self.rows.items() if metric in row["scores"]}


class Pair(NamedTuple):
    """A run, and what it is held to."""

    candidate: Side
    baseline: Side

    @property
    def common(self) -> tuple[str, ...]:
        """The clips that both scored, in the suite's order."""
        theirs = set(self.baseline.scored)
        return tuple(name for name in self.candidate.scored if name in theirs)

    def text(self, clip: str) -> str:
        """A clip's prompt."""
        return str(self.baseline.rows[clip]["text"])


class Matched(NamedTuple):
    """The pairs that two folders hold, and one line for each run that has no counterpart."""

    pairs: tuple[Pair, ...]
    single: tuple[str, ...]


def read_side(folder: Path) -> Side:
    """One run's record and rows.

    Raises:
        BadInput: a file is missing or damaged, or the two are not of one run.
    """
    record = read_record(folder)
    check_record(record, folder / "record.json")
    path = folder / "clips.jsonl"
    try:
        rows = [_checked(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} can't be read: {error}") from error
    side = Side(record, {row["id"]: row for row in rows}, folder)
    counts = (len(rows), len(side.rows), len(side.scored))
    if counts != (record.clips["asked"], record.clips["asked"], record.clips["scored"]):
        raise BadInput(f"{path} is not of {folder / 'record.json'}: it has {len(side.scored)} scored clips")
    _check_signatures(record, folder)
    return side


def _check_signatures(record: Record, folder: Path) -> None:
    for name, score in record.scores.items():
        try:
            fields(score.signature)
        except ValueError as error:
            raise BadInput(f"{folder / 'record.json'} is no record: its score {name} has no signature") from error


def _checked(row: Any) -> dict[str, Any]:
    """A row that has what a check takes; anything else raises."""
    if not isinstance(row["id"], str) or not isinstance(row["scored"], bool):
        raise TypeError(f"a row is no clip's: {row!r}")
    scores = {name: float(value) for name, value in row["scores"].items()}
    if not all(map(math.isfinite, scores.values())):
        raise ValueError(f"a value of clip {row['id']} is not finite")
    return {**row, "scores": scores, "text": str(row.get("text", ""))}


def read_sides(path: Path) -> list[Side]:
    """The runs that a path stands for: a record, its folder, or any folder above several.

    Raises:
        BadInput: there is none, or one can't be read.
    """
    folder = path.parent if path.name == "record.json" else path
    if (folder / "record.json").is_file():
        return [read_side(folder)]
    found = sorted(folder.rglob("record.json"))
    if not found:
        raise BadInput(f"{path} holds no record: give the folder of a record.json, or one above it")
    return [read_side(each.parent) for each in found]


def matched(candidates: Sequence[Side], baselines: Sequence[Side]) -> Matched:
    """The pairs: two single runs, whatever their systems are called, or else by the names of suite and system.

    Raises:
        BadInput: two runs of one side have the same names, so that it is not clear which is meant.
    """
    if len(candidates) == len(baselines) == 1:
        return Matched((Pair(candidates[0], baselines[0]),), ())
    ours, theirs = _by_names(candidates, "candidates"), _by_names(baselines, "baselines")
    pairs = [Pair(side, theirs[names]) for names, side in ours.items() if names in theirs]
    lacking = [f"no baseline for {_named(names)}" for names in ours if names not in theirs]
    if len(candidates) > 1:  # who names one run of theirs wants no other
        lacking += [f"no candidate for {_named(names)}" for names in theirs if names not in ours]
    return Matched(tuple(pairs), tuple(lacking))


def _by_names(sides: Sequence[Side], which: str) -> dict[tuple[str, str], Side]:
    found: dict[tuple[str, str], Side] = {}
    for side in sides:
        other = found.setdefault((side.suite, side.system), side)
        if other is not side:
            both = f"{other.folder} and {side.folder}"
            raise BadInput(f"two {which} are of {_named((side.suite, side.system))}: name one of {both}")
    return found


def _named(names: tuple[str, str]) -> str:
    return f"system {names[1]} on suite {names[0]}"
