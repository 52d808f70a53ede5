"""Makes panns.npz: what Cnn14 in frechet-audio-distance gives for the audio and weights of formulas.py.

Nothing of the project computes here but those formulas. From the top of the checkout, in an environment with its
packages (torchaudio without its compiled library works beside a torch without CUDA)::

    pip install --no-deps --target ref/panns frechet-audio-distance==0.3.4 torchlibrosa==0.1.0 librosa==0.11.0 \\
        lazy_loader numba llvmlite joblib cloudpickle decorator scikit-learn threadpoolctl audioread msgpack pooch \\
        platformdirs
    pip install --no-deps --target ref/torchaudio torchaudio==2.11.0 && rm ref/torchaudio/torchaudio/lib/*.so
    PYTHONPATH=tests:ref/panns:ref/torchaudio python tests/metrics/golden/make_panns.py

Made with frechet-audio-distance 0.3.4, torchlibrosa 0.1.0, librosa 0.11.0, torchaudio 2.11.0, torch 2.13.0+cpu,
numpy 2.4.6. Logits are what the layer fc_audioset gives, as in audioldm_eval's feature_extractors/panns/models.py.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import torch
from formulas import panns_weights, sounds

from bench.audio import Sound, Waveform

SEED = 20_191_221
HERE = Path(__file__).parent
NETWORKS: dict[int, tuple[str, dict[str, int]]] = {
    16_000: ("Cnn14_16k", {"window_size": 512, "hop_size": 160, "fmax": 8_000}),
    32_000: ("Cnn14", {"window_size": 1024, "hop_size": 320, "fmax": 14_000}),
}
NAMES = {
    16_000: ("noise", "sines", "silence", "clicks", "short", "long", "stereo"),
    32_000: ("noise", "sines", "silence", "short", "high-rate", "stereo"),
}
FRAMES = (0, 1, 100, 200)  # of which the spectrogram is kept


def stand_in() -> None:
    """An empty package around the file of the network: the real one imports embedders that need not be installed."""
    found = importlib.util.find_spec("frechet_audio_distance")
    assert found is not None
    package: Any = types.ModuleType("frechet_audio_distance")
    package.__path__ = found.submodule_search_locations
    sys.modules["frechet_audio_distance"] = package


def network(rate: int) -> Any:
    """The original with random weights; the front end's are by formula too, which its own are shown to equal."""
    name, settings = NETWORKS[rate]
    original = getattr(importlib.import_module("frechet_audio_distance.models.pann"), name)
    model = original(sample_rate=rate, mel_bins=64, fmin=50, classes_num=527, **settings)
    own = dict(model.state_dict())
    made = panns_weights(SEED, {key: tuple(tensor.shape) for key, tensor in own.items()}, rate)
    for key in own:
        if "_extractor." in key:
            torch.testing.assert_close(made[key], own[key], rtol=1e-5, atol=1e-6 * float(own[key].max()))
    model.load_state_dict(made)
    return model.eval()


def heard(sound: Sound, rate: int) -> Waveform:
    """What audioldm_eval's datasets/load_mel.py makes of a recording."""
    functional: Any = importlib.import_module("torchaudio.functional")
    channel = torch.from_numpy(np.ascontiguousarray(sound.samples[:, 0]))
    wave: Waveform = functional.resample((channel - channel.mean())[None], sound.rate, rate)[0].numpy()
    return np.pad(wave, (0, max(0, 2 * rate - len(wave))))


@torch.no_grad()
def main() -> None:
    stand_in()
    arrays: dict[str, Any] = {"seed": SEED}
    for rate, names in NAMES.items():
        model = network(rate)
        arrays |= {
            f"weights/{rate}/{key}": tensor.flatten()[:: max(1, tensor.numel() // 7)].numpy()
            for key, tensor in model.state_dict().items()
        }
        seen: dict[str, Any] = {}
        model.bn0.register_forward_hook(lambda *passed, seen=seen: seen.update(normed=passed[2]))
        model.fc_audioset.register_forward_hook(lambda *passed, seen=seen: seen.update(logits=passed[2]))
        for name in names:
            found = model(torch.from_numpy(heard(sounds()[name], rate))[None])
            assert torch.equal(seen["logits"].sigmoid(), found["clipwise_output"])
            arrays[f"spectrograms/{rate}/{name}"] = seen["normed"][0, :, :, 0].T[list(FRAMES)].numpy()
            arrays[f"embeddings/{rate}/{name}"] = found["embedding"][0].numpy()
            arrays[f"logits/{rate}/{name}"] = seen["logits"][0].numpy()
    np.savez_compressed(HERE / "panns.npz", **arrays)


if __name__ == "__main__":
    main()
