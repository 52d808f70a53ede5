"""The five verdicts, each from records made by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from measured_records import PROTOCOL, record, score

from bench.metric import Score
from bench.paper.making import taken_for
from bench.paper.measured import grouped
from bench.paper.published import Counted, Note, Row, Status
from bench.paper.reading import load_published
from bench.paper.verdict import Demands, Judgement, judged, obstacles_to
from bench.record import Record

PUBLISHED = load_published()
FAD = PUBLISHED.column("fad")  # of TANGO: 1.73
AUDIOCAPS = next(one for one in PUBLISHED.reading.tables[0].suites if one.name == "audiocaps")


def verdict(
    *records: Record,
    column: str = "fad",
    notes: tuple[Note, ...] = (),
    suite: Counted | None = AUDIOCAPS,
    row: Row | None = None,
) -> Judgement:
    of = PUBLISHED.column(column)
    claim = PUBLISHED.claim("text-to-audio", "deck", "tango", column)
    (runs,) = grouped(records)
    taken = taken_for(of, runs)
    obstacles = obstacles_to(taken, runs, of, Demands(suite, 0.95, row, notes)) if taken else []
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


def test_a_mean_of_unlike_seeds_is_not_made_and_so_not_judged() -> None:
    other = PROTOCOL["kl"].replace("302903fa", "aaaa!") + "|n:964"
    made = [
        record("tango", {"kl": score("kl", 2.0, 0.01)}, seed=0),
        record(
            "tango", {"kl": score("kl", 0.54, 0.01, signature=other)}, seed=1
        ),  # the mean of both is the published 1.27
    ]
    assert verdict(*made, column="kl").verdict == "differs"
    assert verdict(*made[1:], column="kl").verdict == "not comparable"


def test_seeds_far_apart_reproduce_nothing_without_a_word() -> None:
    found = verdict(*(fad(value, seed=seed) for seed, value in enumerate((1.2, 2.9))))
    assert found.verdict == "reproduced"
    assert found.reasons == (
        "says little: the interval, widened by the standard deviation of 2 seeds, reaches ±1.252, wider than the "
        "±0.173 that is called close",
    )
    assert (
        verdict(fad(1.73, 0.2)).reasons[0].startswith("says little: the interval reaches ±0.200, wider than the ±0.173")
    )
    assert verdict(fad(1.73, 0.17)).reasons == ()


def row(status: Status) -> Row:
    return Row("text-to-audio", "tango", status)


@pytest.mark.parametrize(
    ("status", "standing", "reason"),
    [
        ("released", None, "not known to be the published weights"),
        ("unreleased", None, "not known to be the published weights, which were never released"),
        ("nearest", None, "not known to be the published weights"),
        ("released", {"status": "whatever"}, "not known to be the published weights"),
        ("unreleased", {"status": "own"}, "a checkpoint of one's own, not the published weights"),
    ],
)
def test_weights_must_be_known_to_be_the_rows(status: Status, standing: dict[str, str] | None, reason: str) -> None:
    found = verdict(fad(1.73, standing=standing), row=row(status))
    assert (found.verdict, found.reasons) == ("not comparable", (reason,))
    assert found.difference == 0.0


@pytest.mark.parametrize("status", ["released", "nearest", "unreleased"])
def test_a_record_that_knows_its_weights_to_be_the_rows_is_compared(status: Status) -> None:
    assert verdict(fad(1.73), row=row(status)).verdict == "reproduced"


def test_real_audio_has_no_weights() -> None:
    of = PUBLISHED.column("fad")
    (runs,) = grouped([fad(1.73, standing=None)])
    taken = taken_for(of, runs)
    assert taken
    assert obstacles_to(taken, runs, of, Demands(AUDIOCAPS, 0.95, row("released"), weightless=True)) == []


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"clip_list": "0" * 64}, "suite audiocaps has other clips here than those that the published numbers are of"),
        ({"clip_list": ""}, "the record does not say which clips suite audiocaps had: they are not known to be the"),
    ],
)
def test_a_suite_of_the_same_name_and_size_with_other_clips_is_another(more: dict[str, Any], reason: str) -> None:
    found = verdict(fad(1.73, **more))
    assert (found.verdict, found.difference) == ("not comparable", None)
    assert found.reasons[0].startswith(reason)


def test_another_version_of_the_card_is_another_suite() -> None:
    made = fad(1.73)
    made = dataclasses.replace(made, suite={**made.suite, "version": 2})
    assert verdict(made).verdict == "not comparable"


def test_a_score_over_few_clips_is_not_compared_however_many_were_scored() -> None:
    found = verdict(record("tango", {"fad": score("fad", 1.73, n=900)}))
    assert found.reasons == ("under 95 % of the suite's clips were scored",)


@pytest.mark.parametrize(
    ("value", "half", "expected"),
    [(1.734, 0.002, "reproduced"), (1.735, None, "reproduced"), (1.7351, None, "close"), (1.725, None, "reproduced")],
)
def test_a_published_value_is_rounded(value: float, half: float | None, expected: str) -> None:
    assert verdict(fad(value, half)).verdict == expected
