"""Error rates: counts by hand, Whisper's normaliser as it was when they were defined, and a run from card to score."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Bench
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_whisper import make

from bench.audio import centred, decode, resample
from bench.embedder import read, spelled
from bench.metric import FeatureMetric, Features, Scope, Score
from bench.metrics._logmel import LOGMEL
from bench.metrics._whisper import LARGE
from bench.metrics.wer import METRICS, Errors, character_errors, corpus_rate, word_errors

QUICK = settings(max_examples=50, deadline=None)
sentences = st.lists(st.sampled_from(["a", "dog", "barks", "rain", "42"]), min_size=1, max_size=8).map(" ".join)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    make(folder / "whisper-large-v3", multilingual=True)
    make(folder / "whisper-base.en", multilingual=False)
    return folder


@pytest.fixture(autouse=True)
def _weights(files: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BENCH_WEIGHTS", str(files))
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))


def texts(*each: str) -> Features:
    return Features(tuple(f"c{index}" for index in range(len(each))), tuple(map(spelled, each)))


def score(name: str, heard: list[str], asked: list[str]) -> Score:
    found: Score = METRICS[name].score(texts(*heard), texts(*asked))
    return found


@pytest.mark.parametrize(
    ("asked", "heard", "edits", "length"),
    [
        ("the cat sat", "the cat sat", 0, 3),
        ("the cat sat", "the bat sat", 1, 3),
        ("the cat sat", "the sat", 1, 3),
        ("the cat sat", "the fat cat sat down", 2, 3),
        ("the cat sat", "", 3, 3),
        ("yes", "no no no", 3, 1),
        ("a b c d", "b c d a", 2, 4),
    ],
)
def test_word_errors_by_hand(asked: str, heard: str, edits: int, length: int) -> None:
    assert word_errors(asked, heard) == Errors(edits, length)


@pytest.mark.parametrize(
    ("asked", "heard", "edits", "length"),
    [("cat", "cat", 0, 3), ("cat", "cut", 1, 3), ("a cat", "acat", 1, 5), ("cat", "", 3, 3), ("cat", "cats", 1, 3)],
)
def test_character_errors_by_hand(asked: str, heard: str, edits: int, length: int) -> None:
    assert character_errors(asked, heard) == Errors(edits, length)


def plain_distance(one: list[str], two: list[str]) -> int:
    """Levenshtein's distance, by its recursion."""
    row = list(range(len(two) + 1))
    for place, word in enumerate(one, 1):
        last, row[0] = row[0], place
        for column, other in enumerate(two, 1):
            last, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, last + (word != other))
    return row[-1]


@QUICK
@given(sentences, sentences)
def test_errors_are_levenshteins_distance(asked: str, heard: str) -> None:
    assert word_errors(asked, asked).rate == character_errors(asked, asked).rate == 0.0
    assert word_errors(asked, heard) == Errors(plain_distance(asked.split(), heard.split()), len(asked.split()))
    assert character_errors(asked, heard) == Errors(plain_distance(list(asked), list(heard)), len(asked))


@QUICK
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=12))
def test_the_rate_is_all_errors_over_all_words_and_lies_in_its_interval(counts: list[tuple[int, int]]) -> None:
    found: Score = corpus_rate({f"c{index}": Errors(*one) for index, one in enumerate(counts)})
    edits, lengths = np.array(counts).sum(axis=0)
    assert found.value == pytest.approx(edits / lengths)
    assert list(found.per_clip.values()) == pytest.approx([edits / length for edits, length in counts])
    assert (found.interval is None) == (len(counts) == 1)
    if found.interval:
        assert 0.0 <= found.interval.low <= found.value <= found.interval.high


def test_the_interval_is_that_of_a_ratio() -> None:
    """Long clips weigh more: the error of the linearised ratio, by its closed form."""
    generator = np.random.default_rng(0)
    lengths = generator.integers(5, 30, 400)
    edits = generator.binomial(lengths, 0.2)
    found: Score = corpus_rate({str(index): Errors(*one) for index, one in enumerate(zip(edits, lengths, strict=True))})
    deviation = (edits - found.value * lengths).std() / lengths.mean() / np.sqrt(400)
    assert found.interval is not None
    assert found.interval.high - found.interval.low == pytest.approx(2 * 1.96 * deviation, rel=0.1)


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("Mr. Smith's colour", "mister smith is color"),
        ("It's twenty-one dollars.", "it is $21"),
        ("Uh, I can't — won't, shan't!", "i can not will not sha not"),
        ("He said [laughs] hello (quietly)", "he said hello"),
        ("Café, naïve; résumé", "cafe naive resume"),
        ("One hundred and five per cent", "105%"),
        ("1,000 cats", "1000 cats"),
        ("  many \n blanks ", "many blanks"),
        ("...", "."),
        ("Hmm.", ""),
    ],
)
def test_the_normaliser_is_the_one_the_rates_are_defined_by(text: str, normalised: str) -> None:
    assert LARGE.normaliser()(text) == normalised


def test_texts_are_compared_once_normalised() -> None:
    found = score("wer", ["mister smith is here", "twenty one"], ["Mr. Smith's here!", "21"])
    assert (found.value, found.n, found.flags) == (0.0, 2, ())
    assert score("cer", ["colour"], ["COLOR."]).value == 0.0


def test_the_words_of_all_clips_count_alike() -> None:
    found = score(
        "wer", ["a cat", "the dog barks at the mailman today"], ["the cat", "The dog barks at the milkman now."]
    )
    assert found.value == pytest.approx(3 / 9)
    assert found.per_clip == pytest.approx({"c0": 1 / 2, "c1": 2 / 7})


@pytest.mark.parametrize("name", ["wer", "cer"])
def test_where_nothing_was_recognised_all_is_deleted_and_it_says_so(name: str) -> None:
    found = score(name, ["", "Rain."], ["the wind", "rain"])
    assert found.per_clip == {"c0": 1.0, "c1": 0.0}
    assert found.flags == ("in 1 of 2 clips no words were recognised",)
    assert score(name, ["..."], ["the wind"]).value == 1.0


def test_more_may_be_said_than_was_asked_for() -> None:
    assert score("wer", ["no no no"], ["yes"]).value == 3.0


@pytest.mark.parametrize("text", ["(music)", "...", "Hmm."])
def test_a_transcription_of_which_nothing_is_left_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=f"clip c1 asks for no words: {re.escape(repr(text))}"):
        score("wer", ["a", "b"], ["a", text])


def test_other_clips_are_refused() -> None:
    with pytest.raises(ValueError, match="same clips"):
        score("wer", ["a", "b"], ["a"])


def test_without_jiwer_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jiwer", None)
    with pytest.raises(ImportError, match=r"pip install 'audiogen-bench\[speech\]'"):
        score("wer", ["a"], ["a"])


@pytest.mark.parametrize("name", ["wer", "cer"])
def test_it_says_what_it_compares_with_and_depends_on(name: str) -> None:
    metric = METRICS[name]
    assert isinstance(metric, FeatureMetric)
    assert (metric.better, metric.against, metric.unfit()) == ("lower", "transcriptions", None)
    signature: str = metric.signature(3, Scope("speech-1"))
    assert signature.startswith(f"{name}|emb:whisper-large-v3-1|w:")
    assert "|est:jiwer,norm-whisper-en,corpus,boot1000-clip|n:3|" in signature
    assert dataclasses.replace(metric, embedder=LOGMEL).unfit() == "logmel does not recognise speech"


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    """A suite of three short clips with transcriptions."""
    rows = 'a,a man,"Mr. Smith\'s here."\nb,a woman,It rains.\nc,a child,Twenty-one cats!\n'
    (tmp_path / "speech.csv").write_text(f"id,caption,transcription\n{rows}", encoding="utf-8")
    card = tmp_path / "speech.yaml"
    card.write_text(
        "title: Speech\nversion: 1\ntask: text-to-speech\ncaptions: speech.csv\nseconds: 1.0\nmetrics: [wer, cer]\n",
        encoding="utf-8",
    )
    return card


def test_a_run_is_scored(bench: Bench, speech: Path) -> None:
    ran = bench("run", "--system", "noise", "--suite", speech, "--metrics", "wer,cer,wer@whisper-base.en")
    assert ran.code == 0, ran.err
    (file,) = Path("results").rglob("record.json")
    record = json.loads(file.read_bytes())
    assert sorted(record["scores"]) == ["cer", "wer", "wer@whisper-base.en"]
    assert all(one["value"] > 0.5 and one["n"] == 3 and one["interval"] for one in record["scores"].values())
    assert record["scores"]["wer"]["signature"].startswith("wer|emb:whisper-large-v3-1|w:")
    assert {"jiwer", "transformers"} <= record["versions"].keys()
    rows = [json.loads(line) for line in (file.parent / "clips.jsonl").read_text().splitlines()]
    assert all({"wer", "cer"} <= row["scores"].keys() for row in rows)
    assert [row["weights"]["wer"] for row in rows] == [4, 2, 2]
    for name, score in record["scores"].items():
        mean = np.average([row["scores"][name] for row in rows], weights=[row["weights"][name] for row in rows])
        assert mean == pytest.approx(score["value"])
    before = file.read_bytes()
    assert bench("run", "--system", "noise", "--suite", speech, "--metrics", "wer,cer,wer@whisper-base.en").code == 0
    assert file.read_bytes() == before


def test_what_whisper_hears_in_the_audio_is_what_is_scored(bench: Bench, speech: Path) -> None:
    assert bench("run", "--system", "noise", "--suite", speech).code == 0
    (file,) = Path("results").rglob("record.json")
    sounds = [decode(path) for path in sorted(Path("runs").rglob("*.wav"))]
    hear, normalise = LARGE.load("cpu"), LARGE.normaliser()
    heard = [read(rows) for rows in hear([resample(centred(one), one.rate, 16_000, "soxr-hq") for one in sounds])]
    asked = ["Mr. Smith's here.", "It rains.", "Twenty-one cats!"]
    errors = [word_errors(normalise(one), normalise(other)) for one, other in zip(asked, heard, strict=True)]
    expected = sum(one.edits for one in errors) / (4 + 2 + 2)
    assert json.loads(file.read_bytes())["scores"]["wer"]["value"] == pytest.approx(expected)
    bench("score", next(Path("runs").rglob("audio")), "--suite", speech, "--metrics", "wer")
    assert (
        len({json.loads(one.read_bytes())["scores"]["wer"]["value"] for one in Path("results").rglob("record.json")})
        == 1
    )


def test_clips_without_transcription_are_refused_before_any_work(bench: Bench, card: Path) -> None:
    ran = bench("run", "--system", "noise", "--suite", card, "--metrics", "wer")
    assert ran.code == 2
    assert "compares with transcriptions, and 6 of 6 clips have none: first c0" in ran.err


def test_a_metric_of_texts_takes_no_other_embedder(bench: Bench, speech: Path) -> None:
    ran = bench("run", "--system", "noise", "--suite", speech, "--metrics", "wer@logmel")
    assert ran.code == 2
    assert "logmel does not recognise speech" in ran.err
