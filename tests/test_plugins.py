"""Plug-ins: found by name, in this package and in others'."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import plugins
from bench.digest import canonical_json
from bench.errors import BadInput
from bench.metric import FeatureMetric, Scope, TimingMetric
from bench.pretrained import Pretrained
from bench.system import System


def test_every_system_is_a_hashable_value_with_settings_in_json_types() -> None:
    for name, system in plugins.systems().items():
        assert isinstance(system, System)
        hash(system)
        if name != "folder":
            assert json.loads(canonical_json(system.settings())) == system.settings()
        if name != "folder" and not isinstance(system, Pretrained):  # whose tag depends on weights that are not here
            assert len(system.tag(0)) == 8
            assert system.tag(0) != system.tag(1)


def test_every_metric_says_what_it_is() -> None:
    for metric in plugins.metrics().values():
        assert isinstance(metric, FeatureMetric | TimingMetric)
        signature = metric.signature(24, Scope("demo-12345678"))
        assert signature.startswith(f"{metric.symbol}|")
        assert "|n:24|suite:demo-12345678|bench:" in signature
        assert type(metric).__doc__


def test_an_alias_stands_for_several_and_each_comes_once() -> None:
    chosen = plugins.chosen_metrics(("peak-memory", "efficiency"))
    assert list(chosen) == [
        "peak-memory",
        "real-time-factor",
        "seconds-per-clip",
        "latency-p50",
        "latency-p95",
        "throughput",
    ]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="did you mean 'foley'"):
        plugins.system("fooley")
    with pytest.raises(BadInput, match="efficiency, energy, fad, fad-clap"):
        plugins.chosen_metrics(("fad-logmel", "nonsense"))


def test_two_plug_ins_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "thief.py").write_text("from bench.system import System\nSYSTEM = System()\n", encoding="utf-8")
    info = tmp_path / "thief-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thief\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[bench.systems]\nfoley = thief:SYSTEM\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "bench", "list", "systems"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 2
    assert "two plug-ins are called 'foley'" in done.stderr
    assert "thief:SYSTEM" in done.stderr
