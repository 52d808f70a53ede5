"""Whether a weights file is that of the network it is loaded into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Tensor = Any
"""A torch.Tensor, which can't be named where torch is not imported."""
Weights = Mapping[str, Tensor]
Shapes = Mapping[str, tuple[int, ...]]


def check(weights: Weights, shapes: Shapes, network: str) -> None:
    """Accept the weights of this very network only.

    Args:
        weights: the tensors of a file, by key.
        shapes: every key of the network's own file and its tensor's shape.
        network: what the network is called, for the message.

    Raises:
        ValueError: a key is missing, unexpected, or its tensor has another shape; the message names them all.
    """
    found = {key: tuple(tensor.shape) for key, tensor in weights.items()}
    faults = [f"{key} is missing" for key in shapes if key not in found]
    faults += [f"{key} is unexpected" for key in found if key not in shapes]
    faults += [
        f"{key} has shape {found[key]}, not {shape}" for key, shape in shapes.items() if found.get(key, shape) != shape
    ]
    if faults:
        raise ValueError(f"these are not the weights of {network}: {'; '.join(faults)}")
