"""Files from the network: whole and the right ones, or not there at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.digest import file_digest
from bench.errors import BadInput, NotEvaluable
from bench.prepare.hub import quieten
from bench.prepare.transfer import Part, failed, transfer
from bench.progress import Reporter
from bench.weights import digest_of, hub_address, offline

Check = Callable[[Path], object]


class Known(NamedTuple):
    """What is known of a file, as :func:`download` has it."""

    sha256: str
    since: str
    check: Check


def _passed(_: Path) -> None:
    """Nothing is known that a file could be checked for."""


def download(
    url: str,
    target: Path,
    *,
    sha256: str = "",
    since: str = "",
    size: int = 0,
    check: Check = _passed,
    hasty: bool = False,
    reporter: Reporter,
) -> Path:
    """A file from an address, unless it is here already; call it with the lock of its folder held.

    What has come of a transfer that is interrupted stays beside the target, and the next call goes on there.

    Args:
        url: ``https://…``, or ``hf:datasets/owner/name@revision/path``.
        target: where it is to be.
        sha256: of its bytes, where known.
        since: what is said behind that digest where a file of another one comes.
        size: in bytes, where known.
        check: raises unless a file is what it should be; asked where no digest is known, before the file has its name.
        hasty: with one try, and little patience.
        reporter: where progress is shown.

    Raises:
        NotEvaluable: it can't be had, is a web page in place of a file, or is not the one that is wanted; it is not
            kept then, and what was at the target stays.
    """
    if not _is_right(target, sha256, size):
        _fetch(Part(url, target, size), Known(sha256, since, check), reporter, hasty=hasty)
    elif not sha256:
        check(target)
    return target


def _fetch(part: Part, known: Known, reporter: Reporter, *, hasty: bool) -> None:
    try:
        _obtain(part, known.sha256, reporter, hasty=hasty)
        _accept(part, known)
    except OSError as error:
        said = f"{part.target.name} can't be written to {part.target.parent}: {error.strerror or error}{part.kept}"
        raise NotEvaluable(said) from error


def _is_right(target: Path, known: str, size: int) -> bool:
    """Whether a file needs no download; one of which at most the size is known has to do where there can be none."""
    if not target.is_file():
        return False
    return digest_of(target) == known if known else bool(offline()) and size in (0, target.stat().st_size)


def _obtain(part: Part, known: str, reporter: Reporter, *, hasty: bool) -> None:
    """Have the part whole, from the hub's cache or the network."""
    part.target.parent.mkdir(parents=True, exist_ok=True)
    there = _in_hub_cache(part.url) if part.url.startswith("hf:") else None
    if there and known in ("", file_digest(there)):
        shutil.copyfile(there, part.path)
        return
    if switch := offline():
        raise NotEvaluable(
            f"{part.target.name} is not here ({switch} is set, so nothing is downloaded from {part.url})"
        )
    reporter.line(f"downloading {part.target.name} from {part.url}")
    if part.url.startswith("hf:"):
        shutil.copyfile(_from_hub(part, again=there is not None), part.path)
    else:
        transfer(part, reporter, hasty=hasty)


def _accept(part: Part, known: Known) -> None:
    """Give the whole file its name, if it is the right one; it is not kept if it is not."""
    if wrong := _wrong(part, known):
        part.discard()
        raise NotEvaluable(f"{wrong}; it was not kept")
    with part.path.open("rb") as file:
        os.fsync(file.fileno())
    part.path.replace(part.target)
    part.mark.unlink(missing_ok=True)


def _wrong(part: Part, known: Known) -> str:
    """What is wrong with the whole file; empty where nothing is."""
    called, came, digest = f"{part.target.name} from {part.url}", part.path.stat().st_size, file_digest(part.path)
    if known.sha256 and digest != known.sha256:
        return f"{called} has the SHA-256 {digest}, and must have {known.sha256}{known.since}"
    if part.size and came != part.size:
        return f"{called} has {came} bytes, and must have {part.size}"
    try:
        if not known.sha256:
            known.check(part.path)
    except (BadInput, NotEvaluable) as error:
        return str(error).replace(str(part.path), called)
    return ""


def _address(url: str) -> tuple[str, str, str]:
    return hub_address(url.replace("hf:datasets/", "hf:", 1))


def _in_hub_cache(url: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    repository, revision, path = _address(url)
    found = try_to_load_from_cache(repository, path, revision=revision, repo_type="dataset")
    return Path(found) if isinstance(found, str) else None


def _from_hub(part: Part, *, again: bool) -> Path:
    from huggingface_hub import hf_hub_download

    quieten()
    repository, revision, path = _address(part.url)
    try:
        return Path(hf_hub_download(repository, path, revision=revision, repo_type="dataset", force_download=again))
    except Exception as error:  # the hub's client and those below it raise what they like; to the user it is one thing
        raise failed(part, error) from error
