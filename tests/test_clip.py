"""A clip's id becomes a file's name, so what could not be one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.clip import LONGEST_ID, Clip
from bench.errors import BadInput

GOOD = [
    "rain",
    "-0Gj8-vB1q4",
    "--abc",
    "a b",
    "Größe",
    "雨",
    "a.b",
    "x..y",
    "_",
    "100%",
    "a" * 200,
    "clip#1",
    "~x",
    "é" * 100,
]
BAD = [
    "", ".", "..", ".hidden", "../x", "/etc/passwd", "a/b", "a\\b", "..\\x", "C:\\x", "a:b", "a*", "a?", 'a"', "<a>",
    "a|b", "a\0b", "a\nb", "a\tb", "\x1b[0m", "a" * 201, "a" * 300, "雨" * 67,
]  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_an_id_that_can_name_a_file_is_taken_and_does(name: str, tmp_path: Path) -> None:
    clip = Clip(name)
    path = tmp_path / f"{clip.id}.wav"
    path.write_bytes(b"")
    assert path.parent == tmp_path
    assert path.stem == name


@pytest.mark.parametrize("name", BAD)
def test_an_id_that_cannot_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match=r"can't name a file: ids have 1 to 200 bytes"):
        Clip(name)


@pytest.mark.parametrize("name", ["\ud800", "a\udc80b"])
def test_an_id_that_no_encoding_can_write_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="can't name a file"):
        Clip(name)


@pytest.mark.parametrize("name", ["a\x7fb", "a\x85b"])
def test_all_control_characters_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="no control characters"):
        Clip(name)


def test_the_refusal_is_one_line_and_not_longer_for_a_longer_id() -> None:
    with pytest.raises(BadInput) as caught:
        Clip("x\n" * 5000)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_the_longest_id_leaves_room_for_a_temporary_name() -> None:
    assert len(f".{'a' * LONGEST_ID}.wav.4194304.tmp") <= 255


def test_a_clip_needs_no_more_than_an_id() -> None:
    clip = Clip("rain")
    assert (clip.text, clip.transcription, clip.seconds, clip.reference, clip.generated) == ("", None, None, None, None)
