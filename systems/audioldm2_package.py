"""AudioLDM 2 by its authors' own package, `audioldm2` of PyPI, whose pins need an environment of their own.

Sources: Liu et al., "AudioLDM 2: Learning Holistic Audio Generation with Self-supervised Pretraining", TASLP 2024;
haoheliu/AudioLDM2 at b5786c5, ``bin/audioldm2``: one seed for all prompts, always 10 s, the best of three by its CLAP.
The runner gives each prompt a seed of its own. For comparison with ``audioldm2-full``; it speaks no transcriptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.system import Standing, System

from .command import Command


@dataclass(frozen=True, kw_only=True)
class AudioLDM2Package(Command):
    """AudioLDM 2 by its authors' own package. It always makes 10 s, from which a clip is cut."""

    get: ClassVar[str] = "pip install audioldm2==0.1.0 into an environment of its own (Python 3.10 at most)"


PACKAGE = AudioLDM2Package(
    argv=(
        *("{python}", "{runner}", "seeded", "text_to_audio(text, seed)", "{seeds}", "{bin}/audioldm2"),
        *("--text_list", "{prompts}", "--save_path", "{out}", "--device", "{device}"),
        *("--model_name", "audioldm2-full", "--ddim_steps", "200", "--guidance_scale", "3.5"),
        *("--n_candidate_gen_per_text", "3"),
    ),
    prompts="text|name",
    # No ids: the package takes the ending off names that hold ".wav".
    columns={"text": "{text}", "name": "clip{index}"},
    output="*/clip{index}.wav",  # below a folder named after the time
    needs=("{bin}/audioldm2",),
    standing=Standing(
        "nearest", "audioldm2-full as its package downloads it; the paper's models for AudioCaps were not released"
    ),
)

SYSTEMS: dict[str, System] = {"audioldm2-package": PACKAGE}
