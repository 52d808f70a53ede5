"""What stands for what in a command's card: placeholders, prompts files, names of the files that come of it.

Templates are Python's format strings: ``{id}``, ``{index:04d}``, and a brace that is meant is doubled.
"""

from __future__ import annotations

import csv
import glob
import io
import json
from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any, Literal

from bench.clip import Clip
from bench.errors import BadInput

Format = Literal["csv", "tsv", "jsonl", "text|name", "text"]
Values = Mapping[str, Any]

OF_PROMPT: Values = {"id": "", "text": "", "transcription": "", "index": 0, "number": 1, "seed": 0, "seconds": 1.0}
OF_FILE: Values = {name: OF_PROMPT[name] for name in ("id", "index", "number")}
OF_RUN: Values = {
    **dict.fromkeys(("python", "bin", "runner", "prompts", "seeds", "out", "device"), ""),
    "seed": 0,
    "seconds": 1.0,
}
DEFAULT_COLUMNS: Mapping[Format, Mapping[str, str]] = {
    "csv": {"id": "{id}", "text": "{text}"},
    "tsv": {"id": "{id}", "text": "{text}"},
    "jsonl": {"id": "{id}", "text": "{text}"},
    "text|name": {"text": "{text}", "name": "{id}"},
    "text": {"text": "{text}"},
}
SUFFIXES: Mapping[Format, str] = {"csv": ".csv", "tsv": ".tsv", "jsonl": ".jsonl", "text|name": ".txt", "text": ".txt"}
SEEDS = 2**32  # as many as numpy takes


def require(what: str, template: str, known: Values) -> None:
    """Refuse a template with a placeholder that stands for nothing here.

    Raises:
        BadInput: one line that names the placeholder and the good ones.
    """
    try:
        names = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
        unfit = next((name for name in names if name not in known), None)
        if unfit is None:
            template.format(**known)
            return
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise BadInput(f"{what} {template!r} is no template: {error}; a brace that is meant is doubled") from error
    good = " ".join(f"{{{name}}}" for name in known)
    raise BadInput(f"{what} {template!r} asks for {{{unfit}}}, but here there are {good}; a brace is written {{{{")


def uses(templates: Sequence[str], name: str) -> bool:
    """Whether any of these templates has a placeholder."""
    return any(name == field for template in templates for _, field, _, _ in Formatter().parse(template))


def of_clip(clip: Clip, index: int, seed: int, seconds: float) -> dict[str, Any]:
    """What placeholders stand for in the row of one clip.

    Args:
        clip: its prompt.
        index: its row, from 0.
        seed: its own, in [0, 2^63); programs get the lowest 32 bits.
        seconds: for a clip that says none.
    """
    length = clip.seconds or seconds
    return {
        "id": clip.id,
        "text": clip.text.replace("\0", " "),  # which no command line can hold
        "transcription": (clip.transcription or "").replace("\0", " "),
        "index": index,
        "number": index + 1,
        "seed": seed % SEEDS,
        "seconds": int(length) if float(length).is_integer() else length,
    }


def line_of(text: str) -> str:
    """The text in one line without tabs."""
    return " ".join(text.replace("\t", " ").splitlines())


def cleaned(text: str, form: Format) -> str:
    """The text as a prompts file can say it: blanks for what would end a field or a line; CSV and JSON quote it."""
    if form in ("csv", "jsonl"):
        return text
    return line_of(text).replace("|", " ") if form == "text|name" else line_of(text)


def prompts_file(rows: Sequence[Values], form: Format, columns: Mapping[str, str]) -> bytes:
    r"""The prompts of clips in a format, in UTF-8.

    Args:
        rows: what the placeholders stand for, a clip each.
        form: CSV and TSV have a header and quotes as Python's and pandas' readers take them; JSON lines keep numbers.
        columns: template of each column by its name.

    >>> prompts_file([{"id": "a", "text": "rain|wind"}], "text|name", {"text": "{text}", "name": "{id}"})
    b'rain wind|a\n'
    """
    cells = [{name: _cell(template, row) for name, template in columns.items()} for row in rows]
    if form == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in cells).encode()
    plain = [[cleaned(str(value), form) for value in row.values()] for row in cells]
    if form in ("text|name", "text"):
        return "".join("|".join(row) + "\n" for row in plain).encode()
    text = io.StringIO()
    writer = csv.writer(text, delimiter="," if form == "csv" else "\t", lineterminator="\n")
    writer.writerows([list(columns), *plain])
    return text.getvalue().encode()


def _cell(template: str, row: Values) -> Any:
    """What a column says; a lone placeholder keeps its type."""
    name = template[1:-1]
    return row[name] if template == f"{{{name}}}" and name in row else template.format(**row)


def seeds_file(rows: Sequence[Values], form: Format) -> bytes:
    """JSON lines of each prompt, as the prompts file says it, and its seed."""
    seeded = ({"text": cleaned(row["text"], form), "seed": row["seed"]} for row in rows)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in seeded).encode()


def file_pattern(template: str, row: Values) -> str:
    """The glob pattern of one clip's file; a ``*`` of the card matches, one in an id does not."""
    return template.format(**{name: _escaped(row[name]) for name in OF_FILE})


def _escaped(value: Any) -> Any:
    return glob.escape(value) if isinstance(value, str) else value
