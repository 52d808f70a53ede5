"""``bench table``: the published tables with what was measured beside them, and the tables of all other suites."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bench.errors import BadInput, unknown
from bench.formats import FORMATS
from bench.options import Parser
from bench.paper.evidence import Evidence, gathered, suites_of
from bench.paper.exporting import export, write
from bench.paper.exports import fixed_time

if TYPE_CHECKING:
    from jsonargparse import Namespace

    from bench.paper.hearing import Hearing
    from bench.paper.published import Layout
    from bench.paper.shown import Shown

DONE, UNEVALUATED = 0, 3
RESULTS = Path("results")
ROWS = "deck"
EXPORTED = ("every-eval-ever", "eval-results", "model-index")


def table(words: list[str]) -> int:
    """The papers' tables, published and measured side by side, and the records of every other suite.

    Without any record it prints the published tables. With a suite's name it prints all that the suite's records say.
    Exit code: 3 if a record or a listening test could not be read, after printing the others.
    """
    given = _parser().read(words)
    if given.results is not None and not given.results.is_dir():
        raise BadInput(f"--results {given.results} is no folder")
    fixed_time()  # before anything is computed: numpy reads it too, and fails in its own words
    evidence = gathered(given.results or RESULTS)
    _check(given, evidence)
    problems = list(evidence.damaged)
    if given.format in EXPORTED:
        problems += export(_records(given, evidence), evidence.published, given.format, given.output)
    else:
        _print(given, list(_correlations(given, evidence) if given.correlations else _tables(given, evidence)))
    for line in _hints(given, evidence):
        print(f"bench: {line}", file=sys.stderr)
    for line in problems:
        print(f"bench: {' '.join(line.split())}", file=sys.stderr)
    return UNEVALUATED if problems else DONE


def _parser() -> Parser:
    parser = Parser("table", table.__doc__ or "")
    parser.add_argument(
        "suite", nargs="?", type=str, help="text-to-audio, text-to-music or text-to-speech, or a suite's name"
    )
    parser.add_argument(
        "--published",
        type=Literal["deck", "paper", "none"] | None,
        help=f"whose rows stand beside the measured ones: the deck's, all of the paper's, or none; {ROWS} if not given",
    )
    parser.add_argument("--format", type=Literal[(*FORMATS, *EXPORTED)], default="text")
    parser.add_argument(
        "-o",
        "--output",
        type=Path | None,
        metavar="FILE",
        help="write there; of an export, a folder: one file a system",
    )
    parser.add_argument("--results", type=Path | None, metavar="FOLDER", help="with the records; results if not given")
    parser.add_argument(
        "--each-seed", action="store_true", help="in tables of suites, a row for each run, not one for all its seeds"
    )
    parser.add_argument(
        "--correlations", action="store_true", help="how each metric goes with each dimension of each listening test"
    )
    return parser


def _check(given: Namespace, evidence: Evidence) -> None:
    """Raise if what was asked for is not there.

    Raises:
        BadInput: no such table or suite, or there is nothing measured where that is all that was asked for.
    """
    if given.suite and evidence.published.table(given.suite) is None:
        _check_suite(given.suite, evidence)
    _check_published(given, evidence)
    if given.correlations and given.format in EXPORTED:
        raise BadInput(f"--correlations goes with the formats {', '.join(FORMATS)}, not with {given.format}")
    if given.correlations and not evidence.hearings:
        raise BadInput(f"no listening test in {evidence.results / 'listening'}; import one with: bench ratings FILE")
    if given.format in EXPORTED and not _records(given, evidence):
        raise BadInput(_nothing(evidence))
    if given.published == "none" and not given.correlations and not _records(given, evidence):
        layouts = [one for one in evidence.published.reading.tables if given.suite in (None, one.name)]
        if not any(evidence.heard(layout) for layout in layouts):
            raise BadInput(_nothing(evidence))


def _check_published(given: Namespace, evidence: Evidence) -> None:
    """Raise if published rows are asked for where none stand."""
    if given.published in (None, "none"):
        return
    layouts = evidence.published.reading.tables
    shown = evidence.published.table(given.suite) or (
        not given.suite and any(_has_something(given, evidence, one) for one in layouts)
    )
    without = {
        "--correlations": given.correlations,
        f"--format {given.format}": given.format in EXPORTED,
        f"suite {given.suite}" if given.suite else "records of other suites alone": not shown,
    }
    if found := [where for where, is_asked in without.items() if is_asked]:
        names = ", ".join(one.name for one in layouts)
        raise BadInput(f"--published {given.published} goes with the tables {names}, not with {found[0]}")


def _check_suite(name: str, evidence: Evidence) -> None:
    """Raise unless a suite has records."""
    from bench.suites import suite_names

    suites = suites_of(evidence.records)
    if name in suites:
        return
    if name not in suite_names():
        tables = [layout.name for layout in evidence.published.reading.tables]
        raise unknown("table, or suite with records,", name, [*tables, *suites])
    if evidence.damaged and not suites:
        raise BadInput(evidence.damaged[0])
    raise BadInput(_nothing(evidence, name))


def _nothing(evidence: Evidence, suite: str = "") -> str:
    """What is said where records are wanted and there are none."""
    of = f" of suite {suite}" if suite and evidence.records else ""
    return f"no records{of} in {evidence.results}; make one with: bench run --system foley --suite {suite or 'demo'}"


def _hints(given: Namespace, evidence: Evidence) -> Iterator[str]:
    """What a reader may wonder about, one line each."""
    if not evidence.records and not evidence.hearings and not evidence.damaged:
        yield f"nothing is measured in {evidence.results} yet; make a record with: bench run --system NAME --suite NAME"
    tables = " or ".join(layout.name for layout in evidence.published.reading.tables)
    for hearing in () if given.correlations else evidence.hearings:
        if hearing.table is None and not hearing.suites:
            yield (
                f"listening test {hearing.test_id} is in no table, as neither its name nor its clips say in which: "
                f"begin its test_id with {tables}"
            )
        elif hearing.table is None and not _stands_in(hearing, given, evidence):
            names, suites = ", ".join(hearing.suites), " or ".join(f"bench table {suite}" for suite in hearing.suites)
            yield f"listening test {hearing.test_id} is of clips of suite {names}, and stands in: {suites}"


def _stands_in(hearing: Hearing, given: Namespace, evidence: Evidence) -> bool:
    """Whether a test of no published table stands in one of the tables of suites that are printed."""
    if given.suite is None:
        return any(not _in_a_table(evidence, suite) for suite in hearing.suites)
    return given.suite in hearing.suites


def _records(given: Namespace, evidence: Evidence) -> list[Any]:
    """The records of the table or suite that was asked for; all of them if none was."""
    if layout := evidence.published.table(given.suite):
        return evidence.of(layout)
    return [record for record in evidence.records if given.suite in (None, record.suite["name"])]


def _tables(given: Namespace, evidence: Evidence) -> Iterator[Shown]:
    """The tables to print: published ones first, then those of suites that belong to none."""
    from bench.paper.shown import paper_table, suite_table

    for layout in evidence.published.reading.tables:
        if given.suite == layout.name or (given.suite is None and _has_something(given, evidence, layout)):
            yield paper_table(layout, given.published or ROWS, evidence)
    for name in suites_of(evidence.records):
        if given.suite == name or (given.suite is None and not _in_a_table(evidence, name)):
            yield suite_table(name, evidence, each_seed=given.each_seed)


def _has_something(given: Namespace, evidence: Evidence, layout: Layout) -> bool:
    """Whether a table is among those shown unasked: if something was measured of it, or nothing at all was."""
    nothing = not evidence.records and not any(evidence.heard(one) for one in evidence.published.reading.tables)
    return bool(evidence.of(layout) or evidence.heard(layout)) or (nothing and given.published != "none")


def _in_a_table(evidence: Evidence, suite: str) -> bool:
    """Whether a suite's records stand in a published table: it has columns for metrics."""
    layout = evidence.published.table_of(suite)
    return layout is not None and any(evidence.published.column(name).metrics for name in layout.columns)


def _correlations(given: Namespace, evidence: Evidence) -> Iterator[Shown]:
    from bench.paper.shown import agreement_table

    records = _records(given, evidence)
    found = {hearing.test_id: list(agreement_table(hearing, records, evidence)) for hearing in evidence.hearings}
    if not any(found.values()):
        raise BadInput("no listening test is about systems and clips that have records here; names must be the same")
    for test_id, shown in found.items():
        if not shown:
            print(
                f"bench: listening test {test_id} is left out: none of its items is a clip of these records",
                file=sys.stderr,
            )
        yield from shown


def _print(given: Namespace, shown: Sequence[Shown]) -> None:
    from bench.paper.shown import render

    text = render(shown, given.format)
    if given.output:
        write(given.output, text)
    else:
        print(text, end="")
