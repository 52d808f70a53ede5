"""JUnit's XML, which continuous integration shows: failure for a regression, error for what could not be evaluated."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree as ET

from bench.gate.judgement import Compared, Judged, Judgement
from bench.gate.report import conclusion
from bench.record import portable

UNFIT = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 can't hold
ATTRIBUTES = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def as_junit(judgement: Judgement) -> bytes:
    """One suite a pair of runs, one case a check; without dates, so that equal checks give equal files."""
    root = ET.Element("testsuites", {"name": f"bench check: {conclusion(judgement)}", **_counts(judgement.all)})
    for compared in judgement.compared:
        root.append(_suite(compared))
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _counts(judged: list[Judged]) -> dict[str, str]:
    found = Counter(one.outcome for one in judged)
    return {"tests": str(len(judged)), **{name: str(found[key]) for key, name in ATTRIBUTES.items()}}  # type: ignore[index]


def _suite(compared: Compared) -> ET.Element:
    suite = ET.Element("testsuite", {"name": _fit(compared.title), **_counts(list(compared.judged))})
    side = compared.pair.candidate if compared.pair else None
    place = f"bench.{side.suite}.{side.system}" if side else "bench"
    for one in compared.judged:
        case = ET.SubElement(suite, "testcase", {"classname": _fit(place), "name": _fit(one.finding.name)})
        if one.outcome != "passed":
            told = {"message": _fit(portable(one.reason))}
            kind = {} if one.outcome == "skipped" else {"type": one.verdict}
            ET.SubElement(case, one.outcome, told | kind).text = _fit(_clips(one)) or None
    return suite


def _clips(judged: Judged) -> str:
    lines = [f"by {judged.finding.ranked}"] if judged.finding.ranked and judged.finding.clips else []
    for clip in judged.finding.clips:
        values = f": {clip.baseline:.4g} → {clip.candidate:.4g}" if clip.baseline is not None else ""
        lines.append(f"{clip.id}{values} {clip.text}".rstrip())
    return "\n".join(lines)


def _fit(plain: str) -> str:
    return UNFIT.sub("\N{REPLACEMENT CHARACTER}", plain)
