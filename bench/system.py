"""The contract of a system: what makes audio from a prompt."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from bench.audio import Subtype, Waveform
from bench.clip import Clip
from bench.digest import SHORT, digest

Generate = Callable[[Sequence[Clip], Sequence[int]], Sequence[Waveform]]
"""Takes a batch of clips and one seed for each; gives one waveform (n,) at the system's rate for each."""


@dataclass(frozen=True, kw_only=True)
class System:
    """A checkpoint and how it is sampled, as a value: its settings are its identity.

    Subclass as a frozen dataclass whose fields are the settings; name values of it in the module's ``SYSTEMS`` table.

    Attributes:
        rate: sampling rate of what it makes, in Hz.
    """

    rate: int = 16_000

    version: ClassVar[int] = 1
    """Raise it when the same settings come to yield other audio."""
    packages: ClassVar[tuple[str, ...]] = ()
    """Distributions it needs besides the core; their versions go into the record."""
    extra: ClassVar[str] = ""
    """The extra of this package that installs them."""
    accelerated: ClassVar[bool] = True
    """Whether it runs on the device asked for; False for what computes on the CPU whatever the device."""
    reads_reference: ClassVar[bool] = False
    """Whether it looks at a clip's reference audio (an anchor does)."""
    decides_length: ClassVar[bool] = False
    """Whether it decides how long a clip is, as speech systems do; otherwise the suite does."""
    subtype: ClassVar[Subtype] = "PCM_16"
    """How its audio is written."""

    def load(self, device: str) -> Generate:
        """Load what it takes and return the function that generates a batch.

        Args:
            device: a torch device such as ``cpu`` or ``cuda:0``.

        Raises:
            ImportError: a package is missing; the message names the extra to install.
        """
        raise NotImplementedError(f"{type(self).__name__} has no load()")

    def settings(self) -> dict[str, Any]:
        """What a record says of it: every field, in JSON types, without absolute paths."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def identity(self) -> dict[str, Any]:
        """What makes two systems the same: class, version and settings."""
        return {"class": type(self).__name__, "version": self.version, **self.settings()}

    def fields(self, name: str, seed: int) -> dict[str, Any]:
        """What a record says of it under a name and at a seed; without a checkpoint, that and its revision are null."""
        settings = self.settings()
        weights = {key: settings.get(key) for key in ("checkpoint", "revision")}
        return {"name": name, "hash": self.tag(seed), "settings": settings, **weights}

    def tag(self, seed: int) -> str:
        """Eight hex digits that name this system's folder at this seed."""
        return digest({"system": self.identity(), "seed": seed})[:SHORT]


class Found(NamedTuple):
    """Which file belongs to which clip, and the stems that belong to none."""

    paths: Mapping[str, Path]
    surplus: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recorded(System):
    """A system whose audio exists already: it is found, not generated, and never copied."""

    accelerated: ClassVar[bool] = False

    def find(self, clips: Sequence[Clip]) -> Found:
        """The files of these clips; a clip without one is simply not in the answer.

        Raises:
            BadInput: the folder is missing or empty, or two files claim one clip.
        """
        raise NotImplementedError(f"{type(self).__name__} has no find()")
