"""Raw MTurk batches of the P.808 toolkit's pages, its traps, gold clips and playback counts among them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from bench.listening.assignments import is_batch, misfit, positive, rejected_note, session_of, vacant_note
from bench.listening.identity import Identity
from bench.listening.intake import Draft, Options, Reading, parted
from bench.listening.rating import Session
from bench.listening.sheet import Entry, Refused, Sheet, entries

ADDRESS = re.compile(r"answer\.q(\d+)_url")
SCALES = ("sig", "bak", "ovrl", "noise", "col", "loud", "disc", "reverb", "echo", "other")
SCORE = re.compile(rf"answer\.q(\d+)(_({'|'.join(SCALES)}))?")
GIVEN = re.compile(rf"(?:input\.q|answer\.q)(\d+)(?:_(?:url|p|r|{'|'.join(SCALES)}))?")  # a clip, or a score of it
METHODS = {"CMOS": "ccr", "DMOS": "dcr"}
TRAP = {"ccr": (0.0, 1.0), "dcr": (4.5, 0.5)}  # what a trap wants and how far off is right, where it names no answer
GOLD_TOLERANCE = 1.0


def method_of(question: str) -> str:
    """The method that a question of the toolkit belongs to.

    >>> method_of("CMOS"), method_of("MOS_SIG")
    ('ccr', 'acr')
    """
    return METHODS.get(question, "acr")


def plain(cells: Mapping[str, str]) -> dict[str, str]:
    """Cells by the names that the toolkit's parser uses: lower case, without ``_slide``."""
    return {name.lower().replace("_slide", ""): cell for name, cell in cells.items()}


def is_p808_batch(sheet: Sheet) -> bool:
    """Whether a batch has the answers of the toolkit's pages."""
    return is_batch(sheet) and any(ADDRESS.fullmatch(name) for name in plain(dict.fromkeys(sheet.header, "")))


class Task(NamedTuple):
    """One assignment: its cells by plain names, its clips by number (empty if it names none), and the method."""

    sheet: Sheet
    entry: Entry
    cells: Mapping[str, str]
    clips: Mapping[str, str]
    method: str


class Control(NamedTuple):
    """What a clip with a known answer is: trap or gold, the score wanted of a scale, how far off is right."""

    role: str
    wanted: float | None
    tolerance: float


def read_batch(sheet: Sheet, options: Options, known: Identity) -> Reading:
    """One batch.

    Raises:
        BadInput: recordings can't be told; or a page of one scale without ``--question``, if that is to be no MOS.
    """
    kept, refused = entries(sheet)
    found: list[Draft | Refused] = []
    sessions: list[Session] = []
    vacant = 0
    for entry in kept:
        if bad := misfit(sheet, entry, options):
            refused.append(bad)
            continue
        task = _task(sheet, entry)
        sessions.append(_session(task, options))
        empty = _vacant(task)
        vacant += sum(len(_scales(task, number)) for number in empty)
        found += _drafts(task, empty, options, known)
    votes, unfit = parted(found)
    roles = [vote.more.get("role") for vote in votes]
    notes = [
        f"{sheet.file}: P.808 batch; {roles.count('trap')} votes on traps, {roles.count('gold')} on gold clips",
        f"{sheet.file}: of playback it only says whether a clip was finished; listened_frac is 1 or 0",
        *vacant_note(sheet, vacant),
        *known.notes,
        *rejected_note(sheet, kept, options),
    ]
    return Reading(votes, sessions, (), [*refused, *unfit], notes)


def _task(sheet: Sheet, entry: Entry) -> Task:
    cells = plain(entry.cells)
    scored = {match[1]: "" for name, cell in cells.items() if (match := SCORE.fullmatch(name)) and cell}
    clips = scored | {match[1]: cell for name, cell in cells.items() if (match := ADDRESS.fullmatch(name))}
    compared = any(re.fullmatch(r"input\.q\d+_p", name) for name in cells)
    ordered = any(re.fullmatch(r"answer\.q\d+_order", name) for name in cells)
    return Task(sheet, entry, cells, clips, "ccr" if ordered else "dcr" if compared else "acr")


def _session(task: Task, options: Options) -> Session:
    cells = task.cells
    other = cells.get("answer.any_parallel_session", "").casefold()
    known = session_of(task.entry.cells, options)
    fields = {name: getattr(known, name) for name in Session.__dataclass_fields__}
    fields["page_hidden_s"] = positive(cells.get("answer.time_page_hidden_sec", ""))
    fields["parallel_session"] = {"true": True, "1": True, "false": False, "0": False}.get(other)
    fields["hearing_reported"] = cells.get("answer.8_hearing") or None
    return Session(**fields)


def _scales(task: Task, number: str) -> list[str]:
    return [scale for scale in SCALES if f"answer.q{number}_{scale}" in task.cells] or [""]


def _vacant(task: Task) -> set[str]:
    """The numbers under which an assignment that names other clips was given none: neither clip, score nor input."""
    given = {match[1] for name, cell in task.cells.items() if cell and (match := GIVEN.fullmatch(name))}
    empty = {number for number in task.clips if number not in given}
    return empty if any(task.clips.values()) else set()


def _drafts(task: Task, vacant: set[str], options: Options, known: Identity) -> Iterator[Draft | Refused]:
    if not any(task.clips.values()):
        yield Refused(task.sheet.file, task.entry.row, "every Answer.Q…_URL is empty, so nothing says what was heard")
        return
    for number, url in task.clips.items():
        if number in vacant:
            continue
        if not url:
            yield Refused(task.sheet.file, task.entry.row, f"Answer.Q{number}_URL is empty")
            continue
        for scale in _scales(task, number):
            yield _draft(task, number, url, scale, options, known)


def _draft(task: Task, number: str, url: str, scale: str, options: Options, known: Identity) -> Draft | Refused:
    control = _control(task, url, scale)
    file, row = task.sheet.file, task.entry.row
    if control:
        item, system, more = url.rsplit("/", 1)[-1], control.role, _wanted(control)
    else:
        known.needed(file, url)
        heard = known.of(url)
        if heard is None:
            return Refused(file, row, known.unknown(url))
        item, system, more = heard.item, heard.system, dict(heard.more)
    return Draft(
        file=file,
        row=row,
        rater=task.cells["workerid"],
        session=task.cells["assignmentid"],
        item=item,
        system=system,
        dimension=scale or options.question or {"ccr": "CMOS", "dcr": "DMOS"}.get(task.method, "MOS"),
        score=task.cells.get(f"answer.q{number}{'_' if scale else ''}{scale}", ""),
        method=task.method,
        more={**more, **_played(task, number), **_order(task, number)},
    )


def _wanted(control: Control) -> dict[str, Any]:
    fields: dict[str, Any] = {"role": control.role}
    if control.wanted is not None:
        fields |= {"expected_score": control.wanted, "expected_tol": control.tolerance}
    return fields


def _control(task: Task, url: str, scale: str) -> Control | None:
    """What is known of a clip's right answer, if it is there to be checked."""
    cells = task.cells
    if (trap := cells.get("input.tp")) and trap in url:
        wanted, tolerance = TRAP.get(task.method, (positive(cells.get("input.tp_ans", "")), 0.0))
        asked = scale in ("", "ovrl") or "answer.q1_col" in cells  # P.835 holds only its overall scale to it
        return Control("trap", wanted if asked else None, tolerance)
    if (gold := cells.get("input.gold_clips")) and gold in url:
        return Control("gold", positive(cells.get("input.gold_clips_ans", "")), GOLD_TOLERANCE)
    for suffix in ("", "_2"):
        if (gold := cells.get(f"input.gold_url{suffix}")) and gold in url:
            return Control("gold", _decoded(cells.get(f"input.gold_{scale}_ans{suffix}", "")), GOLD_TOLERANCE)
    return None


def _decoded(code: str) -> float | None:
    """The score in ``base64("{url}_{score}")``; None where there is none."""
    try:
        text = base64.b64decode(code, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return positive(text.rsplit("_", 1)[-1])


def _played(task: Task, number: str) -> dict[str, Any]:
    """How often a clip was started, and whether it, or each of a pair, was finished."""
    own = rf"(q_?{number}(_\w+)?|q_[ab]{number})"
    started, finished = (_counts(task, rf"answer\.audio_n_{what}_{own}") for what in ("play", "finish"))
    fields: dict[str, Any] = {"play_count": int(min(started))} if started else {}
    return {**fields, "listened_frac": float(min(finished) >= 1)} if finished else fields


def _counts(task: Task, pattern: str) -> list[float]:
    found = [positive(cell) for name, cell in task.cells.items() if re.fullmatch(pattern, name)]
    return [count for count in found if count is not None]


def _order(task: Task, number: str) -> dict[str, Any]:
    """Of a comparison: with the reference, and which came first; the toolkit has turned the sign already."""
    if task.method != "ccr":
        return {}
    order = {"pr": "AB", "rp": "BA"}.get(task.cells.get(f"answer.q{number}_order", "").casefold())
    return {"compared_system_id": "reference", "presented_order": order}
