"""The clip lists of subsets: their tables come on the way where they can, and what fails is only said."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Bench
from recording_files import folder, own_card, recordings, shelf
from server import Fault, Site, serving

from bench.prepare import transfer
from bench.suites import load_suite

WORDS = ("prepare", "own.yaml", "--lists", "lists", "--audio", "mine")
TABLES = {"few.csv": b"id\nc1\nc2\n", "two.csv": b"id\nc3\nc4\n"}


@pytest.fixture(autouse=True)
def _places(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(transfer, "PAUSES", (30.0,))  # so that a second try would be noticed
    folder(recordings())


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(TABLES) as site:
        yield site


def subsets(address: str, *, pinned: bool = True) -> str:
    """Two subsets of a card, each with a table of its own, and one that needs none."""
    lines = ["subsets:", '  all: {captions: {ids: ["c*"]}}']
    for name, data in TABLES.items():
        digest = f", sha256: {hashlib.sha256(data).hexdigest()}" if pinned else ""
        lines.append(
            f"  {name.removesuffix('.csv')}: {{captions: {{only: {{file: {name}, url: '{address}/{name}'{digest}}}}}}}"
        )
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("pinned", [True, False])
def test_tables_of_subsets_come_on_the_way_and_once(bench: Bench, site: Site, pinned: bool) -> None:
    own_card(more=subsets(site.address, pinned=pinned))
    for _ in range(2):
        ran = bench(*WORDS)
        assert ran.code == 0
        assert ran.out.splitlines()[-4:] == [
            "own: complete",
            "own/all: complete",
            "own/few: complete",
            "own/two: complete",
        ]
    assert [asked.name for asked in site.asked] == ["few.csv", "two.csv"]
    assert [clip.id for clip in load_suite("own.yaml/two").clips] == ["c3", "c4"]
    assert sorted(path.name for path in shelf().lists.iterdir()) == ["few.csv", "list.csv", "two.csv"]
    assert (shelf().folder / "held.json").exists() != pinned


def test_what_fails_is_said_beside_the_subset_and_nothing_else_fails(bench: Bench, site: Site) -> None:
    own_card(more=subsets(site.address))
    site.faults["few.csv"] = Fault(status=503)
    ran = bench(*WORDS)
    assert ran.code == 0
    assert ran.out.splitlines()[-4:] == [
        "own: complete",
        "own/all: complete",
        f"own/few: not known yet, since few.csv can't be downloaded from {site.url('few.csv')}: "
        "the server answers 503 Service Unavailable (bench prepare own.yaml/few)",
        "own/two: not known yet (bench prepare own.yaml/two)",
    ]
    assert len(site.asked) == 1  # the next might have to be waited for, too
    said = json.loads(bench(*WORDS, "--json").out)["subsets"]
    assert said["own/few"] == {"ready": None, "recordings": None}
    site.faults.clear()
    assert "own/two: complete" in bench("prepare", "own.yaml").out


def test_without_a_network_one_attempt_is_made_and_no_more(bench: Bench) -> None:
    own_card(more=subsets("http://127.0.0.1:9"))
    began = time.monotonic()
    ran = bench(*WORDS)
    assert time.monotonic() - began < 20.0  # a second attempt would wait for thirty
    assert ran.code == 0
    assert ran.err.count("downloading ") == 1
    assert "own/few: not known yet, since few.csv can't be downloaded from http://127.0.0.1:9/few.csv: " in ran.out
    assert "Connection refused (bench prepare own.yaml/few)\nown/two: not known yet (bench" in ran.out


@pytest.mark.parametrize("switch", ["BENCH_OFFLINE", "HF_HUB_OFFLINE"])
def test_where_nothing_may_be_downloaded_nothing_is(
    bench: Bench, site: Site, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    monkeypatch.setenv(switch, "1")
    own_card(more=subsets(site.address))
    ran = bench(*WORDS)
    assert (ran.code, site.asked) == (0, [])
    assert ran.out.splitlines()[-2:] == [
        f"own/{one}: not known yet (bench prepare own.yaml/{one})" for one in ("few", "two")
    ]


def test_where_all_tables_are_given_nothing_is_downloaded(bench: Bench, site: Site) -> None:
    own_card(more=subsets(site.address))
    folder(TABLES, "lists")
    assert "own/two: complete" in bench(*WORDS).out
    assert site.asked == []


def test_a_bad_table_of_a_subset_is_said_with_its_address_and_not_kept(bench: Bench, site: Site) -> None:
    own_card(more=subsets(site.address, pinned=False))
    site.files["few.csv"] = b'{"error": "busy"}'
    ran = bench(*WORDS)
    assert ran.code == 0
    assert f"own/few: {site.url('few.csv')}" in ran.err
    assert "; it was not kept\n" in ran.err
    assert "own/few: not known yet (bench prepare own.yaml/few)\nown/two: complete" in ran.out
    assert sorted(path.name for path in shelf().lists.iterdir()) == ["list.csv", "two.csv"]
    site.files |= TABLES
    assert "own/few: complete" in bench("prepare", "own.yaml").out
