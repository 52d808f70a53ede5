"""Every embedder's weights file in its official layout and at full size, with random weights by formula."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import roberta
import torch
from formulas import clap_spectrogram, panns_weights, random_clap, random_weights

from bench.metrics import _panns, _passt, _vggish

GOLDEN = Path(__file__).parent / "metrics" / "golden" / "clap.npz"  # which knows LAION's keys
SEED = 7

State = dict[str, torch.Tensor]


def clap(size: str) -> State:
    """LAION's state dict for HTSAT-base or -tiny; what no embedding depends on is a single zero."""
    with np.load(GOLDEN) as golden:
        keys, index = json.loads(str(golden[f"{size}/keys"])), torch.from_numpy(golden["index"])
    made = {key: torch.zeros((), dtype=torch.long) for key in keys["constant"]}
    made |= {key: index for key in made if key.endswith("relative_position_index")}
    drawn = random_clap(SEED, {key: tuple(shape) for key, shape in keys["drawn"].items()})
    return {f"module.{key}": tensor for key, tensor in {**made, **drawn, **clap_spectrogram()}.items()}


FILES: dict[str, Callable[[], object]] = {
    "vggish-10086976.pth": lambda: random_weights(SEED, _vggish.KEYS),
    "passt-s-f128-p16-s10-ap.476-swa.pt": lambda: random_weights(SEED, _passt.KEYS),
    "Cnn14_16k_mAP=0.438.pth": lambda: {"model": panns_weights(SEED, _panns.KEYS[16_000], 16_000)},
    "Cnn14_mAP=0.431.pth": lambda: {"model": panns_weights(SEED, _panns.KEYS[32_000], 32_000)},
    # As LAION's training script wrote them: numpy numbers among the rest, by a protocol that torch itself refuses.
    "music_speech_audioset_epoch_15_esc_89.98.pt": lambda: {"acc": np.float64(0.9), "state_dict": clap("base")},
    "630k-audioset-best.pt": lambda: {"acc": np.float64(0.9), "state_dict": clap("tiny")},
}


def write(folder: Path, *names: str) -> Path:
    """Write some weights files, and with CLAP's a tokenizer, into a folder and return it."""
    for name in names:
        torch.save(FILES[name](), folder / name, pickle_protocol=4 if "audioset" in name else 2)
    if any("audioset" in name for name in names):
        (folder / "roberta-base").mkdir(exist_ok=True)
        roberta.write(folder / "roberta-base")
    return folder
