"""Matrices of scores, system by rater by sentence, in which 0 means not rated: crowdMOS and mean-opinion-score."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bench.errors import BadInput
from bench.listening.intake import NUMBER, Draft, Format, Options, Reading, joined
from bench.listening.sheet import Refused, Sheet

UNRATED = re.compile(r"0*[.,]?0*")  # nothing, or zero however it is written


def recognises(sheet: Sheet, _: Options) -> bool:
    """Whether a table is all numbers, or has the columns system and rater and then one a sentence, all numbers."""
    first = sheet.lines[1].cells[2:] if len(sheet.lines) > 1 else ()
    return _is_bare(sheet) or (_is_labelled(sheet) and bool(first) and _numeric(sheet, first))


def _numeric(sheet: Sheet, cells: Sequence[str]) -> bool:
    return all(not cell or NUMBER.fullmatch(sheet.number(cell)) for cell in cells)


def _is_labelled(sheet: Sheet) -> bool:
    return tuple(name.casefold() for name in sheet.header[:2]) == ("system", "rater") and len(sheet.header) > 2


def _is_bare(sheet: Sheet) -> bool:
    return all(_numeric(sheet, line.cells) for line in sheet.lines)


def read(sheets: Sequence[Sheet], options: Options) -> Reading:
    """Matrices: one file a system, rows of raters, columns of sentences; or one file whose rows name system and rater.

    Raises:
        BadInput: ``--question`` is not given; or the systems of bare matrices have no names.
    """
    bare = [sheet for sheet in sheets if _is_bare(sheet)]
    if bare and len(bare) != len(options.systems):
        listed = ", ".join(sheet.file for sheet in bare)
        raise BadInput(
            f"{listed}: {len(bare)} matrices, {len(options.systems)} names; give --systems A,B,C in their order"
        )
    systems = iter(options.systems)
    return joined(_of_sheet(sheet, next(systems) if sheet in bare else None, options) for sheet in sheets)


def _of_sheet(sheet: Sheet, system: str | None, options: Options) -> Reading:
    body = sheet.lines if system else sheet.lines[1:]
    width = len(sheet.lines[0].cells)
    refused = [
        Refused(sheet.file, row, f"has {len(cells)} cells, not {width}") for row, cells in body if len(cells) != width
    ]
    votes: list[Draft] = []
    unrated = 0
    for draft in _drafts(sheet, system, options.asked(sheet.file)):
        empty = UNRATED.fullmatch(draft.score) is not None
        unrated += empty
        votes += [] if empty else [draft]
    notes = [f"{sheet.file}: matrix of system {system or 'by row'}; {unrated} cells are 0 or empty: not rated"]
    return Reading(votes, refused=refused, notes=notes)


def _drafts(sheet: Sheet, system: str | None, question: str) -> Iterator[Draft]:
    first = 0 if system else 2
    width = len(sheet.lines[0].cells)
    for row, cells in sheet.lines if system else sheet.lines[1:]:
        if len(cells) != width:
            continue
        rater = f"row {row}" if system else cells[1]
        for column, cell in enumerate(cells[first:], 1):
            item = f"column {column}" if system else sheet.header[first + column - 1]
            yield Draft(sheet.file, row, rater, None, item, system or cells[0], question, sheet.number(cell))


CROWDMOS = Format("crowdMOS matrix", recognises, read)
