"""Results of MTurk batches, whatever the page: one assignment a row, recordings in Input, ratings in Answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bench.errors import BadInput
from bench.listening.assignments import is_batch, misfit, rejected_note, session_of
from bench.listening.identity import Identity, identity
from bench.listening.intake import Draft, Format, Options, Reading, joined, parted
from bench.listening.sheet import Entry, Refused, Sheet, entries

AUDIO = re.compile(r"\.(wav|flac|mp3|ogg|opus|m4a|webm)(\?.*)?$", re.IGNORECASE)
CHOICES = {"true": True, "false": False}


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
    inputs, given = _inputs(sheet, kept), [_answers(entry.cells) for entry in kept]
    asked = _asked(sheet, inputs, given, options)
    found: list[Draft | Refused] = []
    sessions = []
    for entry, answers in zip(kept, given, strict=True):
        if bad := misfit(sheet, entry, options):
            refused.append(bad)
            continue
        sessions.append(session_of(entry.cells, options))
        found += _drafts(sheet, entry, answers, _Plan(inputs, asked, known))
    votes, unfit = parted(found)
    pairs = [
        f"{sheet.file}: Answer.{stem or '…'} of number {number or 'none'} goes with {column}"
        for number, column in inputs.items()
        for stem in asked
    ]
    return Reading(
        votes, sessions, (), [*refused, *unfit], [*known.notes, *pairs[:1], *rejected_note(sheet, kept, options)]
    )


class _Plan(NamedTuple):
    """Columns of recordings by number; dimensions by the stem of an answer's name; what recordings are."""

    inputs: Mapping[str, str]
    asked: Mapping[str, str]
    known: Identity


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


def _answers(cells: Mapping[str, str]) -> dict[str, list[str]]:
    """By question, what was chosen: nothing, one thing, or wrongly several."""
    plain = {name.removeprefix("Answer."): cell for name, cell in cells.items() if name.startswith("Answer.")}
    flat: dict[str, list[str]] = {}
    for name, cell in plain.items():
        for question, chosen in _flat(name, _json(cell) if name == "taskAnswers" else cell):
            flat.setdefault(question, []).extend(chosen)
    return flat


def _json(cell: str) -> Any:
    """The one object that an answer's JSON list holds; the cell itself if it is no JSON."""
    try:
        value = json.loads(cell)
    except ValueError:
        return cell
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _flat(name: str, value: Any) -> Iterator[tuple[str, list[str]]]:
    """Questions with what was chosen, of a column: a value, one of several radio buttons, or nested JSON."""
    if isinstance(value, dict) and value and all(isinstance(one, bool) for one in value.values()):
        yield name, [label for label, one in value.items() if one]
    elif isinstance(value, dict):
        for inner, one in value.items():
            yield from _flat(inner, one)
    elif isinstance(value, str) and value.lower() in CHOICES and "." in name:
        question, label = name.rsplit(".", 1)
        yield question, [label] if CHOICES[value.lower()] else []
    else:
        yield name, [] if value in ("", None) else [str(value)]


def _drafts(sheet: Sheet, entry: Entry, answers: Mapping[str, list[str]], plan: _Plan) -> Iterator[Draft | Refused]:
    for name, chosen in answers.items():
        number, stem = split(name)
        if number not in plan.inputs or stem not in plan.asked:
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
