"""Stands in for the function that the package's program imports: it seeds everything itself."""

from __future__ import annotations

from sounds import Samples, noise


def text_to_audio(model: str, text: str, transcription: str = "", seed: int = 42, duration: float = 10) -> Samples:
    """Always 10 s, whatever is asked for."""
    return noise(text, round(duration * 16_000), int(seed))
