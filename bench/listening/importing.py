"""Ratings from files of any known format: each file told by its header, each row taken or refused with a reason."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.errors import BadInput, unknown
from bench.listening.admission import admit, require_labels
from bench.listening.crowdmos import CROWDMOS
from bench.listening.golisten import GOLISTEN
from bench.listening.intake import SALT, TEST, Draft, Format, Imported, Options, Reading
from bench.listening.long import LONG
from bench.listening.mturk import MTURK
from bench.listening.p808 import P808
from bench.listening.prolific import PROLIFIC
from bench.listening.qualtrics import QUALTRICS
from bench.listening.rating import Rating, Session, Stimulus
from bench.listening.sheet import Refused, Sheet, read_sheet
from bench.listening.webmushra import WEBMUSHRA

__all__ = ["FORMATS", "Format", "Imported", "Options", "Refused", "read"]
LONGEST = 600  # characters of a message


def read(files: Sequence[Path], *, form: str = "auto", options: Options) -> Imported:
    """The ratings of some files, brought into one form.

    Args:
        files: of one test, or of several that carry their own names; side tables (a Prolific export) among them.
        form: a key of ``FORMATS``, or "auto" to tell each file by its header.
        options: what the files don't say.

    Raises:
        BadInput: a file can't be read or told, or lacks what an option must say.
    """
    if form != "auto" and form not in FORMATS:
        raise unknown("format", form, ("auto", *FORMATS))
    try:
        return _read(files, form, options)
    except BadInput as error:
        raise BadInput(_one_line(str(error))) from None


def _one_line(text: str) -> str:
    """A message that may quote whatever a file holds, in one line of bearable length."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 2]} …"


def _read(files: Sequence[Path], form: str, options: Options) -> Imported:
    doubled = [path for path, count in Counter(path.resolve() for path in files).items() if count > 1]
    if doubled:
        raise BadInput(f"{doubled[0].name} is named twice")
    sheets: dict[str, list[Sheet]] = {}
    for path in files:
        sheet = read_sheet(path)
        sheets.setdefault(_told(sheet, form, options), []).append(sheet)
    readings = {name: FORMATS[name].read(group, options) for name, group in sheets.items()}
    if all(not FORMATS[name].alone for name in readings):
        raise BadInput(
            f"{', '.join(path.name for path in files) or 'nothing'} holds no ratings: name their files as well"
        )
    return _imported(readings, options)


def _told(sheet: Sheet, form: str, options: Options) -> str:
    """The format of a file: the one asked for, or that of a side table, or the one that recognises it."""
    fitting = [name for name, known in FORMATS.items() if known.recognises(sheet, options)]
    side = [name for name in fitting if not FORMATS[name].alone]
    if form in fitting or side:
        return form if form in fitting else side[0]
    header = ", ".join(name[:40] for name in sheet.header if name)[:200]
    if form != "auto":
        looks = f"; it looks like {fitting[0]}" if fitting else ""
        raise BadInput(f"{sheet.file} is not {form}{looks}; its first row is: {header}")
    if not fitting:
        raise BadInput(
            f"{sheet.file} is of no known format ({', '.join(FORMATS)}); its first row is: {header}; "
            "a table of one's own: --columns '{rater_id: NAME, system_id: NAME, item_id: NAME, score: NAME}'"
        )
    return fitting[0]


def _imported(readings: dict[str, Reading], options: Options) -> Imported:
    refused: list[Refused] = [row for reading in readings.values() for row in reading.refused]
    ratings: list[Rating] = []
    for name, reading in readings.items():
        require_labels(reading.votes, options)
        for vote in reading.votes:
            taken = admit(vote, options, name) if isinstance(vote, Draft) else vote
            (ratings if isinstance(taken, Rating) else refused).append(taken)  # type: ignore[arg-type]
    kept, doubled = _once(ratings)
    sessions, unheard = _merged([one for reading in readings.values() for one in reading.sessions], kept)
    notes = [note for reading in readings.values() for note in reading.notes]
    return Imported(
        format=" + ".join(readings),
        ratings=tuple(kept),
        sessions=sessions,
        stimuli=_stimuli(kept, [one for reading in readings.values() for one in reading.stimuli]),
        refused=tuple(_sorted([*refused, *doubled])),
        notes=tuple(_one_line(note) for note in (*notes, *unheard, *_of_all(readings, kept, options))),
    )


def _sorted(refused: Iterable[Refused]) -> list[Refused]:
    clean = [row._replace(why=_one_line(row.why)) for row in refused]
    return sorted(clean, key=lambda row: (row.file, row.row))


def _once(ratings: Iterable[Rating]) -> tuple[list[Rating], list[Refused]]:
    """Ratings, without those that stand there again, as where two exports overlap."""
    first: dict[tuple[Any, ...], Rating] = {}
    kept, doubled = [], []
    for rating in ratings:
        key: tuple[Any, ...] = (
            rating.test_id,
            rating.session_id,
            rating.rater_id,
            *rating.stimulus,
            rating.dimension,
            rating.score,
        )
        key += (rating.role, rating.trial_index, rating.revision, rating.submitted_at)
        before = first.setdefault(key, rating)
        if before is rating or rating.rater_id is None:
            kept.append(rating)
        else:
            why = f"duplicate: the same rating stands in {before.source_file}, row {before.source_row}"
            doubled.append(Refused(str(rating.source_file), rating.source_row or 0, why))
    return kept, doubled


def _merged(sessions: Iterable[Session], ratings: Sequence[Rating]) -> tuple[tuple[Session, ...], list[str]]:
    """One session a sitting; one that only a person is known of goes to all of the person's sittings."""
    sittings = dict.fromkeys((one.test_id, one.session_id, one.rater_id) for one in ratings if one.session_id)
    found: dict[tuple[str, str | None, str | None], Session] = {}
    persons: dict[str, Session] = {}
    for one in sessions:
        if one.session_id is None and one.rater_id:
            persons[one.rater_id] = _filled(persons.get(one.rater_id), one)
        else:
            key = (one.test_id, one.session_id, one.rater_id)
            found[key] = _filled(found.get(key), one)
    for test, session, rater in sittings:
        if rater in persons:
            known = dataclasses.replace(persons[rater], test_id=test, session_id=session)
            found[test, session, rater] = _filled(known, found.get((test, session, rater)))
    raters = {one.rater_id for one in ratings}
    unheard = [name for name in persons if name not in raters]
    notes = [f"{len(unheard)} of {len(persons)} people in the service's export rated nothing here"] if unheard else []
    alone = [one for name, one in persons.items() if name in raters and not any(key[2] == name for key in sittings)]
    return (*found.values(), *alone), notes


def _filled(one: Session | None, other: Session | None) -> Session:
    """A session, with what it does not know taken from another account of it."""
    if one is None or other is None:
        found = one or other
        assert found is not None
        return found
    names = [field.name for field in dataclasses.fields(Session)]
    return dataclasses.replace(one, **{name: getattr(other, name) for name in names if getattr(one, name) is None})


def _stimuli(ratings: Iterable[Rating], known: Sequence[Stimulus]) -> tuple[Stimulus, ...]:
    """What was heard: as the key says it, and what ratings alone tell of."""
    found = {one.stimulus_id: one for one in known}
    for rating in ratings:
        if rating.stimulus_id and rating.stimulus_id not in found:
            found[rating.stimulus_id] = Stimulus(
                stimulus_id=rating.stimulus_id,
                item_id=rating.item_id,
                system_id=rating.system_id,
                sample_index=rating.sample_index,
                role=rating.role,
                duration_s=rating.audio_duration_s,
                expected_score=rating.expected_score,
            )
    return tuple(found.values())


def _of_all(readings: dict[str, Reading], ratings: Sequence[Rating], options: Options) -> list[str]:
    """What must be said whatever the format."""
    drafts = [vote for reading in readings.values() for vote in reading.votes if isinstance(vote, Draft)]
    notes = []
    if any(draft.test is None for draft in drafts) and not options.test:
        notes.append(f"the files don't name their test; it is called {TEST!r} (--test gives another name)")
    if options.salt == SALT and any(draft.rater for draft in drafts):
        notes.append("raters' pseudonyms are made with a salt that everybody knows; give one's own with --salt")
    if any(rating.rater_id is None for rating in ratings):
        notes.append("raters are unknown: an interval can only cluster on clips, and is too narrow")
    return notes


FORMATS: dict[str, Format] = {
    "webmushra": WEBMUSHRA,
    "p808": P808,
    "mturk": MTURK,
    "qualtrics": QUALTRICS,
    "prolific": PROLIFIC,
    "golisten": GOLISTEN,
    "crowdmos": CROWDMOS,
    "long": LONG,
}
