"""The contract of a reference: a package of others that gives what ours gives, from the same files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.audio import Sound
from bench.embedder import Rows
from bench.weights import Weights

Hear = Callable[[Sequence[Path], Sequence[Sound]], list[Rows]]
"""Takes weights files and recordings; gives each one's rows, the logits behind the embedding."""
Read = Callable[[Sequence[Path], Sequence[str]], list[Rows]]
"""Takes weights files and texts; gives each one's rows (1, d)."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Another's embedder.

    Attributes:
        packages: the distributions it takes, first the one that is compared with.
        hear: what it makes of recordings as they were decoded; front end and resampling are its own.
        read: the same of texts, where it reads.
        files: weights it takes behind those of our embedder of the same name.
    """

    packages: tuple[str, ...]
    hear: Hear
    read: Read | None = None
    files: tuple[Weights, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReferenceScore:
    """Another's arithmetic of a metric.

    Attributes:
        packages: as of a :class:`Reference`.
        score: takes the rows of generated clips and of what they are compared with, both from the reference embedder.
        scale: the magnitude that differences are relative to where the value itself is smaller.
    """

    packages: tuple[str, ...]
    score: Callable[[Sequence[Rows], Sequence[Rows]], float]
    scale: float = 0.0
