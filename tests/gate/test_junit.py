"""JUnit's XML is XML whatever a prompt holds."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from bench.gate.finding import Finding, Worse
from bench.gate.judgement import Compared, Judgement, judged
from bench.gate.junit import as_junit
from bench.gate.rules import Gate


def test_prompts_and_reasons_are_escaped() -> None:
    clips = (Worse("c<1>", 'rain & "thunder" \x00\ud800', 1.0, 2.5), Worse("c2", "", None, None))
    found = [
        Finding("trouble", "silent", 0, 2, p=0.0, allowed="0 more", clips=clips),
        Finding("metric", "fad", lack="no file '/home/me/x.npy' & more"),
    ]
    gate = Gate()
    root = ET.fromstring(as_junit(Judgement((Compared("a <b>", None, tuple(judged(found, gate))),), gate)))
    failure, error = root.find(".//failure"), root.find(".//error")
    assert failure is not None
    assert failure.text == 'c<1>: 1 → 2.5 rain & "thunder" \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}\nc2'
    assert failure.attrib["type"] == "regression"
    assert error is not None
    assert error.attrib["message"] == "no file 'x.npy' & more"
    assert root.attrib["failures"] == root.attrib["errors"] == "1"
