"""Parity: the same audio and weights files through the packages that others use and through ours, side by side."""

from __future__ import annotations

import contextlib
import io
import platform
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from bench import plugins
from bench.audio import Sound, centred, resample
from bench.device import full_precision, release
from bench.difference import Both, Line, difference, installed
from bench.embedder import Embedder, Rows
from bench.errors import NotEvaluable
from bench.extraction import Ears, as_heard, checked
from bench.metric import FeatureMetric, Features
from bench.progress import Reporter
from bench.reference import Reference
from bench.specimens import CAPTIONS, specimens
from bench.weights import Weights, locate, missing

TOLERANCES = {"resample": 1e-6, "vggish": 1e-5}
TOLERANCE = 1e-4  # of all others: what float32 leaves of a deep network's sums in another order
EXTRA = "pip install 'audiogen-bench[reference]'"
RATES = (16_000, 32_000, 48_000)  # what networks hear
OTHERS = "! marks files that are not the published ones: the arithmetic is held equal here, whatever the weights.\n"
TEXT = "{} text"  # under which the rows of captions are kept


def lines(reporter: Reporter) -> Iterator[Line]:
    """Compare everything there is a reference for, one after the other; nothing is downloaded."""
    kept: dict[str, Both] = {}
    for name, reference in plugins.references().items():
        reporter.line(f"comparing {name} with {reference.packages[0]}")
        yield from compared(name, reference, kept)
        release()
    for name in plugins.reference_scores():
        yield scored(name, kept)


def compared(name: str, reference: Reference, kept: dict[str, Both]) -> list[Line]:
    """The lines of one reference; rows are put into ``kept``."""
    embedder = plugins.embedders().get(name)
    tolerance = TOLERANCES.get(name, TOLERANCE)
    try:
        require(reference.packages, _files(reference, embedder))
        kept[name] = hear(reference, embedder, specimens())
        if embedder and embedder.reads:
            kept[TEXT.format(name)] = read(reference, embedder)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other lines can be had
        kept.pop(name, None)
        return [Line(what, reference.packages, tolerance, trouble=_said(error)) for what in _parts(name, embedder)]
    return [
        Line(what, reference.packages, tolerance, *difference(kept[key].columns(part)))
        for what, (key, part) in _parts(name, embedder).items()
    ]


def _parts(name: str, embedder: Embedder | None) -> dict[str, tuple[str, slice]]:
    """What there is to compare: by its title, under which name rows are kept, and which of their columns it is."""
    if embedder is None:
        return {f"{name} to {', '.join(f'{rate // 1000}' for rate in RATES)} kHz": (name, slice(None))}
    found = {f"{name} embeddings": (name, slice(embedder.dimension))}
    if embedder.classes:
        found[f"{name} logits"] = (name, slice(embedder.dimension, None))
    if embedder.reads:
        found[f"{name} text embeddings"] = (TEXT.format(name), slice(None))
    return found


def require(packages: Sequence[str], files: Sequence[Weights] = ()) -> None:
    """Pass if packages and weights are here.

    Raises:
        NotEvaluable: they are not; with the way to get them.
    """
    absent = [name for name in packages if installed(name) is None]
    if absent:
        raise NotEvaluable(f"lacks {', '.join(absent)}; get it with: {EXTRA}")
    if lost := [file for file in files if locate(file) is None]:
        raise NotEvaluable("; ".join(map(missing, lost)))


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, NotEvaluable) else f"{type(error).__name__}: {error}"


def _files(reference: Reference, embedder: Embedder | None) -> tuple[Weights, ...]:
    return (*(embedder.files if embedder else ()), *reference.files)


def _paths(reference: Reference, embedder: Embedder | None) -> list[Path]:
    return [path for path in map(locate, _files(reference, embedder)) if path is not None]


def hear(reference: Reference, embedder: Embedder | None, sounds: Mapping[str, Sound]) -> Both:
    """Rows of all recordings from both; without an embedder, the recordings at all rates, one behind the other."""
    with quietly():
        theirs = reference.hear(_paths(reference, embedder), list(sounds.values()))
    if embedder is None:
        return Both([_resampled(sound) for sound in sounds.values()], theirs)
    with quietly(), full_precision():
        ours = embedder.load("cpu")([as_heard(Ears(sound), embedder) for sound in sounds.values()])
    return Both(checked(embedder, list(sounds), ours), theirs)


def _resampled(sound: Sound) -> Rows:
    return np.concatenate([resample(centred(sound), sound.rate, rate, "sinc") for rate in RATES])[:, None]


def read(reference: Reference, embedder: Embedder) -> Both:
    """Rows of the captions from both."""
    assert reference.read is not None, "the reference of an embedder that reads does so too"
    with quietly():
        theirs = reference.read(_paths(reference, embedder), CAPTIONS)
    with quietly(), full_precision():
        return Both(list(embedder.load_texts("cpu")(CAPTIONS)), theirs)


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without what packages print while they are imported and run."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def scored(name: str, kept: Mapping[str, Both]) -> Line:
    """The line of one score: our metric on our rows, theirs on theirs."""
    reference, metric = plugins.reference_scores()[name], plugins.metrics()[name]
    assert isinstance(metric, FeatureMetric), "there are references of such metrics only"
    what = f"{metric.label} on {metric.embedder.name}"
    try:
        require(reference.packages)
        if metric.embedder.name not in kept:
            raise NotEvaluable(f"needs {metric.embedder.name}, which could not be compared")
        ours, theirs = (_judged(metric, kept, side) for side in (0, 1))
        ids = tuple(map(str, range(len(ours[0]))))
        with quietly():
            value = reference.score(*theirs)
        own = metric.score(*(Features(ids, tuple(rows)) for rows in ours)).value
    except Exception as error:  # noqa: BLE001 - whatever it is, the other lines can be had
        return Line(what, reference.packages, TOLERANCE, trouble=_said(error))
    _, absolute, relative = difference(Both([np.array([[own]])], [np.array([[value]])]), reference.scale)
    return Line(what, reference.packages, TOLERANCE, len(ids), absolute, relative)


def _judged(metric: FeatureMetric, kept: Mapping[str, Both], side: int) -> tuple[list[Rows], list[Rows]]:
    """What one side's metric is given: the first half of the clips and the other, or clips and their captions."""
    name = metric.embedder.name
    rows = [metric.embedder.part(one, metric.part) for one in kept[name][side]]
    if metric.against == "texts":
        return rows, list(kept[TEXT.format(name)][side])
    half = len(rows) // 2
    return rows[:half], rows[half : 2 * half]


def circumstances() -> str:
    """With what it was computed: versions, and the digests of the weights."""
    packages = ("torch", "numpy", "transformers", "scipy")
    versions = [f"{name} {installed(name)}" for name in packages if installed(name)]
    known = plugins.embedders()
    heard = [known[name] for name in plugins.references() if name in known]
    others = "" if all(embedder.published for embedder in heard) else OTHERS
    return (
        f"Computed on the CPU with Python {platform.python_version()}, {', '.join(versions)}.\n"
        f"Weights: {', '.join(f'{embedder.name} {embedder.weights}' for embedder in heard)}.\n{others}"
    )
