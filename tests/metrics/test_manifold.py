"""Precision, recall, density and coverage against brute force, torch and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from feature_rows import QUICK, drawn, rotation, seeds
from hypothesis import given
from hypothesis import strategies as st

from bench.metrics import _rows
from bench.metrics._manifold import Membership, membership, membership_interval
from bench.stats import Floats


def of(generated: Floats, reference: Floats, nearest: int = 5) -> dict[str, float]:
    scores: dict[str, float] = membership(generated, reference, nearest).scores()
    return scores


def by_brute_force(generated: Floats, reference: Floats, nearest: int) -> dict[str, float]:
    def radius(rows: Floats, index: int) -> float:
        return sorted(float(np.linalg.norm(rows[index] - row)) for row in rows)[nearest]  # the nearest is itself

    ours = [radius(generated, i) for i in range(len(generated))]
    theirs = [radius(reference, j) for j in range(len(reference))]
    apart = [[float(np.linalg.norm(one - other)) for other in reference] for one in generated]
    inside = [[apart[i][j] < theirs[j] for j in range(len(theirs))] for i in range(len(ours))]
    recalled = [any(apart[i][j] < ours[i] for i in range(len(ours))) for j in range(len(theirs))]
    return {
        "precision": float(np.mean([any(line) for line in inside])),
        "density": float(np.mean([sum(line) for line in inside]) / nearest),
        "recall": float(np.mean(recalled)),
        "coverage": float(np.mean([any(line[j] for line in inside) for j in range(len(theirs))])),
    }


def by_torch(generated: Floats, reference: Floats, nearest: int) -> dict[str, float]:
    """As the prdc package has it."""
    ours, theirs = torch.from_numpy(generated), torch.from_numpy(reference)
    mine, yours = (torch.cdist(each, each).kthvalue(nearest + 1, dim=1).values for each in (ours, theirs))
    apart = torch.cdist(theirs, ours)
    return {
        "precision": float((apart < yours[:, None]).any(dim=0).double().mean()),
        "density": float((apart < yours[:, None]).sum(dim=0).double().mean() / nearest),
        "recall": float((apart < mine[None, :]).any(dim=1).double().mean()),
        "coverage": float((apart.min(dim=1).values < yours).double().mean()),
    }


@pytest.mark.parametrize("nearest", [1, 3, 5])
@pytest.mark.parametrize(("ours", "theirs", "dimension"), [(6, 6, 1), (20, 33, 3), (40, 25, 30)])
def test_they_equal_brute_force_and_torch(ours: int, theirs: int, dimension: int, nearest: int) -> None:
    for seed in range(3):
        generated = 0.8 * drawn(seed, ours, dimension) + 0.3
        reference = drawn(seed, theirs + ours, dimension)[ours:]
        found = of(generated, reference, nearest)
        assert found == pytest.approx(by_brute_force(generated, reference, nearest), abs=1e-12)
        assert found == pytest.approx(by_torch(generated, reference, nearest), abs=1e-12)


@pytest.mark.parametrize(("rows", "dimension"), [(6, 1), (60, 8), (300, 128)])
def test_a_set_lies_among_itself_once(rows: int, dimension: int) -> None:
    same = drawn(0, rows, dimension)
    # Each ball holds its own centre and k - 1 others: the k-th neighbour is just as near, and so not in it.
    expected = dict.fromkeys(("precision", "density", "recall", "coverage"), 1.0)
    assert of(same, same) == pytest.approx(expected, abs=1e-12)


def test_sets_far_apart_share_nothing() -> None:
    assert set(of(drawn(0, 30, 4) + 1e5, drawn(1, 30, 4)).values()) == {0.0}


def test_one_mode_of_two_is_precise_and_recalls_half() -> None:
    generator = np.random.default_rng(0)
    two = generator.standard_normal((400, 2)) + np.repeat([[0.0], [100.0]], 200, axis=0)
    found = of(generator.standard_normal((200, 2)), two)
    assert found["precision"] > 0.95
    assert found["recall"] == pytest.approx(0.5, abs=0.03)
    assert found["coverage"] == pytest.approx(0.5, abs=0.03)


@QUICK
@given(seeds, st.integers(6, 30), st.integers(6, 30), st.integers(1, 5))
def test_precision_and_recall_are_one_another_s_mirror(seed: int, ours: int, theirs: int, nearest: int) -> None:
    generated, reference = drawn(seed, ours, 3), drawn(seed + 1, theirs, 3)
    there, back = of(generated, reference, nearest), of(reference, generated, nearest)
    assert (there["precision"], there["recall"]) == (back["recall"], back["precision"])


@QUICK
@given(seeds, st.integers(1, 5))
def test_rotation_shift_scale_and_order_change_nothing(seed: int, nearest: int) -> None:
    generator = np.random.default_rng(seed)
    generated, reference = generator.standard_normal((20, 4)), generator.standard_normal((25, 4))
    turned = 3.0 * rotation(seed, 4)
    moved = of(
        generator.permutation(generated) @ turned + 7.0, generator.permutation(reference) @ turned + 7.0, nearest
    )
    assert moved == pytest.approx(of(generated, reference, nearest), abs=1e-12)


@QUICK
@given(seeds, st.integers(6, 30), st.integers(6, 30))
def test_all_but_density_lie_between_nought_and_one(seed: int, ours: int, theirs: int) -> None:
    found = of(drawn(seed, ours, 2), drawn(seed + 1, theirs, 2))
    assert all(0.0 <= found[name] <= 1.0 for name in ("precision", "recall", "coverage"))
    assert 0.0 <= found["density"] <= theirs / 5 + 1e-12
    assert found["coverage"] > 0.0 or found["precision"] == 0.0


def test_float32_rows_and_small_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = drawn(0, 40, 4).astype(np.float32), drawn(0, 70, 4)[40:].astype(np.float32)
    whole = membership(ours, theirs)
    monkeypatch.setattr(_rows, "CHUNK", 70)
    for one, other in zip(membership(ours, theirs), whole, strict=True):
        np.testing.assert_array_equal(one, other)
    assert of(ours.astype(np.float64), theirs.astype(np.float64)) == whole.scores()


def test_rows_of_clips_give_intervals_that_hold_their_scores() -> None:
    rows = drawn(0, 160, 3)
    found: Membership = membership(rows[:80] + 0.5, rows[80:])
    lengths = np.array([1, 3, 4, 2] * 8)
    for name, values in found._asdict().items():
        each = membership_interval(values, lengths, np.inf if name == "density" else 1.0)
        assert each is not None
        assert each == membership_interval(values, lengths, np.inf if name == "density" else 1.0)
        assert 0.0 <= each.low <= values.mean() <= each.high
        assert name == "density" or each.high <= 1.0
    assert membership_interval(found.recall, np.array([80])) is None


def test_the_interval_of_lone_rows_is_the_binomial_one() -> None:
    values = np.repeat([0.0, 1.0], [120, 280])
    found = membership_interval(values, np.ones(400, np.int64))
    assert found is not None
    deviation = np.sqrt(0.7 * 0.3 / 400)
    assert (found.low, found.high) == (
        pytest.approx(0.7 - 1.96 * deviation, abs=0.007),
        pytest.approx(0.7 + 1.96 * deviation, abs=0.007),
    )


def test_bad_sets_are_named_with_their_number() -> None:
    whole = drawn(0, 9, 3)
    with pytest.raises(ValueError, match="6 feature rows or more are needed; the generated set has 5"):
        of(whole[:5], whole)
    with pytest.raises(ValueError, match="6 feature rows or more are needed; the reference set has 1"):
        of(whole, whole[:1])
    with pytest.raises(ValueError, match="one nearest neighbour or more, not 0"):
        of(whole, whole, nearest=0)
    with pytest.raises(ValueError, match="3 dimensions here, 2 there"):
        of(whole, whole[:, :2])
    with pytest.raises(ValueError, match="9 of the generated set's 9 rows are not finite, the first at 0"):
        of(np.full((9, 3), np.inf), whole)
    with pytest.raises(ValueError, match="the scored set has 9 rows, its clips 8"):
        membership_interval(np.ones(9), np.array([4, 4]))
