"""Makes passt.npz: what hear21passt gives for the audio and weights of formulas.py.

Nothing of the project computes here but those formulas. From the top of the checkout, in an environment with its
packages (torchaudio without its compiled library works beside a torch without CUDA)::

    pip install --no-deps --target ref/hear21passt hear21passt==0.0.26
    pip install --no-deps --target ref/torchaudio torchaudio==2.11.0 && rm ref/torchaudio/torchaudio/lib/*.so
    PYTHONPATH=tests:ref/hear21passt:ref/torchaudio python tests/metrics/golden/make_passt.py

Made with hear21passt 0.0.26, torchaudio 2.11.0, torch 2.13.0+cpu, numpy 2.4.6.
"""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import torch
from formulas import random_weights, sounds

from bench.audio import Sound, Waveform

SEED = 20_211_011
HERE = Path(__file__).parent
PADDED = ("short", "stereo")  # to 10 s, or cut, as for the logits of evaluation tools
WHOLE = ("noise", "sines", "clicks", "silence", "high-rate")  # as long as they are
FRAMES = (0, 1, 80, 150, 998, 999)  # of which the spectrogram is kept


def network() -> Any:
    """get_basic_model(mode="logits"), but with random weights in place of the official."""
    hub: Any = types.ModuleType("timm.models._hub")
    hub.download_cached_file = None  # imported there, but called for official weights only
    sys.modules |= {"timm": types.ModuleType("timm"), "timm.models": types.ModuleType("timm.models"), hub.__name__: hub}
    net = importlib.import_module("hear21passt.models.passt").get_model("passt_s_swa_p16_128_ap476", pretrained=False)
    mel = importlib.import_module("hear21passt.models.preprocess").AugmentMelSTFT(
        n_mels=128, sr=32_000, win_length=800, hopsize=320, n_fft=1024, freqm=48, timem=192,
        htk=False, fmin=0.0, fmax=None, norm=1, fmin_aug_range=10, fmax_aug_range=2000,
    )  # fmt: skip
    net.load_state_dict(random_weights(SEED, {key: tuple(tensor.shape) for key, tensor in net.state_dict().items()}))
    return importlib.import_module("hear21passt.wrapper").PasstBasicWrapper(mel=mel, net=net, mode="logits").eval()


def heard(sound: Sound) -> Waveform:
    """The first channel without its mean, at 32 kHz."""
    functional: Any = importlib.import_module("torchaudio.functional")
    channel = torch.from_numpy(np.ascontiguousarray(sound.samples[:, 0]))
    wave: Waveform = functional.resample((channel - channel.mean())[None], sound.rate, 32_000)[0].numpy()
    return wave


@torch.no_grad()
def main() -> None:
    model = network()
    arrays: dict[str, Any] = {"seed": SEED}
    arrays |= {f"weights/{key}": tensor.flatten()[:4].numpy() for key, tensor in model.net.state_dict().items()}
    for name in (*PADDED, *WHOLE):
        wave = heard(sounds()[name])
        if name in PADDED:
            wave = np.pad(wave[:320_000], (0, max(0, 320_000 - len(wave))))
        spectrogram = model.mel(torch.from_numpy(wave)[None])
        logits, embedding = model.net(spectrogram[:, None])
        assert torch.equal(logits, model(torch.from_numpy(wave)[None]))
        frames = [frame for frame in FRAMES if frame < spectrogram.shape[2]]
        arrays[f"spectrograms/{name}"] = spectrogram[0].T[frames].numpy()
        arrays |= {f"embeddings/{name}": embedding[0].numpy(), f"logits/{name}": logits[0].numpy()}
    np.savez_compressed(HERE / "passt.npz", **arrays)


if __name__ == "__main__":
    main()
