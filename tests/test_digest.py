"""Identity: one text for one value, digests that others can check, and seeds that depend on nothing else."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.digest import canonical_json, clip_seed, digest, file_digest

QUICK = settings(max_examples=50, deadline=None)
words = st.text('aB 0é雨"\\\n\0', max_size=6)
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3))


@QUICK
@given(values)
def test_canonical_json_reads_back_as_the_value(value: Any) -> None:
    assert json.loads(canonical_json(value)) == value


@QUICK
@given(st.dictionaries(words, plain, max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, Any]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical_json(turned) == canonical_json(value)
    assert digest(turned) == digest(value)


def test_it_has_no_blanks_and_keeps_letters_as_they_are() -> None:
    assert canonical_json({"ü": [1, 2.5, None, True], "a": "x y"}) == '{"a":"x y","ü":[1,2.5,null,true]}'


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_without_json_form_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        digest({"value": [number]})


def test_a_value_without_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match=r"PosixPath|WindowsPath"):
        digest({"folder": Path()})


def test_a_digest_is_sha256_of_the_text() -> None:
    assert digest({"b": 1, "a": "é"}) == hashlib.sha256('{"a":"é","b":1}'.encode()).hexdigest()


@pytest.mark.parametrize(("one", "other"), [([], {}), (1, "1"), (1, True), (None, "null"), ([[1], 2], [1, [2]])])
def test_unlike_values_have_unlike_digests(one: Any, other: Any) -> None:
    assert digest(one) != digest(other)


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_a_files_digest_is_that_of_its_bytes(tmp_path: Path, size: int) -> None:
    data = bytes(index % 251 for index in range(size))
    path = tmp_path / "file"
    path.write_bytes(data)
    assert file_digest(path) == hashlib.sha256(data).hexdigest()


@QUICK
@given(st.integers(0, 2**40), words)
def test_a_seed_fits_63_bits_and_is_the_same_each_time(seed: int, clip: str) -> None:
    assert 0 <= clip_seed(seed, clip) < 2**63
    assert clip_seed(seed, clip) == clip_seed(seed, clip)


def test_seeds_differ_by_clip_and_by_run() -> None:
    seeds = {clip_seed(seed, f"clip{index}") for seed in range(20) for index in range(500)}
    assert len(seeds) == 10_000


def test_seeds_are_spread_over_their_range() -> None:
    seeds = [clip_seed(0, str(index)) / 2**63 for index in range(2000)]
    assert sum(seeds) / len(seeds) == pytest.approx(0.5, abs=0.03)


def test_a_seed_is_the_same_in_every_process() -> None:
    code = "from bench.digest import clip_seed; print(clip_seed(7, 'rain'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == clip_seed(7, "rain")
