"""Results of MTurk batches, whatever the page: one assignment a row, recordings in Input, ratings in Answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bench.errors import BadInput
from bench.listening.assignments import is_batch, misfit, rejected_note, session_of, vacant_note
from bench.listening.identity import Identity, identity
from bench.listening.intake import Draft, Format, Options, Reading, joined, parted
from bench.listening.mturk_answers import answers_of, buttons_of, split
from bench.listening.sheet import Entry, Refused, Sheet, entries

AUDIO = re.compile(r"\.(wav|flac|mp3|ogg|opus|m4a|webm)(\?.*)?$", re.IGNORECASE)


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
    buttons = buttons_of(kept)
    told = [answers_of(entry.cells, buttons) for entry in kept]
    given = [answers for answers in told if not isinstance(answers, str)]
    plan = _plan(sheet, kept, given, known, options)
    found: list[Draft | Refused] = []
    sessions, vacant = [], 0
    for entry, answers in zip(kept, told, strict=True):
        if bad := misfit(sheet, entry, options):
            refused.append(bad)
        elif isinstance(answers, str):
            refused.append(Refused(sheet.file, entry.row, answers))
        else:
            sessions.append(session_of(entry.cells, options))
            pairs = list(_pairs(answers, plan))
            heard = [pair for pair in pairs if not _is_vacant(entry, pair, plan)]
            vacant += len(pairs) - len(heard)
            found += _drafts(sheet, entry, heard, plan)
    votes, unfit = parted(found)
    notes = [*known.notes, *_notes(sheet, given, plan), *vacant_note(sheet, vacant)]
    notes += rejected_note(sheet, kept, options)
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


class _Pair(NamedTuple):
    """An answer that a row should have: its name, what was chosen, the column of its recording, its stem."""

    name: str
    chosen: Sequence[str]
    column: str
    stem: str


def _pairs(answers: Mapping[str, list[str]], plan: _Plan) -> Iterator[_Pair]:
    there = {split(name) for name in answers}
    absent: dict[str, list[str]] = {name: [] for pair, name in plan.wanted.items() if pair not in there}
    for name, chosen in (*answers.items(), *absent.items()):
        number, stem = pair = split(name)
        if pair in plan.wanted:
            yield _Pair(name, chosen, plan.inputs[number], stem)


def _is_vacant(entry: Entry, pair: _Pair, plan: _Plan) -> bool:
    """Whether nothing was heard in a place, and nothing chosen, in an assignment that has recordings elsewhere."""
    return not pair.chosen and not entry.cells[pair.column] and any(entry.cells[one] for one in plan.inputs.values())


def _drafts(sheet: Sheet, entry: Entry, pairs: Sequence[_Pair], plan: _Plan) -> Iterator[Draft | Refused]:
    for name, chosen, column, stem in pairs:
        url = entry.cells[column]
        plan.known.needed(sheet.file, url)
        heard = plan.known.of(url)
        if len(chosen) > 1:
            yield Refused(sheet.file, entry.row, f"Answer.{name} has {len(chosen)} choices: {', '.join(chosen)}")
        elif not url:
            yield Refused(sheet.file, entry.row, f"{column} is empty, so nothing says what Answer.{name} is of")
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
