"""``bench check`` as it is called: what it prints, its JSON, its JUnit and its exit code always agree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from conftest import Bench, Ran, one_line

from bench.wav import encode_wav

Words = tuple[str | Path, ...]
Runs = dict[str, Path]


def edited(folder: Path, edit: Callable[[dict[str, Any]], object], name: str = "edited") -> Path:
    """A copy of a record with something changed."""
    made = Path(shutil.copytree(folder, name))
    record = json.loads((made / "record.json").read_text(encoding="utf-8"))
    edit(record)
    (made / "record.json").write_text(json.dumps(record), encoding="utf-8")
    return made


def with_signature(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def edit(record: dict[str, Any]) -> None:
        score = record["scores"]["fad-logmel"]
        score["signature"] = score["signature"].replace(old, new)

    return edit


def gate_file(text: str) -> Path:
    Path("gate.yaml").write_text(text, encoding="utf-8")
    return Path("gate.yaml")


def without_features(runs: Runs) -> Path:
    """A cache that has the features of no run."""
    os.environ["BENCH_CACHE"] = str(Path("empty").resolve())  # the fixture of every test sets it back
    return runs["seed 1"]


def unlike_suite(record: dict[str, Any]) -> None:
    record["suite"]["hash"] = "f" * 64


def clipped(folder: Path, count: int, name: str) -> Path:
    ids = [f"sound-0{index + 1}-0" for index in range(count)]
    return edited(folder, lambda record: record["clips"].update(clipped=ids), name)


def failures(folder: Path) -> int:
    """How many clips a run has failed."""
    return len(json.loads((folder / "record.json").read_text(encoding="utf-8"))["clips"]["failed"])


def with_stranger(record: dict[str, Any]) -> None:
    record["scores"]["stranger"] = record["scores"]["lsd-logmel"]
    record["not_scored"]["other"] = "why"


def valueless(folder: Path) -> Path:
    made = Path(shutil.copytree(folder, "valueless"))
    rows = [json.loads(line) for line in (made / "clips.jsonl").read_text(encoding="utf-8").splitlines()]
    (made / "clips.jsonl").write_text("".join(json.dumps({**row, "scores": {}}) + "\n" for row in rows))
    return made


def called(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda record: record["system"].update(name=name)


def several(runs: Runs) -> tuple[Path, Path]:
    """Two folders of several runs, of which one has no counterpart."""
    for side, names in (("ours", ("a", "b")), ("theirs", ("a", "c"))):
        for name in names:
            edited(runs["seed 0"], called(name), f"{side}/{name}")
    return Path("ours"), Path("theirs")


def all_but_one_lost(runs: Runs) -> tuple[Path, Path]:
    """Two folders of runs, of which the candidates' has lost all but one; the folder, and the run that is left."""
    left = edited(runs["seed 0"], called("a"), "ours/a")
    for name in ("a", "b", "c"):
        edited(runs["seed 0"], called(name), f"theirs/{name}")
    return Path("ours"), left


class Case(NamedTuple):
    """What is compared, the exit code, and verdicts that there must be, by check."""

    words: Callable[[Runs], Words]
    code: int
    verdicts: dict[str, str]


WIDE = "margins:\n  fad-logmel: {relative: 9}\n  lsd-logmel: {relative: 9}\n"
MORE = "tails: {clipped: 6}\n"
FAILED = "tails: {failed: 9}\n"
BAND = "margins:\n  fad-logmel: {relative: 0.1, two_sided: true}\n  lsd-logmel: {relative: 0.1}\n"
FAD, LSD = "fad-logmel", "lsd-logmel"
CASES = {
    "itself": Case(lambda r: (r["seed 0"], "--baseline", r["seed 0"]), 0, {FAD: "pass", LSD: "pass", "silent": "pass"}),
    "rerun": Case(lambda r: (r["seed 1"], "--baseline", r["seed 0"]), 0, {FAD: "inconclusive"}),
    "rerun, strictly": Case(
        lambda r: (r["seed 1"], "--baseline", r["seed 0"], "--strict"), 1, {FAD: "inconclusive", "failed": "pass"}
    ),
    "rerun with wide margins": Case(
        lambda r: (r["seed 1"], "--baseline", r["seed 0"], "--config", gate_file(WIDE), "--strict"),
        0,
        {FAD: "pass", LSD: "pass"},
    ),
    "quieter": Case(lambda r: (r["quiet"], "--baseline", r["seed 0"]), 1, {FAD: "regression", LSD: "regression"}),
    "quieter, one metric left out": Case(
        lambda r: (r["quiet"], "--baseline", r["seed 0"], "--skip", "fad-logmel"), 1, {LSD: "regression"}
    ),
    "better": Case(lambda r: (r["seed 0"], "--baseline", r["quiet"]), 0, {FAD: "pass", LSD: "pass"}),
    "too good": Case(
        lambda r: (r["seed 0"], "--baseline", r["quiet"], "--config", gate_file(BAND)),
        1,
        {FAD: "too good", LSD: "pass"},
    ),
    "failed clips": Case(
        lambda r: (r["silent"], "--baseline", r["seed 0"]), 1, {"failed": "regression", FAD: "not evaluable"}
    ),
    "failed clips, the others compared": Case(
        lambda r: (r["silent"], "--baseline", r["seed 0"], "--common"), 1, {"failed": "regression", FAD: "inconclusive"}
    ),
    "failed clips that are allowed for": Case(
        lambda r: (r["silent"], "--baseline", r["seed 0"], "--config", gate_file(FAILED)),
        0,
        {"failed": "pass", FAD: "inconclusive"},
    ),
    "failed clips that are allowed for, but for one": Case(
        lambda r: (
            *(r["silent"], "--baseline", r["seed 0"]),
            *("--config", gate_file(f"tails: {{failed: {failures(r['silent']) - 1}}}\n")),
        ),
        1,
        {"failed": "regression", FAD: "not evaluable"},
    ),
    "failed clips, where others are allowed for": Case(
        lambda r: (r["silent"], "--baseline", r["seed 0"], "--config", gate_file("tails: {missing: 9, failed: 0}")),
        1,
        {"failed": "regression", FAD: "not evaluable"},
    ),
    "no more failed clips, where they are allowed for": Case(
        lambda r: (r["seed 0"], "--baseline", r["silent"], "--config", gate_file(FAILED)),
        0,
        {"failed": "pass", FAD: "inconclusive"},
    ),
    "fewer failed clips, by more than are allowed for": Case(
        lambda r: (r["seed 0"], "--baseline", r["silent"], "--config", gate_file("tails: {failed: 1}")),
        3,
        {"failed": "pass", FAD: "not evaluable"},
    ),
    "no more failed clips": Case(
        lambda r: (r["seed 0"], "--baseline", r["silent"]), 3, {"failed": "pass", LSD: "not evaluable"}
    ),
    "no more failed clips, the others compared": Case(
        lambda r: (r["seed 0"], "--baseline", r["silent"], "--common"), 0, {"failed": "pass", FAD: "inconclusive"}
    ),
    "a few clips more in trouble": Case(
        lambda r: (clipped(r["seed 1"], 3, "c"), "--baseline", clipped(r["seed 0"], 1, "b")),
        0,
        {"clipped": "inconclusive"},
    ),
    "a few clips more in trouble, strictly": Case(
        lambda r: (
            *(clipped(r["seed 0"], 3, "c"), "--baseline", clipped(r["seed 0"], 1, "b")),
            *("--strict", "--skip", "fad-logmel,lsd-logmel"),
        ),
        1,
        {"clipped": "inconclusive"},
    ),
    "many clips more in trouble": Case(
        lambda r: (clipped(r["seed 1"], 7, "c"), "--baseline", clipped(r["seed 0"], 1, "b")),
        1,
        {"clipped": "regression"},
    ),
    "many clips more in trouble, as many as are allowed": Case(
        lambda r: (
            *(clipped(r["seed 1"], 7, "c"), "--baseline", clipped(r["seed 0"], 1, "b")),
            *("--config", gate_file(MORE)),
        ),
        0,
        {"clipped": "pass"},
    ),
    "a metric that is of an absent plug-in, left out": Case(
        lambda r: (
            *(edited(r["seed 1"], with_stranger, "c"), "--baseline", edited(r["seed 0"], with_stranger, "b")),
            *("--skip", "stranger,other"),
        ),
        0,
        {FAD: "inconclusive"},
    ),
    "values of clips that one run has lost": Case(
        lambda r: (valueless(r["seed 1"]), "--baseline", r["seed 0"]), 3, {LSD: "not evaluable", FAD: "inconclusive"}
    ),
    "other weights": Case(
        lambda r: (edited(r["seed 1"], with_signature("|w:none", "|w:abc")), "--baseline", r["seed 0"]),
        3,
        {FAD: "not evaluable", LSD: "inconclusive"},
    ),
    "other references": Case(
        lambda r: (edited(r["seed 1"], with_signature("|ref:", "|ref:x")), "--baseline", r["seed 0"]),
        3,
        {FAD: "not evaluable"},
    ),
    "another number of replicates": Case(
        lambda r: (edited(r["seed 1"], with_signature("boot:1000", "boot:200")), "--baseline", r["seed 0"]),
        0,
        {FAD: "inconclusive"},
    ),
    "another suite": Case(
        lambda r: (edited(r["seed 1"], unlike_suite), "--baseline", r["seed 0"]), 3, {"all metrics": "not evaluable"}
    ),
    "no score": Case(
        lambda r: (edited(r["seed 1"], lambda record: record["scores"].pop(FAD)), "--baseline", r["seed 0"]),
        3,
        {FAD: "not evaluable"},
    ),
    "a margin for what was not scored": Case(
        lambda r: (
            *(r["seed 0"], "--baseline", r["seed 0"]),
            *("--config", gate_file("margins:\n  kl: {absolute: 0.1}\n")),
        ),
        3,
        {"kl": "not evaluable", FAD: "pass"},
    ),
    "lost features": Case(
        lambda r: (without_features(r), "--baseline", r["seed 0"]), 3, {FAD: "not evaluable", LSD: "inconclusive"}
    ),
    "lost features of a regression": Case(
        lambda r: (without_features({**r, "seed 1": r["quiet"]}), "--baseline", r["seed 0"]),
        1,
        {FAD: "not evaluable", LSD: "regression"},
    ),
    "all lost but one": Case(
        lambda r: (all_but_one_lost(r)[0], "--baseline", "theirs"), 3, {FAD: "pass", "all metrics": "not evaluable"}
    ),
    "the one that is left, named": Case(lambda r: (all_but_one_lost(r)[1], "--baseline", "theirs"), 0, {FAD: "pass"}),
    "the record of the one that is left": Case(
        lambda r: (all_but_one_lost(r)[1] / "record.json", "--baseline", "theirs"), 0, {FAD: "pass"}
    ),
    "no counterpart": Case(
        lambda r: (several(r)[0], "--baseline", "theirs"), 3, {FAD: "pass", "all metrics": "not evaluable"}
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_all_that_is_said_agrees(bench: Bench, runs: Runs, case: Case) -> None:
    words = case.words(runs)
    ran = bench("check", *words, "--json", "--junit", "junit.xml")
    assert ran.code == case.code, ran.out
    found = json.loads(ran.out)
    checks = [check for each in found["compared"] for check in each["checks"]]
    assert {(check["name"], check["verdict"]) for check in checks} >= set(case.verdicts.items())
    assert found["code"] == case.code
    outcomes = Counter(check["outcome"] for check in checks)
    assert case.code == (1 if outcomes["failure"] else 3 if outcomes["error"] else 0)
    _agrees_with_junit(case, outcomes, checks)
    _agrees_with_text(bench("check", *words), case, checks)


def _agrees_with_junit(case: Case, outcomes: Counter[str], checks: list[dict[str, Any]]) -> None:
    root = ET.parse("junit.xml").getroot()
    counts = {name: int(root.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    expected = {"failures": outcomes["failure"], "errors": outcomes["error"], "skipped": outcomes["skipped"]}
    assert counts == {"tests": len(checks), **expected}
    cases = list(root.iter("testcase"))
    marks = [next((child.tag for child in one), "passed") for one in cases]
    assert [(one.attrib["name"], mark) for one, mark in zip(cases, marks, strict=True)] == [
        (check["name"], check["outcome"]) for check in checks
    ]
    for suite in root:
        assert int(suite.attrib["tests"]) == len(list(suite.iter("testcase")))
    assert case.code in ((0,) if set(marks) <= {"passed", "skipped"} else (1, 3))


def _agrees_with_text(ran: Ran, case: Case, checks: list[dict[str, Any]]) -> None:
    assert ran.code == case.code
    last = ran.out.splitlines()[-1]
    words = {0: "no regression", 1: "regression", 3: "not everything could be evaluated"}[case.code]
    counts = Counter(check["verdict"] for check in checks)
    assert last == f"{words}: {', '.join(f'{count} {verdict}' for verdict, count in counts.items())}"
    for check in checks:
        if check["kind"] == "metric" or check["verdict"] != "pass":
            lines = [line for line in ran.out.splitlines() if line.startswith(check["name"])]
            if check["verdict"] == "not evaluable":
                assert f"{check['name']} could not be evaluated: " in ran.out
            else:
                assert any(line.endswith(check["verdict"]) for line in lines), (check, ran.out)


def test_a_regression_names_metric_difference_margin_and_the_ten_worst_clips(bench: Bench, runs: Runs) -> None:
    words = ("check", runs["quiet"], "--baseline", runs["seed 0"])
    out = bench(*words).out
    checks = json.loads(bench(*words, "--json").out)["compared"][0]["checks"]
    (lsd,) = [check for check in checks if check["name"] == LSD]
    low, high = lsd["interval"]
    assert low < lsd["worse"] < high
    assert lsd["worse"] == pytest.approx(lsd["candidate"] - lsd["baseline"])
    assert lsd["margin"] == pytest.approx(0.03 * lsd["baseline"])
    assert f"{lsd['worse']:+.4g} [{low:+.4g}, {high:+.4g}]" in out
    assert f"{lsd['margin']:.4g} (3 %)" in out
    steps = [clip["candidate"] - clip["baseline"] for clip in lsd["clips"]]
    assert len(steps) == 10
    assert steps == sorted(steps, reverse=True)
    rows = {row["id"]: row for row in map(json.loads, (runs["quiet"] / "clips.jsonl").read_text().splitlines())}
    for clip in lsd["clips"]:
        assert clip["candidate"] == rows[clip["id"]]["scores"][LSD]
        line = f"  {clip['id']}  {clip['baseline']:.4g} → {clip['candidate']:.4g}  {rows[clip['id']]['text']}"
        assert line in out.splitlines()


def test_the_scores_compared_are_those_of_the_records(bench: Bench, runs: Runs) -> None:
    found = json.loads(bench("check", runs["quiet"], "--baseline", runs["seed 0"], "--json").out)["compared"][0]
    for which, name in (("candidate", "quiet"), ("baseline", "seed 0")):
        record = json.loads((runs[name] / "record.json").read_text())
        for check in found["checks"][:2]:
            assert check[which] == pytest.approx(record["scores"][check["name"]]["value"])
        assert found[which]["seed"] == record["seed"]


def test_unlike_scores_say_what_differs(bench: Bench, runs: Runs) -> None:
    other = edited(runs["seed 1"], with_signature("|w:none", "|w:abc"))
    out = bench("check", other, "--baseline", runs["seed 0"]).out
    assert "fad-logmel could not be evaluated: unlike scores are not compared: w is abc, not none" in out
    out = bench("check", edited(runs["seed 1"], unlike_suite, "b"), "--baseline", runs["seed 0"]).out
    assert "runs on unlike suites are not compared: hash is ffffffff, not " in out
    assert "(24 clip ids in common; were it another --limit, --common compares them on these)" in out
    out = bench("check", runs["silent"], "--baseline", runs["seed 0"]).out
    counts = json.loads((runs["silent"] / "record.json").read_text())["clips"]["scored"]
    assert f"the candidate's {counts} clips are not the baseline's 24; --common compares them on the {counts}" in out


def test_lost_features_say_how_to_have_them_again(bench: Bench, runs: Runs) -> None:
    out = bench("check", without_features(runs), "--baseline", runs["seed 0"]).out
    assert "the feature store lacks logmel's features of 24 of 24 clips, first sound-01-0; score checkpoint" in out


def test_records_of_an_earlier_version_say_that_the_references_are_not_known(bench: Bench, runs: Runs) -> None:
    old = Path(shutil.copytree(runs["seed 0"], "old"))
    rows = [json.loads(line) for line in (old / "clips.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = [json.dumps({key: value for key, value in row.items() if key != "reference"}) + "\n" for row in rows]
    (old / "clips.jsonl").write_text("".join(lines), encoding="utf-8")
    ran = bench("check", runs["seed 1"], "--baseline", old)
    assert ran.code == 3
    assert "the run does not say which reference is clip sound-01-0's" in ran.out


def test_on_which_clips_the_scores_are_is_said(bench: Bench, runs: Runs) -> None:
    words = ("check", runs["silent"], "--baseline", runs["seed 0"])
    on = f", on the {24 - failures(runs['silent'])} clips that both scored"
    for more in (("--common",), ("--config", gate_file(FAILED))):
        ran = bench(*words, *more, "--junit", "junit.xml")
        assert ran.out.splitlines()[0].endswith(on)
        assert ET.parse("junit.xml").getroot()[0].attrib["name"].endswith(on)
        assert json.loads(bench(*words, *more, "--json").out)["compared"][0]["title"].endswith(on)
    assert "that both scored" not in bench(*words).out
    assert "that both scored" not in bench("check", runs["seed 1"], "--baseline", runs["seed 0"], "--common").out


def test_failed_clips_that_are_allowed_for_give_the_scores_of_common_clips(bench: Bench, runs: Runs) -> None:
    words = ("check", runs["silent"], "--baseline", runs["seed 0"], "--config", gate_file(FAILED), "--json")
    assert bench(*words).out == bench(*words, "--common").out


def test_clips_that_one_run_was_not_asked_for_are_in_no_trouble(bench: Bench, runs: Runs) -> None:
    """Another ``--limit`` takes ``--common``, whatever is allowed for."""
    part = edited(runs["silent"], unlike_suite)
    rows = (part / "clips.jsonl").read_text(encoding="utf-8").splitlines()
    lost = next(row for row in rows if json.loads(row)["scored"])
    (part / "clips.jsonl").write_text("".join(f"{row}\n" for row in rows if row != lost), encoding="utf-8")
    record = json.loads((part / "record.json").read_text(encoding="utf-8"))
    record["clips"].update(asked=23, scored=record["clips"]["scored"] - 1)
    (part / "record.json").write_text(json.dumps(record), encoding="utf-8")
    words = ("check", part, "--baseline", runs["seed 0"], "--config", gate_file(FAILED), "--skip", LSD)
    assert bench(*words).code == 3
    assert bench(*words, "--common").code == 0


def test_silent_clips_of_audio_made_elsewhere_are_newly_silent(bench: Bench, card: Path) -> None:
    """Systems that run here fail on silence; found audio is scored, silence and all."""
    assert bench("run", "--system", "foley", "--suite", card).code == 0
    (audio,) = Path("runs").rglob("audio")
    shutil.copytree(audio, "sound")
    shutil.copytree(audio, "silent")
    for name in ("c1", "c4"):
        Path("silent", f"{name}.wav").write_bytes(encode_wav(np.zeros(16_000, np.float32), 16_000))
    for name in ("sound", "silent"):
        assert bench("score", name, "--suite", card, "--results", f"{name}-results").code == 0
    ran = bench("check", "silent-results", "--baseline", "sound-results", "--json")
    assert ran.code == 1
    failing = {check["name"] for check in json.loads(ran.out)["compared"][0]["checks"] if check["outcome"] == "failure"}
    assert failing == {"silent", "duplicated"}
    assert "newly silent:\n  c1  a loud bell\n  c4  a calm piano chord\n" in bench(
        "check", "silent-results", "--baseline", "sound-results"
    ).out  # fmt: skip
    gate_file("tails: {silent: 2, duplicated: 2}\n")
    allowed = bench("check", "silent-results", "--baseline", "sound-results", "--config", "gate.yaml")
    assert allowed.code == 0, allowed.out


def test_the_same_check_says_the_same_bytes(bench: Bench, runs: Runs) -> None:
    words = ("check", runs["quiet"], "--baseline", runs["seed 0"], "--junit", "junit.xml")
    first, written = bench(*words, "--json").out, Path("junit.xml").read_bytes()
    assert bench(*words, "--json").out == first
    assert Path("junit.xml").read_bytes() == written
    assert str(runs["quiet"]).encode() not in written + first.encode()


WRONG = {
    "nothing": ((), "takes the folder of a record and --baseline with another"),
    "no baseline": (("{0}",), "takes the folder of a record and --baseline with another"),
    "no such folder": (("nowhere", "--baseline", "{0}"), "nowhere holds no record"),
    "no such option": (("{0}", "--baselin", "{0}"), "no option is called '--baselin' (did you mean '--baseline'?)"),
    "a level": (
        ("{0}", "--baseline", "{0}", "--alpha", "2"),
        "--alpha is 2.0, but must be 1e-06 or more, and less than 0.5",
    ),
    "a level too small": (("{0}", "--baseline", "{0}", "--alpha", "1e-320"), "--alpha is 1e-320, but must be 1e-06"),
    "skipping what there is not": (
        ("{0}", "--baseline", "{0}", "--skip", "lsd-logmle"),
        "--skip: no metric is called 'lsd-logmle' (did you mean 'lsd-logmel'?)",
    ),
    "output without calibration": (("{0}", "--baseline", "{0}", "-o", "x"), "--output goes with --calibrate"),
    "calibration with a baseline": (("--calibrate", "{0}", "--baseline", "{0}"), "--calibrate takes records and"),
    "one repeat": (("--calibrate", "{0}"), "--calibrate takes two repeats or more"),
    "the same repeat twice": (("--calibrate", "{0}", "{0}"), "have the very same audio: repeats take other seeds"),
    "a junit folder": (("{0}", "--baseline", "{0}", "--junit", "."), "--junit . can't be written: it is a folder"),
}
FILES = {
    "margin: {fad-logmel: {relative: 1}}": "'margin.fad-logmel.relative' is not accepted",
    "margin: 1": "no option is called '--margin' (did you mean '--margins'?)",
    "margins: {fad-logmle: {relative: 1}}": "--margins: no metric is called 'fad-logmle'",
    "margins: {fad-logmel: {relative: no}}": "--margins: fad-logmel: relative is False, but must be a number",
    "margins: 3": "--margins: expected",
    "tails: {silent: many}": "--tails: silent is 'many', but must be a whole number of clips",
    'strict: "no"': "--strict is 'no', but must be true or false",
    "common: 1": "--common is 1, but must be true or false",
    "json: {a: 1}": "--json is ",
    "margins: {real-time-factor: {relative: 1}}": "--margins: real-time-factor is one of efficiency",
    "margins: {fad-logmel: 1}": "fad-logmel is 1, but must have fields such as relative, absolute, two_sided",
    "alpha: high": "--alpha: expected float, got high",
    "margins: [": "Problems parsing config",
}


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_one_line(bench: Bench, runs: Runs, words: tuple[str, ...], message: str) -> None:
    ran = bench("check", *(word.format(runs["seed 0"]) for word in words))
    assert ran.code == 2
    assert message in ran.err
    assert one_line(ran.err)
    assert ran.out == ""


@pytest.mark.parametrize(("text", "message"), FILES.items(), ids=FILES)
def test_a_wrong_gate_file_is_one_line_that_names_the_field(bench: Bench, runs: Runs, text: str, message: str) -> None:
    ran = bench("check", runs["seed 0"], "--baseline", runs["seed 0"], "--config", gate_file(text))
    assert ran.code == 2, ran
    assert message in ran.err
    assert one_line(ran.err)


def test_a_flag_in_a_file_is_taken_as_it_is(bench: Bench, runs: Runs) -> None:
    for text, code in (("strict: true", 1), ("strict: false", 0), ("strict: no", 0)):
        ran = bench("check", runs["seed 1"], "--baseline", runs["seed 0"], "--config", gate_file(text))
        assert ran.code == code, ran


def test_the_clips_behind_a_sets_score_are_named_with_what_they_are_ranked_by(bench: Bench, runs: Runs) -> None:
    ran = bench("check", runs["quiet"], "--baseline", runs["seed 0"], "--junit", "junit.xml")
    by = "distance of its mean features from its reference's"
    assert f"worst in fad-logmel by {by}, baseline → candidate:\n" in ran.out
    (failure,) = [
        case.find("failure") for case in ET.parse("junit.xml").getroot().iter("testcase") if case.attrib["name"] == FAD
    ]
    assert failure is not None
    assert (failure.text or "").startswith(f"by {by}\n")


@pytest.fixture
def limited(bench: Bench, card: Path) -> Runs:
    """Runs on six clips of a suite and on the first four of them."""
    found = {}
    for name, words in {"whole": (), "part": ("--limit", "4", "--seed", "1")}.items():
        given = ("--system", "foley", "--suite", card, "--metrics", "fad-logmel,lsd-logmel", "--results", name)
        assert bench("run", *given, *words).code == 0
        (record,) = Path(name).rglob("record.json")
        found[name] = record.parent
    return found


def test_runs_with_unlike_limits_are_compared_on_what_both_have(bench: Bench, limited: Runs) -> None:
    for ours, theirs in (("whole", "part"), ("part", "whole")):
        words = ("check", limited[ours], "--baseline", limited[theirs])
        ran = bench(*words)
        assert ran.code == 3
        assert "(4 clip ids in common; were it another --limit, --common compares them on these)" in ran.out
        ran = bench(*words, "--common", "--json")
        assert ran.code == 0, ran.out
        checks = json.loads(ran.out)["compared"][0]["checks"]
        assert [check["name"] for check in checks[:2]] == [FAD, LSD]
        assert {check["verdict"] for check in checks} <= {"pass", "inconclusive"}


def test_common_clips_of_unlike_prompts_are_not_compared(bench: Bench, limited: Runs) -> None:
    path = limited["whole"] / "clips.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("a dog barks", "a cat"), encoding="utf-8")
    ran = bench("check", limited["whole"], "--baseline", limited["part"], "--common")
    assert ran.code == 3
    assert "; the prompt of c2 is another (4 clip ids in common)" in ran.out


def test_scoring_again_brings_lost_features_back(
    bench: Bench, card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "own cache"))
    words = ("run", "--system", "foley", "--suite", card, "--results")
    assert bench(*words, "a").code == bench(*words, "b", "--seed", "1").code == 0
    shutil.rmtree(next((tmp_path / "own cache" / "features").glob("logmel-*")))
    check = ("check", "b", "--baseline", "a")
    ran = bench(*check)
    assert ran.code == 3
    assert "the feature store lacks logmel's features" in ran.out
    assert bench(*words, "a").code == bench(*words, "b", "--seed", "1").code == 0
    assert bench(*check).code == 0


def test_a_check_imports_nothing_heavy(runs: Runs) -> None:
    code = (
        "import sys\nfrom bench.cli import main\n"
        f"main(['check', {str(runs['seed 1'])!r}, '--baseline', {str(runs['seed 0'])!r}])\n"
        "print(sorted(set(sys.modules) & {'torch', 'transformers', 'pandas'}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "fad-logmel" in done.stdout
