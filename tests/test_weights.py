"""Weights: looked for where the user says, downloaded whole or not at all, and known by what they hold."""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Bench, one_line

from bench.errors import BadInput, NotEvaluable
from bench.weights import Weights, digest_of, is_published, locate, obtain, tag, weights_folder

DATA = b"weights" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()
OTHERS = b"others" * 1000


@pytest.fixture(autouse=True)
def _online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.delenv("BENCH_WEIGHTS", raising=False)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and one that breaks off half-way."""

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        if "broken" not in self.path:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(DATA)))
        self.end_headers()
        self.wfile.write(DATA[:100])


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "net.pth").write_bytes(DATA)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes = DATA) -> Path:
    folder = tmp_path / "own"
    folder.mkdir(exist_ok=True)
    (folder / "net.pth").write_bytes(data)
    monkeypatch.setenv("BENCH_WEIGHTS", str(folder))
    return folder / "net.pth"


def test_a_download_is_kept_and_known_by_its_digest(address: str) -> None:
    net = Weights("net.pth", f"{address}/net.pth", sha256=DIGEST)
    assert tag(net) == DIGEST[:8]  # what it will be
    path = obtain(net)
    assert path == weights_folder() / "net.pth"
    assert path.read_bytes() == DATA
    assert tag(net) == DIGEST[:8]


def test_what_is_here_is_not_downloaded_again(address: str) -> None:
    obtain(Weights("net.pth", f"{address}/net.pth"))
    assert obtain(Weights("net.pth", "http://127.0.0.1:9/net.pth")).read_bytes() == DATA


@pytest.mark.parametrize("page", ["absent.pth", "broken.pth"])
def test_a_download_that_fails_leaves_nothing(address: str, page: str) -> None:
    with pytest.raises(NotEvaluable, match=r"net\.pth is not here: looked in .*download failed"):
        obtain(Weights("net.pth", f"{address}/{page}"))
    assert not list(weights_folder().rglob("*net*"))


def test_a_download_of_something_else_is_not_kept(address: str) -> None:
    net = Weights("net.pth", f"{address}/net.pth", sha256="00000000")
    with pytest.raises(NotEvaluable, match="another file than the published one"):
        obtain(net)
    assert locate(net) is None


@pytest.mark.parametrize("switch", ["BENCH_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_nothing_is_downloaded(address: str, monkeypatch: pytest.MonkeyPatch, switch: str) -> None:
    monkeypatch.setenv(switch, "1")
    with pytest.raises(NotEvaluable, match=f"bench fetch.*{switch} is set"):
        obtain(Weights("net.pth", f"{address}/net.pth"))


def test_the_users_folder_comes_first_and_other_weights_are_marked(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Weights("net.pth", f"{address}/net.pth", sha256=DIGEST)
    obtain(net)
    path = own(tmp_path, monkeypatch, OTHERS)
    assert obtain(net) == path
    assert tag(net) == hashlib.sha256(OTHERS).hexdigest()[:8] + "!"
    path.write_bytes(DATA)
    assert tag(net) == DIGEST[:8]


def test_part_of_a_digest_is_held_to_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own(tmp_path, monkeypatch)
    assert tag(Weights("net.pth", "", sha256=DIGEST[:6])) == DIGEST[:8]
    assert tag(Weights("net.pth", "", sha256="123456")) == f"{DIGEST[:8]}!"


def test_where_no_digest_is_known_the_first_one_is_held_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = own(tmp_path, monkeypatch)
    net = Weights("net.pth", "")
    obtain(net)
    assert tag(net) == DIGEST[:8]
    path.write_bytes(OTHERS)
    obtain(net)
    assert tag(net) == hashlib.sha256(OTHERS).hexdigest()[:8]  # as on any other machine
    assert not is_published(net)
    path.write_bytes(DATA)
    assert is_published(net)


def test_a_download_of_another_size_is_not_kept(address: str) -> None:
    net = Weights("net.pth", f"{address}/net.pth", size=len(DATA) + 1)
    with pytest.raises(NotEvaluable, match="another file than the published one"):
        obtain(net)
    assert locate(net) is None


def test_a_file_replaced_with_its_time_kept_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(DATA)
    before = path.stat()
    assert digest_of(path) == DIGEST
    path.write_bytes(bytes(len(DATA)))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert digest_of(path) == hashlib.sha256(bytes(len(DATA))).hexdigest()


def test_a_folder_tells_files_of_one_name_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = own(tmp_path, monkeypatch)
    assert locate(Weights("one/net.pth", "")) is None
    (path.parent / "one").mkdir()
    (path.parent / "one" / "net.pth").write_bytes(OTHERS)
    assert obtain(Weights("one/net.pth", "")).read_bytes() == OTHERS


def test_a_digest_follows_a_file_that_changes(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(DATA)
    assert digest_of(path) == DIGEST
    path.write_bytes(DATA + b"1")
    assert digest_of(path) == hashlib.sha256(DATA + b"1").hexdigest()


def test_a_hub_file_is_found_in_the_hubs_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As huggingface_hub lays it out; so what other programs downloaded is used."""
    net = Weights("net.pth", "hf:some/repo@main/deep/net.pth")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.file_download.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    assert locate(net) is None
    commit = "0" * 40
    snapshot = tmp_path / "hub" / "models--some--repo" / "snapshots" / commit / "deep"
    snapshot.mkdir(parents=True)
    (snapshot / "net.pth").write_bytes(DATA)
    refs = tmp_path / "hub" / "models--some--repo" / "refs"
    refs.mkdir()
    (refs / "main").write_text(commit)
    assert obtain(net).read_bytes() == DATA


def test_a_folder_that_is_none_is_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_WEIGHTS", "/no/such/folder")
    with pytest.raises(BadInput, match="/no/such/folder"):
        locate(Weights("net.pth", ""))
    ran = bench("fetch", "fad")
    assert ran.code == 2
    assert one_line(ran.err)
    assert bench("list").code == 0
    assert "NO  vggish: BENCH_WEIGHTS is '/no/such/folder'" in bench("doctor").out


def test_fetch_says_where_each_file_is(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own(tmp_path, monkeypatch).rename(tmp_path / "own" / "vggish-10086976.pth")
    for name in ("fad", "vggish", "fad@vggish:soxr"):
        ran = bench("fetch", name)
        assert ran.code == 0
        assert ran.out == f"vggish-10086976.pth ({DIGEST[:8]}!): {tmp_path / 'own' / 'vggish-10086976.pth'}\n"
    assert "nothing to fetch" in bench("fetch", "foley", "fad-logmel").out


def test_fetch_offline_names_each_file_and_exits_3(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_OFFLINE", "1")
    ran = bench("fetch", "fad")
    assert ran.code == 3
    assert one_line(ran.err)
    assert "vggish-10086976.pth is not here" in ran.err


def test_fetch_of_an_unknown_name_offers_the_nearest(bench: Bench) -> None:
    ran = bench("fetch", "vgish")
    assert ran.code == 2
    assert "did you mean 'vggish'?" in ran.err
