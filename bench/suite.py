"""A suite: a versioned, hashed list of clips, and how they are judged. One YAML card each, in ``datasets/``."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.audio import SUFFIXES, recordings
from bench.card import Card, Rendering, load_card
from bench.clip import Clip
from bench.digest import SHORT, digest, file_digest
from bench.errors import BadInput, unknown
from bench.prepared import Entry, Shelf, check_audio, list_digest, read_clips
from bench.prompts import read_prompts
from bench.sources import Recordings

OWN_CARD = re.compile(r"(.+\.ya?ml)(?:/([^/]+))?")  # a card's path and, behind it, perhaps a subset's name
DEFAULT = ("fad-logmel",)  # what two folders are judged by if nothing is said: it needs no pairs and no downloads


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


def datasets_folder() -> Path:
    """Where the cards are: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "datasets"
    return inside if inside.is_dir() else package.parent / "datasets"


def suite_names() -> list[str]:
    """The suites that come with the package, each with its subsets behind it."""
    found = []
    for path in sorted(datasets_folder().glob("*.yaml")):
        found += [path.stem, *(f"{path.stem}/{subset}" for subset in load_card(path).subsets)]
    return found


def find_card(name: str) -> tuple[Path, Shelf]:
    """Where the card of a suite is, and where what ``bench prepare`` makes of it.

    Args:
        name: a suite's name, or the path of a card of one's own (``my/suite.yaml``); behind it, perhaps, a subset's
            (``audiocaps/tango-886``, ``my/suite.yaml/short``).

    Raises:
        BadInput: no such suite or card.
    """
    if own := OWN_CARD.fullmatch(name):
        path = Path(own[1])
        if not path.is_file():
            raise BadInput(f"no suite card {path}")
        called = plain_name(path.stem)
        return path, Shelf(f"{called}-{_place(path)}", own[2] or "", asked=name, called=called)
    suite, slash, subset = name.partition("/")
    path = datasets_folder() / f"{suite}.yaml"
    if plain_name(suite) != suite or bool(slash) != bool(subset) or not path.is_file():
        raise unknown("suite", name, suite_names())
    return path, Shelf(suite, subset)


def _place(path: Path) -> str:
    """Eight hex digits that tell cards of one name apart by the folders they lie in."""
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:SHORT]


def load_suite(name: str) -> Suite:
    """A suite by name, or by the path of a card of one's own (``my/suite.yaml``).

    Raises:
        BadInput: no such suite, or its card or prompt table is wrong; the message names the field or line.
        NotEvaluable: its clip list has to be obtained with ``bench prepare`` first.
    """
    path, shelf = find_card(name)
    return read_card(path, shelf)


def card_named(name: str) -> Card:
    """The card of a suite, prepared or not.

    Raises:
        BadInput: as :func:`load_suite`.
    """
    path, shelf = find_card(name)
    return load_card(path, shelf.subset)


def read_card(path: Path, shelf: Shelf) -> Suite:
    """The suite that a card describes, with the references that exist already.

    Raises:
        BadInput, NotEvaluable: as :func:`load_suite`.
    """
    card = load_card(path, shelf.subset)
    own = isinstance(card.captions, str)
    entries = _beside(path, card.captions) if isinstance(card.captions, str) else read_clips(shelf, card)
    files = _reference_files(card, path, shelf)
    if isinstance(card.reference, Recordings) and not files.keys().isdisjoint(entry.recording for entry in entries):
        check_audio(shelf, card)
    clips = tuple(
        dataclasses.replace(entry.clip, seconds=card.seconds, reference=files.get(entry.recording)) for entry in entries
    )
    return Suite(
        shelf.name,
        card,
        clips,
        size=len(clips),
        recordings=tuple(dict.fromkeys(entry.recording for entry in entries)),
        list_sha256="" if own else list_digest(entries),
        command=shelf.command,
    )


def _beside(path: Path, table: str) -> tuple[Entry, ...]:
    """The clips of a prompt table beside a card, each with a recording of its own."""
    return tuple(Entry(clip, clip.id) for clip in read_prompts(path.parent / table))


def _reference_files(card: Card, path: Path, shelf: Shelf) -> dict[str, Path]:
    """The reference files that there are now; a folder that is missing holds none, and the run says so."""
    if isinstance(card.reference, Recordings):
        return shelf.references()
    if not isinstance(card.reference, str):
        return {}
    folder = path.parent / card.reference
    there = folder.is_dir() and any(path.suffix.lower() in SUFFIXES for path in folder.iterdir())
    return recordings(folder) if there else {}


def plain_name(name: str) -> str:
    """A name that can stand in a folder's name and in a signature.

    >>> plain_name("my|suite 2"), plain_name("..")
    ('my_suite_2', '_')
    """
    return re.sub(r"[^\w.-]|^\.+$", "_", name) or "_"


def from_folders(generated: Path, reference: Path, captions: Path | None = None) -> Suite:
    """The suite that a folder of references makes, for audio that belongs to no card.

    The clips are the references, and generated files are matched to them by stem. Where not one stem matches, the two
    folders are compared as sets: the clips are then the generated files, and the references are their background.

    Raises:
        BadInput: a folder is missing or empty, or the captions don't cover the clips.
    """
    references, candidates = recordings(reference), recordings(generated)
    paired = not references.keys().isdisjoint(candidates)
    ids = references if paired else candidates
    texts = {clip.id: clip for clip in read_prompts(captions)} if captions else {}
    if captions and (lacking := [name for name in ids if name not in texts]):
        raise BadInput(f"{captions} has no caption for {len(lacking)} of {len(ids)} clips, the first is {lacking[0]!r}")
    clips = tuple(
        dataclasses.replace(texts.get(name, Clip(name)), reference=references[name] if paired else None) for name in ids
    )
    card = Card(
        title=f"Folder {reference.name}",
        version=1,
        task="text-to-audio",
        captions="",
        metrics=DEFAULT,
        reference=reference.name,
    )
    background = () if paired else tuple(references.values())
    audio = digest({stem: file_digest(path) for stem, path in references.items()})
    return Suite(plain_name(reference.resolve().name), card, clips, size=len(clips), background=background, audio=audio)
