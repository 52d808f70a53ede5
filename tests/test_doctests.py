"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import bench


def modules() -> list[str]:
    found = []
    inside = ("bench.gate", "bench.listening", "bench.paper", "bench.prepare")
    for package in ("bench", "bench.metrics", "bench.systems", *inside):
        path = importlib.import_module(package).__path__
        found += [
            f"{package}.{module.name}"
            for module in pkgutil.iter_modules(path)
            if module.name != "__main__" and not module.ispkg
        ]
    return found


@pytest.mark.parametrize("name", modules())
def test_examples_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    assert sum(doctest.testmod(importlib.import_module(name)).attempted for name in modules()) > 10
    assert bench.__version__
