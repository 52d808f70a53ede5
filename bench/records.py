"""Records read back: each held to what a table is made of, and a damaged one named instead of left out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.errors import BadInput
from bench.metric import Score
from bench.record import BACKGROUND, SCHEMA, Record
from bench.sources import SHA256
from bench.stats import Interval


def read_record(folder: Path) -> Record:
    """The record of one run's folder.

    Raises:
        BadInput: it is not there, not JSON, or of a schema that this version does not read.
    """
    body = _json(folder / "record.json")
    if body.get("schema_version") != SCHEMA:
        raise BadInput(
            f"{folder / 'record.json'} has schema {body.get('schema_version')!r}; this version reads {SCHEMA}"
        )
    timings = folder / "timings.json"
    try:
        return Record(
            scores=_scores(body.pop("scores")),
            efficiency=_scores(_json(timings)) if timings.is_file() else {},
            **{name: body[name] for name in ("suite", "system", "seed", "clips", "not_scored", "versions", "device")},
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise BadInput(f"{folder / 'record.json'} is no record: {error} is missing or of another kind") from error


def read_background(folder: Path) -> dict[str, str]:
    """Digests by name of the references that belong to no clip; empty where each clip has its own.

    Raises:
        BadInput: the file is damaged.
    """
    path = folder / BACKGROUND
    found = _json(path) if path.is_file() else {}
    for name, digest in found.items():
        if not SHA256.fullmatch(str(digest)):
            raise BadInput(f"{path} is damaged: {name} is {digest!r}, but must be 64 hex digits")
    return found


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} can't be read: {error}") from error
    if not isinstance(value, dict):
        raise BadInput(f"{path} is no JSON object")
    return value


def _scores(fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Score]:
    return {
        name: Score(
            score["value"],
            Interval(*score["interval"]) if score["interval"] is not None else None,
            score["n"],
            score["signature"],
            flags=tuple(score.get("flags", ())),
        )
        for name, score in fields.items()
    }


class Records(NamedTuple):
    """The records below a results folder, and one line for each that can't be read."""

    found: tuple[Record, ...]
    damaged: tuple[str, ...] = ()


def read_records(results: Path, suite: str | None = None) -> Sequence[Record]:
    """All records below a results folder, of one suite or of all, by suite, then system, then seed.

    Raises:
        BadInput: one of them can't be read.
    """
    records = readable_records(results, suite)
    if records.damaged:
        raise BadInput(records.damaged[0])
    return list(records.found)


def readable_records(results: Path, suite: str | None = None) -> Records:
    """All records below a results folder that can be read, in the same order, and what is wrong with the others."""
    found, damaged = [], []
    for path in sorted((results / "records").glob("*/*/record.json")):
        try:
            record = read_record(path.parent)
            check_record(record, path)
        except BadInput as error:
            damaged.append(str(error))
        else:
            found.append(record)
    kept = [record for record in found if suite in (None, record.suite["name"])]
    kept.sort(key=lambda record: (record.suite["name"], record.system["name"], record.seed))
    return Records(tuple(kept), tuple(damaged))


NEEDED: Mapping[str, Mapping[str, Any]] = {  # what a table is made of
    "suite": {"name": str, "title": str, "version": int | str, "hash": str, "size": int},
    "system": {"name": str, "hash": str},
    "clips": {"asked": int, "scored": int},
}


def check_record(record: Record, path: Path) -> None:
    """Raise unless a record has what a table is made of.

    Raises:
        BadInput: something is missing or of another kind; the message names it.
    """
    for part in ("suite", "system", "clips", "not_scored"):
        if not isinstance(getattr(record, part), Mapping):
            raise BadInput(f"{path} is no record: its {part} is of another kind")
    if not isinstance(record.seed, int):
        raise BadInput(f"{path} is no record: its seed is {record.seed!r}")
    if not isinstance(record.system.get("standing") or {}, Mapping):
        raise BadInput(f"{path} is no record: its system's standing is of another kind")
    _check_fields(record, path)
    for name, score in record.all_scores().items():
        numbers = (score.value, *(score.interval or ()))
        if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
            raise BadInput(f"{path} is no record: its score {name} is no number")
        if type(score.n) is not int or score.n < 0 or not all(isinstance(flag, str) for flag in score.flags):
            raise BadInput(f"{path} is no record: the score {name} has n {score.n!r} and flags {score.flags!r}")


def _check_fields(record: Record, path: Path) -> None:
    for part, kinds in NEEDED.items():
        for name, kind in kinds.items():
            if not isinstance(value := getattr(record, part).get(name), kind):
                raise BadInput(f"{path} is no record: its {part} has {name} {value!r}")
