"""Prolific's export of submissions: what is known of the people who rated elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bench.listening.assignments import positive
from bench.listening.intake import Format, Options, Reading, joined
from bench.listening.rating import Session
from bench.listening.sheet import Refused, Sheet, entries

STATUS = {
    "approved": "complete",
    "awaitingreview": "complete",
    "rejected": "rejected",
    "returned": "returned",
    "timedout": "partial",
    "active": "partial",
    "screenedout": "screened_out",
}
MISSING = {"", "CONSENT_REVOKED", "DATA_EXPIRED"}


def plain(name: str) -> str:
    """A column's name without case, blanks and underscores, which Prolific has changed more than once.

    >>> plain("Participant id"), plain("participant_id")
    ('participantid', 'participantid')
    """
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def recognises(sheet: Sheet, _: Options) -> bool:
    """Whether a file lists submissions."""
    names = {plain(name) for name in sheet.header}
    return {"participantid", "status"} <= names and bool({"submissionid", "timetaken", "enteredcode"} & names)


def read(sheets: Sequence[Sheet], options: Options) -> Reading:
    """One session a submission, to be joined to ratings by participant."""
    return joined(_of_sheet(sheet, options) for sheet in sheets)


def _of_sheet(sheet: Sheet, options: Options) -> Reading:
    kept, refused = entries(sheet)
    sessions = []
    for row, cells in kept:
        known = {plain(name): cell for name, cell in cells.items() if cell not in MISSING}
        if plain(known.get("status", "")) not in STATUS:
            refused.append(Refused(sheet.file, row, f"status {known.get('status', '')!r} is none that Prolific has"))
        elif "participantid" not in known:
            refused.append(Refused(sheet.file, row, "no participant"))
        else:
            sessions.append(_session(known, options))
    # The whole submission first, so that one that was returned before does not hide it.
    sessions.sort(key=lambda one: one.status != "complete")
    note = f"{sheet.file}: Prolific, {len(sessions)} submissions; joined to ratings by participant"
    return Reading((), sessions, (), refused, (note,))


def _session(known: Mapping[str, str], options: Options) -> Session:
    age = known.get("age", "")
    return Session(
        test_id=options.named(),
        session_id=None,
        rater_id=options.rater(known["participantid"]),
        platform="prolific",
        status=STATUS[plain(known["status"])],
        started_at=known.get("startedat"),
        finished_at=known.get("completedat"),
        work_time_s=positive(known.get("timetaken", "")),
        native_language=known.get("firstlanguage") or known.get("nativelanguage"),
        age_band=f"{int(age) // 10 * 10}-{int(age) // 10 * 10 + 9}" if age.isdecimal() else None,
    )


PROLIFIC = Format("Prolific export", recognises, read, alone=False)
