"""``bench table``: the published tables with what was measured beside them, and the tables of all other suites."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bench.errors import BadInput, NotEvaluable, unknown
from bench.formats import FORMATS
from bench.options import Parser
from bench.paper.evidence import Evidence, gathered

if TYPE_CHECKING:
    from jsonargparse import Namespace

    from bench.paper.published import Layout
    from bench.paper.shown import Shown

DONE, UNEVALUATED = 0, 3
RESULTS = Path("results")
EXPORTED = ("every-eval-ever", "eval-results", "model-index")


def table(words: list[str]) -> int:
    """The papers' tables, published and measured side by side, and the records of every other suite.

    Without any record it prints the published tables. With a suite's name it prints all that the suite's records say.
    Exit code: 3 if a record or a listening test could not be read, after printing the others.
    """
    given = _parser().read(words)
    if given.results is not None and not given.results.is_dir():
        raise BadInput(f"--results {given.results} is no folder")
    evidence = gathered(given.results or RESULTS)
    _check(given, evidence)
    problems = list(evidence.damaged)
    if given.format in EXPORTED:
        problems += _export(given, evidence)
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
        type=Literal["deck", "paper", "none"],
        default="deck",
        help="whose rows stand beside the measured ones: the deck's, all of the paper's, or none",
    )
    parser.add_argument("--format", type=Literal[(*FORMATS, *EXPORTED)], default="text")
    parser.add_argument(
        "-o", "--output", type=Path | None, metavar="FILE", help="write there; a folder, for one file a system"
    )
    parser.add_argument("--results", type=Path | None, metavar="FOLDER", help="with the records; results if not given")
    parser.add_argument(
        "--correlations", action="store_true", help="how each metric goes with each dimension of each listening test"
    )
    return parser


def _check(given: Namespace, evidence: Evidence) -> None:
    """Raise if what was asked for is not there.

    Raises:
        BadInput: no such table or suite, or there is nothing measured where that is all that was asked for.
    """
    tables = [layout.name for layout in evidence.published.reading.tables]
    suites = list(dict.fromkeys(str(record.suite["name"]) for record in evidence.records))
    named = given.suite in tables
    nothing = f"no records in {evidence.results}; make one with: bench run --system foley --suite demo"
    if given.suite and not named and not suites:
        raise BadInput(nothing if not evidence.damaged else evidence.damaged[0])
    if given.suite and not named and given.suite not in suites:
        raise unknown("table, or suite with records,", given.suite, [*tables, *suites])
    if given.correlations and given.format in EXPORTED:
        raise BadInput(f"--correlations goes with the formats {', '.join(FORMATS)}, not with {given.format}")
    if given.correlations and not evidence.hearings:
        raise BadInput(f"no listening test in {evidence.results / 'listening'}; import one with: bench ratings FILE")
    wanted = given.published == "none" or given.format in EXPORTED
    if wanted and not _records(given, evidence) and not evidence.hearings:
        raise BadInput(nothing)


def _hints(given: Namespace, evidence: Evidence) -> Iterator[str]:
    """What a reader may wonder about, one line each."""
    if not evidence.records and not evidence.hearings and not evidence.damaged:
        yield f"nothing is measured in {evidence.results} yet; make a record with: bench run --system NAME --suite NAME"
    for hearing in evidence.hearings:
        if hearing.table is None and not given.correlations:
            tables = " or ".join(layout.name for layout in evidence.published.reading.tables)
            yield (
                f"listening test {hearing.test_id} is in no table, as neither its name nor its clips say in which: "
                f"begin its test_id with {tables}"
            )


def _records(given: Namespace, evidence: Evidence) -> list[Any]:
    """The records of the table or suite that was asked for; all of them if none was."""
    layout = next((one for one in evidence.published.reading.tables if one.name == given.suite), None)
    if layout:
        return evidence.of(layout)
    return [record for record in evidence.records if given.suite in (None, record.suite["name"])]


def _tables(given: Namespace, evidence: Evidence) -> Iterator[Shown]:
    """The tables to print: published ones first, then those of suites that belong to none."""
    from bench.paper.shown import paper_table, suite_table

    for layout in evidence.published.reading.tables:
        if given.suite == layout.name or (given.suite is None and _has_something(given, evidence, layout)):
            yield paper_table(layout, given.published, evidence)
    for name, group in groupby(evidence.records, key=lambda record: str(record.suite["name"])):
        records = list(group)
        if given.suite == name or (given.suite is None and not _in_a_table(evidence, name)):
            yield suite_table(records)


def _has_something(given: Namespace, evidence: Evidence, layout: Layout) -> bool:
    """Whether a table is among those shown unasked: if something was measured of it, or nothing at all was."""
    nothing = not evidence.records and not evidence.hearings
    return bool(nothing or evidence.of(layout) or evidence.heard(layout)) and not (
        nothing and given.published == "none"
    )


def _in_a_table(evidence: Evidence, suite: str) -> bool:
    """Whether a suite's records stand in a published table: it has columns for metrics."""
    layout = evidence.published.table_of(suite)
    return layout is not None and any(evidence.published.column(name).metrics for name in layout.columns)


def _correlations(given: Namespace, evidence: Evidence) -> Iterator[Shown]:
    from bench.paper.shown import agreement_table

    records = _records(given, evidence)
    found = [shown for hearing in evidence.hearings for shown in agreement_table(hearing, records, evidence)]
    if not found:
        raise BadInput("no listening test is about systems and clips that have records here; names must be the same")
    yield from found


def _print(given: Namespace, shown: Sequence[Shown]) -> None:
    from bench.paper.shown import render

    text = render(shown, given.format)
    if given.output:
        _write(given.output, text)
    else:
        print(text, end="")


def _write(path: Path, text: str) -> None:
    from bench.disk import write_atomically

    if path.is_dir():
        raise BadInput(f"--output {path} is a folder; name a file in it")
    write_atomically(path, text.encode())
    print(path)


def _export(given: Namespace, evidence: Evidence) -> list[str]:
    """Write or print one file a system; what could not be taken comes back, one line each.

    Raises:
        BadInput: several systems, and no folder to write them to.
    """
    from bench.paper.exports import EXPORTS, exported
    from bench.paper.measured import grouped
    from bench.paper.shown import known

    records = _records(given, evidence)
    metrics = known(records)
    systems = exported(grouped(records), metrics, evidence.published)
    several = len(systems) > 1 or (given.output is not None and given.output.is_dir())
    if several and (given.output is None or given.output.is_file()):
        raise BadInput(f"{given.format} makes one file a system, and there are {len(systems)}: give -o FOLDER")
    strange = {name for record in records for name in record.all_scores()} - set(metrics)
    problems = [f"metric {name} is not known here, so it is left out" for name in sorted(strange)]
    form = EXPORTS[given.format]
    for one in systems:
        try:
            text = form.make(one)
        except NotEvaluable as error:
            problems.append(str(error))
            continue
        if given.output:
            _write(given.output / f"{one.name}{form.suffix}" if several else given.output, text)
        else:
            print(text, end="")
    return problems
