"""What a listening test found, as text for a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bench.listening.analysis import Analysis
from bench.listening.contrasts import ALPHA, Contrast
from bench.listening.intervals import TITLES, Estimate
from bench.listening.opinion import Opinion, of_differences
from bench.listening.rating import scale_text
from bench.listening.reliability import Reliability
from bench.stats import Interval

FEW_RATERS, FEW_CLIPS = 10, 20  # below which intervals of this kind are known to be shaky
ALL_PAIRS = 10  # systems, up to which every difference is printed: 45 lines
DRAWN = {"raters": "new raters, these prompts", "clips": "new prompts"}  # what other draws an interval is for
ABSENT = "–"
LETTERS = "Letters"


def lines(analysis: Analysis, *, naive: bool = False) -> Iterator[str]:
    """One question: means, differences, agreement, and what must be known to read them.

    Args:
        analysis: of the question.
        naive: whether to print the too narrow half-width that older papers have.
    """
    yield from means(analysis, naive)
    if analysis.contrasts:
        yield from grid(CONTRASTS, [contrast_row(one) for one in shown(analysis)])
        yield ""
    yield from legend(analysis, naive)


def shown(analysis: Analysis) -> list[Contrast]:
    """The differences to print: all of them, or, of too many systems to read, those next to each other."""
    if len(analysis.opinions) <= ALL_PAIRS:
        return list(analysis.contrasts)
    names = [one.system for one in analysis.opinions]
    beside = set(pairwise(names))
    return [one for one in analysis.contrasts if (one.system, one.other) in beside]


def means(analysis: Analysis, naive: bool, addition: str = "") -> Iterator[str]:
    """The table of means under its name, with an empty line below."""
    yield f"{named(analysis)} ({scale_text(*analysis.question.scale)}){addition}"
    yield ""
    yield from grid(means_header(naive), [means_row(one, naive) for one in analysis.opinions])
    yield ""


def named(analysis: Analysis) -> str:
    """A question's name: its test and dimension."""
    return f"{analysis.question.test_id} · {analysis.question.dimension}"


def legend(analysis: Analysis, naive: bool) -> Iterator[str]:
    """The lines below the tables."""
    kind = DRAWN.get(analysis.method, "new raters and new prompts")
    yield f"[ ]: 95 % interval, had there been {kind}; {TITLES[analysis.method]}."
    beside = of_differences(analysis.question, analysis.method)
    if analysis.contrasts and beside != analysis.method:
        yield f"differences and letters: {TITLES[beside]}."
    if analysis.contrasts:
        yield f"same letter: not shown to differ (Holm, α = {ALPHA:g})"
        if len(shown(analysis)) < len(analysis.contrasts):
            yield (
                f"differences: {len(shown(analysis))} of {len(analysis.contrasts)}, of systems next to each other; "
                "letters and Holm are of all, and --json has all"
            )
        yield "Wilcoxon: companion test on means of clips; it takes the raters as given"
    if naive:
        yield "naive ±: half-width as if ratings were independent; too narrow, for comparison with older papers only"
    if analysis.reliability:
        yield agreement(analysis.reliability)
    yield from notes(analysis)


def notes(analysis: Analysis) -> Iterator[str]:
    """What holds of single systems and pairs, and where there are too few raters or clips."""
    for one in analysis.opinions:
        if one.note:
            yield f"{one.system}: {one.note}"
    for pair in shown(analysis):
        if pair.difference.note and not analysis.question.anonymous:
            yield f"{pair.system} - {pair.other}: {pair.difference.note}"
    raters, clips = (min(getattr(one, kind) for one in analysis.opinions) for kind in ("raters", "clips"))
    if not analysis.question.anonymous and raters < FEW_RATERS:
        yield f"few raters ({raters}; {FEW_RATERS} or more are better): the intervals' level is approximate"
    if analysis.method != "raters" and clips < FEW_CLIPS:
        yield f"few clips ({clips}; {FEW_CLIPS} or more are better): the intervals' level is approximate"


def agreement(found: Reliability) -> str:
    """How far raters agree, in one line."""
    kind = "" if found.complete else " (from variance components: not everyone rated everything)"
    k = f"{found.k:.3g}"
    values = (found.icc_single, found.icc_average, found.alpha_ordinal, found.alpha_interval)
    single, average, ordinal, interval = ("undefined" if value is None else f"{value:.3f}" for value in values)
    return (
        f"agreement of {found.raters} raters on {found.stimuli} stimuli: "
        f"ICC(A,1) {single}, ICC(A,{k}) {average}{kind}; Krippendorff's α {ordinal} ordinal, {interval} interval"
    )


def means_header(naive: bool) -> list[str]:
    """Titles of the columns of means."""
    return ["System", "Mean", "95 % interval", LETTERS, "Raters", "Clips", "Ratings", "Dropped"] + ["naive ±"] * naive


def means_row(one: Opinion, naive: bool) -> list[str]:
    """A system's row."""
    counts = [ABSENT if not one.raters else str(one.raters), str(one.clips), str(one.n), str(one.excluded)]
    row = [one.system, f"{one.mean:.2f}", ends(one.interval), one.letters or ABSENT, *counts]
    return row + [ABSENT if one.naive is None else f"{one.naive:.2f}"] * naive


CONTRASTS = ["Difference", "Mean", "95 % interval", "p", "Holm p", "Wilcoxon p"]


def contrast_row(one: Contrast) -> list[str]:
    """A pair's row."""
    found: Estimate = one.difference
    ps = [p_text(p) for p in (found.p, one.adjusted, one.wilcoxon)]
    return [f"{one.system} - {one.other}", f"{found.value:+.2f}", ends(found.interval), *ps]


def ends(interval: Interval | None) -> str:
    """An interval as text.

    >>> ends(Interval(3.14159, 4.0))
    '[3.14, 4.00]'
    """
    return f"[{interval.low:.2f}, {interval.high:.2f}]" if interval else ABSENT


def p_text(p: float | None) -> str:
    """A p value as text.

    >>> p_text(0.03456), p_text(1e-9)
    ('0.035', '<0.001')
    """
    return ABSENT if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table as lines; numbers stand right, names and letters left."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, title in enumerate(header):
        left = not place or title == LETTERS
        table.add_column(Text(title), justify="left" if left else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    buffer = io.StringIO()
    # As wide as it needs, whatever the terminal: a number folded over two lines, or cut, is misread.
    Console(file=buffer, width=10_000, color_system=None).print(table)
    return [line.rstrip() for line in buffer.getvalue().splitlines()]


def change(now: Analysis | None, before: Analysis) -> str:
    """Whether exclusions changed an order or a letter of a question.

    Args:
        now: after exclusions; None if nothing is left.
        before: without them.
    """
    gone = lost(now, before)
    if gone:
        return f"{named(before)}: exclusions leave no rating of {', '.join(gone)}"
    assert now is not None
    if [one.system for one in now.opinions] != [one.system for one in before.opinions]:
        return f"{named(before)}: exclusions change the order of systems"
    if [one.letters for one in now.opinions] != [one.letters for one in before.opinions]:
        return f"{named(before)}: exclusions change letters, not the order of systems"
    return f"{named(before)}: exclusions change neither the order of systems nor a letter"


def lost(now: Analysis | None, before: Analysis) -> list[str]:
    """The systems of which exclusions leave no rating."""
    return sorted({one.system for one in before.opinions} - {one.system for one in (now.opinions if now else ())})
