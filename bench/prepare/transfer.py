"""Transfers over HTTP that go on where they broke off, and that take nothing for a file that is none."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.digest import canonical_json
from bench.disk import write_atomically
from bench.errors import NotEvaluable
from bench.progress import Reporter

if TYPE_CHECKING:
    from requests import Response

TIMEOUT = (10.0, 60.0)  # seconds: to connect, and between two pieces
HASTY = (3.0, 10.0)  # the same, for what can be done without
PAUSES = (1.0, 3.0, 9.0)  # seconds before each new try that follows one without progress
PIECE = 1 << 16  # bytes
MEGABYTE = 1_000_000
BUSY = (408, 425, 429, 500, 502, 503, 504)  # answers after which asking again can help
WHOLE, PARTIAL, BEYOND = 200, 206, 416
CONNECTION = re.compile(r"^\w+Connection(Pool)?\([^)]*\): ")  # how urllib3 begins its messages
PAGES = ("text/html", "application/xhtml+xml")
PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:(?:<!--.*?-->|<\?xml.*?\?>)\s*)*<(?:!doctype\s+html|html|head)\b",
    re.IGNORECASE | re.DOTALL,
)


class Part(NamedTuple):
    """What has come of a file so far: it stays through interrupts and kills, so that the next call goes on with it.

    Attributes:
        url: where the file comes from.
        target: where the whole is to be.
        size: of the whole in bytes, where known before; else 0.
    """

    url: str
    target: Path
    size: int = 0

    @property
    def path(self) -> Path:
        """The bytes."""
        return self.target.with_name(f"{self.target.name}.part")

    @property
    def mark(self) -> Path:
        """What they are a part of."""
        return self.target.with_name(f"{self.target.name}.part.json")

    @property
    def state(self) -> str:
        """What the server called the file that this is a part of; empty where it can't be gone on with."""
        try:
            said = json.loads(self.mark.read_bytes())
            return str(said["state"]) if said["url"] == self.url and self.path.is_file() else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    @property
    def came(self) -> int:
        """How many bytes a transfer can go on from."""
        return self.path.stat().st_size if self.state else 0

    @property
    def kept(self) -> str:
        """What messages say of it."""
        return f"; {self.came} bytes of it are kept, and the next try goes on there" if self.came else ""

    def restart(self, state: str) -> None:
        """Begin anew with the file that a server calls so; the old bytes go first, so they never pass for new ones."""
        self.path.write_bytes(b"")
        write_atomically(self.mark, canonical_json({"url": self.url, "state": state}).encode())

    def discard(self) -> None:
        """Keep nothing."""
        self.path.unlink(missing_ok=True)
        self.mark.unlink(missing_ok=True)


class _Broken(Exception):
    """A transfer came to nothing, or to a part; another try may do better."""


def transfer(part: Part, reporter: Reporter, *, hasty: bool = False) -> None:
    """Make a part whole: with as many tries as get further than any before, and a few that don't.

    Args:
        part: what has come of it so far.
        reporter: where progress is shown.
        hasty: with one try, and little patience.

    Raises:
        NotEvaluable: the file is not there, is a web page, or its transfer breaks off again and again.
        OSError: the disk is full.
    """
    try:
        _persist(part, reporter, hasty)
    except BaseException:  # an interrupt too leaves nothing that can't be gone on with
        if not part.came:
            part.discard()
        raise


def _persist(part: Part, reporter: Reporter, hasty: bool) -> None:
    import requests

    again = (_Broken, requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    furthest, idle = part.came, 0
    while True:
        try:
            return _try(part, reporter, HASTY if hasty else TIMEOUT)
        except again as error:
            idle = 0 if part.came > furthest else idle + 1
            furthest = max(furthest, part.came)
            if hasty or idle > len(PAUSES):
                raise failed(part, error) from error
            way = f"going on from byte {part.came}" if part.came else "trying again"
            reporter.line(f"{part.target.name}: {_said(error)}; {way}")
            time.sleep(PAUSES[max(idle, 1) - 1])
        except requests.RequestException as error:
            raise failed(part, error) from error


def failed(part: Part, error: Exception | str) -> NotEvaluable:
    """One line for a file that can't be had."""
    return NotEvaluable(f"{part.target.name} can't be downloaded from {part.url}: {_said(error)}{part.kept}")


def _said(error: BaseException | str) -> str:
    """What went wrong, of an error that the packages below have wrapped in others."""
    while isinstance(error, BaseException):
        inner = getattr(error, "reason", None) or next(iter(error.args), None)
        error = inner if isinstance(inner, BaseException | str) else f"{type(error).__name__}: {error}"
    return " ".join(CONNECTION.sub("", error).split())


def _try(part: Part, reporter: Reporter, timeout: tuple[float, float]) -> None:
    import requests

    came = part.came
    headers = {"Accept-Encoding": "identity"}  # so that bytes are counted as they are kept
    if came:
        headers |= {"Range": f"bytes={came}-", "If-Range": part.state}
    with requests.get(part.url, headers=headers, stream=True, timeout=timeout) as answer:
        if answer.status_code == BEYOND and came:
            return _beyond(answer, part)
        _check(answer, part)
        if answer.status_code == PARTIAL:
            if not answer.headers.get("Content-Range", "").startswith(f"bytes {came}-") or not came:
                part.discard()
                raise _Broken("the server sent another range than the one asked for")
        else:
            part.restart(_state(answer))
        _receive(answer, part, reporter)
    return None


def _beyond(answer: Response, part: Part) -> None:
    """There is nothing behind what has come: it is whole, or not a part of what is there now."""
    if answer.headers.get("Content-Range", "").rpartition("/")[2] != str(part.came):
        part.discard()
        raise _Broken("the server has another file now")


def _check(answer: Response, part: Part) -> None:
    """Raise unless an answer brings the file.

    Raises:
        _Broken: it may do so later.
        NotEvaluable: it brings an error or a web page.
    """
    said = f"the server answers {answer.status_code} {answer.reason}"
    if answer.status_code in BUSY:
        raise _Broken(said)
    if answer.status_code not in (WHOLE, PARTIAL):
        raise failed(part, said)
    if answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() in PAGES:
        raise _page(part)


def _page(part: Part) -> NotEvaluable:
    return failed(part, "a web page came in place of the file")


def _state(answer: Response) -> str:
    """What tells a file from its later versions byte by byte, where the server says so."""
    tag = answer.headers.get("ETag", "")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        return ""
    return tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")


def _receive(answer: Response, part: Part, reporter: Reporter) -> None:
    """Append what an answer brings."""
    came = part.path.stat().st_size
    length = answer.headers.get("Content-Length", "")
    total = came + int(length) if length.isdecimal() else 0
    _require_space(part, max(total or part.size, came) - came)
    whole = total or part.size
    with (
        part.path.open("ab") as file,
        reporter.track(f"downloading {part.target.name}", whole // MEGABYTE, "MB") as advance,
    ):
        advance(came // MEGABYTE)
        for piece in answer.iter_content(PIECE):
            if not came and PAGE.match(piece):
                raise _page(part)
            file.write(piece)
            came, before = came + len(piece), came
            advance(came // MEGABYTE - before // MEGABYTE)
    if part.path.stat().st_size < whole:
        raise _Broken(f"it ended after {part.path.stat().st_size} of {whole} bytes")


def _require_space(part: Part, needed: int) -> None:
    if shutil.disk_usage(part.target.parent).free < needed:
        raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)} for {needed} bytes", str(part.target))
