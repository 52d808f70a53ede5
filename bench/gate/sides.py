"""The two sides of a check: records with their clips' rows, and which candidate belongs to which baseline."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from bench.errors import BadInput
from bench.gate.rules import SEEN
from bench.record import Record
from bench.records import check_record, read_background, read_record
from bench.remarks import fields
from bench.sources import SHA256


@dataclass(frozen=True)
class Side:
    """One run: its record, and its clips' rows by id.

    Attributes:
        record: what it found out.
        rows: of ``clips.jsonl``, in the suite's order.
        folder: where both are.
        background: digests by name of the references that belong to no clip; empty where each clip has its own.
    """

    record: Record
    rows: Mapping[str, Mapping[str, Any]]
    folder: Path
    background: Mapping[str, str] = field(default_factory=dict)

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

    def weights(self, metric: str) -> dict[str, float]:
        """How much each clip's own value counts in a metric's mean; empty where all count alike."""
        each = {name: row.get("weights", {}) for name, row in self.rows.items()}
        return {name: found[metric] for name, found in each.items() if metric in found}


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
    except KeyError as error:
        raise BadInput(f"{path} can't be read: a row has no {error}") from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} can't be read: {error}") from error
    side = Side(record, {row["id"]: row for row in rows}, folder, read_background(folder))
    counts = (len(rows), len(side.rows), len(side.scored))
    if counts != (record.clips["asked"], record.clips["asked"], record.clips["scored"]):
        raise BadInput(f"{path} is not of {folder / 'record.json'}: it has {len(side.scored)} scored clips")
    _check_signatures(record, folder)
    _check_trouble(record, folder)
    _check_values(side, path)
    return side


def _check_signatures(record: Record, folder: Path) -> None:
    for name, score in record.scores.items():
        try:
            fields(score.signature)
        except (ValueError, AttributeError) as error:
            raise BadInput(f"{folder / 'record.json'} is no record: its score {name} has no signature") from error


def _check_trouble(record: Record, folder: Path) -> None:
    """Raise unless the clips in each kind of trouble are a list of ids, or have reasons."""
    for kind in SEEN:
        found = record.clips.get(kind, [])
        if not isinstance(found, list | dict) or not all(isinstance(clip, str) for clip in found):
            raise BadInput(f"{folder / 'record.json'} is no record: its clips have {kind} {found!r}, which are no ids")


def _check_values(side: Side, path: Path) -> None:
    """Raise unless of each metric all scored clips have a value of their own, or none has."""
    scored = side.scored
    for name in dict.fromkeys(metric for row in side.rows.values() for metric in row["scores"]):
        if lacking := [clip for clip in scored if name not in side.rows[clip]["scores"]]:
            counts = f"{len(lacking)} of {len(scored)} scored clips"
            raise BadInput(f"{path} is damaged: {counts} have no value of {name}, first {lacking[0]}")


def _checked(row: Any) -> dict[str, Any]:
    """A row that has what a check takes; anything else raises."""
    if not isinstance(row["id"], str) or not isinstance(row["scored"], bool):
        raise TypeError(f"a row is no clip's: {row!r}")
    for which in ("audio", "reference"):
        if not SHA256.fullmatch(str(row.get(which, "0" * 64))):
            raise ValueError(f"{which} of clip {row['id']} is {row[which]!r}, but must be 64 hex digits")
    numbers = {part: _numbers(row.get(part, {}), row["id"]) for part in ("scores", "weights")}
    if min(numbers["weights"].values(), default=1.0) <= 0.0:
        raise ValueError(f"clip {row['id']} counts for nothing")
    return {**row, **numbers, "text": str(row.get("text", ""))}


def _numbers(values: Any, clip: str) -> dict[str, float]:
    for name, value in values.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise TypeError(f"{name} of clip {clip} is {value!r}, which is no number")
        if not math.isfinite(value):
            raise ValueError(f"a value of clip {clip} is not finite")
    return {name: float(value) for name, value in values.items()}


def is_record(path: Path) -> bool:
    """Whether a path names one run, by its record or the folder of that; a folder above may hold any number."""
    return (_folder(path) / "record.json").is_file()


def _folder(path: Path) -> Path:
    return path.parent if path.name == "record.json" else path


def read_sides(path: Path) -> list[Side]:
    """The runs that a path stands for: a record, its folder, or any folder above several.

    Raises:
        BadInput: there is none, or one can't be read.
    """
    if is_record(path):
        return [read_side(_folder(path))]
    found = sorted(_folder(path).rglob("record.json"))
    if not found:
        raise BadInput(f"{path} holds no record: give the folder of a record.json, or one above it")
    return [read_side(each.parent) for each in found]


def matched(candidates: Sequence[Side], baselines: Sequence[Side], *, named: bool = False) -> Matched:
    """The pairs: two single runs, whatever their systems are called, or else by the names of suite and system.

    Args:
        candidates: the runs of one side.
        baselines: those of the other.
        named: whether the candidate was named itself, by which no other of the baselines is asked for. A folder of
            candidates is to have them all: one that holds a single run may have lost the others.

    Raises:
        BadInput: two runs of one side have the same names, so that it is not clear which is meant.
    """
    if len(candidates) == len(baselines) == 1:
        return Matched((Pair(candidates[0], baselines[0]),), ())
    shared = {_names(side) for side in candidates} & {_names(side) for side in baselines}
    ours, theirs = _by_names(candidates, "candidates", shared), _by_names(baselines, "baselines", shared)
    pairs = [Pair(side, theirs[names]) for names, side in ours.items() if names in theirs]
    lacking = [f"no baseline for {_named(names)}" for names in ours if names not in theirs]
    if not named:
        lost = [_named(names) for names in theirs if names not in ours]
        lacking += [f"no candidate for {each}; name a run's own folder to check that alone" for each in lost]
    return Matched(tuple(pairs), tuple(lacking))


def _names(side: Side) -> tuple[str, str]:
    return side.suite, side.system


def _by_names(sides: Sequence[Side], which: str, shared: Collection[tuple[str, str]]) -> dict[tuple[str, str], Side]:
    """Runs by the names of suite and system; of names that both sides share, only one run may be."""
    found: dict[tuple[str, str], Side] = {}
    for side in sides:
        other = found.setdefault(_names(side), side)
        if other is not side and _names(side) in shared:
            both = f"{other.folder} and {side.folder}"
            raise BadInput(f"two {which} are of {_named(_names(side))}: name one of {both}")
    return found


def _named(names: tuple[str, str]) -> str:
    return f"system {names[1]} on suite {names[0]}"
