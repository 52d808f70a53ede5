"""Stable Audio Open: sound effects and music from a prompt by latent diffusion.

Source: Evans et al., "Stable Audio Open", ICASSP 2025; diffusers' classes and weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput
from bench.pretrained import Ranked
from bench.system import Generate

from ._batches import Tensor, generators
from ._lengths import up_to
from ._stable_audio import Conditions, Network, conditioned, decoded, denoised, embedded, load

Embed = Callable[[str], Tensor]
KEPT = 256  # embeddings of prompts, each 0.4 MB: more than the candidates of any batch


@dataclass(frozen=True, kw_only=True)
class StableAudio(Ranked):
    """Stable Audio Open; the defaults are those of its model card. It is stereo: the mean of both channels is kept.

    Attributes:
        steps: denoising steps.
        guidance_scale: how far a prediction is pushed from the negative prompt's to the prompt's; 1 for no guidance.
        negative_prompt: what is not to be heard; null for guidance from no prompt and no length, as it was trained.
        seconds: the length of clips for which the suite gives none; the checkpoint's limit is 47.5.
    """

    checkpoint: str = "stabilityai/stable-audio-open-1.0"
    rate: int = 44_100
    steps: int = 200
    guidance_scale: float = 7.0
    negative_prompt: str | None = "Low quality."
    seconds: float = 10.0

    packages: ClassVar[tuple[str, ...]] = ("diffusers", "transformers", "torchsde")
    extra: ClassVar[str] = "stable-audio"

    def __post_init__(self) -> None:
        """Refuse settings that nothing can be sampled with."""
        super().__post_init__()
        if self.steps < 2:
            raise BadInput(f"steps is {self.steps}, but must be at least 2")
        if not 1 <= self.guidance_scale < math.inf:
            raise BadInput(f"guidance_scale is {self.guidance_scale}, but must be at least 1 (1: no guidance)")
        if not 0 < self.seconds < math.inf:
            raise BadInput(f"seconds is {self.seconds}, but must be above 0")

    def load(self, device: str) -> Generate:
        """Load tokenizer, text encoder, transformer and autoencoder.

        Raises:
            BadInput: the checkpoint is no Stable Audio Open, or makes audio at another rate.
        """
        network = load(self.obtain(), self.dtype, device, compiled=self.compile)
        if network.rate != self.rate:
            raise BadInput(f"rate is {self.rate} Hz, but checkpoint {self.checkpoint} makes {network.rate} Hz")
        embed = lru_cache(maxsize=KEPT)(lambda text: embedded(network, text))

        def run(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
            return sampled(self, network, embed, clips, seeds)

        return up_to(network.longest, self.length, run)

    def length(self, clip: Clip) -> float:
        """Seconds of a clip."""
        return self.seconds if clip.seconds is None else clip.seconds


def sampled(
    system: StableAudio, network: Network, embed: Embed, clips: Sequence[Clip], seeds: Sequence[int]
) -> list[Waveform]:
    """Waveforms (samples,) of clips of any lengths: what is denoised is always as long as the model makes it.

    Args:
        system: how to sample.
        network: what predicts.
        embed: gives a prompt's embedding (1, tokens, width).
        clips: a batch.
        seeds: one for each.
    """
    import torch

    lengths = [system.length(clip) for clip in clips]
    with torch.inference_mode():
        branches = [conditioned(network, torch.cat([embed(clip.text) for clip in clips]), lengths)]
        if system.guidance_scale > 1:
            branches.insert(0, unwanted(system, network, embed, branches[0], lengths))
        latents = denoised(
            network, branches, generators(seeds), steps=system.steps, guidance_scale=system.guidance_scale
        )
        samples = [round(seconds * system.rate) for seconds in lengths]
        return [decoded(network, latent, count) for latent, count in zip(latents, samples, strict=True)]


def unwanted(
    system: StableAudio, network: Network, embed: Embed, wanted: Conditions, lengths: Sequence[float]
) -> Conditions:
    """What guidance leads away from: the negative prompt at the same length, or nothing at all."""
    if system.negative_prompt is None:
        return Conditions(wanted.attended * 0, wanted.throughout)
    return conditioned(network, embed(system.negative_prompt).expand(len(lengths), -1, -1), lengths)


SYSTEMS = {"stable-audio-open": StableAudio()}
