"""The commands: each reads its options, calls what does the work, and prints what came of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.options import Names, Parser, add_settings, system_named, with_settings

if TYPE_CHECKING:
    from jsonargparse import Namespace

    from bench.run import Outcome
    from bench.suite import Suite
    from bench.system import System

DONE, UNEVALUATED = 0, 3


def run(words: list[str]) -> int:
    """Generate what is missing, score it, write a record, print the table."""
    from bench import plugins
    from bench.suite import load_suite

    name = system_named(words)
    system = plugins.system(name) if name is not None else None
    parser = Parser("run", run.__doc__ or "")
    parser.add_argument("--system.name", type=str, required=True, metavar="NAME", help="as in `bench list systems`")
    parser.add_argument("--suite", type=str, required=True, metavar="NAME", help="a suite's name, or a card's path")
    _add_options(parser)
    if system is not None:
        add_settings(parser, system)
    given = parser.read(words)
    assert system is not None, "the parser requires a system"
    return _run(given.system.name, with_settings(system, vars(given.system)), load_suite(given.suite), parser, given)


def score(words: list[str]) -> int:
    """Score audio made elsewhere: WAV, FLAC, MP3 or OGG files, matched to a suite's clips by stem."""
    from bench import plugins
    from bench.errors import BadInput
    from bench.suite import from_folders, load_suite

    parser = Parser("score", score.__doc__ or "")
    parser.add_argument("folder", type=Path, help="the audio to score; it is only read")
    parser.add_argument("--suite", type=str | None, metavar="NAME", help="whose clips these are")
    parser.add_argument("--reference", type=Path | None, metavar="FOLDER", help="real audio, where there is no suite")
    parser.add_argument("--captions", type=Path | None, metavar="FILE.csv", help="columns id and caption")
    _add_options(parser)
    given = parser.read(words)
    if (given.suite is None) == (given.reference is None):
        raise BadInput("bench score needs either --suite NAME or --reference FOLDER")
    if given.captions and given.suite:
        raise BadInput("--captions goes with --reference; a suite has captions of its own")
    suite = load_suite(given.suite) if given.suite else from_folders(given.folder, given.reference, given.captions)
    system = with_settings(plugins.system("folder"), {"path": given.folder})
    return _run("folder", system, suite, parser, given)


def _add_options(parser: Parser) -> None:
    from bench.run import Options

    parser.add_class_arguments(Options, None, skip={"metrics"}, as_group=False)
    parser.add_argument("--metrics", type=Names | None, metavar="A,B", help="the suite's own if none are given")
    parser.add_argument(
        "--json", action="store_true", help="print the record, efficiency included, as JSON instead of a table"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors (and JSON, if asked for)")


def _run(name: str, system: System, suite: Suite, parser: Parser, given: Namespace) -> int:
    from bench.errors import BadInput
    from bench.progress import Reporter
    from bench.run import Options, run

    chosen = {field: getattr(given, field) for field in Options.__dataclass_fields__}
    if chosen["metrics"] == ():
        raise BadInput("--metrics names none; leave it out for the suite's own, or see `bench list metrics`")
    chosen["metrics"] = chosen["metrics"] or ()
    reporter = Reporter(quiet=given.quiet)
    config = str(parser.dump(given, skip_unset=False))
    outcome = run(name, system, suite, Options(**chosen), reporter, config)
    for line in outcome.tally.lines():
        reporter.line(line)
    _print(outcome, json=given.json, quiet=given.quiet)
    reporter.line(f"record: {outcome.folder / 'record.json'}")
    for problem in outcome.problems:
        print(f"bench: {problem}", file=sys.stderr)
    return UNEVALUATED if outcome.problems else DONE


def _print(outcome: Outcome, *, json: bool, quiet: bool) -> None:
    from bench import plugins
    from bench.formats import render
    from bench.record import pretty
    from bench.table import table

    if json:
        print(pretty(outcome.record.everything()), end="")
    elif not quiet:
        print(render(table([outcome.record], plugins.metrics()), "text"), end="")


def table(words: list[str]) -> int:
    """Print the records of a suite, or of every suite, side by side."""
    from itertools import groupby

    from bench import plugins
    from bench.errors import BadInput, unknown
    from bench.formats import FORMATS, render
    from bench.record import read_records
    from bench.table import table as make

    parser = Parser("table", table.__doc__ or "")
    parser.add_argument("suite", nargs="?", type=str, help="one suite's name; all that have records if none is given")
    parser.add_argument("--format", type=Literal[tuple(FORMATS)], default="text")
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder with the records")
    given = parser.read(words)
    records = read_records(given.results)
    there = list(dict.fromkeys(record.suite["name"] for record in records))
    if not records:
        raise BadInput(f"no records in {given.results}; make one with: bench run --system foley --suite demo")
    if given.suite and given.suite not in there:
        raise unknown("suite with records", given.suite, there)
    groups = groupby(records, key=lambda record: record.suite["name"])
    tables = [make(list(group), plugins.metrics()) for name, group in groups if given.suite in (None, name)]
    print("\n".join(render(each, given.format) for each in tables), end="")
    return DONE


def catalogue(words: list[str]) -> int:
    """List systems, suites and metrics."""
    from bench import catalogue as things
    from bench import plugins

    parser = Parser("list", catalogue.__doc__ or "")
    parser.add_argument("kind", nargs="?", type=str, help="systems, suites or metrics; all if none is given")
    parser.add_argument("--json", action="store_true", help="as JSON, with settings and signatures")
    given = parser.read(words)
    found = things.catalogue(given.kind)
    if given.json:
        from bench.record import pretty

        print(pretty(found), end="")
    else:
        print("\n".join(things.lines(found)))
    for name, reason in plugins.broken():
        print(f"bench: plug-in {name} is broken: {reason}", file=sys.stderr)
    return DONE


def doctor(words: list[str]) -> int:
    """Say what is installed, which devices and caches there are, what is missing and how to get it."""
    from itertools import groupby

    from bench.doctor import findings

    parser = Parser("doctor", doctor.__doc__ or "")
    parser.add_argument("--json", action="store_true")
    given = parser.read(words)
    found = list(findings())
    if given.json:
        from bench.record import pretty

        print(pretty([finding._asdict() for finding in found]), end="")
        return DONE
    for section, group in groupby(found, key=lambda finding: finding.section):
        print(section.capitalize())
        for _, name, well, text in group:
            print(f"  {'ok ' if well else 'NO '} {name}: {text}")
    missing = sum(not finding.well for finding in found)
    print(f"{missing} of {len(found)} need attention" if missing else "all is well")
    return DONE
