"""Replicates: both runs draw the same clips, and the standard error is what a simulation gives."""

from __future__ import annotations

import numpy as np
import pytest

from bench.gate.replicates import Replicates, difference, replicates
from bench.metric import FeatureMetric, Features
from bench.plugins import chosen_metrics, metrics

CLIPS, ROWS, WIDE = 60, 3, 4


def features(generator: np.random.Generator, rows: int, wide: int, shift: float = 0.0, clips: int = CLIPS) -> Features:
    """Clips whose rows are alike, as frames of one clip are."""
    each = generator.normal(shift, 1.0, (clips, 1, wide)) + 0.5 * generator.normal(size=(clips, rows, wide))
    return Features(tuple(map(str, range(clips))), tuple(each.astype(np.float32)))


def metric(name: str) -> FeatureMetric:
    (found,) = chosen_metrics((name,)).values()
    assert isinstance(found, FeatureMetric)
    return found


def value(name: str, *sides: Features) -> float:
    """A score; of sets that are pooled, without the interval that takes most of the time and clips to resample."""
    pooled = sides if name.startswith("isc") else [Features(("all",), (np.concatenate(side.rows),)) for side in sides]
    return metric(name).score(*pooled).value


NAMES = {
    "fad-logmel": "bootstrap",
    "fd-panns": "bootstrap",
    "kad-panns": "bootstrap",
    "kid-panns": "bootstrap",
    "isc-panns": "bootstrap",
    "recall": "jackknife",
    "density": "jackknife",
}


@pytest.mark.parametrize(("name", "kind"), NAMES.items())
def test_a_run_against_itself_differs_by_nothing(name: str, kind: str) -> None:
    generator = np.random.default_rng(0)
    ours, theirs = (features(generator, 1, WIDE) for _ in range(2))
    one, two = (replicates(metric(name), ours, theirs) for _ in range(2))
    assert kind in one.method
    assert difference(0.0, one, two, CLIPS).error == 0.0


@pytest.mark.parametrize("name", ["fad-logmel", "kad-panns", "kid-panns", "isc-panns"])
def test_the_standard_error_is_the_spread_of_differences_of_new_clips(name: str) -> None:
    """Two systems on the same clips: the error found from one draw of clips is the spread over many draws."""
    rows = 1 if name == "isc-panns" else ROWS
    differences, errors = [], []
    for seed in range(50):
        generator = np.random.default_rng(seed)
        reference, baseline, noise = (features(generator, rows, WIDE, shift) for shift in (0.0, 1.0, 1.2))
        candidate = Features(
            baseline.ids, tuple(0.8 * a + 0.6 * b for a, b in zip(baseline.rows, noise.rows, strict=True))
        )
        differences.append(value(name, candidate, reference) - value(name, baseline, reference))
        if seed < 4:
            ours, theirs = (replicates(metric(name), side, reference) for side in (candidate, baseline))
            errors.append(difference(0.0, ours, theirs, CLIPS).error)
    assert np.mean(errors) == pytest.approx(np.std(differences), rel=0.3)


def test_a_set_too_small_to_draw_from_says_so() -> None:
    lost = Replicates(np.full(5, np.nan), "")
    with pytest.raises(ValueError, match="2 clips are too few to draw others from"):
        difference(0.0, lost, lost, 2)


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(3).normal(size=20)
    left = np.array([np.delete(values, index).mean() for index in range(20)])
    found = difference(1.0, Replicates(left, "", 20), Replicates(np.zeros(20), "", 20), 20)
    assert found.error == pytest.approx(values.std(ddof=1) / np.sqrt(20))
    assert (found.value, found.df) == (1.0, 19)


def test_of_few_replicates_no_more_is_known_than_they_tell() -> None:
    values = np.random.default_rng(3).normal(size=100)
    assert difference(1.0, Replicates(values, ""), Replicates(np.zeros(100), ""), 1000).df == 99
    assert difference(1.0, Replicates(values, ""), Replicates(np.zeros(100), ""), 24).df == 23


@pytest.mark.parametrize("name", ["fad-logmel", "kad-panns", "density"])
def test_references_of_no_clip_are_drawn_by_themselves(name: str) -> None:
    """As many as there are clips, and fewer: neither makes pairs, and both runs see the same."""
    generator = np.random.default_rng(5)
    ours, theirs = (features(generator, 1, WIDE) for _ in range(2))
    for clips in (CLIPS, 40):
        background = features(generator, 1, WIDE, clips=clips)
        background = Features(tuple(f"b{one}" for one in background.ids), background.rows)
        one, two, other = (replicates(metric(name), side, background) for side in (ours, ours, theirs))
        assert np.isfinite(one.values).all()
        assert difference(0.0, one, two, CLIPS).error == 0.0
        assert difference(0.0, one, other, CLIPS).error > 0.0


def test_every_set_metric_can_be_redrawn() -> None:
    """Whatever compares sets of audio, of this package, gives finite replicates through its contract."""
    generator = np.random.default_rng(1)
    ours, theirs = (features(generator, 1, 8, clips=24) for _ in range(2))
    sets = [
        name
        for name, one in metrics().items()
        if isinstance(one, FeatureMetric) and not one.pairs and one.against in ("references", "nothing")
        and not name.startswith(("dnsmos", "fad-inf"))
    ]  # fmt: skip
    assert len(sets) > 10
    for name in sets:
        assert np.isfinite(replicates(metric(name), ours, theirs).values).all(), name
