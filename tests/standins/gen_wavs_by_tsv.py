"""Stands in for Make-An-Audio's script of this name: its options, names and padding, and no seed."""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from pathlib import Path

import numpy as np
from sounds import Samples, noise, save

RATE = 16_000


def gen_wav(sampler: str, vocoder: str, prompt: str, ddim_steps: int, scale: float, duration: int) -> list[Samples]:
    if prompt == "crash here":
        raise RuntimeError("CUDA error: device-side assert triggered")
    frames = int(duration * 7.8) // 4 * 4
    wave = noise(prompt, frames * 8 * 256)
    return [np.pad(wave, max(0, RATE * duration - len(wave)))]  # at both ends


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tsv_path")
    parser.add_argument("--save_dir", type=Path)
    parser.add_argument("--ddim_steps", type=int)
    parser.add_argument("--duration", type=int)
    parser.add_argument("--scale", type=float)
    given = parser.parse_args()
    given.save_dir.mkdir(parents=True, exist_ok=True)
    assert Path("useful_ckpts/maa1_full.ckpt").read_text()
    np.random.normal(0, 1, 7)  # loading a network takes random numbers
    with Path(given.tsv_path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    seen: Counter[str] = Counter()
    for row in rows:
        name = f"{row['name']}_{seen[row['name']]}"
        seen[row["name"]] += 1
        waves = gen_wav("sampler", "vocoder", row["caption"], given.ddim_steps, given.scale, duration=given.duration)
        for wave in waves:
            save(given.save_dir / f"{name}.wav", wave, RATE)
    (given.save_dir / "result.tsv").write_text("caption\taudio_path\n")


if __name__ == "__main__":
    main()
