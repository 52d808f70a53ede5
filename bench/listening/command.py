"""``bench ratings``: files of a listening test become means with intervals, differences and agreement."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.errors import BadInput, NotEvaluable
from bench.options import Names, Parser

if TYPE_CHECKING:
    from jsonargparse import Namespace

    from bench.listening.analysis import Analysis
    from bench.listening.intake import Imported, Options
    from bench.listening.quality import Rules, Screened
    from bench.listening.rating import Rating

DONE, UNEVALUATED = 0, 3


class Findings(NamedTuple):
    """What became of some files.

    Attributes:
        imported: what was understood, taken and refused.
        screened: the ratings after quality control; None without it.
        kept: every question after exclusions.
        everything: every question without exclusions.
    """

    imported: Imported
    screened: Screened | None
    kept: list[Analysis]
    everything: list[Analysis]

    @property
    def ratings(self) -> tuple[Rating, ...]:
        """All of them, with what is excluded marked."""
        return self.screened.ratings if self.screened else self.imported.ratings

    @property
    def dropped(self) -> int:
        """How many ratings are excluded."""
        return sum(rating.excluded for rating in self.ratings)

    def pairs(self) -> Iterator[tuple[Analysis | None, Analysis]]:
        """Each question after exclusions, None if nothing is left, beside itself without them."""
        after = {(one.question.test_id, one.question.dimension): one for one in self.kept}
        for one in self.everything:
            yield after.get((one.question.test_id, one.question.dimension)), one


def ratings(words: list[str]) -> int:
    """Listening tests: mean opinions with intervals, differences, letters and agreement, from files of ratings.

    Intervals are for new raters and new prompts (two-way cluster-robust) unless told otherwise; every table is printed
    with and without the ratings that quality control drops. Exit code: 3 if any row of a file was refused, or if
    nothing is left of a system. `bench ratings plan --help`: how large a difference a test to be will show.
    """
    if words[:1] == ["plan"]:
        from bench.listening.plan_command import plan

        return plan(words[1:])
    from bench.disk import require_writable
    from bench.listening.importing import read
    from bench.listening.opinion import method_for

    given = _parser().read(words)
    if not given.files:
        raise BadInput("bench ratings needs at least one FILE; see `bench ratings --help`")
    method = method_for(given.prompts, given.interval)
    if given.output:
        require_writable(given.output, "--output")
    imported = read(given.files, form=given.format, options=_options(given))
    for row in imported.refused:
        print(f"bench: {row.file} row {row.row}: {row.why}", file=sys.stderr)
    if given.explain:
        print("\n".join([f"format: {imported.format}", *imported.notes, counted(imported)]))
        return UNEVALUATED if imported.refused else DONE
    found = findings(imported, method, _rules(given) if given.screening else None)
    _print(found, given)
    if given.output:
        _write(found, given.output, to_stderr=given.json)
    return UNEVALUATED if _problems(found) or imported.refused else DONE


def _parser() -> Parser:
    from bench.listening.intake import Options
    from bench.listening.intervals import INTERVALS
    from bench.listening.opinion import PROMPTS
    from bench.listening.quality import Rules

    parser = Parser("ratings", ratings.__doc__ or "")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="of one test or of several; only read")
    parser.add_argument("--format", type=str, default="auto", help="of the files; told by their headers if not given")
    parser.add_argument("--prompts", type=str, default="random", help=f"{' or '.join(PROMPTS)}: said of new ones too?")
    parser.add_argument("--interval", type=str, default="cluster", help=f"one of {', '.join(INTERVALS)}")
    parser.add_argument("--naive", action="store_true", help="print the too narrow half-width of older papers as well")
    parser.add_argument("--no-screening", dest="screening", action="store_false", help="ask no rule")
    parser.add_argument("--explain", action="store_true", help="say what is understood of the files, and do no more")
    parser.add_argument(
        "-o", "--output", type=Path | None, metavar="FOLDER", help="write ratings, sessions and stimuli there as CSV"
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--scale", type=str | None, metavar="LOW-HIGH", help="its ends, such as 1-5 or 0..100")
    parser.add_argument("--systems", type=Names, default=Names(), metavar="A,B", help="names, in order of matrices")
    parser.add_argument("--condition-keys", type=Names, default=Names(), metavar="A,B", help="groups that are a system")
    parser.add_argument("--drop-rejected", action="store_true", help="drop assignments that were rejected")
    parser.add_argument("--rules.off", type=Names, default=Names(), metavar="A,B", help="rules that are not asked")
    parser.add_class_arguments(Rules, "rules", skip={"off"})
    own = {"scale", "systems", "condition_keys", "drop_rejected"}
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


def findings(imported: Imported, method: str, rules: Rules | None) -> Findings:
    """Screen what was imported, and answer every question with and without exclusions.

    Args:
        imported: from files.
        method: of the means' intervals.
        rules: of quality control; None for none, so that only what a file itself excludes is dropped.

    Raises:
        NotEvaluable: there is no rating of a system under test.
        BadInput: two scales in one dimension of one test.
    """
    from bench.listening.analysis import analyse
    from bench.listening.quality import screen

    everything = analyse([replace(rating, excluded=False) for rating in imported.ratings], method)
    if not everything:
        refused = f" ({len(imported.refused)} rows were refused)" if imported.refused else ""
        raise NotEvaluable(f"there is no rating of a system under test among the {len(imported.ratings)}{refused}")
    screened = screen(imported.ratings, imported.sessions, rules) if rules else None
    kept = analyse(screened.ratings if screened else imported.ratings, method)
    return Findings(imported, screened, kept, everything)


def _problems(found: Findings) -> list[str]:
    from bench.listening.report import lost, named

    return [
        f"{named(before)}: exclusions leave no rating of {', '.join(lost(now, before))}"
        for now, before in found.pairs()
        if lost(now, before)
    ]


def counted(imported: Imported) -> str:
    """How many ratings, raters, systems and clips there are, in one line."""
    given = imported.ratings
    raters = {rating.rater_id for rating in given if rating.rater_id}
    counts = {
        "ratings": len(given),
        "raters": len(raters) or "unknown",
        "systems": len({rating.system_id for rating in given if rating.role == "test"}),
        "clips": len({(rating.test_id, rating.item_id) for rating in given}),
        "rows refused": len(imported.refused),
    }
    dimensions = ", ".join(dict.fromkeys(rating.dimension for rating in given))
    return "; ".join(f"{name}: {count}" for name, count in counts.items()) + f"; dimensions: {dimensions or 'none'}"


def _print(found: Findings, given: Namespace) -> None:
    if given.json:
        from bench.record import pretty

        print(pretty(everything(found)), end="")
    else:
        print("\n".join(text(found, naive=given.naive)))
    for problem in _problems(found):
        print(f"bench: {problem}", file=sys.stderr)


def text(found: Findings, *, naive: bool = False) -> Iterator[str]:
    """All that was found, as lines."""
    from bench.listening.quality import report
    from bench.listening.report import change, lines, means

    yield from (f"format: {found.imported.format}", *found.imported.notes, counted(found.imported), "")
    yield from report(found.screened) if found.screened else ["quality control: not asked for"]
    for now, before in found.pairs():
        if now:
            yield ""
            yield from lines(now, naive=naive)
        if found.dropped:
            yield ""
            yield from means(before, naive, " without exclusions")
            yield change(now, before)


def everything(found: Findings) -> dict[str, Any]:
    """All that was found, as plain values for JSON."""
    from bench.listening.quality import report

    return {
        "format": found.imported.format,
        "notes": list(found.imported.notes),
        "refused": [row._asdict() for row in found.imported.refused],
        "screening": report(found.screened) if found.screened else None,
        "findings": [one._asdict() for one in found.screened.findings] if found.screened else None,
        "questions": [one.fields() for one in found.kept],
        "without_exclusions": [one.fields() for one in found.everything],
    }


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
