"""Ground truth: the references themselves. The row that every other row is read against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bench.clip import Clip
from bench.system import Found, Recorded, System


@dataclass(frozen=True, kw_only=True)
class GroundTruth(Recorded):
    """Each clip's reference, untouched."""

    reads_reference: ClassVar[bool] = True

    def find(self, clips: Sequence[Clip]) -> Found:
        """The references that the suite has."""
        return Found({clip.id: clip.reference for clip in clips if clip.reference is not None})


SYSTEMS: dict[str, System] = {"ground-truth": GroundTruth()}
