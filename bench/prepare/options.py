"""What is asked of ``bench prepare``, and whether it can be."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from bench.card import Card
from bench.errors import BadInput
from bench.prepare.archive import is_archive
from bench.prepare.find import require_audio
from bench.prepared import data_folder, is_prepared
from bench.sources import Recordings


@dataclass(frozen=True)
class Options:
    """How a suite is prepared.

    Attributes:
        audio: folder with the recordings, or a tar or zip archive of them; it is only read
        way: where to download them from, as far as the card knows
        lists: folder with the owners' tables, in place of downloads
        jobs: how many recordings are converted, or fetched, at once
    """

    audio: Path | None = None
    way: str = ""
    lists: Path | None = None
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)


def check(name: str, card: Card, options: Options) -> None:
    """Raise before anything is written if it cannot be what is asked for.

    Raises:
        BadInput: the suite needs no preparing, the card does not know the way, or a folder is none or has no audio.
    """
    if not is_prepared(card):
        raise BadInput(f"suite {name} needs no preparing: its captions and references are at hand")
    if options.jobs < 1:
        raise BadInput(f"--jobs is {options.jobs}, but must be 1 or more")
    _check_way(name, card, options)
    if options.audio:
        _check_audio(name, card, options.audio)
    for folder, option in ((options.audio, "--audio"), (options.lists, "--lists")):
        if folder and not folder.exists():
            raise BadInput(f"{option} {folder} is not there")
        if folder:
            _check_apart(folder, option)
    if options.audio and options.audio.is_dir():
        require_audio(options.audio)


def _check_apart(folder: Path, option: str) -> None:
    """Raise if what is read lies in what is written, or holds it."""
    own, home = folder.resolve(), data_folder().resolve()
    if own.is_relative_to(home):
        raise BadInput(
            f"{option} {folder} lies in BENCH_DATA {home}, where prepared suites go: give a folder elsewhere"
        )
    if home.is_relative_to(own):
        raise BadInput(
            f"BENCH_DATA {home} lies in {option} {folder}, in which nothing may be written: set it elsewhere"
        )


def _check_way(name: str, card: Card, options: Options) -> None:
    ways = card.reference.ways if isinstance(card.reference, Recordings) else ()
    if options.way and options.way not in ways:
        known = f"it knows {' and '.join(ways)}" if ways else "give a folder with --audio"
        raise BadInput(f"--from {options.way}: the card of {name} does not know that way; {known}")
    if options.audio and options.way:
        raise BadInput("--audio and --from are two ways to the same recordings: give one")


def _check_audio(name: str, card: Card, audio: Path) -> None:
    if not isinstance(card.reference, Recordings):
        raise BadInput(f"--audio {audio}: suite {name} prepares no reference audio")
    if audio.is_file() and not is_archive(audio):
        raise BadInput(f"--audio {audio} is neither a folder nor a tar or zip archive")
