"""Tables that people make by hand: one row a rating, or one row a stimulus with a column for each dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bench.errors import BadInput, unknown
from bench.listening.columns import kinds_of, values_of
from bench.listening.intake import Draft, Options, Reading, unfit
from bench.listening.rating import Rating
from bench.listening.sheet import Entry, Refused, Sheet, entries

COLUMNS = {  # what a field may be called, besides its own name
    "rater": "rater_id",
    "system": "system_id",
    "item": "item_id",
    "test": "test_id",
    "session": "session_id",
    "trial": "trial_index",
    "sample": "sample_index",
    "time": "response_time_s",
}
SINGLE = ("test_id", "rater_id", "session_id", "item_id", "system_id", "dimension", "score")  # fields of a draft itself
OURS = ("exclusion_reasons", "stimulus_id", "source_format", "source_file", "source_row")


def recognises(sheet: Sheet, options: Options) -> bool:
    """Whether a table has scores, and columns for two of rater, system and item, or any that options name."""
    fields = set(_fields(sheet, options).values())
    scored = "score" in fields or any(column in sheet.header for column in options.score_columns.values())
    named = any(column in sheet.header for column in options.columns.values())
    return named or (scored and len({"rater_id", "system_id", "item_id"} & fields) >= 2)


def read(sheet: Sheet, options: Options) -> Reading:
    """A hand-made table.

    Raises:
        BadInput: it has no column for something, and no option says what it is.
    """
    plan = _plan(sheet, options)
    kept, refused = entries(sheet)
    votes: list[Draft] = []
    for entry in kept:
        try:
            votes += _drafts(sheet, entry, plan)
        except ValueError as error:
            refused.append(Refused(sheet.file, entry.row, str(error)))
    unused = [name for name in sheet.header if name and name not in plan.fields and name not in plan.scores.values()]
    columns = [column if column == field else f"{column} = {field}" for column, field in plan.fields.items()]
    notes = [f"{sheet.file}: one row a rating, columns {', '.join(columns)}"]
    notes += [f"{sheet.file}: columns not used: {', '.join(unused)}"] if unused else []
    if "response_time_s" in plan.fields.values():
        notes.append(f"{sheet.file}: times are taken for seconds, and for those of one stimulus")
    return Reading(votes, refused=refused, notes=notes)


class _Plan(NamedTuple):
    """How the columns of a hand-made table are read: by column its field, by dimension the column of its scores."""

    fields: Mapping[str, str]
    scores: Mapping[str, str]
    nobody: bool


def _fields(sheet: Sheet, options: Options) -> dict[str, str]:
    """The fields that a hand-made table's columns are, by column."""
    known = {**{name: name for name in kinds_of(Rating) if name not in OURS}, **COLUMNS}
    given = {column: known.get(name, name) for name, column in options.columns.items()}
    if options.rater_from and options.rater_from != "nobody":
        given[options.rater_from] = "rater_id"
    taken = set(given.values())
    named = {column: known[column.casefold()] for column in sheet.header if column.casefold() in known}
    return {**{column: field for column, field in named.items() if field not in taken}, **given}


def _plan(sheet: Sheet, options: Options) -> _Plan:
    fields = _fields(sheet, options)
    _check(sheet, fields, options)
    for field, option in _needed(options).items():
        if field not in fields.values():
            raise unfit(sheet, field.removesuffix("_id"), option)
    nobody = options.rater_from == "nobody"
    if options.score_columns:
        return _Plan(fields, {name.upper(): column for name, column in options.score_columns.items()}, nobody)
    dimension = "" if "dimension" in fields.values() else options.asked(sheet.file)
    return _Plan(fields, {dimension: next(name for name, field in fields.items() if field == "score")}, nobody)


def _check(sheet: Sheet, fields: Mapping[str, str], options: Options) -> None:
    """Stop where an option names a column or a field that is not there."""
    for column in (*fields, *options.score_columns.values()):
        if column not in sheet.header:
            raise BadInput(f"{sheet.file}: {unknown('column', column, sheet.header)}")
    for field in fields.values():
        if field not in kinds_of(Rating):
            raise unknown("field of a rating", field, kinds_of(Rating))


def _needed(options: Options) -> dict[str, str]:
    """The fields that must be there, and the option that names each one's column."""
    needed = {"system_id": "--columns '{system_id: NAME}'", "item_id": "--columns '{item_id: NAME}'"}
    if options.rater_from != "nobody":
        needed["rater_id"] = "--rater-from NAME, or say --rater-from nobody"
    if not options.score_columns:
        needed["score"] = "--columns '{score: NAME}', or several with --score-columns '{OVL: NAME, REL: NAME}'"
    return needed


def _drafts(sheet: Sheet, entry: Entry, plan: _Plan) -> Iterator[Draft]:
    """A hand-made row's votes: one a column of scores."""
    cells = {field: entry.cells[column] for column, field in plan.fields.items() if field != "score"}
    numeric = {name: sheet.number(cell) for name, cell in cells.items() if kinds_of(Rating)[name] is float}
    more = values_of(Rating, {name: cell for name, cell in {**cells, **numeric}.items() if name not in SINGLE})
    method = more.pop("method", "acr")
    if "response_time_s" in more:
        more.setdefault("time_scope", "stimulus")
    for dimension, column in plan.scores.items():
        yield Draft(
            file=sheet.file,
            row=entry.row,
            rater=None if plan.nobody else cells["rater_id"],
            session=cells.get("session_id") or None,
            item=cells["item_id"],
            system=cells["system_id"],
            dimension=dimension or cells["dimension"],
            score=sheet.number(entry.cells[column]),
            method=method,
            test=cells.get("test_id") or None,
            more=more,
        )
