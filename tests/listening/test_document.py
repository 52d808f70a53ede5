"""Documents: JSON that a table could not be made of, or that says two things, is one line that names the file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listening_files import put

from bench.errors import BadInput
from bench.listening.document import list_of, object_of, parsed, text_of
from bench.listening.sheet import read_sheet

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text("aé🎧 \n"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_json_is_read_as_it_is(value: object) -> None:
    assert parsed(json.dumps(value), "a.json") == value
    assert parsed(json.dumps(value, ensure_ascii=False), "a.json") == value


@pytest.mark.parametrize(
    "data",
    [b'[{"a": 1}]', b'\xef\xbb\xbf[{"a": 1}]', '\n [{"a": 1}]'.encode("utf-16"), b'\r\n\t[{"a":\r\n1}]\r\n'],
    ids=["plain", "bom", "utf-16", "crlf"],
)
def test_a_file_of_json_is_a_sheet_with_a_document(data: bytes) -> None:
    sheet = read_sheet(put("a.json", data))
    assert sheet.document == [{"a": 1}]
    assert sheet.is_json
    assert sheet.header == ("JSON",)


def test_a_table_has_no_document() -> None:
    sheet = read_sheet(put("a.csv", "a,b\n1,2\n"))
    assert sheet.document is None
    assert not sheet.is_json


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1,\n2", "a.json begins as JSON does, but is none: line 2: Expecting ',' delimiter"),
        ("[]\n[]", "a.json begins as JSON does, but is none: line 2: Extra data"),
        ("{'a': 1}", "begins as JSON does, but is none: line 1: Expecting property name enclosed in double quotes"),
        ("[id],x\n1,2\n", "begins as JSON does, but is none: line 1: Expecting value"),
        ("[" * 100_000, "a.json is JSON in which lists or objects stand too deep within each other"),
        ('{"a":' * 100_000, "too deep within each other"),
        ("[NaN]", "a.json is JSON that can't be read: NaN is no number"),
        ("[-Infinity]", "-Infinity is no number"),
        ('[{"a": 1, "b": {"c": 1, "c": 1}}]', "the key 'c' stands twice in one object"),
        ("[1" + "0" * 5000 + "]", "a.json is JSON that can't be read: Exceeds the limit (4300 digits)"),
        (r'["a\u0000"]', "a.json is JSON with a zero byte or half a character"),
        (r'[{"\ud800": 1}]', "or half a character"),
        ("[1]\0", "a.json holds zero bytes, so it is no text file"),
    ],
)
def test_what_is_no_document_is_one_line(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=r"^[^\n]+$") as caught:
        read_sheet(put("a.json", text))
    assert said in str(caught.value)


def test_a_whole_character_of_two_halves_is_one() -> None:
    assert parsed(r'["\ud83c\udfa7"]', "a.json") == ["🎧"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, "true or false"), ([1], "a list"), ({"a": 1}, "an object")],
)
def test_what_is_no_cell_is_named_by_its_kind(value: object, kind: str) -> None:
    with pytest.raises(ValueError, match=f"^the score is {kind}, but must be text or a number$"):
        text_of(value, "the score")


@pytest.mark.parametrize(
    ("value", "kind"), [(None, "nothing"), (False, "true or false"), ("ab", "text"), (4, "a number")]
)
def test_what_holds_nothing_is_named_by_its_kind(value: object, kind: str) -> None:
    with pytest.raises(ValueError, match=f"^votes is {kind}, but must be an object$"):
        object_of(value, "votes")
    with pytest.raises(ValueError, match=f"^ratings is {kind}, but must be a list$"):
        list_of(value, "ratings")


def test_what_is_empty_holds_nothing() -> None:
    with pytest.raises(ValueError, match=r"^votes is an object without anything in it$"):
        object_of({}, "votes")
    with pytest.raises(ValueError, match=r"^ratings is a list without anything in it$"):
        list_of([], "ratings")
