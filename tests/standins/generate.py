"""A program as people write them: all prompts at once, from a file, with every way of going wrong."""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from sounds import noise, save


def read(path: Path, *, plain: bool) -> list[dict[str, str]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines()]
    if path.suffix == ".txt":
        lines = text.split("\n")[:-1]
        return [{"text": line} if plain else dict(zip(("text", "id"), line.split("|"), strict=True)) for line in lines]
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("prompts", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--asked", type=Path, help="where the ids asked for are noted")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--rate", type=int, default=16_000)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--zeros", type=int, default=0)
    parser.add_argument("--name", default="{id}.wav", help="of a file")
    parser.add_argument("--plain", action="store_true", help="lines are prompts, without names")
    parser.add_argument("--skip", default="")
    parser.add_argument("--nan", default="")
    parser.add_argument("--cut", default="", help="whose file is cut short")
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--crash-after", type=int)
    parser.add_argument("--exit", type=int, default=0)
    parser.add_argument("--signal", type=int)
    parser.add_argument("--child", type=Path, help="start a child that would live for long; its id goes here")
    return parser.parse_args()


def main() -> None:
    given = options()
    rows = read(given.prompts, plain=given.plain)
    if given.asked:
        with given.asked.open("a", encoding="utf-8") as file:
            file.write(json.dumps([given.seed, *(row.get("id", row["text"]) for row in rows)]) + "\n")
    if given.child:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        given.child.write_text(f"{os.getpid()} {child.pid}")
    for index, row in enumerate(rows):
        if index == given.crash_after:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        print(f"\rsampling {index + 1}/{len(rows)}", end="", file=sys.stderr)
        make(given, index, row)
        time.sleep(given.pause)
    if given.signal:
        os.kill(os.getpid(), signal.Signals(given.signal))
    sys.exit(given.exit)


def make(given: argparse.Namespace, index: int, row: dict[str, str]) -> None:
    if row.get("id") == given.skip:
        return
    seconds = float(row.get("seconds", given.seconds))
    seed = int(row["seed"]) if "seed" in row else given.seed
    wave = noise(row["text"], round(seconds * given.rate), seed)
    path = given.out / given.name.format(index=index, **row)
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = np.pad(wave, (given.zeros, 0))
    if given.channels > 1:
        wave = np.stack([wave * (channel == 0) for channel in range(given.channels)], axis=1)
    save(path, wave, given.rate)
    if row.get("id") == given.cut:
        path.write_bytes(path.read_bytes()[:1000])
    if row.get("id") == given.nan:
        import soundfile

        soundfile.write(path, np.full(16_000, np.nan, np.float32), given.rate, subtype="FLOAT")


if __name__ == "__main__":
    main()
