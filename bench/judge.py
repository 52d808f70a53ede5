"""The verdict on a run's audio: look at every file, embed, score."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.digest import SHORT, digest
from bench.errors import NotEvaluable, one_line
from bench.evidence import Evidence
from bench.features import Recording, Store, Survey, survey
from bench.metric import FeatureMetric, Metric, Scope, Score, Timing, TimingMetric, hears_references
from bench.progress import Reporter
from bench.record import rounded
from bench.suite import Suite
from bench.tally import Tally, tally


class Obtained(NamedTuple):
    """The audio of a run's clips: generated just now, or found."""

    paths: Mapping[str, Path]
    failed: Mapping[str, str] = {}
    surplus: tuple[str, ...] = ()
    timings: tuple[Timing, ...] = ()

    @property
    def device(self) -> str | None:
        """Where the audio was generated; None if it was found."""
        return ", ".join(sorted({timing.device for timing in self.timings})) or None

    @property
    def batch(self) -> int:
        """How many clips were generated at a time, at most; 0 if they were found."""
        return max(Counter(timing.batch for timing in self.timings).values(), default=0)


class Verdict(NamedTuple):
    """What was found out about a run's audio.

    Attributes:
        scores: by metric name.
        not_scored: by metric name, why there is no score.
        tally: what became of every clip.
        generated: the recordings behind it.
        reference: what they were compared with; None where no metric hears references.
    """

    scores: dict[str, Score]
    not_scored: dict[str, str]
    tally: Tally
    generated: Survey
    reference: Survey | None = None


def judge(suite: Suite, metrics: Mapping[str, Metric], obtained: Obtained, device: str, reporter: Reporter) -> Verdict:
    """Look at every file, and score what can be scored.

    Args:
        suite: with its references in place.
        metrics: by name.
        obtained: the audio.
        device: for the embedders, as the user named it.
        reporter: where progress is shown.
    """
    store = Store()
    generated = survey(obtained.paths, store, reporter, "generated audio")
    heard = suite.card.reference and any(map(hears_references, metrics.values()))
    reference = survey(reference_paths(suite), store, reporter, "reference audio") if heard else None
    tallied = tally(suite.clips, generated, reference, obtained.failed, obtained.surplus, paired=suite.paired)
    scope = Scope(
        suite.tag, _reference_tag(reference), obtained.device or "none", _clips_tag(tallied), batch=obtained.batch
    )
    evidence = Evidence(suite, tallied, generated, reference, scope, device, store, reporter)
    evidence.gather([metric for metric in metrics.values() if isinstance(metric, FeatureMetric)])
    verdict = Verdict({}, {}, tallied, generated, reference)
    for name, metric in metrics.items():
        try:
            verdict.scores[name] = _signed(_score(metric, evidence, obtained.timings), metric, evidence)
        except (ValueError, NotEvaluable, ImportError) as error:  # these say in their own words what is wrong
            verdict.not_scored[name] = one_line(error)
        except Exception as error:  # noqa: BLE001 - one metric that breaks loses no other
            verdict.not_scored[name] = f"{type(error).__name__}: {one_line(error)}"
    return verdict


def _signed(score: Score, metric: Metric, evidence: Evidence) -> Score:
    """The score with its signature, and what must be known of the audio and the weights behind it."""
    flags = list(score.flags)
    if isinstance(metric, FeatureMetric) and not metric.embedder.published:
        flags.append(f"not comparable: {metric.embedder.name} has other weights than the published ones")
    if len(evidence.tally.silent) == score.n:
        flags.append("all clips are silent")
    return dataclasses.replace(
        score, signature=metric.signature(score.n, evidence.scope, score.details), flags=tuple(flags)
    )


def _score(metric: Metric, evidence: Evidence, timings: tuple[Timing, ...]) -> Score:
    score = _computed(metric, evidence, timings)
    if not np.isfinite([score.value, *(score.interval or ()), *score.per_clip.values()]).all():
        raise ValueError(f"gave a number that is not finite: {score}")
    return score


def _computed(metric: Metric, evidence: Evidence, timings: tuple[Timing, ...]) -> Score:
    if isinstance(metric, TimingMetric):
        if not timings:
            raise ValueError("this audio was not generated here")
        return metric.score(timings)
    if not isinstance(metric, FeatureMetric):
        raise TypeError(f"{metric!r} is neither a FeatureMetric nor a TimingMetric")
    return evidence.score(metric)


def _reference_tag(reference: Survey | None) -> str:
    """What the reference audio is, by its bytes; of a partly scored suite, what all that can be used is."""
    if reference is None:
        return "none"
    usable = {name: found.digest for name, found in reference.readable.items() if found.condition.finite}
    return digest(usable)[:SHORT]


def _clips_tag(tallied: Tally) -> str:
    """Which clips were scored, if not all: two systems that failed different ones are not alike."""
    return digest(list(tallied.scored))[:SHORT] if tallied.unscored else ""


def reference_paths(suite: Suite) -> dict[str, Path]:
    """The reference files by clip, or by stem where they belong to no clip."""
    if suite.background:
        return {path.stem: path for path in suite.background}
    return {clip.id: clip.reference for clip in suite.clips if clip.reference}


def clip_rows(suite: Suite, verdict: Verdict) -> Iterator[dict[str, Any]]:
    """One row a clip for ``clips.jsonl``: prompt, condition of its audio, its own score of each metric, and digests.

    By the digests of its audio and of its reference, whoever compares two runs finds their features in the store. Where
    clips count unlike in a metric's mean, the row has how much this one does.
    """
    scored = set(verdict.tally.scored)
    theirs = verdict.reference.readable if verdict.reference and suite.paired else {}
    for clip in suite.clips:
        each = verdict.scores.items()
        values = {name: rounded(score.per_clip[clip.id]) for name, score in each if clip.id in score.per_clip}
        counts = {name: rounded(score.weights[clip.id]) for name, score in each if clip.id in score.weights}
        weights = {"weights": counts} if counts else {}
        heard = _heard(verdict.generated.readable.get(clip.id))
        reference = {"reference": theirs[clip.id].digest} if clip.id in theirs else {}
        said = {"id": clip.id, "text": clip.text, "scored": clip.id in scored, "scores": values}
        yield {**said, **weights, **heard, **reference}


def background(suite: Suite, verdict: Verdict) -> dict[str, str]:
    """Digests by name of the references that scores compare with and that belong to no clip."""
    if suite.paired or verdict.reference is None:
        return {}
    useless = verdict.tally.reference_unreadable
    return {name: found.digest for name, found in verdict.reference.readable.items() if name not in useless}


def _heard(recording: Recording | None) -> dict[str, Any]:
    if recording is None:
        return {}
    seen = recording.condition
    return {"audio": recording.digest, "seconds": rounded(seen.seconds), "rate": seen.rate, "peak": rounded(seen.peak)}
