"""Lengths: what systems share that make clips of any length up to a limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.audio import Waveform
from bench.clip import Clip
from bench.system import Generate

from ._batches import Run


def up_to(longest: float, length: Callable[[Clip], float], run: Run) -> Generate:
    """A function that generates clips, and gives an error for each that is longer than what was trained on.

    Args:
        longest: seconds.
        length: a clip's seconds.
        run: generates clips that are no longer.
    """

    def generate(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform | Exception]:
        fit = [place for place, clip in enumerate(clips) if length(clip) <= longest]
        waves = run([clips[place] for place in fit], [seeds[place] for place in fit]) if fit else []
        made = dict(zip(fit, waves, strict=True))
        return [
            made[place] if place in made else _refusal(clip, length(clip), longest) for place, clip in enumerate(clips)
        ]

    return generate


def _refusal(clip: Clip, seconds: float, longest: float) -> ValueError:
    return ValueError(f"clip {clip.id!r} is to last {seconds:g} s, but this model makes {longest:.4g} s at most")
