"""The doctor: what is installed, which devices, caches and suites there are, what is missing, and how to get it."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench import plugins
from bench.card import Rendering
from bench.device import available, describe
from bench.disk import cache_folder
from bench.embedder import Embedder
from bench.errors import BadInput, NotEvaluable
from bench.hub import is_here
from bench.metric import FeatureMetric
from bench.pretrained import Pretrained
from bench.record import absent_packages
from bench.sources import Recordings
from bench.suites import load_suite, suite_names
from bench.system import System
from bench.weights import locate

CORE = {
    "torch": "torch",
    "numpy": "numpy",
    "soundfile": "soundfile",
    "soxr": "soxr",
    "jsonargparse": "jsonargparse",
    "transformers": "transformers",
    "safetensors": "safetensors",
    "huggingface_hub": "huggingface_hub",
    "pooch": "pooch",
    "PyYAML": "yaml",
    "rich": "rich",
    "filelock": "filelock",
}  # distribution to module
BYSTANDERS = {"torchaudio": "torchaudio", "torchvision": "torchvision"}  # not needed; broken, they break others


class Finding(NamedTuple):
    """One line of the doctor's: what was looked at, whether it is well, and what to do if it is not.

    What an extra brings may be missing without anything being wrong: it is optional.
    """

    section: str
    name: str
    well: bool
    text: str
    optional: bool = False

    @property
    def mark(self) -> str:
        """How the line begins."""
        return "ok" if self.well else "--" if self.optional else "NO"


def findings() -> Iterator[Finding]:
    """Look at everything, one thing after the other."""
    yield Finding("packages", "python", True, platform.python_version())
    yield from (_package(name, module) for name, module in CORE.items())
    yield from (finding for name, module in BYSTANDERS.items() for finding in _bystander(name, module))
    yield from _devices()
    yield from _folders()
    yield from (_system(name) for name in sorted(plugins.systems()))
    yield from (_suite(name) for name in suite_names())
    yield from (found for found in map(_metric, sorted(plugins.metrics())) if not found.well)
    yield from (_embedder(embedder) for embedder in _embedders())
    yield from (Finding("plug-ins", name, False, reason) for name, reason in plugins.broken())


def _package(name: str, module: str) -> Finding:
    """Whether a package of the core is there and really imports."""
    trouble = _import_trouble(module)
    if trouble:
        return Finding("packages", name, False, f"{trouble}; get it with: pip install {name}")
    return Finding("packages", name, True, importlib.metadata.version(name))


def _bystander(name: str, module: str) -> list[Finding]:
    """A package that others import if it is merely there: worse broken than absent."""
    if _version(name) is None:
        return []
    trouble = _import_trouble(module)
    if not trouble:
        return [Finding("packages", name, True, f"{_version(name)} (not needed)")]
    advice = f"its mere presence breaks transformers; remove it with: pip uninstall {name}"
    return [Finding("packages", name, False, f"{_version(name)} does not import ({trouble}); {advice}")]


def _import_trouble(module: str) -> str:
    try:
        importlib.import_module(module)
    except (ImportError, OSError, RuntimeError) as error:  # what builds of torch and torchaudio that don't fit raise
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
    return ""


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _devices() -> list[Finding]:
    try:
        return [Finding("devices", device, True, describe(device)) for device in available()]
    except ImportError as error:
        return [Finding("devices", "cpu", False, f"nothing can be computed: {error}")]


def _folders() -> Iterator[Finding]:
    cache = cache_folder()
    nearest = next(folder for folder in (cache, *cache.parents) if folder.exists())
    well = nearest.is_dir() and os.access(nearest, os.W_OK)
    advice = "" if well else "; it can't be written: set BENCH_CACHE to a folder that can"
    yield Finding("folders", "cache", well, f"{cache} ({_size(cache)}){advice}")


def _size(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    return f"{len(files)} files, {sum(path.stat().st_size for path in files) / 2**20:.1f} MiB"


def _system(name: str) -> Finding:
    system = plugins.systems()[name]
    needs = _needs("systems", name, system.packages, system.extra)
    if needs.well and (lack := system.lacks()):
        return Finding("systems", name, False, f"lacks {lack}", optional=True)
    try:
        return needs._replace(text=_ready(system)) if needs.well else needs
    except BadInput as error:  # its checkpoint is nowhere
        return Finding("systems", name, False, str(error))


def _ready(system: System) -> str:
    """What a system that could run would run with."""
    if not isinstance(system, Pretrained):
        return "ready"
    held = system.own or is_here(system.checkpoint, system.revision)
    return "ready" if held else f"will download {system.checkpoint} when first used"


def _metric(name: str) -> Finding:
    metric = plugins.metrics()[name]
    return _needs("metrics", name, metric.packages, metric.extra)


def _embedders() -> list[Embedder]:
    """Those of the tables, and those that metrics bring along."""
    metrics = [metric for metric in plugins.metrics().values() if isinstance(metric, FeatureMetric)]
    every = [*plugins.embedders().values(), *(metric.embedder for metric in metrics)]
    return sorted({embedder.name: embedder for embedder in reversed(every)}.values(), key=lambda one: one.name)


def _embedder(embedder: Embedder) -> Finding:
    """Whether an embedder has its packages, and which weights it would run with."""
    name = embedder.name
    try:
        return _weighed(embedder)
    except BadInput as error:  # BENCH_WEIGHTS names no folder
        return Finding("embedders", name, False, str(error))


def _weighed(embedder: Embedder) -> Finding:
    name = embedder.name
    needs = _needs("embedders", name, embedder.packages, embedder.extra)
    if not needs.well or not embedder.files:
        return needs
    if not embedder.published:
        return Finding("embedders", name, False, f"weights {embedder.weights} are not the published ones (!)")
    absent = [file.file for file in (*embedder.files, *embedder.vocabulary) if locate(file) is None]
    text = f"ready, weights {embedder.weights}"
    return needs._replace(text=f"will download {', '.join(absent)} when first used" if absent else text)


def _needs(section: str, name: str, packages: tuple[str, ...], extra: str) -> Finding:
    missing = absent_packages(packages)
    if not missing:
        return Finding(section, name, True, "ready")
    how = f"'audiogen-bench[{extra}]'" if extra else " ".join(missing)
    return Finding(section, name, False, f"lacks {', '.join(missing)}; get it with: pip install {how}", bool(extra))


def _suite(name: str) -> Finding:
    """Whether a suite is ready; one that is prepared from elsewhere may be missing without anything being wrong."""
    try:
        suite = load_suite(name)
    except NotEvaluable as error:
        return Finding("suites", name, False, str(error), optional=True)
    if isinstance(suite.card.reference, Rendering):
        return Finding("suites", name, True, f"{len(suite.clips)} clips, references rendered when first needed")
    if suite.card.reference is None:
        return Finding("suites", name, True, f"{len(suite.clips)} clips, no reference audio")
    there = len(suite.clips) - len(suite.lacking)
    prepared = isinstance(suite.card.reference, Recordings)
    where = f"ready; get the rest with: bench prepare {name} --audio FOLDER" if prepared else suite.card.reference
    text = f"{there} of {len(suite.clips)} references {where if prepared else f'in {where}'}"
    whole = there == len(suite.clips)
    return Finding("suites", name, whole, f"{there} references ready" if whole else text, optional=prepared)
