"""Files that are whole or absent, locks that die with their process; with real failures and real kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.disk import append_lines, cache_folder, locked, require_writable, sweep, write_atomically
from bench.errors import BadInput, NotEvaluable

HOLD = "import sys, pathlib; from bench.disk import locked\nwith locked(pathlib.Path(sys.argv[1])):\n"
UNPRIVILEGED = """
import os, pathlib, sys, tempfile
from bench.disk import require_writable
from bench.errors import BadInput
if os.getuid() == 0:
    os.setgid(65534), os.setuid(65534)
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "inner").mkdir()
folder.chmod(int(sys.argv[1], 8))
try:
    require_writable(folder / sys.argv[2], "--out")
except BadInput as error:
    print(error)
finally:
    folder.chmod(0o700)
    (folder / "inner").rmdir()
    folder.rmdir()
"""


def run(code: str, *words: object) -> str:
    """What a Python process of its own prints."""
    command = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def holder(folder: Path, then: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds a folder's lock, says so, and then does something more."""
    code = f"{HOLD}    print('held', flush=True)\n    {then}\n"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code, str(folder)], stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("data", [b"", b"one", bytes(3_000_000)])
def test_what_is_written_is_there_and_nothing_else(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "new" / "deep" / "file.json"
    for _ in range(2):
        write_atomically(path, data)
        assert path.read_bytes() == data
        assert [found.name for found in path.parent.iterdir()] == ["file.json"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.wav"
    path.write_bytes(b"old")
    code = (
        "import resource, sys, pathlib; from bench.disk import write_atomically\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_atomically(pathlib.Path(sys.argv[1]), bytes(5000))\n"
        "except OSError as error: print(error.strerror, error.filename, sep='|')\n"
    )
    assert run(code, path) == f"File too large|{path}"
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_way_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken") as caught:
        write_atomically(tmp_path / "taken", b"data")
    assert caught.value.filename == str(tmp_path / "taken")
    assert [found.name for found in tmp_path.iterdir()] == ["taken"]


def test_a_name_too_long_is_named_as_the_user_knows_it(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250)  # short enough for a file, too long for the temporary one
    with pytest.raises(OSError, match="name too long") as caught:
        write_atomically(path, b"data")
    assert caught.value.filename == str(path)


def test_a_killed_write_leaves_the_old_file_and_a_sweep_clears_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b"old")
    code = (
        "import os, sys, pathlib; from bench.disk import write_atomically\n"
        "os.fsync = lambda descriptor: os.kill(os.getpid(), 9)\n"
        "write_atomically(pathlib.Path(sys.argv[1]), b'new')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_sweep_takes_only_its_own_leavings(tmp_path: Path) -> None:
    kept = ["a.wav", "a.tmp", ".lock", ".hidden"]
    for name in [*kept, ".a.wav.123.tmp"]:
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
    sweep(tmp_path / "absent")


def test_lines_are_appended_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "lines.jsonl"
    append_lines(path, ["one", "zwölf"])
    append_lines(path, [])
    append_lines(path, ["three"])
    assert path.read_bytes() == "one\nzwölf\nthree\n".encode()


@pytest.mark.parametrize("torn", [b'{"id', b"\n{", "é".encode()[:1]])
def test_a_torn_line_is_closed_before_the_next(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b"first\n" + torn)
    append_lines(path, ["next"])
    assert path.read_bytes() == b"first\n" + torn + b"\nnext\n"


def test_a_folder_held_by_another_process_is_refused(tmp_path: Path) -> None:
    with holder(tmp_path, "sys.stdin.read()") as process:
        with pytest.raises(NotEvaluable, match=r"another process is using .* choose another --out"), locked(tmp_path):
            pass
        process.communicate("")  # it ends in peace
    with locked(tmp_path):
        pass


def test_a_lock_goes_with_its_killed_process(tmp_path: Path) -> None:
    with holder(tmp_path, "sys.stdin.read()") as process:
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        with locked(tmp_path):
            pass


def test_waiting_for_the_other_process_gets_the_folder_after_it(tmp_path: Path) -> None:
    then = "import time; time.sleep(0.5); pathlib.Path(sys.argv[1], 'done').touch()"
    with holder(tmp_path, then), locked(tmp_path, wait=True):
        assert (tmp_path / "done").exists()


def test_a_lock_goes_when_the_work_in_it_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), locked(tmp_path / "new"):
        raise ValueError("broken")
    start = time.monotonic()
    with locked(tmp_path / "new", wait=True):
        assert time.monotonic() - start < 1.0


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("BENCH_CACHE", "~/elsewhere")
    assert cache_folder() == Path.home() / "elsewhere"


@pytest.mark.parametrize("value", [None, ""])
def test_the_cache_is_else_in_the_home_folder(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BENCH_CACHE", raising=False)
    if value is not None:
        monkeypatch.setenv("BENCH_CACHE", value)
    assert cache_folder() == Path.home() / ".cache" / "bench"


def test_asking_whether_a_folder_can_be_written_makes_nothing(tmp_path: Path) -> None:
    require_writable(tmp_path, "--out")
    require_writable(tmp_path / "new" / "deep", "--out")
    assert list(tmp_path.iterdir()) == []


def test_a_relative_folder_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    require_writable(Path("runs") / "one", "--out")


@pytest.mark.parametrize("inner", [".", "new", "new/deep"])
def test_a_file_in_the_way_is_named(tmp_path: Path, inner: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match=r"--out .* can't be written: .*file is a file, not a folder"):
        require_writable(tmp_path / "file" / inner, "--out")


@pytest.mark.parametrize("inner", ["", "new", "new/deep"])
def test_a_folder_without_permission_is_named(inner: str) -> None:
    assert "can't be written: no permission to write in" in run(UNPRIVILEGED, "500", inner)


@pytest.mark.parametrize("inner", ["new", "inner/new"])
def test_a_folder_that_may_not_be_looked_into_is_named(inner: str) -> None:
    assert "can't be written: no permission" in run(UNPRIVILEGED, "000", inner)
