"""Repositories in the hub's cache as if they had been downloaded, so that names of the tables run without a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from huggingface_hub import constants

COMMIT = "c" * 40


def plant(repository: str, write: Callable[[Path], object]) -> Path:
    """Put what ``write`` writes where the hub's client keeps a repository's main branch; the folder it is in."""
    folder = Path(constants.HF_HUB_CACHE) / f"models--{repository.replace('/', '--')}"
    snapshot = folder / "snapshots" / COMMIT
    snapshot.parent.mkdir(parents=True)
    write(snapshot)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(COMMIT)
    return snapshot
