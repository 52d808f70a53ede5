"""``bench check``: the gate for checkpoints in continuous integration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench import plugins
from bench.disk import require_writable, write_atomically
from bench.errors import BadInput
from bench.features import Store
from bench.gate.calibration import calibrated
from bench.gate.judgement import judge
from bench.gate.junit import as_junit
from bench.gate.report import as_data, as_text
from bench.gate.rules import ALPHA, Gate, margins, tails
from bench.gate.sides import matched, read_sides
from bench.options import Names, Parser
from bench.record import pretty

if TYPE_CHECKING:
    from jsonargparse import Namespace

DONE = 0


def check(words: list[str]) -> int:
    """Has anything got worse? Compares a run with a baseline on the same clips, whatever their seeds.

    Exit code: 1 if a metric is significantly worse than its margin or more clips are in trouble, else 3 if something
    could not be evaluated, else 0. With --calibrate, write the margins that repeats of one checkpoint ask for.
    """
    given = _parser().read(words)
    if given.calibrate:
        return _calibrate(given)
    if given.record is None or given.baseline is None:
        raise BadInput(
            "bench check takes the folder of a record and --baseline with another, or --calibrate with several"
        )
    if given.output:
        raise BadInput("--output goes with --calibrate")
    for option, path in (("--junit", given.junit),):
        if path:
            _check_file(option, path)
    gate = _gate(given)
    judgement = judge(matched(read_sides(given.record), read_sides(given.baseline)), gate, Store())
    if given.junit:
        write_atomically(given.junit, as_junit(judgement))
    print(pretty(as_data(judgement)) if given.json else as_text(judgement), end="")
    return judgement.code


def _parser() -> Parser:
    parser = Parser("check", check.__doc__ or "")
    parser.add_argument("record", nargs="?", type=Path | None, help="a record's folder, or one above several")
    parser.add_argument("--baseline", type=Path | None, metavar="FOLDER", help="what it is held to, likewise")
    parser.add_argument(
        "--margins", type=dict | None, help="by metric: {absolute: X} or {relative: X}, and two_sided: true"
    )
    parser.add_argument("--tails", type=dict | None, help="by kind of trouble: how many clips more are allowed")
    parser.add_argument("--alpha", type=float, default=ALPHA, help="the chance of a false alarm, over all checks")
    parser.add_argument("--skip", type=Names | None, metavar="A,B", help="metrics that are not checked")
    parser.add_argument("--strict", action="store_true", help="what the clips are too few to tell fails too")
    parser.add_argument("--common", action="store_true", help="compare runs of unlike clips on those that both have")
    parser.add_argument("--junit", type=Path | None, metavar="FILE", help="write the verdicts there as JUnit's XML")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument(
        "--calibrate", nargs="+", type=Path, default=[], metavar="RUN", help="repeats of one checkpoint, other seeds"
    )
    parser.add_argument("-o", "--output", type=Path | None, metavar="FILE", help="with --calibrate: the gate file")
    return parser


def _gate(given: Namespace) -> Gate:
    fields = given.margins or {}
    return Gate(
        margins(fields, plugins.known_metrics(map(str, fields))),
        tails(given.tails or {}),
        alpha=given.alpha,
        skip=tuple(given.skip or ()),
        strict=given.strict,
        common=given.common,
    )


def _calibrate(given: Namespace) -> int:
    if given.record or given.baseline or given.junit or given.json:
        raise BadInput("--calibrate takes records and --output, nothing else")
    if given.output:
        _check_file("--output", given.output)
    text = calibrated([side for path in given.calibrate for side in read_sides(path)]).text()
    if given.output:
        write_atomically(given.output, text.encode())
    else:
        print(text, end="")
    return DONE


def _check_file(option: str, path: Path) -> None:
    """Raise before any work if a file can't be written there."""
    if path.is_dir():
        raise BadInput(f"{option} {path} can't be written: it is a folder")
    require_writable(path.parent, option)
