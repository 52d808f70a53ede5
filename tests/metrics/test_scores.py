"""Every metric as a value: what it needs, what it says, what it refuses, and what it warns about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.metric import FeatureMetric, Features, Scope, Score
from bench.plugins import chosen_metrics, embedders, metrics
from bench.stats import Floats

CLIPS = 40


def features(rows: NDArray[np.floating], ids: Sequence[str] = (), per_clip: int = 1) -> Features:
    parts = np.split(np.asarray(rows, np.float32), len(rows) // per_clip)
    return Features(tuple(ids) or tuple(f"c{n}" for n in range(len(parts))), tuple(parts))


def normal(seed: int, n: int = CLIPS, d: int = 4, shift: float = 0.0) -> Floats:
    return np.random.default_rng(seed).normal(shift, 1.0, (n, d))


def score(name: str, generated: Features, reference: Features = Features((), ())) -> Score:  # noqa: B008
    found: Score = metric(name).score(generated, reference)
    return found


def metric(name: str) -> FeatureMetric:
    (found,) = chosen_metrics((name,)).values()
    assert isinstance(found, FeatureMetric)
    return found


ALL = {name: value for name, value in metrics().items() if isinstance(value, FeatureMetric)}


def test_every_name_of_the_issue_is_there() -> None:
    names = (
        "fad kl kl-sigmoid clap clap-paper isc isc-panns fd-panns kid-panns fad-panns fd-passt fad-clap kad-clap "
        "fad-inf density coverage precision recall "
        "fad@vggish fad@clap-music kad@passt kid@clap-630k coverage@panns-32k isc@passt"
    )
    for name in names.split():
        assert chosen_metrics((name,))
    expected = {"vggish", "passt", "panns-16k", "panns-32k", "clap-music-speech", "clap-music", "clap-630k", "logmel"}
    assert expected <= set(embedders())


@pytest.mark.parametrize("name", ALL)
def test_every_metric_fits_its_embedder_and_says_what_it_is(name: str) -> None:
    assert ALL[name].unfit() is None
    parts = dict(part.split(":", 1) for part in ALL[name].signature(8, Scope("demo-0", "abcd1234")).split("|")[1:])
    assert {"emb", "w", "rate", "resample", "est", "n", "suite", "bench"} <= set(parts)
    assert ("ref" in parts) == (ALL[name].against == "references")


@pytest.mark.parametrize("name", ["kl@vggish", "isc@clap-music", "kl-sigmoid@logmel"])
def test_a_classifiers_metric_takes_no_other_embedder(name: str) -> None:
    """B1: hidden states taken for logits gave audioldm_eval a KL of 0.008 and an IS of 1.01."""
    assert "is no classifier" in str(metric(name).unfit())


def test_a_caption_metric_takes_no_embedder_that_does_not_read() -> None:
    assert metric("clap@passt").unfit() == "passt does not embed texts"


@pytest.mark.parametrize("name", ["fad@whisper-base.en", "kad@dnsmos", "precision@whisper-large-v3", "lsd@vggish"])
def test_words_and_ratings_are_no_space_for_distances(name: str) -> None:
    assert metric(name).unfit()


@pytest.mark.parametrize("name", ["kl-sigmoid@panns-16k", "clap-paper@clap-music", "fad-inf@passt", "kad@passt"])
def test_a_combination_is_called_what_it_is(name: str) -> None:
    assert metric(name).label == name


@pytest.mark.parametrize("name", ["kl", "isc", "clap"])
def test_more_rows_than_clips_are_refused(name: str) -> None:
    """B1: thirteen rows a clip there."""
    many = features(normal(1, 26), per_clip=13)
    with pytest.raises(ValueError, match="one feature row a clip is needed; clip c0 has 13"):
        score(name, many, many)


@pytest.mark.parametrize(
    "name", ["fad", "fd-panns", "kid-panns", "kad-clap", "precision", "recall", "density", "coverage"]
)
def test_a_set_distance_grows_with_the_distance_and_has_an_interval(name: str) -> None:
    near, far, reference = (features(normal(seed, shift=shift)) for seed, shift in ((1, 0.2), (2, 3.0), (3, 0.0)))
    one, other = score(name, near, reference), score(name, far, reference)
    assert (one.value < other.value) == (metric(name).better == "lower")
    for found in (one, other):
        assert found.n == CLIPS
        assert found.interval is not None
        assert found.interval.low <= found.value <= found.interval.high
    assert score(name, near, reference) == one  # seeded


@pytest.mark.parametrize("name", ["fad", "kid-panns", "kad-clap"])
def test_pairs_are_drawn_together(name: str) -> None:
    """What both sides share moves both, so the interval of pairs is the narrower one."""
    common = normal(5, 60)
    reference, generated = features(common), features(common + 0.3 * normal(6, 60) + 0.5)
    strangers = features(np.asarray([row[0] for row in generated.rows]), ids=[f"g{n}" for n in range(60)])
    paired, unpaired = (score(name, side, reference).interval for side in (generated, strangers))
    assert paired is not None
    assert unpaired is not None
    assert paired.high - paired.low < unpaired.high - unpaired.low


def test_fewer_rows_than_dimensions_are_computed_and_flagged() -> None:
    found = score("fad", features(normal(1, 10, 32)), features(normal(2, 10, 32)))
    assert found.value > 0.0
    assert found.flags == ("biased upwards: 10 rows for 32 dimensions leave the covariance singular",)
    assert score("fad", features(normal(1)), features(normal(2))).flags == ()


def test_equal_sets_are_flagged() -> None:
    found = score("fad", features(normal(1)), features(normal(1), ids=[f"r{n}" for n in range(CLIPS)]))
    assert found.value == pytest.approx(0.0, abs=1e-9)
    assert "the very same features" in found.flags[0]


def test_fad_infinity_is_below_fad_of_a_small_set() -> None:
    ours, theirs = features(normal(1, 1200, 16)), features(normal(2, 6000, 16), ids=[f"r{n}" for n in range(6000)])
    finite, infinite = score("fad", ours, theirs), score("fad-inf", ours, theirs)
    assert infinite.value < finite.value
    assert abs(infinite.value) < 0.05  # of two samples of one distribution
    assert score("fad-inf", ours, theirs).value == infinite.value  # B10: seeded


def test_fad_infinity_never_becomes_fad() -> None:
    """B23: too few rows are an error, and nothing else is computed instead."""
    with pytest.raises(ValueError, match="524 rows; the generated set has 40"):
        score("fad-inf", features(normal(1)), features(normal(2)))


def test_kl_has_a_direction_pairs_and_a_warning() -> None:
    p, q = np.log([[0.1, 0.4, 0.5]]), np.log([[0.8, 0.15, 0.05]])
    assert score("kl", features(q), features(p)).value == pytest.approx(1.335667371749878, rel=1e-5)
    assert score("kl", features(p), features(q)).value != pytest.approx(1.335667, rel=1e-2)
    with pytest.raises(ValueError, match="takes pairs"):
        score("kl", features(q, ids=["a"]), features(p, ids=["b"]))
    alike = score("kl", features(normal(1)), features(normal(1) + 0.01 * normal(2)))
    assert alike.flags
    assert list(alike.per_clip) == [f"c{n}" for n in range(CLIPS)]
    assert np.mean(list(alike.per_clip.values())) == pytest.approx(alike.value)
    assert not score("kl-sigmoid", features(normal(1)), features(normal(2))).flags


def test_the_inception_score_warns_when_all_clips_are_alike() -> None:
    assert score("isc", features(1e-3 * normal(1))).flags
    assert not score("isc", features(5.0 * normal(1))).flags
    with pytest.raises(ValueError, match="these are 9"):
        score("isc", features(normal(1, 9)))


def captions(rows: Floats, empty: Floats | None = None) -> Features:
    ids = [f"c{n}" for n in range(len(rows))]
    return features(rows, ids) if empty is None else features(np.vstack([rows, empty]), [*ids, "/0"])


def test_clap_is_the_mean_cosine() -> None:
    audio, texts = normal(1), normal(2)
    each = [a @ t / np.linalg.norm(a) / np.linalg.norm(t) for a, t in zip(audio, texts, strict=True)]
    found = score("clap", features(audio), captions(texts))
    assert found.value == pytest.approx(np.mean(each), rel=1e-5)
    assert list(found.per_clip.values()) == pytest.approx(each, rel=1e-4)


def test_the_papers_clap_is_the_expectation_on_average_and_the_same_every_time() -> None:
    """B8: the released code drew anew at every run. Its mean over many clips is the closed form."""
    n = 4000
    audio, texts, empty = normal(1, n, shift=1.0), normal(2, n, shift=0.5), normal(3, 1)
    ours, asked = features(audio), captions(texts, empty)
    drawn, expected = (score(name, ours, asked) for name in ("clap-paper", "clap-paper-expected"))
    crossed = score("clap", features(np.repeat(empty, n, axis=0)), captions(texts)).value
    crossed += score("clap", ours, captions(np.repeat(empty, n, axis=0))).value
    assert expected.value == pytest.approx(0.81 * np.mean(plain(ours, texts)) + 0.09 * crossed + 0.01, rel=1e-6)
    assert drawn.value == pytest.approx(expected.value, abs=0.02)
    assert score("clap-paper", ours, asked) == drawn
    touched = sum(a != b for a, b in zip(drawn.per_clip.values(), plain(ours, texts), strict=True))
    assert touched / n == pytest.approx(0.19, abs=0.02)


def plain(ours: Features, texts: Floats) -> list[float]:
    return list(score("clap", ours, captions(texts)).per_clip.values())


def test_kad_keeps_its_bandwidth_whatever_the_candidate() -> None:
    """B14: kadtk's bandwidth came from the set that was judged."""
    from bench.metrics.kernels import KernelAudioDistance

    default = metric("kad-clap")
    assert isinstance(default, KernelAudioDistance)
    assert default.bandwidth == "reference"
    theirs = KernelAudioDistance(label="KAD", embedder=default.embedder, bandwidth="generated")
    wide, reference = features(4.0 * normal(1)), features(normal(2))
    assert theirs.score(wide, reference).value != pytest.approx(default.score(wide, reference).value)
    assert theirs.signature(8, Scope("s")) != default.signature(8, Scope("s"))
