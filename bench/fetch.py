"""Fetching ahead: every weights file that suites, metrics and embedders will want, for a run without a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from bench import plugins
from bench.candidates import judge_named
from bench.embedder import Embedder
from bench.errors import BadInput, NotEvaluable, unknown
from bench.metric import FeatureMetric
from bench.pretrained import Pretrained
from bench.suites import OWN_CARD, card_named, suite_names
from bench.system import System
from bench.weights import Weights, obtain, tag


class Fetched(NamedTuple):
    """A weights file: where it is and how a signature names it; or why it could not be had."""

    file: str
    path: Path | None
    tag: str
    trouble: str = ""


def fetch(names: Iterable[str]) -> Iterator[Fetched]:
    """Download what is not here yet, one file after the other; a file that can't be had stops no other.

    Args:
        names: of systems, suites, metrics and embedders; none for every embedder there is.

    Raises:
        BadInput: a name stands for none of these.
    """
    names = tuple(names)
    yield from (_fetched_checkpoint(plugins.systems()[name]) for name in names if _has_checkpoint(name))
    chosen = [embedder for name in names for embedder in wanted(name)]
    chosen = chosen if names else list(plugins.embedders().values())
    for file in dict.fromkeys(file for embedder in chosen for file in (*embedder.files, *embedder.vocabulary)):
        yield _fetched(file)


def _fetched(file: Weights) -> Fetched:
    try:
        path = obtain(file)
    except NotEvaluable as error:
        return Fetched(file.file, None, "", str(error))
    return Fetched(file.file, path, tag(file))


def _has_checkpoint(name: str) -> bool:
    return isinstance(plugins.systems().get(name), Pretrained)


def _fetched_checkpoint(system: System) -> Fetched:
    assert isinstance(system, Pretrained), "others have none"
    try:
        path = system.obtain()
        return Fetched(system.checkpoint, path, system.weights)
    except (BadInput, NotEvaluable) as error:
        return Fetched(system.checkpoint, None, "", str(error))


def wanted(name: str) -> list[Embedder]:
    """The embedders that a suite, a metric or an embedder of this name needs.

    Raises:
        BadInput: nothing is called that.
    """
    if name in suite_names() or OWN_CARD.fullmatch(name):
        return [embedder for metric in card_named(name).metrics for embedder in wanted(metric)]
    if name.partition(":")[0] in plugins.embedders():
        return [plugins.embedder_named(name)]
    if name in plugins.systems():
        judge = judge_named(plugins.systems()[name])
        return [judge] if judge else []
    try:
        metrics = plugins.chosen_metrics((name,))
    except BadInput:
        known = [*plugins.metrics(), *plugins.aliases(), *plugins.embedders(), *plugins.systems(), *suite_names()]
        raise unknown("suite, system, metric or embedder", name, known) from None
    return [metric.embedder for metric in metrics.values() if isinstance(metric, FeatureMetric)]
