"""The clip lists of the suites that come with the package: of small tables in their owners' formats, and of theirs.

The owners' own files are looked for, by their digests, in the folder that BENCH_OFFICIAL_LISTS names.
"""

from __future__ import annotations

import csv
import functools
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from bench.card import Card, load_card
from bench.digest import file_digest
from bench.errors import BadInput, NotEvaluable
from bench.prepare.captions import check_list, entries
from bench.prepare.lists import obtain_lists
from bench.prepared import Entry, Shelf, read_clips, write_clips
from bench.progress import Reporter
from bench.sources import Captions
from bench.suites import datasets_folder, suite_names

QUIET = Reporter(quiet=True)
WHOLE = ["audiocaps", "clotho", "ljspeech", "musiccaps", "songdescriber"]
SUITES = [name for name in suite_names() if name.partition("/")[0] in WHOLE]
PAPER = {  # what the evaluation code of AudioLDM 2 lists
    "audiocaps": "db088a10243170f3304c7b47533c9527fd33693f5f49e41c043733d2fdfa77ac",
    "musiccaps": "1e386ced15e084b15031ac5a69ab7368b72878dc3ae10329c62dec3033b84220",
}
TANGO = "90389ee3a577394e3a5063d5a2014279d2d02c7445ce4412740839c1344488e1"


def card_of(name: str) -> tuple[Card, Captions]:
    suite, _, subset = name.partition("/")
    card = load_card(datasets_folder() / f"{suite}.yaml", subset)
    assert isinstance(card.captions, Captions)
    return card, card.captions


# The owners' files.


@functools.cache
def official() -> Mapping[str, Path]:
    """The files at hand by digest."""
    folder = os.environ.get("BENCH_OFFICIAL_LISTS")
    if not folder:
        return {}
    return {file_digest(path): path for path in sorted(Path(folder).rglob("*")) if path.is_file()}


def theirs(digest: str) -> Path:
    if digest not in official():
        pytest.skip(f"the file {digest[:8]} is not in BENCH_OFFICIAL_LISTS")
    return official()[digest]


def prepared(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Entry, ...]:
    """A suite's clips of the owners' files: obtained, made, held to the card, kept and read again."""
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))
    card, captions = card_of(name)
    lists = tmp_path / "lists"
    lists.mkdir()
    for listing in captions.lists:
        shutil.copyfile(theirs(listing.sha256), lists / listing.file)
    shelf = Shelf(*name.split("/"))
    made = entries(captions, obtain_lists(shelf, card, lists, None, QUIET), QUIET)
    check_list(card, made)
    write_clips(shelf, card, made)
    assert read_clips(shelf, card) == made
    return made


def pairs(made: Iterable[Entry]) -> list[tuple[str, str]]:
    return [(entry.clip.id, entry.clip.text) for entry in made]


@pytest.mark.parametrize("name", SUITES)
def test_the_owners_tables_give_the_list_of_the_card(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card, captions = card_of(name)
    assert card.sha256
    assert card.clips == len(prepared(name, tmp_path, monkeypatch))
    assert all(listing.sha256 for listing in captions.lists)


def test_audiocaps_is_what_the_paper_was_measured_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with theirs(PAPER["audiocaps"]).open(encoding="utf-8", newline="") as file:
        expected = [(row["youtube_id"], row["caption"]) for row in csv.DictReader(file)]
    assert pairs(prepared("audiocaps", tmp_path, monkeypatch)) == expected


def test_musiccaps_is_what_the_paper_was_measured_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = json.loads(theirs(PAPER["musiccaps"]).read_bytes())
    made = prepared("musiccaps", tmp_path, monkeypatch)
    assert pairs(made) == list(expected.items())
    assert all(entry.start is not None for entry in made)


def test_tangos_list_is_theirs_with_captions_and_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [json.loads(line) for line in theirs(TANGO).read_text(encoding="utf-8").splitlines()]
    made = prepared("audiocaps/tango-886", tmp_path, monkeypatch)
    assert [(f"{entry.clip.id}_{entry.start:g}.wav", entry.clip.text) for entry in made] == [
        (row["location"].rpartition("/")[2], row["captions"]) for row in rows
    ]


# Small tables of the same formats.


def small(name: str, folder: Path, tables: Mapping[str, str], extra: Sequence[Path] = ()) -> tuple[Entry, ...]:
    _, captions = card_of(name)
    found: dict[str, tuple[Path, ...]] = {}
    for file, text in tables.items():
        (folder / file).write_text(text, encoding="utf-8", newline="")
        found[file] = (folder / file,)
    return entries(captions, {**found, **({captions.list.file: tuple(extra)} if extra else {})}, QUIET)


def audiocaps(more: str = "") -> dict[str, str]:
    """Three clips of the paper's list and the eleven that it leaves out, with five captions each."""
    _, captions = card_of("audiocaps")
    ids = ["7fmOlUlwoNg", "6BJ455B1aAs", *captions.without, "GOD8Bt5LfDE"]
    lines = [
        f'{number}{place},{one},{place * 10},"{one}, caption {number}"\n'
        for number in range(1, 6)
        for place, one in enumerate(ids)
    ]
    return {
        "test.csv": "audiocap_id,youtube_id,start_time,caption\n" + "".join(lines) + more,
        "test_audiocaps_subset.json": "".join(
            json.dumps({"dataset": "audiocaps", "location": f"/data/deep/{one}_20.wav", "captions": "x"}) + "\n"
            for one in ("GOD8Bt5LfDE", "7fmOlUlwoNg")
        ),
        "audiocaps.py": "import pandas as pd\nNOT_IN_AUDIOCAPS = ['gQMTOKsCIyk', '7fmOlUlwoNg']\nprint('scoring')\n",
    }


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("audiocaps", ["7fmOlUlwoNg", "6BJ455B1aAs", "GOD8Bt5LfDE"]),
        ("audiocaps/tango-886", ["7fmOlUlwoNg", "GOD8Bt5LfDE"]),
        ("audiocaps/common-880", ["GOD8Bt5LfDE"]),
    ],
)
def test_audiocaps_takes_the_third_caption_of_each_clip(name: str, ids: list[str], tmp_path: Path) -> None:
    made = small(name, tmp_path, audiocaps())
    assert pairs(made) == [(one, f"{one}, caption 3") for one in ids]
    starts = {"7fmOlUlwoNg": 0.0, "6BJ455B1aAs": 10.0, "GOD8Bt5LfDE": 130.0}
    assert {entry.recording: entry.start for entry in made} == {one: starts[one] for one in ids}


def test_audiocaps_has_all_five_captions_of_each_clip(tmp_path: Path) -> None:
    made = small("audiocaps/all-4875", tmp_path, audiocaps())
    assert len(made) == 14 * 5
    assert pairs(made)[:2] == [
        ("7fmOlUlwoNg-1", "7fmOlUlwoNg, caption 1"),
        ("7fmOlUlwoNg-2", "7fmOlUlwoNg, caption 2"),
    ]
    assert len({entry.recording for entry in made}) == 14


def test_a_list_that_is_another_is_refused_although_it_is_well_formed(tmp_path: Path) -> None:
    card, _ = card_of("audiocaps")
    with pytest.raises(NotEvaluable, match="not that of version 1 of the card: it has 3 clips, and must have 964"):
        check_list(card, small("audiocaps", tmp_path, audiocaps()))
    with pytest.raises(BadInput, match=r"test\.csv, line 72: id 'x' has 1 rows, so there is no row 3"):
        small("audiocaps", tmp_path, audiocaps("1,x,0,once only\n"))


def test_musiccaps_joins_where_each_clip_starts(tmp_path: Path) -> None:
    columns = (
        "ytid start_s end_s audioset_positive_labels aspect_list caption author_id is_balanced_subset is_audioset_eval"
    )
    head = ",".join(columns.split()) + "\n"
    row = '{},{},{},"/m/0140xf,/m/02cjck","[\'low quality\', \'sad\']","A song.\nIt is ""sad"".",4,False,True\n'
    tables = {
        "musiccaps_eval_set_filename_to_caption_mapping.py": (
            'musiccaps_fname_to_caption_mapping = {\n    "-0Gj8-vB1q4.wav": "A \\"sad\\" song.\\nSlow.",\n'
            "    \"zzNdwF40ID8.wav\": 'A fast one.',\n}\n"
        ),
        "musiccaps-public.csv": head + "".join(
            row.format(one, start, start + 10) for one, start in (("zzNdwF40ID8", 70), ("-0Gj8-vB1q4", 30), ("x", 1))
        ),
    }  # fmt: skip
    made = small("musiccaps", tmp_path, tables)
    assert pairs(made) == [("-0Gj8-vB1q4", 'A "sad" song.\nSlow.'), ("zzNdwF40ID8", "A fast one.")]
    assert [entry.start for entry in made] == [30.0, 70.0]


LJSPEECH = "".join(
    f'{one}|He said "{one}|He said "{one}, twenty\n' for one in ("LJ001-0001", "LJ002-0002", "LJ003-0003", "LJ045-0096")
)


def test_ljspeech_speaks_the_normalized_text(tmp_path: Path) -> None:
    made = small("ljspeech", tmp_path, {"metadata.csv": LJSPEECH})
    said = [f'He said "{one}, twenty' for one in ("LJ001-0001", "LJ002-0002")]
    assert [(entry.clip.text, entry.clip.transcription) for entry in made] == [(one, one) for one in said]
    paths = "DUMMY1/LJ045-0096.wav|Mrs. De Mohrenschildt thought\nDUMMY1/LJ003-0003.wav|and so on\n"
    made = small("ljspeech/vits-500", tmp_path, {"metadata.csv": LJSPEECH, "ljs_audio_text_test_filelist.txt": paths})
    assert [entry.clip.id for entry in made] == ["LJ003-0003", "LJ045-0096"]


def test_libritts_is_one_table_of_every_chapter(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("1089_134686.trans.tsv", "1188_133604.trans.tsv")]
    paths[0].write_text('1089_134686_000001_000001\t"He hoped," 10\t"He hoped," ten\n', encoding="utf-8")
    paths[1].write_text("1188_133604_000004_000005\tA\tB\n", encoding="utf-8")
    made = small("libritts-test-clean", tmp_path, {}, paths)
    assert [(entry.clip.id, entry.clip.transcription) for entry in made] == [
        ("1089_134686_000001_000001", '"He hoped," ten'),
        ("1188_133604_000004_000005", "B"),
    ]


def test_song_describer_has_several_captions_of_a_recording(tmp_path: Path) -> None:
    head = "caption_id,track_id,caption,is_valid_subset,familiarity,artist_id,album_id,path,duration\n"
    rows = (
        '859,1004034,"Electronic music, constant",True,0,368880,118196,34/1004034.mp3,202.5\n'
        '233,1009671,"Neoclassical Piano \nSolo in a room",,0,7063,118858,71/1009671.mp3,160.1\n'
        "810,1009671,Upbeat,False,2,7063,118858,71/1009671.mp3,160.1\n"
    )
    made = small("songdescriber", tmp_path, {"song_describer.csv": head + rows})
    assert [(entry.clip.id, entry.recording) for entry in made] == [
        ("859", "1004034"), ("233", "1009671"), ("810", "1009671"),
    ]  # fmt: skip
    assert made[1].clip.text == "Neoclassical Piano \nSolo in a room"


def test_clotho_keeps_its_names_with_all_their_characters(tmp_path: Path) -> None:
    names = ["Heat duct ", "Scops owl&#39;s call", "WS_20122 [8.3.09] nr drips", "14.12.2011.001", "Sound @ ~ #1!"]
    rows = "".join(f'{name}.wav,First of "{name}".,2,3,4,5\n' for name in names)
    tables = {"clotho_captions_evaluation.csv": "file_name,caption_1,caption_2,caption_3,caption_4,caption_5\n" + rows}
    assert pairs(small("clotho", tmp_path, tables)) == [(name, f'First of "{name}".') for name in names]


def test_the_million_songs_are_a_draw_of_ones_own(tmp_path: Path) -> None:
    tracks = [f"TR{number:05}" for number in range(1200)]
    (tmp_path / "msd_tags.csv").write_text("track_id,tags\n" + "".join(f"{one},rock;slow\n" for one in tracks))
    made = small("msd", tmp_path, {}, [tmp_path / "msd_tags.csv"])
    assert len(made) == 1000
    assert [entry.clip.id for entry in made] == sorted(entry.clip.id for entry in made)
    assert made[0].clip.text == "A music track: rock, slow."
