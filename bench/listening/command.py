"""``bench ratings``: files of a listening test become means with intervals, differences and agreement."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import BadInput
from bench.options import Names, Parser

if TYPE_CHECKING:
    from jsonargparse import Namespace

    from bench.listening.findings import Findings
    from bench.listening.intake import Imported, Options
    from bench.listening.quality import Rules

DONE, UNEVALUATED = 0, 3


def ratings(words: list[str]) -> int:
    """Listening tests: mean opinions with intervals, differences, letters and agreement, from files of ratings.

    Intervals are for new raters and new prompts (two-way cluster-robust) unless told otherwise; every table is printed
    with and without the ratings that quality control drops. Exit code: 3 if any row of a file was refused (but for
    what --drop-rejected leaves out), or if nothing is left of a system. `bench ratings plan --help`: how large a
    difference a test to be will show.
    """
    if words[:1] == ["plan"]:
        from bench.listening.plan_command import plan

        return plan(words[1:])
    from bench.disk import require_writable
    from bench.listening.findings import findings, problems
    from bench.listening.opinion import method_for

    given = _parser().read(list(_joined(words)))
    if not given.files:
        raise BadInput("bench ratings needs at least one FILE; see `bench ratings --help`")
    method = method_for(given.prompts, given.interval)
    if given.output:
        require_writable(given.output, "--output")
    imported = _read(given)
    if given.explain:
        return _explain(imported)
    found = findings(imported, method, _rules(given) if given.screening else None)
    _print(found, given)
    if given.output:
        _keep(found, given)
    return UNEVALUATED if problems(found) or imported.faulty else DONE


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Words with ``--scale -3..3`` as one, since what begins with a hyphen is taken for an option otherwise."""
    for before, word, after in zip(("", *words), words, (*words[1:], ""), strict=False):
        if before != "--scale" or word[:1] != "-":
            yield f"{word}={after}" if word == "--scale" and after[:1] == "-" and after[:2] != "--" else word
        elif word[:2] == "--":
            yield word


def _read(given: Namespace) -> Imported:
    """What the files hold; the rows that are not taken are named.

    Raises:
        BadInput: a file can't be read; or what is to be kept belongs to a test without a name.
    """
    from bench.listening.importing import read

    imported = read(given.files, form=given.format, options=_options(given))
    if given.output and imported.unnamed and not given.explain:
        raise BadInput(
            f"--output keeps ratings under the name of their test, and {imported.unnamed[0]} has none: "
            "give it as --test NAME"
        )
    for row in imported.refused:
        print(f"bench: {row.file} row {row.row}: {row.why}", file=sys.stderr)
    return imported


def _explain(imported: Imported) -> int:
    from bench.listening.findings import counted

    print("\n".join([f"format: {imported.format}", *imported.notes, counted(imported)]))
    return UNEVALUATED if imported.faulty else DONE


def _parser() -> Parser:
    from bench.listening.intake import Options
    from bench.listening.intervals import INTERVALS
    from bench.listening.opinion import PROMPTS
    from bench.listening.quality import Rules

    parser = Parser("ratings", ratings.__doc__ or "")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="of one test or of several; only read")
    parser.add_argument(
        "--format",
        type=str,
        default="auto",
        help="of the files; told by their headers if not given; JSON is that of beaqleJS or tts-mos-test-mturk",
    )
    parser.add_argument("--prompts", type=str, default="random", help=f"{' or '.join(PROMPTS)}: said of new ones too?")
    parser.add_argument("--interval", type=str, default="cluster", help=f"one of {', '.join(INTERVALS)}")
    parser.add_argument("--naive", action="store_true", help="print the too narrow half-width of older papers as well")
    parser.add_argument("--no-screening", dest="screening", action="store_false", help="ask no rule")
    parser.add_argument("--explain", action="store_true", help="say what is understood of the files, and do no more")
    parser.add_argument(
        "-o", "--output", type=Path | None, metavar="FOLDER", help="write ratings, sessions and stimuli there as CSV"
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--scale", type=str | None, metavar="LOW-HIGH", help="its ends, such as 1-5 or -3..3")
    parser.add_argument("--systems", type=Names, default=Names(), metavar="A,B", help="names, in order of matrices")
    parser.add_argument("--condition-keys", type=Names, default=Names(), metavar="A,B", help="groups that are a system")
    parser.add_argument("--drop-rejected", action="store_true", help="drop assignments that were rejected")
    parser.add_argument(
        "--allow-refused", action="store_true", help="go on, and write, without the rows that can't be taken"
    )
    parser.add_argument("--rules.off", type=Names, default=Names(), metavar="A,B", help="rules that are not asked")
    parser.add_class_arguments(Rules, "rules", skip={"off"})
    own = {"scale", "systems", "condition_keys", "drop_rejected", "allow_refused"}
    parser.add_class_arguments(Options, None, as_group=False, skip=own)
    return parser


def _options(given: Namespace) -> Options:
    from bench.listening.intake import Options

    chosen = {field.name: getattr(given, field.name) for field in fields(Options)}
    named = {name: tuple(chosen[name]) for name in ("systems", "condition_keys")}
    return Options(**{**chosen, **named, "scale": scale(given.scale) if given.scale is not None else None})


def _rules(given: Namespace) -> Rules:
    from bench.listening.quality import Rules

    return Rules(**{**vars(given.rules), "off": tuple(given.rules.off)})


def scale(text: str) -> tuple[float, float]:
    """The two ends of a scale as typed.

    Raises:
        BadInput: not two numbers, the lower one first.

    >>> scale("1-5"), scale("-3..3")
    ((1.0, 5.0), (-3.0, 3.0))
    """
    found = re.fullmatch(r"\s*(-?\d+\.?\d*)\s*(?:\.\.|-|,)\s*(-?\d+\.?\d*)\s*", text)
    low, high = map(float, found.groups()) if found else (0.0, 0.0)
    if not low < high:
        raise BadInput(f"--scale is {text!r}, but must be two numbers, the lower one first, such as 1-5 or 0..100")
    return low, high


def _print(found: Findings, given: Namespace) -> None:
    from bench.listening.findings import everything, problems, text

    if given.json:
        from bench.record import pretty

        print(pretty(everything(found)), end="")
    else:
        print("\n".join(text(found, naive=given.naive)))
    for problem in problems(found):
        print(f"bench: {problem}", file=sys.stderr)


def _keep(found: Findings, given: Namespace) -> None:
    """Write what was found, unless ratings are lacking: nobody would miss them later."""
    lost = sum(row.lost for row in found.imported.refused)
    if lost and not given.allow_refused:
        print(
            f"bench: nothing is written to {given.output}: rows that count were refused ({lost}); mend them, or give "
            "--allow-refused to keep the others",
            file=sys.stderr,
        )
    else:
        _write(found, given.output, to_stderr=given.json)


def _write(found: Findings, folder: Path, *, to_stderr: bool) -> None:
    from bench.disk import write_atomically
    from bench.listening.long import ratings_csv, sessions_csv, stimuli_csv

    files = {
        "ratings.csv": ratings_csv(found.ratings),
        "sessions.csv": sessions_csv(found.imported.sessions),
        "stimuli.csv": stimuli_csv(found.imported.stimuli),
    }
    for name, content in files.items():
        write_atomically(folder / name, content.encode())
        print(f"written: {folder / name}", file=sys.stderr if to_stderr else sys.stdout)
