"""The contract of a metric, and the score it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from bench import __version__
from bench.embedder import Embedder, Rows, other_settings
from bench.stats import Floats, Interval

Better = Literal["lower", "higher"]


@dataclass(frozen=True)
class Score:
    """A number that says how far it can be trusted.

    Attributes:
        value: the number.
        interval: where it would lie, 95 times in 100, had other clips been drawn; None where that can't be told.
        n: over how many clips.
        signature: everything the number depends on, as ``name|key:value|...``.
        per_clip: each clip's own value, where the metric has one.
    """

    value: float
    interval: Interval | None
    n: int
    signature: str = ""
    per_clip: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Features:
    """The rows (k_i, d) of each clip of a set, in one order.

    Attributes:
        ids: the clips.
        rows: each clip's features.
    """

    ids: tuple[str, ...]
    rows: tuple[Rows, ...]

    def pooled(self) -> Floats:
        """All rows of all clips, shape (sum of k_i, d), in float64."""
        return np.concatenate(self.rows).astype(np.float64)


class Timing(NamedTuple):
    """What it took to generate one clip.

    Attributes:
        id: the clip.
        batch: the first clip of the batch it was generated in.
        seconds: of work; a clip's share of its batch.
        audio_seconds: of sound.
        device: where.
        peak_bytes: the most memory held until then, on the GPU where there is one.
    """

    id: str
    batch: str
    seconds: float
    audio_seconds: float
    device: str
    peak_bytes: int


class Scope(NamedTuple):
    """What a score is about, for its signature.

    Attributes:
        suite: its name and hash.
        reference: eight hex digits of the reference audio itself, ``none`` without any.
        device: where the audio was generated, ``none`` if it was found.
        clips: eight hex digits of which clips were scored, if not all that were asked for; else empty.
    """

    suite: str
    reference: str = "none"
    device: str = "none"
    clips: str = ""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """How audio is judged, as a value.

    Attributes:
        label: column title.
        better: which direction is better.
        unit: of the value, where it has one.
    """

    label: str
    better: Better = "lower"
    unit: str = ""

    symbol: ClassVar[str]
    """The first word of its signature."""
    estimator: ClassVar[str]
    """How value and interval are computed, for the signature; change it when they change."""

    def depends_on(self, scope: Scope) -> str:
        """What else a score depends on, for the signature."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it depends on")

    def signature(self, n: int, scope: Scope) -> str:
        """Everything a score of this metric depends on, as in sacrebleu (Post 2018, arXiv:1804.08771)."""
        clips = f"n:{n}|clips:{scope.clips}" if scope.clips else f"n:{n}"
        settings = other_settings(self, {"label", "better", "unit", "embedder"})
        judged = f"{self.symbol}{settings}|{self.depends_on(scope)}|est:{self.estimator}"
        return f"{judged}|{clips}|suite:{scope.suite}|bench:{__version__}"


@dataclass(frozen=True, kw_only=True)
class FeatureMetric(Metric):
    """A metric on an embedder's features.

    Attributes:
        embedder: whose features it compares.
    """

    embedder: Embedder

    pairs: ClassVar[bool] = False
    """Whether it compares each clip with its own reference, and not set with set."""

    def depends_on(self, scope: Scope) -> str:
        """The embedder's signature, and which reference audio it was."""
        return f"{self.embedder.signature}|ref:{scope.reference}"

    def score(self, generated: Features, reference: Features) -> Score:
        """Judge a set of clips.

        Args:
            generated: one entry a clip.
            reference: the same clips in the same order if the metric takes pairs, else any set.

        Raises:
            ValueError: the sets are too small or don't fit each other.
        """
        raise NotImplementedError(f"{type(self).__name__} has no score()")


@dataclass(frozen=True, kw_only=True)
class TimingMetric(Metric):
    """A metric on how long generation took and how much memory; it differs from run to run, unlike all others."""

    estimator: ClassVar[str] = "ratio,boot1000-batch"

    def depends_on(self, scope: Scope) -> str:
        """The device."""
        return f"device:{scope.device}"

    def score(self, timings: Sequence[Timing]) -> Score:
        """Judge a run's timings, one an audio clip, at least one."""
        raise NotImplementedError(f"{type(self).__name__} has no score()")
