"""Reference features without the audio: what one user exports, another scores against, bit for bit the same.

The file is a zip: ``features.json`` says what it is of, and each embedder's rows are two arrays beside it.
"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench import plugins
from bench.audio import Condition
from bench.card import Card
from bench.disk import write_atomically
from bench.embedder import Embedder, Rows
from bench.errors import BadInput, NotEvaluable
from bench.extraction import Demand, extract
from bench.features import Recording, Store, stub, survey
from bench.metric import FeatureMetric, Metric, hears_references
from bench.prepared import Shelf
from bench.progress import Reporter
from bench.record import pretty
from bench.suite import Suite

SCHEMA = 1
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same features give the same file


def export_features(
    suite: Suite, metrics: Mapping[str, Metric], target: Path, device: str, reporter: Reporter
) -> list[str]:
    """Write the features of a suite's references that some metrics want; returns the embedders' names.

    Args:
        suite: prepared; its reference audio must be complete.
        metrics: by name.
        target: the file, replaced if it is there.
        device: for the embedders, as the user named it.
        reporter: where progress is shown.

    Raises:
        BadInput: no metric compares with reference audio.
        NotEvaluable: reference audio is missing or unreadable, or an embedder could not be loaded.
    """
    embedders = _embedders(metrics)
    if not embedders:
        raise BadInput(f"none of these compares with reference audio: {', '.join(metrics)}")
    if suite.lacking:
        raise NotEvaluable(f"suite {suite.name} lacks {len(suite.lacking)} references, first {suite.lacking[0]}")
    store = Store()
    paths = {clip.reference.stem: clip.reference for clip in suite.clips if clip.reference}
    found = survey(paths, store, reporter, "reference audio")
    for name, why in found.unreadable.items():
        raise NotEvaluable(f"reference {name} can't be used: {why}")
    recordings = list(found.readable.values())
    for embedder, error in extract([Demand(one, [recordings]) for one in embedders], device, store, reporter).items():
        raise NotEvaluable(f"{embedder.name}: {error}") from error
    write_atomically(target, _packed(suite, found.readable, embedders, store))
    return [embedder.name for embedder in embedders]


def _embedders(metrics: Mapping[str, Metric]) -> list[Embedder]:
    found = [one for one in metrics.values() if isinstance(one, FeatureMetric) and hears_references(one)]
    return list({metric.embedder.key: metric.embedder for metric in found}.values())


def _packed(suite: Suite, recordings: Mapping[str, Recording], embedders: Sequence[Embedder], store: Store) -> bytes:
    names = sorted(recordings)
    about = {
        "schema": SCHEMA,
        "suite": suite.name,
        "conversion": conversion(suite.card),
        "recordings": {
            name: {"audio": recordings[name].digest, **dataclasses.asdict(recordings[name].condition)} for name in names
        },
        "embedders": {embedder.key: {"name": embedder.name, "signature": embedder.signature} for embedder in embedders},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "features.json", pretty(about).encode())
        for embedder in embedders:
            rows = [_kept(store, embedder, recordings[name]) for name in names]
            _add(archive, f"{embedder.key}.rows.npy", _saved(np.concatenate(rows)))
            _add(archive, f"{embedder.key}.counts.npy", _saved(np.array([len(one) for one in rows], np.int64)))
    return buffer.getvalue()


def _kept(store: Store, embedder: Embedder, recording: Recording) -> Rows:
    rows = store.get(embedder.key, recording.digest)
    if rows is None:
        raise NotEvaluable(f"the feature store lost {recording.path.name}; run this again")
    return rows


def conversion(card: Card) -> dict[str, Any]:
    """What of a card the reference audio depends on."""
    return {"rate": card.rate, "seconds": card.seconds, "crop": card.crop, "resampler": card.resampler}


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, EPOCH), data, zipfile.ZIP_DEFLATED)


def _saved(array: Rows) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def import_features(path: Path, suite: Suite, shelf: Shelf) -> tuple[int, list[str]]:
    """Take over another's reference features; call it with the shelf's lock held.

    Returns:
        How many recordings are known by their features now, and the embedders' names.

    Raises:
        BadInput: the file is not whole, or not of this suite and of these embedders with these weights. Nothing is
            taken over then.
    """
    about, arrays = _unpacked(path)
    _check_suite(path, about, suite)
    embedders = [_same_embedder(path, key, said) for key, said in about["embedders"].items()]
    names = list(about["recordings"])
    kept = [(embedder, dict(_rows(path, embedder, names, arrays))) for embedder in embedders]
    store = Store()
    for embedder, rows in kept:
        for name in names:
            store.put(embedder.key, about["recordings"][name]["audio"], rows[name])
    wanted = [name for name in names if not shelf.recording(name).is_file()]
    for name in wanted:
        said = dict(about["recordings"][name])
        audio = said.pop("audio")
        write_atomically(shelf.features_only(name), stub(audio, Condition(**said)))
    return len(wanted), [embedder.name for embedder in embedders]


def _unpacked(path: Path) -> tuple[dict[str, Any], dict[str, Rows]]:
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(archive.read("features.json"))
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            data = {name.removesuffix(".npy"): io.BytesIO(archive.read(name)) for name in names}
        arrays = {name: np.lib.format.read_array(one, allow_pickle=False) for name, one in data.items()}
        said = [dict(one) for one in about["recordings"].values()]
        audio = [one.pop("audio") for one in said]
        whole = [Condition(**one) for one in said] and all(isinstance(one, str) for one in audio)
        if not whole or about["schema"] != SCHEMA or not isinstance(about["embedders"], dict):
            raise ValueError("not the fields of this schema")
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
        raise BadInput(f"{path} holds no reference features, or is damaged") from error
    return about, arrays


def _check_suite(path: Path, about: Mapping[str, Any], suite: Suite) -> None:
    """Raise unless a file's recordings are the references of this suite, made as its card says."""
    ours, theirs = conversion(suite.card), about["conversion"]
    if theirs != ours:
        unlike = [
            f"{name} is {theirs.get(name)!r}, not {value!r}"
            for name, value in ours.items()
            if theirs.get(name) != value
        ]
        raise BadInput(f"{path} is of reference audio made otherwise: {'; '.join(unlike)}")
    lacking = [one for one in suite.recordings if one not in about["recordings"]]
    if lacking:
        raise BadInput(
            f"{path} is of {about['suite']}, and lacks {len(lacking)} of {len(suite.recordings)} recordings of suite "
            f"{suite.name}: first {lacking[0]}"
        )


def _same_embedder(path: Path, key: str, said: Mapping[str, str]) -> Embedder:
    """The embedder here that gives the same features.

    Raises:
        BadInput: there is none; the message says how the one of that name differs.
    """
    metrics = [metric for metric in plugins.metrics().values() if isinstance(metric, FeatureMetric)]
    there = [*plugins.embedders().values(), *(metric.embedder for metric in metrics)]
    for embedder in there:
        if embedder.key == key and embedder.signature == said["signature"]:
            return embedder
    alike = sorted({embedder.signature for embedder in there if embedder.name == said["name"]})
    here = f"here it is {' or '.join(alike)}" if alike else "there is none of that name here"
    raise BadInput(f"{path}: its features of {said['name']} have the signature {said['signature']}, and {here}")


def _rows(
    path: Path, embedder: Embedder, names: Sequence[str], arrays: Mapping[str, Rows]
) -> Iterator[tuple[str, Rows]]:
    """Each recording's rows.

    Raises:
        BadInput: arrays are missing, or do not fit the recordings.
    """
    rows, counts = arrays.get(f"{embedder.key}.rows"), arrays.get(f"{embedder.key}.counts")
    if rows is None or counts is None or len(counts) != len(names) or counts.sum() != len(rows):
        raise BadInput(f"{path} holds no reference features of {embedder.name}, or is damaged")
    ends = np.cumsum(counts)
    for name, start, end in zip(names, ends - counts, ends, strict=True):
        try:
            yield name, embedder.checked(rows[start:end], name)
        except ValueError as error:
            raise BadInput(f"{path} is damaged: {error}") from error
