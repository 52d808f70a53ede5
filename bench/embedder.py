"""The contract of an embedder: a network, or a transform, that turns audio into features which metrics share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.audio import RESAMPLER, Waveform
from bench.digest import SHORT, digest

Rows = NDArray[Any]
"""Features of one clip, shape (k, d): k frames, or one row a clip."""
Embed = Callable[[Sequence[Waveform]], Sequence[Rows]]
"""Takes waveforms (n,) at the embedder's rate; gives each one's rows."""

NAMED = {"name", "rate", "dimension"}  # settings that stand in the signature by themselves, or follow from others


def other_settings(value: Any, named: set[str]) -> str:
    """A signature's part for the settings of a dataclass that it does not name: empty if there are none."""
    kept = {
        f.name: repr(getattr(value, f.name)) for f in dataclasses.fields(value) if f.compare and f.name not in named
    }
    return f"|set:{digest(kept)[:SHORT]}" if kept else ""


@dataclass(frozen=True, kw_only=True)
class Embedder:
    """Audio in, features out; its signature is the key under which features are kept.

    Attributes:
        name: as it stands in signatures.
        rate: the sampling rate it hears, in Hz.
        dimension: d, the length of a feature row.
    """

    name: str
    rate: int
    dimension: int

    version: ClassVar[int] = 1
    """Raise it when the same audio comes to yield other features."""
    packages: ClassVar[tuple[str, ...]] = ()
    """Distributions it needs besides the core."""
    accelerated: ClassVar[bool] = True
    """Whether it runs on the device asked for; False for what computes on the CPU whatever the device."""

    @property
    def weights(self) -> str:
        """What identifies its weights; ``none`` for a transform that has none."""
        return "none"

    @property
    def signature(self) -> str:
        """Its part of every score's signature."""
        named = f"emb:{self.name}-{self.version}{other_settings(self, NAMED)}|w:{self.weights}"
        return f"{named}|rate:{self.rate}|mono:first,dc-removed|resample:{RESAMPLER}"

    @property
    def key(self) -> str:
        """Its folder in the feature store."""
        return f"{self.name}-{digest(self.signature)[:SHORT]}"

    def load(self, device: str) -> Embed:
        """Load what it takes and return the function that embeds a batch.

        Raises:
            ImportError: a package is missing; the message names the extra to install.
        """
        raise NotImplementedError(f"{type(self).__name__} has no load()")

    def checked(self, rows: Rows, clip: str) -> Rows:
        """The rows, if they are what they must be.

        Raises:
            ValueError: not (k, d) with k of 1 or more, or not finite; the message names the clip.
        """
        if rows.ndim != 2 or rows.shape[1] != self.dimension or not len(rows):
            raise ValueError(
                f"{self.name} gave features of shape {rows.shape} for clip {clip}, not (k, {self.dimension})"
            )
        if not np.isfinite(rows).all():
            raise ValueError(f"{self.name} gave features that are not finite for clip {clip}")
        return rows
