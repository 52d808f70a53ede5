"""Rules about raters: anchors, hidden references, sessions that failed, too many ratings, repeated ratings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import fmean

from bench.listening.evidence import Evidence, Verdict, point, rater_key, session_key
from bench.listening.rating import Rating

Shares = dict[tuple[str, str], float]


def _verdicts(
    evidence: Evidence, values: Mapping[tuple[str, str], float], threshold: str, *, drop: bool
) -> list[Verdict]:
    return [
        Verdict(rater, None, value, threshold, evidence.of_rater((test, rater)) if drop else ())
        for (test, rater), value in values.items()
    ]


def low_pass_rate(evidence: Evidence) -> list[Verdict] | None:
    """Raters of whose sessions too few can be used: the others go too."""
    sessions: dict[tuple[str, str], set[object]] = {}
    for rating in evidence.ratings:
        if (key := rater_key(rating)) and rating.session_id:
            sessions.setdefault(key, set()).add(session_key(rating))
    rates = {key: 1 - len(keys & evidence.failed) / len(keys) for key, keys in sessions.items() if len(keys) > 1}
    least = evidence.rules.pass_rate
    low = {key: rate for key, rate in rates.items() if rate < least}
    return _verdicts(evidence, low, f"share of sessions usable at least {least:g}", drop=True) if rates else None


def _share_of(evidence: Evidence, chosen: Callable[[Rating], bool], failed: Callable[[Rating], bool]) -> Shares:
    """By rater, of the chosen ratings the share that failed."""
    shares: Shares = {}
    for key, places in evidence.grouped(
        lambda one: rater_key(one) if chosen(one) else None, "reference", "anchor"
    ).items():
        shares[key] = fmean(failed(evidence.ratings[place]) for place in places)
    return shares


def _transparent(evidence: Evidence, rating: Rating) -> float:
    return rating.scale_min + evidence.rules.transparent * (rating.scale_max - rating.scale_min)


def mushra_hidden_ref(evidence: Evidence) -> list[Verdict] | None:
    """Raters who put the hidden reference low on too many items (BS.1534-3)."""
    shares = _share_of(
        evidence,
        lambda one: one.method == "mushra" and one.role == "reference",
        lambda one: one.score < _transparent(evidence, one),
    )
    limit = evidence.rules.reference_share
    what = f"hidden reference below {evidence.rules.transparent:.0%} of the scale on at most {limit:.0%} of items"
    high = {key: share for key, share in shares.items() if share > limit}
    return _verdicts(evidence, high, what, drop=True) if shares else None


def mushra_anchor(evidence: Evidence) -> list[Verdict] | None:
    """Raters who put the mid anchor high on too many items, unless too many raters do (BS.1534-3)."""
    rules = evidence.rules
    shares = _share_of(
        evidence,
        lambda one: one.method == "mushra" and one.system_id == rules.mid_anchor,
        lambda one: one.score > _transparent(evidence, one),
    )
    high = {key: share for key, share in shares.items() if share > rules.reference_share}
    easy = bool(shares) and len(high) / len(shares) > rules.easy_anchor
    what = f"mid anchor above {rules.transparent:.0%} of the scale on at most {rules.reference_share:.0%} of items"
    what += f"; more than {rules.easy_anchor:.0%} of raters did" if easy else ""
    return _verdicts(evidence, high, what, drop=not easy) if shares else None


def anchor_order(evidence: Evidence) -> list[Verdict] | None:
    """Raters who put the low anchor above the mid one in too many trials."""
    rules, trials = evidence.rules, Shares()
    names = (rules.low_anchor, rules.mid_anchor)
    groups = evidence.grouped(lambda one: rater_key(one) if one.system_id in names else None, "anchor")
    for key, places in groups.items():
        scores: dict[str, dict[object, float]] = {name: {} for name in names}
        for rating in (evidence.ratings[place] for place in places):
            scores[rating.system_id][rating.item_id, rating.dimension] = rating.score
        low, mid = (scores[name] for name in names)
        if both := low.keys() & mid.keys():
            trials[key] = fmean(low[item] > mid[item] for item in both)
    limit = rules.anchor_inversions
    bad = {key: share for key, share in trials.items() if share > limit}
    what = f"low anchor above the mid one in at most {limit:.0%} of trials"
    return _verdicts(evidence, bad, what, drop=True) if trials else None


def too_many(evidence: Evidence) -> list[Verdict] | None:
    """Raters with very many sessions, or with a large share of all ratings: a flag."""
    rules = evidence.rules
    groups = evidence.grouped(rater_key, "test")
    found = []
    for (test, rater), places in groups.items():
        raters = [key for key in groups if key[0] == test]
        share = len(places) / sum(len(groups[key]) for key in raters)
        sessions = len({evidence.ratings[place].session_id for place in places})
        if share > max(rules.most_share, 2 / len(raters)):
            found.append(Verdict(rater, None, share, f"at most {rules.most_share:.0%} of all ratings"))
        if sessions > rules.most_sessions:
            found.append(Verdict(rater, None, sessions, f"at most {rules.most_sessions} sessions"))
    return found if groups else None


def self_consistency(evidence: Evidence) -> list[Verdict] | None:
    """Raters whose repeated ratings differ much: a flag."""
    first: dict[object, float] = {}
    for place in (place for places in evidence.grouped(_judgement, "test").values() for place in places):
        first.setdefault(_judgement(evidence.ratings[place]), evidence.ratings[place].score)
    apart: dict[tuple[str, str], list[float]] = {}
    for key, places in evidence.grouped(rater_key, "repeat").items():
        for rating in (evidence.ratings[place] for place in places):
            if (before := first.get(_judgement(rating))) is not None:
                apart.setdefault(key, []).append(abs(rating.score - before) / point(rating))
    limit = evidence.rules.self_consistency
    far = {key: fmean(parts) for key, parts in apart.items() if fmean(parts) > limit}
    what = f"repeated ratings at most {limit:g} points apart"
    return _verdicts(evidence, far, what, drop=False) if apart else None


def _judgement(rating: Rating) -> object:
    return (*key, rating.stimulus, rating.dimension) if (key := rater_key(rating)) else None
