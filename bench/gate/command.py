"""``bench check``: the gate for checkpoints in continuous integration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench import plugins
from bench.disk import require_writable, write_atomically
from bench.errors import BadInput, unknown
from bench.features import Store
from bench.gate.calibration import calibrated
from bench.gate.judgement import judge
from bench.gate.junit import as_junit
from bench.gate.report import as_data, as_text
from bench.gate.rules import ALPHA, Gate, margins, tails
from bench.gate.sides import Matched, is_record, matched, read_sides
from bench.options import Names, Parser
from bench.record import Record, pretty

if TYPE_CHECKING:
    from jsonargparse import Namespace

DONE = 0
TAKEN = ("calibrate", "output", "config")  # what calibration looks at


def check(words: list[str]) -> int:
    """Has anything got worse? Compares a run with a baseline on the same clips, whatever their seeds.

    Exit code: 1 if a metric is significantly worse than its margin, if significantly more clips are in trouble, or if
    any is where the baseline has none (whatever the level: --tails allows for a few); else 3 if something could not be
    evaluated, else 0. With --calibrate, write the margins that repeats of one checkpoint ask for.
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
    if given.junit:
        _check_file("--junit", given.junit)
    runs = read_sides(given.record), read_sides(given.baseline)
    sides = matched(*runs, named=is_record(given.record))
    gate = _gate(given, sides)
    judgement = judge(sides, gate, Store())
    if given.junit:
        write_atomically(given.junit, as_junit(judgement))
    print(pretty(as_data(judgement)) if given.json else as_text(judgement), end="")
    return judgement.code


def _parser() -> Parser:
    parser = Parser("check", check.__doc__ or "")
    parser.add_argument(
        "record", nargs="?", type=Path | None, help="a record's folder, or one above all that are checked"
    )
    parser.add_argument("--baseline", type=Path | None, metavar="FOLDER", help="what it is held to, likewise")
    parser.add_argument(
        "--margins",
        type=dict | None,
        help="by metric: relative: X or absolute: X (of both, the larger), two_sided: true",
    )
    parser.add_argument(
        "--tails",
        type=dict | None,
        help="by kind of trouble: how many clips more are allowed; scores are then compared without the clips in it",
    )
    parser.add_argument("--alpha", type=float, default=ALPHA, help="chance of a false alarm, over all tests")
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


def _gate(given: Namespace, sides: Matched) -> Gate:
    fields = given.margins or {}
    recorded = {name for pair in sides.pairs for side in pair for name in _asked(side.record)}
    for name in given.skip or ():
        if name not in (known := {*recorded, *plugins.known_metrics([name])}):
            raise BadInput(f"--skip: {unknown('metric', name, known)}")
    return Gate(
        margins(fields, plugins.known_metrics(map(str, fields))),
        tails(given.tails or {}),
        alpha=given.alpha,
        skip=tuple(given.skip or ()),
        strict=given.strict,
        common=given.common,
    )


def _asked(record: Record) -> set[str]:
    """The metrics that a run was asked for."""
    return {*record.scores, *record.not_scored}


def _calibrate(given: Namespace) -> int:
    default = _parser().read([])
    if beside := [name for name, value in vars(given).items() if name not in TAKEN and value != default[name]]:
        raise BadInput(f"--calibrate takes records and --output, nothing else: not {_option(beside[0])}")
    if given.output:
        _check_file("--output", given.output)
    text = calibrated([side for path in given.calibrate for side in read_sides(path)]).text()
    if given.output:
        write_atomically(given.output, text.encode())
    else:
        print(text, end="")
    return DONE


def _option(name: str) -> str:
    return "another record" if name == "record" else f"--{name}"


def _check_file(option: str, path: Path) -> None:
    """Raise before any work if a file can't be written there."""
    if path.is_dir():
        raise BadInput(f"{option} {path} can't be written: it is a folder")
    require_writable(path.parent, option)
