"""Values from YAML: what fits is made, what does not is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from bench.errors import BadInput
from bench.typed import build, read_json, read_yaml, required


@dataclass(frozen=True)
class Inner:
    size: int
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 1:
            raise BadInput(f"size is {self.size}, but must be 1 or more")


@dataclass(frozen=True)
class Other:
    size: int
    colour: str


@dataclass(frozen=True)
class Outer:
    name: str
    kind: Literal["a", "b"] = "a"
    ratio: float | None = None
    inner: str | Inner | Other | None = None
    many: tuple[Inner, ...] = ()
    on: bool = False


def test_nested_values_are_made() -> None:
    fields = {
        "name": "x",
        "kind": "b",
        "ratio": 2,
        "inner": {"size": 1, "names": ["p", "q"]},
        "many": [{"size": 3}],
        "on": True,
    }
    assert build(Outer, fields, "here") == Outer("x", "b", 2.0, Inner(1, ("p", "q")), (Inner(3),), on=True)


def test_of_two_dataclasses_the_one_with_the_fields_is_meant() -> None:
    assert build(Outer, {"name": "x", "inner": {"size": 1, "colour": "red"}}, "here").inner == Other(1, "red")
    assert build(Outer, {"name": "x", "inner": "text"}, "here").inner == "text"
    assert build(Outer, {"name": "x", "inner": None}, "here").inner is None


@dataclass(frozen=True)
class Optional:
    size: int = 1
    colour: str = ""


def test_where_no_field_is_needed_all_are_named() -> None:
    with pytest.raises(BadInput, match=r"^here is 3, but must have fields such as size, colour$"):
        build(Optional, 3, "here")


WRONG: dict[str, tuple[Any, str]] = {
    "no mapping": ([1], "here is [1], but must have the fields name"),
    "unknown": ({"name": "x", "kin": "a"}, "here: no field is called 'kin' (did you mean 'kind'?)"),
    "missing": ({"kind": "a"}, "here lacks the field 'name'"),
    "text": ({"name": 1}, "here: name is 1, but must be text"),
    "choice": ({"name": "x", "kind": "c"}, "here: kind is 'c', but must be one of a, b"),
    "number": ({"name": "x", "ratio": "half"}, "here: ratio is 'half', but must be a number or nothing"),
    "true is no number": ({"name": "x", "ratio": True}, "here: ratio is True, but must be a number or nothing"),
    "one is not true": ({"name": "x", "on": 1}, "here: on is 1, but must be true or false"),
    "a text is no list": ({"name": "x", "many": "ab"}, "here: many is 'ab', but must be a list"),
    "in a list": (
        {"name": "x", "many": [{"size": 1}, {"size": "z"}]},
        "here: many[1]: size is 'z', but must be a whole",
    ),
    "its own rule": ({"name": "x", "many": [{"size": 0}]}, "here: many[0]: size is 0, but must be 1 or more"),
    "nested unknown": ({"name": "x", "inner": {"size": 1, "nmes": []}}, "here: inner: no field is called 'nmes'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_named(case: str) -> None:
    fields, expected = WRONG[case]
    with pytest.raises(BadInput) as caught:
        build(Outer, fields, "here")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_required_fields_are_those_without_a_default() -> None:
    assert required(Outer) == ["name"]
    assert required(Other) == ["size", "colour"]


def test_yaml_is_read_with_no_field_twice() -> None:
    assert read_yaml("a: &x {b: 1}\nc: {<<: *x, b: 2}\n1: one\n'1': text") == {
        "a": {"b": 1},
        "c": {"b": 2},
        1: "one",
        "1": "text",
    }
    with pytest.raises(BadInput, match="the field 'b' stands there twice, again in line 3"):
        read_yaml("a:\n  b: 1\n  b: 1\n")
    with pytest.raises(
        BadInput, match=r"^not YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:python"
    ):
        read_yaml("a: !!python/object/apply:os.getcwd []")


@pytest.mark.parametrize("text", ['[1, {"a": null}]', b'[1, {"a": null}]'])
def test_json_is_read_from_text_and_bytes(text: str | bytes) -> None:
    assert read_json(text) == [1, {"a": None}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": {"b": 1, "b": 1}}', "the key 'b' stands twice in one object"),
        ("[NaN]", "NaN is no number"),
        ("-Infinity", "-Infinity is no number"),
        ("[1", "Expecting ',' delimiter"),
    ],
)
def test_json_that_can_be_misread_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_json(text)
