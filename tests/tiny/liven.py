"""Rescale random weights so that a tiny model makes audible, prompt-dependent sound.

With the libraries' default initialisation a random AudioLDM 2 gives audio of standard deviation 1e-10
and a model so close to linear that batching, seeding and prompt faults stay invisible. Every matrix
is redrawn with variance gain**2 / fan_in, which keeps activations near unit size through the depth.
"""

import torch
from torch import nn


def liven(model: nn.Module, gain: float = 1.0, seed: int = 0) -> None:
    """Redraw all matrices at variance gain**2 / fan_in and all biases at standard deviation 0.05, in place."""
    generator = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        if p.dim() >= 2:
            p.data = torch.randn(p.shape, generator=generator) * gain / p[0].numel() ** 0.5
        elif name.endswith("bias"):
            p.data = torch.randn(p.shape, generator=generator) * 0.05


def liven_vocoder(vocoder: nn.Module, gain: float = 1.2, seed: int = 0) -> None:
    """The same for a HiFi-GAN, whose transposed convolutions store (in, out, kernel)."""
    generator = torch.Generator().manual_seed(seed)
    for name, p in vocoder.named_parameters():
        if p.dim() == 3:
            taps_per_sample = 2  # kernel / stride of the upsampling layers, roughly
            fan = p.shape[0] * taps_per_sample if "upsampler" in name else p.shape[1] * p.shape[2]
            p.data = torch.randn(p.shape, generator=generator) * gain / fan**0.5
        elif name.endswith("bias"):
            p.data = torch.randn(p.shape, generator=generator) * 0.02
