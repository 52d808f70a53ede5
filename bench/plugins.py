"""The one place that reaches plug-ins: by name, from this package and from the entry points of others."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import importlib.metadata
import pkgutil
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from bench.audio import Resampler
from bench.embedder import Embedder
from bench.errors import BadInput, NotEvaluable, unknown
from bench.metric import FeatureMetric, Metric
from bench.reference import Reference, ReferenceScore
from bench.system import System

# What a plug-in of each group must be. Embedders are among metrics, in files that may begin with an underscore.
KINDS = {"bench.systems": System, "bench.metrics": Metric, "bench.embedders": Embedder}
FOLDERS = {"bench.embedders": "bench.metrics"}
RESAMPLERS: dict[str, Resampler] = {"sinc": "sinc", "soxr": "soxr-hq"}


class Broken(NamedTuple):
    """A third party's plug-in that could not be loaded, and why."""

    name: str
    reason: str


class Found(NamedTuple):
    """Every plug-in of a group by name, the names that stand for several, and what is broken."""

    values: dict[str, Any]
    aliases: dict[str, tuple[str, ...]]
    broken: tuple[Broken, ...]


@cache
def plugins(group: str) -> Found:
    """The plug-ins of ``bench.systems``, ``bench.metrics`` or ``bench.embedders``.

    A module of the package names its own in a table called ``SYSTEMS``, ``METRICS`` or ``EMBEDDERS``; another package
    names a value, or such a table, as an entry point of the group.

    Raises:
        BadInput: two plug-ins have one name.
    """
    found = Found({}, {}, ())
    folder, table = FOLDERS.get(group, group), group.removeprefix("bench.").upper()
    for module in pkgutil.iter_modules(importlib.import_module(folder).__path__):
        loaded = importlib.import_module(f"{folder}.{module.name}")
        if group not in FOLDERS and module.name.startswith("_"):
            continue
        _add(found.values, getattr(loaded, table, {}), module.name)
        found.aliases.update(getattr(loaded, "ALIASES", {}) if group not in FOLDERS else {})
    return found._replace(broken=tuple(_from_others(group, found.values)))


def _from_others(group: str, values: dict[str, Any]) -> list[Broken]:
    broken = []
    for point in importlib.metadata.entry_points(group=group):
        try:
            loaded = point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a third party's module may raise anything; it must not break the rest
            broken.append(Broken(point.name, f"{point.value} can't be loaded: {type(error).__name__}: {error}"))
            continue
        table = dict(loaded) if isinstance(loaded, Mapping) else {point.name: loaded}
        wrong = {name: value for name, value in table.items() if not _fits(name, value, KINDS[group])}
        broken += [
            Broken(name, f"{point.value} gives {value!r}, which is no {KINDS[group].__name__}")
            for name, value in wrong.items()
        ]
        table = {name: value for name, value in table.items() if name not in wrong}
        _add(values, table, point.value)
    return broken


def _fits(name: Any, value: Any, kind: type) -> bool:
    """Whether a name can stand in folders and on the command line, and a value is what its group holds."""
    return isinstance(name, str) and re.fullmatch(r"\w[\w.@-]*", name) is not None and isinstance(value, kind)


def _add(values: dict[str, Any], table: Mapping[str, Any], where: str) -> None:
    for name, value in table.items():
        if name in values:
            raise BadInput(f"two plug-ins are called {name!r}: one is {values[name]!r}, the other comes from {where}")
        values[name] = value


def systems() -> Mapping[str, System]:
    """All systems by name."""
    return plugins("bench.systems").values


def metrics() -> Mapping[str, Metric]:
    """All metrics by name."""
    return plugins("bench.metrics").values


def embedders() -> Mapping[str, Embedder]:
    """All embedders by name."""
    return plugins("bench.embedders").values


def aliases() -> Mapping[str, tuple[str, ...]]:
    """The names that stand for several metrics."""
    return plugins("bench.metrics").aliases


def references() -> Mapping[str, Reference]:
    """Others' embedders, by the name of ours, and their resampler; only the reference packages themselves may lack."""
    found: Mapping[str, Reference] = importlib.import_module("bench.metrics._reference").REFERENCES
    return found


def reference_scores() -> Mapping[str, ReferenceScore]:
    """Others' arithmetic of metrics, by the name of ours."""
    found: Mapping[str, ReferenceScore] = importlib.import_module("bench.metrics._reference").SCORES
    return found


def broken() -> list[Broken]:
    """Third parties' plug-ins that can't be loaded."""
    return [one for group in KINDS for one in plugins(group).broken]


def system(name: str) -> System:
    """One system.

    Raises:
        BadInput: none is called that.
        NotEvaluable: a third party's is, but is broken.
    """
    return _one("system", name)  # type: ignore[no-any-return]


def chosen_metrics(names: tuple[str, ...]) -> dict[str, Metric]:
    """The metrics that names stand for, in their order and each once; a name may stand for several.

    Besides the names of the tables there are ``METRIC@EMBEDDER`` and ``METRIC@EMBEDDER:RESAMPLER``, such as
    ``fad@clap-music`` and ``fad@vggish:soxr``.

    Raises:
        BadInput: nothing is called that.
        NotEvaluable: a third party's metric is, but is broken.
    """
    return {name: _metric(name) for given in names for name in aliases().get(given, (given,))}


def known_metrics(names: Iterable[str]) -> dict[str, Metric]:
    """All metrics of the tables, and of these names those that stand for a metric on another embedder."""
    combined = {}
    for name in names:
        with contextlib.suppress(BadInput, NotEvaluable):
            combined[name] = _metric(name)
    return {**metrics(), **combined}


def _metric(name: str) -> Metric:
    """The metric of a table, or one of a table on another embedder."""
    base, at, how = name.partition("@")
    if not at or name in metrics():
        return _one("metric", name)  # type: ignore[no-any-return]
    metric = _one("metric", base if base in metrics() else _first_on_any(base))
    if not isinstance(metric, FeatureMetric):
        raise BadInput(f"metric {base!r} takes no embedder, so there is no {name!r}")
    embedder = embedder_named(how)
    return dataclasses.replace(metric, embedder=embedder, label=name)


def _first_on_any(base: str) -> str:
    """The first metric of a family that has none of the bare name: for ``kad``, that of ``kad-clap``, ``kad-passt``."""
    return next((name for name in metrics() if name.startswith(f"{base}-")), base)


def embedder_named(name: str) -> Embedder:
    """One embedder, as its table has it or, behind a colon, with another resampler: ``vggish:soxr``.

    Raises:
        BadInput: none is called that, or no resampler is.
        NotEvaluable: a third party's is, but is broken.
    """
    plain, colon, resampler = name.partition(":")
    embedder: Embedder = _one("embedder", plain)
    if not colon:
        return embedder
    if resampler not in RESAMPLERS:
        raise unknown("resampler", resampler, RESAMPLERS)
    return dataclasses.replace(embedder, resampler=RESAMPLERS[resampler])


def _one(kind: str, name: str) -> Any:
    found = plugins(f"bench.{kind}s")
    for broken in found.broken:
        if broken.name == name:
            raise NotEvaluable(f"{kind} {name!r} is broken: {broken.reason}")
    if name not in found.values:
        raise unknown(kind, name, [*found.values, *found.aliases])
    return found.values[name]
