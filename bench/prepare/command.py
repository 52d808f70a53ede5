"""``bench prepare``: gets a suite ready, and takes its reference features elsewhere or from there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.options import Names, Parser

if TYPE_CHECKING:
    from jsonargparse import Namespace

    from bench.prepare.report import Report
    from bench.progress import Reporter

DONE, UNEVALUATED = 0, 3


def prepare(words: list[str]) -> int:
    """Get a suite ready: obtain its captions from their owner, and its reference audio from where it can be had.

    Exit code: 0 if everything is ready, 3 if some reference audio is missing.
    """
    from bench import plugins
    from bench.errors import BadInput
    from bench.prepare.exporting import check_target
    from bench.progress import Reporter
    from bench.record import pretty

    parser = Parser("prepare", prepare.__doc__ or "")
    _add_options(parser)
    given = parser.read(words)
    if given.metrics and not given.reference_stats:
        raise BadInput("--metrics goes with --reference-stats")
    if given.metrics:
        plugins.chosen_metrics(given.metrics)  # so that a misspelt one is not told after the work
    if given.reference_stats:
        check_target(given.reference_stats, given.audio, given.lists)
    reporter = Reporter(quiet=given.quiet)
    report = _known(given, _prepared(given, reporter), reporter)
    print(pretty(report.fields()) if given.json else "\n".join(report.lines()) + "\n", end="")
    code = UNEVALUATED if report.lacking else DONE
    return max(code, _exported(given, reporter)) if given.reference_stats else code


def _add_options(parser: Parser) -> None:
    parser.add_argument("suite", type=str, metavar="SUITE", help="as in `bench list suites`, or a card's path")
    parser.add_argument(
        "--audio", type=Path | None, metavar="FOLDER", help="with the recordings, or a tar or zip archive"
    )
    parser.add_argument(
        "--from", dest="way", type=Literal["hub", "youtube", "archive"] | None, help="where to download them from"
    )
    parser.add_argument(
        "--lists", type=Path | None, metavar="FOLDER", help="with the owners' tables, not to be downloaded"
    )
    parser.add_argument("--jobs", type=int | None, metavar="N", help="recordings at a time; as many as there are cores")
    parser.add_argument(
        "--reference-stats", type=Path | None, metavar="FILE", help="write the references' features there"
    )
    parser.add_argument(
        "--import-stats", type=Path | None, metavar="FILE", help="take over features that another wrote"
    )
    parser.add_argument("--metrics", type=Names | None, metavar="A,B", help="whose features to write; the suite's own")
    parser.add_argument("--device", type=str, default="auto", help="for these features: auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--json", action="store_true", help="print what came of it as JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _prepared(given: Namespace, reporter: Reporter) -> Report:
    from bench.prepare.options import Options
    from bench.prepare.prepare import prepare

    jobs = {} if given.jobs is None else {"jobs": given.jobs}
    return prepare(given.suite, Options(given.audio, given.way or "", given.lists, **jobs), reporter)


def _known(given: Namespace, report: Report, reporter: Reporter) -> Report:
    """Take over another's features, or again those of before; the recordings that were missing are known by them."""
    from bench.disk import locked
    from bench.prepare.importing import import_features, kept, restore_features
    from bench.suites import find_card, load_suite

    _, shelf = find_card(given.suite)
    if not given.import_stats and not kept(shelf):
        return report
    with locked(shelf.folder, wait=True):
        suite = load_suite(given.suite)
        if given.import_stats:
            for line in import_features(given.import_stats, suite, shelf).lines():
                reporter.line(line)
        else:
            restore_features(suite, shelf, reporter)
    return report.with_features(shelf)


def _exported(given: Namespace, reporter: Reporter) -> int:
    from bench import plugins
    from bench.prepare.exporting import export_features
    from bench.suites import load_suite

    suite = load_suite(given.suite)
    metrics = plugins.chosen_metrics(given.metrics or suite.card.metrics)
    names = export_features(suite, metrics, given.reference_stats, given.device, reporter)
    reporter.line(f"features of {', '.join(names)} are in {given.reference_stats}")
    return DONE
