"""Published tables: what papers claim, where they are known to be wrong, and what may be compared with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from bench.stats import Interval

Status = Literal["released", "nearest", "unreleased", "copied"]
"""Whether a row can be had with public weights, or was copied from another paper."""


@dataclass(frozen=True)
class Source:
    """Where rows are printed: its short name, its title, and what must be known of all its rows."""

    name: str
    title: str
    note: str = ""


@dataclass(frozen=True)
class Counted:
    """A suite whose records are measured rows of a table.

    Attributes:
        name: of the suite.
        clips: how many it has.
        sha256: how the digest of its clip list begins; a card of one's own under its name with other clips is not it.
        version: of its card, which changes with what the audio is made of.
        dataset: what it is called on the Hugging Face hub.
    """

    name: str
    clips: int
    sha256: str
    version: int = 1
    dataset: str = ""

    def is_that_of(self, suite: Mapping[str, Any]) -> bool:
        """Whether a record's suite is this one: its name, its version, and clip for clip its list."""
        known = (suite["name"], str(suite["version"]), suite["size"]) == (self.name, str(self.version), self.clips)
        return known and str(suite.get("list") or "").startswith(self.sha256)


@dataclass(frozen=True)
class Layout:
    """One table: its columns and the suites that belong to it."""

    name: str
    title: str
    columns: tuple[str, ...]
    suites: tuple[Counted, ...]


@dataclass(frozen=True)
class Substitute:
    """A metric that is shown where the right one was not computed, and why it is not comparable."""

    metric: str
    why: str


@dataclass(frozen=True)
class Column:
    """One column of the published tables.

    Attributes:
        name, title, better: of the column.
        places: decimals that the published values have.
        metrics: those here that compute what was published; the first that a record has is taken.
        instead: those that compute something else under the same name.
        dimensions: of listening tests, where people judged.
        protocol: parts that a comparable score's signature has, as ``emb:vggish-1``.
        tolerance: how far a measured value may lie from the published one, as a share of it, and be called close.
    """

    name: str
    title: str
    better: Literal["lower", "higher"]
    places: int
    metrics: tuple[str, ...] = ()
    instead: tuple[Substitute, ...] = ()
    dimensions: tuple[str, ...] = ()
    protocol: tuple[str, ...] = ()
    tolerance: float = 0.0


@dataclass(frozen=True)
class Row:
    """What is known of a published row.

    Attributes:
        table, system: which; ``source``: of one source only.
        status: whether it can be had with public weights.
        measured: the system here that it is about; its own name if empty.
    """

    table: str
    system: str
    status: Status
    source: str = ""
    measured: str = ""


@dataclass(frozen=True)
class Note:
    """What must be known to read a table, a row, or some of its cells.

    Attributes:
        table: which; ``source``: of one source only.
        text: in one sentence or two.
        system: the row; the whole table if empty.
        metrics: the cells; the whole row if empty.
        comparable: whether a measured value may be held against it.
    """

    table: str
    text: str
    source: str = ""
    system: str = ""
    metrics: tuple[str, ...] = ()
    comparable: bool = True

    def is_on(self, column: str) -> bool:
        """Whether it is about a column of its row."""
        return not self.metrics or column in self.metrics


class Claim(NamedTuple):
    """One published number, with the half-width of its interval where that was published too."""

    table: str
    system: str
    name: str
    metric: str
    value: float
    ci95: float | None
    source: str
    note: str

    @property
    def interval(self) -> Interval | None:
        """The published 95 % interval."""
        return None if self.ci95 is None else Interval(self.value - self.ci95, self.value + self.ci95)


@dataclass(frozen=True)
class Reading:
    """How the published numbers are to be read: the YAML file, as values."""

    sources: tuple[Source, ...]
    tables: tuple[Layout, ...]
    columns: tuple[Column, ...]
    coverage: float
    anchors: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Published:
    """Published tables with all that is known about them."""

    reading: Reading
    claims: tuple[Claim, ...]

    def table(self, name: str | None) -> Layout | None:
        """One table's layout, if a table has that name."""
        return next((table for table in self.reading.tables if table.name == name), None)

    def column(self, name: str) -> Column:
        """One column."""
        return next(column for column in self.reading.columns if column.name == name)

    def source(self, name: str) -> Source | None:
        """One source; None for ``none``."""
        return next((source for source in self.reading.sources if source.name == name), None)

    def systems(self, table: str, source: str) -> list[str]:
        """The rows of a table, in printed order."""
        return list(dict.fromkeys(one.system for one in self.claims if (one.table, one.source) == (table, source)))

    def claim(self, table: str, source: str, system: str, column: str) -> Claim | None:
        """One published number, if that cell is not empty."""
        key = (table, source, system, column)
        return next((one for one in self.claims if (one.table, one.source, one.system, one.metric) == key), None)

    def row(self, table: str, source: str, system: str) -> Row | None:
        """What is known of a row."""
        rows = (row for row in self.reading.rows if (row.table, row.system) == (table, system))
        return next((row for row in rows if row.source in ("", source)), None)

    def measured(self, table: str, source: str, system: str) -> str:
        """The system here that a row is about."""
        row = self.row(table, source, system)
        return row.measured or system if row else system

    def notes(self, table: str, source: str, system: str = "") -> list[Note]:
        """The notes of a row, or without a system those of the table itself."""
        notes = (note for note in self.reading.notes if (note.table, note.system) == (table, system))
        return [note for note in notes if note.source in ("", source)]

    def table_of(self, suite: str) -> Layout | None:
        """The table whose rows a suite's records are."""
        tables = self.reading.tables
        return next((table for table in tables if suite in [counted.name for counted in table.suites]), None)
