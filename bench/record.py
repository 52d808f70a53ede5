"""The record: everything one run found out, in one JSON file that a rerun reproduces byte for byte."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.digest import canonical_json
from bench.disk import sweep, write_atomically
from bench.metric import Score

SCHEMA = 1
BACKGROUND = "references.json"  # beside a record whose scores compare with references that belong to no clip
CORE = ("audiogen-bench", "numpy", "soundfile", "soxr", "torch")  # whose versions every record names
PLACES = 10  # significant digits kept: more than any score means, fewer than the last bits that summation order moves


@dataclass(frozen=True)
class Record:
    """What one run found out.

    Attributes:
        suite: name, title, task, version, hash, how many clips were asked for and how many the card has.
        system: name, hash, settings, checkpoint and revision where it has them.
        seed: the run's.
        clips: how many were asked for and scored, and the ids (and reasons) of those that were not or look wrong.
        scores: by metric name, without what differs from run to run.
        not_scored: by metric name, why there is no score.
        versions: of the packages that matter.
        device: where the audio was generated; None where it was not.
        efficiency: scores of what the run took; kept in a file of their own, since a rerun does not reproduce them.
    """

    suite: Mapping[str, Any]
    system: Mapping[str, Any]
    seed: int
    clips: Mapping[str, Any]
    scores: Mapping[str, Score]
    not_scored: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    device: str | None = None
    efficiency: Mapping[str, Score] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """What ``record.json`` holds: no date, no absolute path, no timing."""
        return {
            "schema_version": SCHEMA,
            "suite": dict(self.suite),
            "system": dict(self.system),
            "seed": self.seed,
            "clips": portable(dict(self.clips)),
            "scores": {name: _score_fields(score) for name, score in self.scores.items()},
            "not_scored": portable(dict(self.not_scored)),
            "versions": dict(self.versions),
            "device": self.device,
            "efficiency": "timings.json",
        }

    def everything(self) -> dict[str, Any]:
        """The body with the efficiency itself in place of its file's name: for whoever reads one run's JSON."""
        return {**self.body(), "efficiency": {name: _score_fields(score) for name, score in self.efficiency.items()}}

    def all_scores(self) -> dict[str, Score]:
        """Scores and efficiency together, as a table shows them."""
        return {**self.scores, **self.efficiency}


def record_folder(results: Path, suite_tag: str, system: str, system_tag: str) -> Path:
    """Where a run's record is: ``<results>/records/<suite>-<hash>/<system>-<hash>``."""
    return results / "records" / suite_tag / f"{system}-{system_tag}"


def write_record(
    folder: Path, record: Record, rows: Iterable[Mapping[str, Any]], background: Mapping[str, str] | None = None
) -> None:
    """Write ``record.json``, with the clips' own values in ``clips.jsonl`` and the timings in ``timings.json``.

    Where scores compare with references that belong to no clip, their digests by name go into ``references.json``.
    Call it with the results folder's lock held.
    """
    sweep(folder)
    if background:
        write_atomically(folder / BACKGROUND, pretty(dict(background)).encode())
    else:
        (folder / BACKGROUND).unlink(missing_ok=True)
    write_atomically(folder / "clips.jsonl", "".join(canonical_json(row) + "\n" for row in rows).encode())
    efficiency = {name: _score_fields(score) for name, score in record.efficiency.items()}
    write_atomically(folder / "timings.json", pretty(efficiency).encode())
    write_atomically(folder / "record.json", pretty(record.body()).encode())


def versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of Python, of the core and of some packages more, of those that are installed."""
    found = {"python": platform.python_version()}
    for name in sorted({*CORE, *packages}):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def absent_packages(packages: Iterable[str]) -> list[str]:
    """Those of some distributions that are not installed."""
    return [name for name in packages if not _is_installed(name)]


def _is_installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def pretty(value: Any) -> str:
    """JSON for people and for byte comparison: sorted keys, two blanks, one line feed at the end."""
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def portable(value: Any) -> Any:
    """A value whose texts name no place of this machine: absolute paths by their last part, addresses not at all.

    >>> portable({"c1": "no file '/home/me/ckpt/a.bin' in <Net at 0x7f3a>"})
    {'c1': "no file 'a.bin' in <Net at 0x>"}
    """
    if isinstance(value, dict):
        return {name: portable(one) for name, one in value.items()}
    if isinstance(value, str):
        return re.sub(r"\b0x[0-9a-fA-F]+", "0x", re.sub(r"(?<![\w.:/])/(?:[^/\s'\"]+/)+", "", value))
    return value


def _score_fields(score: Score) -> dict[str, Any]:
    interval = [rounded(end) for end in score.interval] if score.interval else None
    fields = {"value": rounded(score.value), "interval": interval, "n": score.n, "signature": score.signature}
    return {**fields, "flags": list(score.flags)} if score.flags else fields


def rounded(value: float) -> float:
    """A value to ten significant digits.

    >>> rounded(2 / 3)
    0.6666666667
    """
    return float(f"{value:.{PLACES}g}")
