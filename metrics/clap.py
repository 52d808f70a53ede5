"""CLAP score (Wu et al. 2023, arXiv:2211.06687): how near a clip is to its caption in a space that both share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.digest import clip_seed
from bench.metric import Against, FeatureMetric, Features, Metric, Score
from bench.stats import SEED, Floats, mean_interval

from ._clap import CLAP_630K, CLAP_MUSIC, CLAP_MUSIC_SPEECH
from ._rows import one_a_clip

DROPPED = 0.1  # the released evaluation's unconditional_prob, which is for training


@dataclass(frozen=True, kw_only=True)
class ClapScore(FeatureMetric):
    """Mean over clips of the cosine between audio and caption."""

    symbol: ClassVar[str] = "clap"
    estimator: ClassVar[str] = "mean-cosine,boot1000-clip"
    against: ClassVar[Against] = "texts"

    def score(self, generated: Features, reference: Features) -> Score:
        """Mean cosine; ``reference`` holds the captions' features, of the same clips in the same order.

        Raises:
            ValueError: not one row a clip or a caption.
        """
        audio, texts = one_a_clip(generated), one_a_clip(reference)
        each = self.values(generated.ids, audio, texts)
        per_clip = dict(zip(generated.ids, each.tolist(), strict=True))
        return Score(float(each.mean()), mean_interval(each), n=len(each), per_clip=per_clip)

    def values(self, ids: tuple[str, ...], audio: Floats, texts: Floats) -> Floats:  # noqa: ARG002
        """Each clip's value, shape (n,), of features (n, d) and, behind those of ``besides``, (n + ..., d)."""
        return cosines(audio, texts)


@dataclass(frozen=True, kw_only=True)
class PaperClapScore(ClapScore):
    """The same as the paper's code computed it, with the dropout of training left on.

    Each audio and each text embedding is replaced by that of the empty text, with a probability of 0.1 and
    independently (audioldm_eval, branch passt_replace_panns, clap_score/model.py l.184-187). There it was not seeded;
    here a clip's own seed decides, so that all systems lose the same.
    """

    symbol: ClassVar[str] = "clap-paper"
    estimator: ClassVar[str] = "dropout0.1-seeded,mean-cosine,boot1000-clip"
    besides: ClassVar[tuple[str, ...]] = ("",)

    def values(self, ids: tuple[str, ...], audio: Floats, texts: Floats) -> Floats:
        """As :meth:`ClapScore.values`; the last text is the empty one."""
        draws = [np.random.Generator(np.random.PCG64(clip_seed(SEED, name))).random(2) < DROPPED for name in ids]
        deaf, mute = np.array(draws).T[:, :, None]
        empty = texts[-1]
        return cosines(np.where(deaf, empty, audio), np.where(mute, empty, texts[:-1]))


@dataclass(frozen=True, kw_only=True)
class ExpectedPaperClapScore(PaperClapScore):
    """What the paper's code gives on average: 0.81 s + 0.09 cos(empty, text) + 0.09 cos(audio, empty) + 0.01."""

    symbol: ClassVar[str] = "clap-paper-expected"
    estimator: ClassVar[str] = "dropout0.1-expected,mean-cosine,boot1000-clip"

    def values(self, ids: tuple[str, ...], audio: Floats, texts: Floats) -> Floats:  # noqa: ARG002
        """As :meth:`PaperClapScore.values`."""
        empty, kept = texts[-1:], 1.0 - DROPPED
        captions = texts[:-1]
        crossed = cosines(empty, captions) + cosines(audio, empty)
        return kept**2 * cosines(audio, captions) + kept * DROPPED * crossed + DROPPED**2


def cosines(one: Floats, other: Floats) -> Floats:
    """Cosine of each row of one set (n, d) with its own of the other, or with its only one; shape (n,).

    >>> cosines(np.array([[3.0, 4.0], [0.0, 2.0]]), np.array([[0.0, 1.0]])).tolist()
    [0.8, 1.0]
    """
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.asarray((one * other).sum(axis=1) / lengths)


METRICS: dict[str, Metric] = {
    "clap": ClapScore(label="CLAP", better="higher", embedder=CLAP_MUSIC_SPEECH),
    "clap-paper": PaperClapScore(label="CLAP-paper", better="higher", embedder=CLAP_MUSIC_SPEECH),
    "clap-paper-expected": ExpectedPaperClapScore(
        label="CLAP-paper, expected", better="higher", embedder=CLAP_MUSIC_SPEECH
    ),
    "clap-music": ClapScore(label="CLAP-music", better="higher", embedder=CLAP_MUSIC),
    "clap-630k": ClapScore(label="CLAP-630k", better="higher", embedder=CLAP_630K),
}
