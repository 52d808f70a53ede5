"""Makes vggish.npz and resample.npz: what torchvggish and torchaudio give for the audio and weights of formulas.py.

Nothing of the project computes here but those formulas. From the top of the checkout, in an environment with its
packages (torchaudio without its compiled library works beside a torch without CUDA)::

    git clone https://github.com/harritaylor/torchvggish ref/torchvggish
    git -C ref/torchvggish checkout f3f90969ce8fb77a05d984b892ddf662e8466377
    pip install --no-deps --target ref/torchaudio torchaudio==2.11.0 && rm ref/torchaudio/torchaudio/lib/*.so
    PYTHONPATH=tests:ref/torchvggish:ref/torchaudio python tests/metrics/golden/make_vggish.py

Made with torchvggish f3f90969, torchaudio 2.11.0, torch 2.13.0+cpu, numpy 2.4.6.
"""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import torch
from formulas import RATES, excerpt, random_weights, sounds, to_resample

from bench.audio import Sound, Waveform

SEED = 20_170_119
HERE = Path(__file__).parent


def resampled(wave: Waveform, rate: int, new_rate: int) -> Waveform:
    """Torchaudio's, with its defaults."""
    functional: Any = importlib.import_module("torchaudio.functional")
    found: Waveform = functional.resample(torch.from_numpy(wave)[None], rate, new_rate)[0].numpy()
    return found


def network() -> Any:
    """torchvggish as audioldm_eval's metrics/fad.py sets it up, but with random weights in place of the official."""
    sys.modules.setdefault("resampy", types.ModuleType("resampy"))  # imported there, but not called for 16 kHz
    original: Any = importlib.import_module("torchvggish.vggish")
    model = original.VGGish(urls={}, device=torch.device("cpu"), pretrained=False, postprocess=False)
    shapes = {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()}
    model.load_state_dict(random_weights(SEED, shapes))
    model.embeddings = torch.nn.Sequential(*list(model.embeddings.children())[:-1])
    return model.eval()


def heard(sound: Sound) -> Waveform:
    """What audioldm_eval's datasets/load_mel.py makes of a recording."""
    channel = torch.from_numpy(np.ascontiguousarray(sound.samples[:, 0]))
    wave = resampled((channel - channel.mean()).numpy(), sound.rate, 16_000)
    return np.pad(wave, (0, max(0, 32_000 - len(wave))))


def main() -> None:
    model = network()
    arrays: dict[str, Any] = {"seed": SEED}
    arrays |= {f"weights/{key}": tensor.flatten()[:4].numpy() for key, tensor in model.state_dict().items()}
    arrays |= {f"embeddings/{name}": model(heard(sound), 16_000).detach().numpy() for name, sound in sounds().items()}
    np.savez_compressed(HERE / "vggish.npz", **arrays)
    excerpts: dict[str, Any] = {
        f"{rate}-{new_rate}-{samples}": excerpt(resampled(wave, rate, new_rate))
        for rate, new_rate in RATES
        for samples, wave in to_resample(rate).items()
    }
    np.savez_compressed(HERE / "resample.npz", **excerpts)


if __name__ == "__main__":
    main()
