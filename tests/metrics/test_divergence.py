"""KL divergence against published vectors, closed forms and torch, and the direction it has."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from feature_rows import QUICK, seeds
from hypothesis import given
from hypothesis import strategies as st

from bench.metrics._divergence import Squash, divergence_of_logs, kl_divergence, log_sigmoid, log_softmax
from bench.stats import Floats

# Test vectors of stable-audio-metrics, src/test_kld.py: P, Q, KL(P || Q), and the same with epsilon in float32.
EIGHT = ([0.05, 0.1, 0.2, 0.05, 0.15, 0.25, 0.08, 0.12], [0.3, 0.1, 0.2, 0.1, 0.1, 0.02, 0.08, 0.1])
THREE = ([0.1, 0.4, 0.5], [0.8, 0.15, 0.05])
VECTORS = [(*EIGHT, 0.589885181619163, 0.5898663401603699), (*THREE, 1.3356800935337299, 1.335667371749878)]


def kl(generated: Floats, reference: Floats, squash: Squash = "softmax", epsilon: float = 1e-6) -> Floats:
    found: Floats = kl_divergence(generated, reference, squash, epsilon)
    return found


def logits(seed: int, clips: int = 6, classes: int = 11, scale: float = 4.0) -> Floats:
    return scale * np.random.default_rng(seed).standard_normal((clips, classes))


def torchs(generated: Floats, reference: Floats, squash: Squash, dtype: torch.dtype) -> Floats:
    """The definition's own few lines, as published."""
    logits = [torch.from_numpy(each).to(dtype) for each in (generated, reference)]
    ours, theirs = (each.softmax(dim=1) if squash == "softmax" else each.sigmoid() for each in logits)
    each = torch.nn.functional.kl_div((ours + 1e-6).log(), theirs, reduction="none").sum(dim=1)
    return np.asarray(each.numpy(), np.float64)


@pytest.mark.parametrize(("reference", "generated", "exact", "single"), VECTORS)
def test_it_equals_the_published_vectors(
    reference: list[float], generated: list[float], exact: float, single: float
) -> None:
    ours, theirs = np.log([generated]), np.log([reference])
    assert kl(ours, theirs, epsilon=0.0)[0] == pytest.approx(exact, abs=1e-12)
    # Published from float32, which moves it by less than 1e-5; by less than 1e-6, in truth.
    assert kl(ours, theirs)[0] == pytest.approx(single, abs=1e-6)
    assert abs(kl(ours, theirs)[0] - exact) > 1e-5, "the epsilon is seen"


@pytest.mark.parametrize(("reference", "generated", "exact", "single"), VECTORS)
def test_it_is_the_reference_that_weighs(
    reference: list[float], generated: list[float], exact: float, single: float
) -> None:
    turned = kl(np.log([reference]), np.log([generated]), epsilon=0.0)[0]
    p, q = np.array(generated), np.array(reference)
    assert turned == pytest.approx((p * np.log(p / q)).sum(), rel=1e-12)
    assert abs(turned - exact) > 0.05


@pytest.mark.parametrize("squash", ["softmax", "sigmoid"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-11), (torch.float32, 1e-5)])
def test_it_equals_the_definition_in_torch(squash: Squash, dtype: torch.dtype, tolerance: float) -> None:
    for seed in range(5):
        ours, theirs = logits(seed), logits(100 + seed)
        found = kl(ours, theirs, squash)
        np.testing.assert_allclose(found, torchs(ours, theirs, squash, dtype), rtol=tolerance, atol=tolerance)


def test_one_clip_is_one_value_of_float64() -> None:
    found = kl(logits(0).astype(np.float32), logits(1).astype(np.float32))
    assert found.shape == (6,)
    assert found.dtype == np.float64


@QUICK
@given(seeds, st.floats(0.01, 200))
def test_it_is_not_below_zero_but_for_epsilon_and_zero_of_itself(seed: int, scale: float) -> None:
    ours, theirs = logits(seed, scale=scale), logits(seed + 1, scale=scale)
    assert (kl(ours, theirs, epsilon=0.0) >= -1e-12).all()
    assert (kl(ours, theirs) >= -11e-6).all()
    assert np.isfinite(kl(ours, theirs)).all()
    np.testing.assert_allclose(kl(ours, ours, epsilon=0.0), 0.0, atol=1e-12)
    assert (kl(ours, ours) <= 0.0).all(), "epsilon alone is left, which lowers"


@QUICK
@given(seeds, st.floats(-500, 500))
def test_a_constant_added_to_all_logits_changes_nothing(seed: int, constant: float) -> None:
    ours, theirs = logits(seed), logits(seed + 1)
    np.testing.assert_allclose(kl(ours + constant, theirs - constant), kl(ours, theirs), rtol=1e-9, atol=1e-9)


def test_the_order_of_classes_and_of_clips_changes_nothing() -> None:
    ours, theirs, order = logits(0), logits(1), np.random.default_rng(2).permutation(11)
    np.testing.assert_allclose(kl(ours[:, order], theirs[:, order]), kl(ours, theirs), rtol=1e-12)
    np.testing.assert_allclose(kl(ours[::-1], theirs[::-1])[::-1], kl(ours, theirs), rtol=1e-12)


def test_a_class_that_the_reference_rules_out_counts_nothing() -> None:
    with np.errstate(divide="ignore"):
        reference, generated = np.log([[1.0, 0.0]]), np.log([[0.5, 0.5]])
        nothing = np.log([[0.0, 1.0]])
    assert divergence_of_logs(generated, reference, 0.0)[0] == pytest.approx(math.log(2.0), rel=1e-12)
    assert divergence_of_logs(nothing, reference)[0] == pytest.approx(-math.log(1e-6), rel=1e-12)
    assert divergence_of_logs(nothing, reference, 0.0)[0] == math.inf


def test_logits_of_any_size_stay_finite() -> None:
    sure, other = np.array([[1e4, 0.0, -1e4]]), np.array([[-1e4, 0.0, 1e4]])
    assert kl(other, sure)[0] == pytest.approx(-math.log(1e-6), rel=1e-6)
    assert np.isfinite(log_softmax(sure)).all()
    assert np.isfinite(log_sigmoid(sure)).all()
    assert np.isfinite(kl(other, sure, "sigmoid")).all()


def test_sigmoid_sums_over_classes() -> None:
    ours, theirs = np.array([[0.0, 0.0]]), np.array([[np.log(3.0), np.log(3.0)]])
    expected = 2 * 0.75 * (math.log(0.75) - math.log(0.5 + 1e-6))
    assert kl(ours, theirs, "sigmoid")[0] == pytest.approx(expected, rel=1e-12)


def test_what_is_no_row_of_logits_a_clip_is_refused() -> None:
    # A peer took 13 rows of hidden states a clip for logits, against one path a clip (cyanbx/Frieren-V2A#9).
    with pytest.raises(ValueError, match="78 are generated, 6 reference"):
        kl(logits(0, clips=78), logits(1))
    with pytest.raises(ValueError, match=r"the generated set's is \(6, 13, 768\)"):
        kl(np.zeros((6, 13, 768)), logits(1))
    with pytest.raises(ValueError, match="7 dimensions here, 11 there"):
        kl(logits(0, classes=7), logits(1))
    with pytest.raises(ValueError, match="two classes or more, not of 1"):
        kl(logits(0, classes=1), logits(1, classes=1))
    with pytest.raises(ValueError, match="the reference set's 6 rows are not finite, the first at 0"):
        kl(logits(0), np.full((6, 11), np.nan))
    with pytest.raises(ValueError, match="the generated set has 0"):
        kl(np.empty((0, 11)), np.empty((0, 11)))
