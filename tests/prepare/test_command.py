"""`bench prepare` as typed: what it refuses in one line, what it prints, and features that go to another's machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Bench, one_line, tree
from recording_files import NAMES, folder, own_card, recordings, shelf

CARD, LISTS, AUDIO = ("prepare", "own.yaml"), ("--lists", "lists"), ("--audio", "mine")
SUBSETS = 'subsets:\n  part: {title: Part, captions: {ids: ["c[0-2]"]}}\n'


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "nothing": (("prepare",), "bench prepare: the following arguments are required: suite"),
    "misspelt suite": (("prepare", "audiocap"), "no suite is called 'audiocap' (did you mean 'audiocaps'?)"),
    "misspelt subset": (("prepare", "audiocaps/tango-88"), "(did you mean 'tango-886'?)"),
    "own card's subset": (("prepare", "own.yaml/par"), "no subset of own is called 'par' (did you mean 'part'?)"),
    "no card": (("prepare", "mine.yaml"), "no suite card mine.yaml"),
    "nothing to prepare": (("prepare", "demo"), "suite demo needs no preparing"),
    "no way": ((*CARD, "--from", "hub"), "--from hub: the card of own.yaml does not know that way; give a folder with"),
    "another's way": (("prepare", "clotho", "--from", "youtube"), "the card of clotho does not know that way"),
    "what it knows": (("prepare", "audiocaps", "--from", "archive"), "it knows hub and youtube"),
    "a misspelt way": ((*CARD, "--from", "youtub"), "youtub"),
    "both ways": (("prepare", "ljspeech", "--from", "archive", *AUDIO), "give one"),
    "no jobs": ((*CARD, *AUDIO, "--jobs", "0"), "--jobs is 0, but must be 1 or more"),
    "jobs in words": ((*CARD, *AUDIO, "--jobs", "two"), "two"),
    "no folder": ((*CARD, "--audio", "nowhere"), "--audio nowhere is not there"),
    "no lists": ((*CARD, "--lists", "nowhere", *AUDIO), "--lists nowhere is not there"),
    "a file for a folder": ((*CARD, *LISTS, "--audio", "own.yaml"), "is neither a folder nor a tar or zip archive"),
    "a file for lists": ((*CARD, "--lists", "own.yaml", *AUDIO), "--lists own.yaml is no folder"),
    "an empty folder": ((*CARD, *LISTS, "--audio", "empty"), "no audio in empty: looked for .wav"),
    "others' names": ((*CARD, *LISTS, "--audio", "others"), "none of the 1 audio files in others is one of the"),
    "an empty archive": ((*CARD, *LISTS, "--audio", "empty.zip"), "empty.zip is no tar or zip archive, or is damaged"),
    "metrics of nothing": ((*CARD, "--metrics", "fad"), "--metrics goes with --reference-stats"),
    "an unknown option": ((*CARD, "--audi", "mine"), "--audi"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_one_line_and_writes_no_audio(bench: Bench, case: str) -> None:
    words, expected = REFUSED[case]
    own_card(more=SUBSETS)
    folder(recordings())
    folder({"z.wav": b""}, "others")
    Path("empty").mkdir()
    Path("empty.zip").write_bytes(b"")
    before = tree(Path("mine"))
    ran = bench(*words)
    assert ran.code == 2
    assert ran.out == ""
    assert one_line(ran.err), ran.err
    assert expected in ran.err
    assert not list(Path("data").rglob("*.wav"))
    assert tree(Path("mine")) == before


@pytest.mark.parametrize("place", ["data", "{own}", "{own}/audio", ".", "data/else"])
def test_prepared_audio_is_not_prepared_once_more(bench: Bench, place: str) -> None:
    own_card()
    folder(recordings())
    assert bench(*CARD, *LISTS, *AUDIO).code == 0
    folder(recordings(), "data/else")
    before = tree(Path("data"))
    ran = bench(*CARD, *LISTS, "--audio", place.format(own=shelf().folder))
    assert ran.code == 2
    assert one_line(ran.err)
    assert "BENCH_DATA" in ran.err
    assert tree(Path("data")) == before


def test_nothing_given_says_what_there_is_and_how_to_get_the_rest(bench: Bench) -> None:
    own_card(reference='{files: ["{recording}"], youtube: true, archive: {url: "https://example.org/a.zip"}}')
    ran = bench(*CARD, *LISTS)
    assert (ran.code, ran.err) == (3, "")
    assert ran.out.splitlines()[1:] == [
        f"0 of 6 recordings are ready in {shelf().folder}",
        "6 missing (no audio was given for it): c0, c1, c2, c3, c4 and 1 more",
        "own: 0 of 6",
        "get the rest with: bench prepare own.yaml --audio FOLDER or --from youtube or --from archive",
    ]


def test_without_a_network_a_list_that_is_not_here_is_one_line(bench: Bench) -> None:
    ran = bench("prepare", "audiocaps")
    assert ran.code == 3
    assert one_line(ran.err)
    assert "test.csv" in ran.err
    assert "HF_HUB_OFFLINE is set" in ran.err
    assert "--lists" in ran.err


def test_quiet_is_quiet_and_a_plain_log_is_short(bench: Bench) -> None:
    own_card()
    folder(recordings())
    assert bench(*CARD, *LISTS, *AUDIO).err.count("\n") <= 1
    shutil.rmtree("data")
    assert bench(*CARD, *LISTS, *AUDIO, "--quiet").err == ""


def test_preparing_needs_no_torch() -> None:
    own_card()
    folder(recordings())
    code = (
        "import sys; from bench.cli import main\n"
        "code = main(['prepare', 'own.yaml', '--lists', 'lists', '--audio', 'mine'])\n"
        "assert code == 0 and not {'torch', 'pyarrow', 'yt_dlp', 'pandas', 'scipy'} & sys.modules.keys()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr


# Features in place of audio: two users, each with a cache and prepared suites of their own.

Move = Callable[[str], None]


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Move:
    """Moves to one user's machine."""
    own_card()
    folder(recordings())

    def move(name: str) -> None:
        monkeypatch.setenv("BENCH_CACHE", str(tmp_path / name / "cache"))
        monkeypatch.setenv("BENCH_DATA", str(tmp_path / name / "data"))

    return move


def scores(bench: Bench, name: str, *words: str) -> dict[str, Any]:
    places = ("--results", f"{name}-results", "--out", name)
    ran = bench("run", "--system", "noise", "--suite", "own.yaml", *places, "--json", *words)
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)["scores"]
    return found


def test_features_go_to_one_who_has_no_audio_and_score_the_same(bench: Bench, user: Move) -> None:
    user("first")
    ran = bench(*CARD, *LISTS, *AUDIO, "--reference-stats", "stats.zip")
    assert ran.code == 0, ran.err
    assert "features of logmel are in stats.zip" in ran.err
    first = scores(bench, "first-runs")
    user("second")
    ran = bench(*CARD, *LISTS, "--import-stats", "stats.zip")
    assert ran.code == 0, ran.err
    assert "6 recordings are known by their features now: logmel" in ran.err
    assert not list(Path("second").rglob("*.wav"))
    second = scores(bench, "second-runs")
    assert second == first
    assert second["fad-logmel"]["signature"] == first["fad-logmel"]["signature"]


def test_one_who_has_features_is_told_so_and_may_get_the_audio_later(bench: Bench, user: Move) -> None:
    user("first")
    bench(*CARD, *LISTS, *AUDIO, "--reference-stats", "stats.zip")
    user("second")
    bench(*CARD, *LISTS, "--import-stats", "stats.zip")
    ran = bench(*CARD)
    assert ran.code == 0, ran.out
    assert "0 of 6 recordings are ready" in ran.out
    assert "6 are known by imported features: c0, c1, c2, c3, c4 and 1 more" in ran.out
    assert json.loads(bench(*CARD, "--json").out)["features"] == list(NAMES)
    ran = bench(*CARD, *AUDIO)
    assert ran.code == 0
    assert "6 of 6 recordings are ready" in ran.out
    assert "imported" not in ran.out


def test_some_audio_and_for_the_rest_features(bench: Bench, user: Move) -> None:
    user("first")
    bench(*CARD, *LISTS, *AUDIO, "--reference-stats", "stats.zip")
    first = scores(bench, "first-runs")
    user("second")
    for name in ("c1.wav", "c4.wav"):
        (Path("mine") / name).unlink()
    ran = bench(*CARD, *LISTS, *AUDIO, "--import-stats", "stats.zip")
    assert ran.code == 0, ran.err
    assert "2 recordings are known by their features now" in ran.err
    assert scores(bench, "second-runs") == first


def test_the_same_file_on_both_machines(bench: Bench, user: Move) -> None:
    for name in ("first", "second"):
        user(name)
        bench(*CARD, *LISTS, *AUDIO, "--reference-stats", f"{name}.zip")
    assert Path("first.zip").read_bytes() == Path("second.zip").read_bytes()


def test_the_reference_is_exported_only_whole(bench: Bench, user: Move) -> None:
    user("first")
    (Path("mine") / "c1.wav").unlink()
    ran = bench(*CARD, *LISTS, *AUDIO, "--reference-stats", "stats.zip")
    assert ran.code == 3
    assert "suite own lacks 1 references, first c1" in ran.err
    assert not Path("stats.zip").exists()


def test_features_of_another_network_are_refused(bench: Bench, user: Move) -> None:
    user("first")
    bench(*CARD, *LISTS, *AUDIO, "--reference-stats", "stats.zip")
    with zipfile.ZipFile("stats.zip") as old, zipfile.ZipFile("other.zip", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"w:none", b"w:12345678"))
    user("second")
    ran = bench(*CARD, *LISTS, "--import-stats", "other.zip", "--quiet")
    assert ran.code == 2
    assert one_line(ran.err)
    assert "have the signature emb:logmel-1|w:12345678" in ran.err
    assert "here it is emb:logmel-1|w:none" in ran.err
    assert not list(Path("second").rglob("*.features"))


@pytest.mark.parametrize("given", ["nowhere.zip", "own.yaml", "mine"])
def test_what_holds_no_features_is_refused(bench: Bench, user: Move, given: str) -> None:
    user("second")
    ran = bench(*CARD, *LISTS, "--import-stats", given, "--quiet")
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert given in ran.err


def test_metrics_that_hear_no_reference_have_no_features(bench: Bench, user: Move) -> None:
    user("first")
    ran = bench(*CARD, *LISTS, *AUDIO, "--reference-stats", "stats.zip", "--metrics", "efficiency", "--quiet")
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert "none of these compares with reference audio: real-time-factor" in ran.err
    shutil.rmtree("first")
    ran = bench(*CARD, *LISTS, *AUDIO, "--reference-stats", "stats.zip", "--metrics", "fadd", "--quiet")
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert not Path("first").exists()


def test_features_and_audio_as_json_are_one_object(bench: Bench, user: Move) -> None:
    user("first")
    bench(*CARD, *LISTS, *AUDIO, "--reference-stats", "stats.zip")
    user("second")
    ran = bench(*CARD, *LISTS, "--import-stats", "stats.zip", "--json", "--quiet")
    said = json.loads(ran.out)
    assert ran.code == 0
    assert (said["ready"], said["features"], said["lacking"]) == (0, list(NAMES), {})
