"""What metrics judge by: features of a run's audio, of its references and of its texts, each computed once."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.digest import digest, file_digest
from bench.embedder import Embedder, spelled
from bench.extraction import Demand, Failures, extract, extract_texts
from bench.features import Recording, Store, Survey, gather, imported
from bench.metric import FeatureMetric, Features, Metric, Scope, Score
from bench.progress import Reporter
from bench.suite import Suite
from bench.tally import Tally


@dataclass(frozen=True)
class Evidence:
    """What metrics judge by: features of both sides and of texts, computed once and only if a score needs them."""

    suite: Suite
    tally: Tally
    generated: Survey
    reference: Survey | None
    scope: Scope
    device: str
    store: Store
    reporter: Reporter
    failures: Failures = field(default_factory=dict)

    def gather(self, metrics: Sequence[FeatureMetric]) -> None:
        """Embed, in one pass, whatever audio the store lacks for the metrics; the texts of new scores after it.

        Audio is embedded though its score is known: whoever compares two runs draws other clips from the features.
        """
        wanted: dict[Embedder, list[list[Recording]]] = {}
        texts: dict[Embedder, dict[str, str]] = {}
        for metric in metrics:
            if self._trouble(metric):
                continue
            sides = [list(side.values()) for side in self._sides(metric)]
            known = self.store.recall(self._key(metric)) is not None
            if known and self._kept(metric.embedder, sides):
                continue
            before = wanted.setdefault(metric.embedder, [[], []])
            wanted[metric.embedder] = [new or old for new, old in zip(sides, before, strict=True)]
            if metric.against == "texts" and not known:
                texts.setdefault(metric.embedder, {}).update(_texts(self.suite, self.tally, metric))
        demands = [Demand(embedder, sides) for embedder, sides in wanted.items()]
        self.failures.update(extract(demands, self.device, self.store, self.reporter))
        for embedder, asked in texts.items():
            # Those of several metrics at once; what goes wrong, each metric that asks for them is told in its turn.
            with contextlib.suppress(Exception):
                extract_texts(asked, embedder, self.device, self.store, self.reporter)

    def _kept(self, embedder: Embedder, sides: Sequence[Sequence[Recording]]) -> bool:
        """Whether the store has features of all these recordings, going by its files' names."""
        return all(self._is_kept(embedder.key, one) for side in sides for one in side)

    def _is_kept(self, key: str, recording: Recording) -> bool:
        kinds = (key, imported(key)) if recording.features_only else (key,)
        return any(self.store.path(kind, recording.digest).is_file() for kind in kinds)

    def score(self, metric: FeatureMetric) -> Score:
        """One metric's score; the same audio, judged the same way, is not judged twice."""
        if trouble := self._trouble(metric):
            raise ValueError(trouble)
        known = self.store.recall(self._key(metric))
        if known is not None:
            return known
        if metric.embedder in self.failures:
            raise self.failures[metric.embedder]
        ours, theirs = self._sides(metric)
        against = self._features(metric, theirs) if metric.against == "references" else self._asked(metric)
        score = metric.score(self._features(metric, ours), against)
        if np.isfinite(score.value):  # whoever asked will say if it is not; nothing to keep
            self.store.keep(self._key(metric), score)
        return score

    def _trouble(self, metric: FeatureMetric) -> str:
        """Why there can be no score; empty if there can."""
        if not self.tally.scored:
            return "no clip could be scored"
        if metric.against == "references":
            if self.reference is None:
                return "there is no reference audio"
            if not _compared(self.suite, self.tally, self.reference):
                return "no reference audio can be used"
        return metric.unfit() or ""

    def _sides(self, metric: FeatureMetric) -> tuple[dict[str, Recording], dict[str, Recording]]:
        """The recordings a metric hears, generated and reference."""
        ours = {name: self.generated.readable[name] for name in self.tally.scored}
        if metric.against != "references" or self.reference is None:
            return ours, {}
        return ours, _compared(self.suite, self.tally, self.reference)

    def _key(self, metric: FeatureMetric) -> str:
        """What a score is kept under: the audio, what was asked for, the metric's value, and its source.

        The source, so that whoever edits a metric's arithmetic sees what comes of it.
        """
        audio = [
            [(name, recording.digest, recording.features_only) for name, recording in side.items()]
            for side in self._sides(metric)
        ]
        judged = [_source(metric), repr(metric), metric.signature(len(self.tally.scored), self.scope)]
        return digest([*judged, audio, list(_texts(self.suite, self.tally, metric).items())])

    def _features(self, metric: FeatureMetric, side: Mapping[str, Recording]) -> Features:
        return gather(side, metric.embedder, self.store, metric.part)

    def _asked(self, metric: FeatureMetric) -> Features:
        """What the clips were asked to be, as features; empty if that is not what the metric compares with."""
        texts = _texts(self.suite, self.tally, metric)
        if metric.against == "texts":
            return extract_texts(texts, metric.embedder, self.device, self.store, self.reporter)
        return Features(tuple(texts), tuple(map(spelled, texts.values())))


def _texts(suite: Suite, tallied: Tally, metric: FeatureMetric) -> dict[str, str]:
    """The scored clips' texts or transcriptions, then what the metric wants besides, under names no clip has."""
    if metric.against not in ("texts", "transcriptions"):
        return {}
    clips = {clip.id: clip for clip in suite.clips}
    spoken = metric.against == "transcriptions"
    texts = {name: clips[name].transcription or "" if spoken else clips[name].text for name in tallied.scored}
    return {**texts, **{f"/{index}": text for index, text in enumerate(metric.besides)}}


def _source(metric: Metric) -> str:
    """Digest of the file a metric is defined in, and of those beside it, if they are one package."""
    module = sys.modules[type(metric).__module__]
    if not module.__file__:
        return ""
    file = Path(module.__file__)
    files = sorted(file.parent.glob("*.py")) if module.__package__ else [file]
    return digest([file_digest(one) for one in files])


def _compared(suite: Suite, tallied: Tally, reference: Survey) -> dict[str, Recording]:
    """The references that scores compare with: the scored clips' own, or every usable one of the background."""
    names = (
        tallied.scored
        if suite.paired
        else [name for name in reference.readable if name not in tallied.reference_unreadable]
    )
    return {name: reference.readable[name] for name in names}
