"""Runs that the gate's tests compare, made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from gate.simulation import DEGRADED, SOUND, card, made


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[dict[str, Path]]:
    """Folders of records on one suite of 24 clips: the checkpoint at four seeds, and what is wrong with it at one."""
    folder = tmp_path_factory.mktemp("gate")
    systems = {"quiet": DEGRADED["6 dB quieter"], "silent": DEGRADED["5 % silent clips"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_CACHE", str(cache))
        suite = card(folder, takes=1, seconds=0.5)
        found = {f"seed {seed}": made(SOUND, suite, seed, folder / f"seed {seed}") for seed in range(4)}
        found |= {name: made(system, suite, 1, folder / name) for name, system in systems.items()}
        yield found
