"""The networks on a GPU: the same numbers as on the CPU, but for the order of float32 sums."""

from __future__ import annotations

from pathlib import Path

import checkpoints
import numpy as np
import pytest
import torch
from formulas import noise, swelling

from bench.device import full_precision
from bench.plugins import embedders

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")]

NETWORKS = {
    "vggish": "vggish-10086976.pth",
    "passt": "passt-s-f128-p16-s10-ap.476-swa.pt",
    "panns-16k": "Cnn14_16k_mAP=0.438.pth",
    "panns-32k": "Cnn14_mAP=0.431.pth",
    "clap-630k": "630k-audioset-best.pt",
    "clap-music-speech": "music_speech_audioset_epoch_15_esc_89.98.pt",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_gpu_gives_what_the_cpu_gives(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In full precision; cuDNN's own choice of TF32 would be off by 1e-3."""
    monkeypatch.setenv("BENCH_WEIGHTS", str(checkpoints.write(tmp_path, NETWORKS[name])))
    embedder = embedders()[name]
    waves = [swelling(embedder.rate, 10 * embedder.rate), noise(1, 10 * embedder.rate)]
    with full_precision():
        ours, theirs = (np.concatenate(embedder.load(device)(waves)) for device in ("cuda:0", "cpu"))
    np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=1e-4 * np.abs(theirs).max())
