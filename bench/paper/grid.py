"""The grid of one published table: its rows as printed, what was measured of them, what listeners said, verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from bench.listening.opinion import Opinion
from bench.paper.hearing import Hearing
from bench.paper.measured import Measured, Runs
from bench.paper.published import Claim, Column, Layout
from bench.paper.ranks import Standing, ranked
from bench.paper.verdict import Judgement
from bench.sheet import Emphasis


@dataclass(frozen=True)
class Printed:
    """A published cell: its number, marks that point to notes, and whether it is of the table's own protocol."""

    claim: Claim | None
    marks: tuple[str, ...] = ()
    alike: bool = True


@dataclass(frozen=True)
class Tried:
    """A measured cell: its number, the verdict, the marks of both."""

    measured: Measured | None
    judgement: Judgement
    marks: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Heard:
    """A cell of a listening test: the opinion, the verdict, the marks of both."""

    opinion: Opinion | None
    judgement: Judgement
    marks: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attempt:
    """Runs of a system with one recipe on one suite, a cell a column; marks for weights and for lacking clips."""

    runs: Runs
    cells: tuple[Tried, ...]
    marks: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class Panel:
    """What one listening test says of a system, a cell a column."""

    test_id: str
    cells: tuple[Heard, ...]


@dataclass(frozen=True)
class Block:
    """One row of the table with all that is known of it.

    Attributes:
        name: as printed; the system's own where nothing was published.
        system: the row's key in the published table; None where nothing was published.
        measured: the name of the system here.
        printed: a cell a column.
        marks: point to notes on the whole row.
        attempts: what was measured.
        panels: what listeners said.
    """

    name: str
    system: str | None
    measured: str
    printed: tuple[Printed, ...]
    marks: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    panels: tuple[Panel, ...] = ()


class Spot(NamedTuple):
    """Where a number stands: of which kind it is, in which block, in which of its attempts or panels, which column."""

    kind: Literal["printed", "tried", "heard"]
    block: int
    nth: int
    place: int


@dataclass(frozen=True)
class Grid:
    """One published table beside what was measured.

    Attributes:
        layout: its name, title and suites.
        source: which rows are printed; ``none`` for measured ones alone.
        columns: its columns.
        blocks: its rows.
        notes: by mark, what must be known to read what is marked.
        signatures: by column, the signature that its unmarked measured cells share.
        anchors: systems that are not ranked.
        hearings: the listening tests that panels are of.
    """

    layout: Layout
    source: str
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    notes: tuple[tuple[str, str], ...]
    signatures: tuple[tuple[str, str], ...] = ()
    anchors: tuple[str, ...] = ()
    hearings: tuple[Hearing, ...] = ()

    @property
    def measured(self) -> bool:
        """Whether anything stands beside the published numbers."""
        return any(block.attempts or block.panels for block in self.blocks)

    @cached_property
    def ranks(self) -> dict[Spot, Emphasis]:
        """The best and second best of each column: published, measured and rated numbers each among themselves."""
        groups: dict[tuple[str, int], dict[Spot, Standing]] = {}
        for spot, group, number in self._numbers():
            groups.setdefault((group, spot.place), {})[spot] = number
        found: dict[Spot, Emphasis] = {}
        for (_, place), numbers in groups.items():
            found |= ranked(numbers, self.columns[place].better)
        return found

    def _numbers(self) -> Iterator[tuple[Spot, str, Standing]]:
        """Every number that is ranked, with where it stands and what it is ranked among."""
        for at, block in enumerate(self.blocks):
            if block.measured not in self.anchors:
                yield from self._printed(at, block)
                yield from self._tried(at, block)
                yield from _heard(at, block)

    def _printed(self, at: int, block: Block) -> Iterator[tuple[Spot, str, Standing]]:
        for place, cell in enumerate(block.printed):
            if (claim := cell.claim) and cell.alike:
                yield Spot("printed", at, 0, place), "printed", Standing(claim.value, claim.interval)

    def _tried(self, at: int, block: Block) -> Iterator[tuple[Spot, str, Standing]]:
        """Measured numbers of the column's common signature: others are not of its kind, and not ranked."""
        common = dict(self.signatures)
        for nth, attempt in enumerate(block.attempts):
            for place, cell in enumerate(attempt.cells):
                found = cell.measured
                if found and found.signature == common[self.columns[place].name]:
                    yield Spot("tried", at, nth, place), "tried", Standing(found.value, found.band)


def _heard(at: int, block: Block) -> Iterator[tuple[Spot, str, Standing]]:
    for nth, panel in enumerate(block.panels):
        for place, cell in enumerate(panel.cells):
            if one := cell.opinion:
                group = f"{one.test_id}/{one.dimension}"
                yield Spot("heard", at, nth, place), group, Standing(one.mean, one.interval, one.letters)
