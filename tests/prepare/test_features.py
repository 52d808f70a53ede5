"""The file in which reference features travel: what goes in comes out, and whatever else is one clear line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import one_line
from feature_files import NAMES, Move, array, changed, export, members, record, with_array, zipped

from bench.errors import BadInput
from bench.features import Store
from bench.prepare.features import SCHEMA, unpack
from bench.suites import load_suite


@pytest.fixture
def packed(at: Move) -> Path:
    """A good file."""
    record(at("first"), *NAMES)
    return export()


def test_what_goes_in_comes_out(packed: Path) -> None:
    data, contents, rows = unpack(packed)
    assert data == packed.read_bytes()
    assert (contents.schema, contents.suite, contents.list_sha256) == (
        SCHEMA,
        "own",
        load_suite("own.yaml").list_sha256,
    )
    assert tuple(one.name for one in contents.recordings) == NAMES
    (embedded,) = contents.embedders
    assert (embedded.name, embedded.dtype) == ("logmel", "float32")
    for one in contents.recordings:
        kept = Store().get(embedded.key, one.audio)
        assert kept is not None
        np.testing.assert_array_equal(rows[embedded.key][one.name], kept)


Change = Callable[[dict[str, Any]], Any]
SAYS: dict[str, tuple[Change, str]] = {
    "no suite": (lambda about: about.pop("suite"), "lacks the field 'suite'"),
    "no conversion": (lambda about: about.pop("conversion"), "lacks the field 'conversion'"),
    "a list for a conversion": (lambda about: about.update(conversion=[]), "conversion is [], but must be"),
    "a text for a conversion": (lambda about: about.update(conversion="x"), "conversion is 'x', but must be"),
    "half a conversion": (lambda about: about["conversion"].pop("crop"), "conversion lacks the field 'crop'"),
    "no embedders": (lambda about: about.update(embedders=[]), "embedders is empty"),
    "a list for an embedder": (lambda about: about.update(embedders=[[]]), "embedders[0] is []"),
    "no signature": (lambda about: about["embedders"][0].pop("signature"), "lacks the field 'signature'"),
    "another type of numbers": (lambda about: about["embedders"][0].update(dtype="int32"), "dtype is 'int32'"),
    "an older schema": (lambda about: about.update(schema=1), "schema is 1, not 2: another version of bench wrote it"),
    "a text for seconds": (lambda about: _condition(about, seconds="x"), "seconds is 'x', but must be a number"),
    "a peak of NaN": (lambda about: _condition(about, peak=float("nan")), "NaN is no number"),
    "endless seconds": (lambda about: _condition(about, seconds=float("inf")), "Infinity is no number"),
    "no channels": (lambda about: _condition(about, channels=0), "channels is 0, but must be 1 or more"),
    "audio of another length": (lambda about: _recording(about, audio=""), "audio is '', but must be 64 hex digits"),
    "audio that is a path": (lambda about: _recording(about, audio="../" * 20 + "abcd"), "must be 64 hex digits"),
    "audio that is a number": (lambda about: _recording(about, audio=5), "audio is 5, but must be text"),
    "a name that is a number": (lambda about: _recording(about, name=5), "name is 5, but must be text"),
    "a name that comes twice": (lambda about: _recording(about, name="r1"), "recordings has 'r1' 2 times"),
    "no recordings": (lambda about: about.update(recordings=[]), "counts of logmel have shape (3,)"),
    "a mapping of recordings": (lambda about: about.update(recordings={}), "recordings is {}, but must be a list"),
}


def _recording(about: dict[str, Any], **changes: Any) -> None:
    about["recordings"][0].update(changes)


def _condition(about: dict[str, Any], **changes: Any) -> None:
    about["recordings"][0]["condition"].update(changes)


def refused(path: Path, expected: str) -> None:
    with pytest.raises(BadInput) as caught:
        unpack(path)
    assert expected in str(caught.value)
    assert str(path) in str(caught.value)
    assert one_line(f"{caught.value}\n")


@pytest.mark.parametrize("case", SAYS)
def test_a_file_that_says_something_else_is_refused(packed: Path, case: str) -> None:
    change, expected = SAYS[case]
    refused(changed(packed, change), expected)


ABOUT: dict[str, tuple[bytes, str]] = {
    "a list": (b"[]", "features.json is [], but must have the fields"),
    "nothing": (b"null", "features.json is None"),
    "no text": (b"\xff\xfe\xff", "is damaged"),
    "no JSON": (b"{", "is damaged: Expecting"),
    "too deep": (b"[" * 100_000, "is damaged: maximum recursion depth"),
    "beyond all numbers": (b'{"schema": 2, "suite": ' + b"9" * 5_000 + b"}", "is damaged"),
}


@pytest.mark.parametrize("case", ABOUT)
def test_what_says_nothing_is_refused(packed: Path, case: str) -> None:
    data, expected = ABOUT[case]
    refused(zipped("changed.zip", {**members(packed), "features.json": data}), expected)


ARRAYS: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "counts as floats": ("counts", lambda counts: counts.astype(float), "counts of logmel have shape (3,) in float64"),
    "counts in two dimensions": ("counts", lambda counts: counts[:, None], "counts of logmel have shape (3, 1)"),
    "one count": ("counts", lambda counts: counts.sum(), "counts of logmel have shape ()"),
    "a count too few": ("counts", lambda counts: counts[1:], "counts of logmel have shape (2,)"),
    "a negative count": ("counts", lambda counts: counts + np.array([-200, 200, 0]), "do not add up"),
    "a count of none": ("counts", lambda counts: counts[[0, 1, 1]] * np.array([0, 2, 1]), "do not add up"),
    "counts past the end": ("counts", lambda counts: counts + np.array([0, 0, 1]), "do not add up"),
    "counts that overflow": (
        "counts",
        lambda counts: counts + np.array([2**63 - 1000, 2**63 - 1000, 2000]),
        "do not add up",
    ),
    "one number": ("rows", lambda rows: rows.sum(), "have shape () in float32, not (n, d) in float32"),
    "rows in one dimension": ("rows", lambda rows: rows.ravel(), "not (n, d) in float32"),
    "rows of text": ("rows", lambda rows: rows.astype("U8"), "not (n, d) in float32"),
    "rows of objects": ("rows", lambda rows: rows.astype(object), "Object arrays cannot be loaded"),
    "rows in more digits": ("rows", lambda rows: rows.astype("f8"), "in float64, not (n, d) in float32"),
    "rows of integers": ("rows", lambda rows: rows.astype("i8"), "in int64, not (n, d) in float32"),
    "rows of another machine": ("rows", lambda rows: rows.astype(">f4"), "in >f4, not (n, d) in float32"),
    "no rows": ("rows", lambda rows: rows[:0], "do not add up to its 0 rows"),
    "half an array": ("rows", lambda rows: b"\x93NUMPY\x01\x00v\x00{'descr'", "is damaged"),
    "no header": ("rows", lambda rows: b"\x93NUMPY\x01\x00\x10\x00{((((((" + b" " * 20, "is damaged"),
    "more than there is memory": (
        "rows",
        lambda rows: (
            b"\x93NUMPY\x01\x00\x4b\x00%-74b\n"
            % b"{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999, 64), }"
        ),
        "is damaged",
    ),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays_that_are_no_features_are_refused(packed: Path, case: str) -> None:
    part, change, expected = ARRAYS[case]
    refused(with_array(packed, part, change(array(packed, part))), expected)


def test_a_file_that_is_no_zip_or_not_whole_is_refused(packed: Path) -> None:
    data = packed.read_bytes()
    refused(Path("absent.zip"), "can't be read: No such file or directory")
    refused(Path(), "can't be read: Is a directory")
    for cut in (b"", b"hello", data[:-200], data[: len(data) // 2]):
        Path("cut.zip").write_bytes(cut)
        refused(Path("cut.zip"), "holds no reference features, or is damaged")
    for name in members(packed):
        lost = {other: each for other, each in members(packed).items() if other != name}
        refused(zipped("lost.zip", lost), f"There is no item named '{name}' in the archive")


def test_whichever_byte_is_damaged_it_is_refused_or_means_nothing(packed: Path) -> None:
    """Names, dates, sizes, compressed data, checksums: every kind of byte, flipped in three ways."""
    data = packed.read_bytes()
    expected = unpack(packed)
    ends = [*range(400), *range(len(data) - 400, len(data)), *range(400, len(data) - 400, 61)]
    for place in ends:
        for bits in (0x01, 0x80, 0xFF):
            spoilt = bytearray(data)
            spoilt[place] ^= bits
            Path("spoilt.zip").write_bytes(spoilt)
            try:
                found = unpack(Path("spoilt.zip"))
            except BadInput:
                continue
            assert found.contents == expected.contents
            for key, rows in expected.rows.items():
                for name, each in rows.items():
                    np.testing.assert_array_equal(found.rows[key][name], each)


def test_a_very_long_reason_is_cut(packed: Path) -> None:
    path = changed(packed, lambda about: about.update(suite=["long"] * 10_000))
    with pytest.raises(BadInput) as caught:
        unpack(path)
    assert len(str(caught.value)) < 300


def test_the_description_is_for_people_too(packed: Path) -> None:
    text = members(packed)["features.json"].decode()
    assert json.loads(text)["conversion"] == {
        "rate": 16_000,
        "seconds": 1.0,
        "crop": "start",
        "resampler": "soxr-hq",
    }
    assert text.count("\n") > 20
