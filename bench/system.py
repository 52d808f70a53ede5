"""The contract of a system: what makes audio from a prompt."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

from bench.audio import Subtype, Waveform
from bench.clip import Clip
from bench.digest import SHORT, digest

Generate = Callable[[Sequence[Clip], Sequence[int]], Sequence[Waveform | Exception]]
"""Takes a batch of clips and one seed for each; gives for each a waveform (n,) at the system's rate, or the error that
says why there is none."""

Status = Literal["released", "nearest", "unreleased", "own"]


@dataclass(frozen=True)
class Standing:
    """How the weights that run stand to those behind a published row.

    Attributes:
        status: ``released``: the very weights; ``nearest``: public ones close to them; ``unreleased``: the row's were
            never published, and public ones run in their place; ``own``: a checkpoint of the user's.
        why: what is known of the difference.
        changes: the settings that are not those of the row's recipe, in words.
    """

    status: Status
    why: str = ""
    changes: str = ""

    @property
    def warning(self) -> str:
        """What must be said beside every number; empty where these are the row's weights."""
        said = {
            "nearest": "not the published weights, but the nearest that are public",
            "unreleased": "the published weights were never released; the nearest public ones run in their place",
            "own": "a checkpoint of one's own, not the published weights",
        }.get(self.status, "")
        weights = f"{said}: {self.why}" if said and self.why else said
        settings = f"other settings than the row's: {self.changes}" if self.changes else ""
        return "; ".join(filter(None, (weights, settings)))


OWN = Standing("own")


@dataclass(frozen=True, kw_only=True)
class System:
    """A checkpoint and how it is sampled, as a value: its settings are its identity.

    Subclass as a frozen dataclass whose fields are the settings; name values of it in the module's ``SYSTEMS`` table.

    Attributes:
        rate: sampling rate of what it makes, in Hz.
        standing: how its weights stand to those of a published row; no setting, and None where no row is meant.
    """

    rate: int = 16_000
    standing: Standing | None = dataclasses.field(default=None, metadata={"setting": False})

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
    bulk: ClassVar[bool] = False
    """Whether it takes all clips of a run at once, as a program does whose start is dear."""
    origin: ClassVar[tuple[str, ...]] = ()
    """The settings that say whose network runs: with other values, it is no longer the one its table lists."""
    subtype: ClassVar[Subtype] = "PCM_16"
    """How its audio is written."""

    @property
    def stands(self) -> Standing | None:
        """How the weights that run really stand to those of a published row."""
        return self.standing

    def lacks(self) -> str:
        """What it needs besides packages and can't find here, and how to get it; empty if nothing. Loads nothing."""
        return ""

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
        return {field.name: getattr(self, field.name) for field in setting_fields(self)}

    def identity(self) -> dict[str, Any]:
        """What makes two systems the same: class, version and settings."""
        return {"class": type(self).__name__, "version": self.version, **self.settings()}

    def fields(self, name: str, seed: int) -> dict[str, Any]:
        """What a record says of it under a name and at a seed; without a checkpoint, that and its revision are null."""
        settings = self.settings()
        weights = {key: settings.get(key) for key in ("checkpoint", "revision")}
        standing = {"standing": dataclasses.asdict(self.stands)} if self.stands else {}
        return {"name": name, "hash": self.tag(seed), "settings": settings, **weights, **standing}

    def tag(self, seed: int) -> str:
        """Eight hex digits that name this system's folder at this seed."""
        return digest({"system": self.identity(), "seed": seed})[:SHORT]


@runtime_checkable
class Forgetting(Protocol):
    """What a loaded system is if it keeps what it made, so that a run that was killed finds it again."""

    def forget(self, clips: Sequence[Clip], seeds: Sequence[int]) -> None:
        """Keep nothing more of these clips: their audio has been written."""


def setting_fields(system: System) -> list[dataclasses.Field[Any]]:
    """The fields of a system that are its settings."""
    return [field for field in dataclasses.fields(system) if field.metadata.get("setting", True)]


class Found(NamedTuple):
    """Which file belongs to which clip, and the ids or stems of files that belong to none."""

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
