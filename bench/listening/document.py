"""JSON as programs write it: nothing in it twice, no number that is none, and in words what a value is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeVar

from bench.errors import BadInput
from bench.typed import UNWRITABLE, read_json

T = TypeVar("T")

KINDS = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}


def parsed(text: str, file: str) -> Any:
    """The value that a JSON text is.

    Args:
        text: of the whole file.
        file: how messages name it.

    Raises:
        BadInput: it is no JSON, too deep, has a key twice, NaN, Infinity, a zero byte or half a character.
    """
    try:
        value = read_json(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"{file} begins as JSON does, but is none: line {error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise BadInput(f"{file} is JSON in which lists or objects stand too deep within each other") from error
    except ValueError as error:
        raise BadInput(f"{file} is JSON that can't be read: {error}") from error
    if any(UNWRITABLE.search(one) for one in _texts(value)):
        raise BadInput(f"{file} is JSON with a zero byte or half a character (\\u0000, \\ud800 …) in a text")
    return value


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, keys too; without recursion, since it may be as deep as the parser lets it be."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one


def text_of(value: Any, what: str) -> str:
    """A text or a number as a cell would have it; nothing is an empty one.

    Raises:
        ValueError: it is of another kind; the message says what has it.

    >>> text_of(" A ", "label"), text_of(4, "score"), text_of(None, "score")
    ('A', '4', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{what} is {KINDS[type(value)]}, but must be text or a number")
    return str(value).strip()


def object_of(value: Any, what: str) -> dict[str, Any]:
    """A value that must be an object, and hold something.

    Raises:
        ValueError: it is of another kind, or empty; the message says what has it.
    """
    return _held(value, dict, what)


def list_of(value: Any, what: str) -> list[Any]:
    """A value that must be a list, and hold something.

    Raises:
        ValueError: it is of another kind, or empty; the message says what has it.
    """
    return _held(value, list, what)


def _held(value: Any, kind: type[T], what: str) -> T:
    if not isinstance(value, kind):
        raise ValueError(f"{what} is {KINDS[type(value)]}, but must be {KINDS[kind]}")
    if not value:
        raise ValueError(f"{what} is {KINDS[kind]} without anything in it")
    return value
