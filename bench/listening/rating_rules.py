"""Rules about single ratings: not heard, too fast, given twice, far from all others."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from bench.listening.evidence import Evidence, Verdict, session_key
from bench.listening.rating import Rating

HEARD = ("test", "reference", "anchor")


def not_fully_played(evidence: Evidence) -> list[Verdict] | None:
    """Sounds that were not played to their end."""
    least = evidence.rules.listened
    groups = evidence.grouped(lambda one: one.listened_frac, *HEARD)
    low = {place: share for share, places in groups.items() if share < least for place in places}
    what = f"share played at least {least:g}"
    return [_single(evidence, place, share, what) for place, share in sorted(low.items())] if groups else None


def _single(evidence: Evidence, place: int, value: float, threshold: str) -> Verdict:
    rating = evidence.ratings[place]
    return Verdict(rating.rater_id, rating.session_id, value, threshold, (place,))


def too_fast(evidence: Evidence) -> list[Verdict] | None:
    """Ratings given before the sound, or all sounds of the page or session, can have been heard."""
    groups = evidence.grouped(_timed, *HEARD)
    checked = [(places, share) for places in groups.values() if (share := _share(evidence, places)) is not None]
    least = evidence.rules.fastest
    what = f"response time at least {least:g} of the sound"
    found = [_single(evidence, place, share, what) for places, share in checked if share < least for place in places]
    return found if checked else None


def _timed(rating: Rating) -> object:
    """What a response time covers, as the ratings that share it."""
    if rating.response_time_s is None:
        return None
    where = {"stimulus": (rating.stimulus,), "page": (rating.item_id,)}.get(rating.time_scope or "", ())
    return rating.time_scope, session_key(rating), rating.response_time_s, *where


def _share(evidence: Evidence, places: Sequence[int]) -> float | None:
    """Time taken over the length of all that was heard in it; None if a length is not known."""
    heard = {evidence.ratings[place].stimulus: evidence.ratings[place].audio_duration_s for place in places}
    lengths = [length for length in heard.values() if length is not None]
    taken = evidence.ratings[places[0]].response_time_s
    return None if taken is None or len(lengths) < len(heard) else taken / sum(lengths)


def duplicate_rating(evidence: Evidence) -> list[Verdict] | None:
    """A stimulus that one rater rated twice: the first session counts, and in it the last revision."""
    groups = evidence.grouped(
        lambda one: (one.test_id, one.rater_id, one.stimulus, one.dimension) if one.rater_id else None, *HEARD
    )
    return [verdict for places in groups.values() if len(places) > 1 for verdict in _repeated(evidence, places)]


def _repeated(evidence: Evidence, places: Sequence[int]) -> Iterator[Verdict]:
    given = evidence.ratings
    first = first_session(evidence, places)
    own = [place for place in places if given[place].session_id == first]
    kept = max(own, key=lambda place: (given[place].revision or 1, place))
    for place in places:
        if place != kept:
            yield _single(evidence, place, float(len(places)), "one rating of a stimulus by a rater")


def first_session(evidence: Evidence, places: Sequence[int]) -> str | None:
    """The session that began first, or whose ratings come first where that is not known of all."""
    given = [evidence.ratings[place] for place in places]
    known = {one.session_id: evidence.sessions.get(session_key(one) or ("", "", "")) for one in given}
    starts = {name: one.started_at for name, one in known.items() if one and one.started_at}
    return min(starts, key=lambda name: starts[name]) if len(starts) == len(known) else given[0].session_id


def vote_outlier(evidence: Evidence) -> list[Verdict] | None:
    """Votes far from the mean of their system; only on request, since it trims honest disagreement.

    Among n votes none can be further than the root of n - 1: a limit of 3.29 drops nothing below 12 votes. Votes that
    are all alike have no deviation, and stay.
    """
    limit = evidence.rules.outlier_z
    if limit is None:
        return None
    groups = evidence.grouped(lambda one: (one.test_id, one.dimension, one.system_id, one.compared_system_id), "test")
    found = []
    for places in groups.values():
        scores = [evidence.ratings[place].score for place in places]
        mean, spread = statistics.fmean(scores), statistics.pstdev(scores)
        apart = (
            {place: abs(score - mean) / spread for place, score in zip(places, scores, strict=True)} if spread else {}
        )
        found += [_single(evidence, place, z, f"|z| below {limit:g}") for place, z in apart.items() if z >= limit]
    return found
