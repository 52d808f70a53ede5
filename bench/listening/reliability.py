"""How far raters agree: intraclass correlation and Krippendorff's alpha."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bench.listening.variance import moment_components
from bench.listening.votes import Floats, Ints, Sample, Votes


class Reliability(NamedTuple):
    """Agreement over the stimuli of one dimension; a coefficient is None where it is not defined.

    Attributes:
        icc_single: ICC(A,1), of one rater's score.
        icc_average: ICC(A,k), of the mean over k raters; the same as ICC(2,k).
        k: raters a stimulus; their mean where not every rater scored every stimulus.
        complete: whether every rater scored every stimulus once; otherwise both coefficients are approximate,
            from variance components.
        alpha_ordinal: Krippendorff's, by ranks.
        alpha_interval: Krippendorff's, by squared distances.
        stimuli: how many.
        raters: how many.
    """

    icc_single: float | None
    icc_average: float | None
    k: float
    complete: bool
    alpha_ordinal: float | None
    alpha_interval: float | None
    stimuli: int
    raters: int


def reliability(votes: Votes) -> Reliability:
    """Agreement of the raters of one dimension of one test."""
    stimuli, raters = int(votes.stimulus.max()) + 1, len(votes.raters)
    k = len(votes.score) / stimuli
    table = _complete_table(votes)
    single, average = _components_icc(votes, k) if table is None else icc(table)
    ordinal, interval = (krippendorff_alpha(votes.stimulus, votes.score, ordinal=ranks) for ranks in (True, False))
    return Reliability(single, average, k, table is not None, ordinal, interval, stimuli, raters)


def _complete_table(votes: Votes) -> Floats | None:
    """Stimuli by raters; None unless each rater scored each stimulus exactly once."""
    shape = (int(votes.stimulus.max()) + 1, len(votes.raters))
    counts = np.zeros(shape, np.int64)
    np.add.at(counts, (votes.stimulus, votes.rater), 1)
    if not (counts == 1).all():
        return None
    table = np.zeros(shape)
    table[votes.stimulus, votes.rater] = votes.score
    return table


def icc(table: Floats) -> tuple[float | None, float | None]:
    """ICC(A,1) and ICC(A,k): absolute agreement, two-way random effects; None where not defined.

    Args:
        table: a score of every stimulus by every rater, shape (n, k).

    Source: McGraw and Wong, Forming inferences about some intraclass correlation coefficients (1996), table 4.

    >>> icc(np.array([[1.0, 1.0], [3.0, 3.0], [5.0, 5.0]]))
    (1.0, 1.0)
    """
    n, k = table.shape
    if min(n, k) < 2:
        return None, None
    rows, columns, grand = table.mean(axis=1), table.mean(axis=0), table.mean()
    between = k * float(((rows - grand) ** 2).sum()) / (n - 1)
    raters = n * float(((columns - grand) ** 2).sum()) / (k - 1)
    left = float(((table - rows[:, None] - columns + grand) ** 2).sum()) / ((n - 1) * (k - 1))
    single = between + (k - 1) * left + k * (raters - left) / n
    average = between + (raters - left) / n
    return _share(between - left, single), _share(between - left, average)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _components_icc(votes: Votes, k: float) -> tuple[float | None, float | None]:
    """The same from variance components, for tables with gaps: for one rater, and for the mean number of raters."""
    shape = (len(votes.raters), int(votes.stimulus.max()) + 1)
    sample = Sample(votes.score, votes.rater, votes.stimulus, np.zeros(len(votes.score), np.bool_), shape)
    found = moment_components(sample)
    if found is None or not any(found):
        return None, None
    disagreement = found.rater + found.residual
    return found.clip / (found.clip + disagreement), found.clip / (found.clip + disagreement / k)


def krippendorff_alpha(units: Ints, values: Floats, *, ordinal: bool) -> float | None:
    """Krippendorff's alpha; None where no unit has two values, or all values are alike.

    The ordinal distance of two values is that of their mid-ranks, so both levels are mean squared differences, of
    values or of mid-ranks: within units, over all.

    Args:
        units: what each value was given to, shape (n,).
        values: shape (n,); a unit may have any number.
        ordinal: by ranks; by the values themselves otherwise.

    Source: Krippendorff, Computing Krippendorff's alpha-reliability (2011), sections E and F.

    >>> krippendorff_alpha(np.array([0, 0, 1, 1]), np.array([1.0, 1.0, 5.0, 5.0]), ordinal=False)
    1.0
    """
    paired = np.bincount(units)[units] >= 2
    if not paired.any():
        return None
    codes, points = units[paired], values[paired]
    points = _mid_ranks(points) if ordinal else points - points.mean()
    counts = np.bincount(codes)
    kept = counts > 0
    first, second = np.bincount(codes, points)[kept], np.bincount(codes, points**2)[kept]
    observed = float(((counts[kept] * second - first**2) / (counts[kept] - 1)).sum())
    n = len(points)
    expected = float(n * (points**2).sum() - points.sum() ** 2) / (n - 1)
    return 1.0 - observed / expected if np.ptp(points) > 0 else None


def _mid_ranks(values: Floats) -> Floats:
    """The middle of the ranks that each value's equals take, about their mean.

    >>> _mid_ranks(np.array([1.0, 2.0, 2.0, 5.0]))
    array([-1.5,  0. ,  0. ,  1.5])
    """
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - counts / 2
    ranks = middles[places]
    return np.asarray(ranks - ranks.mean(), np.float64)
