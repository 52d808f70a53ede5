"""A grid as entries, one a cell with everything that is known of it: for other programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bench.formats import FIELDS
from bench.listening.opinion import Opinion
from bench.paper.grid import Attempt, Block, Grid, Heard, Spot, Tried
from bench.paper.published import Published
from bench.remarks import remarks
from bench.stats import Interval

COLUMNS = (
    *("table", "source", "row", "name", "status", "column", "published", "published_low", "published_high"),
    *("published_rank", *FIELDS, "test", "letters", "raters", "scale_min", "scale_max"),
    *("verdict", "difference", "reason", "table_note"),
)
"""The columns of the CSV: those of a suite's own table are among them."""


def entries(grid: Grid, published: Published, pointers: Iterable[str] = ()) -> list[dict[str, Any]]:
    """One entry for each number that was measured or rated, and one for each published one without either.

    Args:
        grid: the table.
        published: how it is to be read.
        pointers: to what else was measured or rated; they stand in every entry's note on the table.
    """
    notes = dict(grid.notes)
    records = [record for block in grid.blocks for attempt in block.attempts for record in attempt.runs.records]
    about = [*(note.text for note in published.notes(grid.layout.name, grid.source)), *remarks(records), *pointers]
    found: list[dict[str, Any]] = []
    for at, block in enumerate(grid.blocks):
        for place in range(len(grid.columns)):
            claimed = {**_claimed(grid, published, at, block, place), "table_note": sentences(about) or None}
            beside = list(_beside(grid, at, block, place, notes))
            if not beside and block.system is not None:
                beside = [{"verdict": "not run" if block.printed[place].claim else None}]
            said = [notes[mark] for mark in (*block.marks, *block.printed[place].marks)]
            found += [_entry(claimed, one, said) for one in beside]
    return found


def sentences(texts: Iterable[str]) -> str:
    """Several sentences as one text, each with its full stop.

    >>> sentences(["One. Two", "Three."])
    'One. Two. Three.'
    """
    return " ".join(text if text.endswith(".") else f"{text}." for text in texts)


def _entry(claimed: dict[str, Any], beside: dict[str, Any], said: list[str]) -> dict[str, Any]:
    note = "; ".join(dict.fromkeys([*said, *beside.pop("notes", [])])) or None
    return {**dict.fromkeys(COLUMNS), **claimed, **beside, "note": note}


def _claimed(grid: Grid, published: Published, at: int, block: Block, place: int) -> dict[str, Any]:
    claim = block.printed[place].claim
    row = published.row(grid.layout.name, grid.source, block.system) if block.system else None
    return {
        "table": grid.layout.name,
        "source": grid.source,
        "row": block.system,
        "name": block.name,
        "status": row.status if row else None,
        "column": grid.columns[place].name,
        "system": block.measured,
        "published": claim.value if claim else None,
        **_ends("published_low", "published_high", claim.interval if claim else None),
        "published_rank": grid.ranks.get(Spot("printed", at, 0, place)),
    }


def _ends(low: str, high: str, interval: Interval | None) -> dict[str, float | None]:
    return {low: interval.low if interval else None, high: interval.high if interval else None}


def _beside(grid: Grid, at: int, block: Block, place: int, notes: dict[str, str]) -> Iterator[dict[str, Any]]:
    """What was measured and rated of one cell."""
    rated = any(panel.cells[place].opinion for panel in block.panels)
    for nth, attempt in enumerate(block.attempts):
        tried = attempt.cells[place]
        if tried.measured or not rated:
            said = [notes[mark] for mark in (*attempt.marks, *attempt.lacking, *tried.marks)]
            rank = grid.ranks.get(Spot("tried", at, nth, place))
            yield {**_tried(attempt, tried), "rank": rank, "notes": said}
    for nth, panel in enumerate(block.panels):
        heard = panel.cells[place]
        if heard.opinion:
            rank = grid.ranks.get(Spot("heard", at, nth, place))
            said = [notes[mark] for mark in heard.marks]
            yield {**_heard(heard, heard.opinion), "rank": rank, "notes": said}


def _tried(attempt: Attempt, tried: Tried) -> dict[str, Any]:
    runs, measured = attempt.runs, tried.measured
    judgement = tried.judgement
    found: dict[str, Any] = {
        "suite": runs.suite_tag,
        "n": measured.n if measured else runs.fewest.clips["scored"],
        "asked": runs.first.suite["size"],
        "seeds": " ".join(map(str, measured.of if measured else runs.seeds)),
        "verdict": judgement.verdict or None,
        "difference": judgement.difference,
        "reason": "; ".join(judgement.reasons) or None,
    }
    if measured:
        found |= {"metric": measured.metric, "value": measured.value, "signature": measured.signature}
        found |= {"spread": measured.spread, **_ends("low", "high", measured.interval)}
    return found


def _heard(heard: Heard, one: Opinion) -> dict[str, Any]:
    judgement = heard.judgement
    return {**opinion(one), "verdict": judgement.verdict or None, "reason": "; ".join(judgement.reasons) or None}


def opinion(one: Opinion) -> dict[str, Any]:
    """What an entry says of a mean opinion."""
    return {
        "metric": one.dimension,
        "value": one.mean,
        **_ends("low", "high", one.interval),
        "n": one.n,
        "test": one.test_id,
        "letters": one.letters,
        "raters": one.raters,
        "scale_min": one.scale_min,
        "scale_max": one.scale_max,
    }
