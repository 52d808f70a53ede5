"""The table: records side by side, one column a metric, and a note wherever two numbers in a column are unlike."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.digest import SHORT
from bench.metric import Metric, Score, TimingMetric
from bench.record import Record
from bench.remarks import differences, mark, recipes, remarks, shortfall, standing
from bench.sheet import Emphasis

ARROWS = {"lower": "↓", "higher": "↑"}
PAPERS = ("fad", "kl", "clap")  # the columns of the papers' tables, in their order
DIGITS = 4  # significant digits shown


@dataclass(frozen=True)
class Cell:
    """One number of the table.

    Attributes:
        score: None where there is none.
        marks: point to the notes that say why it is not like the others of its column, what else must be known to
            read it, or why there is none.
        seeds: of the runs that it is the mean of; one of a single run.
        spread: standard deviation over seeds; None for one.
        emphasis: whether it is the best of its column, or the second.
    """

    score: Score | None = None
    marks: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    spread: float | None = None
    emphasis: Emphasis = ""


@dataclass(frozen=True)
class Column:
    """One metric: its name, and its title as printed, with an arrow for the better direction."""

    name: str
    title: str


@dataclass(frozen=True)
class Row:
    """One run.

    Attributes:
        label: the system's, with what tells it from other runs.
        suite: its suite with hash.
        scored, asked: over how many clips, of how many that the suite has.
        cells: one a column.
        marks: point to notes on its weights.
        lacking: point to notes on the clips that it lacks.
    """

    label: str
    suite: str
    scored: int
    asked: int
    cells: tuple[Cell, ...]
    marks: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Runs of one suite side by side, with notes.

    Attributes:
        title: the suite's.
        columns: one a metric.
        rows: one a run.
        notes: by mark, what must be known to read a marked cell or row.
        signatures: the signature that a column's unmarked cells share.
        remarks: what must be known of the suite itself.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[tuple[str, str], ...]
    signatures: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def table(records: Sequence[Record], metrics: Mapping[str, Metric]) -> Table:
    """The table of one suite's records.

    Args:
        records: at least one.
        metrics: every metric known, for titles; a column whose metric is unknown keeps its name.
    """
    names = _in_order({name for record in records for name in record.all_scores()}, metrics)
    columns = tuple(Column(name, _title(name, metrics.get(name))) for name in names)
    common = {name: _common_signature(records, name) for name in names}
    notes: dict[str, str] = {}  # text to mark
    # Before all others, so that a dagger is what a row's weights are marked with.
    standings = [tuple(mark(text, notes) for text in standing(record)) for record in records]
    shortfalls = [tuple(mark(text, notes) for text in shortfall(record)) for record in records]
    rows = tuple(
        Row(
            label,
            f"{record.suite['name']}-{record.suite['hash'][:SHORT]}",
            record.clips["scored"],
            record.suite["size"],
            tuple(_cell(record, name, common[name], notes) for name in names),
            weights,
            lacking,
        )
        for record, label, weights, lacking in zip(records, _labels(records), standings, shortfalls, strict=True)
    )
    return Table(
        title=f"{records[0].suite['title']} · version {records[0].suite['version']}",
        columns=columns,
        rows=rows,
        notes=tuple((mark, text) for text, mark in notes.items()),
        signatures=tuple(common[name] for name in names),
        remarks=(*remarks(records), *recipes(records)),
    )


def _in_order(names: set[str], metrics: Mapping[str, Metric]) -> list[str]:
    """The papers' metrics in the papers' order, then others as they are listed, then efficiency, unknown ones last."""
    listed = [*PAPERS, *(name for name in metrics if name not in PAPERS)]
    place = {name: (isinstance(metrics[name], TimingMetric), listed.index(name)) for name in names if name in metrics}
    return sorted(names, key=lambda name: (*place.get(name, (True, len(listed))), name))


def _title(name: str, metric: Metric | None) -> str:
    if metric is None:
        return name
    unit = f" ({metric.unit})" if metric.unit and metric.unit not in metric.label else ""
    return f"{metric.label}{unit} {ARROWS[metric.better]}"


def _labels(records: Sequence[Record]) -> list[str]:
    """System names, with seed and then settings hash where the name alone would not tell two runs apart."""
    plain = [record.system["name"] for record in records]
    seeded = [f"{name} (seed {r.seed})" if r.seed else name for name, r in zip(plain, records, strict=True)]
    known = [(label, record.suite["hash"]) for label, record in zip(seeded, records, strict=True)]
    counts = Counter(known)
    return [
        f"{label} [{record.system['hash']}]" if counts[label, suite] > 1 else label
        for (label, suite), record in zip(known, records, strict=True)
    ]


def _common_signature(records: Sequence[Record], name: str) -> str:
    """The signature that most of a column's scores over all clips have; the earliest of those that equally many have.

    So many runs over a part never make the one over the whole the odd one out.
    """
    scored = [record for record in records if name in record.all_scores()]
    whole = [record for record in scored if not shortfall(record)]
    signatures = [record.all_scores()[name].signature for record in whole or scored]
    return Counter(signatures).most_common(1)[0][0]


def _cell(record: Record, name: str, common: str, notes: dict[str, str]) -> Cell:
    score = record.all_scores().get(name)
    if score is None:
        return Cell(marks=(mark(f"no score: {record.not_scored.get(name, 'not asked for in that run')}", notes),))
    unlike = differences(score.signature, common)
    texts = [f"not like the others of its column: {unlike}"] if unlike else []
    return Cell(score, tuple(mark(text, notes) for text in (*texts, *score.flags)), (record.seed,))


def decimals(value: float) -> int:
    """How many decimals show a value to four significant digits; its interval is shown to as many.

    >>> decimals(0.012345), decimals(1234.5), decimals(0.0)
    (5, 0, 3)
    """
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    return min(max(0, DIGITS - 1 - magnitude), 8)


def cell_text(cell: Cell) -> str:
    """A cell as text: value, spread over seeds, interval, mark."""
    return "".join(cell_parts(cell))


def cell_parts(cell: Cell) -> tuple[str, str]:
    """A cell's value, which may be emphasised, and what follows it."""
    if cell.score is None:
        return "–", "".join(cell.marks)
    value, interval = cell.score.value, cell.score.interval
    places = decimals(value)
    spread = f" ± {cell.spread:.{places}f}" if cell.spread is not None else ""
    ends = f" [{interval.low:z.{places}f}, {interval.high:z.{places}f}]" if interval else ""
    return f"{value:z.{places}f}", f"{spread}{ends}{''.join(cell.marks)}"


def count_text(row: Row) -> str:
    """How many clips were scored, and of how many that the suite has if not of all."""
    return str(row.scored) if row.scored == row.asked else f"{row.scored}/{row.asked}{''.join(row.lacking)}"
