"""Makes audioldm.npz: what U-Net and sampler of haoheliu/AudioLDM give for weights by formula, and the U-Net's keys.

Nothing of the project computes here but formulas of its tests. From the top of the checkout, in an environment with its
packages and those named below::

    git clone https://github.com/haoheliu/AudioLDM ref/AudioLDM
    git -C ref/AudioLDM checkout 4054cb418ba3d947d94f6ad302f1d6a320e2313c
    pip install --no-deps --target ref/packages einops
    PYTHONPATH=tests:ref/packages python tests/systems/golden/make_audioldm.py ref/AudioLDM

Made with AudioLDM 4054cb41, torch 2.13.0+cpu, einops 0.8.2.
"""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tiny import audioldm as tiny

HERE = Path(__file__).parent


def packages(checkout: Path) -> None:
    """The checkout's packages without what they import besides."""
    for name in ("audioldm", "audioldm.latent_diffusion", "audioldm.utils"):
        package = types.ModuleType(name)
        package.__path__ = [str(checkout.joinpath(*name.split(".")))]
        sys.modules[name] = package
    sys.modules["audioldm.utils"].instantiate_from_config = None  # type: ignore[attr-defined] # imported, not called


def unet(arrays: dict[str, Any]) -> Any:
    """The U-Net, narrow, with weights by formula; its keys go among the arrays, one a line."""
    network = importlib.import_module("audioldm.latent_diffusion.openaimodel").UNetModel(
        image_size=64, extra_film_condition_dim=tiny.CLAP, extra_film_use_concat=True, in_channels=8, out_channels=8,
        model_channels=32, attention_resolutions=[8, 4, 2], num_res_blocks=1, channel_mult=[1, 2, 2, 3],
        num_head_channels=32, use_spatial_transformer=True,
    )  # fmt: skip
    shapes = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
    network.load_state_dict(tiny.original_weights(shapes))
    text = "\n".join(" ".join([key, *map(str, shape)]) for key, shape in shapes.items())
    arrays["keys/unet"] = np.frombuffer(text.encode(), np.uint8)
    return network.eval()


def model(network: Any) -> Any:
    """What the sampler takes for the whole of AudioLDM: noise schedule and U-Net."""
    betas = importlib.import_module("audioldm.latent_diffusion.util").make_beta_schedule("linear", 1000, 0.0015, 0.0195)
    alphas = np.cumprod(1.0 - betas)
    return types.SimpleNamespace(
        device=torch.device("cpu"),
        num_timesteps=1000,
        betas=torch.tensor(betas, dtype=torch.float32),
        alphas_cumprod=torch.tensor(alphas, dtype=torch.float32),
        alphas_cumprod_prev=torch.tensor(np.append(1.0, alphas[:-1]), dtype=torch.float32),
        apply_model=lambda latents, times, told: network(latents, times, y=told.squeeze(1)),
    )


@torch.no_grad()
def main() -> None:
    packages(Path(sys.argv[1]).resolve())
    arrays: dict[str, Any] = {}
    sampler = importlib.import_module("audioldm.latent_diffusion.ddim").DDIMSampler(model(unet(arrays)))
    wanted, empty = (vector[:, None] for vector in tiny.vectors())
    for eta in (1.0, 0.0):
        torch.manual_seed(tiny.SEED)  # it draws from torch's own generator
        found, _ = sampler.sample(
            tiny.STEPS, 1, (8, tiny.FRAMES, 16), wanted, eta=eta, verbose=False,
            unconditional_guidance_scale=2.5, unconditional_conditioning=empty,
        )  # fmt: skip
        arrays[f"latents/{eta}"] = found[0].numpy()
    np.savez_compressed(HERE / "audioldm.npz", **arrays)


if __name__ == "__main__":
    main()
