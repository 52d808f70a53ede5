"""Batches: what the adapters of networks share between a clip's seed and a batch's tensors."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from bench.audio import Waveform
from bench.clip import Clip

Tensor = Any
"""A torch.Tensor, which can't be named where torch is not imported."""
Run = Callable[[Sequence[Clip], Sequence[int]], Sequence[Waveform]]


def grouped(clips: Sequence[Clip], seeds: Sequence[int], key: Callable[[Clip], Hashable], run: Run) -> list[Waveform]:
    """Run clips that can share a tensor together, and give what came of them in the clips' order.

    What a clip's neighbours are like must not show in its audio: so those of another length run by themselves.

    Args:
        clips: a batch.
        seeds: one for each.
        key: what clips that run together have in common, such as their number of frames.
        run: generates clips of one key.
    """
    groups: dict[Hashable, list[int]] = {}
    for place, clip in enumerate(clips):
        groups.setdefault(key(clip), []).append(place)
    made: dict[int, Waveform] = {}
    for places in groups.values():
        waves = run([clips[place] for place in places], [seeds[place] for place in places])
        made.update(zip(places, waves, strict=True))
    return [made[place] for place in range(len(clips))]


def generators(seeds: Sequence[int]) -> list[Any]:
    """One torch generator a clip, on the CPU whatever the device, so that a clip's noise is the same on all of them."""
    import torch

    return [torch.Generator().manual_seed(seed) for seed in seeds]


def waveforms(audio: Tensor) -> list[Waveform]:
    """Rows of a tensor (n, samples) as float32 arrays (samples,) on the CPU."""
    return list(audio.float().cpu().numpy())
