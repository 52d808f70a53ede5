"""Writes random weights in the official files' layout: ``python tests/parity_weights.py FOLDER``, for `make parity`.

It takes the packages of the extra ``reference``, since only laion-clap knows all tensors of its files.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import roberta
import torch
from formulas import panns_weights, random_clap, random_weights

from bench.metrics._clap import CLAP_630K, CLAP_MUSIC, CLAP_MUSIC_SPEECH
from bench.metrics._clap_checkpoint import Size
from bench.metrics._panns import KEYS as PANNS
from bench.metrics._panns import PANNS_16K, PANNS_32K
from bench.metrics._passt import KEYS as PASST_KEYS
from bench.metrics._passt import PASST
from bench.metrics._reference import laion_clap
from bench.metrics._vggish import KEYS as VGGISH_KEYS
from bench.metrics._vggish import VGGISH

SEED = 20_241_124


def clap(size: Size, words: Path) -> dict[str, Any]:
    """A checkpoint as LAION's training saved it: behind ``module.``, with the positions that a new RoBERTa lacks."""
    model = laion_clap(size, words / "vocab.json").model
    state = model.state_dict()
    trained = {key for key, parameter in model.named_parameters() if parameter.requires_grad}
    trained |= {f"audio_branch.bn0.running_{moment}" for moment in ("mean", "var")}
    state |= random_clap(SEED, {key: tuple(state[key].shape) for key in trained})
    state["text_branch.embeddings.position_ids"] = torch.arange(514)[None]
    return {"epoch": 15, "name": size, "state_dict": {f"module.{key}": tensor for key, tensor in state.items()}}


def write(folder: Path) -> None:
    """Write all files that `bench doctor --parity` looks for."""
    (folder / "roberta-base").mkdir(parents=True, exist_ok=True)
    words = roberta.write(folder / "roberta-base")
    torch.save(random_weights(SEED, VGGISH_KEYS), folder / VGGISH.files[0].file)
    torch.save(random_weights(SEED, PASST_KEYS), folder / PASST.files[0].file)
    for rate, embedder in {16_000: PANNS_16K, 32_000: PANNS_32K}.items():
        torch.save({"model": panns_weights(SEED, PANNS[rate], rate)}, folder / embedder.files[0].file)
    torch.save(clap("tiny", words), folder / CLAP_630K.files[0].file)
    base = folder / CLAP_MUSIC_SPEECH.files[0].file
    torch.save(clap("base", words), base)
    other = folder / CLAP_MUSIC.files[0].file
    other.unlink(missing_ok=True)
    os.link(base, other)  # the two are one network, and 800 MB


if __name__ == "__main__":
    write(Path(sys.argv[1]))
