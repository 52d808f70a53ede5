"""Rules about sittings: traps, gold questions, the place and what it was heard with."""

from __future__ import annotations

from collections.abc import Iterator

from bench.listening.evidence import Evidence, Key, Verdict, point, session_key
from bench.listening.rating import Rating, Session
from bench.listening.rating_rules import HEARD, first_session, too_fast


def _session(evidence: Evidence, key: Key, value: float, threshold: str, *, drop: bool = True) -> Verdict:
    return Verdict(key[1] or None, key[2] or None, value, threshold, evidence.of_session(key) if drop else ())


def too_fast_session(evidence: Evidence) -> list[Verdict] | None:
    """Sittings in which too many ratings were too fast."""
    everything = evidence._replace(open=range(len(evidence.ratings)))
    single = too_fast(everything)
    if single is None:
        return None
    fast = {place for verdict in single for place in verdict.drops}
    limit = evidence.rules.fast_share
    groups = everything.grouped(session_key, *HEARD)
    shares = {key: len(fast.intersection(places)) / len(places) for key, places in groups.items()}
    what = f"share of ratings too fast at most {limit:g}"
    return [_session(evidence, key, share, what) for key, share in shares.items() if share > limit]


def trap_failed(evidence: Evidence) -> list[Verdict] | None:
    """Sittings with a trap that was not answered as it said."""
    if not evidence.rules.traps_right:
        return None
    groups = evidence.grouped(lambda one: session_key(one) if one.expected_score is not None else None, "trap")
    found = []
    for key, places in groups.items():
        wrong = sum(not _right(evidence.ratings[place], 0.0) for place in places)
        if wrong:
            found.append(_session(evidence, key, wrong, "no trap wrong"))
    return found if groups else None


def _right(rating: Rating, tolerance: float) -> bool:
    allowed = tolerance if rating.expected_tol is None else rating.expected_tol
    return rating.expected_score is not None and abs(rating.score - rating.expected_score) <= allowed + 1e-9


def gold_failed(evidence: Evidence) -> list[Verdict] | None:
    """Sittings with too few gold clips right; a clip is right if it is on all scales whose answer is known."""
    groups = evidence.grouped(lambda one: session_key(one) if one.expected_score is not None else None, "gold")
    needed, tolerance = evidence.rules.gold_right, evidence.rules.gold_tolerance
    found = []
    for key, places in groups.items():
        clips: dict[object, bool] = {}
        for rating in (evidence.ratings[place] for place in places):
            clips[rating.stimulus] = clips.get(rating.stimulus, True) and _right(rating, tolerance * point(rating))
        if sum(clips.values()) < needed:
            found.append(_session(evidence, key, sum(clips.values()), f"gold clips right at least {needed}"))
    return found if groups else None


def _known(evidence: Evidence) -> Iterator[tuple[Key, Session]]:
    """Sittings that have ratings and of which something is known."""
    there = {session_key(rating) for rating in evidence.ratings}
    yield from ((key, one) for key, one in evidence.sessions.items() if key in there)


def env_check(evidence: Evidence) -> list[Verdict] | None:
    """Sittings that failed the digit check or the just-noticeable-difference pairs."""
    rules, found, checked = evidence.rules, [], False
    for key, session in _known(evidence):
        for name, least in (("digits_correct", rules.digits_right), ("pairs_correct", rules.pairs_right)):
            right = getattr(session, name)
            checked |= right is not None
            if right is not None and right < least:
                found.append(_session(evidence, key, right, f"{name} at least {least}"))
    return found if checked else None


def headphone_fail(evidence: Evidence) -> list[Verdict] | None:
    """Sittings that failed the headphone check: a flag, unless the rules say that it drops."""
    least, found, checked = evidence.rules.headphones_right, [], False
    for key, session in _known(evidence):
        right, passed = session.headphone_correct, session.headphone_pass
        checked |= passed is not None or right is not None
        failed = passed is False or (passed is None and right is not None and right < least)
        if failed:
            what = f"headphone check: at least {least} of 6 right"
            found.append(_session(evidence, key, right or 0, what, drop=evidence.rules.headphones))
    return found if checked else None


def not_accepted(evidence: Evidence) -> list[Verdict] | None:
    """Sittings that the toolkit which ran the test would not use."""
    known = [(key, session) for key, session in _known(evidence) if session.accept_and_use is not None]
    bad = [key for key, session in known if not session.accept_and_use]
    return [_session(evidence, key, 0, "accepted and used by the toolkit") for key in bad] if known else None


def incomplete(evidence: Evidence) -> list[Verdict] | None:
    """Sittings that were not finished, returned or rejected: a flag."""
    known = [(key, one.status) for key, one in _known(evidence) if one.status]
    bad = [(key, status) for key, status in known if status != "complete"]
    return (
        [_session(evidence, key, 0, f"complete, but is {status}", drop=False) for key, status in bad] if known else None
    )


def duplicate_rater(evidence: Evidence) -> list[Verdict] | None:
    """Sittings held beside another of the same person; on request, every sitting but a person's first."""
    found = [
        _session(evidence, key, 1, "no other session at the same time")
        for key, session in _known(evidence)
        if session.parallel_session
    ]
    if evidence.rules.one_session:
        raters = evidence.grouped(lambda one: (one.test_id, one.rater_id) if one.rater_id else None, "test")
        for places in raters.values():
            first = first_session(evidence, places)
            later = {session_key(evidence.ratings[place]): None for place in places}
            keys = [key for key in later if key and key[2] != (first or "")]
            found += [_session(evidence, key, len(later), "one session a rater") for key in keys]
    asked = any(session.parallel_session is not None for _, session in _known(evidence)) or evidence.rules.one_session
    return found if asked else None
