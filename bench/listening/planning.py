"""How large a difference a listening test will show, before it is run, in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from bench.errors import BadInput

MOST = 100_000  # raters or clips, beyond which no search goes


@dataclass(frozen=True)
class Deviations:
    """Standard deviations of the parts of one score, in points of the scale.

    The defaults are of five-point tests of speech in public data; a pilot gives better ones.

    Attributes:
        rater: how strict a rater is.
        clip: how good a prompt comes out, whatever the system.
        rater_system: how much a rater likes one system more than others do.
        clip_system: how much better one system is on one prompt.
        residual: everything else.
    """

    rater: float = 0.5
    clip: float = 0.4
    rater_system: float = 0.2
    clip_system: float = 0.4
    residual: float = 0.8

    def __post_init__(self) -> None:
        """Refuse what is no standard deviation."""
        for name, value in vars(self).items():
            if not (math.isfinite(value) and value >= 0):
                raise BadInput(f"the standard deviation {name} is {value:g}; it must be 0 or more")


@dataclass(frozen=True)
class Design:
    """A listening test to be: balanced over its systems.

    Attributes:
        raters: how many people.
        clips: how many prompts; every system makes a clip of each.
        votes: scores of each stimulus; every rater's if None.
        systems: how many; with more than two, every pair is compared, at the level of Holm's strictest step.
        fixed_prompts: whether nothing is to be said of other prompts.
        alpha: level of the two-sided test.
        power: chance to show a difference of the size of ``detectable``.
        deviations: of one score's parts.
    """

    raters: int
    clips: int
    votes: int | None = None
    systems: int = 2
    fixed_prompts: bool = False
    alpha: float = 0.05
    power: float = 0.8
    deviations: Deviations = Deviations()

    def __post_init__(self) -> None:
        """Refuse what no test can be."""
        least = {"raters": 2, "clips": 1 if self.fixed_prompts else 2, "systems": 2}
        for name, fewest in least.items():
            if getattr(self, name) < fewest:
                raise BadInput(f"a test needs at least {fewest} {name}, not {getattr(self, name)}")
        if self.votes is not None and not 1 <= self.votes <= self.raters:
            raise BadInput(f"votes of a stimulus are {self.votes}; there are {self.raters} raters, who vote once each")
        if not 0 < self.alpha < 1 or not self.alpha < self.power < 1:
            raise BadInput(f"0 < alpha < power < 1 must hold; alpha is {self.alpha:g}, power {self.power:g}")


class Plan(NamedTuple):
    """What a design comes to.

    Attributes:
        design: as asked for.
        detectable: the smallest true difference that is shown with the design's power.
        difference_error: standard error of a difference.
        mean_error: standard error of one system's mean.
        half_width: of the 95 % interval of one mean.
        df: degrees of freedom.
        level: of each comparison, with Holm's strictest step.
        ratings: of all systems together.
        ratings_per_rater: the mean number.
    """

    design: Design
    detectable: float
    difference_error: float
    mean_error: float
    half_width: float
    df: int
    level: float
    ratings: int
    ratings_per_rater: float


def plan(design: Design) -> Plan:
    """What a design can show.

    Source: variances of balanced crossed designs, as in Searle, Casella and McCulloch, Variance Components (1992).

    >>> round(plan(Design(raters=30, clips=40)).detectable, 6)
    0.314067
    """
    from scipy.special import stdtrit

    votes = design.votes or design.raters
    difference, mean = _errors(design, votes)
    df = (design.raters if design.fixed_prompts else min(design.raters, design.clips)) - 1
    level = design.alpha / math.comb(design.systems, 2)
    reach = float(stdtrit(df, 1 - level / 2) + stdtrit(df, design.power))
    ratings = votes * design.clips * design.systems
    half_width = float(stdtrit(df, 0.975)) * mean
    return Plan(design, reach * difference, difference, mean, half_width, df, level, ratings, ratings / design.raters)


def _errors(design: Design, votes: int) -> tuple[float, float]:
    """Standard errors of a difference and of a mean."""
    sd, raters, clips = design.deviations, design.raters, design.clips
    noise = sd.residual**2 / (clips * votes)
    of_prompts = 0.0 if design.fixed_prompts else 1 / clips
    difference = 2 * (sd.rater_system**2 / raters + sd.clip_system**2 * of_prompts + noise)
    mean = (sd.rater**2 + sd.rater_system**2) / raters + (sd.clip**2 + sd.clip_system**2) * of_prompts + noise
    return math.sqrt(difference), math.sqrt(mean)


def fewest_clips(design: Design, difference: float) -> Plan | None:
    """The design with the fewest clips that shows a difference; None if its raters are too few for any number.

    Raises:
        BadInput: the difference is not above 0.
    """
    low = 1 if design.fixed_prompts else 2
    return _least(lambda clips: plan(replace(design, clips=clips)), low, difference)


def fewest_raters(design: Design, difference: float) -> Plan | None:
    """The design with the fewest raters that shows a difference; None if its clips are too few for any number.

    Raises:
        BadInput: the difference is not above 0.
    """
    low = max(2, design.votes or 2)
    return _least(lambda raters: plan(replace(design, raters=raters)), low, difference)


def _least(planned: Callable[[int], Plan], low: int, difference: float) -> Plan | None:
    """Halve the range: what is detectable only falls as raters or clips rise."""
    if not difference > 0:
        raise BadInput(f"the difference to detect is {difference:g}; it must be above 0")
    high = MOST
    if planned(high).detectable > difference:
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if planned(middle).detectable <= difference else (middle + 1, high)
    return planned(low)
