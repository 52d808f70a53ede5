"""Checkpoints of every kind that is published load; none runs code."""

from __future__ import annotations

import argparse
import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.checkpoint import load_state
from bench.digest import file_digest
from bench.weights import weights_folder

STATE = {"layer.weight": torch.arange(6.0).reshape(2, 3), "layer.bias": torch.tensor([1, 2])}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))


def loaded(path: Path) -> dict[str, torch.Tensor]:
    return load_state(path, file_digest(path))


def same(found: dict[str, torch.Tensor]) -> bool:
    return found.keys() == STATE.keys() and all(torch.equal(found[key], STATE[key]) for key in STATE)


SAVED: dict[str, Any] = {
    "plain": STATE,
    "ordered": OrderedDict(STATE),
    "under model": {"iteration": 600_000, "model": STATE},
    "under state_dict": {"epoch": 15, "name": "clap", "state_dict": OrderedDict(STATE), "optimizer": {"lr": 1e-4}},
}


@pytest.mark.parametrize("kind", SAVED)
@pytest.mark.parametrize("zipped", [True, False])
def test_what_torch_saved_loads(tmp_path: Path, kind: str, zipped: bool) -> None:
    torch.save(SAVED[kind], tmp_path / "net.pt", _use_new_zipfile_serialization=zipped)
    assert same(loaded(tmp_path / "net.pt"))


def test_safetensors_load(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file(STATE, tmp_path / "net.safetensors")
    assert same(loaded(tmp_path / "net.safetensors"))


def save_as_laion(path: Path, extra: Any, protocol: int, *, zipped: bool = True) -> None:
    """LAION's training script pickled numpy numbers too, by protocol 4: ``weights_only`` refuses both."""
    holder = {"epoch": 15, "best": np.float64(0.9), "state_dict": OrderedDict(STATE), "extra": extra}
    torch.save(holder, path, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_laions_pickles_load_and_are_converted_once(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "laion.pt"
    save_as_laion(path, [np.arange(3), np.dtype("float32"), torch.float16, torch.Size([2])], protocol)
    assert same(loaded(path))
    (made,) = (weights_folder() / "converted").glob("*.safetensors")
    assert made.stem == file_digest(path)
    stamp = made.stat().st_mtime_ns
    assert same(loaded(path))
    assert made.stat().st_mtime_ns == stamp
    made.write_bytes(made.read_bytes()[:-1])  # a damaged copy is made anew
    assert same(loaded(path))


class Hostile:
    """What a pickle runs when it is read."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize(
    "act",
    [
        lambda mark: Hostile(os.mkdir, str(mark)),
        lambda mark: Hostile(eval, f"__import__('os').mkdir({str(mark)!r})"),
        lambda mark: Hostile(torch.hub.load, str(mark), "net"),
        lambda mark: Hostile(torch.load, str(mark)),
        lambda mark: Hostile(torch.UntypedStorage.from_file, str(mark), True, 1),
        lambda mark: Hostile(np.memmap, str(mark), "uint8", "w+", 0, 4),
        lambda mark: argparse.Namespace(mark=str(mark)),
    ],
    ids=["mkdir", "eval", "hub", "load", "dotted", "memmap", "object"],
)
def test_a_hostile_pickle_is_refused_and_runs_nothing(tmp_path: Path, act: Any, protocol: int, zipped: bool) -> None:
    path, mark = tmp_path / "laion.pt", tmp_path / "ran"
    save_as_laion(path, act(mark), protocol, zipped=zipped)
    reason = "which is no data" if zipped else "neither safe to read nor a zip archive"
    with pytest.raises(ValueError, match=rf"laion\.pt can't be loaded as a checkpoint: .*{reason}"):
        loaded(path)
    assert not mark.exists()
    assert not list((weights_folder() / "converted").glob("*.safetensors"))


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>404</html>", b"PK\x03\x04 no archive", pickle.dumps({"a": 1})],
    ids=["0", "html", "zip", "pkl"],
)
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_what_is_no_checkpoint_is_named(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"net{suffix}"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="net"):
        loaded(path)


def test_a_cut_checkpoint_is_named(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "net.pt")
    (tmp_path / "net.pt").write_bytes((tmp_path / "net.pt").read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"net\.pt"):
        loaded(tmp_path / "net.pt")


def test_a_checkpoint_without_weights_is_named(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "net.pt")
    with pytest.raises(ValueError, match=r"net\.pt holds no weights"):
        loaded(tmp_path / "net.pt")
