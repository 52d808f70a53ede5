"""What MTurk says of an assignment, whatever the task: who did it, when, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping

from bench.listening.intake import Options
from bench.listening.rating import Session
from bench.listening.sheet import ASKED, Entry, Refused, Sheet

COLUMNS = ("HITId", "AssignmentId", "WorkerId")


def is_batch(sheet: Sheet) -> bool:
    """Whether a file is an export of a batch with answers."""
    return sheet.has(*COLUMNS) and any(name.startswith("Answer.") for name in sheet.header)


def session_of(cells: Mapping[str, str], options: Options) -> Session:
    """The sitting that an assignment is; times are left out, since they are in no standard form."""
    return Session(
        test_id=options.named(),
        session_id=options.session(cells["AssignmentId"]),
        rater_id=options.rater(cells["WorkerId"]),
        platform="mturk",
        status="rejected" if _is_rejected(cells) else "complete",
        work_time_s=positive(cells.get("WorkTimeInSeconds", "")),
        payment=positive(cells.get("Reward", "").lstrip("$")),
        currency="USD" if cells.get("Reward", "").startswith("$") else None,
    )


def positive(cell: str) -> float | None:
    """A cell as a number that is not negative; None if it is none.

    >>> positive("12.5"), positive("-1"), positive("")
    (12.5, None, None)
    """
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def misfit(sheet: Sheet, entry: Entry, options: Options) -> Refused | None:
    """Why an assignment can't be used, if it can't: nobody did it, or it was rejected and such were to be dropped."""
    cells = entry.cells
    for name in ("WorkerId", "AssignmentId"):
        if not cells[name]:
            return Refused(sheet.file, entry.row, f"no {name}")
    if options.drop_rejected and _is_rejected(cells):
        return Refused(sheet.file, entry.row, "the assignment was rejected (--drop-rejected)", ASKED)
    return None


def _is_rejected(cells: Mapping[str, str]) -> bool:
    return cells.get("AssignmentStatus", "").casefold() == "rejected"


def rejected_note(sheet: Sheet, rows: list[Entry], options: Options) -> list[str]:
    """What was done with rejected assignments, if there are any."""
    count = len({row.cells["AssignmentId"] for row in rows if _is_rejected(row.cells)})
    what = "left out" if options.drop_rejected else "kept (--drop-rejected leaves them out)"
    return [f"{sheet.file}: {count} rejected assignments are {what}"] if count else []


def vacant_note(sheet: Sheet, count: int) -> list[str]:
    """What was done with places where nothing was heard, if there are any."""
    what = "answers have neither score nor recording, as where an assignment has fewer clips, and are passed over"
    return [f"{sheet.file}: {count} {what}"] if count else []
