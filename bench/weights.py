"""Weights files: where each comes from, where it is looked for, and which one was really loaded, by digest."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from bench.digest import SHORT, file_digest
from bench.disk import cache_folder, locked, write_atomically
from bench.errors import BadInput, NotEvaluable, one_line

OFFLINE = ("BENCH_OFFLINE", "HF_HUB_OFFLINE")  # either set: nothing is downloaded
UNSET = ("", "0", "false", "no", "off")
OTHER = "!"  # behind a digest in a signature: these weights are not the published ones
ABSENT = "absent"


@dataclass(frozen=True)
class Weights:
    """One published file.

    Attributes:
        file: its name below ``BENCH_WEIGHTS``; with a folder before it where other networks have a file of that name.
        url: ``https://...``, or ``hf:owner/repository@revision/path`` for the Hugging Face hub.
        sha256: of its bytes: all of it, or as much of its beginning as is known; empty where nothing is.
        size: in bytes, where known.
    """

    file: str
    url: str
    sha256: str = ""
    size: int | None = None


def offline() -> str | None:
    """The environment variable that forbids downloads, if one does."""
    return next((name for name in OFFLINE if os.environ.get(name, "").lower() not in UNSET), None)


def weights_folder() -> Path:
    """Where downloads are kept, and what is known about them."""
    return cache_folder() / "weights"


def locate(weights: Weights) -> Path | None:
    """Where a file is on this machine, without asking a network: ``BENCH_WEIGHTS`` first, then the caches.

    Raises:
        BadInput: ``BENCH_WEIGHTS`` is no folder.
    """
    places = [weights_folder() / weights.file]
    if own := os.environ.get("BENCH_WEIGHTS"):
        if not Path(own).is_dir():
            raise BadInput(f"BENCH_WEIGHTS is {own!r}, which is no folder")
        places = [Path(own) / weights.file, *places]
    there = next((path for path in places if path.is_file()), None)
    return there or (_in_hub_cache(weights) if weights.url.startswith("hf:") else None)


def _in_hub_cache(weights: Weights) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    repository, revision, path = hub_address(weights.url)
    found = try_to_load_from_cache(repository, path, revision=revision)
    return Path(found) if isinstance(found, str) else None


def hub_address(url: str) -> tuple[str, str, str]:
    """Repository, revision and path of an address on the hub.

    >>> hub_address("hf:FacebookAI/roberta-base@main/vocab.json")
    ('FacebookAI/roberta-base', 'main', 'vocab.json')
    """
    repository, _, rest = url.removeprefix("hf:").partition("@")
    revision, _, path = rest.partition("/")
    return repository, revision, path


def obtain(weights: Weights) -> Path:
    """Where a file is, after a download if need be; whatever digest it has is held to from now on.

    Raises:
        NotEvaluable: it is nowhere here and can't be downloaded; or what was downloaded is not what was published.
        BadInput: as :func:`locate`.
    """
    path = locate(weights)
    if path is None:
        path = _downloaded(weights)
        wrong_size = weights.size is not None and path.stat().st_size != weights.size
        if wrong_size or _differs(weights, digest_of(path)):
            path.resolve().unlink()  # in the hub's cache, what a link points to
            path.unlink(missing_ok=True)
            raise NotEvaluable(f"{weights.url} gave another file than the published one, so it was not kept; try again")
    if not weights.sha256:
        hold("lock", weights.file, digest_of(path))
    return path


def _downloaded(weights: Weights) -> Path:
    if switch := offline():
        raise NotEvaluable(f"{missing(weights)} ({switch} is set, so nothing is downloaded)")
    print(f"downloading {weights.file} from {weights.url}", file=sys.stderr, flush=True)
    try:
        return _from_hub(weights) if weights.url.startswith("hf:") else _from_address(weights)
    except Exception as error:  # requests, urllib3 and the hub raise what they like; to the user it is one thing
        raise NotEvaluable(f"{missing(weights)} (download failed: {one_line(error)})") from error


def _from_address(weights: Weights) -> Path:
    import logging

    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    target = weights_folder() / PurePosixPath(weights.file)
    download = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), timeout=60)
    return Path(pooch.retrieve(weights.url, None, fname=target.name, path=target.parent, downloader=download))


def _from_hub(weights: Weights) -> Path:
    from huggingface_hub import hf_hub_download

    repository, revision, path = hub_address(weights.url)
    return Path(hf_hub_download(repository, path, revision=revision))


def missing(weights: Weights) -> str:
    """One line for a file that is not here: where it was looked for and how to get it."""
    looked = [os.environ.get("BENCH_WEIGHTS"), str(weights_folder())]
    return (
        f"{weights.file} is not here: looked in {' and '.join(place for place in looked if place)}; "
        f"get it with `bench fetch`, or put it into a folder that BENCH_WEIGHTS names, from {weights.url}"
    )


def tag(weights: Weights) -> str:
    """What stands for a file in a signature: eight hex digits of its digest, ``!`` behind them if it is not the one.

    A file that is not here yet has those of the published one, where they are known. The same file has the same tag
    on every machine: what was first seen on this one shows in :func:`is_published` alone.
    """
    path = locate(weights)
    if path is None:
        return weights.sha256[:SHORT] or ABSENT
    digest = digest_of(path)
    return digest[:SHORT] + ("" if digest.startswith(weights.sha256) else OTHER)


def is_published(weights: Weights) -> bool:
    """Whether a file that is here is the published one or, where its digest is not known, the one first seen here."""
    path = locate(weights)
    return path is None or not _differs(weights, digest_of(path))


def _differs(weights: Weights, digest: str) -> bool:
    known = weights.sha256 or notes("lock").get(weights.file, "")
    return not digest.startswith(known)


def hold(heading: str, key: str, digest: str) -> None:
    """Write down the digest of a file whose published one is not known, the first time it is used."""
    if key in notes(heading):
        return
    with locked(weights_folder(), wait=True):
        if key not in notes(heading):  # another process may have been the first
            note(heading, key, digest)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, remembered as long as nothing shows that it has changed."""
    stat = path.stat()
    key = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}|{stat.st_ctime_ns}|{stat.st_ino}"
    known = notes("digests").get(key)
    if known is None:
        known = file_digest(path)
        with locked(weights_folder(), wait=True):
            note("digests", key, known)
    return str(known)


def notes(name: str) -> dict[str, Any]:
    """What is known about weights under one heading, by key."""
    try:
        kept = json.loads((weights_folder() / f"{name}.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def note(name: str, key: str, value: Any) -> None:
    """Write down what is known; call it with the lock of :func:`weights_folder` held."""
    known = {**notes(name), key: value}
    write_atomically(weights_folder() / f"{name}.json", (json.dumps(known, indent=2, sort_keys=True) + "\n").encode())
