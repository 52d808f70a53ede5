"""A real HTTP server on this machine that serves files, and goes wrong in the ways that servers and networks do.

with serving({"list.csv": b"..."}) as site:
    site.faults["list.csv"] = Fault(cut=100, times=2)
    download(site.url("list.csv"), ...)
    assert site.asked[-1].range == "bytes=100-"
"""

from __future__ import annotations

import hashlib
import http.server
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, NamedTuple


@dataclass
class Fault:
    """What goes wrong with one file, and how often before all is well.

    Attributes:
        times: how often.
        cut: after how many bytes of the answer's body the connection breaks.
        status: what is answered in place of the file.
        stall: for how many seconds nothing comes, once ``cut`` bytes have.
    """

    times: int = 1_000_000
    cut: int | None = None
    status: int | None = None
    stall: float = 0.0


class Asked(NamedTuple):
    """One request."""

    method: str
    name: str
    range: str
    condition: str


@dataclass
class Site:
    """What is served, and what was asked for.

    Attributes:
        address: of the server, without a slash behind it.
        files: by name; change one, and its ETag changes with it.
        faults: by name.
        redirects: from one name to another, or to any address.
        types: Content-Type by name.
        headers: further headers by name, in place of the usual ones; None leaves one out.
        plain: names of files that the server gives whole only, whatever range is asked for.
        asked: every request, in order.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    headers: dict[str, dict[str, str | None]] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)
    asked: list[Asked] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def url(self, name: str) -> str:
        """A file's address."""
        return f"{self.address}/{name}"


def tag(data: bytes) -> str:
    """The ETag that the server gives a file."""
    return f'"{hashlib.sha1(data).hexdigest()}"'


class _Handler(http.server.BaseHTTPRequestHandler):
    site: Site
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None: ...

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        name = self.path.removeprefix("/").partition("?")[0]
        asked = Asked(self.command, name, self.headers.get("Range", ""), self.headers.get("If-Range", ""))
        self.site.asked.append(asked)
        fault = self.site.faults.get(name, Fault())
        wrong = fault.times > 0 and (fault.cut is not None or fault.status is not None)
        fault.times -= 1
        if wrong and fault.status is not None:
            self.say(fault.status, b"sorry", {"Content-Type": "text/plain"})
        elif name in self.site.redirects:
            to = self.site.redirects[name]
            self.say(302, b"", {"Location": to if "://" in to else f"/{to}"})
        elif name in self.site.files:
            self.give(asked, self.site.files[name], fault if wrong else Fault())
        else:
            self.say(404, b"<html>no such file</html>", {"Content-Type": "text/html"})

    def give(self, asked: Asked, data: bytes, fault: Fault) -> None:
        changed = formatdate(int.from_bytes(hashlib.sha1(data).digest()[:4], "big") // 4, usegmt=True)
        headers: dict[str, str | None] = {"ETag": tag(data), "Last-Modified": changed}
        headers |= {"Content-Type": self.site.types.get(asked.name, "application/octet-stream")}
        headers |= self.site.headers.get(asked.name, {})
        found = re.fullmatch(r"bytes=(\d+)-", asked.range)
        if not found or asked.name in self.site.plain or asked.condition not in ("", *headers.values()):
            self.say(200, data, headers, fault)
            return
        start = int(found[1])
        if start >= len(data):
            self.say(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        else:
            headers = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}", **headers}
            self.say(206, data[start:], headers, fault)

    def say(self, status: int, body: bytes, headers: Mapping[str, str | None], fault: Fault | None = None) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            if value is not None:
                self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = fault.cut if fault else None
        with suppress(ConnectionError):  # the client may have had enough
            self.wfile.write(body if cut is None else body[:cut])
            self.wfile.flush()
        if fault and cut is not None:
            self.site.done.wait(fault.stall)
        self.close_connection = cut is not None or "Content-Length" in headers


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no error of the server's."""


@contextmanager
def serving(files: Mapping[str, bytes] | None = None) -> Iterator[Site]:
    """A site with some files, until the block ends."""
    site = Site(files=dict(files or {}))
    handler = type("Handler", (_Handler,), {"site": site})
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        site.address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield site
        finally:
            site.done.set()
            server.shutdown()
