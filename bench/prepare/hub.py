"""Recordings in a data set of the Hugging Face hub: parquet files, or a folder of audio."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from bench.audio import SUFFIXES
from bench.errors import NotEvaluable
from bench.hub import commit
from bench.progress import Reporter
from bench.sources import Hub
from bench.weights import offline

ROWS = 16  # parquet rows at a time: ten seconds each, some tens of megabytes


class Given(NamedTuple):
    """A recording of a data set: its bytes, or the file that holds them, and how the manifest calls it."""

    name: str
    said: str
    data: bytes | None = None
    path: Path | None = None


def given(hub: Hub, names: Mapping[str, str], reporter: Reporter) -> Iterator[Given]:
    """The recordings wanted, each once, as their files come; the rest is not downloaded once all are there.

    Args:
        hub: the data set.
        names: recordings by what a file or a row of the data set may call them.
        reporter: told what is downloaded.

    Raises:
        ImportError: parquet files need pyarrow.
        NotEvaluable: it can't be downloaded, or its files are not as the card says.
    """
    revision = commit(hub.repository, hub.revision, kind="dataset")
    left = set(names.values())
    for file in _files(hub, revision):
        audio = PurePosixPath(file).suffix.lower() in SUFFIXES
        if audio and names.get(PurePosixPath(file).stem) not in left:
            continue
        for one in [_audio(hub, revision, file, names)] if audio else _rows(hub, revision, file, names, reporter):
            if one.name in left:
                left.discard(one.name)
                yield one
        if not left:
            return


def _files(hub: Hub, revision: str) -> list[str]:
    """The data set's files that are parquet or audio and wanted; offline, those in the hub's cache."""
    from huggingface_hub import HfApi, scan_cache_dir

    if offline():
        repositories = scan_cache_dir().repos if _cache_exists() else ()
        files = [
            file.file_path.relative_to(one.snapshot_path).as_posix()
            for repository in repositories
            if repository.repo_id == hub.repository and repository.repo_type == "dataset"
            for one in repository.revisions
            if one.commit_hash == revision
            for file in one.files
        ]
    else:
        try:
            files = HfApi().list_repo_files(hub.repository, revision=revision, repo_type="dataset")
        except Exception as error:  # the hub's client raises what it likes; to the user it is one thing
            raise _failed(hub, error) from error
    kinds = (".parquet", *SUFFIXES)
    return sorted(
        file
        for file in files
        if file.lower().endswith(kinds) and any(fnmatch.fnmatch(file, pattern) for pattern in hub.files)
    )


def _cache_exists() -> bool:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE).is_dir()


def _failed(hub: Hub, error: Exception) -> NotEvaluable:
    return NotEvaluable(f"data set {hub.repository} can't be had from the hub: {' '.join(str(error).split())}")


def _obtained(hub: Hub, revision: str, file: str) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(hub.repository, file, revision=revision, repo_type="dataset"))
    except Exception as error:  # as above
        raise _failed(hub, error) from error


def _audio(hub: Hub, revision: str, file: str, names: Mapping[str, str]) -> Given:
    path = _obtained(hub, revision, file)
    return Given(names[PurePosixPath(file).stem], f"hf:{hub.repository}/{file}", path=path)


def _rows(hub: Hub, revision: str, file: str, names: Mapping[str, str], reporter: Reporter) -> Iterator[Given]:
    """The recordings in a parquet file, row by row."""
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise ImportError("parquet files need pyarrow; get it with: pip install 'audiogen-bench[hub]'") from None
    path = _obtained(hub, revision, file)
    reporter.line(f"reading {file} of {hub.repository}")
    try:
        with parquet.ParquetFile(path) as table:
            lacking = [name for name in (hub.id, hub.audio) if name not in table.schema_arrow.names]
            if lacking:
                there = ", ".join(table.schema_arrow.names)
                raise NotEvaluable(f"{file} of {hub.repository} has no column {lacking[0]!r}; it has: {there}")
            for batch in table.iter_batches(ROWS, columns=[hub.id, hub.audio]):
                yield from _of_batch(hub, file, batch, names)
    except (OSError, ValueError) as error:  # pyarrow's errors are of both kinds
        raise NotEvaluable(f"{file} of {hub.repository} is no parquet file, or is damaged: {error}") from error


def _of_batch(hub: Hub, file: str, batch: Any, names: Mapping[str, str]) -> Iterator[Given]:
    ids = batch.column(hub.id).to_pylist()
    for row, said in enumerate(ids):
        name = names.get(str(said)) or names.get(PurePosixPath(str(said)).stem)
        if name is None:
            continue
        value = batch.column(hub.audio)[row].as_py()
        data = value.get("bytes") if isinstance(value, dict) else value
        if not isinstance(data, bytes):
            raise NotEvaluable(f"{file} of {hub.repository} holds no audio in its column {hub.audio!r}")
        yield Given(name, f"hf:{hub.repository}/{file}", data=data)
