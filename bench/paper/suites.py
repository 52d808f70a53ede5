"""The table of one suite: a row for each system and recipe over its seeds, and what listeners said of its clips."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from bench.formats import FIELDS
from bench.formats import entries as entries_of
from bench.formats import sheet as sheet_of
from bench.listening.opinion import Opinion
from bench.metric import Metric, Score
from bench.paper.entries import opinion
from bench.paper.hearing import Hearing
from bench.paper.measured import Measured, Runs, grouped, pooled
from bench.paper.page import listened, opinion_cell, seeds_text
from bench.paper.ranks import Standing, ranked
from bench.record import Record
from bench.sheet import Cell, Emphasis, Line, Sheet
from bench.table import Row, Table, table

Found = Mapping[str, Measured | None]  # by metric
COLUMNS = (*FIELDS, "test", "letters", "raters", "scale_min", "scale_max")
PLACES = 2  # decimals of a mean opinion, as papers print it


class SuiteTable(NamedTuple):
    """One suite's records, and the listening tests of its clips.

    Attributes:
        table: the records.
        systems: by row, whose it is.
        hearings: the tests.
        anchors: systems that are not ranked.
        suite: its name.
    """

    table: Table
    systems: tuple[str, ...]
    hearings: tuple[Hearing, ...]
    anchors: Collection[str]
    suite: str

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What listeners were asked, each once."""
        return tuple(dict.fromkeys(one.dimension for hearing in self.hearings for one in hearing.opinions))


def suite_table(
    records: Sequence[Record],
    metrics: Mapping[str, Metric],
    hearings: Sequence[Hearing] = (),
    anchors: Collection[str] = (),
    *,
    each_seed: bool = False,
) -> SuiteTable:
    """The table of one suite.

    Args:
        records: of the suite, at least one.
        metrics: every metric known.
        hearings: the listening tests of its clips.
        anchors: systems that are not ranked.
        each_seed: whether each run has a row of its own; else runs that differ in nothing but their seed share one.
    """
    groups = [Runs((record,)) for record in records] if each_seed else grouped(records)
    measured: list[Found] = [{name: pooled(runs, name) for name in _names(runs)} for runs in groups]
    made = table([_standing_for(runs, found) for runs, found in zip(groups, measured, strict=True)], metrics)
    rows = [_over_seeds(row, made, runs, found) for row, runs, found in zip(made.rows, groups, measured, strict=True)]
    systems = tuple(runs.system for runs in groups)
    barred = [at for at, system in enumerate(systems) if system in anchors]
    made = _ranked(dataclasses.replace(made, rows=tuple(rows)), measured, barred, metrics)
    return SuiteTable(made, systems, tuple(hearings), anchors, groups[0].suite)


def _over_seeds(row: Row, made: Table, runs: Runs, found: Found) -> Row:
    """A row that says of how many seeds it is, and whose cells have their spread."""
    label = f"{row.label}{seeds_text(len(runs.records), [one.seeds for one in found.values() if one])}"
    cells = [
        dataclasses.replace(cell, seeds=one.of, spread=one.spread) if (one := found.get(column.name)) else cell
        for cell, column in zip(row.cells, made.columns, strict=True)
    ]
    return dataclasses.replace(row, label=label, cells=tuple(cells))


def _names(runs: Runs) -> list[str]:
    return list(dict.fromkeys(name for record in runs.records for name in record.all_scores()))


def _standing_for(runs: Runs, found: Found) -> Record:
    """One record in the place of several: their means, and the clips of the run with the fewest."""
    if len(runs.records) == 1:
        return runs.first
    scores = {
        name: Score(one.value, one.interval, one.n, one.signature, flags=one.flags)
        for name, one in found.items()
        if one
    }
    reasons = {name: why for record in reversed(runs.records) for name, why in record.not_scored.items()}
    return dataclasses.replace(
        runs.first, seed=0, scores=scores, efficiency={}, clips=runs.fewest.clips, not_scored=reasons
    )


def _ranked(made: Table, measured: Sequence[Found], barred: Collection[int], metrics: Mapping[str, Metric]) -> Table:
    """A table whose best and second best numbers are emphasised, among those of the column's common signature."""
    emphasis: dict[tuple[int, int], Emphasis] = {}
    for place, (column, common) in enumerate(zip(made.columns, made.signatures, strict=True)):
        mine = {
            at: found[column.name] for at, found in enumerate(measured) if at not in barred and column.name in found
        }
        numbers = {
            (at, place): Standing(one.value, one.band) for at, one in mine.items() if one and one.signature == common
        }
        emphasis |= ranked(numbers, metrics[column.name].better) if column.name in metrics else {}
    rows = [
        [dataclasses.replace(cell, emphasis=emphasis.get((at, place), "")) for place, cell in enumerate(row.cells)]
        for at, row in enumerate(made.rows)
    ]
    replaced = (dataclasses.replace(row, cells=tuple(cells)) for row, cells in zip(made.rows, rows, strict=True))
    return dataclasses.replace(made, rows=tuple(replaced))


class Rated(NamedTuple):
    """A line of opinions: one test's of one system."""

    hearing: Hearing
    system: str
    opinions: Mapping[str, Opinion]


def _rated(made: SuiteTable) -> Iterator[Rated]:
    """Every line of opinions, those of systems without a row last."""
    for system in dict.fromkeys(
        [*made.systems, *(one.system for hearing in made.hearings for one in hearing.opinions)]
    ):
        for hearing in made.hearings:
            if mine := {one.dimension: one for one in hearing.opinions if one.system == system}:
                yield Rated(hearing, system, mine)


def _opinion_ranks(made: SuiteTable) -> dict[tuple[str, str, str], Emphasis]:
    """By test, system and dimension: opinions are ranked within their test."""
    found: dict[tuple[str, str, str], Emphasis] = {}
    better: Literal["higher"] = "higher"
    for hearing in made.hearings:
        for name in made.dimensions:
            given = [one for one in hearing.opinions if one.dimension == name and one.system not in made.anchors]
            numbers = {(one.test_id, one.system, name): Standing(one.mean, one.interval, one.letters) for one in given}
            found |= ranked(numbers, better)
    return found


def sheet(made: SuiteTable) -> Sheet:
    """A suite's table as lines of cells: measured rows, and below those of a system what listeners said of it."""
    plain = sheet_of(made.table)
    if not made.dimensions:
        return plain
    ranks, empty = _opinion_ranks(made), Cell("")
    blank = tuple(empty for _ in made.dimensions)
    blocks: dict[str, list[Line]] = {}
    for system, line in zip(made.systems, plain.lines, strict=True):
        blocks.setdefault(system, []).append((*line[:-1], *blank, line[-1]))
    for rated in _rated(made):
        cells = [
            opinion_cell(one, PLACES)._replace(emphasis=ranks.get((one.test_id, one.system, name), ""))
            if (one := rated.opinions.get(name))
            else empty
            for name in made.dimensions
        ]
        label = Cell(f"{rated.system}, rated in {rated.hearing.test_id}")
        clips = Cell(str(max(one.clips for one in rated.opinions.values())))
        line = (label, *(empty for _ in made.table.columns), *cells, clips)
        blocks.setdefault(rated.system, []).append(line)
    header = (*plain.header[:-1], *(f"{name} ↑" for name in made.dimensions), plain.header[-1])
    notes = (*plain.notes, *listened([(hearing, made.dimensions) for hearing in made.hearings]))
    return dataclasses.replace(plain, header=header, blocks=tuple(map(tuple, blocks.values())), notes=notes)


def entries(made: SuiteTable) -> list[dict[str, Any]]:
    """One entry a number, and one an opinion."""
    ranks = _opinion_ranks(made)
    heard = [
        {
            "suite": made.suite,
            "system": rated.system,
            **opinion(one),
            "note": one.note or None,
            "rank": ranks.get((one.test_id, one.system, name)),
        }
        for rated in _rated(made)
        for name, one in rated.opinions.items()
    ]
    return [*entries_of(made.table), *heard]
