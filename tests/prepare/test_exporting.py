"""Reference features that leave: the same file from the same audio, whole or not at all, and only into a file."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import Bench, one_line, tone
from feature_files import NAMES, QUIET, Move, export, record
from recording_files import folder, zipped

from bench import plugins
from bench.audio import Waveform
from bench.embedder import Embed, Embedder, Rows
from bench.errors import BadInput, NotEvaluable
from bench.metric import FeatureMetric
from bench.prepare.exporting import check_target, export_features
from bench.prepare.importing import import_features
from bench.prepared import data_folder
from bench.suites import load_suite


def test_the_same_references_give_the_same_file(at: Move) -> None:
    for user in ("first", "second"):
        record(at(user), *NAMES)
        export(f"{user}.zip")
    assert Path("first.zip").read_bytes() == Path("second.zip").read_bytes()


def test_who_has_only_features_can_pass_them_on(at: Move) -> None:
    record(at("first"), *NAMES)
    first = export()
    import_features(first, load_suite("own.yaml"), at("second"))
    assert export("again.zip").read_bytes() == first.read_bytes()


def test_an_incomplete_suite_is_not_exported(at: Move) -> None:
    record(at("first"), "r0", "r2")
    with pytest.raises(NotEvaluable, match="lacks 2 references, first c2"):
        export("x.zip")
    assert not Path("x.zip").exists()


def test_a_reference_that_is_damaged_is_named(at: Move) -> None:
    shelf = at("first")
    record(shelf, *NAMES)
    data = shelf.recording("r1").read_bytes()
    shelf.recording("r1").write_bytes(data[:20] + b"\x99\x99" + data[22:])  # no form of samples
    with pytest.raises(NotEvaluable, match="reference r1 can't be used"):
        export("x.zip")


def test_metrics_that_hear_no_reference_have_no_features(at: Move) -> None:
    record(at("first"), *NAMES)
    metrics = plugins.chosen_metrics(("real-time-factor",))
    with pytest.raises(BadInput, match="none of these compares with reference audio: real-time-factor"):
        export_features(load_suite("own.yaml"), metrics, Path("x.zip"), "cpu", QUIET)


@dataclass(frozen=True, kw_only=True)
class Counts(Embedder):
    """Features that are whole numbers."""

    name: str = "counts"
    rate: int = 16_000
    dimension: int = 1

    def load(self, device: str) -> Embed:
        return self._embed

    def _embed(self, waves: Sequence[Waveform]) -> list[Rows]:
        return [np.array([[len(wave)]]) for wave in waves]


def test_features_that_no_file_takes_are_not_exported(at: Move) -> None:
    record(at("first"), *NAMES)
    (metric,) = plugins.chosen_metrics(("fad-logmel",)).values()
    assert isinstance(metric, FeatureMetric)
    metrics = {"odd": dataclasses.replace(metric, embedder=Counts())}
    with pytest.raises(NotEvaluable, match="features of counts are int64: no file takes these"):
        export_features(load_suite("own.yaml"), metrics, Path("x.zip"), "cpu", QUIET)


@pytest.mark.parametrize("target", [".", "..", "/", "there", ""])
def test_a_folder_is_refused_before_any_work(at: Move, bench: Bench, target: str) -> None:
    at("first")
    shutil.rmtree("first")
    Path("there").mkdir()
    ran = bench("prepare", "own.yaml", "--reference-stats", target)
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert "is a folder: name the file that is to be written" in ran.err
    assert not Path("first").exists()


def test_what_cannot_be_written_is_refused_before_any_work() -> None:
    Path("file").write_text("x", encoding="utf-8")
    with pytest.raises(BadInput, match="file is a file, not a folder"):
        check_target(Path("file/x.zip"))
    check_target(Path("new/x.zip"))
    assert not Path("new").exists()


@pytest.mark.parametrize("kind", ["recording", "archive", "text", "nothing"])
def test_no_file_of_the_users_is_overwritten(at: Move, bench: Bench, kind: str) -> None:
    at("first")
    shutil.rmtree("first")
    data = {"recording": tone(), "archive": zipped({"a.wav": tone()}), "text": b"mine", "nothing": b""}[kind]
    folder({"c0.wav": data})
    ran = bench("prepare", "own.yaml", "--audio", "mine", "--reference-stats", "mine/../mine/c0.wav")
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert "--reference-stats mine/../mine/c0.wav " in ran.err
    assert Path("mine/c0.wav").read_bytes() == data
    assert not Path("first").exists()
    folder({"c0.wav": data}, "elsewhere")
    ran = bench("prepare", "own.yaml", "--reference-stats", "elsewhere/c0.wav")
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert "elsewhere/c0.wav is there, and holds no reference features: name another file" in ran.err
    assert Path("elsewhere/c0.wav").read_bytes() == data


def test_features_take_the_place_of_features(at: Move) -> None:
    record(at("first"), *NAMES)
    path = export()
    before = path.read_bytes()
    check_target(path)
    record(at("second"), *NAMES, seed=2)
    assert export().read_bytes() != before
    path.write_bytes(before[:-50])
    with pytest.raises(BadInput, match="holds no reference features"):
        check_target(path)


def test_nothing_is_written_into_folders_that_are_read_or_into_what_is_prepared(at: Move) -> None:
    shelf = at("first")
    places = {"--audio": Path("mine"), "--lists": Path("lists"), "BENCH_DATA": data_folder()}
    for path in ("mine", "lists", "linked"):
        Path(path).mkdir()
    Path("linked/in").symlink_to(Path("mine").resolve())
    targets = [(place / "x.zip", called) for called, place in places.items()]
    targets += [(shelf.folder / "deep" / "x.zip", "BENCH_DATA"), (Path("linked/in/x.zip"), "--audio")]
    for target, called in targets:
        with pytest.raises(BadInput) as refused:
            check_target(target, Path("mine"), Path("lists"))
        said = f"--reference-stats {target} lies in {called} {places[called]}: name a file elsewhere"
        assert str(refused.value) == said
    check_target(Path("mine.zip"), Path("mine"), Path("lists"))
    check_target(Path("mine/x.zip"))
