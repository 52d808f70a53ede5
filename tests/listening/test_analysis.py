"""Analysis: all parts of a question belong together, and JSON has them all."""

from __future__ import annotations

import json
from dataclasses import replace

from golden_ratings import COMPLETE, rows

from bench.listening.analysis import analyse
from bench.listening.opinion import opinions
from bench.listening.rating import Rating

RATINGS = [
    Rating(test_id="t", rater_id=rater, item_id=clip, system_id=system, dimension="OVL", score=score)
    for score, rater, clip, system in rows(COMPLETE)
]


def test_an_analysis_has_the_opinions_that_stand_alone() -> None:
    (found,) = analyse(RATINGS, "cluster")
    assert found.opinions == opinions(RATINGS)
    assert [(one.system, one.other) for one in found.contrasts] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert found.reliability is not None


def test_fields_are_plain_values() -> None:
    (found,) = analyse(RATINGS, "cluster")
    fields = json.loads(json.dumps(found.fields(), allow_nan=False))
    assert fields["scale"] == [1.0, 5.0]
    assert (fields["systems"][0]["low"], fields["systems"][0]["high"]) == tuple(found.opinions[0].interval or ())
    assert fields["contrasts"][1]["significant"] is True
    assert fields["contrasts"][1]["difference"]["p"] == found.contrasts[1].difference.p
    assert fields["reliability"]["k"] == 4.0


def test_unknown_raters_have_no_agreement_and_contrasts_of_clips() -> None:
    (found,) = analyse([replace(one, rater_id=None) for one in RATINGS], "cluster")
    assert (found.method, found.reliability) == ("clips", None)
    assert {one.difference.method for one in found.contrasts} == {"clips"}


def test_differences_beside_an_interval_of_means_alone_are_cluster_robust() -> None:
    (found,) = analyse(RATINGS, "crowdmos")
    assert {one.method for one in found.opinions} == {"crowdmos"}
    assert {one.difference.method for one in found.contrasts} == {"cluster"}
