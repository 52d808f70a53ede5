"""What a recording or a question is: the system and the prompt behind its name, by expression or by table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bench.errors import BadInput
from bench.listening.intake import Options
from bench.listening.sheet import entries, read_sheet

NAMES = {  # columns of a key, and what they may be called
    "stimulus": ("stimulus", "question", "audio_url", "url"),
    "system": ("system", "system_id", "algorithm"),
    "item": ("item", "item_id", "file"),
}
HOW = "--condition-pattern '…(?P<system>…)…(?P<item>…)…' or --key FILE.csv with columns stimulus, system, item"


class Heard(NamedTuple):
    """What a recording is.

    Attributes:
        item, system: which prompt and what made it.
        dimension: what was asked; empty if the key does not say.
        more: role, sample, what a gold question wants; fields of a rating.
    """

    item: str
    system: str
    dimension: str = ""
    more: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Identity:
    """Tells what recordings are.

    Attributes:
        pattern: searched in a name; None if there is none.
        keys: its groups that together are the system.
        table: by name of the recording or question.
    """

    pattern: re.Pattern[str] | None = None
    keys: tuple[str, ...] = ()
    table: Mapping[str, Heard] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether anything was said of recordings."""
        return bool(self.pattern or self.table)

    def of(self, name: str) -> Heard | None:
        """What a recording is; None if neither table nor expression knows it."""
        found = self.table.get(name) or self.table.get(name.rsplit("/", 1)[-1])
        match = self.pattern.search(name) if self.pattern and not found else None
        return found or (self._matched(match) if match else None)

    def _matched(self, match: re.Match[str]) -> Heard:
        groups = match.groupdict()
        names = ("system",) if "system" in groups else self.keys
        system = "____".join(groups[name] or "" for name in names)
        item = groups["item"] if "item" in groups else _without(match, names)
        return Heard(item or "", system, more={"sample_index": int(groups["sample"])} if groups.get("sample") else {})

    def needed(self, file: str, example: str) -> None:
        """Stop where nothing was said of recordings.

        Raises:
            BadInput: neither a table nor an expression was given.
        """
        if not self.known:
            raise BadInput(f"{file} names recordings such as {example!r}, but not their systems: give {HOW}")

    def unknown(self, name: str) -> str:
        """Why a recording is not known."""
        return (
            f"no system: {name!r} does not match --condition-pattern" if self.pattern else f"{name!r} is not in --key"
        )

    @property
    def notes(self) -> list[str]:
        """What must be said of how prompts were told."""
        if self.pattern and "item" not in self.pattern.groupindex:
            return ["the prompt is the recording's name without what --condition-pattern takes for the system"]
        return []


def _without(match: re.Match[str], names: tuple[str, ...]) -> str:
    """The last part of what was searched, with a star for each group."""
    text = match.string
    for start, end in sorted((match.span(name) for name in names if match[name] is not None), reverse=True):
        text = f"{text[:start]}*{text[end:]}"
    return text.rsplit("/", 1)[-1] if "*" in text.rsplit("/", 1)[-1] else text


def identity(options: Options) -> Identity:
    """What the options say of recordings.

    Raises:
        BadInput: the expression is none, or lacks a group; the key lacks a column or has a name twice.
    """
    pattern = _pattern(options) if options.condition_pattern else None
    return Identity(pattern, options.condition_keys, _key(options) if options.key else {})


def _pattern(options: Options) -> re.Pattern[str]:
    try:
        pattern = re.compile(options.condition_pattern or "")
    except re.error as error:
        raise BadInput(f"--condition-pattern {options.condition_pattern!r} is no expression: {error}") from None
    lacking = [name for name in options.condition_keys if name not in pattern.groupindex]
    if lacking:
        raise BadInput(
            f"--condition-pattern {pattern.pattern!r} has no group {lacking[0]!r}, which --condition-keys names"
        )
    if "system" not in pattern.groupindex and not options.condition_keys:
        raise BadInput(f"--condition-pattern {pattern.pattern!r} has no group 'system': write it as (?P<system>...)")
    return pattern


def _key(options: Options) -> dict[str, Heard]:
    assert options.key is not None
    sheet = read_sheet(options.key)
    found = {name: next((one for one in names if one in sheet.header), "") for name, names in NAMES.items()}
    for name, column in found.items():
        if not column:
            raise BadInput(f"--key {sheet.file} lacks the column {name!r}; it has: {', '.join(sheet.header)}")
    kept, refused = entries(sheet)
    if refused:
        raise BadInput(f"--key {sheet.file}, row {refused[0].row}: {refused[0].why}")
    table: dict[str, Heard] = {}
    for row, cells in kept:
        name = cells[found["stimulus"]]
        if name in table:
            raise BadInput(f"--key {sheet.file}, row {row}: {name!r} stands there twice")
        try:
            table[name] = Heard(cells[found["item"]], cells[found["system"]], cells.get("dimension", ""), _more(cells))
        except ValueError as error:
            raise BadInput(f"--key {sheet.file}, row {row}: {error}") from None
    return table


def _more(cells: Mapping[str, str]) -> dict[str, Any]:
    kinds = {
        "role": ("role", str),
        "sample": ("sample_index", int),
        "expected_score": ("expected_score", float),
        "expected_tol": ("expected_tol", float),
        "seconds": ("audio_duration_s", float),
    }
    return {field: kind(cells[name]) for name, (field, kind) in kinds.items() if cells.get(name)}
