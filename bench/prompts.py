"""Prompt tables: CSV files with the columns id, caption and optionally transcription, kind."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.clip import Clip
from bench.errors import BadInput, unknown

COLUMNS = ("id", "caption", "transcription", "kind")  # the first two are required


def read_prompts(path: Path) -> tuple[Clip, ...]:
    """The clips of a prompt table.

    Raises:
        BadInput: no such file; a missing, extra or doubled column; an id that is doubled or unfit for a file's name; an
            empty caption. The message names the line.
    """
    if not path.is_file():
        raise BadInput(f"no prompt table {path}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            _check_columns(reader.fieldnames or (), path)
            clips = [_clip(row, f"{path}, line {reader.line_num}") for row in reader]
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadInput(f"{path}, line {reader.line_num}: {error}") from error
    seen: set[str] = set()
    for clip in clips:
        if clip.id in seen:
            raise BadInput(f"{path}: clip id {clip.id!r} stands there twice")
        seen.add(clip.id)
    if not clips:
        raise BadInput(f"{path} lists no clips")
    return tuple(clips)


def _check_columns(names: Sequence[str], path: Path) -> None:
    for name in COLUMNS[:2]:
        if name not in names:
            raise BadInput(f"{path} lacks the column {name!r}; it has: {', '.join(names) or 'none'}")
    for name in names:
        if name not in COLUMNS:
            raise BadInput(f"{path}: {unknown('column', name, COLUMNS)}")
    if len(set(names)) < len(names):
        raise BadInput(f"{path} has a column twice: {', '.join(names)}")


def _clip(row: dict[str, Any], where: str) -> Clip:
    if None in row or None in row.values():
        raise BadInput(f"{where}: not as many fields as the header has")
    if not row["caption"].strip():
        raise BadInput(f"{where}: the caption is empty")
    try:
        return Clip(row["id"], row["caption"], row.get("transcription") or None)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error
