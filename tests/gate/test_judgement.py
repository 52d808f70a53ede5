"""The judgement: Holm's rule over all that is asked at once, verdicts, and the one exit code."""

from __future__ import annotations

import pytest

from bench.gate.finding import Finding
from bench.gate.judgement import Compared, Judged, Judgement, judged, outcome
from bench.gate.rules import Gate
from bench.gate.significance import Difference


def metric(value: float, error: float = 1.0, margin: float = 1.0, *, two_sided: bool = False) -> Finding:
    worse = Difference(value, error, 1000)
    better = worse.p_below(-margin) if two_sided else 1.0
    return Finding(
        "metric", "m", 1.0, 1.0 + value, worse, margin, two_sided=two_sided, p=worse.p_above(margin), p_better=better
    )


def trouble(p: float) -> Finding:
    return Finding("trouble", "silent", 0, 1, p=p, allowed="0 more")


LACK = Finding("metric", "m", lack="why")


@pytest.mark.parametrize(
    ("finding", "verdict"),
    [
        (metric(0.0, 0.1), "pass"),
        (metric(-9.0), "pass"),
        (metric(0.0), "inconclusive"),
        (metric(2.0), "inconclusive"),
        (metric(5.0), "regression"),
        (metric(0.0, 0.0, 0.0), "pass"),
        (metric(0.1, 0.0, 0.0), "regression"),
        (metric(-9.0, two_sided=True), "too good"),
        (metric(-1.0, 0.1, two_sided=True), "inconclusive"),
        (metric(0.0, 0.1, two_sided=True), "pass"),
        (trouble(0.0), "regression"),
        (trouble(0.5), "inconclusive"),
        (trouble(1.0), "pass"),
        (LACK, "not evaluable"),
    ],
)
def test_one_finding_has_one_verdict(finding: Finding, verdict: str) -> None:
    (found,) = judged([finding], Gate())
    assert found.verdict == verdict
    assert found.reason
    assert found.outcome == outcome(found.verdict, strict=False)


def test_more_questions_take_more_evidence() -> None:
    finding = metric(3.5)  # p = 0.0063
    assert judged([finding], Gate())[0].verdict == "regression"
    assert judged([finding, metric(0.0), LACK, trouble(1.0)], Gate())[0].verdict == "inconclusive"
    assert judged([finding, LACK, trouble(1.0)], Gate())[0].verdict == "regression"  # neither of these is a question
    assert judged([finding, metric(9.0)], Gate())[0].verdict == "regression"  # Holm's rule, and not Bonferroni's


CODES = [
    ([], 3),
    ([metric(0.0, 0.1)], 0),
    ([metric(0.0)], 0),
    ([metric(0.0, 0.1), LACK], 3),
    ([metric(9.0), LACK], 1),
    ([trouble(0.0)], 1),
    ([metric(-9.0, two_sided=True)], 1),
]


@pytest.mark.parametrize(("findings", "code"), CODES)
def test_the_exit_code_is_that_of_the_worst_verdict(findings: list[Finding], code: int) -> None:
    assert of(judged(findings, Gate())).code == code


def test_strictly_what_cannot_be_told_fails() -> None:
    (found,) = judged([metric(0.0)], Gate(strict=True))
    assert (found.verdict, found.outcome) == ("inconclusive", "failure")
    assert of([found]).code == 1


def of(found: list[Judged]) -> Judgement:
    return Judgement((Compared("a", None, tuple(found)),), Gate())
