"""Candidates: drawn by seeds of their own, judged prompt by prompt on their first ten seconds, the best one kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import checkpoints
import numpy as np
import pytest
import torch

from bench.audio import Sound, Waveform
from bench.candidates import HEARD, best_of, candidate_seed, judge_named
from bench.clip import Clip
from bench.digest import clip_seed
from bench.errors import BadInput
from bench.executor import Sampling, generate
from bench.extraction import Ears, as_heard
from bench.metrics._clap import CLAP_630K
from bench.pretrained import Ranked
from bench.progress import Reporter
from bench.system import Generate

RATE = 16_000
CLIPS = [Clip("rain", "rain on a tin roof", seconds=0.5), Clip("bell", "a loud bell", seconds=0.5)]


class Draws:
    """Noise by seed; it judges a recording by its level, and remembers what it was asked."""

    def __init__(self) -> None:
        self.seeds, self.judged = list[int](), list[tuple[str, int]]()

    def __call__(self, clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
        self.seeds += seeds
        return [self.one(clip, seed) for clip, seed in zip(clips, seeds, strict=True)]

    def one(self, clip: Clip, seed: int) -> Waveform:
        noise = np.random.Generator(np.random.PCG64(seed)).normal(size=round(12 * RATE))
        return (0.1 * noise).astype(np.float32)

    def similarity(self, clips: Sequence[Clip], waves: Sequence[Waveform]) -> list[float]:
        self.judged += [(clip.id, len(wave)) for clip, wave in zip(clips, waves, strict=True)]
        return [float(wave.std()) for wave in waves]


DRAWS = Draws()


@dataclass(frozen=True, kw_only=True)
class Drawn(Ranked):
    """Draws, as a system."""

    checkpoint: str = "owner/name"
    reranker: str = "own"

    def load(self, device: str) -> Generate:
        return DRAWS

    @property
    def weights(self) -> str:
        return "none"


@pytest.fixture(autouse=True)
def _afresh() -> None:
    DRAWS.seeds.clear()
    DRAWS.judged.clear()


def chosen(system: Drawn, clips: Sequence[Clip] = CLIPS) -> list[Waveform]:
    seeds = [clip_seed(0, clip.id) for clip in clips]
    return [np.asarray(wave) for wave in best_of(system, DRAWS, DRAWS, "cpu")(clips, seeds)]


def test_the_best_of_each_prompts_own_candidates_is_kept() -> None:
    found = chosen(Drawn(candidates=5))
    for clip, wave in zip(CLIPS, found, strict=True):
        all_five = [DRAWS.one(clip, candidate_seed(clip_seed(0, clip.id), index)) for index in range(5)]
        best = max(all_five, key=lambda one: float(one[: round(0.5 * RATE)].std()))
        np.testing.assert_array_equal(wave, best)


def test_a_clip_keeps_its_candidate_whatever_its_neighbours() -> None:
    together = chosen(Drawn(candidates=3))
    alone = [chosen(Drawn(candidates=3), [clip])[0] for clip in CLIPS]
    np.testing.assert_array_equal(together, alone)


def test_candidates_have_seeds_of_their_own_and_the_first_the_clips() -> None:
    chosen(Drawn(candidates=3))
    assert len(set(DRAWS.seeds)) == 6
    assert [DRAWS.seeds[0], DRAWS.seeds[3]] == [clip_seed(0, clip.id) for clip in CLIPS]
    assert all(0 <= seed < 2**63 for seed in DRAWS.seeds)


def test_only_what_is_kept_and_ten_seconds_at_most_are_judged() -> None:
    chosen(Drawn(candidates=2), [CLIPS[0], Clip("long", "wind", seconds=11.0), Clip("free", "wind")])
    assert [samples for _, samples in DRAWS.judged] == [8000, 8000, *[round(HEARD * RATE)] * 4]


def test_one_candidate_is_not_judged() -> None:
    chosen(Drawn(candidates=1))
    assert DRAWS.judged == []


class Faulty(Draws):
    """Every other draw is silent, not finite or an error."""

    def one(self, clip: Clip, seed: int) -> Waveform:
        wave = super().one(clip, seed)
        return [wave, wave * 0, wave * np.nan][self.seeds.index(seed) % 3]


def test_a_candidate_that_is_no_recording_is_not_chosen() -> None:
    loaded = Faulty()
    found = best_of(Drawn(candidates=4), loaded, loaded, "cpu")(CLIPS, [1, 2])
    assert all(np.isfinite(np.asarray(wave)).all() and np.abs(np.asarray(wave)).max() > 0 for wave in found)
    errors: list[Waveform | Exception] = [ValueError("first"), ValueError("second")]
    assert best_of(Drawn(candidates=2), loaded, lambda clips, seeds: errors, "cpu")(CLIPS[:1], [1]) == errors[:1]


class Broken(Draws):
    """It can't judge rain, and of bells it thinks nothing that is a number."""

    def similarity(self, clips: Sequence[Clip], waves: Sequence[Waveform]) -> list[float]:
        if clips[0].id == "rain":
            raise RuntimeError("deaf to rain")
        return [float("nan")] * len(waves)


def test_a_judge_that_breaks_costs_that_clip_alone_and_nothing_is_drawn_again(tmp_path: Path) -> None:
    loaded = Broken()
    rain, bell = best_of(Drawn(candidates=3), loaded, loaded, "cpu")(CLIPS, [1, 2])
    assert str(rain) == "deaf to rain"
    assert "fits that are not finite" in str(bell)
    assert len(loaded.seeds) == 6


class Crowded(Draws):
    """It judges one at a time only."""

    def similarity(self, clips: Sequence[Clip], waves: Sequence[Waveform]) -> list[float]:
        if len(waves) > 1:
            raise MemoryError
        return super().similarity(clips, waves)


def test_a_judge_that_memory_is_too_short_for_hears_them_one_by_one() -> None:
    loaded = Crowded()
    found = best_of(Drawn(candidates=3), loaded, loaded, "cpu")(CLIPS, [1, 2])
    np.testing.assert_array_equal(found, best_of(Drawn(candidates=3), DRAWS, DRAWS, "cpu")(CLIPS, [1, 2]))


def test_another_judge_makes_the_clips_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("BENCH_WEIGHTS", str(checkpoints.write(tmp_path, "630k-audioset-best.pt")))
    system, how = Drawn(candidates=2, reranker="clap-630k"), Sampling(0, "cpu", 4)
    for _ in range(2):
        generate(system, CLIPS, tmp_path / "run", how, Reporter(quiet=True))
    assert len(DRAWS.seeds) == 4
    state = torch.load(tmp_path / "630k-audioset-best.pt", weights_only=False)
    state["acc"] = 0.8  # other bytes: for all that is known another network
    torch.save(state, tmp_path / "630k-audioset-best.pt")
    generate(system, CLIPS, tmp_path / "run", how, Reporter(quiet=True))
    assert len(DRAWS.seeds) == 8


def test_the_harness_draws_and_ranks(tmp_path: Path) -> None:
    made = generate(Drawn(candidates=3), CLIPS, tmp_path, Sampling(0, "cpu", 4), Reporter(quiet=True))
    assert made.failures == {}
    assert len(DRAWS.seeds) == 6


def test_an_embedder_judges_by_its_own_cosine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_WEIGHTS", str(checkpoints.write(tmp_path, "630k-audioset-best.pt")))
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    system = Drawn(candidates=3, reranker="clap-630k")
    assert judge_named(system) == CLAP_630K
    clip = CLIPS[1]
    [best] = chosen(system, [clip])
    waves = [DRAWS.one(clip, seed) for seed in DRAWS.seeds]
    heard = [wave[: round(0.5 * RATE)] for wave in waves]  # all that is kept, as the metric `clap-630k` hears it
    ears = [Ears(Sound(wave[:, None], RATE)) for wave in heard]
    audio = CLAP_630K.load("cpu")([as_heard(each, CLAP_630K) for each in ears])
    [text] = CLAP_630K.load_texts("cpu")([clip.text])
    cosines = [float((rows @ text.T).item() / np.linalg.norm(rows) / np.linalg.norm(text)) for rows in audio]
    assert len(set(np.round(cosines, 6))) == 3, "a judge that can't tell them apart shows nothing"
    np.testing.assert_array_equal(best, waves[int(np.argmax(cosines))])


def test_a_reranker_that_reads_no_texts_is_refused_with_those_that_do() -> None:
    with pytest.raises(BadInput, match="reranker vggish embeds no texts; there are: own, clap-630k, clap-music,"):
        judge_named(Drawn(candidates=2, reranker="vggish"))
    with pytest.raises(BadInput, match="no embedder is called 'clapp'"):
        judge_named(Drawn(candidates=2, reranker="clapp"))
    assert judge_named(Drawn(candidates=1, reranker="clapp")) is None


def test_a_checkpoint_without_a_judge_of_its_own_says_so() -> None:
    run: Generate = lambda clips, seeds: []  # noqa: E731
    with pytest.raises(BadInput, match=r"has no CLAP of its own; name a --system\.reranker"):
        best_of(Drawn(candidates=2), run, run, "cpu")


@pytest.mark.parametrize("count", [0, -1, 101])
def test_a_senseless_number_of_candidates_is_refused(count: int) -> None:
    with pytest.raises(BadInput, match=f"candidates is {count}, but must be 1 to 100"):
        Drawn(candidates=count)


def test_the_number_drawn_stands_in_the_settings() -> None:
    assert Drawn().settings()["candidates"] == 1
    assert Drawn(candidates=3).settings()["candidates"] == 3
