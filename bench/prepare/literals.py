"""The values of JSON files and of Python modules: as they are written, with nothing doubled, and nothing ever run."""

from __future__ import annotations

import ast
import io
import json
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.errors import BadInput, unknown
from bench.typed import read_json


class Item(NamedTuple):
    """A value of a list, or of a mapping with its key, and where it stands, as messages name it."""

    where: str
    value: Any
    key: Any = None


def text_of(path: Path) -> str:
    """What a text file says, without a byte order mark.

    Raises:
        BadInput: it can't be read, is not UTF-8, or holds zero bytes; the message names the line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror or error}") from error
    if (place := data.find(b"\0")) >= 0:
        raise BadInput(f"{path}, line {_line(data, place)}: there is a zero byte, so this is no text file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}, line {_line(data, error.start)}: this is not UTF-8") from error


def _line(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1


def json_items(path: Path, at: str) -> Iterator[Item]:
    """The items of a JSON file's list or mapping, or of the one that stands in its mapping under a key.

    Raises:
        BadInput: it is no JSON, holds neither, lacks that key, or has another twice.
    """
    value = _parsed(text_of(path), str(path))
    if at:
        if not isinstance(value, dict) or at not in value:
            there = value if isinstance(value, dict) else ()
            raise BadInput(f"{path}: {unknown('key', at, map(str, there))}")
        value = value[at]
    if not isinstance(value, list | dict):
        raise BadInput(f"{path} holds neither a list nor a mapping of rows")
    keys = list(value) if isinstance(value, dict) else [None] * len(value)
    values = value.values() if isinstance(value, dict) else value
    for number, (key, one) in enumerate(zip(keys, values, strict=True), 1):
        yield Item(f"{path}, entry {number}", one, key)


def json_line_items(path: Path) -> Iterator[Item]:
    """The values of a file with one on each line.

    Raises:
        BadInput: a line is no JSON, or has a key twice.
    """
    for number, line in enumerate(io.StringIO(text_of(path), newline=None), 1):
        if line.strip():
            where = f"{path}, line {number}"
            yield Item(where, _parsed(line, where))


def _parsed(text: str, where: str) -> Any:
    try:
        return read_json(text)
    except json.JSONDecodeError as error:
        line = "" if ", line" in where else f", line {error.lineno}"
        raise BadInput(f"{where}{line}: this is not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{where}: {str(error)[:200]}") from error


def python_items(path: Path, name: str) -> Iterator[Item]:
    """The items of the one literal that a module assigns to a name; the module is read, and never run.

    Raises:
        BadInput: it is no Python, assigns nothing to that name or more than once, or what is assigned is no list or
            mapping that is written out.
    """
    node = _assigned(path, name)
    keys: Sequence[ast.expr | None]
    match node:
        case ast.Dict():
            keys, values = node.keys, node.values
            if None in keys:
                raise BadInput(f"{path}, line {node.lineno}: {name} is no literal")
        case ast.List() | ast.Tuple():
            keys, values = [None] * len(node.elts), node.elts
        case _:
            raise BadInput(f"{path}, line {node.lineno}: {name} is neither a list nor a mapping that is written out")
    for key, value in zip(keys, values, strict=True):
        where = f"{path}, line {(key or value).lineno}"
        yield Item(where, _literal(value, where), None if key is None else _literal(key, where))


def _assigned(path: Path, name: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a module's own faults of style are not ours to report
            module = ast.parse(text_of(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise BadInput(f"{path}{line}: this is not Python") from error
    found: dict[str, list[ast.expr]] = {}
    for target, value in _assignments(module):
        found.setdefault(target, []).append(value)
    if name not in found:
        raise BadInput(f"{path}: {unknown('name', name, found)}")
    if len(found[name]) > 1:
        raise BadInput(f"{path}, line {found[name][1].lineno}: {name} is assigned again")
    return found[name][0]


def _assignments(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in module.body:
        targets: Sequence[ast.expr] = ()
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if value is not None:
            yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))


def _literal(node: ast.expr, where: str) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise BadInput(f"{where}: this is no literal") from error
