"""What was measured: runs of one system that differ in nothing but their seed, and their scores as one number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.digest import SHORT, canonical_json
from bench.metric import Score
from bench.record import Record
from bench.remarks import differences
from bench.stats import Interval


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
    """One metric of one system, over those of its seeds whose signatures are alike.

    Attributes:
        metric: its name.
        value: mean over seeds.
        interval: mean of the seeds' 95 % intervals over clips; None where a seed has none.
        spread: standard deviation over seeds (n - 1 in its denominator); None for one.
        seeds: how many of them.
        n: over how many clips.
        signature: of all of them.
        flags: what must be known to read it; the seeds that were left out are among it.
        covered: how many clips both the runs and the metric hold, in the seed with the fewest.
        of: the seeds themselves.
    """

    metric: str
    value: float
    interval: Interval | None
    spread: float | None
    seeds: int
    n: int
    signature: str
    flags: tuple[str, ...] = ()
    covered: int = 0
    of: tuple[int, ...] = ()

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
    """A metric over the seeds that have it and whose signatures are alike; None if no seed has it.

    A mean of numbers that were computed in two ways, or over other clips, is a number of neither kind: the signature
    that most seeds have is taken (of those that equally many have, that of the first seed), and the others are named.
    """
    having = [record for record in runs.records if metric in record.all_scores()]
    if not having:
        return None
    common = Counter(record.all_scores()[metric].signature for record in having).most_common(1)[0][0]
    alike = [record for record in having if record.all_scores()[metric].signature == common]
    scores = [record.all_scores()[metric] for record in alike]
    values = np.array([score.value for score in scores])
    n = min(score.n for score in scores)
    return Measured(
        metric,
        value=float(values.mean()),
        interval=_mean_interval(scores),
        spread=float(values.std(ddof=1)) if len(scores) > 1 else None,
        seeds=len(scores),
        n=n,
        signature=common,
        flags=tuple(
            dict.fromkeys([flag for score in scores for flag in score.flags] + _left_out(runs, metric, common))
        ),
        of=tuple(record.seed for record in alike),
        covered=min(n, *(int(record.clips["scored"]) for record in alike)),
    )


def _mean_interval(scores: Sequence[Score]) -> Interval | None:
    intervals = [score.interval for score in scores if score.interval]
    if len(intervals) < len(scores):
        return None
    low, high = np.mean(intervals, axis=0).tolist()
    return Interval(low, high)


def _left_out(runs: Runs, metric: str, common: str) -> list[str]:
    """The seeds that have no such metric, and those whose number is not like the others'."""
    scores = [record.all_scores().get(metric) for record in runs.records]
    lacking = scores.count(None)
    found = [f"{lacking} of {len(scores)} seeds have no {metric}"] if lacking else []
    return found + [
        f"{metric} of seed {record.seed} is left out of the mean: {differences(score.signature, common)}"
        for record, score in zip(runs.records, scores, strict=True)
        if score and score.signature != common
    ]
