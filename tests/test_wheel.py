"""The wheel, installed outside the checkout, holds everything the demo takes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_wheel_runs_the_demo_outside_the_checkout(tmp_path: Path) -> None:
    source = tmp_path / "source"  # a copy: what a build leaves behind must not get into the next wheel
    for folder in ("bench", "metrics", "systems", "datasets", "results/published"):
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("audiogen_bench-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (ROOT / "bench").rglob("*.py"):
        assert path.relative_to(ROOT).as_posix() in names
    for path in (*(ROOT / "metrics").glob("*.py"), *(ROOT / "systems").glob("*.py")):
        assert f"bench/{path.parent.name}/{path.name}" in names
    assert {f"bench/datasets/{path.name}" for path in (ROOT / "datasets").iterdir()} <= names
    assert {"bench/py.typed", "bench/published/audioldm2.csv", "bench/published/audioldm2.yaml"} <= names
    assert not any("tests/" in name or "/test_" in name for name in names)
    python = installed(wheel, tmp_path / "venv")
    environment = {**os.environ, "BENCH_CACHE": str(tmp_path / "cache")}
    where = "import bench, bench.systems, bench.metrics; print(bench.__file__, bench.systems.__file__)"
    found = subprocess.run([str(python), "-c", where], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert all(Path(path).is_relative_to(tmp_path) for path in found.split())
    for system in ("lowpass", "noise"):
        command = [
            str(python.parent / "bench"),
            "run",
            "--system",
            system,
            "--suite",
            "demo",
            "--limit",
            "4",
            "--quiet",
        ]
        subprocess.run(command, cwd=tmp_path, check=True, env=environment)
    table = subprocess.run(
        [str(python.parent / "bench"), "table"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert "lowpass" in table.stdout
    assert "noise" in table.stdout


def installed(wheel: Path, folder: Path) -> Path:
    """A fresh environment with the wheel; this one lends it what the wheel depends on, and nothing of the checkout."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    lent = sysconfig.get_paths()[
        "purelib"
    ]  # as a line of a .pth: its own .pth files, the editable install's, are not read
    (site,) = (folder / "lib").glob("python*/site-packages")
    (site / "lent.pth").write_text(lent + "\n", encoding="utf-8")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        "--ignore-installed",
    ]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    return python
