"""What there is: systems, suites, metrics and embedders by name, with a line on each."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from bench import plugins
from bench.embedder import Embedder
from bench.errors import NotEvaluable, unknown
from bench.metric import FeatureMetric
from bench.pretrained import Pretrained
from bench.suite import Suite
from bench.suites import card_named, load_suite, suite_names
from bench.system import System, setting_fields


def catalogue(kind: str | None = None) -> dict[str, dict[str, dict[str, Any]]]:
    """Entries by kind and name, in JSON types.

    Raises:
        BadInput: no such kind.
    """
    if kind is not None and kind not in KINDS:
        raise unknown("kind of thing", kind, KINDS)
    return {name: entries() for name, entries in KINDS.items() if kind in (None, name)}


def systems() -> dict[str, dict[str, Any]]:
    """Every system with the first line of its docstring and its settings."""
    return {
        name: {"about": _about(system), "settings": _plain(system), "standing": _standing(system)}
        for name, system in sorted(plugins.systems().items())
    }


def _about(system: System) -> str:
    """The first line of its docstring, and where its weights come from."""
    return " ".join([first_line(type(system)), *([f"[{system.checkpoint}]"] if isinstance(system, Pretrained) else [])])


def _standing(system: System) -> dict[str, str] | None:
    return dataclasses.asdict(system.standing) if system.standing else None


def suites() -> dict[str, dict[str, Any]]:
    """Every suite of the package with its title and size; its hash where its clip list is here."""
    found = {}
    for name in suite_names():
        card = card_named(name)
        try:
            suite: Suite | None = load_suite(name)
        except NotEvaluable:  # it has to be prepared first
            suite = None
        found[name] = {
            "about": card.title if suite else f"{card.title} [bench prepare {name}]",
            "task": card.task,
            "clips": len(suite.clips) if suite else card.clips,
            "version": card.version,
            "hash": suite.hash if suite else None,
            "metrics": list(card.metrics),
        }
    return found


def metrics() -> dict[str, dict[str, Any]]:
    """Every metric with the first line of its docstring, and the names that stand for several."""
    found: dict[str, dict[str, Any]] = {}
    for name, metric in sorted(plugins.metrics().items()):
        embedder: Embedder | None = metric.embedder if isinstance(metric, FeatureMetric) else None
        about: dict[str, Any] = {"about": first_line(type(metric)), "better": metric.better, "unit": metric.unit}
        found[name] = {**about, "embedder": embedder.name if embedder else None}
    for alias, names in sorted(plugins.aliases().items()):
        found[alias] = {"about": f"Stands for {', '.join(names)}.", "stands_for": list(names)}
    return found


def embedders() -> dict[str, dict[str, Any]]:
    """Every embedder with the first line of its docstring and its weights, which are not looked for."""
    return {
        name: {
            "about": " ".join([first_line(type(embedder)), *(f"[{file.file}]" for file in embedder.files[:1])]),
            "rate": embedder.rate,
            "dimension": embedder.dimension,
            "classes": embedder.classes,
            "texts": embedder.reads,
            "weights": [file.file for file in (*embedder.files, *embedder.vocabulary)],
        }
        for name, embedder in sorted(plugins.embedders().items())
    }


KINDS = {"systems": systems, "suites": suites, "metrics": metrics, "embedders": embedders}


def first_line(thing: type) -> str:
    """The first line of a class's docstring."""
    return (inspect.getdoc(thing) or "").split("\n")[0]


def _plain(system: System) -> dict[str, Any]:
    settings = {field.name: getattr(system, field.name) for field in setting_fields(system)}
    return {
        name: value if isinstance(value, str | int | float | bool | None) else str(value)
        for name, value in settings.items()
    }


def lines(found: dict[str, dict[str, dict[str, Any]]]) -> list[str]:
    """The catalogue for a person."""
    shown: list[str] = []
    for kind, things in found.items():
        shown += [*([""] if shown else []), kind.capitalize()]
        width = max(map(len, things), default=0)
        shown += [f"  {name:<{width}}  {thing['about']}" for name, thing in things.items()]
    return shown
