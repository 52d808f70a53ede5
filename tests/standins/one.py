"""A program that takes one prompt on its command line and writes one file."""

from __future__ import annotations

import sys
from pathlib import Path

from sounds import noise, save

if __name__ == "__main__":
    text, seed, seconds, path = sys.argv[1:]
    if text == "a dog barks":
        sys.exit("no dogs")
    save(Path(path), noise(text, round(float(seconds) * 16_000), int(seed)), 16_000)
