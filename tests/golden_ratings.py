"""Small tables of ratings worked out by hand, and listening tests drawn at random, that several tests share."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.listening.votes import Floats, Votes, votes

# Rows are raters, columns clips.
COMPLETE = {"A": "54534 44524 43423 55535", "B": "42433 32432 31322 43443", "C": "42323 33323 22312 44432"}
GAPS = {("A", 1, 2), ("A", 3, 5), ("B", 2, 1), ("C", 4, 4)}  # system, rater, clip: the incomplete variant
FALLBACK = {"A": "4534 4435 5544", "B": "3433 3424 4434"}

Row = tuple[float, str, str, str]  # score, rater, clip, system


def rows(tables: dict[str, str], gaps: Collection[tuple[str, int, int]] = ()) -> list[Row]:
    """A table as one row a score."""
    return [
        (float(score), f"r{rater}", f"c{clip}", system)
        for system, table in tables.items()
        for rater, line in enumerate(table.split(), 1)
        for clip, score in enumerate(line, 1)
        if (system, rater, clip) not in gaps
    ]


def ballot(tables: dict[str, str], gaps: Collection[tuple[str, int, int]] = ()) -> Votes:
    """A table as votes."""
    return as_votes(rows(tables, gaps))


def as_votes(given: list[Row]) -> Votes:
    scores, raters, clips, systems = zip(*given, strict=True)
    return votes(scores, raters, clips, systems)


class Scenario(NamedTuple):
    """A listening test to draw, and the standard deviations of what a score is the sum of."""

    raters: int = 30
    clips: int = 40
    systems: int = 5
    rater: float = 0.5
    clip: float = 0.4
    rater_system: float = 0.0
    clip_system: float = 0.0
    residual: float = 0.8

    def draw(self, generator: np.random.Generator, means: Floats | float = 3.0) -> Floats:
        """Scores of every rater for every clip of every system, shape (raters, clips, systems)."""
        r, c, s = self[:3]
        parts = [
            generator.normal(0, deviation, shape)
            for deviation, shape in zip(self[3:], [(r, 1, 1), (1, c, 1), (r, 1, s), (1, c, s), (r, c, s)], strict=True)
        ]
        return np.asarray(sum(parts) + means, np.float64)


def observed(scores: Floats, heard: NDArray[np.bool_]) -> Votes:
    """Votes of the raters who heard, shape (raters, clips, systems), without going through names."""
    rater, clip, system = np.nonzero(heard)
    names = [tuple(f"{kind}{i:03}" for i in range(n)) for kind, n in zip("rcs", scores.shape, strict=True)]
    stimulus = clip * scores.shape[2] + system
    return Votes(scores[heard], rater, clip, system, stimulus, names[0], names[1], names[2])


def latin(shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Each rater hears each clip once, of one system."""
    rater, clip, system = np.indices(shape)
    return np.asarray((rater + clip) % shape[2] == system, np.bool_)


def crowd(generator: np.random.Generator, shape: tuple[int, int, int], heard_by: int) -> NDArray[np.bool_]:
    """Each stimulus is heard by some raters, whose activity falls as one over their rank."""
    raters, clips, systems = shape
    # The largest of log(weight) + Gumbel noise: a draw without replacement by weight.
    keys = generator.gumbel(size=shape) - np.log(np.arange(1, raters + 1))[:, None, None]
    chosen = np.argpartition(-keys, heard_by - 1, axis=0)[:heard_by]
    heard = np.zeros(shape, np.bool_)
    np.put_along_axis(heard, chosen, values=True, axis=0)
    assert heard.sum() == heard_by * clips * systems
    return heard
