"""A grid as a sheet: one line for what was published, and under it what was measured, what was heard, and verdicts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bench.listening.opinion import Opinion
from bench.paper.grid import Attempt, Block, Grid, Heard, Panel, Printed, Spot, Tried
from bench.paper.hearing import Hearing
from bench.paper.measured import Measured
from bench.paper.published import Column, Published
from bench.remarks import recipes, remarks
from bench.sheet import Cell, Line, Sheet
from bench.table import ARROWS

NOT_RUN = "not run"
EMPTY = Cell("–")
BLANK = Cell("")

INTERVALS = "[ ]: 95 % interval, had other clips been drawn"
SPREAD = "; a ± before it: standard deviation over seeds (n − 1), here of {}, and the interval is the mean of theirs"
NOT_RANKED = "Not ranked: real audio and what reconstructs it, and numbers of another protocol than the table's."
LISTENED = (
    "rated: mean opinion [95 % interval, had other {} been drawn]; systems of one test that share a letter are not "
    "shown to differ (Holm, 0.05)."
)


def sheet(grid: Grid, published: Published, pointers: Sequence[str] = ()) -> Sheet:
    """A grid as lines of cells.

    Args:
        grid: the table.
        published: whose title and notes stand below.
        pointers: what else there is to see, one line each.
    """
    title = f"{grid.layout.title} ({_title_of(grid, published)})"
    titles = [f"{column.title} {ARROWS[column.better]}" for column in grid.columns]
    notes = (*legend(grid, published), *pointers)
    codes = tuple(f"{name}: {signature}" for name, signature in grid.signatures)
    if not grid.measured:
        lines = tuple((_name(block), *_published(grid, at, block)) for at, block in enumerate(grid.blocks))
        return Sheet(title, ("System", *titles), tuple((line,) for line in lines), notes, codes)
    blocks = tuple(_lines(grid, at, block) for at, block in enumerate(grid.blocks))
    return Sheet(title, ("System", "", *titles, "Clips"), blocks, notes, codes, left=2)


def _title_of(grid: Grid, published: Published) -> str:
    if published.source(grid.source) is None:
        return "measured"
    return "published and measured" if grid.measured else "published"


def _name(block: Block) -> Cell:
    return Cell(block.name + "".join(block.marks))


def _lines(grid: Grid, at: int, block: Block) -> tuple[Line, ...]:
    """All lines of one block; the first of them is named."""
    found: list[Line] = []
    if block.system is not None:
        found.append((Cell("published"), *_published(grid, at, block), BLANK))
    if not block.attempts:
        untried = tuple(_not_run(block, place) for place in range(len(grid.columns)))
        found += [(Cell("measured"), *untried, BLANK)] if any(cell.text for cell in untried) else []
    for nth, attempt in enumerate(block.attempts):
        found += _attempt(grid, at, nth, block, attempt)
    for nth, panel in enumerate(block.panels):
        found += _panel(grid, at, nth, panel)
    return tuple((_name(block) if place == 0 else BLANK, *line) for place, line in enumerate(found))


def _published(grid: Grid, at: int, block: Block) -> list[Cell]:
    cells = []
    for place, (printed, column) in enumerate(zip(block.printed, grid.columns, strict=True)):
        cells.append(_printed(printed, column)._replace(emphasis=grid.ranks.get(Spot("printed", at, 0, place), "")))
    return cells


def _printed(printed: Printed, column: Column) -> Cell:
    if printed.claim is None:
        return EMPTY
    half = f" ± {printed.claim.ci95:.{column.places}f}" if printed.claim.ci95 is not None else ""
    return Cell(f"{printed.claim.value:.{column.places}f}", "", half + "".join(printed.marks))


def _not_run(block: Block, place: int) -> Cell:
    """What stands in a column of a system without runs: nothing if listeners filled it, or nothing was published."""
    rated = any(panel.cells[place].opinion for panel in block.panels)
    return BLANK if rated or block.printed[place].claim is None else Cell(NOT_RUN)


def _attempt(grid: Grid, at: int, nth: int, block: Block, attempt: Attempt) -> list[Line]:
    several = len(block.attempts) > 1
    cells = [
        _measured(cell, column)._replace(emphasis=grid.ranks.get(Spot("tried", at, nth, place), ""))
        for place, (cell, column) in enumerate(zip(attempt.cells, grid.columns, strict=True))
    ]
    label = Cell(_label(block, attempt, several=several))
    lines: list[Line] = [(label, *cells, Cell(count_text(attempt)))]
    if block.system is not None:
        verdicts = [
            _verdict(tried, column) if tried.measured else _not_run(block, place)
            for place, (tried, column) in enumerate(zip(attempt.cells, grid.columns, strict=True))
        ]
        lines.append((Cell("verdict"), *verdicts, BLANK))
    return lines


def _label(block: Block, attempt: Attempt, *, several: bool) -> str:
    """What an attempt is: its system if the row has another name, its hash among several, its seeds."""
    runs = attempt.runs
    own = f" {runs.system}" if block.system not in (None, runs.system) else ""
    told = f" [{runs.first.system['hash']}]" if several else ""
    made = [tried.measured.seeds for tried in attempt.cells if tried.measured]
    several_seeds = seeds_text(len(runs.seeds), made)
    seeds = several_seeds or (f", seed {runs.seeds[0]}" if runs.seeds[0] else "")
    return f"measured{own}{told}{seeds}{''.join(attempt.marks)}"


def seeds_text(there: int, made: Sequence[int]) -> str:
    """Of how many seeds a row's numbers are: of fewer than there are, where unlike ones were left out.

    >>> seeds_text(3, [3, 3]), seeds_text(4, [2, 4]), seeds_text(1, [1])
    (', 3 seeds', ', 2 to 4 of 4 seeds', '')
    """
    if there < 2:
        return ""
    least, most = min(made, default=there), max(made, default=there)
    of = f"{least} to {most} of " if least < most else f"{most} of " if most < there else ""
    return f", {of}{there} seeds"


def count_text(attempt: Attempt) -> str:
    """How many clips were scored, of how many if not of all."""
    scored, size = attempt.runs.fewest.clips["scored"], attempt.runs.first.suite["size"]
    return str(scored) if scored == size else f"{scored}/{size}{''.join(attempt.lacking)}"


def _measured(tried: Tried, column: Column) -> Cell:
    if tried.measured is None:
        return Cell("–", "", "".join(tried.marks)) if column.metrics else BLANK
    value = f"{tried.measured.value:z.{column.places + 1}f}"  # one decimal more than the published ones
    return Cell(value, "", _after(tried.measured, column, tried.marks))


def _after(measured: Measured, column: Column, marks: Sequence[str]) -> str:
    places = column.places + 1
    spread = f" ± {measured.spread:.{places}f}" if measured.spread is not None else ""
    ends = measured.interval
    interval = f" [{ends.low:z.{places}f}, {ends.high:z.{places}f}]" if ends else ""
    return f"{spread}{interval}{''.join(marks)}"


def _verdict(tried: Tried, column: Column) -> Cell:
    difference = tried.judgement.difference
    told = f"{difference:+z.{column.places + 1}f} ".replace("-", "−") if difference is not None else ""
    return Cell(f"{told}{tried.judgement.verdict}{''.join(tried.why)}")


def _panel(grid: Grid, at: int, nth: int, panel: Panel) -> list[Line]:
    cells = [
        _heard(cell, column)._replace(emphasis=grid.ranks.get(Spot("heard", at, nth, place), ""))
        for place, (cell, column) in enumerate(zip(panel.cells, grid.columns, strict=True))
    ]
    verdicts = tuple(Cell(f"{cell.judgement.verdict}{''.join(cell.why)}") for cell in panel.cells)
    clips = max((cell.opinion.clips for cell in panel.cells if cell.opinion), default=0)
    lines: list[Line] = [(Cell(f"rated, {panel.test_id}"), *cells, Cell(str(clips)))]
    return [*lines, (Cell("verdict"), *verdicts, BLANK)] if any(cell.text for cell in verdicts) else lines


def _heard(heard: Heard, column: Column) -> Cell:
    return opinion_cell(heard.opinion, column.places, heard.marks) if heard.opinion else BLANK


def opinion_cell(one: Opinion, places: int, marks: Sequence[str] = ()) -> Cell:
    """A mean opinion with its interval and letters."""
    ends = one.interval
    interval = f" [{ends.low:z.{places}f}, {ends.high:z.{places}f}]" if ends else ""
    letters = f" {one.letters}" if one.letters else ""
    return Cell(f"{one.mean:z.{places}f}", "", f"{interval}{letters}{''.join(marks)}")


def legend(grid: Grid, published: Published) -> list[str]:
    """What stands below the table: where it is printed, what verdicts and intervals mean, notes, marks."""
    source = published.source(grid.source)
    lines = [f"Published: {source.title}."] if source else []
    lines += [source.note] if source and source.note else []
    cells = [cell for block in grid.blocks for cell in block.printed if cell.claim]
    apart = any(not cell.alike for cell in cells) or any(block.measured in grid.anchors for block in grid.blocks)
    lines += [NOT_RANKED] if apart else []
    attempts = [attempt for block in grid.blocks for attempt in block.attempts]
    if attempts:
        lines += [_intervals(attempts), *([_verdicts(grid)] if source else [])]
    lines += listened([(hearing, _shown(grid, hearing)) for hearing in grid.hearings])
    lines += [f"{note.text}." for note in published.notes(grid.layout.name, grid.source)] if source else []
    lines += remarks([record for attempt in attempts for record in attempt.runs.records])
    lines += recipes([attempt.runs.first for attempt in attempts])
    return [*lines, *(f"{mark} {text}" for mark, text in grid.notes)]


def _shown(grid: Grid, hearing: Hearing) -> set[str]:
    """The dimensions of a test that stand in the table."""
    panels = [panel for block in grid.blocks for panel in block.panels if panel.test_id == hearing.test_id]
    return {cell.opinion.dimension for panel in panels for cell in panel.cells if cell.opinion}


def listened(tests: Sequence[tuple[Hearing, Collection[str]]]) -> list[str]:
    """What must be known of the listening tests in a table: what intervals mean, how large each test is.

    Args:
        tests: each with the dimensions of it that are shown.
    """
    if not tests:
        return []
    known = any(one.raters for hearing, shown in tests for one in hearing.opinions if one.dimension in shown)
    drawn = "raters and prompts" if known else "prompts"
    return [LISTENED.format(drawn), *(hearing.size(shown) for hearing, shown in tests)]


def _intervals(attempts: Sequence[Attempt]) -> str:
    cells = [cell.measured for attempt in attempts for cell in attempt.cells if cell.measured]
    return f"{INTERVALS}{spread_over({cell.seeds for cell in cells})}."


def spread_over(seeds: Collection[int]) -> str:
    """What a standard deviation over seeds is of; empty where every number is of one."""
    several = sorted(count for count in seeds if count > 1)
    return SPREAD.format(f"{' or '.join(map(str, several))} seeds") if several else ""


def _verdicts(grid: Grid) -> str:
    tolerances = ", ".join(
        f"{100 * column.tolerance:g} % ({column.title})" for column in grid.columns if column.tolerance
    )
    return (
        "verdict: measured less published; reproduced: the published value, within half a unit of its last place, lies "
        f"in the interval, widened by the spread over seeds; close: within {tolerances}; differs: neither; not "
        "comparable: its mark says why."
    )
