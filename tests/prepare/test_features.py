"""Reference features that travel without the audio: the same scores, and a refusal of everything that is not alike."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Bench, one_line

from bench import plugins
from bench.audio import encode_wav
from bench.clip import Clip
from bench.errors import BadInput, NotEvaluable
from bench.prepare.features import export_features, import_features
from bench.prepared import Entry, Shelf, write_clips
from bench.progress import Reporter
from bench.suite import load_suite

CARD = """\
title: Own
version: 1
task: text-to-audio
captions: {list: {file: list.csv}}
reference: {files: ["{recording}"]}
rate: 16000
seconds: 1.0
crop: start
metrics: [fad-logmel]
"""
CLIPS = 6
QUIET = Reporter(quiet=True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Shelf]:
    """Moves to one user's machine: a cache and prepared suites of their own, one card."""
    (tmp_path / "own.yaml").write_text(CARD, encoding="utf-8")

    def move(user: str) -> Shelf:
        monkeypatch.setenv("BENCH_CACHE", str(tmp_path / user / "cache"))
        monkeypatch.setenv("BENCH_DATA", str(tmp_path / user / "data"))
        shelf = Shelf("own")
        if not shelf.table.is_file():
            from bench.suite import card_named

            entries = [Entry(Clip(f"c{index}", f"caption {index}"), f"r{index // 2}") for index in range(CLIPS)]
            write_clips(shelf, card_named("own.yaml"), entries)
        return shelf

    return move


def record_some(shelf: Shelf) -> None:
    generator = np.random.default_rng(1)
    shelf.audio.mkdir(parents=True)
    for index in range(CLIPS // 2):
        noise = (0.1 * generator.standard_normal(16_000)).astype(np.float32)
        shelf.recording(f"r{index}").write_bytes(encode_wav(noise, 16_000, subtype="FLOAT"))


def exported(home: Callable[[str], Shelf]) -> Path:
    """What one user, who has the audio, gives to others."""
    record_some(home("first"))
    suite = load_suite("own.yaml")
    target = Path("reference.zip").resolve()
    assert export_features(suite, plugins.chosen_metrics(suite.card.metrics), target, "cpu", QUIET) == ["logmel"]
    return target


def scores(bench: Bench, name: str, *words: str) -> dict[str, Any]:
    ran = bench(
        "run", "--system", "noise", "--suite", "own.yaml", "--out", f"{name}-runs", "--results", name, "--json", *words
    )
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_another_user_scores_without_the_audio_and_gets_the_same(home: Callable[[str], Shelf], bench: Bench) -> None:
    target = exported(home)
    first = scores(bench, "first-results")
    shelf = home("second")
    assert import_features(target, load_suite("own.yaml"), shelf) == (CLIPS // 2, ["logmel"])
    assert not list(shelf.audio.glob("*.wav"))
    second = scores(bench, "second-results")
    assert second["scores"] == first["scores"]
    assert second["scores"]["fad-logmel"]["n"] == CLIPS
    assert second["clips"] == first["clips"]


def test_the_same_references_give_the_same_file(home: Callable[[str], Shelf]) -> None:
    target = exported(home)
    kept = target.read_bytes()
    exported_again = home("third")
    record_some(exported_again)
    suite = load_suite("own.yaml")
    export_features(suite, plugins.chosen_metrics(suite.card.metrics), target, "cpu", QUIET)
    assert target.read_bytes() == kept


def test_what_the_file_does_not_hold_is_not_scored(home: Callable[[str], Shelf], bench: Bench) -> None:
    target = exported(home)
    import_features(target, load_suite("own.yaml"), home("second"))
    ran = bench("run", "--system", "noise", "--suite", "own.yaml", "--metrics", "fad-logmel,fad@logmel:sinc")
    assert ran.code == 3
    assert "could not be computed: of r0 only imported features are here, and not these" in ran.err
    assert "FAD-logmel" in ran.out


def test_a_system_that_is_made_from_references_needs_their_audio(home: Callable[[str], Shelf], bench: Bench) -> None:
    target = exported(home)
    import_features(target, load_suite("own.yaml"), home("second"))
    ran = bench("run", "--system", "lowpass", "--suite", "own.yaml")
    assert ran.code == 3
    assert "of r0 only imported features are here" in ran.err
    assert "6 of 6 clips could not be scored" in ran.err


def changed(target: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The file with another ``features.json``."""
    other = target.with_name("other.zip")
    with zipfile.ZipFile(target) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "features.json":
                about = json.loads(data)
                change(about)
                data = json.dumps(about).encode()
            new.writestr(name, data)
    return other


def _sign(about: dict[str, Any]) -> None:
    (said,) = about["embedders"].values()
    said["signature"] = said["signature"].replace("w:none", "w:12345678")


def _lose(about: dict[str, Any]) -> None:
    del about["recordings"]["r0"]


def _cut(about: dict[str, Any]) -> None:
    about["conversion"]["seconds"] = 2.0


def _future(about: dict[str, Any]) -> None:
    about["schema"] = 2


REFUSED: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "wrong signature": (_sign, "have the signature emb:logmel-1|w:12345678"),
    "other recordings": (_lose, "lacks 1 of 3 recordings of suite own: first r0"),
    "made otherwise": (_cut, "seconds is 2.0, not 1.0"),
    "another schema": (_future, "holds no reference features, or is damaged"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_alike_is_refused_and_nothing_taken_over(home: Callable[[str], Shelf], case: str) -> None:
    change, expected = REFUSED[case]
    target = changed(exported(home), change)
    shelf = home("second")
    with pytest.raises(BadInput) as caught:
        import_features(target, load_suite("own.yaml"), shelf)
    assert expected in str(caught.value)
    assert one_line(f"{caught.value}\n")
    assert not shelf.audio.exists()


@pytest.mark.parametrize("kind", ["absent", "text", "cut", "rows lost", "counts wrong"])
def test_a_damaged_file_is_refused(home: Callable[[str], Shelf], kind: str) -> None:
    target = exported(home)
    other = target.with_name("other.zip")
    if kind == "text":
        other.write_text("hello", encoding="utf-8")
    elif kind == "cut":
        other.write_bytes(target.read_bytes()[:-200])
    elif kind != "absent":
        with zipfile.ZipFile(target) as old, zipfile.ZipFile(other, "w") as new:
            for name in old.namelist():
                if not (name.endswith("rows.npy") and kind == "rows lost"):
                    swap = name.endswith("counts.npy") and kind == "counts wrong"
                    new.writestr(name, old.read(name.replace("counts", "rows") if swap else name))
    with pytest.raises(BadInput, match=r"can't be read|or is damaged"):
        import_features(other, load_suite("own.yaml"), home("second"))


def test_an_incomplete_suite_is_not_exported(home: Callable[[str], Shelf]) -> None:
    shelf = home("first")
    record_some(shelf)
    shelf.recording("r1").unlink()
    suite = load_suite("own.yaml")
    with pytest.raises(NotEvaluable, match="lacks 2 references, first c2"):
        export_features(suite, plugins.chosen_metrics(("fad-logmel",)), Path("x.zip"), "cpu", QUIET)
    assert not Path("x.zip").exists()


def test_audio_that_is_here_goes_before_features(home: Callable[[str], Shelf]) -> None:
    target = exported(home)
    shelf = home("second")
    record_some(shelf)
    assert import_features(target, load_suite("own.yaml"), shelf) == (0, ["logmel"])
    shutil.rmtree(shelf.audio)
    import_features(target, load_suite("own.yaml"), shelf)
    shelf.recording("r0").write_bytes(encode_wav(np.full(16_000, 0.1, np.float32), 16_000))
    assert [clip.reference.suffix for clip in load_suite("own.yaml").clips if clip.reference][:3] == [
        ".wav",
        ".wav",
        ".features",
    ]
