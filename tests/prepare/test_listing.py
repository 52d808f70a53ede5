"""Owners' tables in every format: taken as the card says, or refused in one line that names file and line."""

from __future__ import annotations

import csv
import io
import json
import pprint
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.errors import BadInput
from bench.prepare.listing import Row, columns, id_of, rows
from bench.sources import Listing

HEADER = ("id", "caption", "start")
LISTING = Listing(file="list.csv", header=HEADER, caption="caption", start="start")
TEXTS = {"a": 'rain, "hard"', "b": "line one\nline two", "c": "🎵 مطر", "d": "  blanks  ", "e": "a|b\tc"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


def read(path: Path, text: str | bytes, **changes: Any) -> list[Row]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return rows([path], Listing(**{"file": "list.csv", **changes}))


def cells(path: Path, text: str | bytes, **changes: Any) -> list[dict[str, str]]:
    return [dict(row.cells) for row in read(path, text, **changes)]


def refusal(path: Path, text: str | bytes, **changes: Any) -> str:
    with pytest.raises(BadInput) as caught:
        read(path, text, **changes)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    return str(caught.value).removeprefix(str(path))


def written(table: list[list[str]], ends: str = "\n") -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=ends, quoting=csv.QUOTE_ALL).writerows(table)
    return buffer.getvalue()


# CSV.


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_csv_file_is_read_with_quotes_newlines_and_every_script(path: Path, ends: str, mark: str) -> None:
    table = [["id", "caption"], *([name, text] for name, text in TEXTS.items())]
    found = cells(path, mark + written(table, ends), header=("id", "caption"), caption="caption")
    assert found == [{"id": name, "caption": text} for name, text in TEXTS.items()]


def test_columns_go_by_name_whatever_their_order(path: Path) -> None:
    expected = [{"id": "a", "caption": "rain", "start": "3"}]
    for text in ("id,caption,start\na,rain,3\n", "start,id,caption\n3,a,rain\n", "caption,start,id\nrain,3,a\n"):
        assert cells(path, text, header=HEADER, caption="caption", start="start") == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("id,caption", " lacks 'start'; its columns must be: id, caption, start"),
        ("id", " lacks 'caption', 'start'; its"),
        ("id,caption,start,split", " has in surplus 'split'; its"),
        ("id,caption,caption,start", " has twice 'caption'; its"),
        ("id,Caption,start", " lacks 'caption' and has in surplus 'Caption'; its"),
        ("id, caption,start", " lacks 'caption' and has in surplus ' caption'; its"),
        ("", " lacks 'id', 'caption', 'start'; its"),
    ],
)
def test_columns_that_are_missing_too_many_or_doubled_are_named(path: Path, header: str, expected: str) -> None:
    assert expected in refusal(path, f"{header}\n", header=HEADER)


PAGE = "<html>" + "x" * 100_000


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (PAGE, {"header": HEADER}),
        (PAGE, {}),
        (f"{PAGE}\n{PAGE},b\n", {"id": PAGE}),
        ("<html>," + ",".join(f"x{one}" for one in range(20_000)), {"header": HEADER}),
        (",".join(f"x{one}" for one in range(20_000)), {}),
        ("id," + ",".join(f"x{one}" for one in range(20_000)) + "\n1,2\n", {}),
        ("id," + "x," * 20_000, {}),
        (PAGE, {"header": HEADER, "format": "tsv"}),
        (PAGE * 10, {"format": "pipe"}),
        (f"id|{PAGE}\na\n", {"format": "pipe"}),
        (json.dumps([{"id": "a", PAGE: 1}]), {"header": ("id",), "format": "json"}),
        (json.dumps([{PAGE: 1}]), {"format": "json"}),
        (json.dumps([{"id": "a", PAGE: "\0"}]), {"format": "json"}),
        (json.dumps({PAGE: 1}), {"format": "json", "at": "rows"}),
        (json.dumps({f"x{one}": 1 for one in range(20_000)}), {"format": "json", "at": "rows"}),
        (f"{{{PAGE!r}: 1, {PAGE!r}: 2}}", {"format": "json"}),
        (f"x = {{{PAGE!r}: 1, {PAGE!r}: 2}}", {"format": "python", "at": "x", "id": "key"}),
    ],
)
def test_what_a_message_quotes_is_short_however_long_it_is(path: Path, text: str, changes: dict[str, Any]) -> None:
    assert len(refusal(path, text, **changes)) < 1000


def test_an_id_that_is_not_found_is_quoted_in_short(path: Path) -> None:
    listing = Listing(file="list.csv", pattern="^(a)$")
    path.write_text(f"id\n{PAGE}\n")
    [row] = rows([path], listing)
    with pytest.raises(BadInput) as caught:
        id_of(row, listing)
    assert str(caught.value) == f"{path}, line 2: id is {PAGE[:60] + '…'!r}, in which '^(a)$' finds no id"


def test_without_a_header_on_the_card_what_is_used_must_be_there_once(path: Path) -> None:
    assert cells(path, "id,caption\na,rain\n", caption="caption") == [{"id": "a", "caption": "rain"}]
    assert ": no column is called 'caption' (did you mean 'captions'?)" in refusal(
        path, "id,captions\na,rain\n", caption="caption"
    )
    assert "has twice 'id'" in refusal(path, "id,id\na,b\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id,caption\na,rain\nb\n", ", line 3: 1 fields, but there are 2 columns: id, caption"),
        ("id,caption\na,rain\nb,wind,more\n", ", line 3: 3 fields"),
        ('id,caption\na,"one\ntwo"\nb\n', ", line 4: 1 fields"),
        ('id,caption\n\na,"one\n\ntwo",3\n', ", line 3: 3 fields"),
        ('id,caption\na,"never closed\nb,wind\n', ", line 2: unexpected end of data"),
        ('id,caption\na,"b"c\n', ", line 2: "),
        ("id,caption\na," + "x" * 200_000 + "\n", ", line 2: field larger than field limit"),
        ("id,caption\n", " lists nothing"),
        (b"id,caption\na,rain\nb,\xff\n", ", line 3: this is not UTF-8"),
        (b"id,caption\na,rain\nb,\0\n", ", line 3: there is a zero byte"),
    ],
)
def test_a_csv_row_that_is_wrong_is_named_by_the_line_it_begins_on(
    path: Path, text: str | bytes, expected: str
) -> None:
    assert expected in refusal(path, text)


# Without quotes.


@pytest.mark.parametrize(("kind", "separator"), [("pipe", "|"), ("tsv", "\t")])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_in_other_files_a_quote_is_a_character(path: Path, kind: Any, separator: str, ends: str) -> None:
    lines = [["LJ1", '"Printing," he said', 'it"s'], ["LJ2", "", "\u2028x\x85"]]
    text = ends.join(separator.join(line) for line in lines) + ends
    found = cells(path, text, format=kind, headless=True, header=("id", "raw", "normalized"))
    assert [list(row.values()) for row in found] == lines


def test_files_without_a_header_have_the_columns_of_the_card(path: Path) -> None:
    options: dict[str, Any] = {"format": "pipe", "headless": True, "header": ("id", "text")}
    assert cells(path, "id|text\na|b", **options) == [{"id": "id", "text": "text"}, {"id": "a", "text": "b"}]
    assert ", line 3: 3 fields, but there are 2 columns: id, text" in refusal(path, "a|b\n\nc|d|e\n", **options)
    assert ": no column is called 'name'" in refusal(path, "a|b\n", **{**options, "id": "name"})
    assert cells(path, '"a,b",c\n', headless=True, header=("id", "text")) == [{"id": "a,b", "text": "c"}]


def test_a_file_with_a_header_needs_no_quotes_either(path: Path) -> None:
    assert cells(path, "text\tid\nrain\ta\n", format="tsv", header=("id", "text")) == [{"text": "rain", "id": "a"}]


# Values.


@pytest.mark.parametrize("kind", ["json", "python"])
def test_a_list_of_objects_has_their_keys_as_columns(path: Path, kind: Any) -> None:
    value = [{"id": "a", "caption": "rain", "start": 3}, {"start": 1.5, "caption": "wind", "id": 7}]
    text = json.dumps({"data": value}) if kind == "json" else f"data = {value}"
    found = cells(path, text, format=kind, at="data", header=HEADER, caption="caption", start="start")
    assert found == [
        {"id": "a", "caption": "rain", "start": "3"},
        {"start": "1.5", "caption": "wind", "id": "7"},
    ]


@pytest.mark.parametrize("kind", ["json", "python"])
def test_a_mapping_has_its_key_and_value_as_columns(path: Path, kind: Any) -> None:
    options: dict[str, Any] = {"format": kind, "at": "x", "id": "key", "caption": "value"}
    text = '{"x": {"a.wav": "rain", "b.wav": "wind"}}' if kind == "json" else 'x = {"a.wav": "rain", "b.wav": "wind"}'
    assert cells(path, text, **options) == [{"key": "a.wav", "value": "rain"}, {"key": "b.wav", "value": "wind"}]
    text = text.replace('"rain"', '{"text": "rain"}').replace('"wind"', '{"text": "wind"}')
    options |= {"caption": "text", "header": ("key", "text")}
    assert cells(path, text, **options) == [{"key": "a.wav", "text": "rain"}, {"key": "b.wav", "text": "wind"}]


def test_a_list_of_ids_has_one_column(path: Path) -> None:
    assert cells(path, "X = ['a', 'b']\n", format="python", at="X", id="key") == [{"key": "a"}, {"key": "b"}]
    assert cells(path, '"a"\n"b"\n', format="jsonl", id="key") == [{"key": "a"}, {"key": "b"}]


def test_what_is_not_used_may_be_anything(path: Path) -> None:
    text = '{"id": "a", "tags": ["x"], "more": null, "good": true}\n'
    assert cells(path, text, format="jsonl") == [{"id": "a", "tags": "", "more": "", "good": "true"}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"id": "a", "caption": "rain"}\n{"id": "b"}\n', ", line 2 lacks 'caption'"),
        ('{"id": "a", "caption": "rain", "x": 1}\n', ", line 1 has in surplus 'x'"),
        ('{"id": "a", "caption": ["rain", "wind"]}\n', ", line 1: caption is a list, but must be a text or a number"),
        ('{"id": {"b": 1}, "caption": "rain"}\n', ", line 1: id is a dict"),
        ('{"id": "a", "caption": "\\ud83d"}\n', ", line 1: caption holds a character that no file can be written"),
        ('{"id": "a", "caption": "x\\u0000"}\n', ", line 1: caption holds a character"),
        ('["a", "rain"]\n', ", line 1 lacks 'id', 'caption' and has in surplus 'key'"),
        ("\n", " lists nothing"),
    ],
)
def test_an_object_that_is_wrong_is_named_by_its_line(path: Path, text: str, expected: str) -> None:
    assert expected in refusal(path, text, format="jsonl", header=("id", "caption"), caption="caption")


def test_a_key_that_stands_there_twice_is_refused(path: Path) -> None:
    options: dict[str, Any] = {"id": "key", "caption": "value"}
    for text in ("x = {'a': '1',\n 'a': '2'}", "x = {1: '1',\n '1': '2'}"):
        said = refusal(path, text, format="python", at="x", **options)
        assert said.startswith(", line 2: ")
        assert said.endswith(f"stands there before, in {path}, line 1")
    assert "stands there before" in refusal(path, "x = {'a': '1', 'a': '2'}", format="python", at="x", **options)
    assert "the key 'a' stands twice in one object" in refusal(path, '{"a": "1", "a": "2"}', format="json", **options)


def test_bytes_are_no_text(path: Path) -> None:
    assert ", line 1: key is a bytes" in refusal(path, "x = [b'a']", format="python", at="x", id="key")


PRINTABLE = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(st.dictionaries(PRINTABLE, PRINTABLE, min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_one_table_is_the_same_in_every_format(path: Path, table: dict[str, str]) -> None:
    lines = [{"key": key, "value": value} for key, value in table.items()]
    texts = {
        "csv": written([["key", "value"], *([key, value] for key, value in table.items())]),
        "json": json.dumps(table),
        "jsonl": "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines),
        "python": f"x = {pprint.pformat(table, sort_dicts=False)}\n",
    }
    for kind, text in texts.items():
        assert cells(path, text, format=kind, at="x" if kind == "python" else "", id="key") == lines, kind


# Several files, and ids.


def test_a_table_in_parts_is_read_in_their_order_and_named_by_file(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("b.trans.tsv", "a.trans.tsv")]
    for path in paths:
        path.write_text(f"{path.name[0]}1\tx\n{path.name[0]}2\ty\n")
    listing = Listing(file="*.trans.tsv", format="tsv", headless=True, header=("id", "text"))
    found = rows(paths, listing)
    assert [row.cells["id"] for row in found] == ["b1", "b2", "a1", "a2"]
    assert [row.where for row in found][2:] == [f"{paths[1]}, line 1", f"{paths[1]}, line 2"]


def test_no_files_list_nothing() -> None:
    with pytest.raises(BadInput, match=r"\*\.trans\.tsv lists nothing"):
        rows([], Listing(file="*.trans.tsv"))


def test_an_id_is_a_cell_or_what_the_pattern_finds_in_it() -> None:
    row = Row("list.csv, line 2", {"id": "/data/7fmOlUlwoNg_20.wav"})
    assert id_of(row, Listing(file="x")) == "/data/7fmOlUlwoNg_20.wav"
    assert id_of(row, Listing(file="x", pattern=r"/([\w-]{11})_\d+\.wav$")) == "7fmOlUlwoNg"
    with pytest.raises(BadInput, match=r"^list\.csv, line 2: id is '/data.*', in which .* finds no id$"):
        id_of(row, Listing(file="x", pattern=r"^(\w+)$"))
    with pytest.raises(BadInput, match="finds no id"):
        id_of(row, Listing(file="x", pattern=r"(x)?"))


def test_the_columns_that_are_used_are_each_named_once() -> None:
    assert columns(LISTING) == HEADER
    assert columns(Listing(file="x", id="a", caption="b", transcription="b", recording="a")) == ("a", "b")
