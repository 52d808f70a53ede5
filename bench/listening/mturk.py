"""Results of MTurk batches, whatever the page: one assignment a row, recordings in Input, ratings in Answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bench.errors import BadInput
from bench.listening.assignments import is_batch, misfit, rejected_note, session_of
from bench.listening.document import parsed
from bench.listening.identity import Identity, identity
from bench.listening.intake import Draft, Format, Options, Reading, joined, parted
from bench.listening.sheet import Entry, Refused, Sheet, entries

AUDIO = re.compile(r"\.(wav|flac|mp3|ogg|opus|m4a|webm)(\?.*)?$", re.IGNORECASE)
CHOICES = {"true": True, "false": False}
PAGE = "taskAnswers"  # the answer that holds all others, as JSON


def recognises(sheet: Sheet, _: Options) -> bool:
    """Whether a file is an export of a batch with answers."""
    return is_batch(sheet)


def read(sheets: Sequence[Sheet], options: Options) -> Reading:
    """Batches of one test.

    Raises:
        BadInput: recordings can't be told, or paired with answers; or nothing says what was asked.
    """
    known = identity(options)
    return joined(_of_sheet(sheet, options, known) for sheet in sheets)


def _of_sheet(sheet: Sheet, options: Options, known: Identity) -> Reading:
    kept, refused = entries(sheet)
    told = [_answers(entry.cells) for entry in kept]
    given = [answers for answers in told if not isinstance(answers, str)]
    plan = _plan(sheet, kept, given, known, options)
    found: list[Draft | Refused] = []
    sessions = []
    for entry, answers in zip(kept, told, strict=True):
        if bad := misfit(sheet, entry, options):
            refused.append(bad)
        elif isinstance(answers, str):
            refused.append(Refused(sheet.file, entry.row, answers))
        else:
            sessions.append(session_of(entry.cells, options))
            found += _drafts(sheet, entry, answers, plan)
    votes, unfit = parted(found)
    notes = [*known.notes, *_notes(sheet, given, plan), *rejected_note(sheet, kept, options)]
    return Reading(votes, sessions, (), [*refused, *unfit], notes)


class _Plan(NamedTuple):
    """How the answers of a file are read.

    Attributes:
        inputs: columns of recordings by number.
        asked: dimensions by the stem of an answer's name.
        wanted: by number and stem, the name of the answer that each row must have: what any row has.
        known: what recordings are.
    """

    inputs: Mapping[str, str]
    asked: Mapping[str, str]
    wanted: Mapping[tuple[str, str], str]
    known: Identity


def _plan(
    sheet: Sheet, rows: Sequence[Entry], given: Sequence[Mapping[str, Any]], known: Identity, options: Options
) -> _Plan:
    inputs = _inputs(sheet, rows)
    asked = _asked(sheet, inputs, given, options)
    pairs = {split(name): name for answers in given for name in answers}
    wanted = {pair: name for pair, name in pairs.items() if pair[0] in inputs and pair[1] in asked}
    return _Plan(inputs, asked, wanted, known)


def _notes(sheet: Sheet, given: Sequence[Mapping[str, Any]], plan: _Plan) -> Iterator[str]:
    """How recordings and answers were paired, and what has no other half."""
    pairs = [(number, stem) for number in plan.inputs for stem in plan.asked]
    for number, stem in pairs[:1]:
        column = plan.inputs[number]
        yield f"{sheet.file}: Answer.{stem or '…'} of number {number or 'none'} goes with {column}"
    lacking = [f"{plan.inputs[pair[0]]} ({pair[1] or '…'})" for pair in pairs if pair not in plan.wanted]
    if lacking:
        yield f"{sheet.file}: recordings that no row has an answer to: {', '.join(lacking)}"
    unused = dict.fromkeys(name for answers in given for name in answers if split(name) not in plan.wanted)
    if unused:
        yield f"{sheet.file}: answers not used: {', '.join(unused)}"


def _inputs(sheet: Sheet, rows: Sequence[Entry]) -> dict[str, str]:
    """The columns with recordings by the number in their name."""
    found: dict[str, str] = {}
    for name in sheet.header:
        if name.startswith("Input.") and any(AUDIO.search(entry.cells[name]) for entry in rows):
            number = "".join(re.findall(r"\d+", name)[-1:])
            if number in found:
                raise BadInput(f"{sheet.file}: {found[number]} and {name} both have recordings, and one number")
            found[number] = name
    if rows and not found:
        raise BadInput(f"{sheet.file} has no column Input.… with names of recordings (.wav, .flac, .mp3 …)")
    return found


def split(name: str) -> tuple[str, str]:
    """The number and the stem of an answer's name.

    >>> split("0-mos-rating"), split("q1"), split("ovl_12"), split("comment")
    (('0', 'mos-rating'), ('1', 'q'), ('12', 'ovl'), ('', 'comment'))
    """
    match = re.match(r"(\d+)[-_. ]*(.*)$", name) or re.match(r"(.*?)[-_. ]*(\d+)$", name)
    if not match:
        return "", name
    first, second = match.groups()
    return (first, second) if first.isdigit() else (second, first)


def _asked(
    sheet: Sheet, inputs: Mapping[str, str], given: Sequence[Mapping[str, Any]], options: Options
) -> dict[str, str]:
    """The dimension of each stem of answers that is a rating."""
    if options.score_columns:
        return {stem: dimension.upper() for dimension, stem in options.score_columns.items()}
    stems = {stem: name for answers in given for name in answers for number, stem in [split(name)] if number in inputs}
    if len(stems) > 1:
        listed = ", ".join(f"{stem} (as Answer.{name})" for stem, name in list(stems.items())[:6])
        raise BadInput(
            f"{sheet.file} has several answers a recording: {listed}; say which as --score-columns '{{OVL: NAME}}'"
        )
    return dict.fromkeys(stems, options.asked(sheet.file)) if stems or not given else _unpaired(sheet, inputs)


def _unpaired(sheet: Sheet, inputs: Mapping[str, str]) -> dict[str, str]:
    answers = ", ".join(name for name in sheet.header if name.startswith("Answer."))[:200]
    raise BadInput(
        f"{sheet.file}: no answer has the number of a recording ({', '.join(inputs.values())}); answers: {answers}"
    )


def _answers(cells: Mapping[str, str]) -> dict[str, list[str]] | str:
    """By question, what was chosen: nothing, one thing, or wrongly several; or why that can't be told."""
    given: dict[str, Any] = {name[7:]: cell for name, cell in cells.items() if name.startswith("Answer.")}
    page = _page(given.pop(PAGE, ""))
    if isinstance(page, str):
        return page
    flat: dict[str, list[str]] = {}
    for name, value in (*given.items(), *page.items()):
        for question, chosen in _flat(name, value):
            flat.setdefault(question, []).extend(chosen)
    return flat


def _page(cell: str) -> dict[str, Any] | str:
    """The one object that ``PAGE`` holds, without anything in it if the cell is empty; or why it holds none."""
    if not cell:
        return {}
    try:
        value = parsed(cell, f"Answer.{PAGE}") if cell[0] in "[{" else cell
    except BadInput as error:
        return str(error)
    one = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(one, dict):
        return one
    return f"Answer.{PAGE} is {cell[:40]!r}, but must be a JSON object, or a list of one"


def _flat(name: str, value: Any) -> Iterator[tuple[str, list[str]]]:
    """Questions with what was chosen, of a column: a value, one of several radio buttons, or nested JSON."""
    if isinstance(value, dict) and value and all(isinstance(one, bool) for one in value.values()):
        yield name, [label for label, one in value.items() if one]
    elif isinstance(value, dict):
        for inner, one in value.items():
            yield from _flat(inner, one)
    elif isinstance(value, str | bool) and str(value).lower() in CHOICES and "." in name:
        question, label = name.rsplit(".", 1)
        yield question, [label] if CHOICES[str(value).lower()] else []
    else:
        yield name, [] if value in ("", None) else [str(value)]


def _drafts(sheet: Sheet, entry: Entry, answers: Mapping[str, list[str]], plan: _Plan) -> Iterator[Draft | Refused]:
    there = {split(name) for name in answers}
    absent: dict[str, list[str]] = {name: [] for pair, name in plan.wanted.items() if pair not in there}
    for name, chosen in (*answers.items(), *absent.items()):
        number, stem = pair = split(name)
        if pair not in plan.wanted:
            continue
        url = entry.cells[plan.inputs[number]]
        plan.known.needed(sheet.file, url)
        heard = plan.known.of(url)
        if len(chosen) > 1:
            yield Refused(sheet.file, entry.row, f"Answer.{name} has {len(chosen)} choices: {', '.join(chosen)}")
        elif heard is None:
            yield Refused(sheet.file, entry.row, plan.known.unknown(url))
        else:
            yield Draft(
                file=sheet.file,
                row=entry.row,
                rater=entry.cells["WorkerId"],
                session=entry.cells["AssignmentId"],
                item=heard.item,
                system=heard.system,
                dimension=heard.dimension or plan.asked[stem],
                score="".join(chosen),
                more=heard.more,
            )


MTURK = Format("MTurk batch results", recognises, read)
