"""The papers' scores from the command line: random weights in the official files, found, signed, and marked."""

from __future__ import annotations

import dataclasses
import functools
import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import checkpoints
import numpy as np
import pytest
import torch
from conftest import Bench, Ran, one_line
from formulas import random_weights
from scipy import linalg

from bench import plugins
from bench.audio import decode, mono
from bench.fetch import fetch
from bench.metrics._vggish import KEYS, VGGISH, patches, vggish

WEIGHTS = random_weights(checkpoints.SEED, KEYS)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    names = [name for name in checkpoints.FILES if "32" not in name and "0.431" not in name and "630k" not in name]
    return checkpoints.write(tmp_path_factory.mktemp("weights"), *names)


def embedded(folder: Path) -> np.ndarray:
    """What audioldm_eval would pool, clip by clip."""
    waves = [mono(decode(path), 16_000, "sinc") for path in sorted(folder.glob("*.wav"))]
    return np.concatenate([vggish(WEIGHTS, patches(wave)) for wave in waves]).astype(np.float64)


def reference_fad(ours: np.ndarray, theirs: np.ndarray) -> float:
    """From the singular values of the centred rows, which do not mind that there are fewer rows than dimensions."""
    factors = [(rows - rows.mean(axis=0)) / np.sqrt(len(rows) - 1) for rows in (ours, theirs)]
    shift = ours.mean(axis=0) - theirs.mean(axis=0)
    spread = sum((factor**2).sum() for factor in factors)
    return float(shift @ shift + spread - 2 * linalg.svdvals(factors[0] @ factors[1].T).sum())


def test_fad_from_the_command_line(
    bench: Bench, card: Path, weights: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    monkeypatch.setenv("BENCH_WEIGHTS", str(weights))
    noise = ("run", "--system", "noise", "--system.rate", "44100", "--suite", card)
    ran = bench(*noise, "--metrics", "fad,fad@vggish:soxr", "--json", "--quiet")
    assert ran.code == 0, ran.err
    scores = json.loads(ran.out)["scores"]
    paper, clean = scores["fad"], scores["fad@vggish:soxr"]
    (runs,) = Path("runs/small").glob("noise-*/audio")
    (rendered,) = (cache / "references").glob("small-*")
    assert paper["value"] == pytest.approx(reference_fad(embedded(runs), embedded(rendered / "audio")), rel=1e-6)
    assert paper["interval"][0] <= paper["value"] <= paper["interval"][1]
    assert "|resample:sinc|" in paper["signature"]
    assert "|resample:soxr-hq|" in clean["signature"]
    assert clean["value"] != paper["value"]
    assert "!|rate:16000" in paper["signature"]
    assert any("other weights than the published" in flag for flag in paper["flags"])
    table = bench("table", "small").out
    assert "not comparable: vggish has other weights" in table


def test_without_weights_the_metric_says_how_to_get_them(bench: Bench, card: Path) -> None:
    ran = bench("run", "--system", "noise", "--suite", card, "--metrics", "fad,fad-logmel", "--quiet")
    assert ran.code == 3
    assert one_line(ran.err)
    assert "fad could not be computed: vggish-10086976.pth is not here" in ran.err
    assert "bench fetch" in ran.err
    (record,) = Path("results/records").glob("*/*/record.json")
    assert set(json.loads(record.read_text())["scores"]) == {"fad-logmel"}


def test_weights_of_another_network_are_refused(
    bench: Bench, card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "w").mkdir()
    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "w" / "vggish-10086976.pth")
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path / "w"))
    ran = bench("run", "--system", "noise", "--suite", card, "--metrics", "fad", "--quiet")
    assert ran.code == 3
    assert "these are not the weights of VGGish: features.3.weight is missing" in ran.err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fad@vgish", "did you mean 'vggish'"),
        ("fad@vggish:sox", "no resampler is called 'sox'"),
        ("real-time-factor@vggish", "takes no embedder"),
        ("fid@vggish", "did you mean 'fad'"),
    ],
)
def test_a_wrong_combination_is_named(bench: Bench, card: Path, name: str, words: str) -> None:
    ran = bench("run", "--system", "noise", "--suite", card, "--metrics", name)
    assert ran.code == 2
    assert one_line(ran.err)
    assert words in ran.err


UNPLUGGED = """
import socket, sys

def refuse(*_, **__):
    raise AssertionError("a run reached for the network")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
from bench.cli import main
sys.exit(main(sys.argv[1:]))
"""


def unplugged(*words: str | Path) -> Ran:
    """The command line in a process that no environment keeps from the network, and in which reaching for it fails."""
    told = {name: value for name, value in os.environ.items() if not name.endswith("OFFLINE")}
    command = [sys.executable, "-c", UNPLUGGED, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, env=told, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


def test_every_network_of_the_paper_in_one_pass(
    bench: Bench, card: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAD, KL, CLAP and what later papers add, for as many clips as a limit leaves, and nothing is fetched."""
    monkeypatch.setenv("BENCH_WEIGHTS", str(weights))
    names = "fad,kl,kl-sigmoid,clap,clap-paper,clap-paper-expected,fd-passt,fd-panns,kl-panns,kad-clap,kid-passt"
    words = ("run", "--system", "noise", "--suite", card, "--limit", "4", "--metrics", names, "--json")
    first = unplugged(*words)
    assert first.code == 0, first.err
    scores = json.loads(first.out)["scores"]
    assert list(scores) == sorted(names.split(","))
    assert "embedding with" in first.err
    for name, score in scores.items():
        low, high = score["interval"]
        assert low <= score["value"] <= high, name
        assert score["n"] == 4
    values = {name: score["value"] for name, score in scores.items()}
    assert values["kl"] > 0.02  # the networks hear a difference between noise and what foley renders
    assert -1.0 <= values["clap"] <= 1.0
    assert "rate:32000>48000" in scores["clap"]["signature"]
    assert "|bw:" in scores["kad-clap"]["signature"]
    assert "singular" in scores["fd-panns"]["flags"][0]
    again = bench(*words)
    assert json.loads(again.out)["scores"] == scores
    assert "embedding" not in again.err


def test_fetching_ahead_names_every_file_that_a_run_takes(
    bench: Bench, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_WEIGHTS", str(weights))
    ran = bench("fetch", "fad", "kl", "clap")
    assert ran.code == 0, ran.err
    assert len(ran.out.splitlines()) == 5  # three networks, and the two files of the tokenizer


def test_a_run_after_fetching_needs_no_network(
    card: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a server of the test's own into the cache, and then without it."""
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE")
    file = VGGISH.files[0]
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(weights))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/{file.file}"
        moved = dataclasses.replace(file, url=address, sha256="")
        monkeypatch.setitem(
            plugins.plugins("bench.embedders").values, "vggish", dataclasses.replace(VGGISH, files=(moved,))
        )
        (fetched,) = fetch(["vggish"])
        server.shutdown()
    assert fetched.path is not None
    assert fetched.path.is_relative_to(tmp_path / "cache")
    ran = unplugged("run", "--system", "noise", "--suite", card, "--metrics", "fad", "--quiet")
    assert ran.code == 0, ran.err
