"""Makes logmel64.npz: the log-mel spectrograms of haoheliu/AudioLDM for the audio of formulas.py.

Nothing of the project computes here but those formulas. From the top of the checkout, in an environment with its
packages, scipy and librosa::

    git clone https://github.com/haoheliu/AudioLDM ref/AudioLDM
    git -C ref/AudioLDM checkout 4054cb418ba3d947d94f6ad302f1d6a320e2313c
    PYTHONPATH=tests python tests/systems/golden/make_logmel64.py ref/AudioLDM

Made with AudioLDM 4054cb41, librosa 0.11.0, scipy 1.17.1, torch 2.13.0+cpu.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import torch
from formulas import clicks, noise, sines

HERE = Path(__file__).parent
SAMPLES = 6_400
WAVES = {
    "noise": noise(1, SAMPLES),
    "sines": sines(16_000, SAMPLES, 220.0, 1_000.0, 7_500.0, level=0.45),  # beyond full scale at times
    "clicks": clicks(16_000, SAMPLES + 77),
}


def named(function: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """The function, called with arguments by place."""
    return lambda *arguments: function(**dict(zip(names, arguments, strict=True)))


def main() -> None:
    # librosa takes by name alone what it took by place when the original was written.
    filters: Any = librosa.filters
    util: Any = librosa.util
    filters.mel = named(filters.mel, "sr", "n_fft", "n_mels", "fmin", "fmax")
    util.pad_center = named(util.pad_center, "data", "size")
    for name in ("audioldm", "audioldm.audio"):  # without what the packages import besides
        package = types.ModuleType(name)
        package.__path__ = [str(Path(sys.argv[1]).resolve().joinpath(*name.split(".")))]
        sys.modules[name] = package
    original: Any = importlib.import_module("audioldm.audio.stft")
    spectrogram = original.TacotronSTFT(1024, 160, 1024, 64, 16_000, 0, 8_000)
    arrays: dict[str, Any] = {}
    for name, wave in WAVES.items():
        heard = torch.from_numpy(wave)[None].clip(-1, 1)  # as in its get_mel_from_wav
        arrays |= {f"wave/{name}": wave, f"mel/{name}": spectrogram.mel_spectrogram(heard)[0][0].T.numpy()}
    np.savez_compressed(HERE / "logmel64.npz", **arrays)


if __name__ == "__main__":
    main()
