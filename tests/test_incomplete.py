"""Suites whose reference audio is not all here: nothing runs unsaid, no score stands unmarked beside a full run's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Bench, one_line, tone
from recording_files import folder, own_card, prepared

from bench.audio import Condition
from bench.clip import Clip
from bench.digest import digest
from bench.features import Stub
from bench.prepared import Entry, Shelf, conversion, stamp_audio, write_clips
from bench.suites import card_named, find_card, load_suite

CARD = """\
title: Own
version: 1
task: text-to-audio
captions: {list: {file: list.csv}}
reference: {files: ["{recording}"]}
rate: 16000
seconds: 1.0
crop: start
note: Made for tests, not for papers.
metrics: [fad-logmel, lsd-logmel]
subsets:
  part: {title: Part, captions: {ids: ["c[0-2]"]}}
"""
RUN = ("run", "--system", "noise", "--suite", "own.yaml")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A suite of five clips, of which the third and the last have no recording, and its subset of the first three."""
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))
    Path("own.yaml").write_text(CARD, encoding="utf-8")
    entries = [Entry(Clip(f"c{index}", f"caption {index}"), f"c{index}") for index in range(5)]
    (_, shelf), (_, part) = find_card("own.yaml"), find_card("own.yaml/part")
    write_clips(shelf, card_named("own.yaml"), entries)
    write_clips(part, card_named("own.yaml/part"), entries[:3])
    stamp_audio(shelf, card_named("own.yaml"))
    record(shelf, 0, 1, 3)
    return shelf


def record(shelf: Shelf, *clips: int) -> None:
    """The reference audio of some clips."""
    prepared(shelf, card_named("own.yaml"), {f"c{index}": tone(hertz=300.0 + 100 * index) for index in clips})


def test_an_incomplete_suite_is_not_run_unless_it_may_be(shelf: Shelf, bench: Bench) -> None:
    ran = bench(*RUN)
    assert ran.code == 3
    assert one_line(ran.err)
    assert "suite own lacks the reference audio of 2 of 5 clips, first c2" in ran.err
    assert "get it with: bench prepare own.yaml --audio FOLDER" in ran.err
    assert "--allow-missing" in ran.err
    assert not Path("runs").exists()
    assert not Path("results").exists()


def test_what_is_here_is_scored_when_it_may_be_and_the_record_says_so(shelf: Shelf, bench: Bench) -> None:
    ran = bench(*RUN, "--allow-missing")
    assert ran.code == 0, ran.err
    assert "own: 2 of 5 clips have no reference audio here" in ran.err
    assert "3/5" in ran.out
    (path,) = Path("results/records").glob("*/*/record.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    assert (record["suite"]["clips"], record["suite"]["size"], record["suite"]["absent"]) == (3, 5, 2)
    assert record["suite"]["note"] == "Made for tests, not for papers."
    assert record["scores"]["lsd-logmel"]["n"] == 3


def test_its_scores_never_stand_unmarked_beside_a_full_run(shelf: Shelf, bench: Bench) -> None:
    bench(*RUN, "--allow-missing")
    record(shelf, 2, 4)
    assert bench("run", "--system", "ground-truth", "--suite", "own.yaml").code == 0
    assert bench(*RUN, "--seed", "1").code == 0
    out = bench("table", "own").out
    (line,) = [row for row in out.splitlines() if row.startswith("noise") and "3/5" in row]
    assert "3/5†" in line, out
    assert line.count("¶") == 2, out
    assert "† 3 of 5 clips (2 without reference audio here)" in out
    assert "¶ not like the others of its column: ref is" in out
    assert "n is 3, not 5" in out
    full = [row for row in out.splitlines() if row.startswith(("ground-truth", "noise (seed 1)"))]
    assert len(full) == 2
    assert all("3/5" not in row for row in full)


def test_two_incomplete_runs_do_not_make_the_full_one_the_odd_one_out(shelf: Shelf, bench: Bench) -> None:
    bench(*RUN, "--allow-missing")
    bench("run", "--system", "lowpass", "--suite", "own.yaml", "--allow-missing")
    record(shelf, 2, 4)
    assert bench("run", "--system", "ground-truth", "--suite", "own.yaml", "--metrics", "lsd-logmel").code == 0
    rows = {
        row.split()[0]: row for row in bench("table", "own").out.splitlines() if row.startswith(("noise", "low", "gr"))
    }
    (note,) = [line for line in bench("table", "own").out.splitlines() if "n is 3, not 5" in line]
    assert {name: row.count(note[0]) > 0 for name, row in rows.items()} == {
        "ground-truth": False,
        "lowpass": True,
        "noise": True,
    }


def test_a_limit_asks_for_no_reference_beyond_it(shelf: Shelf, bench: Bench) -> None:
    ran = bench(*RUN, "--limit", "2")
    assert ran.code == 0, ran.err
    assert "2/5" in ran.out
    assert bench(*RUN, "--limit", "3").code == 3


def test_where_nothing_is_here_nothing_can_be_allowed(shelf: Shelf, bench: Bench) -> None:
    for path in shelf.audio.iterdir():
        path.unlink()
    ran = bench(*RUN, "--allow-missing")
    assert ran.code == 3
    assert "lacks the reference audio of 5 of 5 clips" in ran.err
    assert "--allow-missing" not in ran.err


def test_metrics_that_need_no_references_run_on_all_clips(shelf: Shelf, bench: Bench) -> None:
    ran = bench(*RUN, "--metrics", "real-time-factor")
    assert ran.code == 0, ran.err
    assert "3/5" not in ran.out


def test_subsets_share_the_generated_audio(shelf: Shelf, bench: Bench) -> None:
    assert bench(*RUN, "--allow-missing").code == 0
    made = {path: path.stat().st_mtime_ns for path in Path("runs/own").glob("*/audio/*.wav")}
    assert len(made) == 3
    ran = bench("run", "--system", "noise", "--suite", "own.yaml/part", "--allow-missing")
    assert ran.code == 0, ran.err
    assert "2/3" in ran.out
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert [path.name.rpartition("-")[0] for path in Path("results/records").iterdir()].count("own_part") == 1


def test_a_suite_says_which_clips_it_lacks(shelf: Shelf) -> None:
    suite = load_suite("own.yaml")
    assert suite.lacking == ("c2", "c4")
    rest = suite.available()
    assert [clip.id for clip in rest.clips] == ["c0", "c1", "c3"]
    assert (rest.absent, rest.size, rest.lacking) == (("c2", "c4"), 5, ())
    assert rest.hash != suite.hash
    assert rest.available() is rest
    assert load_suite("own.yaml/part").tag.startswith("own_part-")


PREPARE = ("prepare", "own.yaml", "--lists", "lists")
ALIEN = tone(rate=44_100, hertz=1000.0)


def _other(shelf: Shelf) -> None:
    shutil.copyfile(shelf.recording("c0"), shelf.recording("c1"))


def _cut(shelf: Shelf) -> None:
    shelf.recording("c1").write_bytes(shelf.recording("c1").read_bytes()[:-100])


def _unlisted(shelf: Shelf) -> None:
    lines = shelf.manifest.read_text(encoding="utf-8").splitlines(keepends=True)
    shelf.manifest.write_text("".join(line for line in lines if '"id":"c1"' not in line), encoding="utf-8")


def _stub(shelf: Shelf) -> None:
    """Features alone, beside a file that somebody put there."""
    condition = Condition(1.0, 16_000, 1, 0.5, True, False)
    made = digest(conversion(card_named("own.yaml")))
    shelf.features_only("c1").write_bytes(Stub("1" * 64, made, condition).encoded())
    shelf.recording("c1").write_bytes(ALIEN)


SHELVES: dict[str, tuple[Callable[[Shelf], object], set[str]]] = {
    "as it was left": (lambda _: None, {"c0", "c1", "c3"}),
    "a file of the user's": (lambda shelf: shelf.recording("c2").write_bytes(ALIEN), {"c0", "c1", "c3"}),
    "a file of the user's in another's place": (lambda shelf: shelf.recording("c1").write_bytes(ALIEN), {"c0", "c3"}),
    "the WAV of another": (_other, {"c0", "c3"}),
    "a WAV without a line": (_unlisted, {"c0", "c3"}),
    "a WAV that is gone": (lambda shelf: shelf.recording("c1").unlink(), {"c0", "c3"}),
    "a WAV that is cut off": (_cut, {"c0", "c3"}),
    "features, and a file of the user's": (_stub, {"c0", "c1", "c3"}),
    "no manifest": (lambda shelf: shelf.manifest.unlink(), set()),
}


@pytest.mark.parametrize("state", SHELVES)
def test_a_run_hears_what_prepare_counts_and_nothing_else(shelf: Shelf, bench: Bench, state: str) -> None:
    """Whatever lies on the shelf, before ``bench prepare`` looks at it and after."""
    own_card([f"c{index}" for index in range(5)])
    Path("own.yaml").write_text(CARD.replace("list.csv}", "list.csv, caption: caption}", 1), encoding="utf-8")
    assert bench(*PREPARE).code == 3
    change, expected = SHELVES[state]
    change(shelf)
    for _ in range(2):
        suite = load_suite("own.yaml")
        assert {clip.id for clip in suite.clips if clip.reference} == expected
        assert all(clip.reference.read_bytes() != ALIEN for clip in suite.clips if clip.reference)
        said = json.loads(bench("prepare", "own.yaml", "--json").out)
        assert said["ready"] + len(said["features"]) == len(expected)
        assert set(said["lacking"]) == {f"c{index}" for index in range(5)} - expected
        assert said["subsets"]["own/part"]["ready"] == len(expected & {"c0", "c1", "c2"} - set(said["features"]))


def test_a_subset_that_is_prepared_counts_no_wav_of_the_others_that_is_not_its_own(shelf: Shelf, bench: Bench) -> None:
    own_card([f"c{index}" for index in range(5)])
    Path("own.yaml").write_text(CARD.replace("list.csv}", "list.csv, caption: caption}", 1), encoding="utf-8")
    assert bench(*PREPARE).code == 3
    shelf.recording("c3").write_bytes(ALIEN)
    said = json.loads(bench("prepare", "own.yaml/part", "--json").out)["subsets"]
    assert said["own"] == {"ready": 2, "recordings": 5}
    assert [clip.id for clip in load_suite("own.yaml").clips if clip.reference] == ["c0", "c1"]


def test_a_file_that_was_put_on_the_shelf_is_named_not_scored_and_taken_from_a_folder(
    shelf: Shelf, bench: Bench
) -> None:
    own_card([f"c{index}" for index in range(5)])
    Path("own.yaml").write_text(CARD.replace("list.csv}", "list.csv, caption: caption}", 1), encoding="utf-8")
    shelf.recording("c2").write_bytes(ALIEN)
    ran = bench(*PREPARE)
    named = f"1 files in {shelf.audio} were not prepared, and are not used: c2; give a folder elsewhere that holds them"
    assert named in ran.err
    assert shelf.recording("c2").read_bytes() == ALIEN
    ran = bench("run", "--system", "ground-truth", "--suite", "own.yaml", "--allow-missing")
    assert "own: 2 of 5 clips have no reference audio here" in ran.err
    assert "3/5" in ran.out
    folder({"c2.wav": ALIEN})
    ran = bench(*PREPARE, "--audio", "mine")
    assert "4 of 5 recordings are ready" in ran.out
    assert "not prepared" not in ran.err
    assert load_suite("own.yaml").lacking == ("c4",)


def test_a_file_that_was_put_on_the_shelf_stays_when_the_card_changes(shelf: Shelf, bench: Bench) -> None:
    own_card([f"c{index}" for index in range(5)])
    card = Path("own.yaml").read_text(encoding="utf-8").replace("seconds: 1.0", "seconds: 0.5")
    shelf.recording("c2").write_bytes(ALIEN)
    shelf.recording("nobody").write_bytes(ALIEN)
    before = len(list(shelf.audio.glob("*.wav")))
    Path("own.yaml").write_text(card, encoding="utf-8")
    ran = bench(*PREPARE)
    assert "recordings were cut or resampled otherwise than the card now says: removed" in ran.err
    assert {path.stem for path in shelf.audio.glob("*.wav")} == {"c2", "nobody"}
    assert before > 2
    assert shelf.recording("c2").read_bytes() == shelf.recording("nobody").read_bytes() == ALIEN
    assert "were not prepared, and are not used: c2" in ran.err


def test_prepared_audio_of_another_machine_stays_and_is_named(shelf: Shelf, bench: Bench) -> None:
    own_card([f"c{index}" for index in range(5)])
    ready = {path.stem for path in shelf.audio.glob("*.wav")}
    shelf.manifest.unlink()
    shelf.stamp.unlink()
    ran = bench(*PREPARE)
    assert "removed" not in ran.err
    assert (
        f"{len(ready)} files in {shelf.audio} were not prepared, and are not used: {', '.join(sorted(ready))}"
        in ran.err
    )
    assert {path.stem for path in shelf.audio.glob("*.wav")} == ready


def test_list_and_doctor_know_suites_that_are_not_ready(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DATA", str(Path("none").resolve()))
    listed = json.loads(bench("list", "suites", "--json").out)["suites"]
    assert listed["audiocaps"]["clips"] == 964
    assert listed["audiocaps"]["hash"] is None
    assert "[bench prepare audiocaps/tango-886]" in listed["audiocaps/tango-886"]["about"]
