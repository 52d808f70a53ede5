"""beaqleJS's results: one file a person, a JSON list of what became of each test set and, at its end, who it was."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bench.errors import BadInput, listed, unknown
from bench.listening.document import object_of, text_of
from bench.listening.identity import Identity, identity
from bench.listening.intake import Draft, Format, Options, Reading, parted
from bench.listening.sheet import Refused, Sheet
from bench.listening.trials import KINDS, Trial, drafts

WHO = ("UserEmail", "UserName")  # what tells people apart, the better first
FILE = "file"
HIDDEN = {"Reference": "reference"}  # beaqleJS's label of the hidden reference, and webMUSHRA's
ORDER = re.compile(r"A=(?P<A>.+), B=(?P<B>.+)")
ABX = "an ABX answer, with which beaqleJS writes neither test set nor systems: it can't be told what was heard"
BY_FILE = "who sent no e-mail address and no name is told by the file: who came twice counts as two"
LABELS = "systems are the labels and prompts the test sets; --key or --condition-pattern tell them by "
SILENT = "beaqleJS names files after people: names, addresses, comments and names of files are not kept with ratings"


class Person(NamedTuple):
    """One file: what a person said of each test set, the name that tells the person, and what it is."""

    file: str
    entries: Sequence[Any]
    name: str
    told: str


def recognises(sheet: Sheet, _: Options) -> bool:
    """Whether a file is a list in which a test set is named, or of ABX answers and the person who gave them."""
    found = sheet.document
    if not isinstance(found, list) or not found:
        return False
    named = any(isinstance(one, dict) and "TestID" in one for one in found)
    return named or (_is_person(found[-1]) and any(isinstance(one, bool) for one in found))


def _is_person(entry: Any) -> bool:
    return isinstance(entry, dict) and "TestID" not in entry and any(name in entry for name in WHO)


def read(sheets: Sequence[Sheet], options: Options) -> Reading:
    """The files of one test.

    Raises:
        BadInput: a file has no test sets, or names its person in no text; an option names what is not there.
    """
    known = identity(options)
    question = options.asked(sheets[0].file) if options.question else ""
    people = [_person(sheet, options) for sheet in sheets]
    found = [
        _hidden(one, person, options)
        for person in people
        for row, entry in enumerate(person.entries, 1)
        if not _unshown(entry)
        for one in _taken(person, row, entry, question, known)
    ]
    votes, refused = parted(found)
    return Reading(votes, refused=refused, notes=[*known.notes, *_notes(people, votes, known)])


def _person(sheet: Sheet, options: Options) -> Person:
    entries: list[Any] = list(sheet.document)
    user: dict[str, Any] = {}
    while entries and _is_person(entries[-1]):  # beaqleJS adds one for each attempt to send; the last one counts
        user = {**entries.pop(), **user}
    if not entries:
        raise BadInput(f"{sheet.file} is beaqleJS's, but holds no test set")
    given = options.rater_from
    if given not in (None, *WHO, FILE):
        raise BadInput(f"--rater-from: {sheet.file}: {unknown('field', given or '', (*WHO, FILE))}")
    try:
        names = {field: text_of(user.get(field), field) for field in ((given,) if given else WHO)}
    except ValueError as error:
        raise BadInput(f"{sheet.file}: {error}") from None
    told = next((field for field, name in names.items() if name), FILE)
    return Person(sheet.file, entries, names.get(told) or sheet.file, told)


def _unshown(entry: Any) -> bool:
    """Whether a test set was left out for this person."""
    return isinstance(entry, dict) and entry.keys() == {"TestID"}


def _hidden(one: Draft | Refused, person: Person, options: Options) -> Draft | Refused:
    """A vote whose source is a pseudonym too, since the file's name may hold the person's."""
    if isinstance(one, Refused):
        return one
    return one._replace(more={**one.more, "source_file": options.session(person.file)})


def _taken(person: Person, row: int, entry: Any, question: str, known: Identity) -> list[Draft | Refused]:
    """The votes of a test set, or why it is none."""
    try:
        return list(_votes(person, row, entry, question, known))
    except ValueError as error:
        return [Refused(person.file, row, str(error))]


def _votes(person: Person, row: int, entry: Any, question: str, known: Identity) -> Iterator[Draft | Refused]:
    if isinstance(entry, bool):
        raise ValueError(ABX)
    fields = object_of(entry, "the entry")
    if not (name := text_of(fields.get("TestID"), "TestID")):
        raise ValueError(f"no TestID; it has: {', '.join(fields)}")
    trial = Trial(person.file, row, "", "", name, person.name, person.file, {"rating_time": _runtime(fields)})
    if "rating" in fields:
        yield from _mushra(trial._replace(kind="mushra"), fields, question, known)
    elif "Preference" in fields or "PresentationOrder" in fields:
        yield from _preference(trial._replace(kind="paired_comparison"), fields, question, known)
    else:
        raise ValueError(f"neither rating nor Preference; it has: {', '.join(fields)}")


def _runtime(fields: Mapping[str, Any]) -> str:
    """Milliseconds on the page."""
    time = fields.get("Runtime")
    if time is not None and (isinstance(time, bool) or not isinstance(time, int | float) or not 0 <= time < 1e15):
        raise ValueError("Runtime is not a number of milliseconds, from 0 on")
    return text_of(time, "Runtime")


def _mushra(trial: Trial, fields: Mapping[str, Any], question: str, known: Identity) -> Iterator[Draft | Refused]:
    sounds = object_of(fields["filename"], "filename") if fields.get("filename") else {}
    for label, score in object_of(fields["rating"], "rating").items():
        given = text_of(score, f"the rating of {label!r}")
        cells = {**trial.cells, "rating_stimulus": HIDDEN.get(label, label.strip()), "rating_score": given}
        sound = text_of(sounds.get(label), f"the filename of {label!r}")
        yield from drafts(trial._replace(cells=cells, sound=sound), (question or KINDS[trial.kind].question,), known)


def _preference(trial: Trial, fields: Mapping[str, Any], question: str, known: Identity) -> Iterator[Draft | Refused]:
    """One system against the other, always the same way round: 1 if it was preferred, -1 if the other was."""
    text = text_of(fields.get("PresentationOrder"), "PresentationOrder")
    order = ORDER.fullmatch(text)
    if not order or order["A"] == order["B"]:
        raise ValueError(f"PresentationOrder is {text!r}, but must be such as 'A=B, B=A'")
    chosen = text_of(fields.get("Preference"), "Preference")
    if chosen not in ("", "A", "B"):
        raise ValueError(f"Preference is {chosen!r}, but must be A or B")
    systems = _systems(trial.item, order.groups(), known)
    one, other = sorted(systems, key=lambda label: systems[label])
    answer = "" if not chosen else "incorrect" if order[chosen] == one else "correct"  # as if the other were right
    cells = {**trial.cells, "choice_non_reference": one, "choice_reference": other, "choice_answer": answer}
    more = {"compared_system_id": systems[other], "presented_order": "AB" if order["A"] == one else "BA"}
    for draft in drafts(trial._replace(cells=cells), (question or KINDS[trial.kind].question,), known):
        yield draft._replace(more={**draft.more, **more}) if isinstance(draft, Draft) else draft


def _systems(item: str, labels: Sequence[str], known: Identity) -> dict[str, str]:
    """What each of two labels is."""
    if not known.known:
        return {label: label for label in labels}
    heard = {}
    for label in labels:
        found = known.of(f"{item}/{label}")
        if found is None:
            raise ValueError(known.unknown(f"{item}/{label}"))
        heard[label] = found
    items = sorted({one.item for one in heard.values()})
    if len(items) > 1:
        raise ValueError(f"two prompts are compared: {', '.join(items)}")
    return {label: one.system for label, one in heard.items()}


def _notes(people: Sequence[Person], votes: Sequence[Draft], known: Identity) -> Iterator[str]:
    told = Counter(person.told for person in people)
    counts = ", ".join(f"{field} ({told[field]})" for field in (*WHO, FILE) if told[field])
    yield f"{listed([person.file for person in people], 3)}: beaqleJS, {len(people)} people; told by {counts}"
    if told[FILE]:
        yield BY_FILE
    unshown = sum(_unshown(entry) for person in people for entry in person.entries)
    if unshown:
        yield f"{unshown} test sets were not shown to somebody: entries with nothing but TestID"
    if votes and not known.known:
        yield _labels(people, votes)
    if any(vote.method == KINDS["paired_comparison"].method for vote in votes):
        yield "preferences: of two systems, the first by name: 1 where it was preferred, -1 where the other was"
    yield SILENT


def _labels(people: Sequence[Person], votes: Sequence[Draft]) -> str:
    """What a key would have to name: files, or, where none are named, as of pairs, test sets and labels."""
    entries = {(person.file, row): entry for person in people for row, entry in enumerate(person.entries, 1)}
    bare = [vote for vote in votes if not entries[vote.file, vote.row].get("filename")]
    names = ["the file names"] if len(bare) < len(votes) else []
    return LABELS + " or ".join([*names, *(f"TestID/label, such as {one.item}/{one.system}" for one in bare[:1])])


BEAQLEJS = Format("beaqleJS", recognises, read)
