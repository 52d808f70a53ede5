"""Stands in for the ``audioldm2`` that its package installs: a list of ``text|name``, a folder named after the time."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from sounds import save
from text_to_audio_of_audioldm2 import text_to_audio

RATE = 16_000

parser = argparse.ArgumentParser()
parser.add_argument("-tl", "--text_list", type=str)
parser.add_argument("-s", "--save_path", type=str)
parser.add_argument("--model_name", choices=["audioldm2-full"])
parser.add_argument("-d", "--device")
parser.add_argument("--ddim_steps", type=int)
parser.add_argument("-gs", "--guidance_scale", type=float)
parser.add_argument("-n", "--n_candidate_gen_per_text", type=int)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

folder = Path(args.save_path) / time.strftime("%d_%m_%Y_%H_%M_%S")
folder.mkdir(parents=True)
for line in Path(args.text_list).read_text(encoding="utf-8").split("\n")[:-1]:
    text, name = line.split("|")
    print(f"Save audio to {folder / name}.wav")
    wave = text_to_audio("model", text, transcription="", seed=args.seed, duration=10)
    stem = name.split(".", maxsplit=1)[0] if ".wav" in name else f"{name}.wav"  # its names lose an ending they have
    save(folder / stem, wave, RATE)
