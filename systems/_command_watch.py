"""Stands between bench and a program: runs it, and kills its whole process group when bench is gone.

A script, run by its path: its arguments are the program's. Its standard input is a pipe to which nothing is ever
written; it ends when the process at the other end does, even by SIGKILL.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

NOT_FOUND = 127  # as shells have it


def main() -> int:
    """Run the program; 128 and the signal's number if one ended it."""
    threading.Thread(target=watch, daemon=True).start()
    try:
        code = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL)
    except OSError as error:
        print(f"{sys.argv[1]} can't be run: {error.strerror}", file=sys.stderr)
        return NOT_FOUND
    return code if code >= 0 else 128 - code


def watch() -> None:
    """Wait for the end of the pipe, and of everything."""
    os.read(0, 1)
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
