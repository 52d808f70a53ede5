"""A card: the YAML file that describes a suite, typed and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bench.audio import Resampler
from bench.errors import BadInput, unknown
from bench.sources import SHA256, Captions, Crop, Recordings
from bench.typed import build, read_yaml

Task = Literal["text-to-audio", "text-to-music", "text-to-speech"]
SHARED = ("rate", "seconds", "crop", "resampler", "reference")  # subsets share the prepared recordings
PLAIN = re.compile(r"[\w-][\w.-]*")
WHOLE_ONLY = ("clips", "sha256", "note")  # what the whole says of itself, and does not hold of its subsets


@dataclass(frozen=True)
class Rendering:
    """Reference audio that a system renders, so that none need be shipped.

    Attributes:
        system: its name.
        seed: negative, so that no run's seed can equal it.
    """

    system: str
    seed: int

    def __post_init__(self) -> None:
        """Refuse a seed that a run could have."""
        if self.seed >= 0:
            raise BadInput(f"seed is {self.seed}, but must be a negative whole number")


@dataclass(frozen=True)
class Card:
    """What a suite's YAML file says.

    Attributes:
        title: shown above its table.
        version: raised with any change to the clips.
        task: what kind of generation it judges.
        captions: prompt table beside the card, a CSV with the columns id, caption and optionally transcription, kind;
            or how the clips are made of their owner's tables, which ``bench prepare`` then obtains.
        licence: of the captions.
        paper: where the suite is described.
        note: what a reader of its tables must know.
        reference: folder of reference audio (relative to the card), or the system and seed that render it, or where
            ``bench prepare`` has it from; none: none.
        rate: sampling rate of the references in Hz.
        seconds: length asked of a system; none lets it decide.
        crop: what is kept of references that are longer: their first seconds, their middle, or all.
        resampler: what brings them to ``rate``: ``sinc``, that of the papers, or ``soxr-hq``.
        metrics: names, as in ``bench list metrics``.
        clips: how many it lists, where they are not beside the card.
        sha256: of the clip list, where it is known; a list that gives another is refused.
        subsets: names of its subsets, as in ``audiocaps/tango-886``.
    """

    title: str
    version: int
    task: Task
    captions: str | Captions
    licence: str = ""
    paper: str = ""
    note: str = ""
    reference: str | Rendering | Recordings | None = None
    rate: int = 16_000
    seconds: float | None = None
    crop: Crop = "whole"
    resampler: Resampler = "soxr-hq"
    metrics: tuple[str, ...] = ()
    clips: int | None = None
    sha256: str = ""
    subsets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        for name, good, wants in (
            ("version", self.version >= 1, "a whole number from 1"),
            ("rate", 1_000 <= self.rate <= 384_000, "a rate in Hz from 1000 to 384000"),
            ("seconds", self.seconds is None or 0.1 <= self.seconds <= 3600, "a length in seconds from 0.1 to 3600"),
            ("clips", self.clips is None or self.clips >= 1, "a whole number from 1"),
            ("sha256", not self.sha256 or SHA256.fullmatch(self.sha256), "64 hex digits"),
            ("crop", self.crop == "whole" or self.seconds is not None, "whole where the card has no seconds"),
        ):
            if not good:
                raise BadInput(f"{name} is {getattr(self, name)!r}, but must be {wants}")


def load_card(path: Path, subset: str = "") -> Card:
    """The card in a file, or that of one of its subsets.

    Raises:
        BadInput: it is not YAML, or a field is missing, unknown or of the wrong kind; the message names it. Or it has
            no such subset.
    """
    where = f"card {path}"
    fields = _fields(path)
    subsets = fields.pop("subsets", {}) if isinstance(fields, dict) else {}
    if not isinstance(subsets, dict) or not all(isinstance(one, dict) for one in subsets.values()):
        raise BadInput(f"{where}: subsets is {subsets!r}, but must be fields by name")
    for name, changes in subsets.items():
        if not (isinstance(name, str) and PLAIN.fullmatch(name)):
            raise BadInput(f"{where}: subset {name!r} must have a plain name: letters, digits, '.', '_' and '-'")
        if own := [field for field in SHARED if changes.get(field)]:
            raise BadInput(f"{where}: subset {name} has {own[0]} of its own, but subsets share their recordings")
    if subset and subset not in subsets:
        raise unknown(f"subset of {path.stem}", subset, subsets)
    cards = {"": build(Card, {**fields, "subsets": list(subsets)} if isinstance(fields, dict) else fields, where)}
    inherited = {name: value for name, value in fields.items() if name not in WHOLE_ONLY}
    for name, changes in subsets.items():
        laid = _overlaid({**inherited, "subsets": list(subsets)}, changes)
        cards[name] = build(Card, laid, f"{where}, subset {name}")
    return cards[subset]


def _fields(path: Path) -> Any:
    """What a card's file says.

    Raises:
        BadInput: it is not YAML, or says something twice.
    """
    try:
        return read_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"card {path} can't be read: {error.strerror}") from error
    except (BadInput, UnicodeDecodeError) as error:
        raise BadInput(f"card {path}: {error}") from error


def _overlaid(fields: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with changes laid over them, inside nested fields too."""
    merged = dict(fields)
    for name, value in changes.items():
        inner = merged.get(name)
        merged[name] = _overlaid(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged
