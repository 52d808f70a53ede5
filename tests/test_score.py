"""Audio made elsewhere: matched by stem, counted and named whatever it is like, and never touched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import Bench, one_line, tone, tree

from bench.wav import encode_wav


@pytest.fixture
def made(bench: Bench, card: Path) -> Path:
    """A folder with the six clips of the small suite, as another system would leave them."""
    assert bench("run", "--system", "foley", "--suite", card, "--out", "elsewhere", "--results", "ignored").code == 0
    (folder,) = Path("elsewhere").rglob("audio")
    return Path(shutil.copytree(folder, "made"))


def scores(text: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(text)["scores"]
    return found


def test_a_whole_folder_scores_as_its_system_did_and_stays_as_it_was(bench: Bench, card: Path, made: Path) -> None:
    before = tree(made)
    times = {path: path.stat().st_mtime_ns for path in made.iterdir()}
    ran = bench("score", made, "--suite", card, "--json")
    assert ran.code == 0, ran.err
    (path,) = Path("ignored").rglob("record.json")
    assert scores(ran.out)["fad-logmel"] == json.loads(path.read_text(encoding="utf-8"))["scores"]["fad-logmel"]
    assert tree(made) == before
    assert {path: path.stat().st_mtime_ns for path in made.iterdir()} == times


def test_score_is_short_for_running_the_folder_system(bench: Bench, card: Path, made: Path) -> None:
    short = bench("score", made, "--suite", card, "--json", "--results", "a")
    long = bench("run", "--system", "folder", "--system.path", made, "--suite", card, "--json", "--results", "b")
    assert short.out == long.out
    assert tree(Path("a")) == tree(Path("b"))


def test_every_kind_of_trouble_is_counted_and_named(bench: Bench, card: Path, made: Path) -> None:
    (made / "c0.wav").unlink()
    (made / "c1.wav").write_bytes((made / "c1.wav").read_bytes()[:5000])
    soundfile.write(made / "c2.wav", np.full(16_000, np.nan), 16_000, subtype="FLOAT")
    (made / "c3.wav").write_bytes(encode_wav(np.zeros(16_000, np.float32), 16_000))
    (made / "c4.wav").write_bytes(encode_wav(np.full(16_000, 1.5, np.float32), 16_000))
    (made / "c5.wav").write_bytes(tone(0.5))
    (made / "stranger.wav").write_bytes(tone())
    (made / "notes.txt").write_text("not audio and not looked at", encoding="utf-8")
    ran = bench("score", made, "--suite", card, "--json")
    assert ran.code == 3
    clips = json.loads(ran.out)["clips"]
    assert clips.pop("unreadable").keys() == {"c1"}
    assert clips == {
        "asked": 6,
        "scored": 3,
        "missing": ["c0"],
        "not_finite": ["c2"],
        "silent": ["c3"],
        "clipped": ["c4"],
        "too_short": ["c5"],
        "surplus": ["stranger"],
    }
    assert scores(ran.out)["fad-logmel"]["n"] == 3
    assert "n:3|clips:" in str(scores(ran.out)["fad-logmel"]["signature"])
    for line in (
        "missing: 1 — c0",
        "unreadable: 1 — c1 (c1.wav is truncated",
        "surplus: 1 — stranger",
        "too short: 1 — c5",
    ):
        assert line in ran.err
    assert "3 of 6 clips could not be scored" in ran.err
    assert bench("score", made, "--suite", card, "--max-failures", "3").code == 0
    assert "3/6" in bench("table").out


def test_any_format_and_rate_is_read(bench: Bench, card: Path, made: Path) -> None:
    plain = scores(bench("score", made, "--suite", card, "--json").out)["fad-logmel"]["value"]
    for path in list(made.iterdir()):
        samples, rate = soundfile.read(path)
        soundfile.write(path.with_suffix(".flac"), np.stack([samples, 0 * samples], axis=1), rate, subtype="PCM_16")
        path.unlink()
    assert scores(bench("score", made, "--suite", card, "--json").out)["fad-logmel"]["value"] == plain


def test_a_changed_file_makes_another_record(bench: Bench, card: Path, made: Path) -> None:
    first = json.loads(bench("score", made, "--suite", card, "--json").out)
    (made / "c0.wav").write_bytes(tone())
    second = json.loads(bench("score", made, "--suite", card, "--json").out)
    assert first["system"]["hash"] != second["system"]["hash"]
    assert first["scores"]["fad-logmel"]["value"] != second["scores"]["fad-logmel"]["value"]


def test_two_folders_are_paired_by_stem(bench: Bench, made: Path) -> None:
    reference = Path(shutil.copytree(made, "reference"))
    (made / "c2.wav").unlink()
    ran = bench("score", made, "--reference", reference, "--metrics", "lsd-logmel,fad-logmel", "--json")
    assert ran.code == 3
    found = json.loads(ran.out)
    assert found["suite"]["name"] == "reference"
    assert found["clips"] == {"asked": 6, "scored": 5, "missing": ["c2"]}
    assert found["scores"]["lsd-logmel"]["value"] == 0
    assert found["scores"]["fad-logmel"]["value"] == pytest.approx(0, abs=1e-9)


def test_another_reference_of_the_same_name_is_another_suite(bench: Bench, made: Path) -> None:
    found = []
    for place in ("a", "b"):
        reference = Path(shutil.copytree(made, f"{place}/reference"))
        if place == "b":
            (reference / "c0.wav").write_bytes(tone())
        ran = bench("score", made, "--reference", reference, "--metrics", "fad-logmel", "--json")
        found.append(json.loads(ran.out)["scores"]["fad-logmel"])
    assert found[0]["value"] != found[1]["value"]
    assert found[0]["signature"] != found[1]["signature"]
    assert len(list(Path("results").rglob("record.json"))) == 2


def test_folders_without_a_common_name_are_compared_as_sets(bench: Bench, made: Path) -> None:
    Path("background").mkdir()
    for index, path in enumerate(sorted(made.iterdir())[:4]):
        shutil.copy(path, f"background/other{index}.wav")
    ran = bench("score", made, "--reference", "background", "--metrics", "fad-logmel", "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert (found["suite"]["paired"], found["clips"]["scored"]) == (False, 6)
    low, high = found["scores"]["fad-logmel"]["interval"]
    assert low <= found["scores"]["fad-logmel"]["value"] <= high
    pairs = bench("score", made, "--reference", "background", "--metrics", "lsd-logmel")
    assert pairs.code == 2
    assert one_line(pairs.err)
    assert "compares each clip with its own reference" in pairs.err


def test_a_broken_background_file_is_counted_and_named(bench: Bench, made: Path) -> None:
    Path("background").mkdir()
    for index, path in enumerate(sorted(made.iterdir())[:4]):
        shutil.copy(path, f"background/other{index}.wav")
    whole = bench("score", made, "--reference", "background", "--json")
    assert whole.code == 0, whole.err
    Path("background/other1.wav").write_bytes(b"RIFF")
    soundfile.write("background/other2.wav", np.full(16_000, np.nan), 16_000, subtype="FLOAT")
    ran = bench("score", made, "--reference", "background", "--json")
    assert ran.code == 3
    found = json.loads(ran.out)
    assert found["clips"]["reference_unreadable"].keys() == {"other1", "other2"}
    assert found["clips"]["scored"] == 6
    assert "2 references could not be used" in ran.err
    assert found["scores"]["fad-logmel"]["signature"] != scores(whole.out)["fad-logmel"]["signature"]


def test_a_changed_reference_behind_a_card_shows_in_the_signature(bench: Bench, made: Path) -> None:
    Path("s.csv").write_text("id,caption\n" + "".join(f"c{n},rain\n" for n in range(6)), encoding="utf-8")
    card = "title: S\nversion: 1\ntask: text-to-audio\ncaptions: s.csv\nreference: refs\nmetrics: [fad-logmel]\n"
    Path("s.yaml").write_text(card, encoding="utf-8")
    shutil.copytree(made, "refs")
    first = scores(bench("score", made, "--suite", "s.yaml", "--json").out)["fad-logmel"]["signature"]
    Path("refs/c0.wav").write_bytes(tone())
    second = scores(bench("score", made, "--suite", "s.yaml", "--json").out)["fad-logmel"]["signature"]
    assert first != second


def test_two_systems_that_lack_different_clips_are_not_alike(bench: Bench, card: Path, made: Path) -> None:
    found = []
    for lacking in ("c0", "c1"):
        folder = Path(shutil.copytree(made, f"without-{lacking}"))
        (folder / f"{lacking}.wav").unlink()
        found.append(scores(bench("score", folder, "--suite", card, "--json").out)["fad-logmel"]["signature"])
    assert found[0] != found[1]
    assert "n:5|clips:" in str(found[0])


def test_a_limit_leaves_no_surplus(bench: Bench, card: Path, made: Path) -> None:
    ran = bench("score", made, "--suite", card, "--limit", "3", "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["clips"] == {"asked": 3, "scored": 3}


def test_files_may_be_called_as_the_papers_call_them(bench: Bench, card: Path, made: Path) -> None:
    plain = bench("score", made, "--suite", card, "--json")
    for path in list(made.iterdir()):
        path.rename(made / f"Y{path.name}")
    refused = bench("score", made, "--suite", card)
    assert refused.code == 2
    assert one_line(refused.err)
    assert "clips are looked for as 'c0' …, files are called 'Yc0' …; names such as 'Y{id}' say how" in refused.err
    (made / "stranger.wav").write_bytes(tone())
    ran = bench("score", made, "--suite", card, "--names", "Y{id}", "--json")
    assert (ran.code, scores(ran.out)) == (0, scores(plain.out))
    assert json.loads(ran.out)["clips"]["surplus"] == ["stranger"]
    limited = bench("score", made, "--suite", card, "--names", "Y{id}", "--limit", "4", "--json")
    assert json.loads(limited.out)["clips"]["surplus"] == ["stranger"]


def test_other_names_in_one_folder_are_another_measurement(bench: Bench, card: Path, made: Path) -> None:
    for path in list(made.iterdir()):
        path.rename(made / f"{path.stem}_a.wav")
        (made / f"{path.stem}_b.wav").write_bytes(tone())
    for names in ("{id}_a", "{id}_b"):
        assert bench("score", made, "--suite", card, "--names", names).code == 0
    found = [json.loads(path.read_text(encoding="utf-8")) for path in Path("results").rglob("record.json")]
    assert len({record["system"]["hash"] for record in found}) == len(found) == 2
    assert {record["system"]["settings"]["names"] for record in found} == {"{id}_a", "{id}_b"}


@pytest.mark.parametrize("names", ["Y", "", "{id}{id}"])
def test_names_that_tell_no_clips_apart_are_refused(bench: Bench, card: Path, made: Path, names: str) -> None:
    refused = bench("score", made, "--suite", card, "--names", names)
    assert (refused.code, one_line(refused.err)) == (2, True)
    assert f"names is {names!r}, but must have {{id}} once, as in 'Y{{id}}'" in refused.err


def test_two_folders_have_names_of_their_own(bench: Bench, made: Path) -> None:
    refused = bench("score", made, "--reference", made, "--names", "Y{id}")
    assert (refused.code, one_line(refused.err)) == (2, True)
    assert "--names goes with --suite" in refused.err


def test_nothing_scored_is_not_done(bench: Bench, card: Path, made: Path) -> None:
    assert bench("score", made, "--suite", card, "--metrics", "efficiency").code == 3
    assert bench("score", made, "--suite", card, "--metrics", "efficiency,fad-logmel").code == 0


def test_a_folder_may_have_any_name(bench: Bench, made: Path) -> None:
    reference = shutil.copytree(made, "a|b c")
    assert bench("score", made, "--reference", reference).code == 0
    assert bench("table").code == 0


def test_a_broken_reference_is_counted_too(bench: Bench, made: Path) -> None:
    reference = Path(shutil.copytree(made, "reference"))
    (reference / "c1.wav").write_bytes(b"RIFF")
    ran = bench("score", made, "--reference", reference, "--metrics", "fad-logmel", "--json")
    assert ran.code == 3
    assert json.loads(ran.out)["clips"]["reference_unreadable"].keys() == {"c1"}


def test_captions_go_with_the_clips(bench: Bench, made: Path) -> None:
    Path("captions.csv").write_text("id,caption\n" + "".join(f'c{n},"rain, {n}"\n' for n in range(6)), encoding="utf-8")
    reference = shutil.copytree(made, "reference")
    words = ("score", made, "--reference", reference, "--metrics", "fad-logmel")
    assert bench(*words, "--captions", "captions.csv").code == 0
    (path,) = Path("results").rglob("clips.jsonl")
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[3])["text"] == "rain, 3"
    Path("captions.csv").write_text("id,caption\nc0,rain\n", encoding="utf-8")
    ran = bench(*words, "--captions", "captions.csv")
    assert ran.code == 2
    assert "no caption for 5 of 6 clips, the first is 'c1'" in ran.err


def test_audio_that_nobody_can_score_is_no_score(bench: Bench, card: Path) -> None:
    Path("bad").mkdir()
    Path("bad/c0.wav").write_bytes(b"")
    ran = bench("score", "bad", "--suite", card, "--json")
    assert ran.code == 3
    found = json.loads(ran.out)
    assert found["scores"] == {}
    assert found["not_scored"]["fad-logmel"] == "no clip could be scored"


def test_scores_of_nothing_but_silence_say_so(bench: Bench, card: Path, made: Path) -> None:
    """They can look very good: PANNs' FD and KL of silence do, by audioldm_eval's own account."""
    for path in made.glob("*.wav"):
        path.write_bytes(encode_wav(np.zeros(16_000, np.float32), 16_000))
    ran = bench("score", made, "--suite", card, "--json")
    assert "all clips are silent" in scores(ran.out)["fad-logmel"]["flags"]  # type: ignore[operator]
    assert "all clips are silent" in bench("table").out
