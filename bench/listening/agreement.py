"""How far each rater agrees with the others, without counting the rater's own votes."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from bench.listening.evidence import Evidence, Verdict, compares
from bench.listening.rating import Rating

FEWEST = 3  # stimuli; a correlation of two points is 1 or -1


class Agreement(NamedTuple):
    """A rater's correlation with the mean of the others, None where it is undefined, and over how many stimuli.

    Attributes:
        r: None if the rater's votes, or the others' means, are all alike.
        stimuli: that the rater rated and enough others too.
        constant: whether it is the rater's votes that are all alike.
    """

    r: float | None
    stimuli: int
    constant: bool = False


def leave_one_out(ratings: Iterable[Rating], *, other_votes: int = 3) -> dict[str, Agreement]:
    """Pearson correlation of each rater's votes with the means of the others' votes on the same stimuli.

    Args:
        ratings: of one test and dimension.
        other_votes: a stimulus counts if it has so many votes of others.
    """
    sums: dict[object, float] = defaultdict(float)
    counts: dict[object, int] = defaultdict(int)
    own: dict[str, dict[object, list[float]]] = defaultdict(lambda: defaultdict(list))
    for rating in ratings:
        if rating.rater_id is not None:
            sums[rating.stimulus] += rating.score
            counts[rating.stimulus] += 1
            own[rating.rater_id][rating.stimulus].append(rating.score)
    return {
        rater: _agreement(
            [
                (sum(given) / len(given), (sums[stimulus] - sum(given)) / (counts[stimulus] - len(given)))
                for stimulus, given in votes.items()
                if counts[stimulus] - len(given) >= max(other_votes, 1)
            ]
        )
        for rater, votes in own.items()
    }


def _agreement(pairs: Sequence[tuple[float, float]]) -> Agreement:
    r = correlation(pairs)
    return Agreement(r, len(pairs), r is None and len(pairs) > 0 and len({mine for mine, _ in pairs}) == 1)


def correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's r; None if either side does not vary.

    >>> correlation([(1, 2), (2, 4), (3, 6)]), correlation([(1, 2), (1, 4)])
    (1.0, None)
    """
    if not pairs:
        return None
    means = [math.fsum(side) / len(pairs) for side in zip(*pairs, strict=True)]
    apart = [(one - means[0], other - means[1]) for one, other in pairs]
    first, second = (math.fsum(d[side] ** 2 for d in apart) for side in (0, 1))
    # Means of equal thirds differ in their last bits; that is no variation.
    if first <= 1e-18 * len(pairs) or second <= 1e-18 * len(pairs):
        return None
    return math.fsum(one * other for one, other in apart) / math.sqrt(first * second)


def low_agreement(evidence: Evidence) -> list[Verdict] | None:
    """Raters who don't agree with the others in a dimension; its ratings are dropped, if they are enough to tell.

    Of comparisons of two systems nobody is dropped: where one is simply better, clips differ by chance alone, and so
    does r; and who always prefers the same system, for whom there is no r, is not even flagged.
    """
    groups = evidence.grouped(lambda one: (one.test_id, one.dimension) if one.rater_id else None, "test")
    found = [verdict for places in groups.values() for verdict in _of_dimension(evidence, places)]
    return found if groups else None


def _of_dimension(evidence: Evidence, places: Sequence[int]) -> Iterator[Verdict]:
    rules, given = evidence.rules, evidence.ratings
    known = leave_one_out([given[place] for place in places], other_votes=rules.other_votes)
    compared = any(compares(given[place]) for place in places)
    for rater, (r, stimuli, constant) in known.items():
        failed = constant and not compared if r is None else r < rules.agreement
        if failed and stimuli >= FEWEST:
            enough = stimuli >= rules.agreement_stimuli and not compared
            dropped = [place for place in places if given[place].rater_id == rater] if enough else []
            what = f"{given[places[0]].dimension}: r with the others at least {rules.agreement:g}"
            few = f"{stimuli} stimuli, too few to drop (from {rules.agreement_stimuli})"
            what += "" if enough else "; none are dropped for it in comparisons" if compared else f"; {few}"
            yield Verdict(
                rater, None, 0.0 if r is None else r, f"{what}{'; votes all alike' if constant else ''}", dropped
            )
