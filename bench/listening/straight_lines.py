"""The rule about straight lines: sittings whose answers are all alike or, of two sounds, all for the same place."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from bench.listening.evidence import Evidence, Verdict, compares, point, session_key
from bench.listening.rating import Rating
from bench.listening.rating_rules import HEARD

FINEST = 20  # answers that people tell apart on a scale, however fine its steps
ORDERS = ("AB", "BA")
Sums = dict[object, tuple[float, int]]  # of a sound, all scores and how many
FEWEST = 0.25  # least share of each order among a sitting's pairs; with fewer, a preference is a line, and a line one
UNTOLD = (
    "; not asked: of two sounds compared, orders are unknown or nearly all the same, so place and preference are one"
)


def straight_line(evidence: Evidence) -> list[Verdict] | None:
    """Sittings with all scores alike in every dimension; a flag where the others found the sounds alike too.

    Hidden references and anchors count: who tells them from the systems draws no line. Who prefers one of two systems
    each time draws none either, but who prefers one place does: comparisons are held to their scores for the sound
    heard first. Of a sitting of which that is not known it is not asked, and only said if its scores are alike.
    """
    sums = _others(evidence)
    found, asked = [], False
    for key, places in evidence.grouped(session_key, *HEARD).items():
        parts = list(_dimensions(evidence, places).values())
        told = all(_told([evidence.ratings[place] for place in part]) for part in parts)
        asked |= told
        if line := _line(evidence, parts, sums, told):
            drops = evidence.of_session(key) if line.drop else ()
            found.append(Verdict(key[1] or None, key[2] or None, line.value, line.threshold, drops))
    return found if asked else None


class _Line(NamedTuple):
    """A sitting's variance, what it was held to in words, and whether it is dropped for it."""

    value: float
    threshold: str
    drop: bool


def _dimensions(evidence: Evidence, places: Sequence[int]) -> dict[str, list[int]]:
    parts: dict[str, list[int]] = {}
    for place in places:
        parts.setdefault(evidence.ratings[place].dimension, []).append(place)
    return parts


def _told(given: Sequence[Rating]) -> bool:
    """Whether a line can be told from a preference: nothing was compared, or each in its order, and in both of them."""
    compared = [one for one in given if compares(one)]
    orders = Counter(one.presented_order for one in compared if one.method != "abx")
    known = sum(orders[order] for order in ORDERS) == len(compared)
    return not compared or (known and min(orders[order] for order in ORDERS) >= FEWEST * len(given))


def _line(evidence: Evidence, parts: Sequence[Sequence[int]], sums: Sums, told: bool) -> _Line | None:
    """The line that a sitting's answers are, if they are one."""
    given = [[evidence.ratings[place] for place in part] for part in parts]
    tested = any(one.role == "test" for part in given for one in part)
    if not tested or any(len(part) < evidence.rules.straight_items for part in given):
        return None
    leasts = [_least(part[0], evidence.rules.straight_variance) for part in given]
    values = [statistics.variance(_placed(one, one.score) if told else one.score for one in part) for part in given]
    value, least = max(zip(values, leasts, strict=True), key=lambda spread: spread[0] - spread[1])
    if value >= least:
        return None
    compared = any(compares(one) for part in given for one in part)
    what = f"variance at least {least:.3g}{' of scores for the sound heard first' if compared and told else ''}"
    if not told:
        return _Line(value, what + UNTOLD, False)
    alike = all(_alike(part, sums, own) for part, own in zip(given, leasts, strict=True))
    return _Line(value, what + ("; others found the sounds alike too" if alike else ""), not alike)


def _least(rating: Rating, variance: float) -> float:
    """The least that the variance of a sitting's scores must be, in units of the rating's scale, squared.

    P.808's 0.1 is of whole points, where it allows one answer in ten to be a point off the others. On a finer scale a
    step takes the point's place, but never less than 1 / ``FINEST`` of the scale: sliders do not stand still.
    """
    own = point(rating)
    return variance * min(own, max(rating.scale_step, 4 * own / FINEST)) ** 2


def _placed(rating: Rating, score: float) -> float:
    """A score of a comparison as one for the sound heard first; any other as it is.

    It is mirrored in the middle of its scale where the other sound came first.
    """
    turned = compares(rating) and rating.presented_order == "BA"
    return rating.scale_min + rating.scale_max - score if turned else score


def _others(evidence: Evidence) -> Sums:
    """Sum and count of all scores of each stimulus in each dimension."""
    sums: Sums = {}
    for rating in (evidence.ratings[place] for place in evidence.open):
        total, count = sums.get(_sound(rating), (0.0, 0))
        sums[_sound(rating)] = total + rating.score, count + 1
    return sums


def _sound(rating: Rating) -> object:
    return rating.test_id, rating.dimension, rating.stimulus


def _alike(given: Sequence[Rating], sums: Sums, least: float) -> bool:
    """Whether the others' mean scores of a sitting's sounds, in its orders, vary no more than the sitting's may."""
    means = []
    for rating in given:
        total, count = sums[_sound(rating)]
        if count > 1:
            means.append(_placed(rating, (total - rating.score) / (count - 1)))
    return len(means) > 1 and statistics.variance(means) < least
