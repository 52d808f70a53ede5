"""Kullback-Leibler divergence of a classifier's opinion of each generated clip from its opinion of the reference."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bench.stats import Floats

from ._rows import both_checked

EPSILON = 1e-6  # audioldm_eval's, added to the generated side alone

Squash = Literal["softmax", "sigmoid"]


def log_softmax(logits: Floats) -> Floats:
    """Logarithms of the probabilities that logits (n, classes) stand for, finite for any logits.

    >>> log_softmax(np.array([[0.0, 0.0, 1000.0]])).tolist()
    [[-1000.0, -1000.0, 0.0]]
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def log_sigmoid(logits: Floats) -> Floats:
    """Logarithms of the probabilities of independent classes, finite for any logits.

    >>> log_sigmoid(np.array([[-1000.0, 0.0]])).round(6).tolist()
    [[-1000.0, -0.693147]]
    """
    return np.asarray(-np.logaddexp(0.0, -logits))


def kl_divergence(
    generated: NDArray[Any], reference: NDArray[Any], squash: Squash = "softmax", epsilon: float = EPSILON
) -> Floats:
    """KL(reference || generated) of each clip, shape (n,), from logits (n, classes) of both; the metric is their mean.

    The sum over classes of p_ref (log p_ref - log(p_gen + epsilon)), in float64; a class that the reference rules out
    counts nothing. The epsilon lets a value lie below zero, by ``classes * epsilon`` at most for softmax. ``sigmoid``
    takes each class for itself, without the term of its absence, so that it is no divergence and of either sign.

    Raises:
        ValueError: logits that are not finite, no pairs, or fewer than two classes.

    Source: audioldm_eval, branch passt_replace_panns, kl.py; Yang et al. (2023, arXiv:2207.09983).

    >>> reference, generated = np.log([[0.5, 0.25, 0.25]]), np.log([[0.25, 0.5, 0.25]])
    >>> kl_divergence(generated, reference, epsilon=0.0).round(6).tolist()  # 0.25 log 2
    [0.173287]
    """
    ours, theirs = both_checked(generated, reference, least=1)
    if len(ours) != len(theirs):
        raise ValueError(
            f"KL takes one row of logits a clip, in pairs; {len(ours)} are generated, {len(theirs)} reference"
        )
    if ours.shape[1] < 2:
        raise ValueError(f"KL takes the logits of two classes or more, not of {ours.shape[1]}")
    log = {"softmax": log_softmax, "sigmoid": log_sigmoid}[squash]
    return divergence_of_logs(log(ours), log(theirs), epsilon)


def divergence_of_logs(generated: Floats, reference: Floats, epsilon: float = EPSILON) -> Floats:
    """Each row's sum of p_ref (log p_ref - log(p_gen + epsilon)), shape (n,), from logarithms (n, classes).

    Minus infinity stands for a probability of zero: of the reference, it counts nothing; of the generated, with no
    epsilon and where the reference's is not zero, the divergence is infinite.
    """
    known = np.exp(reference)
    # Without epsilon the logarithm itself is exact, where its exponential might be zero.
    floored = np.logaddexp(generated, np.log(epsilon)) if epsilon > 0.0 else generated
    counted = known > 0.0
    terms = np.zeros_like(known)
    terms[counted] = known[counted] * (reference[counted] - floored[counted])
    return np.asarray(terms.sum(axis=1))
