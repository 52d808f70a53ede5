"""From a vote as a file has it to a rating, or to the reason why it is none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.errors import BadInput
from bench.listening.flaws import flaw, is_beyond, is_off_grid
from bench.listening.intake import ABSENT, NUMBER, Draft, Options, Placed, Reading
from bench.listening.rating import Rating
from bench.listening.sheet import SCALE, Refused

SCALES = {"mushra": (0.0, 100.0), "ccr": (-3.0, 3.0), "ab": (-1.0, 1.0)}  # of methods whose own is not 1 to 5
STEPS = {"bs1116": 0.1}  # of methods whose own is not 1


SLIPS = 0.05  # share of a file's rows; if more than that are out of the scale, it is the scale that is wrong


def admit(draft: Draft, options: Options, form: str) -> Placed | Refused:
    """The rating that a vote is, or why it is none."""
    score = number(draft.score, options.labels)
    lacking = [name for name in ("item", "system", "dimension") if not getattr(draft, name)]
    if draft.rater == "":
        lacking.append("rater")
    if lacking:
        return Refused(draft.file, draft.row, f"no {lacking[0]}")
    if isinstance(score, str):
        return Refused(draft.file, draft.row, score)
    rating = _rating(draft, score, options, form)
    why = flaw(rating)
    if why and is_beyond(rating):
        return Refused(draft.file, draft.row, f"{why} (--scale)", SCALE)
    if why:
        return Refused(draft.file, draft.row, f"{why} (--step)" if is_off_grid(rating) else why)
    return Placed(draft.file, draft.row, rating)


def _rating(draft: Draft, score: float, options: Options, form: str) -> Rating:
    low, high = options.scale or SCALES.get(draft.method, (1.0, 5.0))
    step = STEPS.get(draft.method, 1.0) if options.step is None else options.step
    fields: dict[str, Any] = {"scale_min": low, "scale_max": high, "scale_step": step}
    fields |= {"source_format": form, "source_file": draft.file, "source_row": draft.row, **draft.more}
    sample = int(fields.get("sample_index", 0))
    return Rating(
        test_id=options.named(draft.test),
        rater_id=None if draft.rater is None else options.rater(draft.rater),
        session_id=None if draft.session is None else options.session(draft.session),
        item_id=draft.item,
        system_id=draft.system,
        stimulus_id=options.stimulus(draft.item, draft.system, sample),
        dimension=draft.dimension.upper(),
        method=draft.method,
        score=score,
        **fields,
    )


def number(text: str, labels: Mapping[str, float]) -> float | str:
    """What a score is worth, or why it is worth nothing.

    >>> number(" 3 ", {}), number("Good", {"good": 4}), number("NA", {}), number("inf", {})
    (3.0, 4.0, 'no score', "score 'inf' is no number")
    """
    word = text.strip().casefold()
    for label, value in labels.items():
        if label.strip().casefold() == word:
            return float(value)
    if word in ABSENT:
        return "no score"
    return float(word) if NUMBER.fullmatch(word) else f"score {text.strip()!r} is no number"


def require_labels(votes: Iterable[Draft | Placed], options: Options) -> None:
    """Stop where scores are words that nobody has given a number.

    Raises:
        BadInput: a word stands there more than once, so that it is a choice and no slip.
    """
    drafts = [vote for vote in votes if isinstance(vote, Draft)]
    words = Counter(draft.score.strip() for draft in drafts)
    unknown = [
        word for word, count in words.items() if count > 1 and "is no number" in str(number(word, options.labels))
    ]
    if unknown:
        file = next(draft.file for draft in drafts if draft.score.strip() == unknown[0])
        listed = ", ".join(repr(word) for word in unknown[:6])
        raise BadInput(
            f"{file} has scores in words: {listed}; give their numbers as --labels '{{{unknown[0]}: 5, ...}}'"
        )


def require_scale(readings: Iterable[Reading], refused: Sequence[Refused]) -> None:
    """Stop where so many scores are out of the scale that the others can't stand for them.

    Args:
        readings: all that was read.
        refused: all that was not taken of it.

    Raises:
        BadInput: it is more than one row of a file, and more than ``SLIPS`` of them.
    """
    rows: dict[str, set[int]] = defaultdict(set)
    for reading in readings:
        for one in (*reading.votes, *reading.refused):
            rows[one.file].add(one.row)
    for file, given in rows.items():
        beyond = {row.row: row.why for row in refused if row.file == file and row.cause == SCALE}
        if len(beyond) > max(1, SLIPS * len(given)):
            first = min(beyond)
            raise BadInput(
                f"{file}: {len(beyond)} of {len(given)} rows are out of the scale, the first of them row {first}: "
                f"{beyond[first]}; --allow-refused goes on without them"
            )
