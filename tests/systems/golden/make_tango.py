"""Makes tango.npz: what the classes of declare-lab/tango give for weights by formula, and their keys.

Nothing of the project computes here but formulas and tokenizers of its tests. From the top of the checkout, in an
environment with its packages and those named below::

    git clone https://github.com/declare-lab/tango ref/tango
    git -C ref/tango checkout 34ecd38898508017ca937508a047b42817d2b070
    pip install --no-deps --target ref/packages einops
    PYTHONPATH=tests:ref/packages python tests/systems/golden/make_tango.py ref/tango

Made with tango 34ecd388, diffusers 0.42.1, transformers 5.23.0, torch 2.13.0+cpu, einops 0.8.2.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import json
import os
import sys
import tempfile
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import diffusers
import numpy as np
import torch
import transformers
from diffusers.utils import torch_utils
from tiny import tango as tiny
from tiny import tokens

HERE = Path(__file__).parent
ABSENT = {"torchaudio", "progressbar", "librosa", "soundfile"}  # imported by what is not called here
PROMPTS = {"guided": ("an old engine starts, coughs and stops", 3.0), "plain": ("slow piano", 1.0)}
STEPS = 6
LIBRARY: Any = diffusers  # whose classes have no types
SCHEDULE = {  # stabilityai/stable-diffusion-2-1's scheduler
    "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction", "clip_sample": False, "steps_offset": 1,
}  # fmt: skip
LARGE = {  # google/flan-t5-large
    "vocab_size": 32_128, "d_model": 1024, "d_kv": 64, "d_ff": 2816, "num_layers": 24, "num_heads": 16,
    "feed_forward_proj": "gated-gelu",
}  # fmt: skip
FULL = {  # the mel autoencoder of audioldm-s-full
    **tiny.VAE["ddconfig"], "ch": 128, "ch_mult": [1, 2, 4], "num_res_blocks": 2,
}  # fmt: skip


class Stub(types.ModuleType):
    """Stands for a package that the original imports and nothing here calls."""

    __path__: list[str] = []  # noqa: RUF012 - what marks a package

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds stubs."""

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] in ABSENT else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return Stub(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


def lines(state: Mapping[str, torch.Tensor]) -> Any:
    """Keys and shapes as text, one a line, such as ``unet.conv_in.bias 16``; as bytes."""
    text = "\n".join(" ".join([key, *map(str, tensor.shape)]) for key, tensor in state.items())
    return np.frombuffer(text.encode(), np.uint8)


def diffusion(unet: Path | str, t5: Mapping[str, Any], folder: Path) -> Any:
    """The original's model of these sizes; what it asks the hub for lies in a folder."""
    LIBRARY.DDPMScheduler(**SCHEDULE).save_pretrained(folder / "scheduler")
    tokens.t5(512).save_pretrained(folder / "t5")
    encoder = transformers.T5EncoderModel(transformers.T5Config(**t5))
    with mock.patch.object(transformers.T5EncoderModel, "from_pretrained", lambda *_: encoder):
        return importlib.import_module("models").AudioDiffusion(
            str(folder / "t5"), str(folder), unet_model_config_path=str(unet)
        )


def autoencoder(settings: Mapping[str, Any], vocoder: Mapping[str, Any]) -> Any:
    """The original's autoencoder of mel spectrograms, with its vocoder, of these sizes."""
    kind = importlib.import_module("audioldm.variational_autoencoder.autoencoder").AutoencoderKL
    config = importlib.import_module("audioldm.hifigan.utilities").HIFIGAN_16K_64
    with mock.patch.dict(config, vocoder):
        return kind(**settings)


def official_keys(checkout: Path, folder: Path) -> dict[str, Any]:
    """Keys and shapes of all that the published checkpoint holds."""
    from accelerate import init_empty_weights

    with init_empty_weights(include_buffers=False):  # 4 GB
        main = diffusion(checkout / "configs" / "diffusion_model_config.json", LARGE, folder)
    mel = autoencoder({**tiny.VAE, "ddconfig": FULL}, {})
    return {"official/main": lines(main.state_dict()), "official/vae": lines(mel.state_dict())}


def with_weights(network: Any, arrays: dict[str, Any], name: str) -> Any:
    """A network with weights by formula, and its keys among the arrays."""
    state = network.state_dict()
    network.load_state_dict(tiny.weights({key: tuple(tensor.shape) for key, tensor in state.items()}))
    arrays[f"keys/{name}"] = lines(state)
    return network.eval()


def sampled(model: Any, mel: Any, folder: Path) -> dict[str, Any]:
    """Latents of each prompt by itself, and the sound of one."""
    scheduler = LIBRARY.DDPMScheduler.from_pretrained(folder, subfolder="scheduler")
    arrays: dict[str, Any] = {}
    for name, (prompt, guidance) in PROMPTS.items():
        torch.manual_seed(tiny.SEED)  # it draws from torch's own generator
        latents = model.inference([prompt], scheduler, STEPS, guidance)
        arrays[f"latents/{name}"] = latents[0, :, ::8].numpy()
        if name == "guided":
            spectrogram = mel.decode_first_stage(latents)
            wave = mel.vocoder(spectrogram.squeeze(1).permute(0, 2, 1)).squeeze(1)
            arrays |= {"mel": spectrogram[0, 0, ::16].numpy(), "wave": wave[0, ::37].numpy()}
    return arrays


@torch.no_grad()
def main() -> None:
    checkout = Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(checkout))
    sys.meta_path.insert(0, Finder())
    diffusers.utils.randn_tensor = torch_utils.randn_tensor  # type: ignore[attr-defined] # where it once was
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(folder)
        arrays = official_keys(checkout, folder)
        (folder / "unet.json").write_text(json.dumps(tiny.UNET))
        model = with_weights(diffusion(folder / "unet.json", tiny.T5, folder), arrays, "main")
        mel = with_weights(autoencoder(tiny.VAE, tiny.VOCODER), arrays, "vae")
        arrays |= sampled(model, mel, folder)
    np.savez_compressed(HERE / "tango.npz", **arrays)


if __name__ == "__main__":
    main()
