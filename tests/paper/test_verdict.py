"""The five verdicts, each from records made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from measured_records import PROTOCOL, record, score

from bench.metric import Score
from bench.paper.making import taken_for
from bench.paper.measured import grouped
from bench.paper.published import Counted, Note
from bench.paper.reading import load_published
from bench.paper.verdict import Judgement, judged, obstacles_to
from bench.record import Record

PUBLISHED = load_published()
FAD = PUBLISHED.column("fad")  # of TANGO: 1.73
AUDIOCAPS = Counted("audiocaps", 964)


def verdict(
    *records: Record, column: str = "fad", notes: tuple[Note, ...] = (), suite: Counted | None = AUDIOCAPS
) -> Judgement:
    of = PUBLISHED.column(column)
    claim = PUBLISHED.claim("text-to-audio", "deck", "tango", column)
    (runs,) = grouped(records)
    taken = taken_for(of, runs)
    obstacles = obstacles_to(taken, runs, of, suite, 0.95, notes) if taken else []
    return judged(claim, taken, of, obstacles)


def fad(value: float, half: float | None = 0.05, **more: Any) -> Record:
    return record("tango", {"fad": score("fad", value, half)}, **more)


@pytest.mark.parametrize(
    ("value", "half", "expected"),
    [
        (1.73, None, "reproduced"),
        (1.70, 0.05, "reproduced"),
        (1.78, 0.05, "reproduced"),  # the published value is the very end of the interval
        (1.79, 0.05, "close"),
        (1.90, 0.05, "close"),
        (1.56, 0.05, "close"),
        (1.91, 0.05, "differs"),
        (1.54, 0.05, "differs"),
        (1.54, None, "differs"),
    ],
)
def test_where_the_published_value_lies_decides(value: float, half: float | None, expected: str) -> None:
    found = verdict(fad(value, half))
    assert found.verdict == expected
    assert found.difference == pytest.approx(value - 1.73)
    assert found.reasons == ()


def test_the_spread_over_seeds_widens_the_interval() -> None:
    values = (1.80, 1.86, 1.92)  # mean 1.86, interval to 1.81, standard deviation 0.06
    assert verdict(*(fad(value, seed=seed) for seed, value in enumerate(values))).verdict == "close"
    values = (1.72, 1.86, 2.00)  # standard deviation 0.14
    assert verdict(*(fad(value, seed=seed) for seed, value in enumerate(values))).verdict == "reproduced"


def test_what_was_not_measured_was_not_run_and_what_was_not_published_has_no_verdict() -> None:
    assert verdict(record("tango", {"kl": 1.3})) == Judgement("not run")
    (runs,) = grouped([fad(1.0)])
    assert judged(None, taken_for(FAD, runs), FAD, ()) == Judgement("")


def other(signature: str) -> Record:
    return record("tango", {"fad": Score(1.73, None, 964, signature)})


@pytest.mark.parametrize(
    ("made", "reason", "told"),
    [
        (other(PROTOCOL["fad"].replace("vggish-1", "vggish-2")), "emb is vggish-2, not vggish-1", False),
        (other(PROTOCOL["fad"].replace("vggish-1", "vggish-12")), "emb is vggish-12, not vggish-1", False),
        (other(PROTOCOL["fad"].replace("sinc", "soxr-hq")), "resample is soxr-hq, not sinc", False),
        (other("fad|n:964"), "emb is absent, not vggish-1", False),
        (other(PROTOCOL["fad"].replace("10086976", "aaaa!")), "other weights than the published", False),
        (other(PROTOCOL["fad"].replace("10086976", "absent")), "other weights than the published", False),
        (fad(1.73, size=886), "has 886 clips here, not the 964", False),
        (fad(1.73, scored=900), "under 95 % of the suite's clips", False),
        (fad(1.73, standing={"status": "nearest", "why": "w"}), "nearest that are public: w", True),
        (fad(1.73, standing={"status": "unreleased", "why": "w"}), "never released", True),
        (fad(1.73, standing={"status": "own"}), "a checkpoint of one's own", True),
        (fad(1.73, standing={"status": "released", "changes": "steps is 20, not 200"}), "steps is 20, not 200", True),
    ],
)
def test_unlike_things_are_not_compared_and_the_reason_is_given(made: Record, reason: str, told: bool) -> None:
    found = verdict(made)
    assert found.verdict == "not comparable"
    assert reason in "; ".join(found.reasons)
    assert (found.difference is not None) is told


def test_a_run_on_nearly_all_clips_is_compared() -> None:
    assert verdict(fad(1.73, absent=20, scored=941)).verdict == "reproduced"


def test_another_suite_is_not_the_published_one() -> None:
    found = verdict(fad(1.73), suite=None)
    assert found.reasons == ("suite audiocaps is not the one that the published numbers are of",)


def test_the_clean_clap_is_not_held_against_the_published_one() -> None:
    assert verdict(record("tango", {"clap-paper": 0.176}), column="clap").verdict == "reproduced"
    assert verdict(record("tango", {"clap-paper-expected": 0.176}), column="clap").verdict == "reproduced"
    clean = verdict(record("tango", {"clap": 0.176}), column="clap")
    assert (clean.verdict, clean.difference) == ("not comparable", None)
    assert "dropout" in clean.reasons[0]
    both = record("tango", {"clap": 0.3, "clap-paper": score("clap-paper", 0.2, 0.001)})
    assert verdict(both, column="clap").verdict == "differs"


def test_a_note_may_bar_a_row_or_some_of_its_cells() -> None:
    bar = Note("text-to-audio", "copied", metrics=("fad",), comparable=False)
    assert verdict(fad(1.73), notes=(bar,)).reasons == ("copied",)
    assert verdict(record("tango", {"kl": 1.27}), column="kl", notes=(bar,)).verdict == "reproduced"
    assert verdict(fad(1.73), notes=(Note("text-to-audio", "only said"),)).verdict == "reproduced"
