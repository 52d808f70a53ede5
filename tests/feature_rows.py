"""What the tests of distances between sets of feature rows share."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.metric import Features
from bench.stats import Floats

QUICK = settings(max_examples=50, deadline=None)
ROUNDING = 1e-5  # the root of an eigenvalue that is rounding noise is the root of that noise

Pair = tuple[Floats, Floats]


def drawn(seed: int, rows: int, dimension: int) -> Floats:
    """Rows of a Gaussian whose mean and covariance are drawn too."""
    generator = np.random.default_rng(seed)
    mixing = generator.standard_normal((dimension, dimension))
    return generator.standard_normal((rows, dimension)) @ mixing + generator.standard_normal(dimension)


def rotation(seed: int, dimension: int) -> Floats:
    """An orthogonal matrix (d, d)."""
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((dimension, dimension)))[0]


def features(clips: list[Floats], prefix: str = "clip") -> Features:
    return Features(tuple(f"{prefix}{index}" for index in range(len(clips))), tuple(clips))


def _set(dimension: int) -> st.SearchStrategy[Any]:
    return st.integers(2, 12).flatmap(lambda k: arrays(np.float64, (k, dimension), elements=st.floats(-10, 10)))


sets: st.SearchStrategy[Pair] = st.integers(1, 5).flatmap(lambda d: st.tuples(_set(d), _set(d)))
seeds = st.integers(0, 2**32 - 1)
