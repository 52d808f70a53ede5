"""AudioLDM: sound effects and music by latent diffusion, conditioned on CLAP's embedding of the prompt.

Paper: Liu et al., AudioLDM: Text-to-Audio Generation with Latent Diffusion Models (ICML 2023, arXiv:2301.12503).
Code: haoheliu/AudioLDM, run here through diffusers' pipeline; ``preset`` says as which of the two.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput
from bench.system import Generate, Standing

from ._batches import Tensor, generators, grouped, waveforms
from ._loading import quiet, tokenizer
from ._pipelines import original_heads, part, schedule
from ._presets import FRAME, SCHEDULERS, LatentDiffusion

Pipeline = Any
"""A diffusers.AudioLDMPipeline, which can't be named where diffusers is not imported, and has no types."""
Embed = Callable[[str], Tensor]

KEPT = 256  # embeddings of prompts, each 2 kB: more than the candidates of any batch


@dataclass(frozen=True, kw_only=True)
class AudioLDM(LatentDiffusion):
    """AudioLDM, from a folder in diffusers' layout.

    Attributes:
        head_channels: width of an attention head in the original network, for the preset `original`; None for what the
            original has: 64 where the first level has 256 channels (AudioLDM-L), else 32.
    """

    reranker: str = "clap-630k"
    guidance_scale: float = 2.5
    head_channels: int | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        super().__post_init__()
        if self.head_channels is not None and self.head_channels < 1:
            raise BadInput(f"head_channels is {self.head_channels}, but must be 1 or more")

    def load(self, device: str) -> Generate:
        """Load text encoder, U-Net, autoencoder and vocoder.

        Raises:
            BadInput: the checkpoint is no AudioLDM, or makes audio at another rate.
            NotEvaluable: it is not here and can't be downloaded.
        """
        pipe = pipeline(self, self.obtain(), device)
        embed = lru_cache(KEPT)(lambda text: embedded(pipe, text))

        def run(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
            return sampled(self, pipe, embed, clips, seeds)

        return lambda clips, seeds: grouped(clips, seeds, self.frames, run)


def pipeline(system: AudioLDM, folder: Path, device: str) -> Pipeline:
    """The checkpoint in a folder, ready to sample as ``system`` says.

    Raises:
        BadInput: it is no checkpoint of AudioLDM, has other weights than its networks take, or makes another rate.
    """
    import diffusers
    import transformers

    library: Any = diffusers  # its classes have no types
    unet = library.UNet2DConditionModel
    original = system.preset == "original"
    layout = {"attention_head_dim": original_heads(unet, folder, system.head_channels)} if original else {}
    parts = {
        "vae": part(library.AutoencoderKL, folder, "vae", system.dtype),
        "text_encoder": part(transformers.ClapTextModelWithProjection, folder, "text_encoder", system.dtype),
        "unet": part(unet, folder, "unet", system.dtype, **layout),
        "vocoder": part(transformers.SpeechT5HifiGan, folder, "vocoder", system.dtype),
    }
    rate = parts["vocoder"].config.sampling_rate
    if rate != system.rate:
        raise BadInput(f"rate is {system.rate} Hz, but checkpoint {system.checkpoint} makes {rate} Hz")
    scheduler = schedule(getattr(library, SCHEDULERS[system.scheduler]), folder)
    with quiet():  # the library calls this pipeline deprecated each time that one is made
        pipe = library.AudioLDMPipeline(**parts, tokenizer=tokenizer(folder, "tokenizer"), scheduler=scheduler)
        pipe.set_progress_bar_config(disable=True)
        if system.compile:
            pipe.unet.compile()
        return pipe.to(device)


def embedded(pipe: Pipeline, text: str) -> Tensor:
    """CLAP's embedding of a text, of length 1, shape (1, d); a text of more tokens than CLAP reads is cut."""
    import torch

    with torch.inference_mode():
        limit = pipe.tokenizer.model_max_length
        words = pipe.tokenizer(text, truncation=True, max_length=limit, return_tensors="pt").to(pipe.device)
        found = pipe.text_encoder(words.input_ids, attention_mask=words.attention_mask).text_embeds
        return torch.nn.functional.normalize(found, dim=-1)


def sampled(
    system: AudioLDM, pipe: Pipeline, embed: Embed, clips: Sequence[Clip], seeds: Sequence[int]
) -> list[Waveform]:
    """Waveforms (samples,) of clips of as many latent frames.

    Args:
        system: how to sample.
        pipe: what samples.
        embed: gives a prompt's embedding (1, d).
        clips: a batch.
        seeds: one for each.
    """
    import torch

    with quiet(), warnings.catch_warnings(), torch.inference_mode():
        # diffusers' DPM++ hands numpy a tensor in the way of torch before it knew numpy 2.
        warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy", DeprecationWarning)
        audio = pipe(
            prompt_embeds=torch.cat([embed(clip.text) for clip in clips]),
            negative_prompt_embeds=embed("").expand(len(clips), -1),
            num_inference_steps=system.steps,
            # A microsecond more, lest 64 frames become 63.99 in binary.
            audio_length_in_s=system.frames(clips[0]) * FRAME + 1e-6,
            guidance_scale=system.guidance_scale,
            eta=system.fresh_noise,
            generator=generators(seeds),
            output_type="pt",
        ).audios
    return waveforms(audio)


SYSTEMS = {
    "audioldm": AudioLDM(checkpoint="cvssp/audioldm-m-full", standing=Standing("released")),
    "audioldm-l": AudioLDM(
        checkpoint="cvssp/audioldm-l-full",
        standing=Standing("nearest", "the row's was fine-tuned on AudioCaps, which was not released as such"),
    ),
}
