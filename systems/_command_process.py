"""A program as a process group of its own that never outlives its run: not at its end, a timeout, Ctrl-C or a kill."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

WATCH = Path(__file__).with_name("_command_watch.py")
RUNNER = Path(__file__).with_name("_command_runner.py")
# What belongs to the Python that runs this: to another one it is poison.
OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
TAIL = 4096  # bytes of a log that are looked at
LONGEST_LINE = 200
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def run(
    argv: Sequence[str], folder: Path | None, environment: Mapping[str, str], log: Path, timeout: float | None
) -> str:
    """Run a program to its end and say how it ended.

    Its output goes to the log. All of its process group is dead afterwards. A second process watches over it: when this
    one dies, by whatever signal, the pipe between them breaks, and the group is killed.

    Args:
        argv: the program and its arguments; no shell reads them.
        folder: where it runs.
        environment: all of it.
        log: appended to.
        timeout: seconds; None for no end.
    """
    watched = [sys.executable, "-I", "-S", str(WATCH), *argv]
    with log.open("ab") as stream:
        process = subprocess.Popen(
            watched,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return ending(process.wait(timeout))
        except subprocess.TimeoutExpired:
            return f"was stopped after {timeout:g} s (timeout)"
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a process group, and wait for its leader."""
    with contextlib.suppress(OSError):  # nothing is left
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin:
        process.stdin.close()
    process.wait()


def ending(code: int) -> str:
    """How a program ended, from what the process that watches it returned.

    >>> ending(3), ending(128 + 9)
    ('exited with code 3', 'was ended by SIGKILL')
    """
    number = -code if code < 0 else code - 128
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(number).name}"
    return f"exited with code {code}"


def surroundings(given: Mapping[str, str], device: str, *, foreign: bool, told: bool) -> dict[str, str]:
    """The environment that a program gets: this process's, and what the card gives.

    Args:
        given: the card's.
        device: a torch device; a program that is not told which sees no other GPU.
        foreign: whether its Python is another one than ours.
        told: whether its command line names the device.
    """
    kept = {name: value for name, value in os.environ.items() if not (foreign and name in OURS)}
    kind, _, number = device.partition(":")
    if kind == "cuda" and number and not told:
        visible = [name for name in kept.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
        kept["CUDA_VISIBLE_DEVICES"] = visible[int(number)] if int(number) < len(visible) else number
    return {**kept, "PYTHONUNBUFFERED": "1", **given}


def last_line(log: Path) -> str:
    """The last line of a log that says anything, shortened; of a progress bar what it showed last."""
    with log.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - TAIL))
        text = stream.read().decode(errors="replace")
    lines = [" ".join(ESCAPE.sub("", line).split()) for line in re.split(r"[\r\n]+", text)]
    return next((line[:LONGEST_LINE] for line in reversed(lines) if line), "")
