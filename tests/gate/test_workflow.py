"""The workflow in the README gates a checkpoint: its steps run here as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

README = Path(__file__).parent.parent.parent / "README.md"


def workflow() -> dict[str, Any]:
    """The one fenced YAML block that calls ``bench check``."""
    blocks = re.findall(r"```ya?ml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if "bench check" in block]
    parsed: dict[str, Any] = yaml.safe_load(found)
    return parsed


def commands() -> list[str]:
    (job,) = workflow()["jobs"].values()
    return [step["run"] for step in job["steps"] if "run" in step]


def runner(command: str) -> subprocess.CompletedProcess[str]:
    """A step as GitHub runs it: by bash, to the first command that fails."""
    path = f"{Path('tools').resolve()}{os.pathsep}{os.environ['PATH']}"
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command]
    return subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})


@pytest.fixture
def tools() -> None:
    """The commands that the steps call: ``bench`` is this one, and what is installed is here already."""
    Path("tools").mkdir()
    scripts = {"bench": f'exec "{sys.executable}" -m bench "$@"', "pip": 'echo "$@" >> installed.txt'}
    for name, line in scripts.items():
        Path("tools", name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        Path("tools", name).chmod(0o755)


def test_the_steps_pass_a_rerun_and_fail_a_regression(tools: None) -> None:
    for command in commands():
        ran = runner(command)
        assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
    assert Path("installed.txt").read_text(encoding="utf-8").strip() == "install audiogen-bench"
    (report,) = Path().glob("*.xml")
    assert ET.parse(report).getroot().attrib["failures"] == "0"
    (making,) = [command for command in commands() if "--seed 1" in command]
    (gate,) = [command for command in commands() if "bench check" in command]
    folder = re.findall(r"--results (\S+)", making)[0]
    Path(folder).rename("sound")
    assert runner(re.sub(r"--system \S+", "--system noise", making)).returncode == 0
    failed = runner(gate)
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert failed.stdout.splitlines()[-1].startswith("regression: ")
    assert ET.parse(report).getroot().attrib["failures"] != "0"


def test_the_report_is_kept_whatever_the_verdict() -> None:
    (job,) = workflow()["jobs"].values()
    (kept,) = [step for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
    assert kept["if"] == "always()"
    (gate,) = [command for command in commands() if "bench check" in command]
    assert kept["with"]["path"] in re.findall(r"--junit (\S+)", gate)
