"""Batches that memory holds: cut to a size, halved when they don't fit, sized by what the first recording took."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bench.audio import Waveform
from bench.clip import Clip
from bench.progress import Reporter
from bench.system import Generate

DEFAULT = 4  # where memory can't be measured: enough for what batches save, small enough for any machine
LARGEST = 64  # beyond, batches save nothing more, and a kill costs more
SHARE = 0.8  # of the memory that is free: what is measured once is not exact


class Fitted:
    """A function that generates, in pieces that memory holds.

    Attributes:
        size: recordings at a time, now.
    """

    def __init__(self, run: Generate, size: int | None, device: str, reporter: Reporter) -> None:
        """Wrap ``run``; without a size, a GPU's is measured with the first recording."""
        self.run, self.device, self.reporter = run, device, reporter
        self.measuring = size is None and device.startswith("cuda")
        self.size = 1 if self.measuring else size or DEFAULT

    def __call__(self, clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform | Exception]:
        """Generate any number of clips.

        Raises:
            MemoryError: not even one fits.
            ValueError: the system gave another number of recordings than it was asked for.
        """
        made: list[Waveform | Exception] = []
        while len(made) < len(clips):
            piece = slice(len(made), len(made) + self.size)
            made += self._piece(clips[piece], seeds[piece])
        return made

    def _piece(self, clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform | Exception]:
        """One piece, whole, or nothing of it where memory was short: then the next is half as large."""
        before = _start_measuring(self.device) if self.measuring else 0
        found, reason = None, ""
        try:
            found = list(self.run(clips, seeds))
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            reason = str(error).partition("\n")[0] or type(error).__name__
        # Out of the handler, whose traceback would keep the failed batch's memory alive.
        if found is None:
            self._halve(len(clips), reason)
            return []
        if len(found) != len(clips):
            raise ValueError(f"gave {len(found)} recordings for {len(clips)} clips")
        if self.measuring:
            self.measuring, self.size = False, fitting(*_measured(self.device, before))
            self.reporter.line(f"batch size {self.size}, by the memory that the first recording took")
        return found

    def _halve(self, tried: int, reason: str) -> None:
        if tried == 1:
            raise MemoryError(f"out of memory with one recording at a time: {reason}")
        self.size = tried // 2
        _empty_cache()
        self.reporter.line(f"out of memory with {tried} recordings at a time: going on with {self.size}")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory was short: Python's, torch's, or a backend's that has no class."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    said = ("out of memory", "can't allocate memory", "alloc_failed")  # the last: cuBLAS and cuDNN
    return isinstance(error, RuntimeError) and any(words in text for words in said)


def fitting(free: int, each: int) -> int:
    """How many recordings fit into free memory, as a power of two: sizes that few inputs vary.

    Args:
        free: bytes.
        each: bytes that one recording takes.

    >>> fitting(70 * 2**30, 3 * 2**30), fitting(10, 100), fitting(10**12, 1)
    (16, 1, 64)
    """
    most = min(LARGEST, int(SHARE * free / max(each, 1)))
    return int(2 ** (most.bit_length() - 1)) if most else 1


def _start_measuring(device: str) -> int:
    import torch

    torch.cuda.reset_peak_memory_stats(device)
    return int(torch.cuda.memory_allocated(device))


def _measured(device: str, before: int) -> tuple[int, int]:
    """Bytes that are free on a GPU, and bytes that one recording took."""
    import torch

    each = int(torch.cuda.max_memory_allocated(device)) - before
    _empty_cache()
    return int(torch.cuda.mem_get_info(device)[0]), each


def _empty_cache() -> None:
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
