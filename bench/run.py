"""One run: from clips to a record. Check what was asked for, generate what is missing, then judge it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from bench import plugins
from bench.batching import DEFAULT
from bench.candidates import judge_named
from bench.card import Rendering
from bench.checks import check_complete, check_references, check_system, needs_references
from bench.device import resolve
from bench.disk import cache_folder, locked, require_writable, write_atomically
from bench.embedder import Embedder
from bench.errors import BadInput, NotEvaluable
from bench.executor import Sampling, generate
from bench.judge import Obtained, Verdict, background, clip_rows, judge
from bench.metric import FeatureMetric, Metric, TimingMetric
from bench.progress import Reporter
from bench.record import Record, record_folder, versions, write_record
from bench.suite import Suite
from bench.system import Recorded, System
from bench.tally import Tally


@dataclass(frozen=True)
class Options:
    """How a run is done.

    Attributes:
        metrics: names, separated by commas; the suite's own if none is given
        limit: only the first so many clips
        seed: of the run, from 0; each clip's noise comes from it and the clip's id alone
        device: auto, cpu, cuda, cuda:N or mps
        batch_size: recordings generated at a time; auto: as many as a GPU holds; the audio does not depend on it
        max_failures: how many clips may fail before the exit code is 3
        allow_missing: go on with the clips whose reference audio is here, where a suite is incomplete
        out: folder for the generated audio
        results: folder for the records
    """

    metrics: tuple[str, ...] = ()
    limit: int | None = None
    seed: int = 0
    device: str = "auto"
    batch_size: int | Literal["auto"] = DEFAULT
    max_failures: int = 0
    allow_missing: bool = False
    out: Path = Path("runs")
    results: Path = Path("results")

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        for name, least in (("limit", 1), ("seed", 0), ("batch_size", 1), ("max_failures", 0)):
            value = getattr(self, name)
            if isinstance(value, int) and value < least:
                raise BadInput(f"--{name.replace('_', '-')} is {value}, but must be {least} or more")


class Outcome(NamedTuple):
    """What a run found out, what became of its clips, where the record is, and what was in the way (empty: nothing)."""

    record: Record
    tally: Tally
    folder: Path
    problems: tuple[str, ...]


def run(name: str, system: System, suite: Suite, options: Options, reporter: Reporter, config: str = "") -> Outcome:
    """Generate what is missing, score it, write one record.

    Args:
        name: what the system is called.
        system: the value, settings and all.
        suite: what it is judged on.
        options: how.
        reporter: where progress is shown.
        config: the resolved configuration, kept beside the audio.

    Raises:
        BadInput: something asked for cannot be; nothing was written.
        NotEvaluable: another process holds the run's folder.
    """
    whole, suite = suite, suite.limited(options.limit)
    metrics = plugins.chosen_metrics(options.metrics or suite.card.metrics)
    check(system, suite, metrics, options)
    if suite.lacking and needs_references(system, metrics):
        suite = suite.available()
        reporter.line(f"{suite.name}: {len(suite.absent)} of {whole.size} clips have no reference audio here")
    if isinstance(system, Recorded):
        system.find(suite.clips)  # raises now, before anything is written
    tag = system.tag(options.seed)
    if system.stands and (warning := system.stands.warning):
        reporter.line(f"{name}: {warning}")
    suite = with_references(suite, whole.tag, reporter)
    folder = options.out / suite.folder / f"{name}-{tag}"
    with locked(folder):
        if config:
            write_atomically(folder / "config.yaml", config.encode())
        obtained = obtain(system, suite, folder, options, reporter)
        verdict = judge(suite, metrics, obtained, options.device, reporter)
        record = recorded(name, system, suite, metrics, obtained, verdict, options)
        results = record_folder(options.results, suite.tag, name, tag)
        with locked(options.results / "records", wait=True):  # runs with another --out may share it
            write_record(results, record, clip_rows(suite, verdict), background(suite, verdict))
    return Outcome(record, verdict.tally, results, problems(verdict, metrics, system, options.max_failures))


def check(system: System, suite: Suite, metrics: Mapping[str, Metric], options: Options) -> None:
    """Raise before any work if the run cannot be what is asked for.

    Raises:
        BadInput: no metric, a metric that lacks what it compares with, or a folder that can't be written.
        ImportError, NotEvaluable: a package, a program, data or reference audio is not here.
    """
    check_system(system)
    if not metrics:
        raise BadInput(f"no metric: suite {suite.name} names none, so give --metrics; see `bench list metrics`")
    check_references(system, suite, metrics)
    if suite.lacking and needs_references(system, metrics):
        check_complete(suite, allowed=options.allow_missing)
    resolve(options.device, accelerated=False)
    for option, folder in (
        ("--out", options.out),
        ("--results", options.results / "records"),
        ("BENCH_CACHE", cache_folder()),
    ):
        require_writable(folder, option)


def with_references(suite: Suite, whole: str, reporter: Reporter) -> Suite:
    """The suite with its references in place; those that a system renders are rendered once, into the cache.

    Args:
        suite: limited or not.
        whole: the tag of the suite without limit, whose references they are.
        reporter: where progress is shown.

    Raises:
        NotEvaluable: a reference could not be rendered.
    """
    source = suite.card.reference
    if not isinstance(source, Rendering):
        return suite
    system = plugins.system(source.system)
    folder = cache_folder() / "references" / f"{whole}-{source.system}-{system.tag(source.seed)}"
    with locked(folder, wait=True):  # another run may be rendering the same: then it is ready when it is our turn
        how = Sampling(source.seed, label="rendering references")
        made = generate(system, suite.clips, folder, how, reporter)
    for clip, error in made.failures.items():
        raise NotEvaluable(f"the reference of clip {clip} could not be rendered by {source.system}: {error}")
    clips = tuple(dataclasses.replace(clip, reference=made.paths[clip.id]) for clip in suite.clips)
    return dataclasses.replace(suite, clips=clips)


def obtain(system: System, suite: Suite, folder: Path, options: Options, reporter: Reporter) -> Obtained:
    """The audio of every clip: found if it exists already, else generated."""
    if isinstance(system, Recorded):
        found = system.find(suite.clips)
        return Obtained(found.paths, surplus=tuple(stem for stem in found.surplus if stem not in suite.beyond))
    size = None if options.batch_size == "auto" else options.batch_size
    how = Sampling(options.seed, options.device, size)
    made = generate(system, suite.clips, folder, how, reporter)
    return Obtained(made.paths, made.failures, timings=made.timings)


def recorded(
    name: str,
    system: System,
    suite: Suite,
    metrics: Mapping[str, Metric],
    obtained: Obtained,
    verdict: Verdict,
    options: Options,
) -> Record:
    """The record of a verdict; what timings say is kept apart, since no rerun reproduces it."""
    timed = {metric for metric, value in metrics.items() if isinstance(value, TimingMetric)}
    embedders = [metric.embedder for metric in metrics.values() if isinstance(metric, FeatureMetric)]
    judging: list[Metric | Embedder] = [*metrics.values(), *embedders]
    packages = {*system.packages, *(name for one in judging for name in one.packages)}
    return Record(
        suite=suite.fields(),
        system={**system.fields(name, options.seed), **_ranked_by(system)},
        seed=options.seed,
        clips=verdict.tally.fields(),
        scores={metric: score for metric, score in verdict.scores.items() if metric not in timed},
        not_scored=verdict.not_scored,
        versions=versions(packages),
        device=obtained.device,
        efficiency={metric: score for metric, score in verdict.scores.items() if metric in timed},
    )


def _ranked_by(system: System) -> dict[str, str]:
    """The embedder that ranked a system's candidates, with its weights; nothing where none did."""
    judge = judge_named(system)
    return {"ranked_by": judge.signature} if judge else {}


def problems(verdict: Verdict, metrics: Mapping[str, Metric], system: System, max_failures: int) -> tuple[str, ...]:
    """What makes the exit code 3: too many clips, or a metric, that could not be evaluated.

    Audio that was only found has no timings, and a machine without a counter no joules, and nobody could expect any:
    that is no problem beside another score.
    """
    lines = []
    if verdict.tally.unscored > max_failures:
        unscored, asked = verdict.tally.unscored, verdict.tally.asked
        lines.append(f"{unscored} of {asked} clips could not be scored (--max-failures {max_failures})")
    elif not verdict.tally.unscored and verdict.tally.reference_unreadable:  # of a background: it costs no clip
        lines.append(f"{len(verdict.tally.reference_unreadable)} references could not be used")
    for name, why in verdict.not_scored.items():
        excused = verdict.scores and _beyond_measure(metrics[name], why, system)
        lines += [] if excused else [f"{name} could not be computed: {why}"]
    return tuple(lines)


def _beyond_measure(metric: Metric, why: str, system: System) -> bool:
    return isinstance(metric, TimingMetric) and (isinstance(system, Recorded) or why == metric.unmeasured)
