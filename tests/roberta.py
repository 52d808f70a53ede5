"""A stand-in for roberta-base's tokenizer, by formula: as large, and equal to it on "Hello world" only."""

from __future__ import annotations

import json
from pathlib import Path

ENTRIES = 50_265
SPECIAL = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": ENTRIES - 1}
KNOWN = {"Hello": 31_414, "Ġworld": 232}
WORDS = ("Ġdog", "Ġbarks", "Ġrain", "Ġpiano", "Ġthe", "Ġa", "in", "er", "ing")  # pieces that other texts are made of


def byte_characters() -> list[str]:
    """How GPT-2's byte-level coding writes each of the 256 bytes: printable ones as themselves."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + rank) for rank in range(len(others))]


def merges() -> list[tuple[str, str]]:
    """Pairs that grow each word letter by letter, in the order of the words."""
    pairs = [(word[:end], word[end]) for word in (*KNOWN, *WORDS) for end in range(1, len(word))]
    return list(dict.fromkeys(pairs))


def vocabulary() -> dict[str, int]:
    """Every entry and its id; what is neither a byte nor made by a merge is never met."""
    fixed = {**SPECIAL, **KNOWN}
    pieces = [*byte_characters(), *(left + right for left, right in merges())]
    taken = set(fixed.values())
    free = (number for number in range(ENTRIES) if number not in taken)
    found = {**fixed, **{piece: next(free) for piece in dict.fromkeys(pieces) if piece not in fixed}}
    return {**found, **{f"unused{number}": number for number in free}}


def write(folder: Path) -> Path:
    """Write the two files of a RoBERTa tokenizer; returns their folder."""
    (folder / "vocab.json").write_text(json.dumps(vocabulary()), encoding="utf-8")
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in merges())]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
