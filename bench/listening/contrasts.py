"""Differences between every two systems of one dimension, with what asking about many at once costs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from bench.listening.intervals import Estimate, estimate
from bench.listening.letters import compact_letters
from bench.listening.votes import Votes

ALPHA = 0.05
FEWEST = 10  # clips that differ, below which the normal approximation of Wilcoxon's test is not given
OF_DIFFERENCES = ("cluster", "raters", "jackknife", "bootstrap", "clips")  # the others are of means alone


class Contrast(NamedTuple):
    """The difference of two systems, the better one first.

    Attributes:
        system: whose mean the difference starts from.
        other: whose mean is subtracted.
        difference: with standard error, interval (not adjusted) and p.
        adjusted: p after Holm over all pairs of the dimension; None where there is no p.
        wilcoxon: companion: p of Wilcoxon's signed-rank test on means of clips; it knows nothing of raters.
    """

    system: str
    other: str
    difference: Estimate
    adjusted: float | None
    wilcoxon: float | None

    @property
    def significant(self) -> bool:
        """Whether the systems are shown to differ."""
        return self.adjusted is not None and self.adjusted <= ALPHA


def contrasts(votes: Votes, method: str = "cluster") -> tuple[Contrast, ...]:
    """Every pair of systems, best first, by the variance of ``cluster`` unless the method is one for differences."""
    method = method if method in OF_DIFFERENCES else "cluster"
    pairs = list(combinations(votes.best_first(), 2))
    found = [estimate(votes.of(*pair), method) for pair in pairs]
    adjusted = holm([1.0 if one.p is None else one.p for one in found])
    return tuple(
        Contrast(*pair, one, None if one.p is None else p, wilcoxon_p(votes, *pair))
        for pair, one, p in zip(pairs, found, adjusted, strict=True)
    )


def letters(votes: Votes, found: Sequence[Contrast]) -> dict[str, str]:
    """Letters of each system from all contrasts of a dimension; none where there is but one system."""
    if not found:
        return dict.fromkeys(votes.systems, "")
    return compact_letters(votes.best_first(), [(one.system, one.other) for one in found if one.significant])


def holm(ps: Sequence[float]) -> list[float]:
    """P values adjusted so that the chance of any false rejection keeps below the level.

    Source: Holm, A simple sequentially rejective multiple test procedure (1979).

    >>> [round(p, 3) for p in holm([0.04, 0.01, 0.03])]
    [0.06, 0.03, 0.06]
    """
    adjusted, largest = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = largest
    return adjusted


def wilcoxon_p(votes: Votes, system: str, other: str) -> float | None:
    """P of the signed-rank test on differences of clip means, normal approximation; None for under ten that differ."""
    from scipy.stats import wilcoxon

    mine, theirs = votes.clip_means(system), votes.clip_means(other)
    apart = np.array([mine[clip] - theirs[clip] for clip in mine.keys() & theirs.keys()])
    apart = np.sort(np.round(apart, 9))  # sorted, so that the order of a set can't reach the sum; 1e-9 is rounding
    return float(wilcoxon(apart, method="approx").pvalue) if np.count_nonzero(apart) >= FEWEST else None
