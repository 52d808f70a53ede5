"""The contract of a metric, and the score it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from bench import __version__
from bench.embedder import Embedder, Part, Rows, other_settings
from bench.stats import Floats, Interval

Better = Literal["lower", "higher"]
Against = Literal["references", "texts", "transcriptions", "nothing"]
"""What a metric compares generated audio with."""


@dataclass(frozen=True)
class Score:
    """A number that says how far it can be trusted.

    Attributes:
        value: the number.
        interval: where it would lie, 95 times in 100, had other clips been drawn; None where that can't be told.
        n: over how many clips.
        signature: everything the number depends on, as ``name|key:value|...``.
        per_clip: each clip's own value, where the metric has one.
        flags: what must be known to read it: an implausible value, too few rows for the dimension; one line each.
        details: what only the audio decides, for the signature: a kernel's bandwidth, how many replicates were taken.
        weights: how much each clip's own value counts where the number is their mean; all alike if empty.
    """

    value: float
    interval: Interval | None
    n: int
    signature: str = ""
    per_clip: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)


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
        joules: what the GPU drew; a clip's share of its batch. None where nothing counts them.
    """

    id: str
    batch: str
    seconds: float
    audio_seconds: float
    device: str
    peak_bytes: int
    joules: float | None = None


class Scope(NamedTuple):
    """What a score is about, for its signature.

    Attributes:
        suite: its name and hash.
        reference: eight hex digits of the reference audio itself, ``none`` without any.
        device: where the audio was generated, ``none`` if it was found.
        clips: eight hex digits of which clips were scored, if not all that were asked for; else empty.
        batch: how many clips were generated at a time, at most; 0 if the audio was found.
    """

    suite: str
    reference: str = "none"
    device: str = "none"
    clips: str = ""
    batch: int = 0


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
    packages: ClassVar[tuple[str, ...]] = ()
    """Distributions it needs besides the core and what its embedder needs."""
    extra: ClassVar[str] = ""
    """The optional dependency that brings them."""

    def depends_on(self, scope: Scope) -> str:
        """What else a score depends on, for the signature."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it depends on")

    def signature(self, n: int, scope: Scope, details: Mapping[str, str] | None = None) -> str:
        """Everything a score of this metric depends on, as in sacrebleu (Post 2018, arXiv:1804.08771)."""
        clips = f"n:{n}|clips:{scope.clips}" if scope.clips else f"n:{n}"
        settings = other_settings(self, {"label", "better", "unit", "embedder"})
        judged = f"{self.symbol}{settings}|{self.depends_on(scope)}|est:{self.estimator}"
        judged += "".join(f"|{name}:{value}" for name, value in (details or {}).items())
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
    part: ClassVar[Part] = "embedding"
    """What of the embedder's rows it sees."""
    against: ClassVar[Against] = "references"
    """What ``reference`` holds in :meth:`score`: features of audio, of the clips' texts, or nothing (no clip)."""
    besides: ClassVar[tuple[str, ...]] = ()
    """Texts whose features stand behind the clips' own in ``reference``, for a metric against texts."""

    def depends_on(self, scope: Scope) -> str:
        """The embedder's signature, and which reference audio it was; texts are part of the suite's hash."""
        if self.against == "references":
            return f"{self.embedder.signature}|ref:{scope.reference}"
        words = f"|words:{self.embedder.words}" if self.against == "texts" else ""
        return f"{self.embedder.signature}{words}"

    def unfit(self) -> str | None:
        """Why this metric can't be had with this embedder; None if it can."""
        if self.part == "logits" and not self.embedder.classes:
            return f"{self.embedder.name} is no classifier"
        if self.part == "embedding" and not self.embedder.spans:
            return f"{self.embedder.name} gives no features between which there are distances"
        if self.against == "texts" and not self.embedder.reads:
            return f"{self.embedder.name} does not embed texts"
        return None

    def score(self, generated: Features, reference: Features) -> Score:
        """Judge a set of clips.

        Args:
            generated: one entry a clip.
            reference: the same clips in the same order if the metric takes pairs or compares with what was asked for,
                else any set; empty if it compares with nothing.

        Raises:
            ValueError: the sets are too small or don't fit each other.
        """
        raise NotImplementedError(f"{type(self).__name__} has no score()")


def hears_references(metric: Metric) -> bool:
    """Whether a metric compares with reference audio."""
    return isinstance(metric, FeatureMetric) and metric.against == "references"


@dataclass(frozen=True, kw_only=True)
class TimingMetric(Metric):
    """A metric on how long generation took and how much memory; it differs from run to run, unlike all others."""

    estimator: ClassVar[str] = "ratio,boot1000-batch"
    unmeasured: ClassVar[str] = ""
    """What its error says where a machine can't measure it, which is then no problem of the run's."""

    def depends_on(self, scope: Scope) -> str:
        """The device, and how many clips were generated at a time."""
        return f"device:{scope.device}|batch:{scope.batch}"

    def score(self, timings: Sequence[Timing]) -> Score:
        """Judge a run's timings, one an audio clip, at least one.

        Raises:
            ValueError: they lack what it measures; the message is :attr:`unmeasured`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no score()")
