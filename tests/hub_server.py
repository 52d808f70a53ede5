"""The hub on this machine: one repository, ``owner/name``, whose branch can move, as the hub's client asks for it."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Literal

FIRST, SECOND = "1" * 40, "2" * 40
Kind = Literal["models", "datasets"]


class Hub(http.server.BaseHTTPRequestHandler):
    """What there is, and what was asked for.

    Attributes:
        kind: of the repository.
        head: the commit that its branch is at.
        files: their bytes by name.
        broken: the names of those that break off half-way.
        paths: of every request.
        fetched: the names of files of which the bytes were asked for.
    """

    kind: ClassVar[Kind] = "models"
    head: ClassVar[str] = FIRST
    files: ClassVar[dict[str, bytes]] = {}
    broken: ClassVar[set[str]] = set()
    paths: ClassVar[list[str]] = []
    fetched: ClassVar[list[str]] = []

    def log_message(self, *_: object) -> None: ...

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        Hub.paths.append(self.path)
        about, place = f"/api/{self.kind}/owner/name", "/datasets" if self.kind == "datasets" else ""
        resolved = f"{place}/owner/name/resolve/"
        if self.path.startswith(f"{about}/tree/"):
            found = [{"type": "file", "path": name, "size": len(body), "oid": "0"} for name, body in self.files.items()]
            self.answer(json.dumps(found).encode(), "application/json")
        elif self.path.startswith(about):
            said = {"id": "owner/name", "sha": self.head, "siblings": [{"rfilename": name} for name in self.files]}
            self.answer(json.dumps(said).encode(), "application/json")
        elif self.path.startswith(resolved):
            revision, _, name = self.path.removeprefix(resolved).partition("/")
            if self.command == "GET":
                Hub.fetched.append(name)
            self.answer(self.files[name], "application/octet-stream", revision, cut=name in self.broken)
        else:
            self.send_error(404)

    def answer(self, body: bytes, kind: str, revision: str = "", *, cut: bool = False) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
        if revision:
            self.send_header("X-Repo-Commit", revision)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[: len(body) // 2] if cut else body)


@contextlib.contextmanager
def hub(kind: Kind, files: Mapping[str, bytes], folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a process that takes this machine for the hub, and keeps below a folder what it gets."""
    Hub.kind, Hub.head, Hub.files, Hub.broken, Hub.paths, Hub.fetched = kind, FIRST, dict(files), set(), [], []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        places = {"HF_HOME": str(folder / "hub"), "BENCH_CACHE": str(folder / "cache")}
        address = {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}", "HF_HUB_DISABLE_XET": "1"}
        yield {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"} | places | address
        server.shutdown()
