"""The gate passes reruns of a checkpoint and fails its degradations; ``benchmarks/gate.py`` does the same at length."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Bench
from gate.simulation import DEGRADED, SOUND, card, made, sampled, signal, spectrum

SEEDS = 5  # each pair of them is a rerun: twenty
WORSE = (5, 6)  # seeds of what is degraded, held to each of the five: ten checks


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 clips of a second."""
    return card(tmp_path_factory.mktemp("takes"), takes=5, seconds=1.0)


@pytest.fixture(scope="module")
def baselines(suite: Path, cache: Path) -> list[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_CACHE", str(cache))
        return [made(SOUND, suite, seed, suite.parent) for seed in range(SEEDS)]


def test_reruns_pass(bench: Bench, baselines: list[Path]) -> None:
    codes = [bench("check", ours, "--baseline", theirs).code for ours, theirs in itertools.permutations(baselines, 2)]
    assert len(codes) == 20
    assert set(codes) <= {0, 1}
    assert codes.count(0) >= 19


@pytest.mark.parametrize("name", DEGRADED)
def test_degradations_fail(bench: Bench, suite: Path, baselines: list[Path], name: str) -> None:
    worse = [made(DEGRADED[name], suite, seed, suite.parent / name) for seed in WORSE]
    runs = [bench("check", ours, "--baseline", theirs, "--json") for ours in worse for theirs in baselines]
    assert [run.code for run in runs] == [1] * 10, [json.loads(run.out)["conclusion"] for run in runs]


def test_the_sampler_tends_to_the_spectra_it_is_after_with_its_steps() -> None:
    generator = np.random.default_rng(0)
    power = generator.gamma(1.0, 0.2, (40, 257))
    noise = 30.0 * (generator.normal(size=power.shape) + 1j * generator.normal(size=power.shape)) / np.sqrt(2)
    level = [float((np.abs(sampled(power, noise, steps)) ** 2).mean() / power.mean()) for steps in (4, 8, 16, 200)]
    assert level == sorted(level)
    assert level[-1] == pytest.approx(1.0, abs=0.15)
    assert level[0] < 0.6


def test_spectra_of_a_wave_give_the_wave() -> None:
    wave = np.random.default_rng(1).normal(size=4000)
    assert signal(spectrum(wave), 4000) == pytest.approx(wave, abs=1e-9)
