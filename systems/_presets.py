"""Presets of AudioLDM and AudioLDM 2: sampled as the original code does, or as the diffusers pipelines do.

Sources: haoheliu/AudioLDM2 and haoheliu/AudioLDM (``ddim_eta=1.0`` of ``generate_batch`` and ``generate_sample``, three
candidates, ``latent_t_per_second``, ``num_head_channels``); the defaults of diffusers' pipelines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from bench.clip import Clip
from bench.errors import BadInput
from bench.pretrained import Ranked

Preset = Literal["original", "diffusers"]
Scheduler = Literal["ddim", "dpm++"]

SCHEDULERS = {"ddim": "DDIMScheduler", "dpm++": "DPMSolverMultistepScheduler"}
"""The classes of diffusers."""
MOST_STEPS = 1000  # of the noise schedule

FRAME = 0.04  # seconds of one latent frame: a hop of 160 samples at 16 kHz, four times coarser after the autoencoder
TRAINED = 10.24  # seconds: 256 latent frames, what the networks were trained on


@dataclass(frozen=True)
class Recipe:
    """What a preset says where the user doesn't.

    Attributes:
        eta: share of fresh noise in each step of DDIM.
        candidates: recordings drawn for each prompt.
        seconds: the length generated, from which a shorter clip is cut; None for the clip's own.
    """

    eta: float
    candidates: int
    seconds: float | None


RECIPES: dict[Preset, Recipe] = {
    "original": Recipe(eta=1.0, candidates=3, seconds=TRAINED),
    "diffusers": Recipe(eta=0.0, candidates=1, seconds=None),
}


@dataclass(frozen=True, kw_only=True)
class LatentDiffusion(Ranked):
    """A latent diffusion model whose eta, candidates and length follow from a preset unless they are given.

    Attributes:
        steps: of denoising.
        guidance_scale: weight of the prompt against the empty one; 1 for no guidance.
        scheduler: `ddim`, the papers'; `dpm++` needs a tenth of the steps, makes other audio and takes no eta.
        preset: `original`: as the authors' code samples; `diffusers`: as the library does.
        eta: share of fresh noise in each step of DDIM, 0 to 1; None for what the preset says.
        seconds: the length generated, from which a shorter clip is cut and which a longer one exceeds; None for what
            the preset says.
    """

    steps: int = 200
    guidance_scale: float = 3.5
    scheduler: Scheduler = "ddim"
    preset: Preset = "original"
    eta: float | None = None
    seconds: float | None = None

    packages: ClassVar[tuple[str, ...]] = ("transformers", "diffusers", "accelerate")

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        super().__post_init__()
        if not 1 <= self.steps <= MOST_STEPS:
            raise BadInput(f"steps is {self.steps}, but must be 1 to {MOST_STEPS}")
        if not 1 <= self.guidance_scale < math.inf:
            raise BadInput(f"guidance_scale is {self.guidance_scale}, but must be 1 (none) or more, and finite")
        if self.scheduler not in SCHEDULERS:
            raise BadInput(f"scheduler is {self.scheduler!r}, but must be one of {', '.join(SCHEDULERS)}")
        if self.eta and self.scheduler != "ddim":
            raise BadInput(f"eta is {self.eta}, but {self.scheduler} takes none; ddim does")
        if self.preset not in RECIPES:
            raise BadInput(f"preset is {self.preset!r}, but must be one of {', '.join(RECIPES)}")
        if self.eta is not None and not 0 <= self.eta <= 1:
            raise BadInput(f"eta is {self.eta}, but must be 0 to 1")
        if self.seconds is not None and not self.seconds >= FRAME:
            raise BadInput(f"seconds is {self.seconds}, but must be {FRAME}, one latent frame, or more")

    @property
    def recipe(self) -> Recipe:
        """What the preset says."""
        return RECIPES[self.preset]

    @property
    def drawn(self) -> int:
        """How many recordings are made for each prompt."""
        return self.candidates or self.recipe.candidates

    @property
    def fresh_noise(self) -> float:
        """The eta that is sampled with."""
        if self.scheduler != "ddim":
            return 0.0
        return self.recipe.eta if self.eta is None else self.eta

    @property
    def made(self) -> float | None:
        """Seconds generated for every clip that is not longer; None for the clip's own length."""
        return self.recipe.seconds if self.seconds is None else self.seconds

    def frames(self, clip: Clip) -> int:
        """Latent frames to generate for a clip: no fewer than it asks for."""
        seconds = max(clip.seconds or 0.0, self.made or 0.0) or TRAINED
        return math.ceil(seconds / FRAME - 1e-6)  # 10.24 / 0.04 is 256 and a bit in binary

    def settings(self) -> dict[str, Any]:
        """As of every system, with the numbers that the preset comes to."""
        return {**super().settings(), "eta": self.fresh_noise, "seconds": self.made}


def heads(channels: Sequence[int], head_channels: int) -> tuple[int, ...]:
    """Attention heads at each level of a UNet whose heads all have the same width.

    The original networks fix the width of a head, the published diffusers configurations the number of heads, to 8
    at each level: weights fit both, and the output differs.

    Args:
        channels: width of each level.
        head_channels: width of a head.

    Raises:
        ValueError: a level is no multiple of it.

    >>> heads((128, 256, 384, 640), 32)
    (4, 8, 12, 20)
    """
    odd = [width for width in channels if width % head_channels]
    if odd:
        raise ValueError(
            f"levels of {odd} channels don't split into heads of {head_channels}, as the preset original has them; "
            "the preset diffusers takes the checkpoint's own number of heads"
        )
    return tuple(width // head_channels for width in channels)
