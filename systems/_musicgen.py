"""MusicGen's network, and sampling with a generator for each clip, which ``generate`` has no place for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ._batches import Tensor
from ._loading import network, tokenizer

# Files of 2023 hold the sines of the positions, which are computed now.
COMPUTED = frozenset({"decoder.model.decoder.embed_positions.weights"})
SMALLEST = 1e-300  # what a uniform number becomes that is 0 and has no logarithm

Shape = Callable[[Tensor, Tensor], Tensor]
"""Takes tokens so far and logits, of both branches under guidance; gives the logits that are drawn from."""


class Network(NamedTuple):
    """A loaded checkpoint.

    Attributes:
        tokenizer: of prompts.
        model: text encoder, language model and codec.
        device: where they are.
        rate: of the audio, in Hz.
        frame_rate: steps of the codec in a second.
        codebooks: tokens at each step.
        delay: steps by which the last codebook lags behind the first.
    """

    tokenizer: Any
    model: Any
    device: str
    rate: int
    frame_rate: int
    codebooks: int
    delay: int


def load(folder: Path, dtype: str, device: str, *, compiled: bool) -> Network:
    """The network of a folder in transformers' layout, with none of its settings for sampling.

    Raises:
        BadInput: it is none, or not whole.
    """
    from transformers import GenerationConfig, MusicgenForConditionalGeneration

    settings: Any = GenerationConfig  # transformers gives it no types
    model = network(MusicgenForConditionalGeneration, folder, dtype, computed=COMPUTED)
    decoder, codec = model.config.decoder, model.config.audio_encoder
    start = decoder.pad_token_id
    model.generation_config = settings(pad_token_id=start, bos_token_id=start, decoder_start_token_id=start)
    # Only what writes the codes runs in half precision: of the codec one would hear it.
    model.audio_encoder.float()
    if compiled:
        model.decoder.compile(dynamic=True)
    # The two channels of a stereo model share a step.
    delay = decoder.num_codebooks // decoder.audio_channels - 1
    return Network(
        tokenizer(folder),
        model.to(device),
        device,
        codec.sampling_rate,
        codec.frame_rate,
        decoder.num_codebooks,
        delay,
    )


def steps(seconds: float, frame_rate: int, delay: int) -> int:
    """Steps of the language model that a length takes.

    >>> steps(10.0, 50, 3), steps(2.51, 50, 3), steps(0.02, 50, 3)
    (503, 129, 6)
    """
    frames = math.ceil(round(seconds * frame_rate, 6))
    return max(frames, delay) + delay  # with fewer frames the library would leave the delays out


def shaping(guidance_scale: float, temperature: float, top_k: int) -> Shape:
    """Guidance, then temperature, then top-k, as in the authors' code; the library would leave 50 tokens."""
    from transformers import (
        ClassifierFreeGuidanceLogitsProcessor,
        LogitsProcessorList,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
    )

    guide: Any = ClassifierFreeGuidanceLogitsProcessor  # transformers gives it no types
    guidance = [guide(guidance_scale)] if guidance_scale > 1 else []
    shape: Shape = LogitsProcessorList([*guidance, TemperatureLogitsWarper(temperature), TopKLogitsWarper(top_k)])
    return shape


class Sampler:
    """A logits processor that decides: it gives 1 for the token drawn and 0 for every other.

    A greedy ``generate`` then takes that token, so that all that is random happens here. ``generate`` applies guidance
    after the processors it is given: to two equal halves, which it gives back.

    Source: the Gumbel-max trick. The argmax of s - log(-log(u)), u uniform, is a draw from softmax(s) (Maddison et al.,
    "A* Sampling", 2014, section 2).
    """

    def __init__(self, shape: Shape, generators: Sequence[Any], codebooks: int) -> None:
        """Prepare to draw.

        Args:
            shape: what logits are drawn from.
            generators: one for each clip, on the CPU, so that all devices draw alike.
            codebooks: rows of each clip; they stand together.
        """
        self.shape, self.generators, self.codebooks = shape, generators, codebooks

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """Draw a token for each row.

        Args:
            ids: tokens so far, shape (rows, length).
            scores: logits, shape (rows, vocabulary), or twice the rows under guidance.

        Raises:
            ValueError: there are other rows, so ``generate`` does not work as was expected here.
        """
        import torch

        shaped = self.shape(ids, scores)
        rows, halves = len(self.generators) * self.codebooks, len(scores) // len(shaped)
        if len(ids) != rows or shaped.shape != (rows, scores.shape[-1]):
            raise ValueError(f"{len(scores)} rows of logits for {len(ids)} rows of tokens, where {rows} are sampled")
        drawn = (shaped + self._noise(scores.shape[-1]).to(shaped)).argmax(-1, keepdim=True)
        return torch.zeros_like(shaped).scatter_(1, drawn, 1.0).repeat(halves, 1)

    def _noise(self, vocabulary: int) -> Tensor:
        """Gumbel noise, shape (rows, vocabulary); in double precision, which keeps its rare large values apart."""
        import torch

        size = (self.codebooks, vocabulary)
        uniform = torch.cat([torch.rand(size, generator=one, dtype=torch.float64) for one in self.generators])
        return -(-uniform.clamp_(min=SMALLEST).log()).log()
