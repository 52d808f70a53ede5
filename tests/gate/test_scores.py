"""Findings of metrics: the difference that the records say, either way round, on all clips or on those in common."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from bench import plugins
from bench.features import Store
from bench.gate.finding import Finding
from bench.gate.rules import Gate, Margin
from bench.gate.scores import score_findings
from bench.gate.sides import Pair, Side, read_side
from bench.metric import Features
from bench.metrics.clap import METRICS as CLAP
from bench.metrics.fad import METRICS as FAD

NAMES = ("fad-logmel", "lsd-logmel")


def found(candidate: Side, baseline: Side, gate: Gate | None = None) -> dict[str, Finding]:
    return {one.name: one for one in score_findings(Pair(candidate, baseline), gate or Gate(), Store())}


@pytest.fixture
def sound(runs: dict[str, Path]) -> Side:
    return read_side(runs["seed 0"])


@pytest.fixture
def quiet(runs: dict[str, Path]) -> Side:
    return read_side(runs["quiet"])


@pytest.mark.parametrize("name", NAMES)
def test_a_difference_is_that_of_the_records_and_turns_with_the_sides(sound: Side, quiet: Side, name: str) -> None:
    one, two = found(quiet, sound)[name], found(sound, quiet)[name]
    assert one.worse is not None
    assert two.worse is not None
    expected = quiet.record.scores[name].value - sound.record.scores[name].value
    assert one.worse.value == pytest.approx(expected)
    assert two.worse == pytest.approx(one.worse._replace(value=-one.worse.value))
    assert one.p < 1e-4
    assert two.p > 0.99


def test_the_error_of_a_mean_is_that_of_its_clips_differences(sound: Side, quiet: Side) -> None:
    one = found(quiet, sound)["lsd-logmel"]
    ours, theirs = (side.values("lsd-logmel") for side in (quiet, sound))
    each = np.array([ours[clip] - theirs[clip] for clip in ours])
    assert one.worse is not None
    assert one.worse.error == pytest.approx(each.std(ddof=1) / np.sqrt(24), rel=0.12)
    assert one.worse.df == 23


def test_of_a_metric_of_which_more_is_better_less_is_worse(
    sound: Side, quiet: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LSD's values under CLAP's name: no network is needed to see which way the difference turns."""
    assert CLAP["clap"].better == "higher"
    lsd = plugins.metrics()["lsd-logmel"]
    before = found(quiet, sound)["lsd-logmel"].worse
    monkeypatch.setitem(
        plugins.plugins("bench.metrics").values, "lsd-logmel", dataclasses.replace(lsd, better="higher")
    )
    after = found(quiet, sound)["lsd-logmel"].worse
    assert before is not None
    assert after is not None
    assert after.value == -before.value


def test_clips_in_common_are_scored_as_if_there_were_no_others(runs: dict[str, Path], sound: Side) -> None:
    silent = read_side(runs["silent"])
    one = found(silent, sound, Gate(common=True))["fad-logmel"]
    store, key = Store(), FAD["fad-logmel"].embedder.key
    ids = silent.scored
    sides = [
        Features(ids, tuple(store.get(key, side.rows[clip][which]) for clip in ids))  # type: ignore[misc]
        for side, which in ((silent, "audio"), (sound, "audio"), (sound, "reference"))
    ]
    values = [FAD["fad-logmel"].score(side, sides[2]).value for side in sides[:2]]
    assert (one.candidate, one.baseline) == pytest.approx(tuple(values))
    assert one.candidate == pytest.approx(silent.record.scores["fad-logmel"].value)
    assert one.worse is not None
    assert one.worse.df == len(ids) - 1


def test_a_margin_is_taken_of_the_baseline(sound: Side, quiet: Side) -> None:
    gate = Gate({"lsd-logmel": Margin(relative=0.5, two_sided=True)})
    one = found(quiet, sound, gate)["lsd-logmel"]
    assert one.margin == pytest.approx(0.5 * sound.record.scores["lsd-logmel"].value)
    assert one.allowed == "±50 %"
    assert one.p_better > 0.99
    assert found(quiet, sound, Gate(skip=("lsd-logmel",))).keys() == {"fad-logmel"}
