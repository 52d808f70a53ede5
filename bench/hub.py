"""Whole repositories of the Hugging Face hub: which commit is meant, which files are wanted, where they are.

A branch is looked up once and held to from then on, so that a run that goes on tomorrow does so with the same weights.
"""

from __future__ import annotations

import fnmatch
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from bench.digest import digest
from bench.disk import locked
from bench.errors import NotEvaluable, one_line
from bench.weights import digest_of, note, notes, offline, weights_folder

Kind = Literal["model", "dataset"]
COMMIT = re.compile(r"[0-9a-f]{40}")
BRANCH = "main"
WEIGHTS = (".safetensors", ".bin")  # the better format first
# Other frameworks' weights, half-precision copies, pictures: nothing that is loaded here.
UNWANTED = ("*.h5", "*.msgpack", "*.onnx*", "*.fp16.*", "*.png", "*.jpg", "*.gif", "*.mp3", "*.wav", ".git*")


def commit(repository: str, revision: str | None = None, kind: Kind = "model") -> str:
    """The commit that a revision of a repository stands for: the one held to since first use, else the hub's.

    Raises:
        NotEvaluable: it was never used here, and the hub can't be asked or does not know it.
    """
    revision = revision or BRANCH
    if COMMIT.fullmatch(revision):
        return revision
    key = f"{repository}@{revision}" if kind == "model" else f"{kind}s/{repository}@{revision}"
    held = notes("revisions").get(key) or _cached_commit(repository, revision, kind)
    if held is None:
        _refuse_offline(repository, kind)
        held = _asked(repository, revision, kind)
    _hold("revisions", key, held)
    return str(held)


def _cached_commit(repository: str, revision: str, kind: Kind = "model") -> str | None:
    """What a branch was when another program last downloaded from it."""
    reference = _hub_folder(repository, kind) / "refs" / revision
    return reference.read_text().strip() if reference.is_file() else None


def _asked(repository: str, revision: str, kind: Kind) -> str:
    from huggingface_hub import HfApi

    try:
        found = HfApi().repo_info(repository, revision=revision, repo_type=kind).sha
    except Exception as error:  # the hub's client and those below it raise what they like; to the user it is one thing
        raise NotEvaluable(f"{missing(repository, kind)} (asking the hub failed: {one_line(error)})") from error
    if not found:
        raise NotEvaluable(f"the hub gives no commit for {repository}@{revision}")
    return found


def snapshot(repository: str, revision: str, only: Sequence[str] = ()) -> Path:
    """The folder of a repository at a commit, after a download if need be.

    Args:
        repository: owner/name.
        revision: a commit.
        only: patterns of the files that are needed, such as ``tokenizer/*``; none for all that are loaded.

    Raises:
        NotEvaluable: it is not here and can't be downloaded.
    """
    from huggingface_hub import HfApi, snapshot_download

    there = cached(repository, revision)
    known = _key(repository, revision, only) in notes("snapshots")
    # Offline, what another program downloaded has to do, although nobody knows whether it is whole.
    if there is not None and (_is_whole(there, repository, revision, only) or (offline() and not known)):
        return there
    _refuse_offline(repository)
    print(f"downloading {repository} from the Hugging Face hub", file=sys.stderr, flush=True)
    try:
        siblings = HfApi().model_info(repository, revision=revision).siblings or []
        names = wanted((sibling.rfilename for sibling in siblings), only)
        folder = Path(snapshot_download(repository, revision=revision, allow_patterns=names))
    except Exception as error:  # as above
        raise NotEvaluable(f"{missing(repository)} (download failed: {one_line(error)})") from error
    _hold("snapshots", _key(repository, revision, only), names)
    return folder


def is_here(repository: str, revision: str | None = None) -> bool:
    """Whether a repository has been downloaded, so that no network is needed."""
    branch = revision or BRANCH
    held = notes("revisions").get(f"{repository}@{branch}") or _cached_commit(repository, branch) or branch
    there = cached(repository, held)
    return there is not None and _is_whole(there, repository, held)


def _key(repository: str, revision: str, only: Sequence[str] = ()) -> str:
    return ":".join((f"{repository}@{revision}", *only))


def _is_whole(folder: Path, repository: str, revision: str, only: Sequence[str] = ()) -> bool:
    """Whether all files of a repository are in a folder; False where their names are not known."""
    names = notes("snapshots").get(_key(repository, revision, only))
    return bool(names) and all((folder / name).exists() for name in names or ())


def cached(repository: str, revision: str) -> Path | None:
    """The folder of a repository at a commit as it is here, whole or not, without asking a network; None if it isn't.

    Source: huggingface_hub's documented layout of its cache (its own look-up asks the hub first).
    """
    folder = _hub_folder(repository) / "snapshots" / revision
    return folder if folder.is_dir() else None


def _hub_folder(repository: str, kind: Kind = "model") -> Path:
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repository, repo_type=kind)


def wanted(names: Iterable[str], only: Sequence[str] = ()) -> list[str]:
    """The files of a repository that are loaded: of weights in two formats the safe one alone.

    Beside a pipeline's folders, the whole network in one file at the top is the same once more.

    >>> wanted(["unet/model.safetensors", "unet/model.bin", "vae/model.bin", "flax_model.msgpack", "config.json"])
    ['config.json', 'unet/model.safetensors', 'vae/model.bin']
    >>> wanted(["vocab.json", "model.bin"], only=["vocab.json"])
    ['vocab.json']
    >>> wanted(["model_index.json", "unet/model.bin", "model.ckpt"])
    ['model_index.json', 'unet/model.bin']
    """
    kept = {name for name in names if not any(fnmatch.fnmatch(PurePosixPath(name).name, bad) for bad in UNWANTED)}
    if only:
        return sorted(name for name in kept if any(fnmatch.fnmatch(name, good) for good in only))
    if "model_index.json" in kept:
        kept = {name for name in kept if "/" in name or not name.endswith((*WEIGHTS, ".ckpt", ".pt", ".pth"))}
    safe = {str(PurePosixPath(name).parent) for name in kept if name.endswith(WEIGHTS[0])}
    return sorted(name for name in kept if not (name.endswith(WEIGHTS[1]) and str(PurePosixPath(name).parent) in safe))


def content_digest(path: Path) -> str:
    """SHA-256 over what a file, or every file below a folder, holds and is called; where it lies does not matter."""
    if path.is_file():
        return digest_of(path)
    return digest({file.relative_to(path).as_posix(): digest_of(file) for file in sorted(_files(path, set()))})


def _files(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """Every file below a folder but the hidden ones; links to folders are followed, and circles left."""
    seen = {*seen, folder.resolve()}
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and path.resolve() not in seen:
            yield from _files(path, seen)


def missing(repository: str, kind: Kind = "model") -> str:
    """One line for a repository that is not here."""
    if kind == "dataset":
        return f"data set {repository} of the hub is not here"
    return (
        f"{repository} is not here; get it with `bench fetch` where there is a network, "
        "or give a folder of your own with --system.checkpoint FOLDER"
    )


def _refuse_offline(repository: str, kind: Kind = "model") -> None:
    if switch := offline():
        raise NotEvaluable(f"{missing(repository, kind)} ({switch} is set, so nothing is downloaded)")


def _hold(name: str, key: str, value: Any) -> None:
    if notes(name).get(key) != value:
        with locked(weights_folder(), wait=True):
            note(name, key, value)
