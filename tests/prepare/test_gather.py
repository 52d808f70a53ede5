"""Work on many recordings at once: order, outcomes, and what is left after interrupts, kills, full disks, rivals."""

from __future__ import annotations

import functools
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from conftest import Bench, finish, one_line, start, tree
from recording_files import encoded, folder, manifest, noise, own_card, recordings, shelf

from bench.manifest import Item
from bench.prepare.gather import Task, gather
from bench.progress import Reporter
from bench.suites import load_suite

QUIET = Reporter(quiet=True)
WORDS = ("prepare", "own.yaml", "--lists", "lists", "--audio", "mine", "--jobs", "2")
MANY = tuple(f"r{index:02}" for index in range(24))


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))


def made(name: str) -> Item:
    return Item(name, "ready")


def tasks(names: Sequence[str], make: Callable[[str], Item]) -> Iterator[Task]:
    return (Task(name, functools.partial(make, name)) for name in names)


def test_every_outcome_is_handed_over_once() -> None:
    had: list[str] = []
    gather(tasks(MANY, made), len(MANY), 3, lambda item: had.append(item.id), QUIET)
    assert sorted(had) == list(MANY)


def test_no_more_are_drawn_than_twice_those_at_work() -> None:
    drawn, had = 0, list[str]()

    def drawing() -> Iterator[Task]:
        nonlocal drawn
        for task in tasks(MANY, made):
            drawn += 1
            assert drawn - len(had) <= 2 * 2
            yield task

    gather(drawing(), len(MANY), 2, lambda item: had.append(item.id), QUIET)
    assert len(had) == len(MANY)


def test_as_many_run_at_once_as_there_are_jobs() -> None:
    together = threading.Barrier(3, timeout=10)  # breaks unless three wait for each other

    def wait(name: str) -> Item:
        together.wait()
        return made(name)

    gather(tasks(MANY[:6], wait), 6, 3, lambda _: None, QUIET)


def test_a_failure_hands_over_what_was_finished_and_begins_nothing_more() -> None:
    had: list[str] = []
    begun: list[str] = []

    def make(name: str) -> Item:
        begun.append(name)
        if name == "r04":
            raise OSError(28, "No space left on device")
        return made(name)

    with pytest.raises(OSError, match="No space left"):
        gather(tasks(MANY, make), len(MANY), 1, lambda item: had.append(item.id), QUIET)
    assert set(MANY[:4]) <= set(had)
    assert sorted({*had, "r04"}) == sorted(begun)
    assert len(begun) <= 8


@pytest.fixture
def many() -> Path:
    """Twenty-four recordings that take a tenth of a second each."""
    own_card(MANY, seconds=None)
    place = folder({"r00.wav": encoded(noise(1, 30.0))})
    for name in MANY[1:]:
        (place / f"{name}.wav").symlink_to("r00.wav")
    return place


def wait_for(count: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while len(list(shelf().audio.glob("*.wav"))) < count and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)


def stopped(how: signal.Signals, *words: str, after: int = 3) -> subprocess.Popen[str]:
    """A process that was sent a signal once some recordings were there."""
    process = start(*WORDS, *words, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    wait_for(after, process)
    process.send_signal(how)
    return process


def whole() -> dict[str, bytes]:
    """What comes of a run that nobody stops."""
    shutil.move("data", "stopped")
    assert finish(start(*WORDS, "--quiet")).code == 0
    found = tree(Path("data"))
    shutil.rmtree("data")
    shutil.move("stopped", "data")
    return found


def test_an_interrupt_is_one_line_and_the_next_time_goes_on(many: Path) -> None:
    before = tree(many)
    ran = finish(stopped(signal.SIGINT, "--quiet"))
    assert ran.code == 130
    assert one_line(ran.err)
    assert "interrupted; the same command goes on where this one stopped" in ran.err
    lines, there = manifest(), {path.stem for path in shelf().audio.iterdir()}
    assert 3 <= len(there) < len(MANY)
    assert {name for name, item in lines.items() if item["status"] == "ready"} == there
    assert {item["why"] for item in lines.values()} == {"", "not converted yet"}
    kept = {path.name: path.stat().st_mtime_ns for path in shelf().audio.iterdir()}
    again = finish(start(*WORDS, "--quiet"))
    assert again.code == 0, again.err
    after = {path.name: path.stat().st_mtime_ns for path in shelf().audio.iterdir()}
    assert kept.items() <= after.items()
    assert tree(Path("data")) == whole()
    assert tree(many) == before


def test_a_kill_loses_only_what_was_under_way(many: Path) -> None:
    process = stopped(signal.SIGKILL, "--quiet", after=6)
    process.communicate()
    there = {path.stem for path in shelf().audio.glob("*.wav")}
    lines = manifest()
    assert len(there - lines.keys()) <= 4  # those whose line was not written yet
    assert lines.keys() <= there
    assert {item["status"] for item in lines.values()} == {"ready"}
    assert counted() == lines.keys()  # a run counts those of which there is a line
    kept = {path.name: path.stat().st_mtime_ns for path in shelf().audio.glob("*.wav")}
    assert finish(start(*WORDS, "--quiet")).code == 0
    after = {path.name: path.stat().st_mtime_ns for path in shelf().audio.iterdir()}
    assert kept.items() <= after.items()
    assert len(after) == len(MANY)
    assert tree(Path("data")) == whole()


def counted() -> set[str]:
    """The clips of which a run has reference audio."""
    return {clip.id for clip in load_suite("own.yaml").clips if clip.reference}


def test_a_line_that_a_kill_tore_is_made_again(bench: Bench) -> None:
    own_card()
    folder(recordings())
    bench(*WORDS, "--quiet")
    before, path = tree(Path("data")), shelf().manifest
    path.write_bytes(path.read_bytes()[:-50])
    assert counted() == {f"c{index}" for index in range(5)}
    said = bench("prepare", "own.yaml")
    assert said.code == 3
    assert "5 of 6 recordings are ready" in said.out
    assert f"1 files in {shelf().audio} were not prepared, and are not used: c5; give a folder" in said.err
    assert bench(*WORDS, "--quiet").code == 0
    assert tree(Path("data")) == before


@pytest.mark.skipif(sys.platform != "linux", reason="limits a file's size as Linux does")
def test_a_full_disk_is_one_line_and_what_was_finished_stays(bench: Bench) -> None:
    own_card(["c0", "c1", "long"], seconds=None)
    files = recordings(["c0", "c1"], seconds=0.2)
    folder({**files, "long.wav": encoded(noise(3, 3.0))})

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))  # c0 takes 13 kB, long 192 kB

    ran = finish(start(*WORDS, "--quiet", "--jobs", "1", preexec_fn=small_files))
    assert ran.code == 3
    assert one_line(ran.err)
    assert "File too large: " in ran.err
    assert "long.wav" in ran.err
    left = tree(Path("data"))
    assert [name for name in left if name.endswith((".wav", ".tmp"))] == [
        f"{shelf().suite}/audio/c{index}.wav" for index in range(2)
    ]
    assert [item["status"] for item in manifest().values()] == ["ready", "ready", "missing"]
    assert bench(*WORDS, "--quiet").code == 0


def test_a_second_process_gets_one_clear_line(many: Path) -> None:
    first = stopped(signal.SIGSTOP, "--quiet", after=1)
    second = finish(start(*WORDS, "--quiet"))
    first.send_signal(signal.SIGCONT)
    assert second.code == 3
    assert one_line(second.err)
    assert "another process is preparing own in " in second.err
    assert finish(first).code == 0


@pytest.mark.parametrize("place", ["a file", "below a file", "nowhere"])
def test_a_place_for_data_that_cannot_be_is_one_line(
    bench: Bench, place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own_card()
    folder(recordings())
    Path("file").write_text("mine")
    places = {"a file": tmp_path / "file", "below a file": tmp_path / "file" / "data", "nowhere": Path("/proc/bench")}
    monkeypatch.setenv("BENCH_DATA", str(places[place]))
    ran = bench(*WORDS)
    assert ran.code == 2
    assert one_line(ran.err)
    assert f"BENCH_DATA {places[place]} can't be written: " in ran.err
    assert Path("file").read_text() == "mine"


def _ordinary() -> None:
    """Take from a process that root starts the right to read and write whatever is forbidden (capabilities(7))."""
    import ctypes

    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


@pytest.fixture
def locked_away(tmp_path: Path) -> Iterator[Path]:
    """A folder of recordings in which nothing may be written."""
    own_card()
    place = folder(recordings())
    for path in (*place.iterdir(), place):
        path.chmod(0o555)
    yield place
    place.chmod(0o755)


@pytest.mark.skipif(sys.platform != "linux", reason="takes rights from root as Linux does")
def test_a_folder_that_may_only_be_read_is_enough(locked_away: Path) -> None:
    before = tree(locked_away)
    ran = finish(start(*WORDS, "--quiet", preexec_fn=_ordinary))
    assert ran.code == 0, ran.err
    assert tree(locked_away) == before


@pytest.mark.skipif(sys.platform != "linux", reason="takes rights from root as Linux does")
def test_what_may_not_be_written_or_read_is_one_line(locked_away: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DATA", str(locked_away.parent / "shut" / "data"))
    Path("shut").mkdir(mode=0o555)
    ran = finish(start(*WORDS, preexec_fn=_ordinary))
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert "shut/data can't be written: Permission denied" in ran.err
    monkeypatch.setenv("BENCH_DATA", str(locked_away.parent / "data"))
    (locked_away / "c1.wav").chmod(0)
    ran = finish(start(*WORDS, preexec_fn=_ordinary))
    assert (ran.code, ran.err) == (3, "")
    assert "1 refused (….wav can't be read: Permission denied): c1" in ran.out
    assert "5 of 6 recordings are ready" in ran.out
    locked_away.chmod(0)
    ran = finish(start(*WORDS, preexec_fn=_ordinary))
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert "mine can't be read: Permission denied" in ran.err
