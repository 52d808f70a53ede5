"""Significance: whether a difference exceeds a margin, whether a kind of trouble has become more frequent; Holm's rule.

Levels after Holm's correction are smaller than hundreds of bootstrap replicates can resolve as a share of themselves,
so the bootstrap gives the standard error and Student's t the level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bench.stats import Interval


class Difference(NamedTuple):
    """How much worse a candidate is than its baseline, below zero where it is better, and how sure that is.

    Attributes:
        value: in the metric's unit.
        error: its standard error, had other clips been drawn; 0 where no clip differs.
        df: degrees of freedom of Student's t.
    """

    value: float
    error: float
    df: int

    def p_above(self, margin: float) -> float:
        """One-sided p of the hypothesis that the true difference is at most a margin.

        >>> Difference(3.0, 1.0, 10).p_above(3.0), Difference(0.0, 0.0, 10).p_above(0.0)
        (0.5, 1.0)
        """
        from scipy.special import stdtr

        if self.error == 0.0:
            return 0.0 if self.value > margin else 1.0
        return float(stdtr(self.df, (margin - self.value) / self.error))

    def p_below(self, margin: float) -> float:
        """One-sided p of the hypothesis that the true difference is at least a margin."""
        return self._replace(value=-self.value).p_above(-margin)

    def interval(self, alpha: float) -> Interval:
        """The two ends that the true difference lies beyond with a chance of ``alpha`` each."""
        from scipy.special import stdtrit

        half = float(stdtrit(self.df, 1.0 - alpha)) * self.error
        return Interval(self.value - half, self.value + half)


def holm(values: Sequence[float]) -> list[float]:
    """Adjusted p values: one at most ``alpha`` may be called significant, and the chance of any false one is ``alpha``.

    Source: Holm, A simple sequentially rejective multiple test procedure (1979), Scandinavian Journal of Statistics 6.

    >>> holm([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.04]
    """
    order = np.argsort(values, kind="stable")
    adjusted = [0.0] * len(values)
    highest = 0.0
    for place, index in enumerate(order.tolist()):
        highest = max(highest, min(1.0, (len(values) - place) * values[index]))
        adjusted[index] = highest
    return adjusted


def sign_test(worse: int, better: int) -> float:
    """One-sided exact p that of the clips that changed, so many or more would get worse if either were as likely.

    Source: McNemar (1947), Psychometrika 12, in its exact form.

    >>> sign_test(5, 0), sign_test(0, 0)
    (0.03125, 1.0)
    """
    changed = worse + better
    ways = sum(math.comb(changed, count) for count in range(worse, changed + 1))
    return float(ways / 2**changed)


def exceedance_test(exceeding: int, rank: int, clips: int) -> float:
    """One-sided exact p that so many or more of the candidate's clips are worse than the baseline's ``rank``-th worst.

    Of two sets of as many values from one distribution, whatever it is; where clips are pairs it is conservative.

    Args:
        exceeding: how many of the candidate's values are worse than the threshold.
        rank: the threshold's place among the baseline's values, from 1 for the worst.
        clips: how many values either set has.

    Source: Gumbel and von Schelling (1950), The distribution of the number of exceedances, equation 3.

    >>> round(exceedance_test(1, 1, 100), 3), exceedance_test(0, 1, 100)
    (0.5, 1.0)
    """
    total = math.comb(2 * clips, clips)
    fewer = sum(
        math.comb(count + rank - 1, count) * math.comb(2 * clips - count - rank, clips - count)
        for count in range(exceeding)
    )
    return (total - fewer) / total
