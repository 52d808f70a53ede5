"""A suite made ready from a folder, start to end: what comes of it, what stays as it is, and what is said of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import Bench, one_line, tree
from recording_files import NAMES, edited, encoded, folder, manifest, noise, own_card, recordings, shelf

from bench.audio import Condition
from bench.digest import digest
from bench.disk import write_atomically
from bench.features import Stub
from bench.prepared import conversion
from bench.suites import card_named, load_suite

PREPARE = ("prepare", "own.yaml", "--lists", "lists", "--quiet")


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))


def times() -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in shelf().audio.glob("*.wav")}


def test_a_folder_becomes_a_suite_that_can_be_run(bench: Bench) -> None:
    own_card()
    before = tree(folder(recordings()))
    ran = bench(*PREPARE, "--audio", "mine")
    assert (ran.code, ran.err) == (0, "")
    assert "own: 6 clips, list " in ran.out
    assert f"6 of 6 recordings are ready in {shelf().folder}" in ran.out
    assert "get the rest" not in ran.out
    assert sorted(path.name for path in shelf().audio.iterdir()) == [f"{name}.wav" for name in NAMES]
    assert load_suite("own.yaml").lacking == ()
    assert tree(Path("mine")) == before
    assert bench("run", "--system", "noise", "--suite", "own.yaml").code == 0


def test_each_recording_has_its_line(bench: Bench) -> None:
    own_card()
    folder({f"deep/er/{name}.wav": encoded(noise(index, rate=48_000), 48_000) for index, name in enumerate(NAMES)})
    assert bench(*PREPARE, "--audio", "mine").code == 0
    lines = manifest()
    assert list(lines) == sorted(NAMES)
    item = lines["c3"]
    wave, rate = soundfile.read(shelf().audio / "c3.wav", dtype="float32")
    assert (item["status"], item["source"], item["seconds"], item["why"]) == ("ready", "c3.wav", 1.0, "")
    assert (item["rate"], item["channels"], rate, len(wave)) == (48_000, 2, 16_000, 16_000)
    assert item["peak"] == float(np.abs(wave).max())


def test_what_is_ready_is_not_made_again(bench: Bench) -> None:
    own_card()
    folder(recordings())
    assert bench(*PREPARE, "--audio", "mine").code == 0
    kept, made = tree(Path("data")), times()
    for words in (("--audio", "mine"), (), ("--audio", "mine", "--jobs", "3")):
        assert bench(*PREPARE, *words).code == 0
        assert times() == made
    assert tree(Path("data")) == kept
    shutil.rmtree("mine")
    shutil.rmtree("lists")
    ran = bench("prepare", "own.yaml")
    assert ran.code == 0
    assert "6 of 6 recordings are ready" in ran.out


@pytest.mark.parametrize("jobs", ["1", "2", "5"])
def test_how_many_at_once_makes_no_difference(bench: Bench, jobs: str) -> None:
    own_card()
    folder(recordings())
    bench(*PREPARE, "--audio", "mine", "--jobs", jobs)
    first = tree(Path("data"))
    shutil.rmtree("data")
    bench(*PREPARE, "--audio", "mine", "--jobs", "3")
    assert tree(Path("data")) == first


def test_what_is_lost_or_cut_is_made_again(bench: Bench) -> None:
    own_card()
    folder(recordings())
    bench(*PREPARE, "--audio", "mine")
    whole = tree(Path("data"))
    (shelf().audio / "c1.wav").unlink()
    (shelf().audio / "c2.wav").write_bytes((shelf().audio / "c2.wav").read_bytes()[:5000])
    ran = bench(*PREPARE)
    assert ran.code == 3
    assert "4 of 6 recordings are ready" in ran.out
    made = times()
    assert bench(*PREPARE, "--audio", "mine").code == 0
    assert tree(Path("data")) == whole
    assert {name for name, when in times().items() if made.get(name) != when} == {"c1.wav", "c2.wav"}


def test_another_folder_with_other_bytes_replaces(bench: Bench) -> None:
    own_card()
    folder(recordings())
    bench(*PREPARE, "--audio", "mine")
    made, before = times(), tree(shelf().audio)
    folder({"c1.wav": encoded(noise(77)), "c4.wav": recordings()["c4.wav"]}, "other")
    ran = bench(*PREPARE, "--audio", "other")
    assert ran.code == 0
    changed = {name for name, data in tree(shelf().audio).items() if before[name] != data}
    assert changed == {"c1.wav"}
    assert {name for name, when in times().items() if made[name] != when} == {"c1.wav"}
    assert "6 of 6 recordings are ready" in ran.out


def test_what_is_bad_takes_no_place_of_what_was_good(bench: Bench) -> None:
    own_card()
    folder(recordings())
    bench(*PREPARE, "--audio", "mine")
    before = tree(Path("data"))
    folder({"c1.wav": b"hello"}, "other")
    ran = bench("prepare", "own.yaml", "--audio", "other", "--lists", "lists")
    assert ran.code == 0
    assert "c1: c1.wav can't be decoded" in ran.err
    assert "what was prepared before stays" in ran.err
    assert tree(Path("data")) == before


def test_a_card_that_cuts_otherwise_has_all_made_again(bench: Bench) -> None:
    own_card()
    folder(recordings())
    bench(*PREPARE, "--audio", "mine")
    own_card(seconds=0.5)
    ran = bench(*PREPARE)
    assert ran.code == 3
    assert "0 of 6 recordings are ready" in ran.out
    assert load_suite("own.yaml").lacking == NAMES  # what is cut otherwise must not be scored against
    assert bench(*PREPARE, "--audio", "mine").code == 0
    assert {item["seconds"] for item in manifest().values()} == {0.5}


def test_what_is_missing_is_named_with_its_reason(bench: Bench) -> None:
    own_card()
    files = {name: data for name, data in recordings().items() if name not in ("c0.wav", "c5.wav")}
    files |= {
        "c2.wav": encoded(np.zeros((44_100, 1))),
        "c3.wav": files["c3.wav"][:20_000],
        "else.wav": b"",
        "x.txt": b"",
    }
    folder(files)
    ran = bench("prepare", "own.yaml", "--audio", "mine", "--lists", "lists")
    assert ran.code == 3
    lines = ran.out.splitlines()
    assert lines[1].startswith("3 of 6 recordings are ready in ")
    assert "2 missing (no file of that name): c0, c5" in lines
    assert any("is truncated: " in line and line.endswith(": c3") for line in lines), lines
    assert "1 silent: c2" in lines
    assert "1 files are of none of them: else.wav" in lines
    assert lines[-1] == "get the rest with: bench prepare own.yaml --audio FOLDER"
    assert (manifest()["c0"]["status"], manifest()["c0"]["why"]) == ("missing", "no file of that name")
    assert manifest()["c3"]["status"] == "refused"
    assert load_suite("own.yaml").lacking == ("c0", "c3", "c5")


def test_a_second_folder_completes_the_first(bench: Bench) -> None:
    own_card()
    files = recordings()
    folder({name: files[name] for name in ("c0.wav", "c1.wav", "c2.wav")})
    folder({name: files[name] for name in ("c3.wav", "c4.wav", "c5.wav")}, "other")
    assert bench(*PREPARE, "--audio", "mine").code == 3
    assert bench(*PREPARE, "--audio", "other").code == 0
    in_two = tree(Path("data"))
    shutil.rmtree("data")
    folder(files, "all")
    bench(*PREPARE, "--audio", "all")
    assert tree(Path("data")) == in_two


def test_the_same_as_json(bench: Bench) -> None:
    own_card()
    folder({name: data for name, data in recordings().items() if name != "c5.wav"} | {"else.wav": b"x"})
    ran = bench(*PREPARE, "--audio", "mine", "--json")
    said = json.loads(ran.out)
    assert ran.code == 3
    assert (said["suite"], said["clips"], said["recordings"], said["ready"]) == ("own", 6, 6, 5)
    assert said["lacking"] == {"c5": "no file of that name"}
    assert (said["silent"], said["unused"]) == ([], 1)
    assert said["subsets"] == {"own": {"ready": 5, "recordings": 6}}
    assert len(said["sha256"]) == 64


SUBSETS = 'subsets:\n  part: {title: Part, captions: {ids: ["c[0-2]"]}}\n  rest: {captions: {ids: ["c[3-5]"]}}\n'


def test_it_is_said_which_subset_is_complete(bench: Bench) -> None:
    own_card(more=SUBSETS)
    folder({name: data for name, data in recordings().items() if name != "c5.wav"})
    ran = bench(*PREPARE, "--audio", "mine")
    assert ran.code == 3
    assert ran.out.splitlines()[-4:-1] == ["own: 5 of 6", "own/part: complete", "own/rest: 2 of 3"]
    assert bench("run", "--system", "noise", "--suite", "own.yaml/part", "--out", "runs").code == 0
    assert one_line(bench("run", "--system", "noise", "--suite", "own.yaml/rest").err)


def test_a_subset_wants_its_own_recordings_alone(bench: Bench) -> None:
    own_card(more=SUBSETS)
    folder({name: data for name, data in recordings().items() if name < "c3"})
    ran = bench("prepare", "own.yaml/part", "--audio", "mine", "--lists", "lists")
    assert ran.code == 0
    assert "own/part: 3 clips" in ran.out
    assert ran.out.splitlines()[-3:] == ["own: 3 of 6", "own/part: complete", "own/rest: 0 of 3"]
    assert bench("prepare", "own.yaml", "--quiet").code == 3
    assert manifest()["c0"]["status"] == "ready"


def test_clips_that_share_a_recording_have_it_once(bench: Bench) -> None:
    path = own_card()
    path.write_text(path.read_text(encoding="utf-8").replace("caption: caption}", "caption: caption, recording: song}"))
    Path("lists/list.csv").write_text("id,caption,song\n" + "".join(f"c{i},x {i},s{i // 3}\n" for i in range(6)))
    folder(recordings(["s0", "s1"]))
    ran = bench(*PREPARE, "--audio", "mine")
    assert ran.code == 0
    assert "own: 6 clips" in ran.out
    assert "2 of 2 recordings are ready" in ran.out
    assert len({clip.reference for clip in load_suite("own.yaml").clips}) == 2


def test_captions_of_ones_own_beside_the_card_with_references_to_prepare(bench: Bench) -> None:
    path = own_card()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("captions: {list: {file: list.csv, caption: caption}}", "captions: lists/list.csv"))
    folder(recordings())
    ran = bench("prepare", "own.yaml", "--audio", "mine", "--quiet")
    assert (ran.code, ran.err) == (0, "")
    assert "6 of 6 recordings are ready" in ran.out
    assert bench("prepare", "own.yaml", "--quiet").code == 0
    assert bench("run", "--system", "noise", "--suite", "own.yaml").code == 0


def test_a_suite_without_reference_audio_is_ready_with_its_list(bench: Bench) -> None:
    path = own_card()
    text = path.read_text(encoding="utf-8").replace('reference: {files: ["{recording}"]}\n', "")
    path.write_text(text.replace("[fad-logmel]", "[efficiency]").replace("crop: start\n", ""), encoding="utf-8")
    ran = bench(*PREPARE)
    assert ran.code == 0
    assert "it has no reference audio" in ran.out
    ran = bench(*PREPARE, "--audio", "lists")
    assert ran.code == 2
    assert "suite own.yaml prepares no reference audio" in ran.err


def test_a_table_among_the_recordings_is_found(bench: Bench) -> None:
    own_card()
    place = folder(recordings())
    shutil.move("lists/list.csv", place / "list.csv")
    assert bench("prepare", "own.yaml", "--audio", "mine", "--quiet").code == 0


def test_several_names_for_one_recording(bench: Bench) -> None:
    starts = {"c0": 30.0, "c1": 0.5, "c2": 70.0}
    own_card(starts, starts=starts, reference='{files: ["Y{recording}", "{recording}", "{recording}_{start}"]}')
    data = recordings(starts)
    files = {"Yc0.wav": data["c0.wav"], "c0.wav": b"worse", "c1_0.5.wav": data["c1.wav"], "c2_70.wav": data["c2.wav"]}
    folder(files)
    ran = bench(*PREPARE, "--audio", "mine")
    assert ran.code == 0
    assert [item["source"] for item in manifest().values()] == ["Yc0.wav", "c1_0.5.wav", "c2_70.wav"]
    assert "1 files are of none of them: c0.wav" in ran.out


# What is scored against prepared references is what would be scored against the files themselves. Not to the last bit:
# the mean is removed before resampling, and what of it comes back by rounding is removed when the WAV is heard.


def score_of(bench: Bench, *words: str | Path) -> float:
    ran = bench(*words, "--json", "--quiet")
    assert ran.code == 0, ran.err
    (score,) = json.loads(ran.out)["scores"].values()
    assert score["n"] == len(NAMES)
    return float(score["value"])


@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
@pytest.mark.parametrize("metric", ["fad@logmel", "fad@logmel:sinc", "lsd@logmel", "lsd@logmel:sinc"])
def test_prepared_references_score_as_the_files_that_they_came_from(bench: Bench, metric: str, kind: str) -> None:
    own_card(resampler="sinc" if metric.endswith("sinc") else "soxr-hq")
    samples = {name: noise(index, seconds=1.0) for index, name in enumerate(NAMES)}
    folder({f"{name}.{kind.lower()}": encoded(data, kind=kind) for name, data in samples.items()})
    assert bench(*PREPARE, "--audio", "mine").code == 0
    prepared = score_of(bench, "run", "--system", "noise", "--suite", "own.yaml", "--metrics", metric)
    (generated,) = {path.parent for path in Path("runs").rglob("c0.wav")}
    assert prepared == pytest.approx(
        score_of(bench, "score", generated, "--reference", "mine", "--metrics", metric), 1e-7
    )


# What was made of another version of a card, or of another card, or was bad: it is never scored against.


def prompts_beside() -> None:
    """Has the card take its captions from a prompt table beside it."""
    edited("captions: {list: {file: list.csv, caption: caption}}", "captions: lists/list.csv")


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize(
    ("old", "new"), [("seconds: 1.0", "seconds: 0.5"), ("rate: 16000", "rate: 24000"), ("soxr-hq", "sinc")]
)
def test_after_a_change_of_the_card_nothing_is_run_until_it_is_prepared_again(
    bench: Bench, old: str, new: str, beside: bool
) -> None:
    own_card()
    if beside:
        prompts_beside()
    folder(recordings())
    words = ("prepare", "own.yaml", *(() if beside else ("--lists", "lists")), "--audio", "mine", "--quiet")
    assert bench(*words).code == 0
    edited(old, new)
    ran = bench("run", "--system", "noise", "--suite", "own.yaml")
    assert (ran.code, one_line(ran.err)) == (3, True)
    assert "prepared from another version of its card; get it ready with: bench prepare own.yaml" in ran.err
    assert not Path("runs").exists()
    assert bench(*words).code == 0
    assert bench("run", "--system", "noise", "--suite", "own.yaml").code == 0


def test_a_subset_that_is_prepared_after_a_change_vouches_for_no_audio_of_before(bench: Bench) -> None:
    own_card(more=SUBSETS)
    folder(recordings())
    assert bench(*PREPARE, "--audio", "mine").code == 0
    edited("seconds: 1.0", "seconds: 0.5")
    ran = bench("prepare", "own.yaml/part", "--audio", "mine")
    assert ran.code == 0
    assert "6 recordings were cut or resampled otherwise than the card now says: removed" in ran.err
    assert sorted(times()) == ["c0.wav", "c1.wav", "c2.wav"]
    assert load_suite("own.yaml").lacking == ("c3", "c4", "c5")


def test_a_file_that_was_put_there_is_removed_if_it_is_wanted(bench: Bench) -> None:
    own_card(more=SUBSETS)
    folder(recordings())
    assert bench(*PREPARE, "--audio", "mine").code == 0
    for name in ("c1", "c4"):
        shutil.copyfile(shelf().recording("c0"), shelf().recording(name))
    ran = bench("prepare", "own.yaml/part")
    assert ran.code == 3
    assert "1 recordings are not as they were prepared: removed" in ran.err
    assert sorted(times()) == ["c0.wav", "c2.wav", "c3.wav", "c4.wav", "c5.wav"]


def test_a_recording_that_is_no_longer_wanted_stays(bench: Bench) -> None:
    own_card()
    folder(recordings())
    assert bench(*PREPARE, "--audio", "mine").code == 0
    made = times()
    own_card(NAMES[:3])
    edited("version: 1", "version: 2")
    assert bench(*PREPARE).code == 0
    own_card()
    assert bench(*PREPARE).code == 0
    assert times() == made


def test_features_of_audio_that_was_made_otherwise_are_removed(bench: Bench) -> None:
    own_card()
    assert bench(*PREPARE).code == 3
    condition = Condition(1.0, 16_000, 1, 0.5, True, False)
    for name, made in (("c0", digest(conversion(card_named("own.yaml")))), ("c1", "0" * 64)):
        write_atomically(shelf().features_only(name), Stub("1" * 64, made, condition).encoded())
    shelf().features_only("c2").write_text('{"audio": 5}')
    ran = bench("prepare", "own.yaml")
    assert "features of 2 recordings are of audio made otherwise than the card now says: removed" in ran.err
    assert list(shelf().references()) == ["c0"]
    edited("seconds: 1.0", "seconds: 0.5")
    assert bench(*PREPARE).code == 3
    assert shelf().references() == {}


def test_cards_of_one_name_leave_each_others_audio_alone(bench: Bench) -> None:
    for place, rate in (("one", 16000), ("two", 24000)):
        own_card()
        Path(place).mkdir()
        edited("rate: 16000", f"rate: {rate}")
        Path("own.yaml").rename(f"{place}/own.yaml")
    folder(recordings())
    for place in ("one", "two", "one"):
        ran = bench("prepare", f"{place}/own.yaml", "--lists", "lists", "--audio", "mine", "--quiet")
        assert (ran.code, ran.err) == (0, "")
    for place, rate in (("one", 16000), ("two", 24000)):
        assert soundfile.info(shelf(f"{place}/own.yaml").recording("c0")).samplerate == rate
        assert bench("run", "--system", "noise", "--suite", f"{place}/own.yaml", "--out", place).code == 0


@pytest.mark.parametrize(
    "bad", ["id,caption\nc0,\n", "id,text\nc0,x\n", "id,caption\n", "id,caption\nc0,x\nc0,y\n", '"', "\xff"]
)
def test_a_bad_table_takes_no_place_of_a_good_one_and_is_named_where_it_lies(bench: Bench, bad: str) -> None:
    own_card()
    folder(recordings())
    assert bench(*PREPARE, "--audio", "mine").code == 0
    before = tree(Path("data"))
    folder({"list.csv": bad.encode("latin-1")}, "theirs")
    ran = bench("prepare", "own.yaml", "--lists", "theirs", "--quiet")
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert "theirs/list.csv" in ran.err
    assert tree(Path("data")) == before
    assert bench("prepare", "own.yaml", "--quiet").code == 0


def test_a_table_that_is_not_that_of_the_card_takes_no_place_either(bench: Bench) -> None:
    own_card(more="clips: 6\n")
    folder(recordings())
    assert bench(*PREPARE, "--audio", "mine").code == 0
    before = tree(Path("data"))
    folder({"list.csv": b"id,caption\nc0,x\n"}, "theirs")
    ran = bench("prepare", "own.yaml", "--lists", "theirs", "--quiet")
    assert ran.code == 3
    assert "not that of version 1 of the card: it has 1 clips, and must have 6" in ran.err
    assert tree(Path("data")) == before


def test_the_first_table_seen_is_not_held_to_if_it_is_bad(bench: Bench) -> None:
    own_card()
    edited("{file: list.csv,", '{file: list.csv, url: "https://example.org/list.csv",')
    folder({"list.csv": b"id,caption\nc0,\n"}, "theirs")
    assert bench("prepare", "own.yaml", "--lists", "theirs", "--quiet").code == 2
    assert bench(*PREPARE).code == 3  # for want of audio alone
    assert len(load_suite("own.yaml").clips) == 6


OTHERS = """subsets:
  few: {captions: {only: {file: few.csv}}}
  more: {captions: {only: {file: more.csv}}}
"""


def test_subsets_whose_tables_are_at_hand_are_counted_and_the_others_said_to_be_unknown(bench: Bench) -> None:
    own_card(more=OTHERS)
    folder(recordings())
    folder({"few.csv": b"id\nc1\nc2\n"}, "lists")
    ran = bench(*PREPARE, "--audio", "mine")
    assert ran.code == 0
    assert ran.out.splitlines()[-3:] == [
        "own: complete",
        "own/few: complete",
        "own/more: not known yet (bench prepare own.yaml/more)",
    ]
    assert [clip.id for clip in load_suite("own.yaml/few").clips] == ["c1", "c2"]
    said = json.loads(bench("prepare", "own.yaml", "--json").out)["subsets"]
    assert said["own/few"] == {"ready": 2, "recordings": 2}
    assert said["own/more"] == {"ready": None, "recordings": None}


def test_a_subsets_table_that_does_not_fit_is_said_and_spoils_nothing(bench: Bench) -> None:
    own_card(more=OTHERS)
    folder(recordings())
    folder({"few.csv": b"id\nc1\nz\n"}, "lists")
    ran = bench("prepare", "own.yaml", "--lists", "lists", "--audio", "mine")
    assert ran.code == 0
    assert "own/few: 'z' of few.csv is not in list.csv" in ran.err
    assert "own/few: not known yet (bench prepare own.yaml/few)" in ran.out
    assert not (shelf().lists / "few.csv").exists()


def test_recordings_that_are_much_too_short_are_named(bench: Bench) -> None:
    own_card()
    files = recordings() | recordings(["c1", "c4"], seconds=0.89) | recordings(["c2"], seconds=0.9)
    folder(files)
    ran = bench(*PREPARE, "--audio", "mine")
    assert ran.code == 0
    assert "2 shorter than 0.9 s, where systems are asked for 1 s: c1, c4" in ran.out.splitlines()
    assert json.loads(bench("prepare", "own.yaml", "--json").out)["short"] == ["c1", "c4"]


def test_a_cards_path_is_quoted_where_it_must_be(bench: Bench) -> None:
    own_card()
    Path("own.yaml").rename("my own.yaml")
    ran = bench("prepare", "my own.yaml", "--lists", "lists")
    assert ran.out.splitlines()[-1] == "get the rest with: bench prepare 'my own.yaml' --audio FOLDER"
    ran = bench("run", "--system", "noise", "--suite", "my own.yaml")
    assert "get it with: bench prepare 'my own.yaml' --audio FOLDER" in ran.err


@pytest.mark.parametrize("stamp", ["[]", "5", "null"])
def test_a_damaged_stamp_is_no_bug(bench: Bench, stamp: str) -> None:
    own_card()
    folder(recordings())
    assert bench(*PREPARE, "--audio", "mine").code == 0
    (shelf().folder / "clips.json").write_text(stamp)
    ran = bench("run", "--system", "noise", "--suite", "own.yaml")
    assert (ran.code, one_line(ran.err)) == (3, True)
    assert "get it ready with: bench prepare own.yaml" in ran.err
    assert bench("prepare", "own.yaml", "--quiet").code == 0


def test_weights_are_fetched_for_a_subset_of_ones_own_card(bench: Bench) -> None:
    own_card(more=SUBSETS)
    ran = bench("fetch", "own.yaml/part")
    assert ran.code == 0, ran.err
    ran = bench("fetch", "own.yaml/par")
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert "no subset of own is called 'par' (did you mean 'part'?)" in ran.err


def test_audio_of_a_time_before_there_were_stamps_is_kept_if_the_manifest_knows_it(bench: Bench) -> None:
    own_card()
    folder(recordings())
    assert bench(*PREPARE, "--audio", "mine").code == 0
    shelf().stamp.unlink()
    made, before = times(), tree(Path("data"))
    assert bench("run", "--system", "noise", "--suite", "own.yaml").code == 3
    ran = bench("prepare", "own.yaml")
    assert (ran.code, ran.err) == (0, "")
    assert times() == made
    assert tree(Path("data")) == {**before, f"{shelf().suite}/audio.json": shelf().stamp.read_bytes()}
