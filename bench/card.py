"""A card: the YAML file that describes a suite, typed and checked."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from bench.errors import BadInput, unknown

Task = Literal["text-to-audio", "text-to-music", "text-to-speech"]


@dataclass(frozen=True)
class Rendering:
    """Reference audio that a system renders, so that none need be shipped.

    Attributes:
        system: its name.
        seed: negative, so that no run's seed can equal it.
    """

    system: str
    seed: int


@dataclass(frozen=True)
class Card:
    """What a suite's YAML file says.

    Attributes:
        title: shown above its table.
        version: raised with any change to the clips.
        task: what kind of generation it judges.
        captions: prompt table beside the card, a CSV with the columns id, caption and optionally transcription, kind.
        licence: of the captions.
        paper: where the suite is described.
        reference: folder of reference audio (relative to the card), or the system and seed that render it; none: none.
        rate: sampling rate of the references in Hz.
        seconds: length asked of a system; none lets it decide.
        metrics: names, as in ``bench list metrics``.
    """

    title: str
    version: int
    task: Task
    captions: str
    licence: str = ""
    paper: str = ""
    reference: str | Rendering | None = None
    rate: int = 16_000
    seconds: float | None = None
    metrics: tuple[str, ...] = ()


def load_card(path: Path) -> Card:
    """The card in a file.

    Raises:
        BadInput: it is not YAML, or a field is missing, unknown or of the wrong kind; the message names it.
    """
    import yaml

    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"card {path} is not YAML: {' '.join(str(error).split())}") from error
    return _checked(fields, path)


def _checked(fields: Any, path: Path) -> Card:
    if not isinstance(fields, dict):
        raise BadInput(f"card {path} holds no fields; a card has {', '.join(_required())}")
    known = {field.name for field in dataclasses.fields(Card)}
    for name in fields:
        if name not in known:
            raise BadInput(f"card {path}: {unknown('field', str(name), known)}")
    for name in _required():
        if name not in fields:
            raise BadInput(f"card {path} lacks the field {name!r}")
    for name, value in fields.items():
        _check_field(name, value, path)
    source = fields.get("reference")
    reference = Rendering(**source) if isinstance(source, dict) else source
    return Card(**{**fields, "reference": reference, "metrics": tuple(fields.get("metrics", ()))})


def _required() -> list[str]:
    return [field.name for field in dataclasses.fields(Card) if field.default is dataclasses.MISSING]


def _check_field(name: str, value: Any, path: Path) -> None:
    """Raise unless a field has the type and range it must have."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = number and isinstance(value, int)
    wants, good = {
        "version": ("a whole number from 1", whole and value >= 1),
        "rate": ("a rate in Hz from 1000 to 384000", whole and 1_000 <= value <= 384_000),
        "seconds": (
            "a length in seconds from 0.1 to 3600, or nothing",
            value is None or (number and 0.1 <= value <= 3600),
        ),
        "task": (f"one of {', '.join(get_args(Task))}", value in get_args(Task)),
        "metrics": ("a list of names", isinstance(value, list) and all(isinstance(name, str) for name in value)),
        "reference": (
            "a folder, or {system: NAME, seed: a negative whole number}",
            value is None or isinstance(value, str) or _is_rendering(value),
        ),
    }.get(name, ("text", isinstance(value, str)))
    if not good:
        raise BadInput(f"card {path}: {name} is {value!r}, but must be {wants}")


def _is_rendering(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != {"system", "seed"}:
        return False
    return isinstance(value["system"], str) and type(value["seed"]) is int and value["seed"] < 0
