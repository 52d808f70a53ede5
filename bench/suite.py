"""A suite: a versioned, hashed list of clips, and how they are judged."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.card import Card, Rendering
from bench.clip import Clip
from bench.digest import SHORT, digest
from bench.sources import Recordings


@dataclass(frozen=True)
class Suite:
    """Clips and how they are judged.

    Attributes:
        name: what it is called on the command line.
        card: title, version, rate, metrics.
        clips: in the card's order.
        size: how many clips the card lists; more than ``len(clips)`` when a run is limited.
        beyond: the ids that a limit left out.
        absent: the ids that were left out because their reference audio is not here.
        recordings: the names of its references, where they are prepared; several clips can share one.
        list_sha256: digest of the whole clip list, where it is prepared, whatever of it a run is about.
        command: what gets it ready, as typed in a shell, where it is prepared.
        background: reference audio of no clip in particular, for sets that are compared as sets.
        audio: digest of the references, where they alone define the suite; two folders of one name differ by it.
    """

    name: str
    card: Card
    clips: tuple[Clip, ...]
    size: int
    background: tuple[Path, ...] = ()
    audio: str = ""
    beyond: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    recordings: tuple[str, ...] = ()
    list_sha256: str = ""
    command: str = ""

    @cached_property
    def hash(self) -> str:
        """SHA-256 over what a score depends on: the clips asked for, their prompts, lengths and kind of reference."""
        return digest(
            {
                "clips": [[clip.id, clip.text, clip.transcription, clip.seconds] for clip in self.clips],
                "reference": _kind_of_reference(self.card),
                "rate": self.card.rate,
                "version": self.card.version,
                **({"audio": self.audio} if self.audio else {}),
            }
        )

    @property
    def tag(self) -> str:
        """Name and eight hex digits: how folders and signatures call it."""
        return f"{plain_name(self.name)}-{self.hash[:SHORT]}"

    @property
    def folder(self) -> str:
        """The folder of its generated audio; subsets share it, since a clip does not depend on the others."""
        return plain_name(self.name.partition("/")[0])

    @property
    def paired(self) -> bool:
        """Whether each clip has a reference of its own."""
        return self.card.reference is not None and not self.background

    def fields(self) -> dict[str, Any]:
        """What a record says of it."""
        return {
            "name": self.name,
            "title": self.card.title,
            "task": self.card.task,
            "version": self.card.version,
            "hash": self.hash,
            "clips": len(self.clips),
            "size": self.size,
            "paired": self.paired,
            **({"list": self.list_sha256} if self.list_sha256 else {}),
            **({"absent": len(self.absent)} if self.absent else {}),
            **({"note": self.card.note} if self.card.note else {}),
        }

    def limited(self, limit: int | None) -> Suite:
        """The first clips only; its hash, and so every signature, then differs from the whole suite's."""
        if limit is None or limit >= len(self.clips):
            return self
        return dataclasses.replace(self, clips=self.clips[:limit], beyond=tuple(clip.id for clip in self.clips[limit:]))

    @property
    def lacking(self) -> tuple[str, ...]:
        """The ids whose reference audio is not here, although each clip should have its own."""
        found = isinstance(self.card.reference, str | Recordings) and not self.background
        return tuple(clip.id for clip in self.clips if clip.reference is None) if found else ()

    def available(self) -> Suite:
        """The clips whose reference audio is here; if any is not, the hash and so every signature differs."""
        absent = self.lacking
        if not absent:
            return self
        clips = tuple(clip for clip in self.clips if clip.reference is not None)
        return dataclasses.replace(self, clips=clips, beyond=(*self.beyond, *absent), absent=absent)


def _kind_of_reference(card: Card) -> Any:
    """What of a card's reference audio a score depends on, besides the audio itself."""
    source = card.reference
    if isinstance(source, Rendering):
        return dataclasses.asdict(source)
    return {"crop": card.crop, "resampler": card.resampler} if isinstance(source, Recordings) else source is not None


def plain_name(name: str) -> str:
    """A name that can stand in a folder's name and in a signature.

    >>> plain_name("my|suite 2"), plain_name("..")
    ('my_suite_2', '_')
    """
    return re.sub(r"[^\w.-]|^\.+$", "_", name) or "_"
