"""Makes audioldm2_original.npz: what the classes of haoheliu/AudioLDM2 give for weights by formula, and their keys.

Nothing of the project computes here but formulas and tokenizers of its tests. From the top of the checkout, in an
environment with its packages and those named below, which need no compiled library::

    git clone https://github.com/haoheliu/AudioLDM2 ref/AudioLDM2
    git -C ref/AudioLDM2 checkout b5786c5dc0ae8f766337fdc1b67ab6046586d14d
    pip install --no-deps --target ref/packages einops timm torchlibrosa ftfy wcwidth progressbar torchaudio==2.11.0
    rm ref/packages/torchaudio/lib/*.so
    PYTHONPATH=tests:ref/packages python tests/systems/golden/make_audioldm2_original.py ref/AudioLDM2

Made with AudioLDM2 b5786c5d, transformers 5.23.0, torch 2.13.0+cpu, einops 0.8.2, timm 1.0.31, torchlibrosa 0.1.0.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
import transformers
from tiny import tokens
from tiny.audioldm2_original import SCALE, SEED, weights

HERE = Path(__file__).parent
ABSENT = {
    "torchvision",
    "unidecode",
    "phonemizer",
    "ipdb",
    "wandb",
    "matplotlib",
    "pandas",
    "h5py",
    "webdataset",
    "braceexpand",
}
OFFICIAL = {"full": "audioldm2-full", "large": "audioldm2-full-large-1150k", "speech": "audioldm2-speech-gigaspeech"}

WIDTH, JOINT, T5, PHONEMES = 128, 24, 48, 24  # of GPT-2, of CLAP's space, of Flan-T5 and of the phoneme encoder
CONTEXTS: dict[str, list[int | None]] = {"full": [WIDTH, T5], "large": [WIDTH, T5, None], "speech": [WIDTH]}
PROMPTS = ["a kettle whistles while a clock ticks", "slow piano over soft strings"]
FRAMES, STEPS, GUIDANCE = 16, 8, 3.5
Module = Any


class Kind(type):
    """A class that has every attribute."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Kind(name, (), {"__init__": lambda *_, **__: None})


class Stub(types.ModuleType):
    """Stands for a package that the original imports and nothing here runs."""

    __path__: list[str] = []  # noqa: RUF012 - what marks a package

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Kind(name, (), {"__init__": lambda *_, **__: None})


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds stubs."""

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] in ABSENT else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return Stub(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


def original(name: str) -> Any:
    """A module of the checkout."""
    return importlib.import_module(f"audioldm2.{name}")


def shapes(state: Mapping[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {key: tuple(tensor.shape) for key, tensor in state.items()}


def lines(state: Mapping[str, torch.Tensor]) -> Any:
    """Keys and shapes as text, one a line, such as ``out.2.bias 8``; as bytes."""
    text = "\n".join(" ".join([key, *map(str, shape)]) for key, shape in shapes(state).items())
    return np.frombuffer(text.encode(), np.uint8)


def with_weights(network: Module, arrays: dict[str, Any], name: str) -> Module:
    """A network with weights by formula, and its keys among the arrays."""
    state = network.state_dict()
    network.load_state_dict({**state, **weights(shapes(state))})
    arrays[f"keys/{name}"] = lines(state)
    return network.eval()


def configurations() -> contextlib.ExitStack:
    """Within it, what the original asks the hub for is the published values, without asking."""
    published = {
        "GPT2Config": transformers.GPT2Config(),
        "RobertaConfig": transformers.RobertaConfig(
            vocab_size=50_265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5
        ),
        "T5Config": transformers.T5Config(
            d_model=1024, d_kv=64, d_ff=2816, num_layers=24, num_heads=16, feed_forward_proj="gated-gelu"
        ),
    }
    stack = contextlib.ExitStack()
    for name, value in published.items():
        stack.enter_context(mock.patch.object(getattr(transformers, name), "from_pretrained", lambda _, v=value: v))
    for name in ("AutoTokenizer", "RobertaTokenizer"):
        stack.enter_context(mock.patch.object(getattr(transformers, name), "from_pretrained", lambda *_: None))
    return stack


@contextlib.contextmanager
def unallocated() -> Iterator[None]:
    """Networks built within it have no memory for their parameters, and stay where they are."""
    empty: Any = importlib.import_module("accelerate").init_empty_weights
    register, module = torch.nn.Module.register_parameter, original("clap.open_clip.htsat")

    def allocated(kind: Module, **settings: Any) -> Module:  # these write into their parameters
        with mock.patch.object(torch.nn.Module, "register_parameter", register):
            return kind(**settings)

    with configurations() as stack:
        for kind in ("Spectrogram", "LogmelFilterBank"):
            stack.enter_context(mock.patch.object(module, kind, partial(allocated, getattr(module, kind))))
        stack.enter_context(mock.patch.object(torch.nn.Module, "to", lambda self, *_, **__: self))
        stack.enter_context(empty(include_buffers=False))
        yield


def official_keys() -> dict[str, Any]:
    """Keys and shapes of all that the published checkpoints hold, by architecture."""
    configured, ddpm = original("utils").default_audioldm_config, original("latent_diffusion.models.ddpm")
    found = {}
    for name, official in OFFICIAL.items():
        with unallocated():
            model = ddpm.LatentDiffusion(**configured(official)["model"]["params"], device="cpu")
        found[f"official/{name}"] = lines(model.state_dict())
    return found


def unet(arrays: dict[str, Any], name: str) -> Module:
    """A U-Net of a published architecture, narrow."""
    kind = original("latent_diffusion.modules.diffusionmodules.openaimodel").UNetModel
    network = kind(
        image_size=64, context_dim=CONTEXTS[name], in_channels=8, out_channels=8, model_channels=32,
        attention_resolutions=[8, 4, 2], num_res_blocks=2, channel_mult=[1, 1, 2, 2], num_head_channels=32,
        use_spatial_transformer=True, transformer_depth=2 if name == "large" else 1,
    )  # fmt: skip
    return with_weights(network, arrays, f"unet-{name}")


def contexts(name: str) -> list[Any]:
    """Two contexts of unlike lengths with their masks, the second's one item shorter for the second clip."""
    generator = np.random.Generator(np.random.PCG64(SEED))
    widths = [width for width in CONTEXTS[name] if width]
    made = [
        torch.from_numpy(generator.normal(size=(2, 8 - 2 * n, width)).astype(np.float32))
        for n, width in enumerate(widths)
    ]
    masks = [torch.ones(value.shape[:2]) for value in made]
    if len(masks) > 1:
        masks[1][1, -1] = 0.0
    return [made, masks]


def latents(seed: int) -> torch.Tensor:
    generator = np.random.Generator(np.random.PCG64(seed))
    return torch.from_numpy(generator.normal(size=(2, 8, FRAMES, 16)).astype(np.float32))


def autoencoder(arrays: dict[str, Any]) -> Module:
    """The mel autoencoder with its vocoder, both narrow."""
    config = {**original("utilities.model").get_vocoder_config(), "upsample_initial_channel": 64}
    with mock.patch.object(original("utilities.model"), "get_vocoder_config", lambda: config):
        network = original("latent_encoder.autoencoder").AutoencoderKL(
            ddconfig={
                "double_z": True, "mel_bins": 64, "z_channels": 8, "resolution": 256, "in_channels": 1, "out_ch": 1,
                "ch": 32, "ch_mult": [1, 2, 2], "num_res_blocks": 1, "attn_resolutions": [], "dropout": 0,
            },
            embed_dim=8,
        )  # fmt: skip
    return with_weights(network, arrays, "vae")


def clap(arrays: dict[str, Any]) -> Module:
    """CLAP with narrow towers."""
    models, htsat = original("clap.open_clip.model"), original("clap.open_clip.htsat")
    settings = importlib.import_module("json").loads(
        (Path(models.__file__).parent / "model_configs" / "HTSAT-base.json").read_text()
    )
    settings["text_cfg"]["model_type"] = "roberta"
    settings["audio_cfg"]["window_size"] = 128  # of a front end that is not run
    with unallocated():
        network = models.CLAP(**settings, enable_fusion=False, fusion_type="None")
    text = transformers.RobertaConfig(
        vocab_size=600, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=2, intermediate_size=96,
        max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5,
    )  # fmt: skip
    network.text_branch = transformers.RobertaModel(text)
    network.audio_branch = htsat.HTSAT_Swin_Transformer(
        embed_dim=16, depths=[2, 1, 1, 1], num_heads=[1, 2, 2, 4], num_classes=20, config=network.audio_cfg
    )
    for name, width in {"text": WIDTH, "audio": 128}.items():
        layers = [torch.nn.Linear(width, JOINT), torch.nn.ReLU(), torch.nn.Linear(JOINT, JOINT)]
        setattr(network, f"{name}_projection", torch.nn.Sequential(*layers))
        setattr(network, f"{name}_transform", models.MLPLayers(units=[JOINT] * 3, dropout=0.1))
    for scale in ("logit_scale_a", "logit_scale_t"):
        setattr(network, scale, torch.nn.Parameter(torch.tensor(1.0)))
    arrays["clap/places"] = (
        network.audio_branch.layers[0].blocks[0].attn.relative_position_index.numpy().astype(np.int16)
    )
    return with_weights(network, arrays, "clap")


def heard(network: Module) -> torch.Tensor:
    """What CLAP's audio tower makes of a spectrogram in decibels, whose making is none of its weights."""
    spectrogram = torch.linspace(-60.0, 10.0, 1001 * 64).reshape(1, 1, 64, 1001).transpose(2, 3).contiguous()
    for part in ("spectrogram_extractor", "logmel_extractor"):
        setattr(network.audio_branch, part, torch.nn.Identity())
    found: torch.Tensor = network.get_audio_embedding({"waveform": spectrogram})
    return found


def writer(arrays: dict[str, Any]) -> Module:
    """What writes the language of audio, narrow, without encoders of its own."""
    with (
        configurations(),
        mock.patch.object(
            transformers.GPT2Config,
            "from_pretrained",
            lambda _: transformers.GPT2Config(n_embd=WIDTH, n_head=2, n_layer=2, vocab_size=50),
        ),
    ):
        network = original("audiomae_gen.sequence_input").Sequence2AudioMAE(
            base_learning_rate=1.0, sequence_gen_length=8, sequence_input_key=["film_clap_cond1", "crossattn_flan_t5"],
            sequence_input_embed_dim=[JOINT, T5], cond_stage_config={},
        )  # fmt: skip
    network.start_of_sequence_tokens = torch.nn.Embedding(32, WIDTH)
    network.end_of_sequence_tokens = torch.nn.Embedding(32, WIDTH)
    network.input_sequence_embed_linear = torch.nn.ModuleList(torch.nn.Linear(width, WIDTH) for width in (JOINT, T5))
    return with_weights(network, arrays, "writer")


def reader(arrays: dict[str, Any]) -> Module:
    """Flan-T5, narrow."""
    config = transformers.T5Config(
        vocab_size=300, d_model=T5, d_kv=8, d_ff=64, num_layers=2, num_heads=3, feed_forward_proj="gated-gelu"
    )
    return with_weights(transformers.T5EncoderModel(config), arrays, "t5")


def spoken(arrays: dict[str, Any]) -> None:
    """The encoder of phonemes, narrow."""
    encoders, phonemes = (
        original("latent_diffusion.modules.encoders.modules"),
        "latent_diffusion.modules.phoneme_encoder",
    )
    network = encoders.PhonemeEncoder(vocabs_size=183, pad_length=310, pad_token_id=0)
    network.text_encoder = original(f"{phonemes}.encoder").TextEncoder(
        183, out_channels=PHONEMES, hidden_channels=PHONEMES, filter_channels=32, n_layers=2
    )
    network.learnable_positional_embedding = torch.nn.Parameter(torch.zeros(1, PHONEMES, 310))
    network = with_weights(network, arrays, "phonemes")
    ids = torch.zeros(2, 310, dtype=torch.long)
    ids[0, :40], ids[1, :17] = torch.arange(1, 41), torch.arange(100, 117)
    hidden, mask = network(ids)
    arrays |= {"phonemes/ids": ids.numpy().astype(np.int16), "phonemes/hidden": hidden[:, :48].numpy()}
    arrays["phonemes/mask"] = mask.numpy().astype(bool)


def audiomae(arrays: dict[str, Any]) -> None:
    """AudioMAE, of which only the keys matter."""
    network = original("latent_diffusion.modules.audiomae.models_mae").MaskedAutoencoderViT(
        img_size=(1024, 128), in_chans=1, audio_exp=True, embed_dim=16, depth=1, num_heads=1, decoder_embed_dim=16,
        decoder_num_heads=1, decoder_depth=1,
    )  # fmt: skip
    arrays["keys/audiomae"] = lines(network.state_dict())


def conditions(arrays: dict[str, Any], towers: Mapping[str, Module]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the U-Net is told with and without the prompts, by the encoders and the writer."""
    roberta, t5 = tokens.roberta(), tokens.t5()
    asked = {"padding": "max_length", "truncation": True, "max_length": 512, "return_tensors": "pt"}
    text = towers["clap"].get_text_embedding(dict(roberta(PROMPTS, **asked)))
    read = []
    for prompts in (PROMPTS, [""]):
        batch = t5(prompts, max_length=128, padding=True, truncation=True, return_tensors="pt")
        hidden = towers["reader"](input_ids=batch.input_ids, attention_mask=batch.attention_mask)[0]
        read.append([hidden, batch.attention_mask.float()])
    told = {"film_clap_cond1": text[:, None], "crossattn_flan_t5": read[0]}
    written, _ = towers["writer"].generate(None, told)
    arrays |= {"clap/text": text.numpy(), "t5/hidden": read[0][0].numpy(), "writer/tokens": written.numpy()}
    ones = torch.ones(written.shape[:2])
    empty = torch.cat([read[1][0]] * 2)
    return (
        {"crossattn_audiomae_generated": [written, ones], "crossattn_flan_t5": read[0]},
        {
            "crossattn_audiomae_generated": [torch.zeros_like(written), ones],
            "crossattn_flan_t5": [empty, torch.ones(empty.shape[:2])],
        },
    )


def sampled(arrays: dict[str, Any], network: Module, told: Any, untold: Any) -> torch.Tensor:
    """Latents by the original's sampler with eta 1."""
    ddpm, ddim = original("latent_diffusion.models.ddpm"), original("latent_diffusion.models.ddim")
    wrapper = ddpm.DiffusionWrapper({"target": "types.SimpleNamespace"}, list(told))
    wrapper.diffusion_model = network
    model = types.SimpleNamespace(device="cpu", parameterization="eps", apply_model=wrapper)
    betas = original("latent_diffusion.modules.diffusionmodules.util").make_beta_schedule(
        "linear", 1000, 0.0015, 0.0195
    )
    alphas = np.cumprod(1.0 - betas)
    model.num_timesteps, model.betas = 1000, torch.tensor(betas, dtype=torch.float32)
    model.alphas_cumprod = torch.tensor(alphas, dtype=torch.float32)
    model.alphas_cumprod_prev = torch.tensor(np.append(1.0, alphas[:-1]), dtype=torch.float32)
    torch.manual_seed(SEED)  # the sampler draws from torch's own generator, for all clips at once
    found, _ = ddim.DDIMSampler(model, device="cpu").sample(
        STEPS, 2, (8, FRAMES, 16), told, verbose=False, eta=1.0, x_T=latents(1),
        unconditional_guidance_scale=GUIDANCE, unconditional_conditioning=untold,
    )  # fmt: skip
    arrays["sampler/latents"] = found.numpy()
    return torch.as_tensor(found)


@torch.no_grad()
def main() -> None:
    sys.path.insert(0, sys.argv[1])
    sys.meta_path.insert(0, Finder())  # after transformers has looked for what is there
    arrays: dict[str, Any] = {**official_keys()}
    networks = {name: unet(arrays, name) for name in CONTEXTS}
    for name, network in networks.items():
        values, masks = contexts(name)
        found = network(latents(2), torch.tensor([801, 21]), context_list=values, context_attn_mask_list=masks)
        arrays[f"unet/{name}"] = found[:1].numpy()
    audiomae(arrays)
    spoken(arrays)
    towers = {"clap": clap(arrays), "reader": reader(arrays), "writer": writer(arrays)}
    told, untold = conditions(arrays, towers)
    arrays["clap/audio"] = heard(towers["clap"]).numpy()
    first = autoencoder(arrays)
    found = sampled(arrays, networks["full"], told, untold)
    mel = first.decode(found / SCALE)
    arrays |= {"vae/mel": mel.numpy(), "vae/mean": first.encode(mel).mean[:1].numpy()}
    arrays["vocoder/wave"] = first.vocoder(mel[:1].squeeze(1).permute(0, 2, 1)).squeeze(1).numpy()
    np.savez_compressed(HERE / "audioldm2_original.npz", **arrays)


if __name__ == "__main__":
    main()
