"""A clip: one prompt, its reference audio and its generated audio."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from unicodedata import category

from bench.errors import BadInput

LONGEST_ID = 200  # bytes: room for a suffix and a temporary name within the 255 that file systems allow

UNFIT = {"Cc", "Cs"}  # control characters, and halves of surrogate pairs, which no encoding can write


@dataclass(frozen=True)
class Clip:
    """One prompt and its two recordings.

    Attributes:
        id: unique in its suite; the stem of its files.
        text: the prompt.
        transcription: what is to be spoken, for speech.
        seconds: the length asked for; None lets the system decide.
        reference: the real recording, where there is one.
        generated: the system's recording, once there is one.
    """

    id: str
    text: str = ""
    transcription: str | None = None
    seconds: float | None = None
    reference: Path | None = None
    generated: Path | None = None

    def __post_init__(self) -> None:
        """Refuse an id that could not be a file's stem on every system, or would leave its folder."""
        bad = not self.id or self.id.startswith(".") or any(c in '/\\:*?"<>|' or category(c) in UNFIT for c in self.id)
        if bad or len(self.id.encode()) > LONGEST_ID:
            raise BadInput(
                f"clip id {self.id[:60]!r} can't name a file: ids have 1 to {LONGEST_ID} bytes, "
                'no leading dot, no control characters and none of / \\ : * ? " < > |'
            )
