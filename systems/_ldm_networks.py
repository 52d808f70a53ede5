"""The networks of the original latent-diffusion checkpoints as diffusers' and transformers' classes, filled strictly.

Each function takes the weights of one network under their original names, without a prefix, and gives a module in
float32 on the CPU, ready to run. Every weight of the module comes from the checkpoint and every weight of the
checkpoint goes into the module, or :class:`~bench.errors.BadInput` names those that don't.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.checkpoint import State
from bench.errors import BadInput

from ._ldm_keys import clap_state, phoneme_state, unet_state, vae_state, vocoder_state
from ._ldm_sizes import clap_sizes, gpt2_sizes, phoneme_sizes, t5_sizes, unet_sizes, vae_sizes, vocoder_sizes

Network = Any
"""A torch.nn.Module, which can't be named where torch is not imported."""

NAMED = 5  # weights that a message names


def refuse(faults: Mapping[str, Sequence[str]]) -> None:
    """Name what is wrong, if anything is.

    Args:
        faults: names of weights, or what is said of each, by what is wrong with them.

    Raises:
        BadInput: something is.
    """
    said = [
        f"{what} {', '.join(names[:NAMED])}{f' and {len(names) - NAMED} more' if len(names) > NAMED else ''}"
        for what, names in faults.items()
        if names
    ]
    if said:
        raise BadInput("; ".join(said))


def filled(name: str, state: Mapping[str, Any], make: Callable[[], Network]) -> Network:
    """A network with exactly these weights.

    Args:
        name: what it is called in messages.
        state: its weights, under the names that it has for them.
        make: builds it; its own random weights are never drawn.

    Raises:
        BadInput: some weight is missing, unknown or of another shape, or the shapes fit no network at all.
    """
    import torch

    try:
        with torch.device("meta"):
            network = make()
    except (ValueError, RuntimeError, ZeroDivisionError) as error:
        raise BadInput(f"the shapes of the {name} fit no such network: {error}") from error
    wanted = network.state_dict()
    shapes = [
        f"{key} as {tuple(state[key].shape)} instead of {tuple(tensor.shape)}"
        for key, tensor in wanted.items()
        if key in state and state[key].shape != tensor.shape
    ]
    refuse(
        {
            f"its {name} lacks": sorted(wanted.keys() - state.keys()),
            f"its {name} knows no": sorted(state.keys() - wanted.keys()),
            f"its {name} has": shapes,
        }
    )
    network.load_state_dict({key: _single(tensor) for key, tensor in state.items()}, assign=True)
    return network.eval().requires_grad_(False)


def _single(tensor: Any) -> Any:
    return tensor.float() if tensor.is_floating_point() else tensor


def unet(state: Mapping[str, Any], heads: int | None = None) -> Network:
    """An ``AudioLDM2UNet2DConditionModel``; ``heads`` as for :func:`._ldm_sizes.unet_sizes`."""
    import diffusers

    library: Any = diffusers  # its classes have no types
    made = unet_state(state)
    sizes = unet_sizes(made, heads)
    return filled("U-Net", made, lambda: library.AudioLDM2UNet2DConditionModel(**sizes))


def vae(state: Mapping[str, Any], scale: float) -> Network:
    """An ``AutoencoderKL`` of mel spectrograms, whose latents are multiplied by ``scale``."""
    import diffusers

    library: Any = diffusers
    made = vae_state(state)
    sizes = vae_sizes(made, scale)
    return filled("autoencoder", made, lambda: library.AutoencoderKL(**sizes))


def vocoder(state: Mapping[str, Any]) -> Network:
    """A ``SpeechT5HifiGan`` at 16 kHz."""
    from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

    made = vocoder_state(state)
    sizes = vocoder_sizes(made)
    return filled("vocoder", made, lambda: SpeechT5HifiGan(SpeechT5HifiGanConfig(**sizes)))


def clap(state: Mapping[str, Any]) -> Network:
    """A ``ClapModel``."""
    from transformers import ClapConfig, ClapModel

    made = clap_state(state)
    sizes = clap_sizes(made)
    return filled("CLAP", made, lambda: ClapModel(ClapConfig(**sizes)))


def t5(state: Mapping[str, Any]) -> Network:
    """A ``T5EncoderModel``; ``encoder.embed_tokens.weight`` is tied to ``shared.weight``."""
    from transformers import T5Config, T5EncoderModel

    sizes = t5_sizes(state)
    made = {**state, "encoder.embed_tokens.weight": state["shared.weight"]}
    network = filled("Flan-T5", made, lambda: T5EncoderModel(T5Config(**sizes)))
    network.tie_weights()
    return network


def phonemes(state: Mapping[str, Any]) -> Network:
    """A ``VitsModel`` with nothing but its text encoder, as that is all that AudioLDM 2 has of it."""
    import torch
    from transformers import VitsConfig, VitsModel

    made = phoneme_state(state)
    sizes = phoneme_sizes(made)

    def make() -> Network:
        network = VitsModel(VitsConfig(**sizes))
        for name, _ in list(network.named_children()):
            if name != "text_encoder":
                setattr(network, name, torch.nn.Identity())
        return network

    return filled("phoneme encoder", {f"text_encoder.{key}": tensor for key, tensor in made.items()}, make)


def gpt2(state: Mapping[str, Any], tokens: int) -> Network:
    """A ``GPT2LMHeadModel``, which writes so many tokens of the language of audio.

    The head that the class has, and nothing here reads, is tied to the embeddings of words.
    """
    from transformers import GPT2Config, GPT2LMHeadModel

    made: State = {f"transformer.{key}": tensor for key, tensor in state.items()}
    config = GPT2Config(**gpt2_sizes(made))
    config.max_new_tokens = tokens
    made["lm_head.weight"] = made["transformer.wte.weight"]
    network = filled("GPT-2", made, lambda: GPT2LMHeadModel(config))
    network.tie_weights()
    return network
