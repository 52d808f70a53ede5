"""Stands in for what Make-An-Audio 2's script imports from its checkout."""

from __future__ import annotations

from pathlib import Path

RATE = 16_000


class VocoderBigVGAN:
    """Notes that it was loaded."""

    def __init__(self, folder: str) -> None:
        with Path("loads.txt").open("a") as file:
            file.write("vocoder\n")
