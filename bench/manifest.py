"""The manifest of a prepared suite: one line a recording, with what it came from and what became of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bench.digest import canonical_json
from bench.disk import append_lines, write_atomically
from bench.errors import BadInput
from bench.prepared import Shelf
from bench.typed import build

Status = Literal["ready", "missing", "refused"]


@dataclass(frozen=True)
class Item:
    """One line of the manifest: what became of one recording.

    Attributes:
        id: the recording's name.
        status: ready, missing, or refused because it is no sound recording.
        source: what it came from: a file's name, an archive's member, an address.
        sha256: of the prepared WAV.
        source_sha256: of what it came from.
        seconds: of the prepared WAV.
        rate: of what it came from, in Hz.
        channels: of what it came from.
        peak: of the prepared WAV.
        why: what was wrong, for those that are not ready.
    """

    id: str
    status: Status
    source: str = ""
    sha256: str = ""
    source_sha256: str = ""
    seconds: float = 0.0
    rate: int = 0
    channels: int = 0
    peak: float = 0.0
    why: str = ""


def read_manifest(shelf: Shelf) -> dict[str, Item]:
    """What became of each recording, by name; a line that a kill tore is left out, and its recording made again."""
    found: dict[str, Item] = {}
    if not shelf.manifest.is_file():
        return found
    for line in shelf.manifest.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            item = build(Item, json.loads(line), "manifest")
        except (ValueError, RecursionError, BadInput):
            continue
        found[item.id] = item
    return found


def write_manifest(shelf: Shelf, items: Iterable[Item]) -> None:
    """Keep the manifest, in the order of names; call it with the shelf's lock held."""
    rows = sorted(items, key=lambda item: item.id)
    write_atomically(shelf.manifest, "".join(canonical_json(dataclasses.asdict(row)) + "\n" for row in rows).encode())


def add_to_manifest(shelf: Shelf, item: Item) -> None:
    """Add one line, which goes before any of the same recording above it; call it with the shelf's lock held."""
    append_lines(shelf.manifest, [canonical_json(dataclasses.asdict(item))])
