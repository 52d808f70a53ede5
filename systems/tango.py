"""TANGO and Tango 2: sound effects by latent diffusion, conditioned on Flan-T5's reading of the prompt.

Papers: Ghosal et al., Text-to-Audio Generation using Instruction-Tuned LLM and Latent Diffusion Model (2023,
arXiv:2304.13731); Majumder et al., Tango 2: Aligning Diffusion-based Text-to-Audio Generations through Direct
Preference Optimization (2024, arXiv:2404.09956).
Code: declare-lab/tango (34ecd38), ``inference.py`` and ``models.py``, which this equals given the same noise; but that
draws a whole batch's noise from one generator and its texts to one length, so that a clip depends on its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput
from bench.pretrained import Ranked
from bench.system import Generate, Standing

from ._batches import Tensor, generators, waveforms
from ._lengths import up_to
from ._tango import LATENTS, LONGEST, RATE, SCHEDULE, Network, load, tokenizer_file

KEPT = 256  # prompts, each 0.1 MB: more than the candidates of any batch


class Words(NamedTuple):
    """What the network is told of texts.

    Attributes:
        hidden: the text encoder's states, (n, t, d).
        counts: which of them count, (n, t), booleans.
    """

    hidden: Tensor
    counts: Tensor


@dataclass(frozen=True, kw_only=True)
class Tango(Ranked):
    """TANGO, from a folder in the layout of its own code. It always makes 10.24 s, from which a clip is cut.

    Attributes:
        steps: of denoising.
        guidance_scale: weight of the prompt against the empty one; 1 for no guidance.
    """

    checkpoint: str = "declare-lab/tango"
    reranker: str = "clap-630k"
    steps: int = 200
    guidance_scale: float = 3.0

    packages: ClassVar[tuple[str, ...]] = ("transformers", "diffusers", "accelerate")

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        super().__post_init__()
        if not 1 <= self.steps <= SCHEDULE["num_train_timesteps"]:
            raise BadInput(f"steps is {self.steps}, but must be 1 to {SCHEDULE['num_train_timesteps']}")
        if not 1 <= self.guidance_scale < math.inf:
            raise BadInput(f"guidance_scale is {self.guidance_scale}, but must be 1 (none) or more, and finite")
        if self.rate != RATE:
            raise BadInput(f"rate is {self.rate} Hz, but TANGO makes {RATE} Hz")

    def obtain(self) -> Path:
        """The folder of the checkpoint and, elsewhere, the tokenizer that it names, after downloads if need be."""
        folder = super().obtain()
        tokenizer_file(folder)
        return folder

    def load(self, device: str) -> Generate:
        """Load text encoder, U-Net, autoencoder and vocoder.

        Raises:
            BadInput: the checkpoint is no TANGO, or not whole.
            NotEvaluable: it is not here and can't be downloaded.
        """
        network = load(self.obtain(), self.dtype, device, compiled=self.compile)
        embed = lru_cache(KEPT)(lambda text: embedded(network, text))

        def run(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
            return sampled(self, network, embed, clips, seeds)

        return up_to(LONGEST, lambda clip: clip.seconds or LONGEST, run)


def sampled(
    system: Tango, network: Network, embed: Callable[[str], Words], clips: Sequence[Clip], seeds: Sequence[int]
) -> list[Waveform]:
    """Waveforms (163872,) of clips, 10.24 s whatever they ask for.

    Args:
        system: how to sample.
        network: what samples.
        embed: reads a prompt.
        clips: a batch.
        seeds: one for each.
    """
    import torch

    branches = [[embed(clip.text) for clip in clips]]
    if system.guidance_scale > 1:
        branches.insert(0, [embed("")] * len(clips))
    with torch.inference_mode():
        latents = denoised(network, branches, generators(seeds), steps=system.steps, guidance=system.guidance_scale)
        return waveforms(sounding(network, spectrogram(network, latents)))


def embedded(network: Network, text: str) -> Words:
    """One text, (1, t, d), without padding."""
    import torch

    with torch.inference_mode():
        ids = torch.tensor([network.tokenizer.encode(text).ids], device=network.device)
        mask = torch.ones_like(ids)
        hidden = network.text_encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return Words(hidden.to(network.unet.dtype), mask.bool())


def together(texts: Sequence[Words]) -> Words:
    """Texts (1, t, d) as (n, longest t, d); what pads them does not count."""
    import torch
    from torch.nn.functional import pad

    longest = max(words.counts.shape[1] for words in texts)
    rest = [longest - words.counts.shape[1] for words in texts]
    hidden = [pad(words.hidden, (0, 0, 0, more)) for words, more in zip(texts, rest, strict=True)]
    counts = [pad(words.counts, (0, more)) for words, more in zip(texts, rest, strict=True)]
    return Words(torch.cat(hidden), torch.cat(counts))


def denoised(
    network: Network, branches: Sequence[Sequence[Words]], generators: Sequence[Any], *, steps: int, guidance: float
) -> Tensor:
    """Latents (n, 8, 256, 16) of a batch.

    Args:
        network: what predicts.
        branches: the texts that are wanted, one a clip, last; before them, under guidance, those that are not.
        generators: one for each clip, on the CPU; in the beginning and at each step they give its noise.
        steps: of denoising.
        guidance: how far the prediction is pushed from one branch to the other.
    """
    import torch
    from diffusers import DDPMScheduler

    kind: Any = DDPMScheduler  # diffusers gives it no types
    told = together([words for branch in branches for words in branch])
    scheduler = kind(**SCHEDULE)
    scheduler.set_timesteps(steps, device=network.device)
    noise = torch.stack([torch.randn(LATENTS, generator=generator) for generator in generators])
    latents = noise.to(network.device) * scheduler.init_noise_sigma
    for time in scheduler.timesteps:
        predicted = network.unet(
            torch.cat([latents] * len(branches)).to(network.unet.dtype),
            time,
            encoder_hidden_states=told.hidden,
            encoder_attention_mask=told.counts,
        ).sample
        # The latents stay in single precision, whatever the network's.
        *other, wanted = predicted.float().chunk(len(branches))
        velocity = other[0] + guidance * (wanted - other[0]) if other else wanted
        latents = scheduler.step(velocity, time, latents, generator=list(generators)).prev_sample
    return latents


def spectrogram(network: Network, latents: Tensor) -> Tensor:
    """Log-mel spectrograms (n, 1024, 64) of latents (n, 8, 256, 16)."""
    scaled = (latents / network.vae.config.scaling_factor).to(network.vae.dtype)
    return network.vae.decode(scaled).sample.squeeze(1)


def sounding(network: Network, mel: Tensor) -> Tensor:
    """Waveforms (n, 163872) of log-mel spectrograms (n, 1024, 64)."""
    return network.vocoder(mel)


SYSTEMS = {
    "tango": Tango(standing=Standing("released")),
    "tango2": Tango(checkpoint="declare-lab/tango2"),
}
