"""Batches: what came of them does not depend on their size, and a batch that memory can't hold is halved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from bench import batching
from bench.audio import Waveform
from bench.batching import Fitted, is_out_of_memory
from bench.clip import Clip
from bench.progress import Reporter

CLIPS = [Clip(f"c{index}", "noise") for index in range(7)]
SEEDS = list(range(7))


class Device:
    """Makes constants, remembers how many were asked of it at a time, and holds only so many."""

    def __init__(self, room: int, error: type[Exception] = torch.OutOfMemoryError) -> None:
        self.room, self.error, self.asked = room, error, list[int]()

    def __call__(self, clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
        self.asked.append(len(clips))
        if len(clips) > self.room:
            raise self.error("CUDA out of memory. Tried to allocate 20.00 MiB\nand more")
        return [np.full(3, seed, np.float32) for seed in seeds]


def made(device: Device, size: int | None, reporter: Reporter | None = None) -> list[float]:
    found = Fitted(device, size, "cpu", reporter or Reporter(quiet=True))(CLIPS, SEEDS)
    return [float(np.asarray(wave)[0]) for wave in found]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20, None])
def test_every_clip_gets_its_own_whatever_the_size(size: int | None) -> None:
    assert made(Device(room=20), size) == SEEDS


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, MemoryError, RuntimeError])
def test_a_batch_that_does_not_fit_is_halved_and_stays_so(
    error: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    device = Device(room=2, error=error)
    assert made(device, 6, Reporter()) == SEEDS
    assert device.asked == [6, 3, 1, 1, 1, 1, 1, 1, 1]
    assert capsys.readouterr().err.splitlines() == [
        "out of memory with 6 recordings at a time: going on with 3",
        "out of memory with 3 recordings at a time: going on with 1",
    ]


def test_pythons_own_error_has_no_words() -> None:
    def run(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
        if len(clips) > 1:
            raise MemoryError
        return [np.full(3, seed, np.float32) for seed in seeds]

    assert len(Fitted(run, 4, "cpu", Reporter(quiet=True))(CLIPS, SEEDS)) == 7


def test_one_that_does_not_fit_alone_says_so() -> None:
    with pytest.raises(MemoryError, match=r"with one recording at a time: CUDA out of memory.*20\.00 MiB$"):
        made(Device(room=0), 2)


def test_other_errors_are_not_taken_for_want_of_memory() -> None:
    device = Device(room=1, error=ValueError)
    with pytest.raises(ValueError, match="out of memory"):
        made(device, 2)
    assert device.asked == [2]
    assert not is_out_of_memory(RuntimeError("shape mismatch"))
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"))
    assert is_out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"))
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"))


def test_torchs_own_error_is_known() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)


def test_a_system_that_gives_too_few_is_named() -> None:
    run = Fitted(lambda clips, seeds: [np.ones(3, np.float32)], 2, "cpu", Reporter(quiet=True))
    with pytest.raises(ValueError, match="gave 1 recordings for 2 clips"):
        run(CLIPS, SEEDS)


def test_auto_measures_the_first_and_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "_start_measuring", lambda device: 0)
    monkeypatch.setattr(batching, "_measured", lambda device, before: (100, 20))  # four at a time would be 80 %
    device = Device(room=20)
    run = Fitted(device, None, "cuda:0", Reporter(quiet=True))
    assert run.size == 1
    assert [float(np.asarray(wave)[0]) for wave in run(CLIPS, SEEDS)] == SEEDS
    assert device.asked == [1, 4, 2]
