"""What must be said beside a number: of its suite, its weights, the clips it lacks, and how its signature differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.digest import SHORT, canonical_json
from bench.record import Record
from bench.system import Standing

MARKS = "†‡§¶‖#"


NONE = "none"  # of a setting that a recipe does not have


def remarks(records: Sequence[Record]) -> tuple[str, ...]:
    """What the suites of some records say that a reader of their tables must know, each thing once."""
    return tuple(dict.fromkeys(str(record.suite["note"]) for record in records if record.suite.get("note")))


def recipes(records: Sequence[Record]) -> list[str]:
    """What tells the recipes of one system apart, one line a system that has several."""
    systems: dict[str, dict[str, Record]] = {}
    for record in records:
        about = {name: value for name, value in record.system.items() if name != "hash"}
        systems.setdefault(record.system["name"], {}).setdefault(canonical_json([record.suite["hash"], about]), record)
    lines = (_apart(name, list(found.values())) for name, found in systems.items() if len(found) > 1)
    return list(lines)


def _apart(name: str, records: Sequence[Record]) -> str:
    described = [_recipe(record) for record in records]
    keys = dict.fromkeys(key for one in described for key in one)
    unlike = [key for key in keys if len({one.get(key, NONE) for one in described}) > 1]
    settings = [", ".join(f"{key} {one.get(key, NONE)}" for key in unlike) or "the same settings" for one in described]
    told = (f"[{record.system['hash']}] has {text}" for record, text in zip(records, settings, strict=True))
    return f"{name}: {'; '.join(told)}."


def _recipe(record: Record) -> dict[str, str]:
    """What a system's recipe is made of, and which clips of its suite it was run on, as text."""
    about = {key: value for key, value in record.system.items() if key not in ("name", "hash", "settings", "standing")}
    found = {**about, **dict(record.system.get("settings") or {})}
    found["standing"] = (record.system.get("standing") or {}).get("status")
    found["clips"] = f"{record.clips['asked']} ({record.suite['hash'][:SHORT]})"
    return {key: NONE if value is None else _plain(value) for key, value in found.items()}


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def standing(record: Record) -> list[str]:
    """What must be said of a row's weights, where they are not those of the published row."""
    found = record.system.get("standing") or {}
    if "status" not in found:
        return []
    warning = Standing(found["status"], str(found.get("why", "")), str(found.get("changes", ""))).warning
    return [warning] if warning else []


def shortfall(record: Record) -> list[str]:
    """What must be said of a run that is not over all clips of its suite: how many it lacks, and why."""
    scored, size = record.clips["scored"], record.suite["size"]
    if scored >= size:
        return []
    asked, absent = record.clips["asked"], record.suite.get("absent", 0)
    kinds = (
        (absent, "without reference audio here"),
        (size - absent - asked, "not asked for"),
        (asked - scored, "not scored"),
    )
    return [f"{scored} of {size} clips ({', '.join(f'{count} {why}' for count, why in kinds if count > 0)})"]


def fields(signature: str) -> dict[str, str]:
    """A signature's parts by key.

    >>> fields("fad|emb:vggish|n:964")
    {'metric': 'fad', 'emb': 'vggish', 'n': '964'}
    """
    name, *rest = signature.split("|")
    return {"metric": name, **dict(part.split(":", 1) for part in rest)}


def differences(signature: str, common: str) -> str:
    """What differs between two signatures, in words; empty if nothing does.

    >>> differences("fad|emb:a|n:8", "fad|emb:a|n:24")
    'n is 8, not 24'
    """
    ours, theirs = fields(signature), fields(common)
    keys = [key for key in {**theirs, **ours} if ours.get(key) != theirs.get(key)]
    return "; ".join(f"{key} is {ours.get(key, 'absent')}, not {theirs.get(key, 'absent')}" for key in keys)


def mark(text: str, notes: dict[str, str]) -> str:
    """The mark that points to a note; a new one where nothing has said that before."""
    return notes.setdefault(text, _nth_mark(len(notes)))


def _nth_mark(index: int) -> str:
    return MARKS[index % len(MARKS)] * (index // len(MARKS) + 1)
