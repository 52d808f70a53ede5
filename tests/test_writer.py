"""What a run leaves on disk; how it is made is in test_executor.py, and what a kill leaves in test_resume.py."""

from __future__ import annotations

import json
from pathlib import Path

from bench.metric import Timing
from bench.writer import read_timings


def test_timings_of_earlier_versions_are_read(tmp_path: Path) -> None:
    rows = [
        {
            "key": "k0",
            "id": "c0",
            "batch": "c0",
            "seconds": 1.0,
            "audio_seconds": 2.0,
            "device": "cpu",
            "peak_bytes": 3,
        },
        {"key": "k1", "id": "c1", "batch": "c0", "seconds": 1.0, "audio_seconds": 2.0, "device": "cpu"},
        {"key": "k2", "id": "c2", "from": "a later version"},
    ]
    (tmp_path / "timings.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert read_timings(tmp_path, {"c0": "k0", "c1": "k1", "c2": "k2"}) == (Timing("c0", "c0", 1.0, 2.0, "cpu", 3),)
