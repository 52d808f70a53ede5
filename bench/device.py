"""Which device computes: asked of torch only where something will run on it."""

from __future__ import annotations

import contextlib
import functools
import gc
import re
import sys
from collections.abc import Callable, Iterator

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

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # kilobytes, except on macOS


def joules(device: str) -> float | None:
    """What a GPU has drawn since its driver was loaded, other programs' share included; None where nothing counts it.

    The counter moves every few tens of milliseconds: what lies between two readings says little of less than a second.
    """
    count = _energy_counter(device) if device.startswith("cuda") else None
    return None if count is None else count() / 1000.0


@functools.cache
def _energy_counter(device: str) -> Callable[[], int] | None:
    """NVML's counter of a GPU, in millijoules; None without the package, the driver, or a counter in this GPU."""
    try:
        import pynvml
    except ImportError:
        return None
    import torch

    try:
        pynvml.nvmlInit()
        # By its identity: NVML counts all GPUs, and torch those that CUDA_VISIBLE_DEVICES lets it see.
        handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{torch.cuda.get_device_properties(device).uuid}")
        pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)
    except pynvml.NVMLError:  # older than Volta, or a slice of a GPU
        return None
    return lambda: int(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))


@contextlib.contextmanager
def full_precision() -> Iterator[None]:
    """Sums on a GPU in whole float32, as scores are defined; torch's own choice for convolutions is TF32, good to 1e-3.

    Whatever a system asked of torch before is undone for as long.
    """
    if "torch" not in sys.modules:
        yield
        return
    import torch

    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=False, allow_tf32=False):
            yield
    finally:
        torch.set_float32_matmul_precision(precision)


def release() -> None:
    """Give back the memory of networks that are no longer held, so that the next ones fit."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
