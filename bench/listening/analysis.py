"""Everything that is said of one question: means, differences, letters, agreement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from bench.listening.contrasts import Contrast, contrasts
from bench.listening.opinion import Opinion, Question, of_differences, opinions_of, questions
from bench.listening.rating import Rating
from bench.listening.reliability import Reliability, reliability


class Analysis(NamedTuple):
    """One question answered.

    Attributes:
        question: of one test and dimension.
        method: of the means' intervals, as asked for.
        opinions: one a system, best first.
        contrasts: one a pair, best first.
        reliability: how far raters agree; None if they are unknown.
    """

    question: Question
    method: str
    opinions: tuple[Opinion, ...]
    contrasts: tuple[Contrast, ...]
    reliability: Reliability | None

    def fields(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "test": self.question.test_id,
            "dimension": self.question.dimension,
            "scale": list(self.question.scale),
            "method": self.method,
            "systems": [_plain(opinion._asdict()) for opinion in self.opinions],
            "contrasts": [_contrast(one) for one in self.contrasts],
            "reliability": self.reliability._asdict() if self.reliability else None,
        }


def analyse(ratings: Sequence[Rating], method: str) -> list[Analysis]:
    """Every question that ratings answer, in the order in which they come.

    Raises:
        BadInput: two scales in one dimension of one test.
    """
    return [_analysis(question, method) for question in questions(ratings)]


def _analysis(question: Question, method: str) -> Analysis:
    found = contrasts(question.votes, of_differences(question, method))
    method = "clips" if question.anonymous else method
    agreement = None if question.anonymous else reliability(question.votes)
    return Analysis(question, method, opinions_of(question, method, found), found, agreement)


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields with an interval as its two ends."""
    interval = fields.pop("interval")
    low, high = interval if interval else (None, None)
    return {**fields, "low": low, "high": high}


def _contrast(one: Contrast) -> dict[str, Any]:
    fields = {**one._asdict(), "significant": one.significant}
    return {**fields, "difference": _plain(one.difference._asdict())}
