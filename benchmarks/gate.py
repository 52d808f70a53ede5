"""How often the gate errs: reruns of one checkpoint that it fails, and degradations that it lets pass.

Every run is a real one: a sampler makes the audio (``tests/gate/simulation.py``), ``bench.run`` scores it and writes a
record, ``bench check`` compares two of these. Each simulated check has seeds of its own, for the baseline too.

    python benchmarks/gate.py --runs 100 --output results/benchmarks/gate.md
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "gate"))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from simulation import DEGRADED, SOUND, card, made  # noqa: E402

from bench.cli import main as bench  # noqa: E402
from bench.disk import write_atomically  # noqa: E402

TAKES = (1, 5)
SECONDS = 1.0
HEAD = "| candidate | clips | exit 0 | exit 1 | exit 3 | right | failed by |"


def checked(candidate: Path, baseline: Path) -> dict[str, Any]:
    """What ``bench check --json`` says, with its exit code held to it."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = bench(["check", str(candidate), "--baseline", str(baseline), "--json"])
    found: dict[str, Any] = json.loads(out.getvalue())
    assert found["code"] == code, (found["code"], code)
    return found


def simulate(suite: Path, runs: int, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What the gate says of each candidate, run after run; audio and features are thrown away in between."""
    candidates = {"rerun, another seed": SOUND, **DEGRADED}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in candidates}
    for index in range(runs):
        baseline = made(SOUND, suite, 2 * index, folder / "baseline")
        for name, system in candidates.items():
            candidate = made(system, suite, 2 * index + 1, folder / "candidate")
            found[name].append(checked(candidate, baseline))
        for used in (folder / "baseline", folder / "candidate", Path(os.environ["BENCH_CACHE"]) / "features"):
            shutil.rmtree(used)
        print(f"{suite.parent.name}: {index + 1}/{runs}", file=sys.stderr, flush=True)
    return found


def row(name: str, clips: int, found: list[dict[str, Any]]) -> str:
    """One candidate's line."""
    codes = Counter(each["code"] for each in found)
    right = codes[0] if name.startswith("rerun") else codes[1]
    failing = Counter(
        check["name"] for each in found for check in each["compared"][0]["checks"] if check["outcome"] == "failure"
    )
    by = ", ".join(f"{check} {count}" for check, count in failing.most_common())
    return f"| {name} | {clips} | {codes[0]} | {codes[1]} | {codes[3]} | {right}/{len(found)} | {by or '–'} |"


def main() -> None:
    """Simulate, print the table and, if asked, write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    start, lines = time.monotonic(), [HEAD, "|---|---:|---:|---:|---:|---:|---|"]
    with tempfile.TemporaryDirectory() as place:
        os.environ["BENCH_CACHE"] = str(Path(place) / "cache")
        for takes in TAKES:
            suite = card(Path(place) / f"{24 * takes} clips", takes, SECONDS)
            for name, found in simulate(suite, given.runs, Path(place)).items():
                lines.append(row(name, 24 * takes, found))
    minutes = (time.monotonic() - start) / 60
    text = (
        "# How often the gate errs\n\n"
        f"`python benchmarks/gate.py --runs {given.runs}`: {given.runs} simulated checks a line, each with seeds of "
        "its own for baseline and candidate;\n"
        f"FAD-logmel, LSD-logmel and the tail checks with their default margins; clips of {SECONDS:g} s, the demo's 24 "
        "captions once or five times.\n"
        "Silent clips come at random: of 24 clips, none is silent in 29 runs of 100.\n\n" + "\n".join(lines) + "\n"
    )
    print(text, end="")
    print(f"{minutes:.0f} minutes", file=sys.stderr)
    if given.output:
        write_atomically(given.output, text.encode())


if __name__ == "__main__":
    main()
