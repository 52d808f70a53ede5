"""Reference features for those who can't have the audio: another scores against them, bit for bit the same."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.disk import require_writable, write_atomically
from bench.embedder import Embedder, Rows
from bench.errors import BadInput, NotEvaluable
from bench.extraction import Demand, extract
from bench.features import Recording, Store, survey
from bench.metric import FeatureMetric, Metric, hears_references
from bench.prepare.features import SCHEMA, Contents, Conversion, Embedded, Reference, list_of, pack, unpack
from bench.prepared import conversion, data_folder
from bench.progress import Reporter
from bench.suite import Suite


def check_target(path: Path, audio: Path | None = None, lists: Path | None = None) -> None:
    """Raise before any work when features can't be written to a file, or must not be.

    Args:
        path: the file.
        audio: what recordings are read from, if anything.
        lists: what tables are read from, likewise.

    Raises:
        BadInput: it is a folder, or a file that holds something else; its folder is not writable; or it lies where
            things are only read, or among what is prepared.
    """
    if path.is_dir():
        raise BadInput(f"--reference-stats {path} is a folder: name the file that is to be written")
    for folder, called in ((data_folder(), "BENCH_DATA"), (audio, "--audio"), (lists, "--lists")):
        if folder and path.resolve().is_relative_to(folder.resolve()):
            raise BadInput(f"--reference-stats {path} lies in {called} {folder}: name a file elsewhere")
    if path.exists() and not _is_ours(path):
        raise BadInput(f"--reference-stats {path} is there, and holds no reference features: name another file")
    require_writable(path.parent, "--reference-stats")


def _is_ours(path: Path) -> bool:
    """Whether a file holds features, so that others may take its place; no other kind of file is read as a whole."""
    try:
        return path.is_file() and zipfile.is_zipfile(path) and bool(unpack(path).rows)
    except BadInput:
        return False


def export_features(
    suite: Suite, metrics: Mapping[str, Metric], target: Path, device: str, reporter: Reporter
) -> list[str]:
    """Write the features of a suite's references that some metrics want; returns the embedders' names.

    Args:
        suite: prepared; its reference audio must be complete.
        metrics: by name.
        target: the file, replaced if it is there: :func:`check_target` says whether it may be.
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
    ordered = dict(sorted(recordings.items()))
    rows = {one.key: [_kept(store, one, recording) for recording in ordered.values()] for one in embedders}
    contents = Contents(
        SCHEMA,
        suite.name,
        list_of(suite),
        Conversion(**conversion(suite.card)),
        tuple(Reference(name, recording.digest, recording.condition) for name, recording in ordered.items()),
        tuple(_embedded(one, rows[one.key]) for one in embedders),
    )
    return pack(contents, rows)


def _kept(store: Store, embedder: Embedder, recording: Recording) -> Rows:
    rows = store.of(embedder.key, recording)
    if rows is None:
        raise NotEvaluable(f"the feature store lost {recording.path.name}; run this again")
    return rows


def _embedded(embedder: Embedder, rows: Sequence[Rows]) -> Embedded:
    match str(rows[0].dtype):
        case "float16" | "float32" | "float64" as dtype:
            return Embedded(embedder.key, embedder.name, embedder.signature, dtype)
        case other:
            raise NotEvaluable(f"features of {embedder.name} are {other}: no file takes these")
