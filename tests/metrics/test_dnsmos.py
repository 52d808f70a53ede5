"""DNSMOS: what the package itself says, and what becomes of a run without it."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Bench
from formulas import noise, sines

from bench import plugins
from bench.audio import Waveform
from bench.metric import FeatureMetric, Features, Scope, Score
from bench.metrics._logmel import LOGMEL
from bench.metrics.dnsmos import EMBEDDER, METRICS, SCALES

NOISE = [1.067, 1.1935, 1.1374, 2.1473]  # overall, signal, background, P.808


def rows(*waves: Waveform) -> list[list[float]]:
    return [each[0].tolist() for each in EMBEDDER.load("cpu")(waves)]


def score(name: str, *each: list[float]) -> Score:
    ids = tuple(f"c{index}" for index in range(len(each)))
    found: Score = METRICS[name].score(Features(ids, tuple(np.array([row]) for row in each)), Features((), ()))
    return found


def test_it_is_what_the_package_says_of_each_clip() -> None:
    from speechmos import dnsmos

    waves = [noise(0, 64_000), sines(16_000, 160_000, 220.0), np.zeros(16_000, np.float32)]
    said = [dnsmos.run(wave, 16_000) for wave in waves]
    found = rows(*waves)
    assert found == [pytest.approx([one[scale] for scale in SCALES], rel=1e-6) for one in said]
    assert found[0] == pytest.approx(NOISE, abs=1e-3)  # written down once: another version's networks are noticed


def test_samples_beyond_full_scale_are_clipped() -> None:
    wave = sines(16_000, 32_000, 440.0, level=1.5)
    assert np.abs(wave).max() > 1.0
    assert rows(wave) == rows(np.clip(wave, -1.0, 1.0))


def test_a_run_is_scored_by_all_four(bench: Bench, card: Path) -> None:
    ran = bench("run", "--system", "noise", "--suite", card, "--limit", "2", "--metrics", ",".join(METRICS))
    assert ran.code == 0, ran.err
    (file,) = Path("results").rglob("record.json")
    record = json.loads(file.read_bytes())
    assert sorted(record["scores"]) == sorted(METRICS)
    assert all(0.5 < one["value"] < 5.0 and one["n"] == 2 for one in record["scores"].values())
    assert {"speechmos", "librosa", "onnxruntime"} <= record["versions"].keys()
    assert "|w:269fbebd,9246480c|" in record["scores"]["dnsmos"]["signature"]


def test_without_the_package_the_other_metrics_are_scored(
    bench: Bench, card: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))  # in which no earlier test kept a score
    monkeypatch.setitem(sys.modules, "speechmos.dnsmos", None)
    monkeypatch.setitem(sys.modules, "speechmos", None)
    ran = bench("run", "--system", "noise", "--suite", card, "--limit", "2", "--metrics", "fad-logmel,dnsmos")
    assert ran.code == 3
    assert "dnsmos could not be computed: DNSMOS needs speechmos" in ran.err
    assert "pip install 'audiogen-bench[speech]'" in ran.err
    (file,) = Path("results").rglob("record.json")
    assert list(json.loads(file.read_bytes())["scores"]) == ["fad-logmel"]


@pytest.mark.parametrize("name", sorted(METRICS))
def test_the_score_is_the_mean_of_its_own_column(name: str) -> None:
    column = ["dnsmos", "dnsmos-sig", "dnsmos-bak", "dnsmos-p808"].index(name)
    found = score(name, [1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 3.5, 1.0], [3.0, 3.0, 4.0, 4.0])
    each = [[1.0, 2.0, 3.0], [2.0, 4.0, 3.0], [3.0, 3.5, 4.0], [4.0, 1.0, 4.0]][column]
    assert found.value == pytest.approx(np.mean(each))
    assert list(found.per_clip.values()) == each
    assert found.interval is not None
    assert found.interval.low < found.value < found.interval.high


def test_one_clip_has_a_value_and_no_interval() -> None:
    assert score("dnsmos", [3.0, 1.0, 1.0, 1.0]).interval is None


@pytest.mark.parametrize("name", sorted(METRICS))
def test_it_says_what_it_depends_on(name: str) -> None:
    metric = METRICS[name]
    assert isinstance(metric, FeatureMetric)
    assert (metric.better, metric.against, metric.unfit()) == ("higher", "nothing", None)
    assert metric.signature(3, Scope("s-1")).startswith(f"{name}|emb:dnsmos-1|w:269fbebd,9246480c|rate:16000|")


def test_another_embedder_has_no_such_columns() -> None:
    metric = METRICS["dnsmos"]
    assert isinstance(metric, FeatureMetric)
    assert dataclasses.replace(metric, embedder=LOGMEL).unfit() == "logmel predicts no opinion scores"
    assert plugins.embedders()["dnsmos"] == EMBEDDER
