"""MusicGen: music from a prompt by a language model over EnCodec's tokens.

Source: Copet et al., "Simple and Controllable Music Generation", NeurIPS 2023; transformers' classes and weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput
from bench.pretrained import Ranked
from bench.system import Generate, Standing

from ._batches import generators, grouped, waveforms
from ._lengths import up_to
from ._musicgen import Network, Sampler, load, shaping, steps

LONGEST = 30.0  # seconds: what it was trained on


@dataclass(frozen=True, kw_only=True)
class MusicGen(Ranked):
    """MusicGen; the defaults are those of its authors' code. Of a stereo checkpoint the mean of both channels is kept.

    Attributes:
        guidance_scale: how far logits are pushed from the unconditional ones to the prompt's; 1 for no guidance.
        top_k: how many of the 2048 tokens, the most probable ones, are drawn from.
        temperature: what logits are divided by.
        seconds: the length of clips for which the suite gives none; 30 at most.
    """

    checkpoint: str = "facebook/musicgen-medium"
    rate: int = 32_000
    guidance_scale: float = 3.0
    top_k: int = 250
    temperature: float = 1.0
    seconds: float = 10.0

    def __post_init__(self) -> None:
        """Refuse settings that nothing can be sampled with."""
        super().__post_init__()
        if not 1 <= self.guidance_scale < math.inf:
            raise BadInput(f"guidance_scale is {self.guidance_scale}, but must be at least 1 (1: no guidance)")
        if self.top_k < 1:
            raise BadInput(f"top_k is {self.top_k}, but must be at least 1")
        if not 0 < self.temperature < math.inf:
            raise BadInput(f"temperature is {self.temperature}, but must be above 0")
        if not 0 < self.seconds <= LONGEST:
            raise BadInput(f"seconds is {self.seconds}, but must be above 0 and at most {LONGEST:g}")

    def load(self, device: str) -> Generate:
        """Load tokenizer, text encoder, language model and codec.

        Raises:
            BadInput: the checkpoint is no MusicGen, or makes audio at another rate.
        """
        network = load(self.obtain(), self.dtype, device, compiled=self.compile)
        if network.rate != self.rate:
            raise BadInput(f"rate is {self.rate} Hz, but checkpoint {self.checkpoint} makes {network.rate} Hz")

        def run(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
            return grouped(clips, seeds, self.length, lambda some, noise: sampled(self, network, some, noise))

        return up_to(LONGEST, self.length, run)

    def length(self, clip: Clip) -> float:
        """Seconds of a clip."""
        return self.seconds if clip.seconds is None else clip.seconds


def sampled(system: MusicGen, network: Network, clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
    """Waveforms (samples,) of clips that are equally long."""
    import torch
    from transformers import LogitsProcessorList

    seconds = system.length(clips[0])
    # The tokenizer warns of texts longer than T5 was trained on; its positions are relative, and MusicGen's authors
    # don't cut texts either.
    prompts = network.tokenizer([clip.text for clip in clips], padding=True, return_tensors="pt", verbose=False)
    shape = shaping(system.guidance_scale, system.temperature, system.top_k)
    sampler = Sampler(shape, generators(seeds), network.codebooks)
    with torch.inference_mode():
        audio = network.model.generate(
            **prompts.to(network.device),
            # Of sampling itself nothing is left to `generate`, where the checkpoint's settings would have a say.
            do_sample=False,
            guidance_scale=system.guidance_scale,
            logits_processor=LogitsProcessorList([sampler]),
            max_new_tokens=steps(seconds, network.frame_rate, network.delay),
        )
    return waveforms(audio.mean(1)[:, : round(seconds * system.rate)])


SYSTEMS = {
    "musicgen": MusicGen(standing=Standing("released")),
    "musicgen-small": MusicGen(checkpoint="facebook/musicgen-small"),
    "musicgen-large": MusicGen(checkpoint="facebook/musicgen-large"),
}
