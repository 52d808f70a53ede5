"""Votes as arrays: the scores of one dimension of one test, each with its rater, its clip and its system."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Sample:
    """Scores of one system, or of two whose difference is asked for.

    Attributes:
        score: shape (n,).
        rater: who gave it, as a number, shape (n,).
        clip: the prompt that all systems share, as a number, shape (n,).
        other: whether the score is of the system that is subtracted, shape (n,); nowhere, for a mean.
        shape: how many raters and clips the whole test has, those without a score here included.
    """

    score: Floats
    rater: Ints
    clip: Ints
    other: NDArray[np.bool_]
    shape: tuple[int, int]

    @property
    def sides(self) -> tuple[NDArray[np.bool_], ...]:
        """Which scores are the system's, and, for a difference, which are the other's."""
        return (~self.other, self.other) if self.other.any() else (~self.other,)

    @property
    def value(self) -> float:
        """The plain mean of the system's scores, less that of the other's."""
        means = [float(self.score[side].mean()) for side in self.sides]
        return means[0] - (means[1] if len(means) > 1 else 0.0)

    @property
    def influence(self) -> Floats:
        """How far each score moves the value: its residual from its system's mean, weighted, shape (n,)."""
        moved = np.zeros_like(self.score)
        for sign, side in zip((1.0, -1.0), self.sides, strict=False):
            own = self.score[side]
            moved[side] = sign * (own - own.mean()) / len(own)
        return moved

    @property
    def cell(self) -> Ints:
        """The pair of rater and clip, as a number; repeats and several samples of one prompt share it."""
        return self.rater * self.shape[1] + self.clip


@dataclass(frozen=True)
class Votes:
    """All scores of one dimension of one test.

    Attributes:
        score, rater, clip, system: shape (n,); the last three are places in the tuples of names.
        stimulus: the recording heard, as a number, shape (n,).
        raters, clips, systems: names, sorted.
    """

    score: Floats
    rater: Ints
    clip: Ints
    system: Ints
    stimulus: Ints
    raters: tuple[str, ...]
    clips: tuple[str, ...]
    systems: tuple[str, ...]

    def of(self, system: str, other: str | None = None) -> Sample:
        """The scores of a system, or those that its difference from another is made of."""
        mine = self.system == self.systems.index(system)
        theirs = self.system == self.systems.index(other) if other is not None else np.zeros_like(mine)
        kept = mine | theirs
        shape = (len(self.raters), len(self.clips))
        return Sample(self.score[kept], self.rater[kept], self.clip[kept], theirs[kept], shape)

    def best_first(self) -> list[str]:
        """The systems, the highest mean first; those of equal means by name."""
        return sorted(self.systems, key=lambda name: (-self.of(name).value, name))

    def clip_means(self, system: str) -> dict[str, float]:
        """The mean score of each clip that has any, by the clip's name."""
        mine = self.system == self.systems.index(system)
        counts = np.bincount(self.clip[mine], minlength=len(self.clips))
        sums = np.bincount(self.clip[mine], self.score[mine], minlength=len(self.clips))
        return {name: float(sums[place] / counts[place]) for place, name in enumerate(self.clips) if counts[place]}


def votes(
    scores: Sequence[float],
    raters: Sequence[str],
    clips: Sequence[str],
    systems: Sequence[str],
    stimuli: Sequence[Hashable] | None = None,
) -> Votes:
    """Scores and their labels, all of one length, as arrays.

    Args:
        scores: finite.
        raters: who gave each.
        clips: the prompt of each.
        systems: what made each.
        stimuli: the recording of each; the pair of clip and system if not given.

    Raises:
        ValueError: lengths differ.

    >>> given = votes([5, 3, 4, 2], ["r1", "r1", "r2", "r2"], ["c", "c", "c", "c"], ["a", "b", "a", "b"])
    >>> given.of("a").value, given.of("a", "b").value
    (4.5, 2.0)
    """
    if not len(scores) == len(raters) == len(clips) == len(systems):
        raise ValueError(f"lengths differ: {len(scores)}, {len(raters)}, {len(clips)}, {len(systems)}")
    heard = list(zip(clips, systems, strict=True)) if stimuli is None else stimuli
    names = [tuple(sorted(set(labels))) for labels in (raters, clips, systems)]
    return Votes(
        score=np.asarray(scores, np.float64),
        rater=_places(raters, names[0]),
        clip=_places(clips, names[1]),
        system=_places(systems, names[2]),
        stimulus=_places(heard, dict.fromkeys(heard)),
        raters=names[0],
        clips=names[1],
        systems=names[2],
    )


def _places(labels: Iterable[Hashable], names: Iterable[Hashable]) -> Ints:
    places = {name: place for place, name in enumerate(names)}
    return np.array([places[label] for label in labels], np.int64)
