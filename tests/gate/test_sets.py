"""Differences of sets' scores: the clips that moved away most, and references that belong to no clip."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Bench

from bench.features import Store
from bench.gate.rules import Gate
from bench.gate.scores import score_findings
from bench.gate.sides import Pair, read_side
from bench.metrics.fad import METRICS as FAD
from bench.record import BACKGROUND

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
