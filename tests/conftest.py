"""What tests share: a folder and a cache of their own, the command line, a third party's plug-ins."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from bench.cli import main
from bench.wav import encode_wav

# Two workers on two cores: more threads than that only wait for each other. Processes that tests start inherit it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch's; tiny networks would spend their time in waiting

THIRD_PARTY = Path(__file__).parent / "third_party"


class Ran(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


Bench = Callable[..., Ran]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for a worker's whole session, so that references are rendered once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every test works in an empty folder, with no suite prepared, and never reaches a hub."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BENCH_CACHE", str(cache))
    monkeypatch.setenv("BENCH_DATA", str(tmp_path_factory.mktemp("data")))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def bench(capfd: pytest.CaptureFixture[str]) -> Bench:
    """The command line in this process: fast, and what it prints is caught."""

    def run(*words: str | Path) -> Ran:
        capfd.readouterr()
        code = main([str(word) for word in words])
        return Ran(code, *capfd.readouterr())

    return run


def start(*words: str | Path, preexec_fn: Callable[[], object] | None = None) -> subprocess.Popen[str]:
    """The command line in a process of its own, with the third party's plug-ins installed."""
    environment = {**os.environ, "PYTHONPATH": str(THIRD_PARTY), "TOY_LOG": str(Path("toy.log").resolve())}
    command = [sys.executable, "-m", "bench", *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment, preexec_fn=preexec_fn)


def finish(process: subprocess.Popen[str]) -> Ran:
    """Wait for a process and say what it came to."""
    out, err = process.communicate(timeout=120)
    return Ran(process.returncode, out, err)


@pytest.fixture
def process() -> Bench:
    """The command line in a process of its own, start to end."""
    return lambda *words: finish(start(*words))


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A suite of six short clips whose references the demo's synthesizer renders."""
    folder = tmp_path / "cards"
    folder.mkdir()
    captions = ["rain", "a loud bell", "a dog barks", "a man speaks", "a calm piano chord", "the wind"]
    rows = "".join(f"c{index},{caption}\n" for index, caption in enumerate(captions))
    (folder / "small.csv").write_text("id,caption\n" + rows, encoding="utf-8")
    path = folder / "small.yaml"
    path.write_text(
        "title: Small\nversion: 1\ntask: text-to-audio\ncaptions: small.csv\n"
        "reference: {system: foley, seed: -1}\nseconds: 1.0\nmetrics: [fad-logmel]\n",
        encoding="utf-8",
    )
    return path


def tone(seconds: float = 1.0, rate: int = 16_000, hertz: float = 440.0, level: float = 0.5) -> bytes:
    """A WAV file of a sine, as bytes."""
    time = np.arange(round(seconds * rate)) / rate
    return encode_wav((level * np.sin(2 * np.pi * hertz * time)).astype(np.float32), rate)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its relative name, with its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def one_line(text: str) -> bool:
    """Whether a message is one clear line and no traceback."""
    return text.count("\n") == 1 and "Traceback" not in text
