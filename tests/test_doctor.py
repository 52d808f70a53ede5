"""The doctor finds what is broken, and says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Bench


def test_a_broken_torchaudio_is_found(tmp_path: Path) -> None:
    """Worse than none: transformers imports it because it is there."""
    (tmp_path / "torchaudio.py").write_text("raise OSError('libc10_cuda.so: cannot open shared object file')\n")
    info = tmp_path / "torchaudio-2.11.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: torchaudio\nVersion: 2.11.0\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "bench", "doctor"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    (line,) = [line for line in done.stdout.splitlines() if "torchaudio" in line]
    assert line.startswith("  NO  torchaudio: 2.11.0 does not import (OSError: libc10_cuda.so")
    assert "pip uninstall torchaudio" in line
    wrong = done.stdout.count("\n  NO  ")  # this, and the packages of extras that are not installed here
    assert done.stdout.splitlines()[-1].startswith(f"{wrong} of ")


def test_a_cache_that_cannot_be_written_is_found(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "file"))
    assert "NO  cache" in bench("doctor").out


def test_a_missing_package_is_named_with_the_way_to_get_it(process: Bench) -> None:
    """The third party's package asks for one that nobody has."""
    ran = process("doctor")
    assert "NO  toy-needy: lacks no-such-package; get it with: pip install no-such-package" in ran.out
    assert "NO  toy-broken:" in ran.out
