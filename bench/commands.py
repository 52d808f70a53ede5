"""The commands: each reads its options, calls what does the work, and prints what came of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

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
    from bench.suites import load_suite

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
    """Score audio made elsewhere: WAV, FLAC, MP3 or OGG files, matched to a suite's clips by name."""
    from bench import plugins
    from bench.errors import BadInput
    from bench.suites import from_folders, load_suite

    parser = Parser("score", score.__doc__ or "")
    parser.add_argument("folder", type=Path, help="the audio to score; it is only read")
    parser.add_argument("--suite", type=str | None, metavar="NAME", help="whose clips these are")
    parser.add_argument("--reference", type=Path | None, metavar="FOLDER", help="real audio, where there is no suite")
    parser.add_argument("--captions", type=Path | None, metavar="FILE.csv", help="columns id and caption")
    parser.add_argument(
        "--names", type=str, default="{id}", help="how its files are called, without suffix, as in 'Y{id}'"
    )
    _add_options(parser)
    given = parser.read(words)
    if (given.suite is None) == (given.reference is None):
        raise BadInput("bench score needs either --suite NAME or --reference FOLDER")
    if given.captions and given.suite:
        raise BadInput("--captions goes with --reference; a suite has captions of its own")
    if given.reference and given.names != "{id}":
        raise BadInput("--names goes with --suite; two folders are matched by equal names")
    suite = load_suite(given.suite) if given.suite else from_folders(given.folder, given.reference, given.captions)
    system = with_settings(plugins.system("folder"), {"path": given.folder, "names": given.names})
    return _run("folder", system, suite, parser, given)


def _add_options(parser: Parser) -> None:
    from bench.run import Options

    parser.add_class_arguments(Options, None, skip={"metrics", "allow_missing"}, as_group=False)
    parser.add_argument(
        "--allow-missing", action="store_true", help="go on without the clips whose reference audio is not here"
    )
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
        known = plugins.known_metrics(outcome.record.all_scores())
        print(render(table([outcome.record], known), "text"), end="")


def catalogue(words: list[str]) -> int:
    """List systems, suites, metrics and embedders."""
    from bench import catalogue as things
    from bench import plugins

    parser = Parser("list", catalogue.__doc__ or "")
    parser.add_argument("kind", nargs="?", type=str, help="systems, suites, metrics or embedders; all if none is given")
    parser.add_argument("--json", action="store_true", help="as JSON, with settings")
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


def fetch(words: list[str]) -> int:
    """Download the weights that systems, suites, metrics or embedders need; those of all embedders if none is named."""
    from bench.fetch import fetch as fetched

    parser = Parser("fetch", fetch.__doc__ or "")
    parser.add_argument("names", nargs="*", type=str, help="suites, metrics, embedders, systems")
    given = parser.read(words)
    lacking = there = 0
    for found in fetched(given.names):
        lacking += found.path is None
        there += 1
        if found.path is None:
            print(f"bench: {found.trouble}", file=sys.stderr)
        else:
            print(f"{found.file} ({found.tag}): {found.path}")
    if not there:
        print("nothing to fetch: these need no weights")
    return UNEVALUATED if lacking else DONE


def doctor(words: list[str]) -> int:
    """Say what is installed, which devices and caches there are, what is missing and how to get it.

    With --parity, compare every embedding, logit and score with the packages that others use, on the same audio and
    weights files. Exit code: 0 if all are equal, 1 if any differs by more than its tolerance, else 3 if any could not
    be compared.
    """
    from bench.errors import BadInput

    parser = Parser("doctor", doctor.__doc__ or "")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--parity", action="store_true", help="compare with the packages of the extra `reference`")
    parser.add_argument("--output", type=Path | None, metavar="FILE", help="with --parity: write the table there too")
    given = parser.read(words)
    if given.parity and not given.json:
        return _parity(given.output)
    if given.parity or given.output:
        raise BadInput("bench doctor takes --json or --parity, not both; --output goes with --parity")
    return _findings(json=given.json)


def _findings(*, json: bool) -> int:
    from itertools import groupby

    from bench.doctor import findings

    found = list(findings())
    if json:
        from bench.record import pretty

        print(pretty([finding._asdict() for finding in found]), end="")
        return DONE
    for section, group in groupby(found, key=lambda finding: finding.section):
        print(section.capitalize())
        for finding in group:
            print(f"  {finding.mark}  {finding.name}: {finding.text}")
    missing = sum(not finding.well and not finding.optional for finding in found)
    print(f"{missing} of {len(found)} need attention" if missing else "all is well")
    return DONE


def _parity(output: Path | None) -> int:
    from bench.difference import exit_code, render
    from bench.disk import write_atomically
    from bench.parity import circumstances, lines
    from bench.progress import Reporter

    found = list(lines(Reporter()))
    text = f"{render(found)}\n{circumstances()}"
    print(text, end="")
    if output:
        write_atomically(output, text.encode())
    return exit_code(found)
