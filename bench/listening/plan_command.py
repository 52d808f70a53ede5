"""``bench ratings plan``: what difference a listening test will show, and how large a test shows a difference."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.errors import BadInput, NotEvaluable
from bench.listening.planning import Design, Deviations, Plan, fewest_clips, fewest_raters
from bench.listening.planning import plan as planned
from bench.listening.report import grid
from bench.options import Parser

if TYPE_CHECKING:
    from jsonargparse import Namespace

DONE = 0
PANELS = (10, 20, 30, 40, 60, 100)  # raters, for whom clips are sought where neither is given
HEADER = [
    "Raters", "Clips", "Votes a stimulus", "Ratings", "Ratings a rater", "Minutes a rater", "Detectable",
    "SE of a difference", "SE of a mean", "95 % ± of a mean",
]  # fmt: skip


def plan(words: list[str]) -> int:
    """How large a difference between two systems a listening test will show, before it is run.

    With --detect, how many clips (for given --raters), raters (for given --clips), or either it takes.
    """
    parser = _parser()
    given = parser.read(words)
    deviations = Deviations(**vars(given.sd))
    found = _plans(given, deviations)
    if given.json:
        from bench.record import pretty

        print(pretty([_plain(one, given) for one in found]), end="")
    else:
        print("\n".join(_text(found, given)))
    return DONE


def _parser() -> Parser:
    parser = Parser("ratings plan", plan.__doc__ or "")
    parser.add_argument("--raters", type=int | None, help="how many people")
    parser.add_argument("--clips", type=int | None, help="how many prompts; every system makes a clip of each")
    parser.add_argument("--votes", type=int | None, help="ratings of each stimulus; one by every rater if not given")
    parser.add_argument("--systems", type=int, default=2, help="all pairs are compared, adjusted by Holm")
    parser.add_argument("--fixed-prompts", action="store_true", help="say nothing of other prompts than these")
    parser.add_argument("--alpha", type=float, default=Design.alpha, help="level of the test")
    parser.add_argument("--power", type=float, default=Design.power, help="chance to show the detectable difference")
    parser.add_argument("--detect", type=float | None, help="a difference, in points of the scale, to plan for")
    parser.add_argument("--seconds", type=float, default=15.0, help="that a rater takes for one rating")
    parser.add_argument("--pay", type=float | None, help="of a rater's hour, for the cost")
    parser.add_argument("--json", action="store_true")
    parser.add_class_arguments(Deviations, "sd")
    return parser


def _plans(given: Namespace, deviations: Deviations) -> list[Plan]:
    if given.seconds <= 0 or (given.pay is not None and given.pay < 0):
        raise BadInput("--seconds must be above 0, and --pay not below")
    asked = Design(
        raters=max(2, given.votes or 2) if given.raters is None else given.raters,
        clips=2 if given.clips is None else given.clips,
        votes=given.votes,
        systems=given.systems,
        fixed_prompts=given.fixed_prompts,
        alpha=given.alpha,
        power=given.power,
        deviations=deviations,
    )
    if given.detect is None:
        if given.raters is None or given.clips is None:
            raise BadInput("bench ratings plan needs --raters and --clips, or --detect with one of them or neither")
        return [planned(asked)]
    return _searched(asked, given)


def _searched(asked: Design, given: Namespace) -> list[Plan]:
    if given.raters is not None and given.clips is not None:
        raise BadInput("--detect seeks --raters or --clips: give one of them or neither")
    if given.clips is not None:
        found = [fewest_raters(asked, given.detect)]
    else:
        panels = [given.raters] if given.raters is not None else _panels(given.votes or 2)
        found = [fewest_clips(replace(asked, raters=raters), given.detect) for raters in panels]
    plans = [one for one in found if one is not None]
    if not plans:
        kind, other = ("clips", "raters") if given.clips is not None else ("raters", "clips")
        there = given.clips if given.clips is not None else given.raters or _panels(given.votes or 2)[-1]
        raise NotEvaluable(f"{there} {kind} can't show a difference of {given.detect:g} with any number of {other}")
    return plans


def _panels(votes: int) -> list[int]:
    """The panels that are large enough for the votes of a stimulus."""
    return [n for n in PANELS if n >= votes] or [votes]


def _too_few(found: list[Plan], given: Namespace) -> list[str]:
    """The panels that no number of clips is enough for, in one line."""
    if given.detect is None or given.clips is not None or given.raters is not None:
        return []
    missing = [n for n in _panels(given.votes or 2) if n not in {one.design.raters for one in found}]
    listed = ", ".join(map(str, missing))
    return [f"{listed} raters: too few to show {given.detect:g} with any number of clips"] if missing else []


def _minutes(one: Plan, given: Namespace) -> float:
    return float(one.ratings_per_rater * given.seconds / 60)


def _cost(one: Plan, given: Namespace) -> float | None:
    return None if given.pay is None else float(one.ratings * given.seconds / 3600 * given.pay)


def _text(found: list[Plan], given: Namespace) -> list[str]:
    first = found[0]
    rows = [[*_row(one, given), *([f"{_cost(one, given):.2f}"] if given.pay is not None else [])] for one in found]
    pairs = math.comb(first.design.systems, 2)
    sd = ", ".join(f"{name.replace('_', '×')} {value:g}" for name, value in vars(first.design.deviations).items())
    return [
        *grid([*HEADER, *(["Cost"] if given.pay is not None else [])], rows),
        "",
        *_too_few(found, given),
        f"detectable: the true difference of two systems that is shown with a chance of {first.design.power:.0%}",
        f"level: {first.level:g}{f' for each of {pairs} comparisons, the strictest step of Holm' * (pairs > 1)}",
        f"prompts: {'these very ones' if first.design.fixed_prompts else 'a draw from many'}",
        f"standard deviations: {sd}; a pilot's own are better (--sd.rater and so on)",
    ]


def _row(one: Plan, given: Namespace) -> list[str]:
    design = one.design
    counts = [design.raters, design.clips, design.votes or design.raters, one.ratings]
    errors = [one.detectable, one.difference_error, one.mean_error, one.half_width]
    effort = [f"{one.ratings_per_rater:.0f}", f"{_minutes(one, given):.0f}"]
    return [*map(str, counts), *effort, *(f"{value:.3f}" for value in errors)]


def _plain(one: Plan, given: Namespace) -> dict[str, Any]:
    design = {**vars(one.design), "deviations": vars(one.design.deviations)}
    found = {name: value for name, value in one._asdict().items() if name != "design"}
    return {"design": design, **found, "minutes_per_rater": _minutes(one, given), "cost": _cost(one, given)}
