"""A network of the tables from end to end, as a user runs it: on the demo suite, scored, recorded and marked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import planted
import pytest
import soundfile
from conftest import Bench
from tiny import audioldm2

QUICK = ("--system.steps", "2", "--limit", "2")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny AudioLDM 2, dressed as those on the hub are."""
    return audioldm2.write(tmp_path_factory.mktemp("tiny") / "tiny", hub_like=True)


def record() -> dict[str, Any]:
    [path] = Path("results").rglob("record.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def heard(folder: str) -> dict[str, Any]:
    return {path.name: soundfile.read(path)[0] for path in Path(folder).rglob("*.wav")}


def test_a_checkpoint_of_ones_own_runs_under_a_papers_name(bench: Bench, checkpoint: Path) -> None:
    words = ("run", "--system", "audioldm2-ac-large", "--suite", "demo", "--system.checkpoint", checkpoint, *QUICK)
    ran = bench(*words)
    assert ran.code == 0, ran.err
    said = "a checkpoint of one's own, not the published weights; other settings than the row's: steps is 2, not 200"
    assert f"audioldm2-ac-large: {said}\n" in ran.err
    assert f"† {said}\n" in ran.out
    assert "audioldm2-ac-large† " in ran.out
    made = record()
    assert made["clips"] == {"asked": 2, "scored": 2}
    settings = made["system"]["settings"]
    recipe = {"preset": "original", "eta": 1.0, "candidates": 3, "reranker": "own", "seconds": 10.24, "steps": 2}
    assert recipe.items() <= settings.items()
    assert {"guidance_scale": 3.5, "scheduler": "ddim", "rate": 16_000, "dtype": "float32"}.items() <= settings.items()
    assert made["system"]["checkpoint"] == "tiny"
    waves = heard("runs")
    assert {len(wave) for wave in waves.values()} == {4 * 16_000}
    first, second = waves.values()
    assert np.abs(first - second).max() > 0.01
    again = bench(*words, "--json")
    assert json.loads(again.out)["scores"] == made["scores"]
    assert "generating" not in again.err


def test_a_name_whose_weights_were_never_released_says_so_and_runs_the_nearest(
    bench: Bench, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    planted.plant("cvssp/audioldm2-large", lambda folder: shutil.copytree(checkpoint, folder))
    ran = bench("run", "--system", "audioldm2-ac-large", "--suite", "demo", "--system.candidates", "1", *QUICK)
    assert ran.code == 0, ran.err
    said = "the published weights were never released; the nearest public ones run in their place: "
    assert f"audioldm2-ac-large: {said}" in ran.err
    assert f"† {said}" in ran.out
    system = record()["system"]
    assert system["standing"]["status"] == "unreleased"
    assert (system["checkpoint"], system["revision"]) == ("cvssp/audioldm2-large", planted.COMMIT)
    shown = bench("table", "demo", "--format", "latex").out
    assert r"audioldm2-ac-large\dag{}" in shown


def test_seeds_and_presets_are_systems_of_their_own(bench: Bench, checkpoint: Path) -> None:
    words = ("run", "--system", "audioldm2-full", "--suite", "demo", "--system.checkpoint", checkpoint, "--limit", "1")
    quick = ("--system.steps", "2", "--system.candidates", "1", "--system.seconds", "4")
    for more in ((), ("--seed", "1"), ("--system.preset", "diffusers")):
        assert bench(*words, *quick, *more).code == 0
    folders = sorted(Path("runs").rglob("*.wav"))
    assert len(folders) == 3
    waves = [soundfile.read(path)[0] for path in folders]
    assert all(np.abs(one - other).max() > 0.01 for one, other in zip(waves, [*waves[1:], waves[0]], strict=True))
    table = bench("table", "demo").out
    assert "preset is diffusers, not original" in table
    assert "eta is 0.0, not 1.0" in table
    (shared,) = [line for line in table.splitlines() if line.startswith("audioldm2-full") and "2 seeds" in line]
    assert "±" in shared
    assert "audioldm2-full (seed 1)" in bench("table", "demo", "--each-seed").out
