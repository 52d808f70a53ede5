"""Values of JSON files and Python modules: read as they stand, never run, nothing doubled, and faults by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import BadInput
from bench.prepare.literals import Item, json_items, json_line_items, python_items, text_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def refusal(path: Path, text: str | bytes, at: str = "", kind: str = "json") -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadInput) as caught:
        match kind:
            case "json":
                list(json_items(path, at))
            case "jsonl":
                list(json_line_items(path))
            case "python":
                list(python_items(path, at))
            case "text":
                text_of(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    return str(caught.value).removeprefix(str(path))


def test_a_text_is_read_without_its_byte_order_mark(path: Path) -> None:
    path.write_bytes("\ufeffid,caption\r\n🎵,مطر\n".encode())
    assert text_of(path) == "id,caption\r\n🎵,مطر\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a\nb\nc\xff\n", ", line 3: this is not UTF-8"),
        (b"\xff\xfea\0", ", line 1: there is a zero byte"),
        (b"a\nb\0\n", ", line 2: there is a zero byte"),
        ("caf\u00e9\n".encode("latin-1"), ", line 1: this is not UTF-8"),
    ],
)
def test_what_is_no_text_is_named_by_line(path: Path, data: bytes, expected: str) -> None:
    assert expected in refusal(path, data, kind="text")


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(BadInput, match="can't be read"):
            text_of(path)


def test_json_is_a_list_or_a_mapping_perhaps_under_a_key(path: Path) -> None:
    path.write_text('[{"a": 1}, "b"]')
    assert list(json_items(path, "")) == [Item(f"{path}, entry 1", {"a": 1}), Item(f"{path}, entry 2", "b")]
    path.write_text('{"data": {"x": "one", "y": "two"}, "more": 1}')
    expected = [Item(f"{path}, entry 1", "one", "x"), Item(f"{path}, entry 2", "two", "y")]
    assert list(json_items(path, "data")) == expected


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("", "", ", line 1: this is not JSON"),
        ('[\n"a" "b"\n]', "", ", line 2: this is not JSON"),
        ('{"a": 1,\n"a": 2}', "", ": the key 'a' stands twice in one object"),
        ('[{"a": 1, "a": 2}]', "", ": the key 'a' stands twice in one object"),
        ('{"data": []}', "date", ": no key is called 'date' (did you mean 'data'?)"),
        ("[1]", "data", ": no key is called 'data'"),
        ('"text"', "", " holds neither a list nor a mapping"),
        ("[" * 100_000, "", ": "),
        ("1" * 5000, "", ": "),
    ],
)
def test_json_that_is_none_or_says_something_twice_is_refused(path: Path, text: str, at: str, expected: str) -> None:
    assert expected in refusal(path, text, at)


def test_json_lines_are_named_by_line_and_blank_ones_passed_over(path: Path) -> None:
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": "\xe2\x80\xa8"}')
    assert list(json_line_items(path)) == [Item(f"{path}, line 1", {"a": 1}), Item(f"{path}, line 3", {"a": "\u2028"})]
    assert ", line 2: this is not JSON" in refusal(path, '{"a": 1}\n{"a": \n', kind="jsonl")
    assert ", line 2: the key 'a' stands twice in one object" in refusal(
        path, '{"a": 1}\n{"a": 1, "a": 2}\n', kind="jsonl"
    )


def test_python_is_the_literal_assigned_to_a_name(path: Path) -> None:
    path.write_text('import sys\nx: dict = {\n  "a": "1",\n  "b": {"c": -2},\n}\ny = ["p", "q"]\nz = ("t",)\nw: int\n')
    assert list(python_items(path, "x")) == [Item(f"{path}, line 3", "1", "a"), Item(f"{path}, line 4", {"c": -2}, "b")]
    assert list(python_items(path, "y")) == [Item(f"{path}, line 6", "p"), Item(f"{path}, line 6", "q")]
    assert list(python_items(path, "z")) == [Item(f"{path}, line 7", "t")]


def test_python_is_never_run(path: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    text = f"open({str(made)!r}, 'w')\nx = ['a', open({str(made)!r}, 'w')]\n"
    assert ", line 2: this is no literal" in refusal(path, text, "x", "python")
    assert not made.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = [\n", ", line 1: this is not Python"),
        ("y = []\n", ": no name is called 'x'; there are: y"),
        ("def f():\n    x = ['a']\n", ": no name is called 'x'"),
        ("x: list\n", ": no name is called 'x'"),
        ("x = ['a']\nx = ['b']\n", ", line 2: x is assigned again"),
        ("x = 'a'\n", ", line 1: x is neither a list nor a mapping"),
        ("x = sorted(['a'])\n", ", line 1: x is neither a list nor a mapping"),
        ("x = {'a', 'b'}\n", ", line 1: x is neither a list nor a mapping"),
        ("y = {}\nx = {**y, 'a': 'b'}\n", ", line 2: x is no literal"),
        ("x = {\n 'a': 'b',\n f: 'c'}\n", ", line 3: this is no literal"),
        ("x = [f'{1}']\n", ", line 1: this is no literal"),
        ("x = [*'ab']\n", ", line 1: this is no literal"),
        ("x = [1 +\n", "this is not Python"),
        ("x = " + "(" * 100_000, "this is not Python"),
    ],
)
def test_python_that_is_no_list_of_literals_is_refused(path: Path, text: str, expected: str) -> None:
    assert expected in refusal(path, text, "x", "python")


def test_python_with_faults_of_style_is_read_in_silence(path: Path) -> None:
    path.write_text('y = "\\d" is 1\nx = ["a"]\n')
    assert [item.value for item in python_items(path, "x")] == ["a"]
