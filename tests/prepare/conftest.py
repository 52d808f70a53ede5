"""What these tests share: a place of one's own for prepared suites, and several users' machines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from feature_files import CARD, Move, shelf_of
from server import Site, serving

from bench.prepare import transfer
from bench.prepared import Shelf


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where prepared suites go; what is held from first use is this test's own, too."""
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "data"


@pytest.fixture
def online(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets downloads be tried, twice and without a pause between."""
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(transfer, "PAUSES", (0.0,))


@pytest.fixture
def site() -> Iterator[Site]:
    """A server of this machine, without files so far."""
    with serving() as site:
        yield site


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Move:
    """Goes to one user's machine, with a cache and prepared suites of their own; all have one card, ``own.yaml``."""
    Path("own.yaml").write_text(CARD, encoding="utf-8")

    def move(user: str) -> Shelf:
        monkeypatch.setenv("BENCH_CACHE", str(tmp_path / user / "cache"))
        monkeypatch.setenv("BENCH_DATA", str(tmp_path / user / "data"))
        return shelf_of()

    return move
