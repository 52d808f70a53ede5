"""What tests against golden arrays share: reading them, hearing a recording as they did, how far off a result is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from bench.audio import Sound, Waveform, mono

FOLDER = Path(__file__).parent / "metrics" / "golden"

Arrays = dict[str, NDArray[np.float32]]


def read(name: str) -> Arrays:
    """All arrays of a file."""
    with np.load(FOLDER / f"{name}.npz") as file:
        return dict(file)


def heard(sound: Sound, rate: int) -> Waveform:
    """A recording as the papers' loader hears it, but for the silence behind a short one."""
    return mono(sound, rate, "sinc")


def largest_difference(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Relative to the largest magnitude expected."""
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def same_weights(weights: Mapping[str, torch.Tensor], golden: Arrays) -> None:
    """Fail unless these are the weights that the arrays were made with."""
    assert {f"weights/{key}" for key in weights} == {name for name in golden if name.startswith("weights/")}
    for key, tensor in weights.items():
        np.testing.assert_allclose(tensor.flatten()[:4].numpy(), golden[f"weights/{key}"], rtol=1e-6)
