"""The verdict's rows: each clip with the digests by which its features, and its reference's, are found again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import Bench

from bench.digest import file_digest


def rows() -> list[dict[str, Any]]:
    (path,) = Path("results").rglob("clips.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_row_names_both_recordings_by_their_digests(bench: Bench, card: Path, cache: Path) -> None:
    assert bench("run", "--system", "foley", "--suite", card).code == 0
    for row in rows():
        (ours,) = Path("runs").rglob(f"{row['id']}.wav")
        assert row["audio"] == file_digest(ours)
        theirs = [path for path in (cache / "references").rglob(f"{row['id']}.wav") if "small-" in str(path)]
        assert row["reference"] in map(file_digest, theirs)
        assert row["reference"] != row["audio"]


def test_a_row_names_no_reference_that_is_not_its_own(bench: Bench, card: Path) -> None:
    assert bench("run", "--system", "foley", "--suite", card).code == 0
    (audio,) = Path("runs").rglob("audio")
    Path("others").mkdir()
    for path in audio.glob("*.wav"):
        Path("others", f"other-{path.name}").write_bytes(path.read_bytes())
    ran = bench("score", audio, "--reference", "others", "--results", "results/unpaired")
    assert ran.code == 0, ran.err
    (path,) = Path("results/unpaired").rglob("clips.jsonl")
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(found) == 6
    assert not any("reference" in row for row in found)
