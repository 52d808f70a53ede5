"""Reading the published tables: values from a CSV, and from a YAML beside it how they are to be read."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bench.errors import BadInput, one_line, unknown
from bench.paper.published import Claim, Note, Published, Reading, Row
from bench.typed import build

NAME = "audioldm2"  # of the two files: values in NAME.csv, how they are to be read in NAME.yaml
HEADER = ["table", "system", "name", "metric", "value", "ci95", "source", "note"]


def published_folder() -> Path:
    """Where published numbers are: inside the installed package, or among the results of a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "published"
    return inside if inside.is_dir() else package.parent / "results" / "published"


def load_published(folder: Path | None = None) -> Published:
    """The published tables of a folder; those that come with the package if none is named.

    Raises:
        BadInput: a file is missing, or something in it is; one line names the file and the field or line.
    """
    folder = folder or published_folder()
    reading = _reading(folder / f"{NAME}.yaml")
    claims = tuple(_claims(folder / f"{NAME}.csv", reading))
    _check_rows(folder / f"{NAME}.yaml", reading, claims)
    return Published(reading, claims)


def _reading(path: Path) -> Reading:
    import yaml

    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInput(f"{path} can't be read: {one_line(error)}") from error
    reading = build(Reading, fields, str(path))
    columns = {column.name for column in reading.columns}
    for table in reading.tables:
        for name in table.columns:
            _known("column", name, columns, f"{path}: table {table.name}")
    return reading


def _claims(path: Path, reading: Reading) -> Iterable[Claim]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} can't be read: {error}") from error
    if reader.fieldnames != HEADER:
        raise BadInput(f"{path} has the columns {', '.join(reader.fieldnames or [])}; they must be {', '.join(HEADER)}")
    for line, row in enumerate(rows, start=2):
        yield _claim(row, f"{path}, line {line}", reading)


def _claim(row: dict[str, str], where: str, reading: Reading) -> Claim:
    tables = {table.name: table for table in reading.tables}
    _known("table", row["table"], tables, where)
    _known("column", row["metric"], tables[row["table"]].columns, where)
    _known("source", row["source"], [source.name for source in reading.sources], where)
    value = _number(row["value"], where)
    ci95 = _number(row["ci95"], where) if row["ci95"] else None
    return Claim(row["table"], row["system"], row["name"], row["metric"], value, ci95, row["source"], row["note"])


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(f"{where}: {text!r} is no number")
    return value


def _known(kind: str, name: str, known: Iterable[str], where: str) -> None:
    if name not in set(known):
        raise BadInput(f"{where}: {unknown(kind, name, known)}")


def _check_rows(path: Path, reading: Reading, claims: tuple[Claim, ...]) -> None:
    """Raise if a number is printed twice, or a row or note is about nothing."""
    counts = Counter((claim.table, claim.source, claim.system, claim.metric) for claim in claims)
    if twice := next((key for key, count in counts.items() if count > 1), None):
        raise BadInput(f"{path.with_suffix('.csv')} has two values of {', '.join(twice)}")
    tables = [table.name for table in reading.tables]
    entries: tuple[Row | Note, ...] = (*reading.rows, *reading.notes)
    for entry in entries:
        _known("table", entry.table, tables, str(path))
        if entry.source:
            _known("source", entry.source, [source.name for source in reading.sources], str(path))
        rows = {one.system for one in claims if one.table == entry.table and entry.source in ("", one.source)}
        if entry.system:
            _known(f"row of {entry.table}", entry.system, rows, str(path))
    for note in reading.notes:
        for metric in note.metrics:
            _known("column", metric, [column.name for column in reading.columns], str(path))
