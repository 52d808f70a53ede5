"""What is said beside a number; how a table says it is in test_table.py."""

from __future__ import annotations

import pytest

from bench.remarks import differences, fields


def test_a_signature_has_fields_whose_values_may_hold_colons() -> None:
    assert fields("rtf|device:cuda:0 (H100)|n:4") == {"metric": "rtf", "device": "cuda:0 (H100)", "n": "4"}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("fad|n:8", "fad|n:8", ""),
        ("fad|n:8", "fad|w:x|n:8", "w is absent, not x"),
        ("fad|w:x|n:8", "fad|n:8", "w is x, not absent"),
        ("kad|n:8", "fad|n:8", "metric is kad, not fad"),
    ],
)
def test_differences_are_put_in_words(one: str, other: str, expected: str) -> None:
    assert differences(one, other) == expected
