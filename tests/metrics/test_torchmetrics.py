"""The arithmetic of torchmetrics, which others use, on the same features."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchmetrics.functional.regression import kl_divergence as their_kl
from torchmetrics.functional.text import char_error_rate, word_error_rate
from torchmetrics.image.fid import _compute_fid
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import poly_mmd

from bench.metrics._divergence import kl_divergence
from bench.metrics._frechet import distance_of_rows
from bench.metrics._inception import inception_score
from bench.metrics._kernel import kernel_inception_distance
from bench.metrics.wer import character_errors, word_errors
from bench.stats import Floats


def drawn(seed: int, n: int, d: int, shift: float = 0.0) -> Floats:
    return np.random.default_rng(seed).normal(shift, 1.0, (n, d))


def test_the_frechet_distance_is_torchmetrics() -> None:
    ours, theirs = drawn(1, 400, 16), drawn(2, 500, 16, 0.3)
    moments = [
        torch.from_numpy(each) for rows in (ours, theirs) for each in (rows.mean(axis=0), np.cov(rows, rowvar=False))
    ]
    assert distance_of_rows(ours, theirs) == pytest.approx(float(_compute_fid(*moments)), rel=1e-9)


def test_the_kernel_distance_is_torchmetrics() -> None:
    ours, theirs = drawn(1, 60, 8), drawn(2, 60, 8, 0.3)
    found = poly_mmd(torch.from_numpy(ours), torch.from_numpy(theirs))
    assert kernel_inception_distance(ours, theirs) == pytest.approx(float(found), rel=1e-9)


def test_kl_is_torchmetrics_but_for_the_epsilon() -> None:
    generated, reference = drawn(1, 20, 30), drawn(2, 20, 30)
    p, q = (torch.from_numpy(logits).softmax(dim=1) for logits in (reference, generated))
    expected = float(their_kl(p, q))
    assert kl_divergence(generated, reference, epsilon=0.0).mean() == pytest.approx(expected, rel=1e-9)
    assert kl_divergence(generated, reference).mean() == pytest.approx(expected, rel=1e-4)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of memory, and of the deviation of a single split
def test_the_inception_score_is_torchmetrics_where_its_order_of_clips_is_ours() -> None:
    """It shuffles with torch's generator; of one split the order does not matter."""
    logits = 3.0 * drawn(3, 50, 20)
    metric = InceptionScore(feature=torch.nn.Identity(), splits=1)
    metric.update(torch.from_numpy(logits))
    assert inception_score(logits, splits=1).mean == pytest.approx(float(metric.compute()[0]), rel=1e-9)


@pytest.mark.parametrize(
    ("reference", "heard"),
    [("the cat sat on the mat", "a cat sat on mat"), ("one two", ""), ("one", "one two three"), ("same", "same")],
)
def test_error_rates_are_torchmetrics(reference: str, heard: str) -> None:
    assert word_errors(reference, heard).rate == pytest.approx(float(word_error_rate(heard, reference)))
    assert character_errors(reference, heard).rate == pytest.approx(float(char_error_rate(heard, reference)))
