"""What was measured: runs of one system that differ in nothing but their seed, and their scores as one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.digest import SHORT, canonical_json
from bench.metric import Score
from bench.record import Record
from bench.stats import Interval
from bench.table import differences


@dataclass(frozen=True)
class Runs:
    """Runs of one system with the same settings on the same clips, in the order of their seeds."""

    records: tuple[Record, ...]

    @property
    def first(self) -> Record:
        """What stands for all of them."""
        return self.records[0]

    @property
    def system(self) -> str:
        """The system's name."""
        return str(self.first.system["name"])

    @property
    def suite(self) -> str:
        """The suite's name."""
        return str(self.first.suite["name"])

    @property
    def suite_tag(self) -> str:
        """The suite with its hash."""
        return f"{self.suite}-{self.first.suite['hash'][:SHORT]}"

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of each run."""
        return tuple(record.seed for record in self.records)

    @property
    def fewest(self) -> Record:
        """The run with the fewest clips scored: the one that a reader must know of."""
        return min(self.records, key=lambda record: int(record.clips["scored"]))


@dataclass(frozen=True)
class Measured:
    """One metric of one system, over its seeds.

    Attributes:
        metric: its name.
        value: mean over seeds.
        interval: mean of the seeds' 95 % intervals over clips; None where a seed has none.
        spread: standard deviation over seeds; None for one.
        seeds: how many.
        n: over how many clips, in the seed with the fewest.
        signature: of the first seed.
        flags: what must be known to read it.
    """

    metric: str
    value: float
    interval: Interval | None
    spread: float | None
    seeds: int
    n: int
    signature: str
    flags: tuple[str, ...] = ()

    @property
    def band(self) -> Interval:
        """The interval, widened at both ends by the spread over seeds."""
        low, high = self.interval or Interval(self.value, self.value)
        more = self.spread or 0.0
        return Interval(low - more, high + more)


def grouped(records: Sequence[Record]) -> list[Runs]:
    """Records that differ in nothing but their seed, together; in the order of the first of each."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        system = {name: value for name, value in record.system.items() if name != "hash"}
        key = canonical_json([record.suite["name"], record.suite["hash"], system])
        groups.setdefault(key, []).append(record)
    return [Runs(tuple(sorted(group, key=lambda record: record.seed))) for group in groups.values()]


def pooled(runs: Runs, metric: str) -> Measured | None:
    """A metric over the seeds that have it; None if none has."""
    scores = [record.all_scores()[metric] for record in runs.records if metric in record.all_scores()]
    if not scores:
        return None
    values = np.array([score.value for score in scores])
    lacking = len(runs.records) - len(scores)
    more = [f"{lacking} of {len(runs.records)} seeds have no {metric}"] if lacking else []
    return Measured(
        metric,
        value=float(values.mean()),
        interval=_mean_interval(scores),
        spread=float(values.std(ddof=1)) if len(scores) > 1 else None,
        seeds=len(scores),
        n=min(score.n for score in scores),
        signature=scores[0].signature,
        flags=tuple(dict.fromkeys([flag for score in scores for flag in score.flags] + more + _unlike(scores))),
    )


def _mean_interval(scores: Sequence[Score]) -> Interval | None:
    intervals = [score.interval for score in scores if score.interval]
    if len(intervals) < len(scores):
        return None
    low, high = np.mean(intervals, axis=0).tolist()
    return Interval(low, high)


def _unlike(scores: Sequence[Score]) -> list[str]:
    """What differs between the seeds besides the seed."""
    found = (differences(score.signature, scores[0].signature) for score in scores[1:])
    return [f"its seeds are not alike: {unlike}" for unlike in dict.fromkeys(found) if unlike]
