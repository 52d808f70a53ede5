"""Files that are whole or absent, folders that one process uses at a time, and where the cache is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from bench.errors import BadInput, NotEvaluable


def write_atomically(path: Path, data: bytes) -> None:
    """Write under a temporary name, flush to the disk, rename: a kill leaves the old file or the new one, never half.

    Raises:
        OSError: the disk is full or the folder is not writable; nothing of the file is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:  # an interrupt too leaves nothing behind
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # the user knows this name; the temporary one means nothing to them
        raise


def append_lines(path: Path, lines: list[str]) -> None:
    """Append whole lines and flush them; a line that a kill tore before is closed first, so no two run together."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        if file.tell() and not _ends_a_line(file.fileno(), file.tell()):
            file.write(b"\n")
        file.write("".join(f"{line}\n" for line in lines).encode())
        file.flush()
        os.fsync(file.fileno())


def _ends_a_line(descriptor: int, size: int) -> bool:
    return os.pread(descriptor, 1, size - 1) == b"\n"


def sweep(folder: Path) -> None:
    """Remove what a killed process left half-written in a folder; call it with the folder's lock held."""
    for temporary in folder.glob(".*.tmp"):
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(folder: Path, *, wait: bool = False, busy: str = "") -> Iterator[None]:
    """Hold a folder for this process alone; the lock goes with the process, even when it is killed.

    Args:
        folder: made if it is not there.
        wait: wait for the other process rather than give up.
        busy: what is said then.

    Raises:
        NotEvaluable: another process holds the folder and ``wait`` is false.
    """
    import filelock

    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except filelock.Timeout:
        said = busy or f"another process is using {folder}: wait for it, or choose another --out"
        raise NotEvaluable(said) from None
    try:
        yield
    finally:
        lock.release()


def cache_folder() -> Path:
    """Where features and rendered references are kept: ``$BENCH_CACHE``, or ``~/.cache/bench``."""
    return Path(os.environ.get("BENCH_CACHE") or "~/.cache/bench").expanduser()


def require_writable(folder: Path, option: str) -> None:
    """Raise before any work when a folder cannot be made or written; makes nothing itself.

    Raises:
        BadInput: the folder, or its nearest existing parent, is a file or is not writable.
    """
    nearest = folder
    while not _exists(nearest) and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise BadInput(f"{option} {folder} can't be written: {nearest} is a file, not a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise BadInput(f"{option} {folder} can't be written: no permission to write in {nearest}")


def _exists(path: Path) -> bool:
    """Whether a path is seen to exist; one below a folder that may not be looked into is not."""
    try:
        return path.exists()
    except PermissionError:
        return False
