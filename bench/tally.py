"""The tally: which of the clips asked for could be scored, and what is wrong with the others; nothing goes unsaid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.clip import Clip
from bench.features import Recording, Survey

SHORT_OF = 0.9  # a clip shorter than this share of what was asked for, or of its reference, is named as too short
NAMED = 5  # ids that a line names before it only counts


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
    shown = [f"{name} ({ids[name]})" if isinstance(ids, Mapping) else name for name in list(ids)[:NAMED]]
    rest = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return f"{len(ids)} — {', '.join(shown)}{rest}"


def tally(
    clips: Sequence[Clip],
    generated: Survey,
    reference: Survey | None,
    failed: Mapping[str, str],
    surplus: Sequence[str],
) -> Tally:
    """Sort a run's clips.

    Args:
        clips: all that were asked for.
        generated: what was found of their audio.
        reference: what was found of their references; None where the clips have none of their own.
        failed: clips that could not be generated, with the error.
        surplus: stems of files that belong to no clip.
    """
    ids = [clip.id for clip in clips]
    bad = {name for name, recording in generated.readable.items() if not recording.condition.finite}
    usable = _usable(reference) if reference else set(ids)
    scored = tuple(name for name in ids if name in generated.readable and name not in bad and name in usable)
    sound = {name: generated.readable[name] for name in scored}
    wanted = {clip.id: _wanted_seconds(clip, reference) for clip in clips}
    return Tally(
        asked=len(ids),
        scored=scored,
        missing=tuple(
            n for n in ids if n not in failed and n not in generated.readable and n not in generated.unreadable
        ),
        failed=failed,
        unreadable=generated.unreadable,
        not_finite=tuple(name for name in ids if name in bad),
        reference_missing=_reference_missing(ids, reference),
        reference_unreadable=_reference_unreadable(reference),
        silent=tuple(name for name, recording in sound.items() if recording.condition.silent),
        clipped=tuple(name for name, recording in sound.items() if recording.condition.clipped),
        too_short=tuple(name for name, recording in sound.items() if _too_short(recording, wanted[name])),
        surplus=tuple(surplus),
    )


def _usable(reference: Survey) -> set[str]:
    return {name for name, recording in reference.readable.items() if recording.condition.finite}


def _wanted_seconds(clip: Clip, reference: Survey | None) -> float:
    """The length a clip is held to: what was asked for, else its reference's."""
    if clip.seconds is not None:
        return clip.seconds
    recording = reference.readable.get(clip.id) if reference else None
    return recording.condition.seconds if recording else 0.0


def _too_short(recording: Recording, wanted: float) -> bool:
    return recording.condition.seconds < SHORT_OF * wanted


def _reference_missing(ids: Sequence[str], reference: Survey | None) -> tuple[str, ...]:
    if reference is None:
        return ()
    return tuple(name for name in ids if name not in reference.readable and name not in reference.unreadable)


def _reference_unreadable(reference: Survey | None) -> dict[str, str]:
    if reference is None:
        return {}
    broken = {
        name: "samples are not finite" for name, found in reference.readable.items() if not found.condition.finite
    }
    return {**reference.unreadable, **broken}
