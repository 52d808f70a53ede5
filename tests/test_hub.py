"""Repositories of the hub: one commit from first use on, the files that are wanted, and a line where they can't."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import FIRST, SECOND, Hub, hub

from bench.errors import BadInput, NotEvaluable
from bench.hub import commit, content_digest, snapshot
from bench.pretrained import Pretrained

FILES = {
    "config.json": b"{}",
    "net/model.safetensors": b"safe",
    "net/model.bin": b"pickled",
    "flax_model.msgpack": b"x",
}


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Where a process finds the hub, and keeps what it gets."""
    with hub("models", FILES, tmp_path) as environment:
        yield environment


def got(environment: dict[str, str], repository: str = "owner/name") -> str:
    """What a new process gets of a repository: its folder and files, or the error."""
    code = (
        "import sys; from bench.hub import commit, snapshot; from bench.errors import NotEvaluable\n"
        "try:\n"
        f"    held = commit({repository!r}); path = snapshot({repository!r}, held)\n"
        "    print(held, *sorted(str(f.relative_to(path)) for f in path.rglob('*') if f.is_file()))\n"
        "except NotEvaluable as error: print(error)"
    )
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=100)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_a_repository_is_downloaded_once_without_what_nobody_loads(environment: dict[str, str]) -> None:
    assert got(environment) == f"{FIRST} config.json net/model.safetensors"
    Hub.paths.clear()
    assert got(environment) == f"{FIRST} config.json net/model.safetensors"
    assert Hub.paths == []


def test_a_branch_that_moves_on_is_held_to_what_it_was(environment: dict[str, str]) -> None:
    got(environment)
    Hub.head = SECOND
    assert got(environment).split()[0] == FIRST


def test_a_download_that_lost_a_file_is_completed(environment: dict[str, str]) -> None:
    got(environment)
    [link] = Path(environment["HF_HOME"]).rglob("model.safetensors")
    link.unlink()
    assert got(environment) == f"{FIRST} config.json net/model.safetensors"


def test_offline_a_download_that_is_known_to_lack_a_file_is_refused(environment: dict[str, str]) -> None:
    got(environment)
    assert got({**environment, "BENCH_OFFLINE": "1"}).startswith(FIRST)
    [link] = Path(environment["HF_HOME"]).rglob("model.safetensors")
    link.unlink()
    assert got({**environment, "BENCH_OFFLINE": "1"}).startswith("owner/name is not here")


def test_what_the_hub_does_not_have_is_one_line(environment: dict[str, str]) -> None:
    line = got(environment, "owner/other")
    assert line.startswith(
        "owner/other is not here; get it with `bench fetch` where there is a network, or give a folder"
    )
    assert "asking the hub failed" in line
    assert "\n" not in line


def test_offline_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    for ask in (lambda: commit("owner/name"), lambda: snapshot("owner/name", FIRST)):
        with pytest.raises(NotEvaluable, match=r"owner/name is not here.*HF_HUB_OFFLINE is set, so nothing is"):
            ask()


def test_a_commit_stands_for_itself() -> None:
    assert commit("owner/name", FIRST) == FIRST


def test_a_folder_is_what_it_holds_and_not_where_it_lies(tmp_path: Path) -> None:
    for place in ("here", "there"):
        (tmp_path / place / "net").mkdir(parents=True)
        (tmp_path / place / "net" / "model.bin").write_bytes(b"weights")
        (tmp_path / place / "config.json").write_bytes(b"{}")
    here, there = tmp_path / "here", tmp_path / "there"
    assert content_digest(here) == content_digest(there)
    (there / ".lock").write_bytes(b"")
    (there / "net").rename(tmp_path / "elsewhere")
    (there / "net").symlink_to(tmp_path / "elsewhere")  # as in a hub's cache, or on a cluster
    (tmp_path / "elsewhere" / "circle").symlink_to(there)
    assert content_digest(here) == content_digest(there)
    (there / "net" / "model.bin").write_bytes(b"others!")
    assert content_digest(here) != content_digest(there)


def test_ones_own_checkpoint_is_known_by_digest_and_named_without_its_place(tmp_path: Path) -> None:
    (tmp_path / "deep" / "mine").mkdir(parents=True)
    (tmp_path / "deep" / "mine" / "config.json").write_bytes(b"{}")
    system = Pretrained(checkpoint=str(tmp_path / "deep" / "mine"))
    fields = system.fields("mine", 0)
    assert fields["checkpoint"] == "mine"
    assert fields["revision"].startswith("sha256:")
    assert str(tmp_path) not in json.dumps([fields, system.identity()])
    (tmp_path / "deep" / "mine" / "config.json").write_bytes(b"[]")
    assert system.tag(0) != fields["hash"]


@pytest.mark.parametrize("name", ["./absent", "/absent/absent", "absent", "a/b/c", "~/absent"])
def test_what_is_neither_here_nor_on_the_hub_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="is neither a folder nor a file here, nor owner/name of a repository"):
        Pretrained(checkpoint=name).weights  # noqa: B018 - asking is the point


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"")
    with pytest.raises(BadInput, match=r"net.onnx is a file, and Pretrained loads a folder$"):
        Pretrained(checkpoint=str(tmp_path / "net.onnx")).weights  # noqa: B018 - asking is the point
