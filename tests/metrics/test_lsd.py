"""Log-spectral distance: closed forms, and a gain in dB heard as that many dB."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.embedder import Rows
from bench.metric import Features, Scope, Score
from bench.metrics._logmel import LOGMEL
from bench.metrics.lsd import METRICS, log_spectral_distance

DECIBEL = 8.685889638065035  # 20 / ln 10
QUICK = settings(max_examples=50, deadline=None)
spectra = arrays(np.float32, (4, 6), elements=st.floats(-5, 5, width=32))


def distance(generated: Rows, reference: Rows) -> float:
    value: float = log_spectral_distance(generated, reference)
    return value


def score(generated: list[Rows], reference: list[Rows], ids: tuple[str, ...] = ("a", "b", "c")) -> Score:
    names = ("a", "b", "c")[: len(generated)]
    found: Score = METRICS["lsd-logmel"].score(
        Features(names, tuple(generated)), Features(ids[: len(reference)], tuple(reference))
    )
    return found


@pytest.mark.parametrize("nepers", [-2.0, 0.0, 0.5, 1.0])
def test_an_offset_in_nepers_is_that_offset_in_decibels(nepers: float) -> None:
    spectrum = np.random.default_rng(0).standard_normal((5, 64))
    assert distance(spectrum + nepers, spectrum) == pytest.approx(abs(nepers) * DECIBEL, abs=1e-12)


def test_it_is_the_root_over_bands_then_the_mean_over_rows() -> None:
    difference = np.array([[3.0, 4.0], [0.0, 0.0], [1.0, 1.0]])
    expected = DECIBEL * (np.sqrt(12.5) + 0.0 + 1.0) / 3
    assert distance(difference, np.zeros((3, 2))) == pytest.approx(expected, rel=1e-12)


@QUICK
@given(spectra, spectra, spectra)
def test_it_is_a_metric(one: Rows, two: Rows, three: Rows) -> None:
    assert distance(one, one) == 0.0
    assert distance(one, two) == distance(two, one) >= 0.0
    assert distance(one, three) <= distance(one, two) + distance(two, three) + 1e-9


def test_the_longer_clip_is_cut_to_the_shorter() -> None:
    long, short = np.zeros((7, 3), np.float32), np.ones((2, 3), np.float32)
    long[2:] = 100.0
    assert distance(long, short) == distance(short, long) == pytest.approx(DECIBEL)


@pytest.mark.parametrize("decibels", [-6.0, -20.0, 3.0])
def test_a_gain_is_heard_as_a_gain(decibels: float) -> None:
    wave = np.random.default_rng(0).uniform(-1, 1, 32_000).astype(np.float32)
    quieter, original = LOGMEL.load("cpu")([wave * np.float32(10 ** (decibels / 20)), wave])
    assert distance(quieter, original) == pytest.approx(abs(decibels), abs=0.1)  # the offset costs a little


def test_the_score_is_the_mean_over_pairs() -> None:
    reference = [np.zeros((2, 3)) for _ in range(3)]
    found = score([each + shift for each, shift in zip(reference, (1.0, 2.0, 6.0), strict=True)], reference)
    assert found.value == pytest.approx(3.0 * DECIBEL)
    assert found.per_clip == pytest.approx({"a": DECIBEL, "b": 2 * DECIBEL, "c": 6 * DECIBEL})
    assert found.n == 3
    assert found.interval is not None
    assert found.interval.low < found.value < found.interval.high


def test_clips_of_unlike_lengths_count_alike() -> None:
    found = score([np.ones((1, 3)), np.full((50, 3), 3.0)], [np.zeros((1, 3)), np.zeros((50, 3))])
    assert found.value == pytest.approx(2.0 * DECIBEL)


def test_one_pair_has_a_value_and_no_interval() -> None:
    found = score([np.ones((2, 3))], [np.zeros((2, 3))])
    assert found.value == pytest.approx(DECIBEL)
    assert found.interval is None


@pytest.mark.parametrize("ids", [("b", "a", "c"), ("a", "b", "d"), ("a", "b")])
def test_clips_that_are_no_pairs_are_refused(ids: tuple[str, ...]) -> None:
    rows = [np.zeros((2, 3)) for _ in range(3)]
    with pytest.raises(ValueError, match="not the same clips"):
        score(rows, rows[: len(ids)], ids)


def test_it_says_that_it_takes_pairs_and_what_it_depends_on() -> None:
    metric = METRICS["lsd-logmel"]
    assert metric.pairs
    signature: str = metric.signature(3, Scope("demo-1"))
    assert signature.startswith("lsd|emb:logmel-1|")
    assert "|est:mean,boot1000-clip|n:3|suite:demo-1|bench:" in signature
