"""Inception score (Salimans et al. 2016, arXiv:1606.03498): how sure a classifier is, and how varied."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.stats import SEED, Floats, Interval, centred_interval, resamples

from ._divergence import log_softmax
from ._rows import checked

SPLITS = 10
SHUFFLE = 2020  # seed of audioldm_eval's, and torch-fidelity's, permutation


class InceptionScore(NamedTuple):
    """Mean and population standard deviation over splits."""

    mean: float
    std: float


def inception_score(logits: NDArray[Any], splits: int = SPLITS, seed: int = SHUFFLE) -> InceptionScore:
    """Mean over splits of exp(mean over clips of KL(p || mean p)), from logits (n, classes), one row a clip.

    It lies between 1 and the number of classes, and grows with the clips of a split: compare it only at equal n.

    Raises:
        ValueError: fewer clips than splits, fewer than two classes, or logits that are not finite.

    Source: Salimans et al. (2016); shuffled and split as audioldm_eval's isc.py.

    >>> inception_score(np.log(np.tile(np.eye(4) + 1e-12, (10, 1))), splits=1).mean.__round__(6)
    4.0
    """
    values = np.array([_scores(part, np.ones((1, len(part))))[0] for part in _split(logits, splits, seed)])
    return InceptionScore(float(values.mean()), float(values.std()))


def inception_interval(logits: NDArray[Any], splits: int = SPLITS, seed: int = SHUFFLE) -> Interval | None:
    """Bootstrap interval of the mean over splits; None where a split holds fewer than two clips.

    Clips are resampled within their own split, each of which keeps its size: splits are independent samples, and the
    statistic is the mean of their scores. A resample repeats clips, which makes it less varied, a bias that centring on
    the value removes.

    Raises:
        ValueError: as ``inception_score``.
    """
    parts = _split(logits, splits, seed)
    if min(len(part) for part in parts) < 2:
        return None
    replicates = np.mean(
        [_scores(part, resamples(len(part), seed=SEED + index).astype(np.float64)) for index, part in enumerate(parts)],
        axis=0,
    )
    return centred_interval(inception_score(logits, splits, seed).mean, replicates, least=1.0)


def _split(logits: NDArray[Any], splits: int, seed: int) -> list[Floats]:
    """Log-probabilities of the clips of each split, shuffled as numpy's legacy generator does."""
    rows = checked(logits, least=1)
    if splits < 1 or len(rows) < splits:
        raise ValueError(f"an inception score over {splits} splits takes as many clips or more; these are {len(rows)}")
    if rows.shape[1] < 2:
        raise ValueError(f"an inception score takes the logits of two classes or more, not of {rows.shape[1]}")
    logs = log_softmax(rows)[np.random.RandomState(seed).permutation(len(rows))]
    return [logs[index * len(rows) // splits : (index + 1) * len(rows) // splits] for index in range(splits)]


def _scores(logs: Floats, weights: Floats) -> Floats:
    """Score (b,) of each set in which clip i stands ``weights[b, i]`` times; logs (n, classes), weights (b, n).

    The mean of KL(p || mean p) is the entropy of the mean less the mean entropy, so each set takes one marginal.
    """
    probabilities = np.exp(logs)
    certainty = (probabilities * logs).sum(axis=1)
    shares = weights / weights.sum(axis=1, keepdims=True)
    marginal = shares @ probabilities
    surprise = -np.log(marginal, out=np.zeros_like(marginal), where=marginal > 0.0)
    return np.asarray(np.exp(np.maximum(shares @ certainty + (marginal * surprise).sum(axis=1), 0.0)))
