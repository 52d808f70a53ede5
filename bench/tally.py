"""The tally: which of the clips asked for could be scored, and what is wrong with the others; nothing goes unsaid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.clip import Clip
from bench.errors import listed
from bench.features import Recording, Survey

SHORT_OF = 0.9  # a clip shorter than this share of what was asked for, or of its reference, is named as too short


@dataclass(frozen=True)
class Tally:
    """What became of every clip that was asked for.

    Attributes:
        asked: how many clips the run is about.
        scored: the ids that every metric sees, in the suite's order.
        missing: no audio.
        failed: not generated, with the error.
        unreadable: not audio or not whole, with the reason.
        not_finite: samples that are NaN or infinite.
        reference_missing: no reference audio, where the suite has references.
        reference_unreadable: reference audio that can't be used, with the reason.
        silent: scored, but nothing above -80 dB of full scale.
        clipped: scored, but stuck at full scale.
        too_short: scored, but under nine tenths of the length asked for, or of the reference.
        surplus: audio of no clip; not scored.
    """

    asked: int
    scored: tuple[str, ...]
    missing: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    not_finite: tuple[str, ...] = ()
    reference_missing: tuple[str, ...] = ()
    reference_unreadable: Mapping[str, str] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    clipped: tuple[str, ...] = ()
    too_short: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()

    @property
    def unscored(self) -> int:
        """How many clips were asked for and could not be scored."""
        return self.asked - len(self.scored)

    def fields(self) -> dict[str, Any]:
        """What a record says: counts, and the ids behind every count that is not zero."""
        named = {name: dict(ids) if isinstance(ids, Mapping) else list(ids) for name, ids in self._named() if ids}
        return {"asked": self.asked, "scored": len(self.scored), **named}

    def lines(self) -> list[str]:
        """What a person is told: one line for each kind of trouble."""
        return [f"{name.replace('_', ' ')}: {_listed(ids)}" for name, ids in self._named() if ids]

    def _named(self) -> list[tuple[str, Sequence[str] | Mapping[str, str]]]:
        kinds = list(self.__dataclass_fields__)[2:]
        return [(name, getattr(self, name)) for name in kinds]


def _listed(ids: Sequence[str] | Mapping[str, str]) -> str:
    shown = [f"{name} ({why})" for name, why in ids.items()] if isinstance(ids, Mapping) else list(ids)
    return f"{len(ids)} — {listed(shown)}"


def tally(
    clips: Sequence[Clip],
    generated: Survey,
    reference: Survey | None,
    failed: Mapping[str, str],
    surplus: Sequence[str],
    *,
    paired: bool = True,
) -> Tally:
    """Sort a run's clips, by what was found of their audio and, if there are any, of the references.

    Args:
        clips: all that were asked for.
        generated: of them.
        reference: of theirs, or of none in particular.
        failed: clips that could not be generated, with the error.
        surplus: stems of files that belong to no clip.
        paired: whether each clip has a reference of its own; otherwise a broken reference costs no clip.
    """
    broken = _reference_unreadable(reference)
    reference = reference if paired else None
    ids = [clip.id for clip in clips]
    heard = _usable(generated)
    usable = heard & _usable(reference) if reference else heard
    scored = tuple(name for name in ids if name in usable)
    sound, wanted = generated.readable, {clip.id: _wanted_seconds(clip, reference) for clip in clips}
    return Tally(
        asked=len(ids),
        scored=scored,
        missing=tuple(name for name in _missing(ids, generated) if name not in failed),
        failed=failed,
        unreadable=generated.unreadable,
        not_finite=tuple(name for name in ids if name in generated.readable and name not in heard),
        reference_missing=_missing(ids, reference) if reference else (),
        reference_unreadable=broken,
        silent=tuple(name for name in scored if sound[name].condition.silent),
        clipped=tuple(name for name in scored if sound[name].condition.clipped),
        too_short=tuple(name for name in scored if _too_short(sound[name], wanted[name])),
        surplus=tuple(surplus),
    )


def _usable(found: Survey) -> set[str]:
    return {name for name, recording in found.readable.items() if recording.condition.finite}


def _wanted_seconds(clip: Clip, reference: Survey | None) -> float:
    """The length a clip is held to: what was asked for, else its reference's."""
    if clip.seconds is not None:
        return clip.seconds
    recording = reference.readable.get(clip.id) if reference else None
    return recording.condition.seconds if recording else 0.0


def _too_short(recording: Recording, wanted: float) -> bool:
    return recording.condition.seconds < SHORT_OF * wanted


def _missing(ids: Sequence[str], found: Survey) -> tuple[str, ...]:
    return tuple(name for name in ids if name not in found.readable and name not in found.unreadable)


def _reference_unreadable(reference: Survey | None) -> dict[str, str]:
    if reference is None:
        return {}
    broken = {
        name: "samples are not finite" for name, found in reference.readable.items() if not found.condition.finite
    }
    return {**reference.unreadable, **broken}
