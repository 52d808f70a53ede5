"""Runs that differ only in their seed become one number with its spread."""

from __future__ import annotations

import pytest
from measured_records import record, score

from bench.paper.measured import grouped, pooled
from bench.stats import Interval


def test_runs_that_differ_in_their_seed_alone_go_together() -> None:
    records = [
        record("tango", {"fad": 1.0}, seed=1),
        record("tango", {"fad": 2.0}, seed=0),
        record("tango", {"fad": 3.0}, settings={"steps": 20}),
        record("tango", {"fad": 4.0}, suite="musiccaps"),
        record("tango", {"fad": 5.0}, absent=3),
        record("audioldm", {"fad": 6.0}),
    ]
    groups = grouped(records)
    assert [group.seeds for group in groups] == [(0, 1), (0,), (0,), (0,), (0,)]
    assert groups[0].system == "tango"


def test_the_mean_the_spread_and_the_mean_interval_of_seeds() -> None:
    (runs,) = grouped(
        [record("a", {"fad": score("fad", value, 0.3)}, seed=seed) for seed, value in enumerate((1, 2, 3))]
    )
    found = pooled(runs, "fad")
    assert found is not None
    assert (found.value, found.spread, found.seeds) == (2.0, 1.0, 3)
    assert found.interval == pytest.approx((1.7, 2.3))
    assert found.band == pytest.approx((0.7, 3.3))
    assert found.flags == ()


def test_one_seed_has_no_spread_and_its_band_is_its_interval() -> None:
    (runs,) = grouped([record("a", {"fad": score("fad", 1.0, 0.5)})])
    found = pooled(runs, "fad")
    assert found is not None
    assert found.spread is None
    assert found.band == Interval(0.5, 1.5)


def test_a_number_without_an_interval_is_a_band_of_its_own() -> None:
    (runs,) = grouped([record("a", {"fad": score("fad", 1.0, None)})])
    found = pooled(runs, "fad")
    assert found is not None
    assert (found.interval, found.band) == (None, Interval(1.0, 1.0))


def test_a_seed_without_the_metric_is_named_and_so_is_one_that_is_unlike() -> None:
    records = [
        record("a", {"fad": score("fad", 1.0, n=964)}, seed=0),
        record("a", {"fad": score("fad", 1.2, n=960)}, seed=1, scored=960),
        record("a", {"kl": 1.0}, seed=2),
    ]
    (runs,) = grouped(records)
    found = pooled(runs, "fad")
    assert found is not None
    assert (found.n, found.seeds, found.of, found.value, found.spread) == (964, 1, (0,), 1.0, None)
    assert found.flags == (
        "1 of 3 seeds have no fad",
        "fad of seed 1 is left out of the mean: n is 960, not 964",
    )
    assert runs.fewest.clips["scored"] == 960
    assert pooled(runs, "clap") is None


def test_unlike_seeds_are_never_averaged() -> None:
    common = "kl|w:1|n:9"
    made = [
        record("a", {"kl": score("kl", value, signature=common)}, seed=seed) for seed, value in ((1, 1.0), (2, 3.0))
    ]
    (runs,) = grouped([record("a", {"kl": score("kl", 9.0, signature="kl|w:2!|n:9")}, seed=0), *made])
    found = pooled(runs, "kl")
    assert found is not None
    assert (found.value, found.of, found.signature) == (2.0, (1, 2), common)
    assert found.flags == ("kl of seed 0 is left out of the mean: w is 2!, not 1",)


def test_what_is_covered_is_the_fewest_of_clips_scored_and_clips_measured() -> None:
    (one,) = grouped([record("a", {"fad": score("fad", 1.0, n=960)}, scored=950)])
    (other,) = grouped([record("a", {"fad": score("fad", 1.0, n=900)}, scored=950)])
    assert [found.covered for runs in (one, other) if (found := pooled(runs, "fad"))] == [950, 900]
