"""What generating leaves behind beside the audio: the timings, with the energy where something counts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench import executor
from bench.audio import Waveform
from bench.clip import Clip
from bench.executor import Generated, Sampling, generate
from bench.progress import Reporter
from bench.system import Generate, System
from bench.systems.noise import SYSTEMS

CLIPS = [Clip(f"c{index}", "noise", seconds=0.2) for index in range(5)]


def generated(folder: Path) -> Generated:
    return generate(SYSTEMS["noise"], CLIPS, folder, Sampling(0, "cpu", 2), Reporter())


def test_a_batch_shares_its_energy_among_its_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter([0.0, 10.0, 10.0, 16.0, 20.0, 21.0])  # what a counter says before and after each of three batches
    monkeypatch.setattr(executor, "joules", lambda device: next(readings))
    assert [timing.joules for timing in generated(tmp_path).timings] == [5.0, 5.0, 3.0, 3.0, 1.0]
    assert [timing.joules for timing in generated(tmp_path).timings] == [5.0, 5.0, 3.0, 3.0, 1.0]  # from the file


def test_without_a_counter_energy_is_none(tmp_path: Path) -> None:
    assert {timing.joules for timing in generated(tmp_path).timings} == {None}


@dataclass(frozen=True, kw_only=True)
class Reused(System):
    """It writes every clip into the same array."""

    def load(self, device: str) -> Generate:
        buffer = np.zeros(3200, np.float32)

        def run(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
            buffer[:] = 0.1 + int(clips[0].id[1:]) / 10
            return [buffer]

        return run


def test_a_system_may_use_its_arrays_again(tmp_path: Path) -> None:
    made = generate(Reused(), CLIPS, tmp_path, Sampling(0, "cpu", 1), Reporter(quiet=True))
    levels = [float(soundfile.read(made.paths[clip.id])[0].mean()) for clip in CLIPS]
    np.testing.assert_allclose(levels, [0.1, 0.2, 0.3, 0.4, 0.5], atol=1e-3)
