"""What YAML and JSON say, with nothing in it twice; and values of dataclasses, each field held to its type."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import types
import typing
from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

import yaml

from bench.errors import BadInput, one_line, unknown

T = TypeVar("T")
UNWRITABLE = re.compile("[\0\ud800-\udfff]")  # what no file of text could be written with and read again
WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", type(None): "nothing"}


class _Loader(yaml.SafeLoader):
    """As YAML's own, which takes the last of several fields of one name."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    raise BadInput(
                        f"the field {key.value!r} stands there twice, again in line {key.start_mark.line + 1}"
                    )
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep=deep)


def read_yaml(text: str) -> Any:
    """What a YAML text says.

    Raises:
        BadInput: it is not YAML, or a field stands in it twice.

    >>> read_yaml("a: {b: [1, x]}")
    {'a': {'b': [1, 'x']}}
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - it is a safe one
    except BadInput:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date such as 2024-13-01 is a ValueError
        raise BadInput(f"not YAML: {one_line(error)}") from error


def read_json(text: str | bytes) -> Any:
    """What a JSON text says.

    Raises:
        json.JSONDecodeError: it is not JSON.
        ValueError: a key stands in an object twice, or a number is NaN or infinite.
        RecursionError: lists or objects stand too deep within each other.

    >>> read_json('{"a": [1, null]}')
    {'a': [1, None]}
    """
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the key {name!r} stands twice in one object")
        found[name] = value
    return found


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")


def build(kind: type[T], fields: Any, where: str) -> T:
    """A dataclass's value from a mapping, nested dataclasses and tuples included.

    Args:
        kind: the dataclass.
        fields: what YAML gave.
        where: how messages begin, such as ``card x.yaml: captions``.

    Raises:
        BadInput: no mapping; a field is missing, unknown, or of another type; or the dataclass refuses its value.
    """
    if not isinstance(fields, Mapping):
        raise BadInput(f"{where} is {fields!r}, but must have {_fields_worded(kind)}")
    known = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name in fields:
        if name not in known:
            raise BadInput(f"{where}: {unknown('field', str(name), known)}")
    for name in required(kind):
        if name not in fields:
            raise BadInput(f"{where} lacks the field {name!r}")
    hints = _hints(typing.cast(Hashable, kind))
    values = {name: _value(hints[name], value, f"{where}: {name}") for name, value in fields.items()}
    try:
        return kind(**values)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from None


@functools.cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def required(kind: type) -> list[str]:
    """The fields of a dataclass that have no default."""
    absent = dataclasses.MISSING
    fields = dataclasses.fields(kind)
    return [field.name for field in fields if field.default is absent and field.default_factory is absent]


def _fields_worded(kind: type) -> str:
    needed = required(kind)
    optional = ", ".join(field.name for field in dataclasses.fields(kind))
    return f"the fields {', '.join(needed)}" if needed else f"fields such as {optional}"


def _value(hint: Any, value: Any, where: str) -> Any:
    """A value as its field's type wants it: lists become tuples, mappings nested dataclasses."""
    options = typing.get_args(hint) if typing.get_origin(hint) in (types.UnionType, typing.Union) else (hint,)
    fitting = [option for option in options if _fits(option, value)]
    if fitting:  # of several dataclasses, the one that knows most of the fields, and lacks none if it can be
        return _made(max(fitting, key=lambda option: _known(option, value)), value, where)
    raise BadInput(f"{where} is {value!r}, but must be {' or '.join(map(_worded, options))}")


def _fits(option: Any, value: Any) -> bool:
    """Whether a value is of an option's outer kind; what is inside is looked at when it is made."""
    if typing.get_origin(option) is typing.Literal:
        return any(value == choice and type(value) is type(choice) for choice in typing.get_args(option))
    if typing.get_origin(option) is tuple:
        return isinstance(value, list)
    if dataclasses.is_dataclass(option):
        return isinstance(value, Mapping)
    if option is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is option


def _known(option: Any, value: Any) -> tuple[int, bool]:
    if not isinstance(option, type) or not dataclasses.is_dataclass(option):
        return 0, True
    fields = {field.name for field in dataclasses.fields(option)}
    return sum(name in fields for name in value), all(name in value for name in required(option))


def _made(option: Any, value: Any, where: str) -> Any:
    if typing.get_origin(option) is tuple:
        inner = typing.get_args(option)[0]
        return tuple(_value(inner, one, f"{where}[{index}]") for index, one in enumerate(value))
    if isinstance(option, type) and dataclasses.is_dataclass(option):
        return build(option, value, where)
    return float(value) if option is float else value


def _worded(option: Any) -> str:
    if typing.get_origin(option) is typing.Literal:
        return "one of " + ", ".join(map(str, typing.get_args(option)))
    if typing.get_origin(option) is tuple:
        return f"a list, each of them {_worded(typing.get_args(option)[0])}"
    if isinstance(option, type) and dataclasses.is_dataclass(option):
        return _fields_worded(option)
    return WORDS.get(option, str(option))
