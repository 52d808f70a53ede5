"""What a suite was first made of is held to, where its card has no digest: its owner's files, and its clip list.

It is kept beside what is prepared, and not in the cache, which may be emptied.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from bench.card import Card
from bench.disk import write_atomically
from bench.errors import BadInput
from bench.prepared import Entry, Shelf, list_digest, made_from
from bench.weights import digest_of


def held_digest(shelf: Shelf, url: str) -> str:
    """The digest that what an address gives has had since first use; empty where there is none yet, or no address.

    Raises:
        BadInput: what is held is damaged.
    """
    return _read(_place(shelf)).get(url, "")


def hold(shelf: Shelf, url: str, path: Path) -> None:
    """Hold to the digest of a file from now on, once it is known to be good; call it with the shelf's lock held."""
    known = _read(_place(shelf))
    if url and url not in known:
        text = json.dumps({**known, url: digest_of(path)}, indent=2, sort_keys=True)
        write_atomically(_place(shelf), f"{text}\n".encode())


def note_origin(url: str, path: Path) -> None:
    """Note beside a file, which nothing vouches for yet, where it came from: it need not come again meanwhile."""
    text = json.dumps({"url": url, "sha256": digest_of(path)}, sort_keys=True)
    write_atomically(_beside(path), f"{text}\n".encode())


def came_from(url: str, path: Path) -> bool:
    """Whether a file is here, as it came from an address."""
    try:
        return path.is_file() and bool(
            json.loads(_beside(path).read_bytes()) == {"url": url, "sha256": digest_of(path)}
        )
    except (OSError, ValueError, RecursionError):
        return False


def forget_origin(path: Path) -> None:
    """Forget where a file came from: it is held to now, or is not to be taken again where another can be had."""
    _beside(path).unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def instead(shelf: Shelf) -> str:
    """What messages say to those who want another file than the one that is held to."""
    return f"(to take another, remove {_place(shelf)})"


def _place(shelf: Shelf) -> Path:
    return shelf.folder / "held.json"


def _read(place: Path) -> dict[str, str]:
    try:
        said = json.loads(place.read_bytes())
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not all(isinstance(digest, str) for digest in said.values()):
        raise BadInput(f"{place} is damaged: remove it, and what comes next is held to")
    return said


def check_same(shelf: Shelf, card: Card, made: Sequence[Entry]) -> None:
    """Raise if a card that says nothing of its list is about to get another one than before.

    A raised version, or another recipe for the captions, is another list and may have one.

    Raises:
        BadInput: another list is there.
    """
    stamp = shelf.table.with_suffix(".json")
    before, now = _stamped(stamp, card), list_digest(made)
    if not card.sha256 and before not in ("", now):
        raise BadInput(
            f"the list obtained has the SHA-256 {now}, and the one prepared before has {before}: "
            f"another list wants another version on its card; or remove {stamp} to have it replaced"
        )


def _stamped(stamp: Path, card: Card) -> str:
    """The digest of the list that was made of a card as it is now; empty where there is none, or none that is whole."""
    try:
        said = json.loads(stamp.read_bytes())
    except (OSError, ValueError, RecursionError):
        return ""
    same = isinstance(said, dict) and said.get("made_from") == made_from(card)
    return str(said.get("sha256", "")) if same else ""
