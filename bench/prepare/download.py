"""Files from the network: whole and the right ones, or not there at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bench.digest import file_digest
from bench.errors import NotEvaluable
from bench.prepare.hub import quieten
from bench.prepare.transfer import Part, failed, transfer
from bench.progress import Reporter
from bench.weights import digest_of, hub_address, notes, offline
from bench.weights import hold as hold_digest

HELD = "lists"  # the heading under which digests are held from first use


def download(url: str, target: Path, *, sha256: str = "", size: int = 0, held: str = "", reporter: Reporter) -> Path:
    """A file from an address, unless it is here already; call it with the lock of its folder held.

    What has come of a transfer that is interrupted stays beside the target, and the next call goes on there.

    Args:
        url: ``https://…``, or ``hf:datasets/owner/name@revision/path``.
        target: where it is to be.
        sha256: of its bytes, where known.
        size: in bytes, where known.
        held: the key under which its digest is held from first use, where none is known.
        reporter: where progress is shown.

    Raises:
        NotEvaluable: it can't be had, is a web page in place of a file, or is not the one that is wanted; it is not
            kept then, and what was at the target stays.
    """
    known = sha256 or held_digest(held)
    if not _is_right(target, known):
        part = Part(url, target, size)
        try:
            _obtain(part, known, reporter)
            _accept(part, known, "" if sha256 else " as the first time")
        except OSError as error:
            said = f"{target.name} can't be written to {target.parent}: {error.strerror or error}{part.kept}"
            raise NotEvaluable(said) from error
    hold("" if sha256 else held, target)
    return target


def _is_right(target: Path, known: str) -> bool:
    """Whether a file needs no download; one that nothing is known of has to do where there can be none."""
    return target.is_file() and (digest_of(target) == known if known else offline() is not None)


def held_digest(key: str) -> str:
    """The digest that a file has had since first use; empty where there is none yet."""
    return str(notes(HELD).get(key, "")) if key else ""


def hold(key: str, path: Path) -> None:
    """Write down the digest of a file the first time that it is used; nothing where the key is empty."""
    if key and not held_digest(key):
        hold_digest(HELD, key, digest_of(path))


def _obtain(part: Part, known: str, reporter: Reporter) -> None:
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
        transfer(part, reporter)


def _accept(part: Part, known: str, since: str) -> None:
    """Give the whole file its name, if it is the right one."""
    came, digest = part.path.stat().st_size, file_digest(part.path)
    wrong = ""
    if part.size and came != part.size:
        wrong = f"has {came} bytes, and must have {part.size}"
    if known and digest != known:
        wrong = f"has the SHA-256 {digest}, and must have {known}{since}"
    if wrong:
        part.discard()
        raise NotEvaluable(f"{part.target.name} from {part.url} {wrong}; it was not kept")
    with part.path.open("rb") as file:
        os.fsync(file.fileno())
    part.path.replace(part.target)
    part.mark.unlink(missing_ok=True)


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
