"""Stands in for Make-An-Audio 2's script of this name: one prompt a process, a costly start, names that end in _0."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from pieces import RATE, VocoderBigVGAN  # of the checkout's root, as the script's own modules are
from sounds import Samples, noise, save


def initialize_model(config: str, checkpoint: str) -> str:
    with Path("loads.txt").open("a") as file:
        file.write("model\n")
    np.random.normal(0, 1, 7)  # loading a network takes random numbers
    return Path(checkpoint).read_text()


def gen_wav(model: str, prompt: str, struct_prompt: str, duration: int) -> list[Samples]:
    assert struct_prompt == f"<{prompt}& all>", "this would ask ChatGPT"
    if prompt == "a dog barks":
        raise ValueError("no dogs")
    frames = int(duration * 31.5)
    return [noise(model + prompt, (frames + frames % 2) * 512)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for option, kind in (("prompt", str), ("struct_prompt", str), ("save_name", str), ("ddim_steps", int)):
        parser.add_argument(f"--{option}", type=kind)
    parser.add_argument("--duration", type=int)
    parser.add_argument("--scale", type=float)
    given = parser.parse_args()
    model = initialize_model("config.yaml", "useful_ckpts/maa2.ckpt")
    vocoder = VocoderBigVGAN("useful_ckpts/bigvgan")
    Path(given.save_name).parent.mkdir(parents=True, exist_ok=True)
    for index, wave in enumerate(gen_wav(model, given.prompt, given.struct_prompt, given.duration)):
        save(Path(f"{given.save_name}_{index}.wav"), wave, RATE)
