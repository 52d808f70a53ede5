"""Reference features that arrive: the same scores, nothing unlike, nothing outside the shelf, kept for good."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Bench, one_line, tree
from feature_files import (
    CARD,
    NAMES,
    QUIET,
    Move,
    array,
    changed,
    export,
    members,
    record,
    shelf_of,
    with_array,
    zipped,
)

from bench.clip import Clip
from bench.digest import digest
from bench.errors import BadInput
from bench.features import Store, read_stub
from bench.prepare.features import unpack
from bench.prepare.importing import Taken, import_features, kept, restore_features
from bench.prepared import Entry, Shelf, conversion, is_stamped, write_clips
from bench.suites import load_suite


@pytest.fixture
def packed(at: Move) -> Path:
    """What one user, who has the audio, gives to others."""
    record(at("first"), *NAMES)
    return export()


def taken(path: Path, shelf: Shelf, name: str = "own.yaml") -> Taken:
    return import_features(path, load_suite(name), shelf)


def scores(bench: Bench, user: str, *words: str) -> dict[str, Any]:
    places = ("--out", f"{user}-runs", "--results", f"{user}-results")
    ran = bench("run", "--system", "noise", "--suite", "own.yaml", *places, "--json", *words)
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_another_user_scores_without_the_audio_and_gets_the_same(packed: Path, at: Move, bench: Bench) -> None:
    first = scores(bench, "first")
    shelf = at("second")
    assert taken(packed, shelf) == Taken(3, ("logmel",))
    assert not list(shelf.audio.glob("*.wav"))
    second = scores(bench, "second")
    assert second["scores"] == first["scores"]
    assert second["scores"]["fad-logmel"]["n"] == 6
    assert second["clips"] == first["clips"]


def test_some_audio_of_ones_own_and_for_the_rest_features(packed: Path, at: Move, bench: Bench) -> None:
    """The own audio is another than the exporter's; what is known by features alone is never decoded with it."""
    shelf = at("second")
    record(shelf, "r0", seed=2)
    assert taken(packed, shelf) == Taken(2, ("logmel",))
    mixed = scores(bench, "second")
    assert mixed["not_scored"] == {}
    assert mixed["clips"]["scored"] == 6
    record(shelf, "r1", "r2")  # as the exporter had them
    assert scores(bench, "whole")["scores"] == mixed["scores"]


def test_what_the_file_does_not_hold_is_not_scored(packed: Path, at: Move, bench: Bench) -> None:
    taken(packed, at("second"))
    ran = bench("run", "--system", "noise", "--suite", "own.yaml", "--metrics", "fad-logmel,fad@logmel:sinc")
    assert ran.code == 3
    assert "could not be computed: of r0 only imported features are here, and not these" in ran.err
    assert "FAD-logmel" in ran.out


def test_a_system_that_is_made_from_references_needs_their_audio(packed: Path, at: Move, bench: Bench) -> None:
    taken(packed, at("second"))
    ran = bench("run", "--system", "lowpass", "--suite", "own.yaml")
    assert ran.code == 3
    assert "of r0 only imported features are here" in ran.err
    assert "6 of 6 clips could not be scored" in ran.err


def test_audio_that_is_here_goes_before_features(packed: Path, at: Move) -> None:
    shelf = at("second")
    record(shelf, *NAMES)
    assert taken(packed, shelf) == Taken(0, ("logmel",))
    assert not list(shelf.audio.glob("*.features"))
    shutil.rmtree(shelf.audio)
    taken(packed, shelf)
    record(shelf, "r0")
    found = {clip.reference.name for clip in load_suite("own.yaml").clips if clip.reference}
    assert found == {"r0.wav", "r1.features", "r2.features"}


def test_what_stands_for_a_recording_says_how_it_was_made(packed: Path, at: Move) -> None:
    shelf = at("second")
    taken(packed, shelf)
    card = load_suite("own.yaml").card
    said = read_stub(shelf.features_only("r1"))
    assert said.conversion == digest(conversion(card))
    assert said.audio == {one.name: one.audio for one in unpack(packed).contents.recordings}["r1"]
    assert said.condition.seconds == 1.0
    assert is_stamped(shelf, card)


def test_features_that_were_computed_here_are_never_replaced(packed: Path, at: Move) -> None:
    """Whoever exports could claim anything of audio that is here."""
    shelf = at("second")
    record(shelf, *NAMES)
    export("own.zip")
    ours = tree(Store().folder)
    spoilt = with_array(packed, "rows", array(packed, "rows") + np.float32(1))
    taken(spoilt, shelf)
    assert tree(Store().folder) == ours
    shutil.rmtree(shelf.audio)
    taken(spoilt, shelf)
    kept = tree(Store().folder)
    assert {name: kept[name] for name in ours} == ours
    assert all(name.split("/")[0].endswith("-imported") for name in kept.keys() - ours.keys())


def test_anothers_features_never_pass_for_those_of_audio_that_comes_later(packed: Path, at: Move, bench: Bench) -> None:
    """Another's claim is believed only as long as the audio is not here; a score made of it is made again then."""
    words = ("run", "--system", "noise", "--suite", "own.yaml", "--json", "--quiet")
    shelf = at("second")
    record(shelf, *NAMES)
    clean = json.loads(bench(*words, "--results", "clean").out)["scores"]
    shelf = at("third")
    taken(with_array(packed, "rows", array(packed, "rows") + np.float32(1)), shelf)
    spoilt = json.loads(bench(*words, "--results", "spoilt").out)["scores"]
    record(shelf, *NAMES)
    healed = json.loads(bench(*words, "--results", "healed").out)["scores"]
    assert spoilt["fad-logmel"]["value"] != clean["fad-logmel"]["value"]
    assert healed == clean


# Nothing is written that the suite does not name, and nothing before all is checked.


def _named(name: str) -> Callable[[dict[str, Any]], None]:
    def change(about: dict[str, Any]) -> None:
        about["recordings"][0]["name"] = name

    return change


STRANGE = {
    "upwards": "../../../pwned",
    "absolute": "/tmp/pwned",
    "a folder": "sub/x",
    "NUL": "a\0b",
    "long": "x" * 300,
    "hidden": ".r0",
    "nothing": "",
}


@pytest.mark.parametrize("case", STRANGE)
def test_names_that_are_not_the_suites_are_never_paths(packed: Path, at: Move, tmp_path: Path, case: str) -> None:
    """Beside all that the suite has, they are left out; in place of one, that one is lacking."""
    shelf = at("second")
    files = members(packed)
    about = json.loads(files["features.json"])
    about["recordings"].append({**about["recordings"][2], "name": STRANGE[case]})
    counts, rows = array(packed, "counts"), array(packed, "rows")
    longer = with_array(packed, "counts", np.append(counts, counts[2]))
    longer = with_array(longer, "rows", np.concatenate([rows, rows[-counts[2] :]]))
    more = zipped("more.zip", {**members(longer), "features.json": json.dumps(about).encode()})
    before = {path for path in tmp_path.rglob("*") if "second" not in path.parts}
    assert taken(more, shelf) == Taken(3, ("logmel",), 1)
    assert {path for path in tmp_path.rglob("*") if "second" not in path.parts} == before
    assert sorted(path.name for path in shelf.audio.iterdir()) == [f"{name}.features" for name in NAMES]
    with pytest.raises(BadInput, match="lacks 1 of 3 recordings of suite own: first r0"):
        taken(changed(packed, _named(STRANGE[case])), shelf)


def _sign(about: dict[str, Any]) -> None:
    (said,) = about["embedders"]
    said["signature"] = said["signature"].replace("w:none", "w:12345678")


def _rename(about: dict[str, Any]) -> None:
    about["embedders"][0]["name"] = "nobody"
    about["embedders"][0]["signature"] = "emb:nobody-1"


REFUSED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "wrong signature": (_sign, "have the signature emb:logmel-1|w:12345678"),
    "no such embedder": (_rename, "there is none of that name here"),
    "other recordings": (_named("q0"), "lacks 1 of 3 recordings of suite own: first r0"),
    "made otherwise": (lambda about: about["conversion"].update(seconds=2.0), "seconds is 2.0, not 1.0"),
    "another suite": (lambda about: about.update(suite="clotho"), "is of suite clotho, not of own"),
    "another list": (lambda about: about.update(list_sha256="0" * 64), "another clip list of suite own: '00000000'"),
    "audio that is a path": (lambda about: about["recordings"][2].update(audio="../" * 9), "must be 64 hex digits"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_alike_is_refused_and_nothing_taken_over(packed: Path, at: Move, case: str) -> None:
    change, expected = REFUSED[case]
    shelf = at("second")
    before = tree(Path("second"))
    with pytest.raises(BadInput) as caught:
        taken(changed(packed, change), shelf)
    assert expected in str(caught.value)
    assert one_line(f"{caught.value}\n")
    assert tree(Path("second")) == before


@pytest.mark.parametrize("change", [lambda rows: rows[:, :10], lambda rows: rows * np.float32(np.nan)])
def test_rows_that_the_embedder_would_not_give_are_refused(
    packed: Path, at: Move, change: Callable[[Any], Any]
) -> None:
    shelf = at("second")
    before = tree(Path("second"))
    with pytest.raises(BadInput, match=r"is damaged: logmel gave features .* for clip r0"):
        taken(with_array(packed, "rows", change(array(packed, "rows"))), shelf)
    assert tree(Path("second")) == before


def test_another_suite_of_the_same_name_is_not_this_one(packed: Path, at: Move) -> None:
    """Two cards called alike, whose recordings are called alike: their prompts tell them apart."""
    shelf = at("second")
    entries = [Entry(Clip(f"c{index}", f"something else {index}"), NAMES[index // 2]) for index in range(6)]
    write_clips(shelf, load_suite("own.yaml").card, entries)
    with pytest.raises(BadInput, match="another clip list of suite own"):
        taken(packed, shelf)


def test_prompts_beside_a_card_are_compared_too(at: Move) -> None:
    def card(prompt: str) -> Shelf:
        text = CARD.replace("{list: {file: list.csv}}", "p.csv")
        Path("own.yaml").write_text(text, encoding="utf-8")
        Path("p.csv").write_text(f"id,caption\nr0,{prompt}\n", encoding="utf-8")
        return at("first" if prompt == "rain" else "second")

    record(card("rain"), "r0")
    path = export()
    with pytest.raises(BadInput, match="another clip list of suite own"):
        taken(path, card("snow"))
    at("first")
    shelf = card("rain")
    shelf.recording("r0").unlink()
    assert taken(path, shelf) == Taken(1, ("logmel",))


def test_a_subset_takes_its_part_of_the_whole_suites_file(packed: Path, at: Move) -> None:
    at("second")
    part = shelf_of("own.yaml/part", NAMES[:2])
    found = taken(packed, part, "own.yaml/part")
    assert found == Taken(2, ("logmel",), 1)
    assert found.lines() == [
        "2 recordings are known by their features now: logmel",
        "1 more in the file are not of this suite: left out",
    ]
    assert sorted(path.name for path in part.audio.iterdir()) == ["r0.features", "r1.features"]
    small = export("part.zip", "own.yaml/part")
    shelf = at("third")
    with pytest.raises(BadInput, match=r"part.zip is of own/part, and lacks 1 of 3 recordings of suite own: first r2"):
        taken(small, shelf)
    record(shelf, "r0", "r1")
    shelf_of("own.yaml/part", NAMES[:2])
    assert taken(small, shelf, "own.yaml/part") == Taken(0, ("logmel",))


def test_a_suite_without_recordings_takes_none(packed: Path, at: Move) -> None:
    Path("own.yaml").write_text(CARD.replace('{files: ["{recording}"]}', "mine"), encoding="utf-8")
    shelf = at("second")
    with pytest.raises(BadInput, match="suite own has no recordings that features could stand for"):
        taken(packed, shelf)


# The feature store is a cache; what was imported outlives it.


def test_an_emptied_cache_is_filled_again_from_the_file_that_is_kept(packed: Path, at: Move, bench: Bench) -> None:
    shelf = at("second")
    taken(packed, shelf)
    first = scores(bench, "second")
    (file,) = kept(shelf)
    assert file.read_bytes() == packed.read_bytes()
    shutil.rmtree("second/cache")
    packed.unlink()
    restore_features(load_suite("own.yaml"), shelf, QUIET)
    assert scores(bench, "again")["scores"] == first["scores"]


def test_what_is_here_already_is_not_written_again(packed: Path, at: Move) -> None:
    shelf = at("second")
    taken(packed, shelf)
    before = {path: path.stat().st_mtime_ns for path in shelf.audio.iterdir()}
    restore_features(load_suite("own.yaml"), shelf, QUIET)
    taken(packed, shelf)
    assert {path: path.stat().st_mtime_ns for path in shelf.audio.iterdir()} == before


def test_what_stands_for_features_that_are_lost_is_removed(packed: Path, at: Move) -> None:
    shelf = at("second")
    taken(packed, shelf)
    (file,) = kept(shelf)
    file.write_bytes(packed.read_bytes()[:-50])
    restore_features(load_suite("own.yaml"), shelf, QUIET)
    assert list(shelf.audio.iterdir()) == []
    file.write_bytes(packed.read_bytes())
    restore_features(load_suite("own.yaml"), shelf, QUIET)
    assert len(list(shelf.audio.iterdir())) == 3


def test_files_of_the_same_audio_are_kept_side_by_side_and_others_make_way(packed: Path, at: Move) -> None:
    shelf = at("second")
    taken(packed, shelf)
    other = with_array(packed, "rows", array(packed, "rows") + np.float32(1))
    taken(other, shelf)
    assert len(kept(shelf)) == 2
    record(at("third"), *NAMES, seed=3)
    last = export("last.zip")
    taken(last, at("second"))
    assert [file.read_bytes() for file in kept(shelf)] == [last.read_bytes()]


def test_prepare_says_what_became_of_imported_features(packed: Path, at: Move, bench: Bench) -> None:
    shelf = at("second")
    Path("lists").mkdir()
    rows = "".join(f"c{index},caption {index},r{index // 2}\n" for index in range(6))
    Path("lists/list.csv").write_text("id,caption,recording\n" + rows, encoding="utf-8")
    text = CARD.replace("list.csv}", "list.csv, caption: caption, recording: recording}")
    Path("own.yaml").write_text(text, encoding="utf-8")
    ran = bench("prepare", "own.yaml", "--lists", "lists", "--import-stats", packed)
    assert ran.code == 0, ran.err
    assert "3 recordings are known by their features now: logmel" in ran.err
    assert "own: complete, 3 of 3 by their features alone" in ran.out
    shutil.rmtree("second/cache")
    assert bench("prepare", "own.yaml").code == 0
    assert scores(bench, "second")["clips"]["scored"] == 6
    (file,) = kept(shelf)
    file.write_bytes(b"")
    ran = bench("prepare", "own.yaml")
    assert ran.code == 3
    assert "imported features are not used" in ran.err
    assert "0 of 3 recordings are ready" in ran.out
    assert "imported" not in ran.out
