"""Everything there is to show: published tables, records, listening tests, and what of them can't be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.errors import BadInput
from bench.paper.agreement import clip_values
from bench.paper.hearing import Hearing, read_hearings
from bench.paper.published import Layout, Published
from bench.paper.reading import load_published
from bench.record import Record
from bench.records import readable_records


class Evidence(NamedTuple):
    """What there is to show.

    Attributes:
        published: the published tables.
        records: every record that can be read.
        hearings: every listening test that can be read.
        results: the folder that they are from.
        damaged: one line for each record or file of a listening test that can't be read.
        clips: the ids of the clips that records are of, by suite; looked for only where there are listening tests.
    """

    published: Published
    records: tuple[Record, ...]
    hearings: tuple[Hearing, ...]
    results: Path
    damaged: tuple[str, ...] = ()
    clips: Mapping[str, frozenset[str]] = {}

    def of(self, layout: Layout) -> list[Record]:
        """The records whose suites belong to a table."""
        return [record for record in self.records if self.published.table_of(record.suite["name"]) == layout]

    def heard(self, layout: Layout) -> list[Hearing]:
        """The listening tests that belong to a table."""
        return [hearing for hearing in self.hearings if hearing.table == layout.name]

    def heard_on(self, suite: str) -> list[Hearing]:
        """The listening tests of a suite's clips, and of nothing else."""
        return [hearing for hearing in self.hearings if suite in hearing.suites]


def gathered(results: Path) -> Evidence:
    """What a results folder holds, beside the published tables.

    Raises:
        BadInput: the published tables can't be read.
    """
    published = load_published()
    records = readable_records(results)
    damaged = list(records.damaged)
    clips: dict[str, set[str]] = {}
    for record in records.found if (results / "listening").is_dir() else ():
        try:
            clips.setdefault(record.suite["name"], set()).update(clip_values(results, record))
        except BadInput as error:
            damaged.append(str(error))
    known = {suite: frozenset(ids) for suite, ids in clips.items()}
    hearings = read_hearings(results, published, known)
    return Evidence(published, records.found, tuple(hearings.found), results, (*damaged, *hearings.damaged), known)


def suites_of(records: Sequence[Record]) -> list[str]:
    """The names of the suites of some records, each once."""
    return list(dict.fromkeys(str(record.suite["name"]) for record in records))
