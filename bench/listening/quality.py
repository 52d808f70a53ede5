"""Quality control of ratings: every rule flags first, then drops, and says whom, by which rule, what was measured."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from bench.listening.agreement import low_agreement
from bench.listening.evidence import Evidence, Key, Rules, Verdict, require_codes, session_key
from bench.listening.rater_rules import (
    anchor_order,
    low_pass_rate,
    mushra_anchor,
    mushra_hidden_ref,
    self_consistency,
    too_many,
)
from bench.listening.rating import Rating, Session
from bench.listening.rating_rules import duplicate_rating, not_fully_played, too_fast, vote_outlier
from bench.listening.session_rules import (
    duplicate_rater,
    env_check,
    gold_failed,
    headphone_fail,
    incomplete,
    not_accepted,
    too_fast_session,
    trap_failed,
)
from bench.listening.straight_lines import straight_line

__all__ = ["CODES", "LEVELS", "Finding", "Rules", "Screened", "report", "screen"]
NAMED = 8  # findings of one rule that a report lists before it only counts


class Finding(NamedTuple):
    """One rule that fired on one rater, session or rating.

    Attributes:
        rule: its code.
        rater: pseudonym, or None if unknown.
        session: None where the rule is about all of a rater's.
        value: what was measured.
        threshold: what it was held to, in words.
        dropped: how many ratings it dropped, alone or with other rules; 0 for a flag.
    """

    rule: str
    rater: str | None
    session: str | None
    value: float
    threshold: str
    dropped: int = 0


class Screened(NamedTuple):
    """Ratings after quality control.

    Attributes:
        ratings: all of them, with ``excluded`` and ``exclusion_reasons`` set.
        findings: every rule that fired, in the order of the rules.
        unchecked: codes of rules that had nothing to look at.
        rules: the thresholds.
    """

    ratings: tuple[Rating, ...]
    findings: tuple[Finding, ...]
    unchecked: tuple[str, ...] = ()
    rules: Rules = Rules()


def screen(ratings: Sequence[Rating], sessions: Sequence[Session] = (), rules: Rules | None = None) -> Screened:
    """Hold ratings to the rules: first those about ratings, then about sessions, then about raters, then agreement.

    Each level sees what the levels before have left. Reasons of these rules from before are forgotten; what somebody
    excluded by hand stays excluded.

    Args:
        ratings: of any tests.
        sessions: what is known of sittings.
        rules: the thresholds; the defaults if not given.

    Raises:
        BadInput: a rule that is to be off is none.
    """
    rules = rules or Rules()
    require_codes(rules.off, CODES)
    reasons = {place: [*_by_hand(rating)] for place, rating in enumerate(ratings)}
    known = {(one.test_id, one.rater_id or "", one.session_id or ""): one for one in sessions}
    findings: list[Finding] = []
    unchecked: list[str] = []
    failed: set[Key] = set()
    for level, checks in LEVELS.items():
        still = [place for place in reasons if not reasons[place]]
        evidence = Evidence(ratings, still, known, rules, frozenset(failed))
        for code, check in checks.items():
            found = check(evidence) if code not in rules.off else None
            if found is None:
                unchecked.append(code)
            for verdict in found or ():
                places = tuple(verdict.drops)
                findings.append(_finding(code, verdict, len(places)))
                for place in places:
                    reasons[place] += [code] if code not in reasons[place] else []
                failed |= {key for place in places if level == "session" and (key := session_key(ratings[place]))}
    kept = tuple(
        replace(rating, excluded=bool(reasons[place]), exclusion_reasons=tuple(reasons[place]))
        for place, rating in enumerate(ratings)
    )
    return Screened(kept, tuple(findings), tuple(dict.fromkeys(unchecked)), rules)


def _by_hand(rating: Rating) -> list[str]:
    """Why a rating was excluded before, if it was not by these rules."""
    own = [reason for reason in rating.exclusion_reasons if reason not in CODES]
    return own or (["by_hand"] if rating.excluded and not rating.exclusion_reasons else [])


def _finding(code: str, verdict: Verdict, dropped: int) -> Finding:
    return Finding(code, verdict.rater, verdict.session, verdict.value, verdict.threshold, dropped)


def report(screened: Screened) -> list[str]:
    """How many ratings are left, and who was dropped or flagged by which rule, as lines."""
    return [*_flow(screened), *_of_rules(screened), *_votes(screened)]


def _flow(screened: Screened) -> Iterator[str]:
    given = screened.ratings
    kept = [rating for rating in given if not rating.excluded]
    parts = []
    for name, of in (("raters", lambda one: one.rater_id), ("sessions", session_key)):
        # Who has nothing left but traps or gold clips is out.
        before, after = ({of(one) for one in some if one.role == "test" and of(one)} for some in (given, kept))
        parts += [f"{len(after)} of {len(before)} {name}"] if before else []
    yield f"quality control: {len(kept)} of {len(given)} ratings kept" + "".join(f", {part}" for part in parts)


def _of_rules(screened: Screened) -> Iterator[str]:
    alone = Counter(one.exclusion_reasons[0] for one in screened.ratings if len(one.exclusion_reasons) == 1)
    dropped = Counter(reason for one in screened.ratings for reason in one.exclusion_reasons)
    for code in CODES:
        findings = [one for one in screened.findings if one.rule == code]
        for drops, group in (
            (True, [f for f in findings if f.dropped]),
            (False, [f for f in findings if not f.dropped]),
        ):
            if group:
                raters = len({one.rater for one in group if one.rater})
                what = (
                    f"{dropped[code]} ratings dropped ({alone[code]} by it alone)" if drops else "flagged, not dropped"
                )
                yield f"  {code}: {what}, {raters} raters; wanted: {_common(group)}"
                yield from (f"    {_who(one)}: {one.value:.4g}" for one in _most(group))
                yield from [f"    and {len(group) - NAMED} more"] * (len(group) > NAMED)
    if screened.unchecked:
        yield f"  not checked, since nothing is known or asked for: {', '.join(screened.unchecked)}"


def _common(group: Sequence[Finding]) -> str:
    return "; or ".join(dict.fromkeys(one.threshold for one in group))


def _most(group: Sequence[Finding]) -> Iterable[Finding]:
    return group[:NAMED]


def _who(one: Finding) -> str:
    return f"{one.rater or 'unknown rater'}{f', session {one.session}' if one.session else ''}"


def _votes(screened: Screened) -> Iterator[str]:
    """Votes a stimulus before and after, and how many stimuli have too few."""
    least = screened.rules.least_votes
    before = Counter((one.test_id, one.dimension, one.stimulus) for one in screened.ratings if one.role == "test")
    kept = [one for one in screened.ratings if one.role == "test" and not one.excluded]
    after = Counter((one.test_id, one.dimension, one.stimulus) for one in kept)
    if before:
        few = sum(after[stimulus] < least for stimulus in before)
        counts = (before.values(), [after[stimulus] for stimulus in before])
        texts = [f"{min(votes)}/{statistics.median(votes):g}/{max(votes)}" for votes in counts]
        yield f"votes a stimulus (least/median/most): {texts[0]} before, {texts[1]} after; {few} have under {least}"


Check = Callable[[Evidence], list[Verdict] | None]

# In their order; each level sees what those before it have left.
LEVELS: dict[str, dict[str, Check]] = {
    "rating": {
        "not_fully_played": not_fully_played,
        "too_fast": too_fast,
        "duplicate_rating": duplicate_rating,
        "vote_outlier": vote_outlier,
    },
    "session": {
        "too_fast_session": too_fast_session,
        "trap_failed": trap_failed,
        "gold_failed": gold_failed,
        "straight_line": straight_line,
        "env_check": env_check,
        "headphone_fail": headphone_fail,
        "not_accepted": not_accepted,
        "incomplete": incomplete,
        "duplicate_rater": duplicate_rater,
    },
    "rater": {
        "low_pass_rate": low_pass_rate,
        "anchor_order": anchor_order,
        "mushra_hidden_ref": mushra_hidden_ref,
        "mushra_anchor": mushra_anchor,
        "too_many": too_many,
        "self_consistency": self_consistency,
    },
    "agreement": {"low_agreement": low_agreement},
}
CODES: tuple[str, ...] = tuple(code for checks in LEVELS.values() for code in checks)
