"""The file in which reference features travel without their audio: what it holds, packed and unpacked.

It is a zip: ``features.json`` says what the features are of, and each embedder's rows are two arrays beside it.
"""

from __future__ import annotations

import dataclasses
import io
import struct
import tokenize
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from bench.audio import Condition, Resampler
from bench.embedder import Rows
from bench.errors import BadInput, one_line
from bench.features import check_described
from bench.prepared import Entry, list_digest
from bench.record import pretty
from bench.sources import Crop
from bench.suite import Suite
from bench.typed import build, read_json

SCHEMA = 2
ABOUT = "features.json"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same features give the same file
SAID = 200  # letters of what is wrong with a file: it may be as long as the file
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, EOFError, OSError),  # what reading a zip raises
    *(ValueError, KeyError, TypeError, OverflowError, MemoryError, SyntaxError, tokenize.TokenError),  # an array, JSON
)


@dataclass(frozen=True)
class Conversion:
    """How the reference audio was made, as :func:`bench.prepared.conversion` has it."""

    rate: int
    seconds: float | None
    crop: Crop
    resampler: Resampler


@dataclass(frozen=True)
class Reference:
    """A recording that the features are of.

    Attributes:
        name: the recording's.
        audio: SHA-256 of its prepared WAV.
        condition: what that is like.
    """

    name: str
    audio: str
    condition: Condition

    def __post_init__(self) -> None:
        """Refuse what describes no recording."""
        check_described(self.audio, self.condition)


@dataclass(frozen=True)
class Embedded:
    """An embedder, and of what kind its numbers are."""

    key: str
    name: str
    signature: str
    dtype: Literal["float16", "float32", "float64"]


@dataclass(frozen=True)
class Contents:
    """What a file says it holds.

    Attributes:
        schema: raised with its fields.
        suite: the name of the one exported.
        list_sha256: digest of that suite's clip list.
        conversion: how the audio was made.
        recordings: in the order of their rows.
        embedders: whose features these are.
    """

    schema: int
    suite: str
    list_sha256: str
    conversion: Conversion
    recordings: tuple[Reference, ...]
    embedders: tuple[Embedded, ...]

    def __post_init__(self) -> None:
        """Refuse a file without features, and two of one recording."""
        if not self.embedders:
            raise BadInput("embedders is empty")
        ((name, count),) = Counter(one.name for one in self.recordings).most_common(1) or (("", 0),)
        if count > 1:
            raise BadInput(f"recordings has {name!r} {count} times")


class Unpacked(NamedTuple):
    """A file that was read: its bytes, what it says it holds, and by embedder and recording the rows."""

    data: bytes
    contents: Contents
    rows: dict[str, dict[str, Rows]]


def list_of(suite: Suite) -> str:
    """Digest of a suite's clip list, beside its card or prepared."""
    return suite.list_sha256 or list_digest(Entry(clip, clip.id) for clip in suite.clips)


def pack(contents: Contents, rows: Mapping[str, Sequence[Rows]]) -> bytes:
    """The file, as bytes.

    Args:
        contents: what it is to say.
        rows: by the embedder's key, each recording's.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, ABOUT, pretty(dataclasses.asdict(contents)).encode())
        for key, each in rows.items():
            _add(archive, f"{key}.rows.npy", _saved(np.concatenate(each)))
            _add(archive, f"{key}.counts.npy", _saved(np.array([len(one) for one in each], np.int64)))
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, EPOCH), data, zipfile.ZIP_DEFLATED)


def _saved(array: Rows) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def unpack(path: Path) -> Unpacked:
    """Read a file, and check that it holds what it says.

    Raises:
        BadInput: it can't be read, or is not whole; the message says in what.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror or error}") from error
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            contents = _contents(_read(archive, ABOUT))
            names = [one.name for one in contents.recordings]
            rows = {one.key: dict(_rows(archive, one, names)) for one in contents.embedders}
    except DAMAGE as error:
        why = one_line(error)[:SAID] or type(error).__name__
        raise BadInput(f"{path} holds no reference features, or is damaged: {why}") from error
    return Unpacked(data, contents, rows)


def _contents(data: bytes) -> Contents:
    fields = read_json(data)
    if isinstance(fields, dict) and fields.get("schema") != SCHEMA:
        raise ValueError(f"schema is {fields.get('schema')!r}, not {SCHEMA}: another version of bench wrote it")
    return build(Contents, fields, ABOUT)


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    info = archive.getinfo(name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is compressed in a way that is not known here")
    return archive.read(info)


def _rows(archive: zipfile.ZipFile, said: Embedded, names: Sequence[str]) -> Iterator[tuple[str, Rows]]:
    """Each recording's rows (k, d).

    Raises:
        ValueError: the arrays don't fit the recordings, or are not of the kind that is said.
    """
    rows, counts = (_array(_read(archive, f"{said.key}.{part}.npy")) for part in ("rows", "counts"))
    if rows.ndim != 2 or str(rows.dtype) != said.dtype:
        raise ValueError(f"features of {said.name} have shape {rows.shape} in {rows.dtype}, not (n, d) in {said.dtype}")
    if counts.shape != (len(names),) or counts.dtype != np.int64:
        raise ValueError(f"counts of {said.name} have shape {counts.shape} in {counts.dtype}")
    if (len(names) and (counts.min() < 1 or counts.max() > len(rows))) or counts.sum() != len(rows):
        raise ValueError(f"counts of {said.name} do not add up to its {len(rows)} rows")
    ends = np.cumsum(counts)
    for name, start, end in zip(names, ends - counts, ends, strict=True):
        yield name, rows[start:end]


def _array(data: bytes) -> Rows:
    array: Rows = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    return array
