"""What rules of quality control look at, their thresholds, and what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from bench.errors import unknown
from bench.listening.rating import Rating, Session

Key = tuple[str, str, str]  # test, rater, session
K = TypeVar("K")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Thresholds; those in points are of a scale from 1 to 5, and grow with the scale.

    Attributes:
        off: codes of rules that are not asked.
        listened: least share of a sound that must have been played.
        fastest: least response time, as a share of the sound's length.
        fast_share: a session with more of its ratings too fast is dropped whole.
        traps_right: whether every trap must be answered as told.
        gold_tolerance: points that a gold answer may be off, where the key does not say.
        gold_right: how many gold clips a session must get right.
        straight_variance: least variance of a session's scores, in points squared; where the scale is finer, in its
            steps squared, and those are taken for no less than a twentieth of the scale. Of comparisons, of scores for
            the sound heard first.
        straight_items: from how many scores on that is asked.
        digits_right, pairs_right: least right answers of the digit check, of the just-noticeable-difference pairs.
        headphones: whether a failed headphone check drops a session; otherwise it is a flag.
        headphones_right: least right answers of 6.
        one_session: whether only the first session of each rater counts.
        agreement: least leave-one-out correlation.
        agreement_stimuli: from how many stimuli on a lower one drops; below, it is a flag.
        other_votes: a stimulus counts for that if so many others rated it.
        pass_rate: least share of a rater's sessions that must be usable.
        low_anchor, mid_anchor: names of the anchors.
        anchor_inversions: most trials in which the low anchor may stand above the mid one, as a share.
        transparent: share of the scale from which on a sound is taken for the reference.
        reference_share: most items with the hidden reference below that, or the mid anchor above, as a share.
        easy_anchor: if more raters than this share put the mid anchor there, none is dropped for it.
        most_sessions: sessions of one rater above which that is a flag.
        most_share: share of all ratings, above which, if twice the even share, that is a flag.
        outlier_z: drop votes so many standard deviations from their system's mean; None for not at all.
        self_consistency: most points that repeated ratings may differ on average.
        least_votes: stimuli with fewer are counted.
    """

    off: tuple[str, ...] = ()
    listened: float = 0.95
    fastest: float = 0.9
    fast_share: float = 0.2
    traps_right: bool = True
    gold_tolerance: float = 1.0
    gold_right: int = 1
    straight_variance: float = 0.1
    straight_items: int = 8
    digits_right: int = 1
    pairs_right: int = 2
    headphones: bool = False
    headphones_right: int = 5
    one_session: bool = False
    agreement: float = 0.25
    agreement_stimuli: int = 50
    other_votes: int = 3
    pass_rate: float = 0.5
    low_anchor: str = "anchor35"
    mid_anchor: str = "anchor70"
    anchor_inversions: float = 0.2
    transparent: float = 0.9
    reference_share: float = 0.15
    easy_anchor: float = 0.25
    most_sessions: int = 60
    most_share: float = 0.2
    outlier_z: float | None = None
    self_consistency: float = 1.5
    least_votes: int = 3


class Evidence(NamedTuple):
    """What a rule sees.

    Attributes:
        ratings: all of them.
        open: places of those that no earlier level dropped.
        sessions: what is known of sittings.
        rules: the thresholds.
        failed: sittings that a session rule dropped.
    """

    ratings: Sequence[Rating]
    open: Sequence[int]
    sessions: Mapping[Key, Session]
    rules: Rules
    failed: frozenset[Key] = frozenset()

    def grouped(self, key: Callable[[Rating], K | None], *roles: str) -> dict[K, list[int]]:
        """Places of open ratings of some roles by a key; those whose key is None are left out."""
        groups: dict[K, list[int]] = {}
        for place in self.open:
            rating = self.ratings[place]
            if rating.role in roles and (group := key(rating)) is not None:
                groups.setdefault(group, []).append(place)
        return groups

    def of_session(self, key: Key) -> tuple[int, ...]:
        """Places of all ratings of one sitting, those included that an earlier level dropped."""
        return tuple(place for place, one in enumerate(self.ratings) if session_key(one) == key)

    def of_rater(self, key: tuple[str, str]) -> tuple[int, ...]:
        """Places of all ratings of one rater in one test, those included that an earlier level dropped."""
        return tuple(place for place, one in enumerate(self.ratings) if rater_key(one) == key)


class Verdict(NamedTuple):
    """One rule that fired: on whom, what was measured, what it was held to, and the ratings it drops (none: a flag)."""

    rater: str | None
    session: str | None
    value: float
    threshold: str
    drops: Iterable[int] = ()


def session_key(rating: Rating) -> Key | None:
    """The sitting that a rating is of; without one, all of the rater's; None if both are unknown."""
    if rating.rater_id is None and rating.session_id is None:
        return None
    return rating.test_id, rating.rater_id or "", rating.session_id or ""


def rater_key(rating: Rating) -> tuple[str, str] | None:
    """The rater in one test; None if unknown."""
    return (rating.test_id, rating.rater_id) if rating.rater_id is not None else None


def point(rating: Rating) -> float:
    """What a point of a scale from 1 to 5 is on the rating's scale."""
    return (rating.scale_max - rating.scale_min) / 4


def compares(rating: Rating) -> bool:
    """Whether a score says which of two sounds is better, or was known again: the same one each time is a result."""
    signed = rating.scale_min < 0 < rating.scale_max and rating.compared_system_id is not None
    return signed or rating.method in ("ab", "abx", "ccr")


def require_codes(off: Iterable[str], known: Iterable[str]) -> None:
    """Stop where a rule that is to be off is none.

    Raises:
        BadInput: no rule has that code.
    """
    names = list(known)
    for code in off:
        if code not in names:
            raise unknown("rule", code, names)
