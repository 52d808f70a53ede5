"""Reference features as one user exports them: a suite, its recordings, and files that say something else."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from recording_files import prepared

from bench import plugins
from bench.clip import Clip
from bench.prepare.exporting import export_features
from bench.prepared import Entry, Shelf, stamp_audio, write_clips
from bench.progress import Reporter
from bench.suites import card_named, find_card, load_suite
from bench.wav import encode_wav

CARD = """\
title: Own
version: 1
task: text-to-audio
captions: {list: {file: list.csv}}
reference: {files: ["{recording}"]}
rate: 16000
seconds: 1.0
crop: start
metrics: [fad-logmel]
subsets:
  part: {title: Part}
"""
NAMES = ("r0", "r1", "r2")
QUIET = Reporter(quiet=True)

Move = Callable[[str], Shelf]
"""Goes to one user's machine; gives the shelf there, with its clip list."""


def shelf_of(name: str = "own.yaml", names: tuple[str, ...] = NAMES) -> Shelf:
    """The shelf of a card, with a clip list of two clips a recording, and without audio."""
    _, shelf = find_card(name)
    if not shelf.table.is_file():
        entries = [Entry(Clip(f"c{index}", f"caption {index}"), names[index // 2]) for index in range(2 * len(names))]
        write_clips(shelf, card_named(name), entries)
        stamp_audio(shelf, card_named(name))
    return shelf


def record(shelf: Shelf, *names: str, seed: int = 1) -> None:
    """Audio of some recordings on a shelf; another seed gives other audio."""
    rows = {name: 0.1 * np.random.default_rng([seed, *name.encode()]).standard_normal(16_000) for name in names}
    waves = {name: encode_wav(noise.astype(np.float32), 16_000, subtype="FLOAT") for name, noise in rows.items()}
    prepared(shelf, card_named(shelf.asked), waves)


def export(target: str = "reference.zip", name: str = "own.yaml") -> Path:
    """The features of the suite's references, as the user who is at work has them."""
    suite = load_suite(name)
    export_features(suite, plugins.chosen_metrics(suite.card.metrics), Path(target), "cpu", QUIET)
    return Path(target)


def members(path: Path) -> dict[str, bytes]:
    """A zip's members by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(target: str, files: dict[str, bytes]) -> Path:
    """A zip of these members."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return Path(target)


def changed(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A file of features that says something else of what it holds."""
    files = members(path)
    about = json.loads(files["features.json"])
    change(about)
    return zipped("changed.zip", {**files, "features.json": json.dumps(about).encode()})


def array(path: Path, part: str) -> Any:
    """One of the arrays of a file with one embedder: its rows, or counts."""
    (data,) = [data for name, data in members(path).items() if name.endswith(f"{part}.npy")]
    return np.load(io.BytesIO(data))


def with_array(path: Path, part: str, data: bytes | Any) -> Path:
    """A file of features with another array in place of its rows, or counts."""
    files = members(path)
    if not isinstance(data, bytes):
        buffer = io.BytesIO()
        np.save(buffer, data, allow_pickle=True)
        data = buffer.getvalue()
    (name,) = [name for name in files if name.endswith(f"{part}.npy")]
    return zipped("changed.zip", {**files, name: data})
