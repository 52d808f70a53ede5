"""The published tables say what the sources print, and a damaged file of theirs is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.errors import BadInput
from bench.paper.published import Published
from bench.paper.reading import load_published, published_folder
from bench.plugins import metrics, systems
from bench.suites import card_named, suite_names

PUBLISHED = load_published()


def test_the_deck_has_its_rows_in_its_order() -> None:
    rows = {table.name: PUBLISHED.systems(table.name, "deck") for table in PUBLISHED.reading.tables}
    assert rows == {
        "text-to-audio": ["audioldm", "make-an-audio", "tango", "audioldm2-ac", "audioldm2-ac-large"],
        "text-to-music": ["audioldm", "musicgen", "audioldm2-msd", "audioldm2-full"],
        "text-to-speech": ["ground-truth", "fastspeech2", "audioldm2-ljs", "audioldm2-gig"],
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (("text-to-audio", "deck", "audioldm2-ac-large", "fad"), 1.42),
        (("text-to-audio", "deck", "make-an-audio", "fad"), 2.05),
        (("text-to-audio", "paper", "make-an-audio", "fad"), 2.66),
        (("text-to-music", "deck", "musicgen", "clap"), 0.32),
        (("text-to-music", "paper", "musicgen-reproduced", "fad"), 4.89),
        (("text-to-speech", "deck", "audioldm2-gig", "mos"), 4.0),
    ],
)
def test_values_are_those_printed(key: tuple[str, str, str, str], value: float) -> None:
    claim = PUBLISHED.claim(*key)
    assert claim is not None
    assert claim.value == value


def test_published_intervals_are_read() -> None:
    claim = PUBLISHED.claim("text-to-speech", "paper", "fastspeech2", "mos")
    assert claim is not None
    assert claim.interval == pytest.approx((3.63, 3.93))
    bare = PUBLISHED.claim("text-to-speech", "deck", "fastspeech2", "mos")
    assert bare is not None
    assert bare.interval is None


def test_every_printed_row_has_a_status() -> None:
    for table in PUBLISHED.reading.tables:
        for source in PUBLISHED.reading.sources:
            for system in PUBLISHED.systems(table.name, source.name):
                assert PUBLISHED.row(table.name, source.name, system), (table.name, source.name, system)


def test_suites_metrics_and_systems_that_are_named_are_there() -> None:
    for table in PUBLISHED.reading.tables:
        for suite in table.suites:
            assert suite.name in suite_names()
            assert card_named(suite.name).clips == suite.clips
            assert card_named(suite.name).task == table.name
    for column in PUBLISHED.reading.columns:
        assert {*column.metrics, *(one.metric for one in column.instead)} <= set(metrics())
    measured = {
        PUBLISHED.measured(one.table, one.source, one.system) for one in PUBLISHED.claims if one.source == "deck"
    }
    assert measured <= set(systems())


def test_the_protocols_are_those_of_the_metrics_here() -> None:
    from bench.metric import Scope
    from bench.paper.measured import Measured
    from bench.paper.verdict import _other_protocol

    for column in PUBLISHED.reading.columns:
        for name in column.metrics:
            signature = metrics()[name].signature(964, Scope("audiocaps-1", "aa")).replace("w:absent", "w:1")
            assert not list(_other_protocol(Measured(name, 1.0, None, None, 1, 964, signature), column))


def test_what_is_known_to_be_wrong_in_the_deck_is_said() -> None:
    said = "\n".join(note.text for note in PUBLISHED.reading.notes if note.source in ("", "deck"))
    for words in (
        "Make-an-Audio 2's numbers",
        "joins two rows",
        "calls its music set MSD",
        "AudioLDM 2-LJS-Pretrained",
    ):
        assert words in said
    assert "mixes classifiers" in said
    assert "never released" in said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(published_folder(), tmp_path / "published"))


def changed(folder: Path, file: str, old: str, new: str) -> Published:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_published(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("audioldm2.csv", "AudioLDM,fad,4.53", "AudioLDM,fda,4.53", ("line 2", "'fda'", "did you mean 'fad'")),
        ("audioldm2.csv", "AudioLDM,fad,4.53", "AudioLDM,fad,four", ("line 2", "'four' is no number")),
        ("audioldm2.csv", "AudioLDM,fad,4.53", "AudioLDM,fad,nan", ("line 2", "'nan' is no number")),
        ("audioldm2.csv", "text-to-audio,audioldm,", "audio,audioldm,", ("line 2", "no table is called 'audio'")),
        ("audioldm2.csv", ",deck,\n", ",dekc,\n", ("line 2", "'dekc'", "did you mean 'deck'")),
        ("audioldm2.csv", "AudioLDM,kl,1.99", "AudioLDM,fad,1.99", ("two values of", "audioldm, fad")),
        (
            "audioldm2.csv",
            "table,system,name",
            "table,row,name",
            ("has the columns table, row", "must be table, system"),
        ),
        ("audioldm2.yaml", "coverage: 0.95", "covrage: 0.95", ("'covrage'", "did you mean 'coverage'")),
        ("audioldm2.yaml", "better: lower", "better: less", ("better is 'less'", "lower, higher")),
        ("audioldm2.yaml", "columns: [fad, kl", "columns: [fda, kl", ("table text-to-audio", "'fda'")),
        ("audioldm2.yaml", "system: tango,", "system: tagno,", ("'tagno'", "did you mean 'tango'")),
        ("audioldm2.yaml", "metrics: [ovl, rel]", "metrics: [ovl, rle]", ("'rle'",)),
        ("audioldm2.yaml", "coverage: 0.95", "coverage: [", ("can't be read",)),
    ],
)
def test_a_damaged_file_is_named(folder: Path, file: str, old: str, new: str, words: tuple[str, ...]) -> None:
    with pytest.raises(BadInput) as caught:
        changed(folder, file, old, new)
    for word in ("audioldm2", *words):
        assert word in str(caught.value)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "audioldm2.csv").unlink()
    with pytest.raises(BadInput, match=r"audioldm2\.csv can't be read"):
        load_published(folder)


def test_clip_lists_are_pinned_as_on_the_cards() -> None:
    suites = [suite for table in PUBLISHED.reading.tables for suite in table.suites]
    assert len(suites) == 4
    for suite in suites:
        card = card_named(suite.name)
        assert len(suite.sha256) >= 8
        assert card.sha256.startswith(suite.sha256)
        assert card.version == suite.version
