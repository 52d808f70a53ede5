"""Metrics beside listeners: how each automatic metric goes with each dimension of each listening test."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.digest import SHORT
from bench.errors import BadInput, listed
from bench.listening.opinion import clip_means, opinions
from bench.metric import Metric
from bench.paper.correlation import STEADY, Correlation, Level, correlated, of_clips, of_systems
from bench.paper.hearing import Hearing
from bench.paper.measured import Runs, pooled
from bench.record import Record, record_folder
from bench.sheet import Cell, Line, Sheet
from bench.stats import Interval
from bench.suite import plain_name
from bench.table import ARROWS

HEADER = ("Opinion", "Metric", "Systems", "Spearman", "Kendall", "Clips", "Spearman", "Kendall")
FIELDS = (
    *("suite", "test", "dimension", "metric", "level", "n", "spearman", "spearman_low", "spearman_high"),
    *("kendall", "kendall_low", "kendall_high", "note"),
)
LEGEND = (
    "Rank correlation (Kendall's is tau-b) of a metric with the mean opinion [95 % interval, had other systems or "
    "other prompts been drawn]; with a metric marked ↓ the better agreement is the more negative.",
    "Systems: one point a system. Clips: one point a clip of a system, those of one prompt drawn together; only where "
    "the metric has a value for each clip.",
)


NO_INTERVAL = f"no interval: it takes {STEADY} to draw others from, and values that vary among them"


class Pair(NamedTuple):
    """One metric and one dimension, with what is known of them at both levels."""

    dimension: str
    metric: str
    systems: Level
    clips: Level | None


def clip_values(results: Path, record: Record) -> dict[str, dict[str, float]]:
    """Each clip's own value of each metric that has one, by clip and metric; empty where the file is not there.

    Raises:
        BadInput: the file is damaged.
    """
    suite = f"{plain_name(record.suite['name'])}-{record.suite['hash'][:SHORT]}"
    path = record_folder(results, suite, record.system["name"], record.system["hash"]) / "clips.jsonl"
    if not path.is_file():
        return {}
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return {str(row["id"]): {name: float(value) for name, value in row["scores"].items()} for row in rows}
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise BadInput(f"{path} can't be read: {error}") from error


class Agreement:
    """One listening test beside the runs of the systems that it is about, on one suite.

    Args:
        results: where the records are.
        hearing: the test.
        groups: the runs on the suite.
        anchors: real audio and what reconstructs it, which is no system to be told from others.
    """

    def __init__(self, results: Path, hearing: Hearing, groups: Sequence[Runs], anchors: Collection[str] = ()) -> None:
        self.results, self.hearing = results, hearing
        counts = Counter(runs.system for runs in groups)
        everyone = {one.system for one in hearing.opinions}
        rated = everyone - set(anchors)
        self.runs = [runs for runs in groups if counts[runs.system] == 1 and runs.system in rated]
        self.remarks = [
            f"{name} is left out: {counts[name]} recipes or clip lists of it have records; which was rated is not known"
            for name in counts
            if counts[name] > 1 and name in rated
        ]
        self.remarks += [f"{name} was rated and has no record" for name in sorted(rated - set(counts))]
        self.remarks += [
            f"{name} is left out: an anchor, whose place beside systems says nothing of how a metric tells them apart"
            for name in sorted(everyone - rated)
        ]

    def pairs(self) -> Iterator[Pair]:
        """Every dimension with every metric that the runs have."""
        metrics = dict.fromkeys(name for runs in self.runs for record in runs.records for name in record.scores)
        means = clip_means(self.hearing.ratings)
        values = {name: self._clips(name) for name in metrics}
        for dimension in dict.fromkeys(one.dimension for one in self.hearing.opinions):
            rated = {one.system: one.mean for one in self.hearing.opinions if one.dimension == dimension}
            heard = {(system, item): mean for (system, asked, item), mean in means.items() if asked == dimension}
            for name in metrics:
                clips = of_clips(values[name], heard) if values[name] else None
                yield Pair(dimension, name, of_systems(self._systems(name), rated), clips)

    def _systems(self, metric: str) -> dict[str, float]:
        """The metric of each system, of those whose signatures are alike."""
        found = {runs.system: measured for runs in self.runs if (measured := pooled(runs, metric))}
        common = Counter(measured.signature for measured in found.values()).most_common(1)[0][0]
        unlike = [system for system, measured in found.items() if measured.signature != common]
        remark = f"{metric} of {', '.join(unlike)} is left out: computed otherwise, or on other clips"
        if unlike and remark not in self.remarks:
            self.remarks.append(remark)
        return {system: measured.value for system, measured in found.items() if system not in unlike}

    def _clips(self, metric: str) -> dict[tuple[str, str], float]:
        """The metric of each clip of each system, mean over seeds."""
        found: dict[tuple[str, str], list[float]] = defaultdict(list)
        for runs in self.runs:
            for record in runs.records:
                for clip, values in clip_values(self.results, record).items():
                    if metric in values:
                        found[runs.system, clip].append(values[metric])
        return {key: sum(values) / len(values) for key, values in found.items()}


def within(hearing: Hearing, clips: Collection[str] | None) -> Hearing | None:
    """A listening test of a suite's clips alone; None if no rating that counts is left.

    Args:
        hearing: the test.
        clips: the suite's; None to take all items for its clips.
    """
    if clips is None or all(rating.item_id in clips for rating in hearing.ratings):
        return hearing
    ratings = tuple(rating for rating in hearing.ratings if rating.item_id in clips)
    found = opinions(ratings) if ratings else ()
    return hearing._replace(opinions=found, ratings=ratings) if found else None


def left_out(whole: Hearing, part: Hearing, suite: str) -> Iterator[str]:
    """The items of a test that are no clips of a suite, in one line."""
    rated = dict.fromkeys(rating.item_id for rating in whole.ratings if rating.role == "test")
    kept = {rating.item_id for rating in part.ratings}
    lost = [item for item in rated if item not in kept]
    if lost:
        yield f"{len(lost)} of {len(rated)} rated items are no clips of {suite}, and are left out: {listed(lost)}"


def sheet(agreement: Agreement, metrics: Mapping[str, Metric], title: str) -> tuple[Sheet, list[dict[str, Any]]]:
    """The correlations of one test, as lines and as entries."""
    lines: list[Line] = []
    entries: list[dict[str, Any]] = []
    suites = {runs.suite for runs in agreement.runs}
    notes: dict[str, list[str]] = {}
    for pair in agreement.pairs():
        found = [correlated(pair.systems), correlated(pair.clips) if pair.clips else "no value for each clip"]
        levels = (("systems", pair.systems, found[0]), ("clips", pair.clips, found[1]))
        cells = [cell for _, level, one in levels for cell in _cells(level, one)]
        lines.append((Cell(pair.dimension), Cell(_titled(pair.metric, metrics)), *cells))
        about = {"suite": ", ".join(sorted(suites)), "test": agreement.hearing.test_id}
        about |= {"dimension": pair.dimension, "metric": pair.metric}
        entries += [{**about, **_entry(name, level, one)} for name, level, one in levels]
        for name, _, one in levels:
            if said := _lacking(one):
                notes.setdefault(f"{name}: {said}", []).append(f"{pair.metric} with {pair.dimension}")
    lacking = [f"{reason} ({', '.join(pairs)})" for reason, pairs in notes.items()]
    return Sheet(title, HEADER, (tuple(lines),), (*LEGEND, *agreement.remarks, *lacking), left=2), entries


def _lacking(found: Correlation | str) -> str:
    """Why there is no correlation, or no interval; empty if there are both."""
    if isinstance(found, str):
        return found
    return "" if found.spearman_interval and found.kendall_interval else NO_INTERVAL


def _titled(name: str, metrics: Mapping[str, Metric]) -> str:
    return f"{name} {ARROWS[metrics[name].better]}" if name in metrics else name


def _cells(level: Level | None, found: Correlation | str) -> list[Cell]:
    n = Cell(str(len(level.metric)) if level else "–")
    if isinstance(found, str):
        return [n, Cell("–"), Cell("–")]
    return [n, _number(found.spearman, found.spearman_interval), _number(found.kendall, found.kendall_interval)]


def _number(value: float, interval: Interval | None) -> Cell:
    ends = f" [{interval.low:z.2f}, {interval.high:z.2f}]" if interval else ""
    return Cell(f"{value:z.2f}{ends}".replace("-", "−"))


def _entry(level: str, pairs: Level | None, found: Correlation | str) -> dict[str, Any]:
    entry: dict[str, Any] = {**dict.fromkeys(FIELDS[4:]), "level": level, "n": len(pairs.metric) if pairs else 0}
    if isinstance(found, str):
        return {**entry, "note": found}
    for name, value, interval in (
        ("spearman", found.spearman, found.spearman_interval),
        ("kendall", found.kendall, found.kendall_interval),
    ):
        entry |= {name: value, f"{name}_low": interval.low if interval else None}
        entry |= {f"{name}_high": interval.high if interval else None}
    return {**entry, "note": _lacking(found) or None}
