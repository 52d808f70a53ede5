"""Mean opinions: what raters thought of each system, one test and one dimension at a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.errors import BadInput, unknown
from bench.listening.contrasts import OF_DIFFERENCES, Contrast, contrasts, letters
from bench.listening.intervals import INTERVALS, estimate
from bench.listening.rating import Rating, scale_text
from bench.listening.votes import Votes, votes
from bench.stats import Interval

PROMPTS = ("random", "fixed")


class Question(NamedTuple):
    """One dimension of one test: what is compared with each other, and with nothing else.

    Attributes:
        test_id: whose test.
        dimension: as OVL or REL.
        votes: ratings of systems under test that count.
        scale: its two ends.
        excluded: by system, how many ratings of it do not count.
        anonymous: whether raters are unknown, so that only clips can be clustered.
    """

    test_id: str
    dimension: str
    votes: Votes
    scale: tuple[float, float]
    excluded: Mapping[str, int]
    anonymous: bool


class Opinion(NamedTuple):
    """The mean opinion of one system, in one dimension of one test.

    Attributes:
        test_id, system, dimension: of what. A system that was rated against another is called ``a vs b``.
        mean: in points of the test's scale; not comparable with those of other tests.
        interval: 95 %; None where it can't be told, and the note says why.
        standard_error: None where it can't be told.
        raters, clips, n: how many people, prompts and ratings count.
        letters: systems of the same test and dimension that share one are not shown to differ (Holm, 0.05).
        naive: half-width of the interval that takes ratings for independent, for comparison with older papers.
        excluded: how many ratings were dropped.
        prompts: "random" if the interval is for new prompts as well, "fixed" if for these very ones.
        method: of the interval, a key of ``bench.listening.intervals.METHODS``.
        note: what a reader must know; empty if nothing.
        scale_min, scale_max: the ends of the scale that the points are of.
    """

    test_id: str
    system: str
    dimension: str
    mean: float
    interval: Interval | None
    standard_error: float | None
    raters: int
    clips: int
    n: int
    letters: str
    naive: float | None
    excluded: int
    prompts: str
    method: str
    note: str = ""
    scale_min: float = 1.0
    scale_max: float = 5.0


def opinions(ratings: Sequence[Rating], *, prompts: str = "random", interval: str = "cluster") -> tuple[Opinion, ...]:
    """The mean opinion of every test, dimension and system, the best system of each question first.

    Only ratings with the role ``test`` that are not excluded count; a system with none left has no opinion.

    Args:
        ratings: of any tests and dimensions; nothing is ever compared across them.
        prompts: "random", to say something of new prompts too, or "fixed".
        interval: one of ``INTERVALS``.

    Raises:
        BadInput: no such interval or kind of prompts, or the two do not go together, or a dimension has two scales.
    """
    kind = method_for(prompts, interval)
    return tuple(one for question in questions(ratings) for one in opinions_of(question, kind))


def opinions_of(question: Question, method: str, found: Sequence[Contrast] | None = None) -> tuple[Opinion, ...]:
    """The mean opinions of one question, best first.

    Args:
        question: of one test and dimension.
        method: of the interval.
        found: its contrasts, if they are known already.
    """
    method = "clips" if question.anonymous else method
    given = question.votes
    shared = letters(given, contrasts(given, method) if found is None else found)
    return tuple(_opinion(question, system, method, shared[system]) for system in given.best_first())


def _opinion(question: Question, system: str, method: str, shared: str) -> Opinion:
    sample = question.votes.of(system)
    found, naive = estimate(sample, method), estimate(sample, "naive")
    return Opinion(
        test_id=question.test_id,
        system=system,
        dimension=question.dimension,
        mean=found.value,
        interval=found.interval,
        standard_error=found.standard_error,
        raters=0 if question.anonymous else len(set(sample.rater.tolist())),
        clips=len(set(sample.clip.tolist())),
        n=len(sample.score),
        letters=shared,
        naive=naive.half_width,
        excluded=question.excluded.get(system, 0),
        prompts="fixed" if method == "raters" else "random",
        method=found.method,
        note=found.note,
        scale_min=question.scale[0],
        scale_max=question.scale[1],
    )


def method_for(prompts: str, interval: str) -> str:
    """The interval that goes with the prompts: with fixed ones, only raters are a draw from many.

    Raises:
        BadInput: no such interval or kind of prompts, or the two do not go together.

    >>> method_for("fixed", "cluster")
    'raters'
    """
    if prompts not in PROMPTS:
        raise unknown("kind of prompts", prompts, PROMPTS)
    if interval not in INTERVALS:
        raise unknown("interval", interval, INTERVALS)
    if prompts == "fixed" and interval not in ("cluster", "raters"):
        raise BadInput(f"prompts fixed go with the interval cluster or raters, not {interval}")
    return "raters" if prompts == "fixed" else interval


def of_differences(question: Question, method: str) -> str:
    """The method for differences that stands beside one for means."""
    return "clips" if question.anonymous else method if method in OF_DIFFERENCES else "cluster"


def questions(ratings: Sequence[Rating]) -> list[Question]:
    """Ratings of systems under test by test and dimension, in the order in which they first come.

    Raises:
        BadInput: two scales in one dimension of one test.
    """
    groups: dict[tuple[str, str], list[Rating]] = defaultdict(list)
    for rating in ratings:
        if rating.role == "test":
            groups[rating.test_id, rating.dimension].append(rating)
    made = [_question(*key, group) for key, group in groups.items()]
    return [question for question in made if len(question.votes.score)]


def _question(test_id: str, dimension: str, group: Sequence[Rating]) -> Question:
    scales = sorted({(rating.scale_min, rating.scale_max) for rating in group})
    if len(scales) > 1:
        listed = ", ".join(scale_text(*ends) for ends in scales)
        raise BadInput(f"test {test_id!r} has dimension {dimension!r} on several scales: {listed}; they can't be mixed")
    kept = [rating for rating in group if not rating.excluded]
    given = votes(
        [rating.score for rating in kept],
        [rating.rater_id or "" for rating in kept],
        [rating.item_id for rating in kept],
        [system_of(rating) for rating in kept],
        [rating.stimulus for rating in kept],
    )
    excluded = Counter(system_of(rating) for rating in group if rating.excluded)
    return Question(test_id, dimension, given, scales[0], excluded, anonymous=any(not one.rater_id for one in kept))


def system_of(rating: Rating) -> str:
    """What a rating is of: a system, or one against another."""
    return f"{rating.system_id} vs {rating.compared_system_id}" if rating.compared_system_id else rating.system_id


def clip_means(ratings: Sequence[Rating]) -> dict[tuple[str, str, str], float]:
    """The mean rating of each clip, by system, dimension and item; only those that count.

    Raises:
        BadInput: ratings of several tests, whose points can't be averaged.
    """
    asked = questions(ratings)
    tests = sorted({question.test_id for question in asked})
    if len(tests) > 1:
        raise BadInput(f"clip means of several tests can't be mixed: {', '.join(tests)}")
    return {
        (system, question.dimension, item): mean
        for question in asked
        for system in question.votes.systems
        for item, mean in question.votes.clip_means(system).items()
    }
