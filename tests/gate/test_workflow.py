"""The workflow in the README gates a checkpoint: its steps run here as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from conftest import THIRD_PARTY

README = Path(__file__).parent.parent.parent / "README.md"
PULL = "github.event_name == 'pull_request'"
CONDITIONS = {None: (True, True), PULL: (False, True), PULL.replace("==", "!="): (True, False)}
"""Whether a step is for a push to main, and whether for a pull request, by its condition."""


def workflow() -> dict[Any, Any]:
    """The one fenced YAML block that calls ``bench check``."""
    blocks = re.findall(r"```ya?ml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if "bench check" in block]
    parsed: dict[Any, Any] = yaml.safe_load(found)
    return parsed


def steps(*, pull: bool) -> list[dict[str, Any]]:
    """The steps that a push to main takes, or a pull request."""
    (job,) = workflow()["jobs"].values()
    return [step for step in job["steps"] if CONDITIONS[plain(step)][pull]]


def plain(step: dict[str, Any]) -> str | None:
    """The condition of a step that runs as long as nothing failed."""
    condition = step.get("if")
    return condition.removeprefix("always() && ") if condition else None


def runner(command: str, more: str = "") -> subprocess.CompletedProcess[str]:
    """A step as GitHub runs it: by bash, to the first command that fails; with more options for ``bench run``."""
    path = f"{Path('tools').resolve()}{os.pathsep}{os.environ['PATH']}"
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command]
    given = {name: f"{value} {more}".strip() for name, value in workflow()["env"].items()}
    toy = {"PYTHONPATH": str(THIRD_PARTY), "TOY_LOG": str(Path("toy.log").resolve())}
    environment = {**os.environ, **given, **toy, "PATH": path}
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environment)


def codes(*, pull: bool, more: str = "") -> dict[str, int]:
    """What each step with a command comes to, by its name; none follows one that fails."""
    found: dict[str, int] = {}
    for step in steps(pull=pull):
        if "run" in step:
            found[step.get("name", step["run"])] = runner(step["run"], more).returncode
            if any(found.values()):
                break
    return found


@pytest.fixture
def tools() -> None:
    """The commands that the steps call: ``bench`` is this one, and what is installed is here already."""
    Path("tools").mkdir()
    scripts = {"bench": f'exec "{sys.executable}" -m bench "$@"', "pip": 'echo "$@" >> installed.txt'}
    for name, line in scripts.items():
        Path("tools", name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        Path("tools", name).chmod(0o755)


INSTALL = "pip install audiogen-bench"
PASSED = {INSTALL: 0, "Candidate": 0, "Gate": 0}


@pytest.mark.parametrize("more", ["", "--seed 1"])
def test_a_pull_request_that_changes_nothing_passes(tools: None, more: str) -> None:
    assert codes(pull=False) == {INSTALL: 0, "Baseline": 0}
    assert codes(pull=True, more=more) == PASSED
    assert set(Path("installed.txt").read_text(encoding="utf-8").splitlines()) == {"install audiogen-bench"}
    (report,) = Path().glob("*.xml")
    assert ET.parse(report).getroot().attrib["failures"] == "0"


def test_a_pull_request_that_regresses_fails(tools: None) -> None:
    assert codes(pull=False) == {INSTALL: 0, "Baseline": 0}
    assert codes(pull=True, more="--system noise") == {**PASSED, "Gate": 1}
    (report,) = Path().glob("*.xml")
    assert ET.parse(report).getroot().attrib["failures"] != "0"


def spoiling(*clips: str) -> str:
    """The options for a system that fails some clips."""
    Path("spoilt.yaml").write_text(f"system: {{name: toy, spoil: '{' '.join(clips)}'}}\n", encoding="utf-8")
    return "--system toy --config spoilt.yaml"


def scored(results: str) -> int:
    """How many clips a run scored."""
    (record,) = Path(results).rglob("record.json")
    return int(json.loads(record.read_text(encoding="utf-8"))["clips"]["scored"])


@pytest.mark.parametrize("before", [(), ("sound-02",), ("sound-02", "speech-01")])
def test_a_clip_or_two_that_fail_are_allowed_for(tools: None, before: tuple[str, ...]) -> None:
    """Whichever run they failed in, the scores are compared on all others."""
    assert codes(pull=False, more=spoiling(*before)) == {INSTALL: 0, "Baseline": 0}
    assert codes(pull=True, more=spoiling("music-01")) == PASSED
    assert (scored("baseline"), scored("candidate")) == (24 - len(before), 23)
    (report,) = Path().glob("*.xml")
    root = ET.parse(report).getroot()
    assert {root.attrib[name] for name in ("failures", "errors", "skipped")} == {"0"}
    assert f"on the {23 - len(before)} clips that both scored" in root[0].attrib["name"]


def test_more_clips_that_fail_than_are_allowed_for_are_reported(tools: None) -> None:
    assert codes(pull=False, more=spoiling()) == {INSTALL: 0, "Baseline": 0}
    assert codes(pull=True, more=spoiling("music-01", "sound-02", "speech-01")) == {**PASSED, "Gate": 1}
    (report,) = Path().glob("*.xml")
    (failure,) = ET.parse(report).getroot().iter("failure")
    assert "3 clips could not be generated, 0 before" in failure.attrib["message"]
    assert [line.split()[0] for line in (failure.text or "").splitlines()] == ["sound-02", "music-01", "speech-01"]


def test_more_clips_that_fail_than_are_allowed_for_beside_those_of_the_baseline_do_not_pass(tools: None) -> None:
    assert codes(pull=False, more=spoiling("sound-02", "speech-01")) == {INSTALL: 0, "Baseline": 0}
    assert codes(pull=True, more=spoiling(*(f"music-0{place}" for place in range(1, 6)))) == {**PASSED, "Gate": 3}


def test_a_baseline_with_more_clips_that_fail_is_not_kept(tools: None) -> None:
    spoilt = spoiling("music-01", "sound-02", "speech-01")
    assert codes(pull=False, more=spoilt) == {INSTALL: 0, "Baseline": 3}


def test_a_pull_request_makes_no_baseline(tools: None) -> None:
    assert codes(pull=True) == {**PASSED, "Gate": 2}


def test_what_main_keeps_is_what_a_pull_request_gets() -> None:
    """A cache is known by its paths and its key; those of main can be read by pull requests, and not the reverse."""
    events = workflow()[True]  # YAML's name for ``on``
    assert events["push"] == {"branches": ["main"]}
    (kept,) = [step for step in steps(pull=False) if "actions/cache" in step.get("uses", "")]
    (got,) = [step for step in steps(pull=True) if "actions/cache" in step.get("uses", "")]
    assert (kept["uses"], got["uses"]) == ("actions/cache/save@v4", "actions/cache/restore@v4")
    assert kept["with"]["path"] == got["with"]["path"]
    assert kept["with"]["path"].splitlines() == ["baseline", "~/.cache/bench/features"]
    exact, newest = got["with"]["restore-keys"].splitlines()
    assert exact == f"{newest}${{{{ github.event.pull_request.base.sha }}}}-"
    assert kept["with"]["key"] == f"{newest}${{{{ github.sha }}}}-${{{{ github.run_id }}}}"
    assert got["with"]["fail-on-cache-miss"] is True


def test_the_report_is_kept_whatever_the_verdict() -> None:
    (kept,) = [step for step in steps(pull=True) if "upload-artifact" in step.get("uses", "")]
    assert kept["if"].startswith("always() && ")
    (gate,) = [step["run"] for step in steps(pull=True) if "bench check" in step.get("run", "")]
    assert kept["with"]["path"] in re.findall(r"--junit (\S+)", gate)
