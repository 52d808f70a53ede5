"""What ``bench table`` shows: published tables, tables of suites and of correlations, in one document of any format."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from bench import plugins
from bench.formats import data
from bench.metric import Metric
from bench.paper import suites
from bench.paper.agreement import FIELDS as CORRELATED
from bench.paper.agreement import Agreement, left_out, within
from bench.paper.agreement import sheet as sheet_of_correlations
from bench.paper.entries import COLUMNS
from bench.paper.entries import entries as entries_of
from bench.paper.evidence import Evidence, suites_of
from bench.paper.hearing import Hearing
from bench.paper.making import Maker
from bench.paper.measured import grouped
from bench.paper.page import sheet as sheet_of_grid
from bench.paper.published import Layout
from bench.record import Record
from bench.sheet import SHEETS, Sheet, document


class Shown(NamedTuple):
    """One table: to print, and as entries with the columns that they have in a CSV."""

    sheet: Sheet
    entries: list[dict[str, Any]]
    columns: tuple[str, ...]


def render(shown: Sequence[Shown], form: str) -> str:
    """Tables as one document: of a CSV or JSON too there is one, whatever the number of tables."""
    if form in SHEETS:
        return document([one.sheet for one in shown], form)
    columns = dict.fromkeys(name for one in shown for name in one.columns)
    return data([entry for one in shown for entry in one.entries], form, columns)


def known(records: Sequence[Record]) -> dict[str, Metric]:
    """The metrics that some records have scores of."""
    return dict(plugins.known_metrics(name for record in records for name in record.all_scores()))


def suite_table(suite: str, evidence: Evidence, *, each_seed: bool = False) -> Shown:
    """The records of one suite side by side, and the listening tests of its clips.

    Args:
        suite: its name; it has records.
        evidence: with its records.
        each_seed: whether each run has a row of its own.
    """
    records = [record for record in evidence.records if record.suite["name"] == suite]
    anchors = evidence.published.reading.anchors
    made = suites.suite_table(records, known(records), evidence.heard_on(suite), anchors, each_seed=each_seed)
    return Shown(suites.sheet(made), suites.entries(made), suites.COLUMNS)


def paper_table(layout: Layout, source: str, evidence: Evidence) -> Shown:
    """One published table beside what was measured of it."""
    published, records = evidence.published, evidence.of(layout)
    grid = Maker(published, layout, source, grouped(records), evidence.heard(layout)).grid()
    lines = tuple(_pointers(layout, evidence, records))
    return Shown(sheet_of_grid(grid, published, lines), entries_of(grid, published, lines), COLUMNS)


def _pointers(layout: Layout, evidence: Evidence, records: Sequence[Record]) -> Iterator[str]:
    """What else was measured that this table has no place for."""
    columns = [evidence.published.column(name) for name in layout.columns]
    shown = {name for column in columns for name in column.metrics}
    for suite in suites_of(records):
        scores = (name for record in records if record.suite["name"] == suite for name in record.all_scores())
        if more := [name for name in dict.fromkeys(scores) if name not in shown]:
            yield f"Also measured: {', '.join(more)} (bench table {suite})."
    asked = [column.dimensions for column in columns]
    for hearing in evidence.heard(layout):
        rated = {one.dimension for one in hearing.opinions}
        placed = {next((name for name in names if name in rated), "") for names in asked}
        if more := sorted(rated - placed):
            yield f"Also rated in {hearing.test_id}: {', '.join(more)} (bench ratings FILE)."
    others = [
        record
        for record in evidence.records
        if record.suite.get("task") == layout.name and not evidence.published.table_of(record.suite["name"])
    ]
    if others:
        yield f"On other clips, so not comparable and in tables of their own: {', '.join(suites_of(others))}."


def agreement_table(hearing: Hearing, records: Sequence[Record], evidence: Evidence) -> Iterator[Shown]:
    """How metrics go with one listening test, a table for each suite that some of its items are clips of."""
    by_suite: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_suite[record.suite["name"]].append(record)
    for suite, group in by_suite.items():
        clips = evidence.clips.get(suite, frozenset())
        layout = evidence.published.table_of(suite)
        of_its_table = layout is not None and layout.name == hearing.table
        if not (heard := within(hearing, clips if clips or not of_its_table else None)):
            continue
        made = Agreement(evidence.results, heard, grouped(group), evidence.published.reading.anchors)
        made.remarks += list(left_out(hearing, heard, suite))
        title = f"Metrics and listeners: {hearing.test_id}, suite {suite}"
        yield Shown(*sheet_of_correlations(made, known(group), title), CORRELATED)
