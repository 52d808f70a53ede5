"""What is looked at before a run begins: that the system, its references and what its metrics compare with are here."""

from __future__ import annotations

from collections.abc import Mapping

from bench import plugins
from bench.candidates import judge_named
from bench.card import Rendering
from bench.errors import BadInput, NotEvaluable
from bench.metric import FeatureMetric, Metric, hears_references
from bench.record import absent_packages
from bench.suite import Suite
from bench.system import System


def check_system(system: System) -> None:
    """Raise if a system can't be loaded here for want of a package, a program or data; loads nothing.

    Raises:
        ImportError, NotEvaluable: something is not here; the message says how to get it.
        BadInput: no embedder is called what is to rank its candidates.
    """
    judge_named(system)
    if absent := absent_packages(system.packages):
        how = f"'audiogen-bench[{system.extra}]'" if system.extra else " ".join(absent)
        raise ImportError(f"{type(system).__name__} lacks {', '.join(absent)}; get it with: pip install {how}")
    if lack := system.lacks():
        raise NotEvaluable(f"{type(system).__name__} lacks {lack}")


def check_references(system: System, suite: Suite, metrics: Mapping[str, Metric]) -> None:
    """Raise if the suite has not what the system is made from, or what a metric compares with.

    Raises:
        BadInput: which of them lacks what.
    """
    if system.reads_reference and suite.card.reference is None:
        raise BadInput(f"{type(system).__name__} is made from reference audio, and suite {suite.name} has none")
    for name, metric in metrics.items():
        if isinstance(metric, FeatureMetric) and (lack := _lack(suite, metric)):
            raise BadInput(f"metric {name} {lack}")
    if isinstance(suite.card.reference, Rendering):
        plugins.system(suite.card.reference.system)


def needs_references(system: System, metrics: Mapping[str, Metric]) -> bool:
    """Whether a run needs the references at all."""
    return system.reads_reference or any(map(hears_references, metrics.values()))


def check_complete(suite: Suite, *, allowed: bool) -> None:
    """Raise if reference audio is missing, unless it is allowed to and some is here.

    Raises:
        BadInput: a folder of one's own holds none of it.
        NotEvaluable: some or all of it has to be obtained first.
    """
    lacking, asked = suite.lacking, len(suite.clips)
    own = isinstance(suite.card.reference, str)
    if own and len(lacking) == asked:
        raise BadInput(
            f"suite {suite.name} lacks its reference audio: looked in {suite.card.reference} for <clip id>.wav"
        )
    if allowed and len(lacking) < asked:
        return
    how = "" if own else f"get it with: {suite.command} --audio FOLDER; "
    go_on = f"go on without {'it' if len(lacking) == 1 else 'them'}: --allow-missing" if len(lacking) < asked else ""
    shown = f"suite {suite.name} lacks the reference audio of {len(lacking)} of {asked} clips, first {lacking[0]}"
    raise NotEvaluable(f"{shown}; {how}{go_on}".removesuffix("; "))


def _lack(suite: Suite, metric: FeatureMetric) -> str:
    """What a metric would need that the suite or its embedder has not; empty if nothing."""
    if unfit := metric.unfit():
        return f"can't be had: {unfit}"
    if metric.against == "references" and suite.card.reference is None:
        return f"compares with reference audio, and suite {suite.name} has none"
    if metric.against == "references" and metric.pairs and not suite.paired:
        return "compares each clip with its own reference, and here no names match"
    silent = {
        "texts": ("captions", [clip.id for clip in suite.clips if not clip.text]),
        "transcriptions": ("transcriptions", [clip.id for clip in suite.clips if not clip.transcription]),
    }
    what, without = silent.get(metric.against, ("", []))
    if without:
        return f"compares with {what}, and {len(without)} of {len(suite.clips)} clips have none: first {without[0]}"
    return ""
