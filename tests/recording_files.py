"""Recordings and cards as users have them, made by the tests: a suite of one's own, and folders and archives for it."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soundfile
from numpy.typing import NDArray

from bench.card import Card
from bench.manifest import add_to_manifest
from bench.prepare.convert import convert
from bench.prepared import Shelf
from bench.sources import Captions, Listing, Recordings
from bench.suites import find_card

CARD = """\
title: Own
version: 1
task: text-to-audio
captions: {list: {file: list.csv, caption: caption%s}%s}
reference: %s
rate: 16000
%scrop: %s
resampler: %s
metrics: [fad-logmel]
%s"""
Form = Literal["gz", "bz2", "xz"]
NAMES = tuple(f"c{index}" for index in range(6))


def own_card(
    names: Iterable[str] = NAMES,
    *,
    reference: str = '{files: ["{recording}"]}',
    seconds: float | None = 1.0,
    resampler: str = "soxr-hq",
    starts: Mapping[str, float] | None = None,
    captions: str = "",
    more: str = "",
) -> Path:
    """A card ``own.yaml`` with its table in ``lists``, in the test's own folder."""
    crop = "whole" if seconds is None else "start"
    length = "" if seconds is None else f"seconds: {seconds}\n"
    start = ", start: start" if starts else ""
    text = CARD % (start, captions, reference, length, crop, resampler, more)
    Path("own.yaml").write_text(text, encoding="utf-8")
    rows = ["id,caption" + (",start" if starts else "")]
    rows += [f"{name},caption of {name}" + (f",{starts[name]}" if starts else "") for name in names]
    Path("lists").mkdir(exist_ok=True)
    Path("lists/list.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return Path("own.yaml")


def edited(old: str, new: str, path: str = "own.yaml") -> None:
    """Changes a card that :func:`own_card` made, or another file."""
    text = Path(path).read_text(encoding="utf-8")
    assert old in text
    Path(path).write_text(text.replace(old, new), encoding="utf-8")


def conversion(**changes: Any) -> Card:
    """A card that cuts the first second and brings it to 16 kHz, with changes."""
    fields: dict[str, Any] = {"reference": Recordings(), "seconds": 1.0, "crop": "start", **changes}
    return Card("Own", 1, "text-to-audio", Captions(list=Listing(file="list.csv")), **fields)


def noise(
    seed: int, seconds: float = 1.5, rate: int = 44_100, channels: int = 2, level: float = 0.1
) -> NDArray[np.float64]:
    """Noise, shape (n, channels)."""
    return level * np.random.default_rng(seed).standard_normal((round(seconds * rate), channels))


def tones(*hertz: float, rate: int = 44_100) -> NDArray[np.float64]:
    """One tone a second, shape (n, 1)."""
    time = np.arange(rate) / rate
    return np.concatenate([0.5 * np.sin(2 * np.pi * one * time) for one in hertz])[:, None]


def loudest(wave: NDArray[Any], rate: int) -> float:
    """The frequency in Hz at which a waveform (n,) has most."""
    return float(np.abs(np.fft.rfft(wave)).argmax() * rate / len(wave))


def encoded(samples: NDArray[Any], rate: int = 44_100, kind: str = "WAV", subtype: str = "PCM_16") -> bytes:
    """Samples as a file of some kind."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


def recordings(names: Iterable[str] = NAMES, **how: Any) -> dict[str, bytes]:
    """A stereo WAV of noise for each name, no two alike, by file name."""
    return {f"{name}.wav": encoded(noise(sum(name.encode()), **how)) for name in names}


def folder(files: Mapping[str, bytes], name: str = "mine") -> Path:
    """A folder with files."""
    place = Path(name)
    for inside, data in files.items():
        (place / inside).parent.mkdir(parents=True, exist_ok=True)
        (place / inside).write_bytes(data)
    return place


def tar(files: Mapping[str, bytes], form: Form = "gz") -> bytes:
    """A tar archive with files, compressed in some form."""
    buffer = io.BytesIO()
    mode: Any = f"w:{form}"
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip archive with files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def prepared(shelf: Shelf, card: Card, files: Mapping[str, bytes]) -> None:
    """Recordings by name, brought onto a shelf as ``bench prepare`` does it: converted, and with a line each."""
    for name, data in files.items():
        source = Path(f"{name}.source")
        source.write_bytes(data)
        item = convert(name, source, source.name, shelf.recording(name), card)
        assert item.status == "ready", item.why
        add_to_manifest(shelf, item)
        source.unlink()


def shelf(card: str = "own.yaml") -> Shelf:
    """Where what is prepared of a card in the test's own folder lies."""
    return find_card(card)[1]


def manifest() -> dict[str, dict[str, Any]]:
    """The lines of the manifest of ``own.yaml``, by recording."""
    lines = shelf().manifest.read_text(encoding="utf-8").splitlines()
    return {item["id"]: item for item in map(json.loads, lines)}
