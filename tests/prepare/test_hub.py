"""Recordings of a data set of the hub, from a server of its API on this machine: parquet files or a folder of audio."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
from conftest import Ran, one_line, tree
from hub_server import FIRST, SECOND, Hub, hub
from recording_files import NAMES, encoded, manifest, noise, own_card, recordings, shelf

pyarrow = pytest.importorskip("pyarrow")

PREPARE = ("prepare", "own.yaml", "--lists", "lists", "--from", "hub")
REFERENCE = (
    '{files: ["{recording}"], hub: {repository: owner/name, files: ["data/test-*", "test/*"], id: %s, audio: %s}}'
)


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The command line in a process that takes this machine's server for the hub."""
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))
    with hub("datasets", {}, tmp_path) as there:

        def run(*words: str, before: str = "", **more: str) -> Ran:
            code = f"import sys; {before}\nfrom bench.cli import main; sys.exit(main({[*PREPARE, *words]!r}))"
            command = [sys.executable, "-c", code]
            ran = subprocess.run(
                command, capture_output=True, text=True, timeout=100, env={**there, **more}, check=False
            )
            return Ran(ran.returncode, ran.stdout, ran.stderr)

        yield run


def card(identity: str = "id", audio: str = "audio", names: tuple[str, ...] = NAMES) -> None:
    own_card(names, reference=REFERENCE % (identity, audio))


def parquet(rows: list[dict[str, Any]], group: int = 2) -> bytes:
    """Rows as a parquet file."""
    from pyarrow import Table
    from pyarrow.parquet import write_table

    buffer = io.BytesIO()
    write_table(Table.from_pylist(rows), buffer, row_group_size=group)
    return buffer.getvalue()


def structs(names: tuple[str, ...] = NAMES, times: int = 1) -> list[dict[str, Any]]:
    """Rows with audio as the package `datasets` writes it, each several times: one for each of its captions."""
    data = recordings(names)
    row = [{"id": one, "audio": {"bytes": data[f"{one}.wav"], "path": f"{one}.wav"}, "text": "x"} for one in names]
    return [{**one, "text": str(time)} for one in row for time in range(times)]


def from_files() -> dict[str, bytes]:
    """What the same recordings come to from a folder."""
    from bench.card import load_card
    from bench.prepare.convert import convert

    for name, data in recordings().items():
        Path(name).write_bytes(data)
        convert(name[:-4], Path(name), name, Path("expected") / name, load_card(Path("own.yaml")))
    return tree(Path("expected"))


def test_recordings_in_five_rows_each_come_once_and_later_files_are_not_had(run: Run) -> None:
    card()
    others = [{**row, "id": f"other-{index}"} for index, row in enumerate(structs())]
    Hub.files |= {
        "data/test-0.parquet": parquet(others + structs(NAMES[:3], times=5)),
        "data/test-1.parquet": parquet(structs(NAMES[2:], times=5)),
        "data/test-2.parquet": parquet(structs()),
        "data/train-0.parquet": b"not wanted",
        "README.md": b"not wanted",
    }
    ran = run("--quiet")
    assert (ran.code, ran.err) == (0, "")
    assert Hub.fetched == ["data/test-0.parquet", "data/test-1.parquet"]
    assert "6 of 6 recordings are ready" in ran.out
    assert tree(shelf().audio) == from_files()
    sources = {name: item["source"] for name, item in manifest().items()}
    assert sources["c2"] == "hf:owner/name/data/test-0.parquet"
    assert sources["c3"] == "hf:owner/name/data/test-1.parquet"
    assert not (shelf().folder / "fetching").exists()


@pytest.mark.parametrize("said", ["{}.wav", "clips/{}.wav", "{}"])
def test_plain_bytes_under_names_of_files(run: Run, said: str) -> None:
    card("file", "sound")
    data = recordings()
    rows = [{"file": said.format(name), "sound": data[f"{name}.wav"]} for name in NAMES]
    Hub.files["data/test-0.parquet"] = parquet(rows)
    assert run("--quiet").code == 0
    assert tree(shelf().audio) == from_files()


def test_numbers_are_names_too(run: Run) -> None:
    card(names=("7", "12"))
    wave = encoded(noise(1))
    Hub.files["data/test-0.parquet"] = parquet([{"id": one, "audio": wave} for one in (12, 7)])
    assert run("--quiet").code == 0


def test_a_folder_of_audio(run: Run) -> None:
    card()
    Hub.files |= {f"test/deep/{name}": data for name, data in recordings().items()}
    Hub.files |= {"test/other.wav": b"not wanted", "test/c0.txt": b"not wanted"}
    assert run("--quiet").code == 0
    assert Hub.fetched == [f"test/deep/{name}.wav" for name in NAMES]
    assert tree(shelf().audio) == from_files()


def test_a_branch_is_held_to_its_commit_and_what_is_had_is_not_asked_for_again(run: Run) -> None:
    card()
    Hub.files["data/test-0.parquet"] = parquet(structs(NAMES[:4]))
    ran = run("--quiet")
    assert ran.code == 3
    assert "2 missing (not in the data set): c4, c5" in ran.out
    Hub.head, Hub.fetched = SECOND, []
    assert run("--quiet").code == 3
    assert Hub.fetched == []
    held = json.loads(next(Path("cache").rglob("revisions.json")).read_text(encoding="utf-8"))
    assert held == {"datasets/owner/name@main": FIRST}


def test_offline_the_hubs_cache_will_do(run: Run) -> None:
    card()
    Hub.files["data/test-0.parquet"] = parquet(structs())
    ran = run("--quiet", HF_HUB_OFFLINE="1")
    assert (ran.code, one_line(ran.err)) == (3, True)
    assert "owner/name of the hub is not here (HF_HUB_OFFLINE is set" in ran.err
    assert run("--quiet").code == 0
    made = tree(shelf().audio)
    for path in shelf().folder.rglob("*.*"):
        path.unlink()
    Hub.fetched.clear()
    assert run("--quiet", HF_HUB_OFFLINE="1").code == 0
    assert (tree(shelf().audio), Hub.fetched) == (made, [])


def test_one_bad_row_loses_no_other(run: Run) -> None:
    card()
    rows = structs()
    rows[1]["audio"] = {"bytes": b"hello", "path": "c1.wav"}
    rows[2]["audio"] = {"bytes": None, "path": "c2.wav"}
    rows[3]["audio"] = None
    Hub.files["data/test-0.parquet"] = parquet(rows)
    ran = run("--quiet")
    assert ran.code == 3
    assert "3 of 6 recordings are ready" in ran.out
    assert {name: item["status"] for name, item in manifest().items()} == {
        **dict.fromkeys(NAMES, "ready"),
        **dict.fromkeys(NAMES[1:4], "refused"),
    }
    assert "is empty (0 bytes)" in ran.out


WRONG: dict[str, tuple[dict[str, bytes], str]] = {
    "no such column": (
        {"data/test-0.parquet": parquet([{"name": "c0", "audio": b"x"}])},
        "has no column 'id'; it has: ",
    ),
    "audio as numbers": (
        {"data/test-0.parquet": parquet([{"id": "c0", "audio": [0.1, 0.2]}])},
        "holds no audio in its column 'audio'",
    ),
    "no parquet": ({"data/test-0.parquet": b"<html>hello</html>"}, "is no parquet file, or is damaged"),
    "half a parquet": ({"data/test-0.parquet": parquet(structs())[:-900]}, "is no parquet file, or is damaged"),
    "no such files": ({"data/train-0.parquet": b""}, "owner/name has no parquet or audio files called data/test-* or "),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_data_set_that_is_not_as_the_card_says_is_one_line(run: Run, case: str) -> None:
    card()
    Hub.files, expected = WRONG[case]
    ran = run("--quiet")
    assert (ran.code, one_line(ran.err)) == (3, True), ran.err
    assert expected in ran.err
    assert not list(Path("data").rglob("*.wav"))


def test_a_transfer_that_breaks_off_is_one_line_and_the_next_goes_on(run: Run) -> None:
    card()
    Hub.files |= {
        "data/test-0.parquet": parquet(structs(NAMES[:3])),
        "data/test-1.parquet": parquet(structs(NAMES[3:])),
    }
    Hub.broken.add("data/test-1.parquet")
    ran = run("--quiet", before="import time; time.sleep = lambda _: None")  # the client tries five times
    assert (ran.code, one_line(ran.err)) == (3, True), ran.err
    assert "owner/name can't be had from the hub" in ran.err
    assert [name for name, item in manifest().items() if item["status"] == "ready"] == ["c0", "c1", "c2"]
    Hub.broken.clear()
    Hub.fetched.clear()
    assert run("--quiet").code == 0
    assert Hub.fetched == ["data/test-1.parquet"]


def test_without_pyarrow_its_extra_is_named(run: Run) -> None:
    card()
    Hub.files["data/test-0.parquet"] = parquet(structs())
    ran = run("--quiet", before="sys.modules['pyarrow'] = None")
    assert (ran.code, one_line(ran.err)) == (3, True)
    assert "parquet files need pyarrow; get it with: pip install 'audiogen-bench[hub]'" in ran.err


def test_a_data_set_that_the_hub_does_not_have_is_one_line(run: Run) -> None:
    own_card(reference='{files: ["{recording}"], hub: {repository: owner/other}}')
    ran = run("--quiet")
    assert (ran.code, one_line(ran.err)) == (3, True)
    assert "data set owner/other of the hub is not here" in ran.err


def test_what_is_converted_sounds(run: Run) -> None:
    card(names=("c0",))
    Hub.files["data/test-0.parquet"] = parquet([{"id": "c0", "audio": encoded(noise(1), kind="FLAC")}])
    assert run("--quiet").code == 0
    wave, rate = soundfile.read(shelf().recording("c0"))
    assert (rate, len(wave)) == (16_000, 16_000)
    assert 0.05 < wave.std() < 0.15


def test_without_a_network_it_is_one_line(run: Run) -> None:
    own_card(reference=f"{{hub: {{repository: owner/name, revision: {FIRST!r}}}}}")
    quick = "import time; time.sleep = lambda _: None"  # the client tries six times
    ran = run(before=quick, HF_ENDPOINT="http://127.0.0.1:9")
    assert (ran.code, one_line(ran.err)) == (3, True), ran.err
    assert "data set owner/name can't be had from the hub: " in ran.err
