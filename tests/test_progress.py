"""Progress: a bar on a terminal, a few plain lines elsewhere, silence when asked, and never on stdout."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from bench import progress
from bench.progress import Reporter

WORK = (
    "import sys, time; from bench.progress import Reporter\n"
    "with Reporter(quiet=sys.argv[1] == 'quiet').track('embedding', 6) as advance:\n"
    "    for _ in range(3):\n"
    "        time.sleep(float(sys.argv[2])); advance(2)\n"
)


def on_a_terminal(*words: str) -> str:
    """What the work writes to stderr when that is a terminal; nothing may go to stdout."""
    leader, follower = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-c", WORK, *words], stdout=subprocess.PIPE, stderr=follower, env=environment, check=True
    )
    os.close(follower)
    assert done.stdout == b""
    written = b""
    try:
        while chunk := os.read(leader, 65_536):
            written += chunk
    except OSError:  # Linux's way of saying that the other end is closed
        pass
    finally:
        os.close(leader)
    return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", written.decode())  # without colours and cursor movements


def test_a_terminal_sees_a_bar_with_count_rate_and_time_left() -> None:
    seen = on_a_terminal("loud", "0.15")
    assert "embedding" in seen
    assert "6/6 clips" in seen
    assert "/s" in seen
    assert "left" in seen


def test_quiet_is_quiet_on_a_terminal_too() -> None:
    assert on_a_terminal("quiet", "0.0") == ""


def test_brief_work_leaves_no_line_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with Reporter().track("checking", 3, "files") as advance:
        for _ in range(3):
            advance(1)
    assert capsys.readouterr() == ("", "")


def test_longer_work_ends_with_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "BRIEF", 0.0)
    with Reporter().track("checking", 4, "files") as advance:
        advance(3)
        advance(1)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("checking: 4/4 files, ")
    assert err.endswith("/s\n")
    assert err.count("\n") == 1


def test_a_line_now_and_then_says_what_is_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    with Reporter().track("generating", 4) as advance:
        advance(1)
        advance(0)
        advance(1)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == [f"generating: {done}/4 clips" for done in (1, 1, 2)]
    assert all(line.endswith(" s left") for line in lines)


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "BRIEF", 0.0)
    reporter = Reporter(quiet=True)
    reporter.line("hello")
    with reporter.track("checking", 1) as advance:
        advance(1)
    assert capsys.readouterr() == ("", "")


def test_a_line_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    Reporter().line("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_no_work_is_no_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    with Reporter().track("checking", 0) as advance:
        advance(0)
    assert capsys.readouterr() == ("", "")


def test_an_exception_in_the_work_comes_through() -> None:
    with pytest.raises(ValueError, match="broken"), Reporter().track("checking", 3) as advance:
        advance(1)
        raise ValueError("broken")
