"""tts-mos-test-mturk's projects, v0.0.1 and v0.0.2: a JSON object of workers, their assignments and their ratings."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bench.errors import BadInput
from bench.listening.assignments import misfit, positive, rejected_note, session_of
from bench.listening.document import list_of, object_of, text_of
from bench.listening.intake import Draft, Format, Options, Reading, joined, parted
from bench.listening.rating import Session
from bench.listening.sheet import Entry, Refused, Sheet

DEVICES = {"over-the-ear": "over-ear", "desktop": "loudspeaker"}  # others stay as they are
MOMENT = "%d.%m.%y %H:%M:%S"


class Work(NamedTuple):
    """One assignment: by MTurk's names of columns what is known of it, and what stands in its ratings' place."""

    cells: Mapping[str, str]
    ratings: Any


def recognises(sheet: Sheet, _: Options) -> bool:
    """Whether a file is an object with workers."""
    return isinstance(sheet.document, dict) and isinstance(sheet.document.get("workers"), dict)


def read(sheets: Sequence[Sheet], options: Options) -> Reading:
    """Projects of one test.

    Raises:
        BadInput: a file has no workers; what it lists is no list; or nothing says what was asked.
    """
    return joined(_of_sheet(sheet, options) for sheet in sheets)


def _of_sheet(sheet: Sheet, options: Options) -> Reading:
    works = list(_works(sheet))
    asked = options.asked(sheet.file) if any(_is_plain(work) for work in works) else ""
    lists = {name: _list(sheet, field) for name, field in (("algorithm", "algorithms"), ("file", "files"))}
    found: list[Draft | Refused] = []
    entries: list[Entry] = []
    sessions = []
    row = 1  # of ratings, counted through the file
    for work in works:
        if isinstance(work, str):
            found.append(Refused(sheet.file, row, work))
            row += 1
            continue
        entries.append(Entry(row, dict(work.cells)))
        ratings = _ratings(work)
        if bad := misfit(sheet, entries[-1], options):  # first: of rejected work nobody minds what it lacks
            found.append(bad)
        elif isinstance(ratings, str):
            found.append(Refused(sheet.file, row, ratings))
        else:
            sessions.append(_session(work.cells, options))
            for place, rating in enumerate(ratings, row):
                found += _taken(sheet, Entry(place, entries[-1].cells), rating, lists, asked)
        row += 1 if isinstance(ratings, str) else len(ratings)
    votes, refused = parted(found)
    notes = [*_notes(sheet, entries), *rejected_note(sheet, entries, options)]
    return Reading(votes, sessions, (), refused, notes)


def _works(sheet: Sheet) -> Iterator[Work | str]:
    """The assignments, and why what stands in an assignment's or a worker's place is none."""
    if not sheet.document["workers"]:
        raise BadInput(f"{sheet.file} is tts-mos-test-mturk's, but has no workers")
    for worker, person in sheet.document["workers"].items():
        try:
            known = object_of(person, "a worker")
            split = "assignments" in known  # as v0.0.2 has them, below what is known of the worker
            held = object_of(known["assignments"], "assignments") if split else known
        except ValueError as error:
            yield str(error)
            continue
        for name, fields in held.items():
            try:
                yield _work(worker, name, fields, known.get("age_group") if split else None)
            except ValueError as error:
                yield str(error)


def _work(worker: str, name: str, fields: Any, age: Any) -> Work:
    found = object_of(fields, "an assignment")
    given = {field: text_of(found.get(field), field) for field in ("state", "worktime", "device", "time")}
    cells = {
        "WorkerId": worker.strip(),
        "AssignmentId": name.strip(),
        "AssignmentStatus": given["state"],
        "WorkTimeInSeconds": given["worktime"],
        "device": given["device"],
        "time": given["time"],
        "age_group": text_of(age, "age_group"),
    }
    return Work(cells, found.get("ratings"))


def _ratings(work: Work) -> Sequence[Any] | str:
    """The ratings of an assignment, or why they are none."""
    try:
        return list_of(work.ratings, "ratings")
    except ValueError as error:
        return str(error)


def _session(cells: Mapping[str, str], options: Options) -> Session:
    return dataclasses.replace(
        session_of(cells, options),
        finished_at=_moment(cells["time"]),
        output_device_reported=DEVICES.get(cells["device"], cells["device"]) or None,
        age_band=cells["age_group"] or None,
    )


def _moment(text: str) -> str | None:
    """When it was submitted, in ISO 8601; of which zone the file does not say.

    >>> _moment("13.07.23 05:08:04"), _moment("Mon Mar 06 08:59:21 PST 2023")
    ('2023-07-13T05:08:04', None)
    """
    try:
        return datetime.strptime(text, MOMENT).isoformat()
    except ValueError:
        return None


def _is_plain(work: Work | str) -> bool:
    """Whether an assignment has ratings that don't say what was asked."""
    ratings = work.ratings if isinstance(work, Work) and isinstance(work.ratings, list) else ()
    return any(isinstance(one, dict) and "rating" in one for one in ratings)


def _list(sheet: Sheet, field: str) -> frozenset[str]:
    """The names that the project lists; none if it does not."""
    if field not in sheet.document:
        return frozenset()
    try:
        return frozenset(text_of(one, f"one of {field}") for one in list_of(sheet.document[field], field))
    except ValueError as error:
        raise BadInput(f"{sheet.file}: {error}") from None


def _taken(
    sheet: Sheet, entry: Entry, rating: Any, lists: Mapping[str, frozenset[str]], asked: str
) -> list[Draft | Refused]:
    """The votes of a rating, one a dimension, or why it has none."""
    try:
        fields = object_of(rating, "a rating")
        heard = {name: _listed(text_of(fields.get(name), name), name, lists[name]) for name in lists}
        return [
            Draft(
                file=sheet.file,
                row=entry.row,
                rater=entry.cells["WorkerId"],
                session=entry.cells["AssignmentId"],
                item=heard["file"],
                system=heard["algorithm"],
                dimension=dimension.strip(),
                score=text_of(score, f"the vote on {dimension!r}"),
            )
            for dimension, score in _votes(fields, asked).items()
        ]
    except ValueError as error:
        return [Refused(sheet.file, entry.row, str(error))]


def _listed(name: str, what: str, known: frozenset[str]) -> str:
    if name and known and name not in known:
        raise ValueError(f"{what} {name!r} is none of those that the file lists")
    return name


def _votes(fields: Mapping[str, Any], asked: str) -> Mapping[str, Any]:
    """By dimension, the scores: v0.0.2 has several with their names, v0.0.1 one without."""
    if "votes" in fields:
        return object_of(fields["votes"], "votes")
    if "rating" in fields:
        return {asked: fields["rating"]}
    raise ValueError(f"neither votes nor rating; it has: {', '.join(fields)}")


def _notes(sheet: Sheet, entries: Sequence[Entry]) -> Iterator[str]:
    yield f"{sheet.file}: tts-mos-test-mturk, {len(entries)} assignments; row N is the file's Nth rating"
    cells = [entry.cells for entry in entries]
    times = sum(bool(one["time"]) and _moment(one["time"]) is None for one in cells)
    spans = sum(bool(one["WorkTimeInSeconds"]) and positive(one["WorkTimeInSeconds"]) is None for one in cells)
    if times:
        yield f"{sheet.file}: {times} times are not such as 13.07.23 05:08:04, and are left out"
    if spans:
        yield f"{sheet.file}: {spans} worktimes are no numbers of seconds, and are left out"
    if any(isinstance(one, dict) and "gender" in one for one in sheet.document["workers"].values()):
        yield f"{sheet.file}: the gender of workers and the names of HITs are not kept"


TTSMOS = Format("tts-mos-test-mturk", recognises, read)
