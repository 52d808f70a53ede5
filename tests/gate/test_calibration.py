"""Calibration: margins from the spread of repeats, in a gate file that ``bench check`` takes as it is."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import Bench, one_line
from gate.simulation import DEGRADED, card, made
from scipy import stats

from bench.gate.calibration import calibrated
from bench.gate.sides import read_side

REPEATS = [f"seed {seed}" for seed in range(4)]


def test_a_margin_is_what_two_more_repeats_would_differ_by(runs: dict[str, Path]) -> None:
    sides = [read_side(runs[name]) for name in REPEATS]
    found = calibrated(sides)
    values = [side.record.scores["fad-logmel"].value for side in sides]
    expected = stats.t.ppf(0.95, 3) * np.sqrt(2) * np.std(values, ddof=1)
    assert found.margins["fad-logmel"].absolute == pytest.approx(expected)
    assert found.margins.keys() == {"fad-logmel", "lsd-logmel"}


def test_a_gate_file_is_written_whole_and_taken_as_it_is(bench: Bench, runs: dict[str, Path]) -> None:
    folders = [runs[name] for name in REPEATS]
    ran = bench("check", "--calibrate", *folders, "-o", "gate.yaml")
    assert (ran.code, ran.out) == (0, "")
    text = Path("gate.yaml").read_text(encoding="utf-8")
    assert bench("check", "--calibrate", *folders).out == text
    assert text.startswith("# Rules for `bench check --config`, from 4 repeats of one checkpoint; 5 or more make the")
    margin = yaml.safe_load(text)["margins"]["fad-logmel"]["absolute"]
    ran = bench("check", folders[1], "--baseline", folders[0], "--config", "gate.yaml", "--json")
    assert ran.code == 0, ran.out
    assert json.loads(ran.out)["compared"][0]["checks"][0]["margin"] == margin
    assert bench("check", runs["quiet"], "--baseline", folders[0], "--config", "gate.yaml").code == 1


def test_trouble_that_comes_and_goes_between_repeats_is_allowed_for(runs: dict[str, Path]) -> None:
    sides = [read_side(runs["seed 0"]), read_side(runs["seed 2"])]
    for folder in ("one", "two"):
        made = Path(shutil.copytree(sides[folder == "two"].folder, folder))
        record = json.loads((made / "record.json").read_text(encoding="utf-8"))
        record["clips"]["clipped"] = list(sides[0].rows)[: 3 if folder == "one" else 1]
        (made / "record.json").write_text(json.dumps(record), encoding="utf-8")
    found = calibrated([read_side(Path("one")), read_side(Path("two"))])
    assert found.tails["clipped"] == 2
    assert "silent" not in found.tails


def test_a_checkpoint_that_now_and_then_fails_a_clip_passes_by_its_own_gate_file(
    bench: Bench, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    suite, rare = card(tmp_path, takes=1, seconds=0.5), DEGRADED["5 % silent clips"]
    folders = [made(rare, suite, seed, tmp_path / str(seed)) for seed in range(3)]
    assert len({frozenset(read_side(folder).scored) for folder in folders}) > 1
    assert bench("check", "--calibrate", *folders, "-o", "gate.yaml").code == 0
    for ours, theirs in itertools.permutations(folders, 2):
        ran = bench("check", ours, "--baseline", theirs, "--config", "gate.yaml")
        assert ran.code == 0, ran.out


def unlike(folder: Path, part: str, value: object) -> Path:
    made = Path(shutil.copytree(folder, "unlike"))
    record = json.loads((made / "record.json").read_text(encoding="utf-8"))
    record[part] = value
    (made / "record.json").write_text(json.dumps(record), encoding="utf-8")
    return made


def test_what_are_no_repeats_are_refused(bench: Bench, runs: dict[str, Path]) -> None:
    ran = bench("check", "--calibrate", runs["seed 0"], runs["quiet"])
    assert ran.code == 2
    assert "are no repeats: gain is 1.0, and 0.5" in ran.err
    assert one_line(ran.err)
    suite = read_side(runs["seed 1"]).record.suite
    ran = bench("check", "--calibrate", runs["seed 0"], unlike(runs["seed 1"], "suite", {**suite, "hash": "f"}))
    assert ran.code == 3
    assert "runs on unlike suites are not compared: hash is " in ran.err
    assert one_line(ran.err)


def test_repeats_without_a_score_are_not_evaluable(bench: Bench, runs: dict[str, Path]) -> None:
    ran = bench("check", "--calibrate", runs["seed 0"], unlike(runs["seed 1"], "scores", {}))
    assert ran.code == 3
    assert "the candidate has no score: it was not asked for in that run" in ran.err
    assert one_line(ran.err)


def test_whichever_repeat_lacks_a_score_is_told(bench: Bench, runs: dict[str, Path]) -> None:
    scores = json.loads((runs["seed 1"] / "record.json").read_text(encoding="utf-8"))["scores"]
    lacking = unlike(runs["seed 1"], "scores", {"fad-logmel": scores["fad-logmel"]})
    for repeats in ((lacking, runs["seed 0"]), (runs["seed 0"], lacking)):
        ran = bench("check", "--calibrate", *repeats)
        assert ran.code == 3, ran.out
        assert "lsd-logmel of " in ran.err
        assert "has no score" in ran.err
        assert one_line(ran.err)


BESIDE = {
    "--alpha": ("--alpha", "0.02"),
    "--strict": ("--strict",),
    "--common": ("--common",),
    "--skip": ("--skip", "lsd-logmel"),
    "--tails": ("--tails", '{"silent": 1}'),
    "--margins": ("--margins", '{"fad-logmel": {"relative": 1}}'),
}


@pytest.mark.parametrize(("option", "words"), BESIDE.items(), ids=BESIDE)
def test_options_that_calibration_does_not_look_at_are_refused(
    bench: Bench, runs: dict[str, Path], option: str, words: tuple[str, ...]
) -> None:
    ran = bench("check", "--calibrate", runs["seed 0"], runs["seed 1"], *words)
    assert ran.code == 2, ran.out
    assert f"--calibrate takes records and --output, nothing else: not {option}" in ran.err
    assert one_line(ran.err)
