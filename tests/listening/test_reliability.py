"""Agreement: worked tables, the definitions written out, and what is not defined."""

from __future__ import annotations

import numpy as np
import pytest
from golden_ratings import COMPLETE, GAPS, Scenario, ballot
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.listening.reliability import icc, krippendorff_alpha, reliability
from bench.listening.votes import Floats, Ints, votes


def test_the_worked_table() -> None:
    found = reliability(ballot(COMPLETE))
    assert found.complete
    assert (found.stimuli, found.raters, found.k) == (15, 4, 4.0)
    given = (found.icc_single, found.icc_average, found.alpha_ordinal, found.alpha_interval)
    assert given == pytest.approx((0.579260, 0.846321, 0.531452, 0.535272), abs=5e-7)


def test_the_worked_table_with_gaps() -> None:
    found = reliability(ballot(COMPLETE, GAPS))
    assert not found.complete
    assert found.k == pytest.approx(56 / 15)
    assert (found.alpha_ordinal, found.alpha_interval) == pytest.approx((0.580172, 0.581926), abs=5e-7)
    assert found.icc_single is not None
    assert found.icc_average is not None
    assert 0.5 < found.icc_single < found.icc_average < 1.0


def seeded() -> tuple[Floats, np.random.Generator]:
    """Drawn ratings whose sum is known; numpy does not promise the stream of bits for ever."""
    generator = np.random.default_rng(0)
    scores = np.clip(np.rint(Scenario().draw(generator, np.linspace(2.6, 3.8, 5))), 1, 5)
    if scores.sum() != 19345:
        pytest.skip("numpy's default generator draws other numbers than those that the golden values were made with")
    return scores, generator


def test_seeded_data() -> None:
    scores, generator = seeded()
    assert scores.mean(axis=(0, 1)) == pytest.approx([2.6425, 2.906667, 3.251667, 3.529167, 3.790833], abs=5e-7)
    table = scores.reshape(30, 200)
    assert icc(table.T) == pytest.approx((0.2715616, 0.9179251), abs=5e-8)
    table[generator.random(table.shape) < 0.7] = np.nan
    raters, stimuli = np.nonzero(~np.isnan(table))
    assert len(raters) == 1838
    values = table[raters, stimuli]
    assert krippendorff_alpha(stimuli, values, ordinal=True) == pytest.approx(0.2380980, abs=5e-8)
    assert krippendorff_alpha(stimuli, values, ordinal=False) == pytest.approx(0.2371702, abs=5e-8)


def test_components_of_a_complete_table_give_the_coefficients_of_the_analysis_of_variance() -> None:
    from bench.listening.reliability import _components_icc

    given = ballot(COMPLETE)
    found = reliability(given)
    assert _components_icc(given, 4.0) == pytest.approx((found.icc_single, found.icc_average), abs=1e-12)


def by_coincidences(units: Ints, values: Floats, *, ordinal: bool) -> float | None:
    """Alpha from the matrix of coincidences, as its definition has it."""
    points = np.unique(values)
    counts = np.array([[((units == unit) & (values == point)).sum() for point in points] for unit in np.unique(units)])
    counts = counts[counts.sum(axis=1) >= 2].astype(float)
    if not len(counts):
        return None
    sizes = counts.sum(axis=1)
    coincidences = np.einsum("uv,uw->vw", counts / (sizes - 1)[:, None], counts) - np.diag(
        (counts / (sizes - 1)[:, None]).sum(axis=0)
    )
    totals = coincidences.sum(axis=0)
    expected = (np.outer(totals, totals) - np.diag(totals)) / (totals.sum() - 1)
    distances = np.zeros((len(points), len(points)))
    for v in range(len(points)):
        for w in range(len(points)):
            low, high = sorted((v, w))
            ranks = totals[low : high + 1].sum() - (totals[v] + totals[w]) / 2
            distances[v, w] = ranks**2 if ordinal else (points[v] - points[w]) ** 2
    below = float((expected * distances).sum())
    return 1 - float((coincidences * distances).sum()) / below if below > 1e-12 else None


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=2, max_size=40), st.booleans())
def test_alpha_is_that_of_its_definition(pairs: list[tuple[int, int]], ordinal: bool) -> None:
    units, values = np.array([unit for unit, _ in pairs]), np.array([float(value) for _, value in pairs])
    expected = by_coincidences(units, values, ordinal=ordinal)
    found = krippendorff_alpha(units, values, ordinal=ordinal)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-9))


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(1, 5), min_size=4, max_size=4), min_size=3, max_size=8))
def test_alpha_by_ranks_does_not_see_how_far_apart_the_labels_are(rows: list[list[int]]) -> None:
    values = np.array(rows, np.float64)
    units = np.repeat(np.arange(len(rows)), 4)
    plain = krippendorff_alpha(units, values.ravel(), ordinal=True)
    bent = krippendorff_alpha(units, np.exp(values).ravel(), ordinal=True)
    assert bent == (None if plain is None else pytest.approx(plain, abs=1e-12))


def test_the_mean_of_many_agrees_more_than_one_and_shifted_raters_agree_less() -> None:
    generator = np.random.default_rng(2)
    table = generator.normal(3, 1, (50, 1)) + generator.normal(0, 1, (50, 6))
    single, average = icc(table)
    assert single is not None
    assert average is not None
    assert average == pytest.approx(6 * single / (1 + 5 * single), rel=0.01)  # Spearman and Brown
    shifted, _ = icc(table + np.arange(6))
    assert shifted is not None
    assert shifted < single


@pytest.mark.parametrize("table", [np.ones((5, 3)), np.ones((1, 3)), np.ones((3, 1))])
def test_what_is_not_defined_is_none(table: Floats) -> None:
    assert icc(table) == (None, None)


def test_ratings_all_alike_or_of_one_rater_have_no_agreement() -> None:
    alike = reliability(votes([3] * 6, ["r", "s"] * 3, ["c", "c", "d", "d", "e", "e"], ["a"] * 6))
    assert alike[:2] == (None, None)
    assert (alike.alpha_ordinal, alike.alpha_interval) == (None, None)
    alone = reliability(votes([1, 2, 3], ["r"] * 3, ["c", "d", "e"], ["a"] * 3))
    assert (alone.icc_single, alone.alpha_ordinal) == (None, None)
