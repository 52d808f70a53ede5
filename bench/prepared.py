"""What ``bench prepare`` leaves behind: a suite's clip list and its reference audio, and where they are."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from bench.audio import FEATURES_ONLY
from bench.card import Card
from bench.clip import Clip
from bench.digest import canonical_json, digest
from bench.disk import write_atomically
from bench.errors import BadInput, NotEvaluable
from bench.sources import Recordings

COLUMNS = ("id", "caption", "transcription", "recording", "start")


class Entry(NamedTuple):
    """A clip, the recording that is its reference, and where in what it was cut from that begins (seconds)."""

    clip: Clip
    recording: str
    start: float | None = None


def data_folder() -> Path:
    """Where prepared suites live: ``$BENCH_DATA``, or ``~/.local/share/bench``."""
    return Path(os.environ.get("BENCH_DATA") or "~/.local/share/bench").expanduser()


@dataclass(frozen=True)
class Shelf:
    """The folder of one prepared suite, which its subsets share.

    Attributes:
        suite: what the folder is called: the suite's name, without subset; for a card of one's own, more than that.
        subset: a subset's name, or nothing.
        asked: what was typed for it, where that is a card's path.
        called: the suite's name, where the folder is called otherwise.
    """

    suite: str
    subset: str = ""
    asked: str = field(default="", compare=False)
    called: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """As tables and records have it."""
        suite = self.called or self.suite
        return f"{suite}/{self.subset}" if self.subset else suite

    @property
    def command(self) -> str:
        """What gets it ready, as typed in a shell."""
        return f"bench prepare {shlex.quote(self.asked or self.name)}"

    def of(self, subset: str) -> Shelf:
        """That of a subset, or of the whole where none is named."""
        card = self.asked.removesuffix(f"/{self.subset}") if self.subset else self.asked
        return dataclasses.replace(self, subset=subset, asked=f"{card}/{subset}" if card and subset else card)

    @property
    def folder(self) -> Path:
        """Where everything is."""
        return data_folder() / self.suite

    @property
    def lists(self) -> Path:
        """The owners' tables."""
        return self.folder / "lists"

    @property
    def audio(self) -> Path:
        """The reference audio, ``<recording>.wav``."""
        return self.folder / "audio"

    @property
    def table(self) -> Path:
        """The clip list."""
        return self.folder / (f"clips-{self.subset}.csv" if self.subset else "clips.csv")

    @property
    def manifest(self) -> Path:
        """What became of each recording, one JSON line each."""
        return self.folder / "manifest.jsonl"

    @property
    def stamp(self) -> Path:
        """How the reference audio was made."""
        return self.folder / "audio.json"

    def recording(self, name: str) -> Path:
        """Where a recording's WAV is, or will be."""
        return self.audio / f"{name}.wav"

    def features_only(self, name: str) -> Path:
        """Where it is said that only features of a recording are here."""
        return self.audio / f"{name}{FEATURES_ONLY}"

    def references(self) -> dict[str, Path]:
        """What lies there under recordings' names: a WAV, vouched for or not, or else what stands for its features."""
        found = {path.stem: path for path in self.audio.glob(f"*{FEATURES_ONLY}")}
        found |= {path.stem: path for path in self.audio.glob("*.wav")}
        return {name: path for name, path in found.items() if not name.startswith(".")}


def conversion(card: Card) -> dict[str, Any]:
    """What of a card its prepared audio depends on; without a crop its seconds are asked of systems alone."""
    seconds = None if card.crop == "whole" else card.seconds
    return {"rate": card.rate, "seconds": seconds, "crop": card.crop, "resampler": card.resampler}


def stamp_audio(shelf: Shelf, card: Card) -> None:
    """Vouch that all audio on a shelf, and all that stands for some, is made as its card says; with its lock held."""
    write_atomically(shelf.stamp, (canonical_json({"conversion": digest(conversion(card))}) + "\n").encode())


def is_stamped(shelf: Shelf, card: Card) -> bool:
    """Whether the audio on a shelf is made as its card says now."""
    try:
        said = json.loads(shelf.stamp.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return bool(said == {"conversion": digest(conversion(card))})


def check_audio(shelf: Shelf, card: Card) -> None:
    """Raise unless the audio on a shelf is made as its card says now.

    Raises:
        NotEvaluable: it was cut or resampled otherwise.
    """
    if not is_stamped(shelf, card):
        why = "its reference audio was prepared from another version of its card"
        raise NotEvaluable(f"suite {shelf.name}: {why}; get it ready with: {shelf.command}")


def made_from(card: Card) -> str:
    """What a clip list depends on: another one of these, and it must be made anew."""
    captions = card.captions if isinstance(card.captions, str) else dataclasses.asdict(card.captions)
    return digest({"captions": captions, "version": card.version})


def list_digest(entries: Iterable[Entry]) -> str:
    """SHA-256 of a clip list: ids, texts, transcriptions, recordings, in order."""
    return digest([[one.clip.id, one.clip.text, one.clip.transcription, one.recording] for one in entries])


def write_clips(shelf: Shelf, card: Card, entries: Iterable[Entry]) -> None:
    """Keep a clip list, with what it was made from; call it with the shelf's lock held."""
    kept = tuple(entries)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)  # else a lone CR is not read back
    writer.writerow(COLUMNS)
    for clip, recording, start in kept:
        spoken = clip.transcription or ""
        writer.writerow([clip.id, clip.text, spoken, recording, "" if start is None else repr(start)])
    write_atomically(shelf.table, buffer.getvalue().encode())
    stamp = {"made_from": made_from(card), "sha256": list_digest(kept)}
    write_atomically(_stamp(shelf), (canonical_json(stamp) + "\n").encode())


def _stamp(shelf: Shelf) -> Path:
    return shelf.table.with_suffix(".json")


def read_clips(shelf: Shelf, card: Card) -> tuple[Entry, ...]:
    """The clip list of a prepared suite.

    Raises:
        NotEvaluable: it was never prepared, or from another version of the card, or the list has been changed since.
    """
    how = f"get it ready with: {shelf.command}"
    try:
        stamp = dict(json.loads(_stamp(shelf).read_bytes()))
        entries = tuple(_entries(shelf.table))
    except FileNotFoundError:
        raise NotEvaluable(f"suite {shelf.name} has no clip list in {data_folder()} yet; {how}") from None
    except (ValueError, KeyError, TypeError, RecursionError, csv.Error, BadInput) as error:
        raise NotEvaluable(f"{shelf.table} is damaged ({error}); {how}") from error
    if stamp.get("made_from") != made_from(card):
        raise NotEvaluable(f"suite {shelf.name} was prepared from another version of its card; {how}")
    if stamp.get("sha256") != list_digest(entries):
        raise NotEvaluable(f"{shelf.table} has been changed since it was prepared; {how}")
    return entries


def _entries(path: Path) -> Iterator[Entry]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, strict=True):
            clip = Clip(row["id"], row["caption"], row["transcription"] or None)
            yield Entry(clip, row["recording"], float(row["start"]) if row["start"] else None)


def is_prepared(card: Card) -> bool:
    """Whether a card's clips or recordings come from ``bench prepare``."""
    return not isinstance(card.captions, str) or isinstance(card.reference, Recordings)
