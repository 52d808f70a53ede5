"""How often the gate errs: reruns of one checkpoint that it fails, and degradations that it lets pass.

Every run is a real one: a sampler makes the audio (``tests/gate/simulation.py``), ``bench.run`` scores it and writes a
record, ``bench check`` compares two of these. Each simulated check has seeds of its own, for the baseline too.

    python benchmarks/gate.py --runs 100 --output results/benchmarks/gate.md
    python benchmarks/gate.py --runs 20 --takes 5 --only rerun,silent
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
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "gate"))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from simulation import DEGRADED, RARE, SOUND, Checkpoint, card, made  # noqa: E402

from bench.cli import main as bench  # noqa: E402
from bench.disk import write_atomically  # noqa: E402

TAKES = (1, 5)
SECONDS = 1.0
HEAD = "| candidate | clips | exit 0 | exit 1 | exit 3 | right | failed by |"
Said = dict[str, Any]


class Case(NamedTuple):
    """What is checked against what, and with which options."""

    candidate: Checkpoint = SOUND
    baseline: Checkpoint = SOUND
    words: tuple[str, ...] = ()


CASES = {
    "rerun, another seed": Case(),
    "rerun, either run 0.5 % silent, `--common`": Case(RARE, RARE, ("--common",)),
    "the same with `tails: {failed: 2}` alone": Case(RARE, RARE, ("--tails", '{"failed": 2}')),
    **{name: Case(system) for name, system in DEGRADED.items()},
}
RERUNS = list(CASES)[:3]


def checked(candidate: Path, baseline: Path, words: tuple[str, ...]) -> Said:
    """What ``bench check --json`` says, with its exit code held to it."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = bench(["check", str(candidate), "--baseline", str(baseline), *words, "--json"])
    found: Said = json.loads(out.getvalue())
    assert found["code"] == code, (found["code"], code)
    return found


def simulate(suite: Path, runs: int, folder: Path, cases: Mapping[str, Case]) -> dict[str, list[Said]]:
    """What the gate says in each case, run after run; audio and features are thrown away in between."""
    found: dict[str, list[Said]] = {name: [] for name in cases}
    for index in range(runs):
        kept: dict[tuple[Checkpoint, int], Path] = {}
        for name, case in cases.items():
            for system, seed in ((case.baseline, 2 * index), (case.candidate, 2 * index + 1)):
                if (system, seed) not in kept:
                    kept[system, seed] = made(system, suite, seed, folder / f"run {len(kept)}")
            pair = kept[case.candidate, 2 * index + 1], kept[case.baseline, 2 * index]
            found[name].append(checked(*pair, case.words))
        for used in (*folder.glob("run *"), Path(os.environ["BENCH_CACHE"]) / "features"):
            shutil.rmtree(used)
        print(f"{suite.parent.name}: {index + 1}/{runs}", file=sys.stderr, flush=True)
    return found


def row(name: str, clips: int, found: list[dict[str, Any]]) -> str:
    """One candidate's line."""
    codes = Counter(each["code"] for each in found)
    right = codes[0] if name in RERUNS else codes[1]
    failing = Counter(
        check["name"] for each in found for check in each["compared"][0]["checks"] if check["outcome"] == "failure"
    )
    by = ", ".join(f"{check} {count}" for check, count in failing.most_common())
    return f"| {name} | {clips} | {codes[0]} | {codes[1]} | {codes[3]} | {right}/{len(found)} | {by or '–'} |"


def _asked(given: argparse.Namespace) -> str:
    only = f" --only {given.only}" if given.only else ""
    return f"--runs {given.runs} --takes {' '.join(map(str, given.takes))}{only}"


def main() -> None:
    """Simulate, print the table and, if asked, write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--takes", type=int, nargs="+", default=TAKES, help="how often the 24 captions are asked for")
    parser.add_argument("--only", default="", help="only cases whose names hold any of these words, a,b")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    cases = {name: case for name, case in CASES.items() if any(word in name for word in given.only.split(","))}
    start, lines = time.monotonic(), [HEAD, "|---|---:|---:|---:|---:|---:|---|"]
    with tempfile.TemporaryDirectory() as place:
        os.environ["BENCH_CACHE"] = str(Path(place) / "cache")
        for takes in given.takes:
            suite = card(Path(place) / f"{24 * takes} clips", takes, SECONDS)
            for name, found in simulate(suite, given.runs, Path(place), cases).items():
                lines.append(row(name, 24 * takes, found))
    minutes = (time.monotonic() - start) / 60
    text = (
        "# How often the gate errs\n\n"
        f"`python benchmarks/gate.py {_asked(given)}`: {given.runs} simulated checks a line, each with seeds of "
        "its own for baseline and candidate;\n"
        f"FAD-logmel, LSD-logmel and the tail checks with their default margins; clips of {SECONDS:g} s, the demo's 24 "
        "captions once or five times.\n"
        "Silent clips come at random and fail: of 24 clips, 5 % leave none silent in 29 runs of 100. That a clip in "
        "trouble fails the check,\n"
        "where the baseline has none, is a rule and no test: it is not bounded by `--alpha`.\n\n"
        + "\n".join(lines)
        + "\n"
    )
    print(text, end="")
    print(f"{minutes:.0f} minutes", file=sys.stderr)
    if given.output:
        write_atomically(given.output, text.encode())


if __name__ == "__main__":
    main()
