"""Making a grid: published rows are joined with what was measured of them and with what listeners said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.paper.grid import Attempt, Block, Grid, Heard, Panel, Printed, Tried
from bench.paper.hearing import Hearing
from bench.paper.measured import Measured, Runs, pooled
from bench.paper.published import Claim, Column, Layout, Note, Published
from bench.paper.verdict import Demands, Judgement, judged, obstacles_to
from bench.remarks import differences, mark, shortfall, standing

DIFFERENT_TEST = "different test ({}): points of two listening tests can't be compared, so no difference is taken"


class Maker:
    """Makes the grid of one table; it keeps the notes, which marks are handed out for as they are met.

    Args:
        published: the tables.
        layout: the one to make.
        source: whose rows; ``none`` for measured ones alone.
        runs: what was measured on the table's suites.
        hearings: the listening tests that belong to it.
    """

    def __init__(
        self, published: Published, layout: Layout, source: str, runs: Sequence[Runs], hearings: Sequence[Hearing]
    ) -> None:
        self.published, self.layout, self.source = published, layout, source
        self.columns = tuple(published.column(name) for name in layout.columns)
        scored = any(column.metrics for column in self.columns)  # else records have nothing to say in this table
        self.runs, self.hearings = list(runs) if scored else [], hearings
        self.notes: dict[str, str] = {}  # text to mark
        self.common = {column.name: self._common(column) for column in self.columns}

    def grid(self) -> Grid:
        """The grid."""
        for text in [text for runs in self.runs for text in standing(runs.first)]:
            mark(text, self.notes)  # before all others, so that a dagger is what a row's weights are marked with
        printed = self.published.systems(self.layout.name, self.source)
        blocks = [self._published(system) for system in printed]
        about = {block.measured for block in blocks}
        rated = [system for hearing in self.hearings for system in self._rated(hearing)]
        others = [*(runs.system for runs in self.runs), *rated]
        blocks += [self._unpublished(name) for name in dict.fromkeys(others) if name not in about]
        return Grid(
            layout=self.layout,
            source=self.source,
            columns=self.columns,
            blocks=tuple(blocks),
            notes=tuple((mark, text) for text, mark in self.notes.items()),
            signatures=tuple((name, common) for name, common in self.common.items() if common),
            anchors=self.published.reading.anchors,
            hearings=tuple(hearing for hearing in self.hearings if self._rated(hearing)),
        )

    def _rated(self, hearing: Hearing) -> list[str]:
        """The systems that a test has an opinion of in a column of this table."""
        systems = dict.fromkeys(one.system for one in hearing.opinions)
        asked = [column.dimensions for column in self.columns]
        return [system for system in systems if any(hearing.opinion(system, names) for names in asked)]

    def _common(self, column: Column) -> str:
        """The signature that most numbers of a column have, of those of the metric nearest to the published."""
        order = [*column.metrics, *(substitute.metric for substitute in column.instead)]
        found = [taken for runs in self.runs if (taken := taken_for(column, runs))]
        nearest = min((order.index(taken.metric) for taken in found), default=0)
        alike = [taken.signature for taken in found if taken.metric == order[nearest]]
        return Counter(alike).most_common(1)[0][0] if alike else ""

    def _marks(self, texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(mark(text, self.notes) for text in texts))

    def _published(self, system: str) -> Block:
        name = self.layout.name
        notes = self.published.notes(name, self.source, system)
        claims = [self.published.claim(name, self.source, system, column.name) for column in self.columns]
        label = next(claim.name for claim in claims if claim)
        row = self._marks([note.text for note in notes if not note.metrics])
        printed = [
            Printed(
                claim,
                self._marks([note.text for note in notes if column.name in note.metrics and claim]),
                alike=all(note.comparable for note in notes if note.is_on(column.name)),
            )
            for claim, column in zip(claims, self.columns, strict=True)
        ]
        return self._tried(
            Block(label, system, self.published.measured(name, self.source, system), tuple(printed), row), notes
        )

    def _unpublished(self, system: str) -> Block:
        return self._tried(Block(system, None, system, tuple(Printed(None) for _ in self.columns)), [])

    def _tried(self, block: Block, notes: Sequence[Note]) -> Block:
        mine = [runs for runs in self.runs if runs.system == block.measured]
        attempts = tuple(self._attempt(runs, block, notes) for runs in mine)
        panels = [self._panel(hearing, block) for hearing in self.hearings if block.measured in self._rated(hearing)]
        return replace(block, attempts=attempts, panels=tuple(panels))

    def _attempt(self, runs: Runs, block: Block, notes: Sequence[Note]) -> Attempt:
        marks, lacking = self._marks(standing(runs.first)), self._marks(shortfall(runs.fewest))
        cells = [
            self._cell(runs, column, printed.claim, self._demands(runs, block, notes))
            for column, printed in zip(self.columns, block.printed, strict=True)
        ]
        return Attempt(runs, tuple(cells), marks, lacking)

    def _demands(self, runs: Runs, block: Block, notes: Sequence[Note]) -> Demands:
        return Demands(
            counted=next((one for one in self.layout.suites if one.name == runs.suite), None),
            coverage=self.published.reading.coverage,
            row=self.published.row(self.layout.name, self.source, block.system) if block.system else None,
            notes=notes,
            weightless=block.measured in self.published.reading.anchors,
        )

    def _cell(self, runs: Runs, column: Column, claim: Claim | None, demands: Demands) -> Tried:
        taken = taken_for(column, runs)
        if taken is None:
            return Tried(None, judged(claim, None, column, ()), self._marks(list(_why_not(runs, column))))
        judgement = judged(claim, taken, column, obstacles_to(taken, runs, column, demands))
        unlike = differences(taken.signature, self.common[column.name])
        said = [f"not like the others of its column: {unlike}"] if unlike else []
        said += [f"metric {taken.metric}, not {column.metrics[0]}"] if taken.metric in column.metrics[1:] else []
        return Tried(taken, judgement, self._marks([*said, *taken.flags]), self._marks(judgement.reasons))

    def _panel(self, hearing: Hearing, block: Block) -> Panel:
        cells = []
        for column, printed in zip(self.columns, block.printed, strict=True):
            opinion = hearing.opinion(block.measured, column.dimensions)
            reason = DIFFERENT_TEST.format(hearing.test_id)
            against = opinion is not None and printed.claim is not None
            judgement = Judgement("not comparable", None, (reason,)) if against else Judgement("")
            marks = self._marks([opinion.note] if opinion and opinion.note else [])
            cells.append(Heard(opinion, judgement, marks, self._marks(judgement.reasons)))
        return Panel(hearing.test_id, tuple(cells))


def taken_for(column: Column, runs: Runs) -> Measured | None:
    """What of some runs stands in a column: the first of its metrics that they have, else a substitute."""
    names = (*column.metrics, *(substitute.metric for substitute in column.instead))
    return next((found for found in (pooled(runs, name) for name in names) if found), None)


def _why_not(runs: Runs, column: Column) -> Iterator[str]:
    """Why there is no number, where the runs' metrics should have given one."""
    if column.metrics:
        reasons = (record.not_scored.get(name) for record in runs.records for name in column.metrics)
        yield f"no score: {next(filter(None, reasons), f'{column.metrics[0]} was not asked for in that run')}"
