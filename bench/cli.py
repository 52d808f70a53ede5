"""The command line: what was typed becomes a call, what was found is printed, and the exit code says which."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Callable, Sequence

from bench.errors import BadInput, NotEvaluable

DONE, USAGE, UNEVALUATED, INTERRUPTED = 0, 2, 3, 130  # 1: a regression, or unlike a reference

HELP = """\
usage: bench COMMAND [OPTIONS]

From prompts to a scored table, for text-to-audio, text-to-music and text-to-speech models.

commands:
  run       generate what is missing, score it, write a record, print the table
  score     the same for audio made elsewhere: bench score FOLDER --suite NAME
  prepare   get a suite ready: its captions, and its reference audio
  table     the papers' tables: published and measured side by side
  check     the gate for checkpoints: has anything got worse than the baseline?
  ratings   listening tests: import, quality control, means with intervals; plan one
  list      systems, suites, metrics and embedders there are
  fetch     download weights ahead, for a run without a network
  doctor    what is installed, what is missing; --parity compares scores with the packages others use

`bench COMMAND --help` says what a command takes. --version prints the version, --debug shows tracebacks.
Exit codes: 0 done, 1 regression or unlike a reference, 2 usage, 3 not everything could be evaluated."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without arrows still gets its table
    debug = "--debug" in words
    try:
        return _dispatch([word for word in words if word != "--debug"])
    except BrokenPipeError:  # `bench table | head`: the reader has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (Exception, KeyboardInterrupt) as error:
        if debug:
            raise
        line, code = explained(error)
        print(f"bench: {' '.join(line.split())}", file=sys.stderr)
        return code


def explained(error: BaseException) -> tuple[str, int]:
    """What an error comes to: one line, and the exit code."""
    match error:
        case BadInput():
            return str(error), USAGE
        case KeyboardInterrupt():
            return "interrupted; the same command goes on where this one stopped", INTERRUPTED
        case NotEvaluable() | ImportError():
            return str(error), UNEVALUATED
        case OSError():
            return f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}", UNEVALUATED
    return f"this is a bug: {type(error).__name__}: {error} (--debug shows where)", UNEVALUATED


def _dispatch(words: list[str]) -> int:
    from bench import __version__
    from bench.errors import unknown

    if not words or words[0] in ("-h", "--help", "help"):
        print(HELP)
        return DONE if words else USAGE
    if words[0] in ("-V", "--version"):
        print(f"bench {__version__}")
        return DONE
    if words[0] not in COMMANDS:
        raise unknown("command", words[0], COMMANDS)
    module, function = COMMANDS[words[0]].split(":")
    command: Callable[[list[str]], int] = getattr(importlib.import_module(f"bench.{module}"), function)
    return command(words[1:])


# Where each command is, so that one is imported without the others.
COMMANDS = {
    "run": "commands:run",
    "score": "commands:score",
    "table": "paper.command:table",
    "prepare": "prepare.command:prepare",
    "check": "gate.command:check",
    "ratings": "listening.command:ratings",
    "list": "commands:catalogue",
    "fetch": "commands:fetch",
    "doctor": "commands:doctor",
}
