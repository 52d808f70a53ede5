"""Differences of sets' scores: the clips that moved away most, and references that belong to no clip."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from conftest import Bench

from bench.embedder import Embedder
from bench.features import Store
from bench.gate.rules import Gate
from bench.gate.scores import score_findings
from bench.gate.sets import by_sets
from bench.gate.sides import Pair, Side, read_side
from bench.metric import Against, FeatureMetric, Features, Score
from bench.metrics._inception import inception_score
from bench.metrics.fad import METRICS as FAD
from bench.metrics.isc import InceptionScore
from bench.record import BACKGROUND, Record

NAME = "fad-logmel"


def test_clips_are_ranked_by_how_much_farther_they_are_from_their_references(runs: dict[str, Path]) -> None:
    quiet, sound = read_side(runs["quiet"]), read_side(runs["seed 0"])
    (found,) = score_findings(Pair(quiet, sound), Gate(skip=("lsd-logmel",)), Store())
    assert found.ranked == "distance of its mean features from its reference's"
    store, key = Store(), FAD[NAME].embedder.key

    def mean(digest: str) -> Any:
        return store.get(key, digest).astype(np.float64).mean(axis=0)  # type: ignore[union-attr]

    for clip in found.clips:
        for run, value in ((quiet, clip.candidate), (sound, clip.baseline)):
            row = run.rows[clip.id]
            assert value == pytest.approx(np.linalg.norm(mean(row["audio"]) - mean(row["reference"])))
    steps = [(clip.candidate or 0) - (clip.baseline or 0) for clip in found.clips]
    assert len(steps) == 10
    assert steps == sorted(steps, reverse=True)


@pytest.fixture
def unpaired(bench: Bench, card: Path) -> dict[str, Path]:
    """Audio of three systems, scored against recordings that belong to none of the clips."""
    for system, seed in (("foley", 0), ("foley", 1), ("noise", 0), ("foley", 2)):
        folder = f"{system}-{seed}"
        words = ("run", "--system", system, "--seed", str(seed), "--suite", card, "--out", folder, "--results", "no")
        assert bench(*words).code == 0
        (audio,) = Path(folder).rglob("audio")
        shutil.copytree(audio, Path("sounds", folder))
    Path("sounds", "foley-2", "c0.wav").unlink()
    for path in list(Path("sounds", "foley-2").iterdir()):
        path.rename(path.with_name(f"other-{path.name}"))
    found = {}
    for name in ("foley-0", "foley-1", "noise-0"):
        given = ("--reference", "sounds/foley-2", "--results", f"results-{name}", "--metrics", NAME)
        assert bench("score", f"sounds/{name}", *given).code == 0
        (record,) = Path(f"results-{name}").rglob("record.json")
        found[name] = record.parent
    return found


def test_references_of_no_clip_are_kept_beside_the_record(unpaired: dict[str, Path], bench: Bench) -> None:
    path = unpaired["foley-0"] / BACKGROUND
    names = {one.stem for one in Path("sounds", "foley-2").iterdir()}
    assert json.loads(path.read_bytes()).keys() == names
    before = path.read_bytes()
    words = ("score", "sounds/foley-0", "--reference", "sounds/foley-2", "--results", "results-foley-0")
    assert bench(*words, "--metrics", NAME).code == 0
    assert path.read_bytes() == before


def test_scores_against_references_of_no_clip_are_gated(unpaired: dict[str, Path], bench: Bench) -> None:
    again = bench("check", unpaired["foley-1"], "--baseline", unpaired["foley-0"], "--json")
    assert again.code == 0, again.out
    (check,) = [one for one in json.loads(again.out)["compared"][0]["checks"] if one["name"] == NAME]
    assert check["verdict"] in ("pass", "inconclusive")
    worse = bench("check", unpaired["noise-0"], "--baseline", unpaired["foley-0"], "--json")
    (check,) = [one for one in json.loads(worse.out)["compared"][0]["checks"] if one["name"] == NAME]
    assert check["worse"] > 0.0
    assert check["ranked"] == "distance of its mean features from the references'"
    assert len(check["clips"]) > 0


def test_a_record_without_its_references_says_so(unpaired: dict[str, Path], bench: Bench) -> None:
    (unpaired["foley-0"] / BACKGROUND).unlink()
    ran = bench("check", unpaired["foley-1"], "--baseline", unpaired["foley-0"])
    assert ran.code == 3
    assert f"{NAME} could not be evaluated: the runs have unlike references" in ran.out


CLASSIFIER = Embedder(name="toy", rate=16_000, dimension=2, classes=6)
CLIPS, DULL = 60, 12


def classified(store: Store, logits: Any, name: str) -> Side:
    """A run whose clips a classifier gave logits (n, classes), behind embeddings that no inception score looks at."""
    rows = {}
    for place, row in enumerate(logits):
        clip, audio = f"c{place}", hashlib.sha256(f"{name} {place}".encode()).hexdigest()
        store.put(CLASSIFIER.key, audio, np.concatenate([[7.0, 7.0], row])[None].astype(np.float32))
        rows[clip] = {"id": clip, "text": f"text {place}", "scored": True, "scores": {}, "audio": audio}
    record = Record(
        suite={"name": "s", "version": 1, "hash": "1"},
        system={"name": name, "hash": "1"},
        seed=0,
        clips={"asked": CLIPS, "scored": CLIPS},
        scores={},
    )
    return Side(record, rows, Path(name))


@pytest.fixture
def logits() -> tuple[Any, Any]:
    """Of the same clips twice: sure of their classes, and with the first of them sure of none any more."""
    sure = np.random.default_rng(0).normal(0.0, 0.1, (CLIPS, CLASSIFIER.classes))
    sure[np.arange(CLIPS), np.arange(CLIPS) % CLASSIFIER.classes] += 5.0
    dull = sure.copy()
    dull[:DULL] = np.linspace(0.0, 2.0, DULL)[:, None] * (sure[:DULL] > 2.0)
    return sure, dull


def test_an_inception_score_names_the_clips_that_lost_most_of_it(logits: tuple[Any, Any]) -> None:
    store = Store()
    sure, dull = (classified(store, each, name) for each, name in zip(logits, ("sure", "dull"), strict=True))
    metric = InceptionScore(label="IS", better="higher", embedder=CLASSIFIER)
    found = by_sets(metric, Pair(dull, sure), [], store)
    assert found.worse.value > 0.0
    assert found.ranked == "divergence of its class probabilities from the mean of all clips'"
    assert {clip.id for clip in found.clips} == {f"c{place}" for place in range(10)}
    assert all(clip.text == f"text {clip.id[1:]}" for clip in found.clips)
    drops = [(clip.baseline or 0.0) - (clip.candidate or 0.0) for clip in found.clips]
    assert drops == sorted(drops, reverse=True)
    assert drops[-1] > 0.1
    assert by_sets(metric, Pair(sure, sure), [], store).clips == ()


def test_the_divergences_of_all_clips_make_the_inception_score_of_one_split(logits: tuple[Any, Any]) -> None:
    """Of ten clips all are named, as each of them got worse."""
    store, shares = Store(), [each[:10].copy() for each in logits]
    shares[1][:] = 0.05 * shares[0]
    sure, dull = (classified(store, each, f"ten {nth}") for nth, each in enumerate(shares))
    metric = InceptionScore(label="IS", better="higher", embedder=CLASSIFIER)
    clips = by_sets(metric, Pair(dull, sure), [], store).clips
    assert len(clips) == 10
    for values, each in (([clip.baseline for clip in clips], 0), ([clip.candidate for clip in clips], 1)):
        kept = shares[each].astype(np.float32)
        assert np.exp(np.mean(np.array(values, float))) == pytest.approx(inception_score(kept, splits=1).mean)


@dataclass(frozen=True, kw_only=True)
class Spread(FeatureMetric):
    """A third party's: how far clips lie from their mean."""

    symbol: ClassVar[str] = "spread"
    estimator: ClassVar[str] = "mean"
    against: ClassVar[Against] = "nothing"

    def score(self, generated: Features, reference: Features) -> Score:
        return Score(float(generated.pooled().std()), None, len(generated.ids))


def test_a_metric_of_sets_that_says_nothing_of_single_clips_says_so(logits: tuple[Any, Any]) -> None:
    store = Store()
    sure, dull = (classified(store, each, name) for each, name in zip(logits, ("sure", "dull"), strict=True))
    found = by_sets(Spread(label="S", better="higher", embedder=CLASSIFIER), Pair(dull, sure), [], store)
    assert (found.clips, found.ranked) == ((), "")
    assert found.method.endswith("20 groups of clips; it says nothing of single clips")
