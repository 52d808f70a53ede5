"""The parts of Stable Audio Open, and its sampler with noise of each clip's own.

Source: diffusers' ``StableAudioPipeline``, which this equals given the same noise; but that takes one length for a
whole batch, and has no cache of prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.audio import Waveform
from bench.errors import BadInput, one_line

from ._batches import Tensor
from ._loading import network, quiet, tokenizer

SCHEDULER = "CosineDPMSolverMultistepScheduler"


class Network(NamedTuple):
    """A loaded checkpoint.

    Attributes:
        tokenizer: of prompts.
        text_encoder: T5's.
        projection: of embeddings of texts, and of numbers of seconds.
        transformer: what predicts.
        vae: the autoencoder of the audio.
        schedule: settings of the scheduler.
        device: where they are.
    """

    tokenizer: Any
    text_encoder: Any
    projection: Any
    transformer: Any
    vae: Any
    schedule: Any
    device: str

    @property
    def rate(self) -> int:
        """Of the audio, in Hz."""
        return int(self.vae.config.sampling_rate)

    @property
    def longest(self) -> float:
        """Seconds that it makes, whatever is wanted of them."""
        return float(self.transformer.config.sample_size * self.vae.hop_length / self.rate)


def load(folder: Path, dtype: str, device: str, *, compiled: bool) -> Network:
    """The network of a folder in diffusers' layout.

    Raises:
        BadInput: it is none, or not whole.
    """
    import diffusers
    from transformers import T5EncoderModel

    parts = Network(
        tokenizer(folder, subfolder="tokenizer"),
        network(T5EncoderModel, folder, dtype, subfolder="text_encoder").to(device),
        network(diffusers.StableAudioProjectionModel, folder, dtype, subfolder="projection_model").to(device),
        network(diffusers.StableAudioDiTModel, folder, dtype, subfolder="transformer").to(device),
        # One would hear half precision of the autoencoder.
        network(diffusers.AutoencoderOobleck, folder, "float32", subfolder="vae").to(device),
        _schedule(folder),
        device,
    )
    if compiled:
        parts.transformer.compile()
    return parts


def _schedule(folder: Path) -> Any:
    """Settings of the scheduler.

    Raises:
        BadInput: there are none, or they are another scheduler's.
    """
    from diffusers import CosineDPMSolverMultistepScheduler

    with quiet():
        try:
            found = CosineDPMSolverMultistepScheduler.load_config(folder, subfolder="scheduler")
        except (OSError, ValueError) as error:
            raise BadInput(f"no scheduler in {folder.name}: {one_line(error)}") from error
    if found.get("_class_name") != SCHEDULER:
        raise BadInput(f"the scheduler of {folder.name} is {found.get('_class_name')}, but must be {SCHEDULER}")
    return found


def embedded(network: Network, text: str) -> Tensor:
    """A prompt's embedding, shape (1, tokens, width): always as many tokens, zero where there is no text.

    A text of more tokens is cut, as in the original.
    """
    import torch

    with torch.inference_mode():
        limit = network.tokenizer.model_max_length
        found = network.tokenizer(text, padding="max_length", max_length=limit, truncation=True, return_tensors="pt")
        ids, mask = found.input_ids.to(network.device), found.attention_mask.to(network.device)
        hidden = network.text_encoder(ids, attention_mask=mask)[0]
        projected = network.projection(text_hidden_states=hidden).text_hidden_states
        return projected * mask[..., None].to(projected.dtype)


class Conditions(NamedTuple):
    """What the transformer is told of n clips.

    Attributes:
        attended: text and seconds, shape (n, tokens + 2, width).
        throughout: seconds, shape (n, 1, 2 width).
    """

    attended: Tensor
    throughout: Tensor


def conditioned(network: Network, texts: Tensor, lengths: Sequence[float]) -> Conditions:
    """Conditions of embedded texts (n, tokens, width) and as many lengths in seconds."""
    import torch

    ends = torch.tensor([float(seconds) for seconds in lengths], device=network.device)
    told = network.projection(start_seconds=torch.zeros_like(ends), end_seconds=ends)
    numbers = [told.seconds_start_hidden_states, told.seconds_end_hidden_states]
    return Conditions(torch.cat([texts, *numbers], dim=1), torch.cat(numbers, dim=2))


def denoised(
    network: Network, branches: Sequence[Conditions], generators: Sequence[Any], *, steps: int, guidance_scale: float
) -> Tensor:
    """Latents (n, channels, frames) of a batch.

    The library's scheduler takes its noise from a Brownian tree, whose increments over steps that don't overlap are
    independent and, divided by the root of the step, standard normal. So plain normal noise is the same in
    distribution; it costs a fortieth on the CPU, where it must come from to be alike on all devices.

    Args:
        network: what predicts.
        branches: what is wanted, last; before it, under guidance, what is not.
        generators: one for each clip, on the CPU.
        steps: of denoising.
        guidance_scale: how far the prediction is pushed from one branch to the other.
    """
    import torch
    from diffusers import CosineDPMSolverMultistepScheduler

    kind: Any = CosineDPMSolverMultistepScheduler  # diffusers gives it no types
    config = network.transformer.config
    size = (config.in_channels, config.sample_size)

    def noise(*_: Any) -> Tensor:
        return torch.stack([torch.randn(size, generator=one) for one in generators]).to(network.device)

    scheduler = kind.from_config(network.schedule)  # a new one for each batch: it remembers what it did
    scheduler.set_timesteps(steps, device=network.device)
    scheduler.noise_sampler = noise
    predict = _predictor(network, branches, guidance_scale)
    latents = noise() * scheduler.init_noise_sigma
    for time in scheduler.timesteps:
        velocity = predict(scheduler.scale_model_input(latents, time), time)
        latents = scheduler.step(velocity, time, latents).prev_sample
    return latents


def _predictor(network: Network, branches: Sequence[Conditions], guidance_scale: float) -> Any:
    """A function of latents (n, channels, frames) and time that predicts, all branches in one batch."""
    import torch
    from diffusers.models.embeddings import get_1d_rotary_pos_embed

    attended, throughout = map(torch.cat, zip(*branches, strict=True))
    config = network.transformer.config
    frames = config.sample_size + throughout.shape[1]
    angles: Any = get_1d_rotary_pos_embed(
        config.attention_head_dim // 2, frames, use_real=True, repeat_interleave_real=False
    )
    rotary = tuple(angle.to(network.device) for angle in angles)

    def predict(latents: Tensor, time: Tensor) -> Tensor:
        found = network.transformer(
            torch.cat([latents] * len(branches)).to(attended.dtype),
            time[None],
            encoder_hidden_states=attended,
            global_hidden_states=throughout,
            rotary_embedding=rotary,
            return_dict=False,
        )[0]
        # The latents stay in single precision, whatever the network's: at first their standard deviation is 500.
        *other, wanted = found.float().chunk(len(branches))
        return other[0] + guidance_scale * (wanted - other[0]) if other else wanted

    return predict


def decoded(network: Network, latent: Tensor, samples: int) -> Waveform:
    """The audio of a latent (channels, frames), shape (samples,); one at a time, for they are large."""
    stereo = network.vae.decode(latent[None]).sample[0]
    wave: Waveform = stereo.mean(0)[:samples].float().cpu().numpy()
    return wave
