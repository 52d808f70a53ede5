"""The manifest of a prepared suite: one line a recording, with what it came from and what became of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.audio import Unreadable
from bench.card import Card
from bench.digest import canonical_json, digest
from bench.disk import append_lines, write_atomically
from bench.errors import BadInput
from bench.prepared import Shelf, conversion
from bench.typed import build
from bench.wav import wav_comment

OURS = "bench:"  # begins what a WAV that was prepared says of itself
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


def made_of(source_sha256: str, card: Card) -> str:
    """What a prepared WAV says that it was made of, and how; it says so in its comment."""
    return f"{OURS}{digest({'source': source_sha256, **conversion(card)})}"


def said_by(target: Path) -> str | None:
    """What a WAV says that it was made of; None where it is not there, or not whole."""
    try:
        return wav_comment(target) if target.is_file() else None
    except Unreadable:
        return None


def is_ready(shelf: Shelf, card: Card, item: Item | None) -> bool:
    """Whether a recording's WAV is there, whole, and made of what its line says in the way that the card says now."""
    if item is None or item.status != "ready":
        return False
    return said_by(shelf.recording(item.id)) == made_of(item.source_sha256, card)


def is_stale(shelf: Shelf, card: Card, item: Item) -> bool:
    """Whether a recording's WAV was prepared, and not as its line says, or not in the way that the card says now."""
    return (said_by(shelf.recording(item.id)) or "").startswith(OURS) and not is_ready(shelf, card, item)


def vouched(shelf: Shelf, card: Card, names: Iterable[str]) -> dict[str, Path]:
    """What there is of some recordings, by name: a WAV that the manifest vouches for, or else what stands for features.

    ``bench prepare`` counts the same ones. Audio that somebody put there, or of which a kill lost the line, is none: of
    what it was made, nobody knows.
    """
    items, found = read_manifest(shelf), dict[str, Path]()
    for name in names:
        if is_ready(shelf, card, items.get(name)):
            found[name] = shelf.recording(name)
        elif (stub := shelf.features_only(name)).is_file():
            found[name] = stub
    return found
