"""FAD, KL and CLAP as audioldm_eval computes them, with the packages it is made of: what ours are measured against.

One clip at a time; each metric decodes and resamples every file for itself, and takes its root by scipy. The networks
are those that `bench doctor --parity` compares ours with.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench import plugins
from bench.audio import decode
from bench.embedder import Rows
from bench.weights import locate


def score(place: Path) -> dict[str, float]:
    """The three scores of ``first`` against ``reference`` and the captions."""
    sides = [sorted((place / name).glob("*.wav")) for name in ("first", "reference")]
    with (place / "captions.csv").open(encoding="utf-8") as file:
        captions = [row["caption"] for row in csv.DictReader(file)]
    classes = plugins.embedders()["passt"].classes
    judge = plugins.reference_scores()
    logits = [[rows[:, -classes:] for rows in heard("passt", side)] for side in sides]
    return {
        "fad": judge["fad"].score(*(heard("vggish", side) for side in sides)),
        "kl": judge["kl"].score(*logits),
        "clap": judge["clap"].score(heard("clap-music-speech", sides[0]), read("clap-music-speech", captions)),
    }


def heard(name: str, paths: Sequence[Path]) -> list[Rows]:
    """Rows of all files, decoded for this network alone."""
    return plugins.references()[name].hear(files(name), [decode(path) for path in paths])


def read(name: str, captions: Sequence[str]) -> list[Rows]:
    """Rows of all captions."""
    reading = plugins.references()[name].read
    assert reading is not None, f"{name} reads"
    return [np.asarray(rows) for rows in reading(files(name), captions)]


def files(name: str) -> list[Path]:
    """The network's weights and what it reads with."""
    wanted = (*plugins.embedders()[name].files, *plugins.references()[name].files)
    found = [locate(file) for file in wanted]
    return [path for path in found if path is not None]
