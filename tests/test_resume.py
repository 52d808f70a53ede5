"""Runs that are killed, interrupted, locked out or without disk: what there is stays, and the next run completes it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import finish, one_line, start, tree

WORDS = ("--metrics", "fad-logmel,toy-level,efficiency", "--batch-size", "2")


def lasting(folder: Path) -> dict[str, bytes]:
    """What must not depend on interruptions: the audio and the record, not the timings."""
    kept = (".wav", "record.json", "clips.jsonl")
    return {name: data for name, data in tree(folder).items() if name.endswith(kept)}


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not condition() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def count(pattern: str) -> int:
    return len(list(Path("killed").rglob(pattern)))


POINTS: dict[str, Callable[[], bool]] = {
    "at the lock": lambda: count(".lock") > 0,
    "at the first clip": lambda: count("*.wav") >= 1,
    "half-way": lambda: count("*.wav") >= 3,
    "before the last clip": lambda: count("*.wav") >= 5,
    "while embedding": lambda: (
        "load embedder" in Path("toy.log").read_text(encoding="utf-8") if Path("toy.log").exists() else False
    ),
    "while recording": lambda: count("clips.jsonl") > 0,
}


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_ends_as_if_it_had_never_been(
    card: Path, tmp_path: Path, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache-a"))
    words = ("run", "--system", "toy", "--suite", card, "--system.pause", "0.05", *WORDS)
    whole = finish(start(*words, "--out", "whole/runs", "--results", "whole/results"))
    assert whole.code == 0, whole.err
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache-b"))
    Path("toy.log").unlink()
    process = start(*words, "--out", "killed/runs", "--results", "killed/results")
    wait_until(POINTS[point], process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    resumed = finish(start(*words, "--out", "killed/runs", "--results", "killed/results"))
    assert resumed.code == 0, resumed.err
    assert lasting(Path("killed")) == lasting(Path("whole"))
    assert count("*.tmp") == 0


def test_a_run_killed_again_and_again_gets_there(card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    words = ("run", "--system", "foley", "--suite", card, "--batch-size", "1")
    for wait in (0.3, 0.6, 0.9, 1.2):
        process = start(*words, "--out", "killed/runs", "--results", "killed/results")
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    for folder in ("killed", "whole"):
        ran = finish(start(*words, "--out", f"{folder}/runs", "--results", f"{folder}/results"))
        assert ran.code == 0, ran.err
    assert lasting(Path("killed")) == lasting(Path("whole"))


def test_an_interrupt_ends_in_one_line_and_the_next_run_goes_on(card: Path) -> None:
    words = ("run", "--system", "toy", "--suite", card, "--system.pause", "0.3", "--batch-size", "1", "--quiet")
    # A shell's background job, as the tests may be, ignores interrupts, and its children would inherit that.
    process = start(*words, "--out", "killed", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    wait_until(lambda: count("*.wav") >= 2, process)
    process.send_signal(signal.SIGINT)
    ran = finish(process)
    assert ran.code == 130
    assert one_line(ran.err)
    assert "interrupted" in ran.err
    made = count("*.wav")
    assert 2 <= made < 6
    Path("toy.log").unlink()
    assert finish(start(*words, "--out", "killed")).code == 0
    assert Path("toy.log").read_text(encoding="utf-8").count("make") == 6 - made


def test_a_second_process_gets_one_clear_line(card: Path) -> None:
    words = ("run", "--system", "toy", "--suite", card, "--system.pause", "0.5", "--batch-size", "1")
    first = start(*words, "--out", "killed")
    wait_until(lambda: count("*.wav") >= 1, first)
    second = finish(start(*words, "--out", "killed", "--quiet"))
    assert second.code == 3
    assert one_line(second.err)
    assert "another process is using" in second.err
    assert finish(first).code == 0


def test_two_runs_of_different_systems_at_once_share_the_references(
    card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    both = [start("run", "--system", system, "--suite", card) for system in ("foley", "noise")]
    for process in both:
        ran = finish(process)
        assert ran.code == 0, ran.err
    assert len(list(Path("results").rglob("record.json"))) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="limits a file's size as Linux does")
def test_a_full_disk_is_one_line_and_loses_nothing(card: Path, cache: Path) -> None:
    words = ("run", "--system", "toy", "--suite", card, "--quiet", "--system.how", "long", "--system.spoil", "c3")
    assert (
        finish(start("run", "--system", "noise", "--suite", card, "--out", "other")).code == 0
    )  # renders the references

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # a one-second clip takes 32 kB

    full = finish(start(*words, "--out", "killed", preexec_fn=small_files))
    assert full.code == 3
    assert one_line(full.err)
    assert "File too large" in full.err
    assert ".wav" in full.err
    assert count("*.wav") + count("*.tmp") == 0
    assert finish(start(*words, "--out", "killed")).code == 0


def test_the_reader_of_a_pipe_may_leave(card: Path) -> None:
    assert finish(start("run", "--system", "noise", "--suite", card)).code == 0
    done = subprocess.run(
        f"{sys.executable} -m bench table | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        env=os.environ,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.startswith("Small")
