"""Which suites there are: by name in ``datasets/``, by the path of a card of one's own, or made of two folders."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from bench.audio import SUFFIXES, recordings
from bench.card import Card, load_card
from bench.clip import Clip
from bench.digest import SHORT, digest, file_digest
from bench.errors import BadInput, unknown
from bench.manifest import vouched
from bench.prepared import Entry, Shelf, check_audio, list_digest, read_clips
from bench.prompts import read_prompts
from bench.sources import Recordings
from bench.suite import Suite, plain_name

OWN_CARD = re.compile(r"(.+\.ya?ml)(?:/([^/]+))?")  # a card's path and, behind it, perhaps a subset's name


DEFAULT = ("fad-logmel",)  # what two folders are judged by if nothing is said: it needs no pairs and no downloads


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
    recorded = tuple(dict.fromkeys(entry.recording for entry in entries))
    files = _reference_files(card, path, shelf, recorded)
    clips = tuple(
        dataclasses.replace(entry.clip, seconds=card.seconds, reference=files.get(entry.recording)) for entry in entries
    )
    return Suite(
        shelf.name,
        card,
        clips,
        size=len(clips),
        recordings=recorded,
        list_sha256="" if own else list_digest(entries),
        command=shelf.command,
    )


def _beside(path: Path, table: str) -> tuple[Entry, ...]:
    """The clips of a prompt table beside a card, each with a recording of its own."""
    return tuple(Entry(clip, clip.id) for clip in read_prompts(path.parent / table))


def _reference_files(card: Card, path: Path, shelf: Shelf, recorded: Sequence[str]) -> dict[str, Path]:
    """The reference files that there are now; a folder that is missing holds none, and the run says so."""
    if isinstance(card.reference, Recordings):
        if shelf.references().keys().isdisjoint(recorded):
            return {}
        check_audio(shelf, card)
        return vouched(shelf, card, recorded)
    if not isinstance(card.reference, str):
        return {}
    folder = path.parent / card.reference
    there = folder.is_dir() and any(path.suffix.lower() in SUFFIXES for path in folder.iterdir())
    return recordings(folder) if there else {}


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
