"""Recordings in a data set of the Hugging Face hub: parquet files, or a folder of audio."""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from bench.audio import SUFFIXES
from bench.errors import NotEvaluable, one_line
from bench.hub import commit
from bench.prepare.find import composed
from bench.progress import Reporter
from bench.sources import Hub
from bench.weights import offline

ROWS = 16  # parquet rows at a time: ten seconds each, some tens of megabytes
BUFFER = 1 << 20  # bytes of a parquet file at a time
PARQUET = ".parquet"


class Given(NamedTuple):
    """A recording of a data set: the file that it is, or its bytes, and how the manifest calls it."""

    name: str
    said: str
    data: bytes = b""
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
    quieten()
    revision = commit(hub.repository, hub.revision, kind="dataset")
    left = set(names.values())
    for file in _files(hub, revision):
        if not file.lower().endswith(PARQUET):
            if (name := _named(file, names)) in left:
                left.discard(name)
                yield Given(name, f"hf:{hub.repository}/{file}", path=_obtained(hub, revision, file))
            continue
        for one in _rows(hub, revision, file, {said: name for said, name in names.items() if name in left}, reporter):
            if one.name in left:
                left.discard(one.name)
                yield one
        if not left:
            return


def quieten() -> None:
    """Have the hub's client say nothing of its own: what fails is said once, and there is a progress bar already."""
    import huggingface_hub.hf_api  # noqa: F401 - it sets the level once more where it is imported later
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)


def _files(hub: Hub, revision: str) -> list[str]:
    """The data set's files that are parquet or audio and wanted; offline, those in the hub's cache.

    Raises:
        NotEvaluable: there are none, or the hub can't be asked.
    """
    from huggingface_hub import HfApi

    try:
        listed = (
            _cached(hub, revision)
            if offline()
            else HfApi().list_repo_files(hub.repository, revision=revision, repo_type="dataset")
        )
    except Exception as error:  # the hub's client raises what it likes; to the user it is one thing
        raise _failed(hub, error) from error
    kinds = (PARQUET, *SUFFIXES)
    files = [file for file in listed if file.lower().endswith(kinds)]
    files = sorted(file for file in files if any(fnmatch.fnmatch(file, pattern) for pattern in hub.files))
    if not files:
        where = f" in the hub's cache ({offline()} is set, so nothing is downloaded)" if offline() else ""
        said = " or ".join(hub.files)
        raise NotEvaluable(f"data set {hub.repository} has no parquet or audio files called {said}{where}")
    return files


def _cached(hub: Hub, revision: str) -> list[str]:
    """The files of a data set in the hub's cache, whose layout is documented."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    folder = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=hub.repository, repo_type="dataset")
    there = folder / "snapshots" / revision
    return [path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file()]


def _failed(hub: Hub, error: Exception) -> NotEvaluable:
    return NotEvaluable(f"data set {hub.repository} can't be had from the hub: {one_line(error)}")


def _obtained(hub: Hub, revision: str, file: str) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(
            hf_hub_download(
                hub.repository, file, revision=revision, repo_type="dataset", local_files_only=offline() is not None
            )
        )
    except Exception as error:  # as above
        raise _failed(hub, error) from error


def _named(said: str, names: Mapping[str, str]) -> str:
    """The recording that a file or a row is called by; empty where it is none that is wanted."""
    path = PurePosixPath(composed(said))
    stem = path.stem if path.suffix.lower() in SUFFIXES else path.name
    return names.get(composed(said)) or names.get(stem, "")


def _rows(hub: Hub, revision: str, file: str, names: Mapping[str, str], reporter: Reporter) -> Iterator[Given]:
    """The recordings in a parquet file, row by row."""
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise ImportError("parquet files need pyarrow; get it with: pip install 'audiogen-bench[hub]'") from None
    path = _obtained(hub, revision, file)
    reporter.line(f"reading {file} of {hub.repository}")
    try:
        with parquet.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False) as table:  # else twice the memory
            lacking = [name for name in (hub.id, hub.audio) if name not in table.schema_arrow.names]
            if lacking:
                there = ", ".join(table.schema_arrow.names)
                raise NotEvaluable(f"{file} of {hub.repository} has no column {lacking[0]!r}; it has: {there}")
            for group in range(table.num_row_groups):
                ids = table.read_row_group(group, columns=[hub.id]).column(0).to_pylist()
                if any(_named(str(said), names) for said in ids):  # the audio of the others is not even read
                    for batch in table.iter_batches(ROWS, row_groups=[group], columns=[hub.id, hub.audio]):
                        yield from _of_batch(hub, file, batch, names)
    except (OSError, ValueError) as error:  # pyarrow's errors are of both kinds
        raise NotEvaluable(
            f"{file} of {hub.repository} is no parquet file, or is damaged: {one_line(error)}"
        ) from error


def _of_batch(hub: Hub, file: str, batch: Any, names: Mapping[str, str]) -> Iterator[Given]:
    for row, said in enumerate(batch.column(hub.id).to_pylist()):
        if name := _named(str(said), names):
            value = batch.column(hub.audio)[row].as_py()
            data = value.get("bytes") if isinstance(value, dict) else value
            if not isinstance(data, bytes | None):
                raise NotEvaluable(f"{file} of {hub.repository} holds no audio in its column {hub.audio!r}")
            yield Given(name, f"hf:{hub.repository}/{file}", data or b"")
