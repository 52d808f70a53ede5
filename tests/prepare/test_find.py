"""Recordings in people's folders: each by a name that is usual, the most official first, and never by a guess."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from conftest import Bench, one_line, tree
from hypothesis import given
from hypothesis import strategies as st
from recording_files import NAMES, folder, manifest, own_card, recordings

from bench.errors import BadInput
from bench.prepare.find import recordings_below, search, spelled

PATTERNS = ("Y{recording}", "{recording}", "{recording}_{start}", "Y{recording}_{start}")
WORDS = ("prepare", "own.yaml", "--lists", "lists", "--audio", "mine")


@pytest.fixture(autouse=True)
def _places(home: Path) -> None:
    """Nothing is prepared outside of the test's own folder."""


def found(files: list[str], wanted: dict[str, float | None], patterns: tuple[str, ...] = PATTERNS) -> dict[str, str]:
    """Which file is which recording, below a folder with some files."""
    place = folder(dict.fromkeys(files, b""))
    return {name: path.relative_to(place).as_posix() for name, path in search(place, wanted, patterns).files.items()}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["Yabc.wav", "abc.wav", "abc_30.wav"], "Yabc.wav"),
        (["abc.wav", "abc_30.wav"], "abc.wav"),
        (["abc_30.wav", "Yabc_30.wav"], "abc_30.wav"),
        (["Yabc_30.flac"], "Yabc_30.flac"),
        (["deep/er/abc.WAV"], "deep/er/abc.WAV"),
        (["a.txt", "abc.json", "abc.Mp3"], "abc.Mp3"),
        (["b/abc.opus", ".hidden/abc.wav", ".abc.wav", "__MACOSX/._abc.wav"], "b/abc.opus"),
    ],
)
def test_the_most_official_name_counts(files: list[str], expected: str) -> None:
    assert found(files, {"abc": 30.0}) == {"abc": expected}


@pytest.mark.parametrize(
    ("start", "said"), [(30.0, "abc_30"), (0.0, "abc_0"), (2.5, "abc_2.5"), (1_234_567.0, "abc_1234567"), (None, "")]
)
def test_a_start_is_written_as_people_do(start: float | None, said: str) -> None:
    assert spelled("{recording}_{start}", "abc", start) == said


@given(start=st.integers(0, 10**9))
def test_a_start_of_whole_seconds_is_written_in_full(start: int) -> None:
    assert spelled("{start}{recording}", "x", float(start)) == f"{start}x"


def test_names_that_look_like_patterns_or_like_each_other_are_themselves() -> None:
    files = ["-abc.wav", "abc.wav", "{recording}.wav", "a.b.wav", "a.wav", "*.wav"]
    wanted: dict[str, float | None] = dict.fromkeys(["-abc", "abc", "a.b", "a", "{recording}"])
    assert found(files, wanted) == {name: f"{name}.wav" for name in wanted}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_may_be_written_as_macos_does(form: str) -> None:
    name = "Café Métro"
    other = unicodedata.normalize("NFD" if form == "NFC" else "NFC", name)
    place = folder({f"{unicodedata.normalize(form, name)}.wav": b""})  # type: ignore[arg-type]
    assert list(search(place, {other: None}, PATTERNS).files) == [other]


def test_two_files_of_one_name_are_refused_and_lose_no_other(bench: Bench) -> None:
    own_card()
    files = {**recordings(), "a/c0.wav": recordings()["c0.wav"], "c1.FLAC": b""}
    place = folder(files)
    before = tree(place)
    ran = bench(*WORDS, "--quiet")
    assert (ran.code, ran.err) == (3, "")
    assert "4 of 6 recordings are ready" in ran.out
    assert "2 missing (2 files claim it): c0, c1" in ran.out
    assert manifest()["c0"]["why"] == "2 files claim it: c0.wav and a/c0.wav"
    assert manifest()["c1"]["why"] == "2 files claim it: c1.FLAC and c1.wav"
    assert tree(place) == before


def test_two_files_of_a_less_official_name_do_no_harm() -> None:
    assert found(["Yabc.wav", "a/abc.wav", "b/abc.wav"], {"abc": None}) == {"abc": "Yabc.wav"}


def test_files_of_no_recording_are_counted_and_named(bench: Bench) -> None:
    own_card()
    folder({**recordings(), **{f"other{index}.wav": b"" for index in range(7)}, "notes.txt": b""})
    ran = bench(*WORDS, "--quiet")
    assert ran.code == 0
    line = "7 files are of none of them: other0.wav, other1.wav, other2.wav, other3.wav, other4.wav and 2 more\n"
    assert line in ran.out


def test_where_no_name_fits_one_line_says_what_was_looked_for_and_what_is_there(bench: Bench) -> None:
    own_card(reference='{files: ["Y{recording}", "{recording}_{start}"]}', starts=dict.fromkeys(NAMES, 30.0))
    folder({f"clip-{index}.wav": b"" for index in range(5)})
    ran = bench(*WORDS)
    assert ran.code == 2
    assert one_line(ran.err)
    assert ran.err == (
        "bench: none of the 5 audio files in mine is one of the 6 recordings: looked for names such as Yc0 or c0_30, "
        "and there are clip-0.wav, clip-1.wav, clip-2.wav\n"
    )


@pytest.mark.parametrize("suffix", [".aiff", ".AIF", ".au", ".w64", ".m4a", ".webm"])
def test_a_file_of_a_kind_that_is_not_read_is_not_called_missing_without_a_word(bench: Bench, suffix: str) -> None:
    own_card()
    files = {name.replace(".wav", suffix) if name < "c2" else name: data for name, data in recordings().items()}
    folder({**files, "c5.json": b"{}", f"other{suffix}": b""})
    (Path("mine") / "c5.wav").unlink()
    ran = bench(*WORDS, "--quiet")
    assert (ran.code, ran.err) == (3, "")
    why = f"a file of that name, but {suffix.lower()} is not read (.wav, .flac, .mp3, .ogg, .opus are)"
    assert f"2 missing ({why}): c0, c1\n" in ran.out
    assert "1 missing (no file of that name): c5\n" in ran.out
    assert {manifest()[name]["why"] for name in ("c0", "c1")} == {why}


def test_where_all_files_are_of_such_a_kind_each_is_named(bench: Bench) -> None:
    own_card()
    folder({name.replace(".wav", ".aiff"): data for name, data in recordings().items()})
    ran = bench(*WORDS, "--quiet")
    assert ran.code == 3
    assert "6 missing (a file of that name, but .aiff is not read (.wav, .flac, .mp3, .ogg, .opus are)): " in ran.out


def test_a_file_that_is_read_goes_before_one_that_is_not() -> None:
    assert found(["Yabc.aiff", "abc.wav", "abc.aiff"], {"abc": None}) == {"abc": "abc.wav"}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: folder({"notes.txt": b""}), "no audio in mine: looked for .wav, .flac, .mp3, .ogg, .opus"),
        (lambda: Path("mine").mkdir(), "no audio in mine: looked for .wav, .flac, .mp3, .ogg, .opus"),
        (lambda: Path("mine").write_bytes(b""), "--audio mine is a file, not a folder"),
        (lambda: None, "no folder mine"),
    ],
    ids=["no audio", "empty", "a file", "nothing"],
)
def test_what_holds_no_audio_is_one_line(make: object, said: str) -> None:
    make()  # type: ignore[operator]
    with pytest.raises(BadInput) as refused:
        search(Path("mine"), {"abc": None}, PATTERNS)
    assert str(refused.value) == said


def test_links_are_followed_and_circles_left() -> None:
    place = folder({"b/abc.wav": b"", "elsewhere.txt": b""})
    folder({"def.wav": b""}, "other")
    (place / "b" / "up").symlink_to(place.resolve())
    (place / "b" / "self").symlink_to(".")
    (place / "z").symlink_to(Path("other").resolve())
    (place / "zz").symlink_to(Path("other").resolve())
    assert [path.relative_to(place).as_posix() for path in recordings_below(place)] == ["b/abc.wav", "z/def.wav"]


def test_a_link_as_the_folder_itself_is_followed() -> None:
    folder({"abc.wav": b""}, "real")
    Path("mine").symlink_to("real")
    assert search(Path("mine"), {"abc": None}, PATTERNS).files == {"abc": Path("mine/abc.wav")}


@given(order=st.permutations(["abc.wav", "Yabc.wav", "sub/abc_7.wav", "sub/x.wav"]))
def test_the_order_on_disk_makes_no_difference(order: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("order")
    for name in order:
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(b"")
    made = search(place, {"abc": 7.0}, PATTERNS)
    assert made.files == {"abc": place / "Yabc.wav"}
    assert [path.name for path in made.unused] == ["abc.wav", "abc_7.wav", "x.wav"]
