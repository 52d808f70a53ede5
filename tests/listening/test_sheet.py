"""Sheets: cells as people export them, whatever the separator, marks and line ends; what is no text says so."""

from __future__ import annotations

import gzip
import pickle

import pytest
from listening_files import put

from bench.errors import BadInput
from bench.listening.sheet import entries, read_sheet

PLAIN = "a,b\n1,2\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.encode("utf-16"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace(",", "|").encode(),
        b"sep=;\r\na;b\r\n1;2\r\n",
        b'"a" , "b"\n'.replace(b" ", b"") + b'" 1 ",2 \n',
        b"\n\na,b\n,\n1,2\n\n",
    ],
    ids=["plain", "bom", "utf-16", "crlf", "cr", "semicolons", "tabs", "bars", "sep=", "blanks", "empty rows"],
)
def test_the_same_cells_however_they_are_written(data: bytes) -> None:
    sheet = read_sheet(put("a.csv", data))
    assert sheet.header == ("a", "b")
    assert [entry.cells for entry in entries(sheet)[0]] == [{"a": "1", "b": "2"}]
    assert entries(sheet)[1] == []


def test_newlines_quotes_separators_and_emoji_inside_quotes_stay() -> None:
    comment = 'two\nlines, "quoted"; 🎧 naïve'
    quoted = '"' + comment.replace('"', '""') + '"'
    sheet = read_sheet(put("a.csv", f"score,comment\n4,{quoted}\n5,x\n"))
    kept, _ = entries(sheet)
    assert [(entry.row, entry.cells["comment"]) for entry in kept] == [(2, comment), (3, "x")]


def test_rows_of_another_width_are_refused_with_both_widths() -> None:
    kept, refused = entries(read_sheet(put("a.csv", "a,b\n1,2\n1\n1,2,3\n")))
    assert [entry.row for entry in kept] == [2]
    assert [row.why for row in refused] == ["has 1 cells, but the header has 2", "has 3 cells, but the header has 2"]
    assert refused[0][:2] == ("a.csv", 3)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\n,,\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        ("a,b\nNaïve,1\n".encode("latin-1"), "is not UTF-8 (byte 6): save it as CSV UTF-8"),
        (b"PK\x03\x04rest", "is a spreadsheet or archive: export it as CSV"),
        (gzip.compress(b"a,b\n", mtime=0), "is compressed"),
        (pickle.dumps([1]), "is a pickle, which could run any code and is never opened"),
        (b"a,b\n1,\0\n", "holds zero bytes"),
        (b'a,b\n1,"open\n', "line "),
        (b'a,b\n1,"x"y\n', "line 2"),
    ],
)
def test_what_is_no_table_says_why(data: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=r"^[^\n]+$") as caught:
        read_sheet(put("a.csv", data))
    assert said in str(caught.value)


def test_no_file_and_a_column_twice_are_named() -> None:
    with pytest.raises(BadInput, match=r"nowhere\.csv can't be read: No such file"):
        read_sheet(put("a.csv", "a\n").with_name("nowhere.csv"))
    with pytest.raises(BadInput, match="has the column 'a' twice"):
        entries(read_sheet(put("a.csv", "a,b,a\n1,2,3\n")))


def test_a_comma_is_a_decimal_one_only_where_it_separates_nothing() -> None:
    assert read_sheet(put("a.csv", "a;b\n3,5;x\n")).number("3,5") == "3.5"
    assert read_sheet(put("b.csv", 'a,b\n"3,5",x\n')).number("3,5") == "3,5"
