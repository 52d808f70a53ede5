"""Which device computes: asked of torch only where something will run on it."""

from __future__ import annotations

import re

from bench.errors import BadInput

FORMS = "auto, cpu, cuda, cuda:N, mps"


def resolve(device: str, *, accelerated: bool = True) -> str:
    """The torch device that a name stands for.

    Args:
        device: ``auto`` (the best there is), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        accelerated: False for work that stays on the CPU anyway; ``auto`` then need not ask torch, which takes seconds.

    Raises:
        BadInput: no such name, or the device is not there; the message lists those that are.
    """
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", device):
        raise BadInput(f"no device is called {device!r}; there are: {FORMS}")
    if device == "cpu" or (device == "auto" and not accelerated):
        return "cpu"
    present = available()
    if device == "auto":
        return present[0]
    one = "cuda:0" if device == "cuda" else device  # one GPU has one name, in signatures too
    if one not in present:
        raise BadInput(f"device {device!r} isn't there; this machine has: {', '.join(sorted(present))}")
    return one


def available() -> list[str]:
    """The devices of this machine as torch sees them, the best first.

    Raises:
        ImportError: torch is missing or broken; the message says so.
    """
    try:
        import torch
    except (ImportError, OSError) as error:
        raise ImportError(f"torch does not import ({error}); get it with: pip install torch") from error
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return cuda + (["mps"] if torch.backends.mps.is_available() else []) + ["cpu"]


def describe(device: str) -> str:
    """The device and, for a GPU, its model: what a record says."""
    if not device.startswith("cuda"):
        return device
    import torch

    return f"{device} ({torch.cuda.get_device_name(device)})"


def peak_bytes(device: str) -> int:
    """The most memory held so far: on the GPU, or by this process."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.max_memory_allocated(device))
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # kilobytes, except on macOS
