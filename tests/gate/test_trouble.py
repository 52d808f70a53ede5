"""Clips in trouble, and tails that no mean shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.gate.rules import SEEN, Gate
from bench.gate.sides import Pair, Side
from bench.gate.trouble import is_allowed_for, tail_findings, trouble_findings, troubled
from bench.metric import Score
from bench.record import Record

SIGNATURE = "lsd|emb:logmel-1|n:100|suite:s-1"


def side(clips: Mapping[str, Any] | None = None, values: Mapping[str, float] | None = None, **audio: str) -> Side:
    """A run of a hundred clips, some of them in trouble, some with a value or audio of their own."""
    ids = [f"c{index}" for index in range(100)]
    scores = {name: {"lsd-logmel": (values or {}).get(name, 1.0)} for name in ids}
    rows = {
        name: {
            "id": name,
            "text": f"text {name}",
            "scored": True,
            "scores": scores[name],
            "audio": audio.get(name, name),
        }
        for name in ids
    }
    record = Record(
        suite={"name": "s", "version": 1, "hash": "1"},
        system={"name": "a", "hash": "1"},
        seed=0,
        clips={"asked": 100, "scored": 100, **(clips or {})},
        scores={"lsd-logmel": Score(1.0, None, 100, SIGNATURE)},
    )
    return Side(record, rows, Path("a"))


def p(candidate: Side, baseline: Side, kind: str, gate: Gate | None = None) -> float:
    (found,) = [one for one in trouble_findings(Pair(candidate, baseline), gate or Gate()) if one.name == kind]
    return found.p


def ids(*numbers: int) -> list[str]:
    return [f"c{number}" for number in numbers]


def test_every_kind_is_looked_at_whether_it_is_a_list_or_has_reasons() -> None:
    clips = {kind: ids(1) for kind in SEEN if kind not in ("failed", "unreadable", "duplicated")}
    found = troubled(side({**clips, "failed": {"c1": "why"}, "unreadable": {"c1": "why"}}, c1="same", c2="same"))
    assert found == {**{kind: {"c1"} for kind in SEEN}, "duplicated": {"c1", "c2"}}


@pytest.mark.parametrize("kind", [kind for kind in SEEN if kind != "duplicated"])
def test_trouble_that_the_baseline_has_not_is_a_regression_from_the_first_clip_on(kind: str) -> None:
    assert p(side(), side(), kind) == 1.0
    assert p(side({kind: ids(3)}), side(), kind) == 0.0
    assert p(side({kind: ids(3)}), side(), kind, Gate(tails={kind: 1})) == 1.0
    assert p(side({kind: ids(3, 4)}), side(), kind, Gate(tails={kind: 1})) == 0.0


def test_trouble_that_the_baseline_has_must_become_significantly_more() -> None:
    before = side({"clipped": ids(1, 2)})
    assert p(before, before, "clipped") == 1.0
    assert p(side({"clipped": ids(3, 4)}), before, "clipped") == 1.0
    assert p(side({"clipped": ids(1, 2, 3)}), before, "clipped") == 0.5
    assert p(side({"clipped": ids(1, 2, 3, 4, 5, 6)}), before, "clipped") == 2.0**-4


def test_more_than_twice_as_many_and_two_is_a_regression_whatever_the_level() -> None:
    before = side({"clipped": ids(1)})
    assert p(side({"clipped": ids(1, 2, 3, 4)}), before, "clipped") == 2.0**-3
    assert p(side({"clipped": ids(1, 2, 3, 4, 5)}), before, "clipped") == 0.0
    assert p(side({"clipped": ids(1, 2, 3, 4, 5)}), before, "clipped", Gate(tails={"clipped": 1})) == 2.0**-3
    assert p(side({"clipped": ids(1, 2, 3, 4, 5)}), before, "clipped", Gate(tails={"clipped": 4})) == 1.0


def test_a_clip_that_only_one_run_is_about_is_no_news() -> None:
    whole = side({"clipped": ids(1, 50), "failed": {"c60": "why"}})
    part = dataclasses.replace(side(), rows={clip: row for clip, row in whole.rows.items() if clip < "c5"})
    assert p(whole, part, "clipped") == 0.0
    assert p(whole, part, "failed") == 1.0


def test_a_recording_for_two_prompts_is_a_duplicate() -> None:
    assert p(side(c1="same", c2="same"), side(), "duplicated") == 0.0
    assert p(side(c1="same", c2="same"), side(c1="same", c2="same"), "duplicated") == 1.0


def test_the_clips_newly_in_trouble_are_named_with_their_prompts() -> None:
    found = next(iter(trouble_findings(Pair(side({"failed": {"c7": "why"}}), side()), Gate())))
    assert (found.name, found.baseline, found.candidate) == ("failed", 0, 1)
    assert [(clip.id, clip.text, clip.candidate) for clip in found.clips] == [("c7", "text c7", None)]


def unscored(which: Side, *names: str) -> Side:
    rows = {clip: {**row, "scored": clip not in names} for clip, row in which.rows.items()}
    return dataclasses.replace(which, rows=rows)


def test_only_clips_in_trouble_that_is_allowed_for_are_left_out() -> None:
    whole, failed = side(), unscored(side({"failed": {"c1": "why", "c2": "why"}}), "c1", "c2")
    few = Gate(tails={"failed": 2})
    assert is_allowed_for(Pair(failed, whole), few)
    assert is_allowed_for(Pair(whole, failed), few)
    assert is_allowed_for(
        Pair(failed, unscored(side({"missing": ["c3"]}), "c3")), Gate(tails={"failed": 2, "missing": 1})
    )
    assert not is_allowed_for(Pair(failed, unscored(side({"missing": ["c3"]}), "c3")), few)
    assert not is_allowed_for(Pair(unscored(failed, "c1", "c2", "c3"), whole), few)
    one = unscored(side({"failed": {"c5": "why"}}), "c5")
    assert is_allowed_for(Pair(failed, one), Gate(tails={"failed": 1}))
    for gate in (Gate(), Gate(tails={"missing": 1, "failed": 0, "worst": 1}), Gate(tails={"failed": 1})):
        assert not is_allowed_for(Pair(failed, whole), gate)
        assert not is_allowed_for(Pair(whole, failed), gate)
    assert not is_allowed_for(Pair(whole, whole), few)


def test_a_tail_is_found_that_the_mean_hides() -> None:
    bad = {f"c{index}": 9.0 for index in range(12)}
    better = {f"c{index}": 0.0 for index in range(12, 100)}
    (found,) = tail_findings(Pair(side(values={**bad, **better}), side()), Gate())
    assert found.name == "worst 1 % of lsd-logmel"
    assert (found.baseline, found.candidate) == (1, 12)
    assert found.p < 1e-3
    assert len(found.clips) == 10
    assert found.clips[0]._asdict() == {"id": "c0", "text": "text c0", "baseline": 1.0, "candidate": 9.0}
    (allowed,) = tail_findings(Pair(side(values=bad), side()), Gate(tails={"worst": 11}))
    assert allowed.p == 1.0


def test_a_tail_counts_only_what_is_worse_by_more_than_the_margin() -> None:
    """The margin is 3 % of the baseline's 1.0; all its clips have that value."""
    near, far = ({f"c{index}": value for index in range(12)} for value in (1.029, 1.031))
    assert [one.candidate for one in tail_findings(Pair(side(values=near), side()), Gate())] == [0]
    assert [one.candidate for one in tail_findings(Pair(side(values=far), side()), Gate())] == [12]


def test_a_tail_of_equal_runs_is_none() -> None:
    (found,) = tail_findings(Pair(side(), side()), Gate())
    assert (found.candidate, found.p) == (0, 1.0)


def test_tails_of_unlike_scores_are_not_compared() -> None:
    other = side()
    scores = {"lsd-logmel": Score(1.0, None, 100, SIGNATURE.replace("logmel-1", "logmel-2"))}
    other = dataclasses.replace(other, record=dataclasses.replace(other.record, scores=scores))
    assert list(tail_findings(Pair(side(), other), Gate())) == []
    assert list(tail_findings(Pair(side(), side()), Gate(skip=("lsd-logmel",)))) == []
