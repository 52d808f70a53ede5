"""The one place that reaches plug-ins: by name, from this package and from the entry points of others."""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from bench.errors import BadInput, NotEvaluable, unknown
from bench.metric import Metric
from bench.system import System

KINDS = {"bench.systems": System, "bench.metrics": Metric}  # what a plug-in of each group must be


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
    """The plug-ins of ``bench.systems`` or ``bench.metrics``.

    A module of the package names its own in a table called ``SYSTEMS`` or ``METRICS``; another package names a value,
    or such a table, as an entry point of the group.

    Raises:
        BadInput: two plug-ins have one name.
    """
    found = Found({}, {}, ())
    package = importlib.import_module(group)
    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            loaded = importlib.import_module(f"{group}.{module.name}")
            _add(found.values, getattr(loaded, group.removeprefix("bench.").upper()), module.name)
            found.aliases.update(getattr(loaded, "ALIASES", {}))
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


def aliases() -> Mapping[str, tuple[str, ...]]:
    """The names that stand for several metrics."""
    return plugins("bench.metrics").aliases


def broken() -> list[Broken]:
    """Third parties' plug-ins that can't be loaded."""
    return [*plugins("bench.systems").broken, *plugins("bench.metrics").broken]


def system(name: str) -> System:
    """One system.

    Raises:
        BadInput: none is called that.
        NotEvaluable: a third party's is, but is broken.
    """
    return _one("system", name)  # type: ignore[no-any-return]


def chosen_metrics(names: tuple[str, ...]) -> dict[str, Metric]:
    """The metrics that names stand for, in their order and each once; a name may stand for several.

    Raises:
        BadInput: nothing is called that.
        NotEvaluable: a third party's metric is, but is broken.
    """
    return {name: _one("metric", name) for given in names for name in aliases().get(given, (given,))}


def _one(kind: str, name: str) -> Any:
    found = plugins(f"bench.{kind}s")
    for broken in found.broken:
        if broken.name == name:
            raise NotEvaluable(f"{kind} {name!r} is broken: {broken.reason}")
    if name not in found.values:
        raise unknown(kind, name, [*found.values, *found.aliases])
    return found.values[name]
