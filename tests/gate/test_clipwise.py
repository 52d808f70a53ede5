"""Differences of clips' own values: what is compared is what the records say, whatever counts how much."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_whisper import make

from bench.embedder import spelled
from bench.errors import NotEvaluable
from bench.gate.clipwise import by_clips
from bench.gate.sides import Pair, Side
from bench.metric import FeatureMetric, Features, Score
from bench.metrics.wer import METRICS as ERROR_RATES
from bench.metrics.wer import Errors, corpus_rate
from bench.plugins import metrics
from bench.record import Record, rounded

CLIPS = 24
WER = ERROR_RATES["wer"]
OF_CLIPS = {"kl", "clap", "clap-paper", "clap-paper-expected", "lsd", "dnsmos", "dnsmos-p808", "wer", "cer"}


def side(name: str, score: Score) -> Side:
    """A run as its record and its rows have it, to ten digits."""
    rows = {
        clip: {
            "id": clip,
            "text": "",
            "scored": True,
            "scores": {name: rounded(value)},
            "weights": {name: rounded(score.weights[clip])} if score.weights else {},
        }
        for clip, value in score.per_clip.items()
    }
    kept = Score(rounded(score.value), score.interval, score.n, "a")
    record = Record({"name": "s"}, {"name": "a", "hash": "1"}, 0, {"asked": score.n, "scored": score.n}, {name: kept})
    return Side(record, rows, Path("a"))


def inputs(metric: FeatureMetric, seed: int) -> tuple[Features, Features]:
    """Features of one run of the same clips, and of what all runs are compared with."""
    ids = tuple(f"c{index}" for index in range(CLIPS))
    generator, same = np.random.default_rng(seed), np.random.default_rng(99)
    if metric.against == "transcriptions":
        asked = ["a dog barks at the rain " * (1 + index % 3) for index in range(CLIPS)]
        heard = [text.replace("dog", "cat", int(generator.integers(3))) for text in asked]
        return Features(ids, tuple(map(spelled, heard))), Features(ids, tuple(map(spelled, asked)))
    names = (*ids, *(f"/{index}" for index in range(len(metric.besides) if metric.against == "texts" else 0)))
    ours = [generator.normal(size=(1, 8)).astype(np.float32) for _ in ids]
    theirs = [same.normal(size=(1, 8)).astype(np.float32) for _ in names]
    return Features(ids, tuple(ours)), Features(names, tuple(theirs))


def test_of_every_metric_with_values_of_clips_the_records_scores_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "whisper-large-v3", multilingual=True)
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path))
    seen = set()
    for name, metric in metrics().items():
        if not isinstance(metric, FeatureMetric) or name.startswith("fad-inf"):
            continue
        ours, theirs = (metric.score(*inputs(metric, seed)) for seed in (0, 1))
        if not ours.per_clip:
            continue
        seen.add(metric.symbol)
        found = by_clips(name, metric, Pair(side(name, ours), side(name, theirs)))
        assert (found.candidate, found.baseline) == pytest.approx((ours.value, theirs.value), rel=1e-8), name
        sign = 1.0 if metric.better == "lower" else -1.0
        assert found.worse.value == pytest.approx(sign * (ours.value - theirs.value), abs=1e-8), name
        assert found.worse.error > 0.0, name
    assert seen >= OF_CLIPS


LENGTHS = [1] * 12 + [30] * 12


def rate(edits: list[int]) -> Score:
    found: Score = corpus_rate(
        {f"c{index}": Errors(*one) for index, one in enumerate(zip(edits, LENGTHS, strict=True))}
    )
    return found


def test_error_rates_are_held_to_each_other_as_the_records_have_them() -> None:
    """The short clips got worse and the long ones much better: the mean of rates would say worse."""
    before, after = rate([0] * 12 + [6] * 12), rate([1] * 3 + [0] * 9 + [1] * 12)
    assert np.mean(list(after.per_clip.values())) > np.mean(list(before.per_clip.values()))
    found = by_clips("wer", WER, Pair(side("wer", after), side("wer", before)))
    assert (found.baseline, found.candidate) == pytest.approx((72 / 372, 15 / 372))
    assert found.worse.value == pytest.approx(-57 / 372)


def test_the_error_of_a_ratio_is_that_of_its_linear_part() -> None:
    generator = np.random.default_rng(2)
    edits = [generator.binomial(LENGTHS, 0.3).tolist() for _ in range(2)]
    found = by_clips("wer", WER, Pair(side("wer", rate(edits[0])), side("wer", rate(edits[1]))))
    each = np.subtract(*edits) - found.worse.value * np.array(LENGTHS)
    expected = each.std(ddof=1) * np.sqrt(24) / sum(LENGTHS)
    assert found.worse.error == pytest.approx(expected, rel=0.2)


def test_values_that_do_not_make_the_score_are_not_compared() -> None:
    other = Score(0.5, None, 2, per_clip={"c0": 0.0, "c1": 0.2})
    sound = Score(0.1, None, 2, per_clip={"c0": 0.0, "c1": 0.2})
    with pytest.raises(NotEvaluable, match=r"the baseline's score is 0.5, and the mean of its clips' own values 0.1"):
        by_clips("wer", WER, Pair(side("wer", sound), side("wer", other)))
    weighed = Score(0.1, None, 2, per_clip=sound.per_clip, weights={"c0": 3.0, "c1": 3.0})
    with pytest.raises(NotEvaluable, match="the runs do not count clip c0 alike: 1, not 3"):
        by_clips("wer", WER, Pair(side("wer", sound), side("wer", weighed)))
