"""Files of the P.808 toolkit (P.808, P.835, P.804): votes, reports, and the raw MTurk batches it starts from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.errors import BadInput
from bench.listening.assignments import misfit, rejected_note
from bench.listening.identity import Identity, identity
from bench.listening.intake import Draft, Format, Options, Reading, joined, parted
from bench.listening.p808_batch import is_p808_batch, method_of, read_batch
from bench.listening.rating import Session
from bench.listening.sheet import Entry, Refused, Sheet, entries

BY_RATER = ("workerid", "assignment_id", "file", "vote", "question_type")
BY_CLIP = ("file_url", "n", "vote_1")
SUMMARY = ("condition_name", "n")
CLEANING = ("worker_id", "assignment", "accept_and_use")
SHORT = "the toolkit keeps whole votes of sessions that it would use: what it dropped is not in the file"


def recognises(sheet: Sheet, _: Options) -> bool:
    """Whether a file is one of the toolkit's, or a batch of its pages."""
    return any(sheet.has(*names) for names in (BY_RATER, BY_CLIP, SUMMARY, CLEANING)) or is_p808_batch(sheet)


def read(sheets: Sequence[Sheet], options: Options) -> Reading:
    """Files of one test; what the toolkit says of assignments is joined by their id.

    Raises:
        BadInput: a file is a summary without votes; or recordings can't be told.
    """
    known = identity(options)
    return joined(_of_sheet(sheet, options, known) for sheet in sheets)


def _of_sheet(sheet: Sheet, options: Options, known: Identity) -> Reading:
    if sheet.has(*BY_RATER):
        return _by_rater(sheet, options, known)
    if sheet.has(*BY_CLIP):
        return _by_clip(sheet, options, known)
    if sheet.has(*CLEANING):
        return _cleaning(sheet, options)
    if sheet.has(*SUMMARY):
        raise BadInput(
            f"{sheet.file} is a summary, and has each vote in several rows: give …votes_per_worker….csv instead"
        )
    return read_batch(sheet, options, known)


def _dimension(question: str, options: Options) -> str:
    """What a question of the toolkit asks: MOS_SIG is SIG; a plain MOS is what ``--question`` says it is."""
    if question == "MOS" and options.question:
        return options.asked("")
    return question.removeprefix("MOS_")


def _by_rater(sheet: Sheet, options: Options, known: Identity) -> Reading:
    kept, refused = entries(sheet)
    votes = []
    renamed = [_renamed(entry) for entry in kept]
    for entry, named in zip(kept, renamed, strict=True):
        cells = entry.cells
        known.needed(sheet.file, cells["file"])
        heard = known.of(cells["file"])
        if bad := misfit(sheet, named, options):
            refused.append(bad)
        elif heard is None:
            refused.append(Refused(sheet.file, entry.row, known.unknown(cells["file"])))
        else:
            dimension = heard.dimension or _dimension(cells["question_type"], options)
            votes.append(
                Draft(
                    file=sheet.file,
                    row=entry.row,
                    rater=cells["workerid"],
                    session=cells["assignment_id"],
                    item=heard.item,
                    system=heard.system,
                    dimension=dimension,
                    score=cells["vote"],
                    method=method_of(cells["question_type"]),
                    more=heard.more,
                )
            )
    notes = [f"{sheet.file}: P.808 votes by rater; {SHORT}", *known.notes, *rejected_note(sheet, renamed, options)]
    return Reading(votes, (), (), refused, notes)


def _renamed(entry: Entry) -> Entry:
    """A row with MTurk's own names of columns beside the toolkit's."""
    cells = entry.cells
    status = cells.get("assignmentstatus", "")
    own = {"WorkerId": cells["workerid"], "AssignmentId": cells["assignment_id"], "AssignmentStatus": status}
    return Entry(entry.row, {**cells, **own})


def _by_clip(sheet: Sheet, options: Options, known: Identity) -> Reading:
    kept, refused = entries(sheet)
    question = next(
        (name for name in sheet.header if name in ("MOS", "CMOS", "DMOS") or name.startswith("MOS_")), "MOS"
    )
    for entry in kept[:1]:
        known.needed(sheet.file, entry.cells["file_url"])
    votes, unfit = parted(one for entry in kept for one in _votes_of(sheet, entry, question, options, known))
    return Reading(
        votes, (), (), [*refused, *unfit], [f"{sheet.file}: P.808 votes by clip, without raters", *known.notes]
    )


def _votes_of(
    sheet: Sheet, entry: Entry, question: str, options: Options, known: Identity
) -> Iterator[Draft | Refused]:
    """A clip's votes: as many as there are, since rows have as many cells as the clip with the most votes.

    Where there are fewer than the row itself counts, that is said.
    """
    heard = known.of(entry.cells["file_url"])
    if heard is None:
        yield Refused(sheet.file, entry.row, known.unknown(entry.cells["file_url"]))
        return
    given = [cell for name, cell in entry.cells.items() if name.startswith("vote_") and cell]
    counted = _count(entry.cells["n"])
    if not given or counted is None or len(given) < counted:  # more than it counts: it left outliers out of the mean
        yield Refused(sheet.file, entry.row, f"n is {entry.cells['n']!r}, but the row has {len(given)} votes")
    dimension, method = heard.dimension or _dimension(question, options), method_of(question)
    for cell in given:
        yield Draft(
            sheet.file, entry.row, None, None, heard.item, heard.system, dimension, cell, method, more=heard.more
        )


def _cleaning(sheet: Sheet, options: Options) -> Reading:
    """What the toolkit found of each assignment."""
    kept, refused = entries(sheet)
    sessions = [
        Session(
            test_id=options.named(),
            session_id=options.session(cells["assignment"]),
            rater_id=options.rater(cells["worker_id"]),
            platform="mturk",
            digits_correct=_count(cells.get("correct_math", "")),
            pairs_correct=_count(cells.get("correct_cmps", "")),
            accept_and_use=_count(cells["accept_and_use"]) == 1 or cells["accept_and_use"].casefold() == "true",
        )
        for _, cells in kept
    ]
    unused = sum(not session.accept_and_use for session in sessions)
    note = f"{sheet.file}: P.808 data cleaning, {len(sessions)} assignments, {unused} that the toolkit would not use"
    return Reading((), sessions, (), refused, (note,))


def _count(cell: str) -> int | None:
    """A count, which the toolkit writes as 1 or 1.0 or not at all."""
    try:
        return int(float(cell))
    except (ValueError, OverflowError):
        return None


P808 = Format("P.808 toolkit", recognises, read)
