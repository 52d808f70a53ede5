"""Qualtrics' CSV exports: three header rows, one response a row, one column a question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bench.errors import BadInput, unknown
from bench.listening.assignments import positive
from bench.listening.identity import Heard, Identity, identity
from bench.listening.intake import ABSENT, Draft, Format, Options, Reading, joined
from bench.listening.rating import Session
from bench.listening.sheet import Entry, Line, Refused, Sheet, entries

PREVIEW = {"survey preview", "survey test", "1", "4"}  # in words, and in numbers
FINISHED = {"true": "complete", "1": "complete", "false": "partial", "0": "partial"}
META = {
    *("StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished", "RecordedDate"),
    *("ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "ExternalReference", "UserLanguage"),
    *("LocationLatitude", "LocationLongitude", "DistributionChannel", "Q_BallotBoxStuffing", "Q_RecaptchaScore"),
}
SITTINGS = "Qualtrics' ResponseId is of a sitting: who answered twice counts as two, unless --rater-from names a column"


def recognises(sheet: Sheet, _: Options) -> bool:
    """Whether a file has the columns of every Qualtrics export."""
    return sheet.has("StartDate", "EndDate", "Finished", "ResponseId")


def read(sheets: Sequence[Sheet], options: Options) -> Reading:
    """Surveys of one test; addresses, places and names of people are never kept.

    Raises:
        BadInput: nothing says what the questions are.
    """
    known = identity(options)
    return joined(_of_sheet(sheet, options, known) for sheet in sheets)


def _of_sheet(sheet: Sheet, options: Options, known: Identity) -> Reading:
    person = options.rater_from or "ResponseId"
    if person not in sheet.header:
        raise BadInput(f"--rater-from: {sheet.file}: {unknown('column', person, sheet.header)}")
    questions = _questions(sheet, known)
    lines = body(sheet)
    kept, refused = entries(sheet, lines)
    votes: list[Draft] = []
    sessions, previews, empty = [], 0, 0
    for entry in kept:
        if entry.cells.get("Status", "").casefold() in PREVIEW:
            previews += 1
        elif not entry.cells[person]:
            refused.append(Refused(sheet.file, entry.row, f"no rater: {person} is empty"))
        else:
            sessions.append(_session(entry.cells, person, options))
            drafts = list(_drafts(sheet, entry, person, questions, options))
            votes += drafts
            empty += len(questions) - len(drafts)
    notes = [
        f"{sheet.file}: Qualtrics, {len(sheet.lines) - len(lines)} header rows, {len(sessions)} responses; "
        f"{previews} previews left out",
        *_unused(sheet, known),
    ]
    notes += [f"{sheet.file}: {empty} questions were not shown or not answered"] if empty else []
    return Reading(votes, sessions, (), refused, [*notes, *([] if options.rater_from else [SITTINGS])])


def body(sheet: Sheet) -> Sequence[Line]:
    """The responses: what is below the row of import ids, or below the question texts if that row was removed."""
    for place, line in enumerate(sheet.lines[:3]):
        if any("ImportId" in cell for cell in line.cells):
            return sheet.lines[place + 1 :]
    first = dict(zip(sheet.header, sheet.lines[1].cells, strict=False)) if len(sheet.lines) > 1 else {}
    date, finished = first.get("StartDate", ""), first.get("Finished", "").casefold()
    # A response may lack a date, since that is where somebody was when: it still says whether it was finished.
    texts = date and not any(character.isdigit() for character in date) and finished not in FINISHED
    return sheet.lines[2:] if texts else sheet.lines[1:]


def _questions(sheet: Sheet, known: Identity) -> dict[str, Heard]:
    """What each column that is a rating is of."""
    others = [name for name in sheet.header if name and name not in META]
    known.needed(sheet.file, others[0] if others else "Q1")
    found = {name: heard for name in others if (heard := known.of(name))}
    if not found:
        raise BadInput(f"{sheet.file}: --key names none of its questions: {', '.join(others)[:300]}")
    return found


def _unused(sheet: Sheet, known: Identity) -> list[str]:
    """Questions that nobody says what they are, and the key's that are not in the file."""
    there = [name for name in sheet.header if name and name not in META and not known.of(name)]
    absent = [name for name in known.table if name not in sheet.header]
    notes = [f"{sheet.file}: columns not used: {', '.join(there)}"] if there else []
    return [*notes, *([f"{sheet.file} lacks questions of --key: {', '.join(absent)}"] if absent else [])]


def _drafts(
    sheet: Sheet, entry: Entry, person: str, questions: Mapping[str, Heard], options: Options
) -> Iterator[Draft]:
    for name, heard in questions.items():
        if entry.cells[name].casefold() not in ABSENT:
            yield Draft(
                file=sheet.file,
                row=entry.row,
                rater=entry.cells[person],
                session=entry.cells["ResponseId"] or None,
                item=heard.item,
                system=heard.system,
                dimension=heard.dimension or options.asked(sheet.file),
                score=sheet.number(entry.cells[name]),
                more=heard.more,
            )


def _session(cells: Mapping[str, str], person: str, options: Options) -> Session:
    return Session(
        test_id=options.named(),
        session_id=options.session(cells["ResponseId"]) if cells["ResponseId"] else None,
        rater_id=options.rater(cells[person]),
        platform="qualtrics",
        status=FINISHED.get(cells["Finished"].casefold()),
        started_at=cells["StartDate"] or None,
        finished_at=cells["EndDate"] or None,
        work_time_s=positive(cells.get("Duration (in seconds)", "")),
    )


QUALTRICS = Format("Qualtrics", recognises, read)
