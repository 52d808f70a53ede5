"""AudioLDM 2 from a checkpoint as its own code saves it, put together of diffusers' and transformers' classes.

Paper: Liu et al., AudioLDM 2: Learning Holistic Audio Generation with Self-supervised Pretraining (2023,
arXiv:2308.05734).
Files: a ``.pth`` of haoheliu/AudioLDM2, or a ``.ckpt`` of haoheliu/AudioLDM-training-finetuning. Every key is used or
named in ``UNUSED``, and every weight of the networks comes from the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.checkpoint import State, load_state
from bench.errors import BadInput
from bench.hub import commit, snapshot
from bench.weights import digest_of

from ._ldm_keys import gathered, renamed
from ._ldm_networks import Network, clap, filled, gpt2, phonemes, refuse, t5, unet, vae, vocoder
from ._ldm_sizes import size
from ._loading import require_vocabulary

Pipeline = Any
"""A diffusers.AudioLDM2Pipeline, which can't be named where diffusers is not imported."""

WRITER = "cond_stage_models.0."  # what writes the language of audio, and the encoders that it reads
PARTS = {
    "unet": "model.diffusion_model.",
    "vae": "first_stage_model.",
    "vocoder": "first_stage_model.vocoder.",
    "clap": f"{WRITER}cond_stage_models.0.model.",
    "t5": f"{WRITER}cond_stage_models.1.model.",
    "phonemes": f"{WRITER}cond_stage_models.1.",
    "gpt2": f"{WRITER}model.",
    "projection": WRITER,
    "rest": "",
}
"""Where each part lies; a key belongs to the longest prefix that it begins with."""
NEEDED = ("unet", "vae", "vocoder", "clap", "gpt2", "projection")
REST = ("scale_factor", "alphas_cumprod")

WRITTEN = re.escape(WRITER)
ANY_CLAP = rf"(clap|{WRITTEN}cond_stage_models\.0)"
UNUSED = {
    r"betas|alphas_cumprod_prev|(sqrt|log)_\w+|posterior_\w+|lvlb_weights|logvar": "follows from the schedule, or loss",
    r"model_ema\..+": "moving average of the U-Net; where it is sampled with, it has been put in the U-Net's place",
    r"clap\.model\..+": "the CLAP that ranks candidates, LAION's as is the one that conditions",
    rf"{ANY_CLAP}\.mel_transform\..+": "front end of CLAP, in which nothing is learnt",
    rf"{ANY_CLAP}\.model\.audio_branch\.(spectrogram|logmel)_extractor\..+": "another one, which is not run",
    rf"{ANY_CLAP}\.model\.audio_branch\.(tscam_conv|head)\..+": "classifier on CLAP's audio tower",
    rf"{ANY_CLAP}\.model\.audio_branch\.layers\.\d+\.blocks\.\d+\.attn_mask": "follows from the window",
    rf"{ANY_CLAP}\.model\.(text|audio)_transform\..+": "heads of CLAP's training",
    rf"{ANY_CLAP}\.model\.text_branch\.embeddings\.(position|token_type)_ids": "0, 1, 2 …; 0, 0, 0 …",
    rf"{WRITTEN}cond_stage_models\.1\.model\.encoder\.embed_tokens\.weight": "tied to shared.weight",
    rf"{WRITTEN}cond_stage_models\.2\..+": "AudioMAE, which makes what GPT-2 learns to write",
    rf"{WRITTEN}model\.h\.\d+\.attn\.(bias|masked_bias)": "causal mask, which older versions of transformers saved",
    r"cond_stage_models\.1\.model\..+": "Flan-T5 once more, which must be equal to the writer's",
    r"first_stage_model\.loss\..+": "discriminator of the autoencoder's training",
}
"""What a file holds besides and no generation depends on, with the reason; patterns of whole keys."""

PROJECTION = (
    (r"^input_sequence_embed_linear\.0\.", "projection."),
    (r"^input_sequence_embed_linear\.1\.", "projection_1."),
)
BOUNDS = {"start_of_sequence_tokens.weight": "sos_embed", "end_of_sequence_tokens.weight": "eos_embed"}
POSITIONS = "learnable_positional_embedding"
TOKENS, SPEECH_TOKENS = 8, 512  # of the language of audio, written for a prompt or for a transcription
HUB, SPEECH_HUB = "cvssp/audioldm2", "anhnct/audioldm2_ljspeech"  # have the tokenizers, which no checkpoint holds
LONGEST = {"RobertaTokenizerFast": 512, "T5TokenizerFast": 128, "VitsTokenizer": 310}  # tokens, as in the original
SCHEDULE = {"beta_start": 0.0015, "beta_end": 0.0195, "beta_schedule": "scaled_linear"}
SLACK = 1e-4  # relative, between the file's noise schedule and this one


def pipeline_from_original(path: Path, *, heads: int | None = None, ema: bool | None = None) -> Pipeline:
    """The pipeline that a file holds, in float32 on the CPU.

    Tokenizers come from the folders ``tokenizer`` and ``tokenizer_2`` beside the file, or else from the hub.

    Args:
        path: the file.
        heads: attention heads at every level of the U-Net; None for the original's, one for each 32 channels.
        ema: whether to sample with the moving average of the U-Net's weights. None for what the code does that saved
            the file: the training code (``.ckpt``) samples with it where there is one, the released one never.

    Raises:
        BadInput: a key is missing, unknown or of another shape than its network takes; the message names it.
        NotEvaluable: the tokenizers are not here and can't be downloaded.
    """
    try:
        state = load_state(path, digest_of(path))
        if ema is None:
            ema = path.suffix == ".ckpt" and any(key.startswith("model_ema.") for key in state)
        parts = divided(sampled(state, ema))
        networks = _networks(parts, heads)
    except (BadInput, ValueError) as error:
        raise BadInput(f"{path.name}, read as an original AudioLDM 2 checkpoint: {error}") from error
    return _assembled(networks, path.parent, speech="phonemes" in parts)


def sampled(state: Mapping[str, Any], ema: bool) -> State:
    """The weights that are sampled with: the U-Net's own, or their moving average, whose names have lost their dots.

    Raises:
        BadInput: there is no moving average of some weight.
    """
    own = [key for key in state if ema and key.startswith(PARTS["unet"])]
    averages = {key: "model_ema." + key.removeprefix("model.").replace(".", "") for key in own}
    refuse({"it lacks": [average for average in averages.values() if average not in state]})
    return {**state, **{key: state[average] for key, average in averages.items()}}


def divided(state: Mapping[str, Any]) -> dict[str, State]:
    """The weights of each part that is there, without its prefix and without what no generation depends on.

    Raises:
        BadInput: something belongs to no part, a part is missing, or the two copies of Flan-T5 differ.
    """
    unused = re.compile("|".join(UNUSED))
    parts: dict[str, State] = {}
    for key, tensor in state.items():
        if not unused.fullmatch(key):
            name = max((name for name in PARTS if key.startswith(PARTS[name])), key=lambda name: len(PARTS[name]))
            parts.setdefault(name, {})[key.removeprefix(PARTS[name])] = tensor
    rest = parts.get("rest", {})
    absent = [f"{PARTS[name]}…" for name in NEEDED if name not in parts]
    absent += [] if {"t5", "phonemes"} & parts.keys() else [f"{PARTS['phonemes']}…"]
    absent += [key for key in REST if key not in rest]
    refuse({"it lacks": absent, "it has besides": [key for key in rest if key not in REST]})
    _same_twice(state, "cond_stage_models.1.model.", PARTS["t5"])
    return parts


def _same_twice(state: Mapping[str, Any], copy: str, first: str) -> None:
    """The original reads one copy of a frozen encoder for prompts, another for the empty prompt; a pipeline has one."""
    import torch

    twins = {key: first + key.removeprefix(copy) for key in state if key.startswith(copy)}
    odd = [key for key, twin in twins.items() if twin not in state or not torch.equal(state[key], state[twin])]
    refuse({f"it has other weights below {copy} than below {first}:": odd})


def _networks(parts: Mapping[str, State], heads: int | None) -> dict[str, Network]:
    """All networks of the pipeline, by the names that it gives them."""
    speech = parts.get("phonemes", {})
    text = {key.removeprefix("text_encoder."): tensor for key, tensor in speech.items() if key != POSITIONS}
    known = _schedule().alphas_cumprod
    if not _close(parts["rest"]["alphas_cumprod"], known):
        raise BadInput(f"its noise schedule (alphas_cumprod) is not AudioLDM 2's, of betas {SCHEDULE}")
    made = {
        "unet": unet(parts["unet"], heads),
        "vae": vae(parts["vae"], float(parts["rest"]["scale_factor"])),
        "vocoder": vocoder(parts["vocoder"]),
        "text_encoder": clap(parts["clap"]),
        "text_encoder_2": phonemes(text) if speech else t5(parts["t5"]),
        "language_model": gpt2(parts["gpt2"], SPEECH_TOKENS if speech else TOKENS),
    }
    positions = {POSITIONS: speech[POSITIONS]} if POSITIONS in speech else {}
    return {**made, "projection_model": projection({**parts["projection"], **positions}, bool(speech))}


def projection(state: Mapping[str, Any], speech: bool) -> Network:
    """What brings both encoders' outputs to the width of GPT-2, with a vector before and one behind each.

    The original keeps 32 such vectors and uses as many as there are encoders.

    Args:
        state: its weights; with speech the learnt positions of the phonemes among them.
        speech: whether the second encoder reads phonemes.
    """
    import diffusers

    library: Any = diffusers  # its classes have no types
    bounds = {
        f"{name}{suffix}": state[key][row]
        for key, name in BOUNDS.items()
        for row, suffix in enumerate(("", "_1"))
        if key in state and len(state[key]) > row
    }
    others = ((renamed(key, PROJECTION), tensor) for key, tensor in state.items() if key not in BOUNDS)
    made = gathered((*others, *bounds.items()))
    sizes = {
        "text_encoder_dim": size(made, "projection.weight", 1),
        "text_encoder_1_dim": size(made, "projection_1.weight", 1),
        "langauge_model_dim": size(made, "projection.weight"),  # the library's spelling
    }
    if speech:
        sizes |= {"use_learned_position_embedding": True, "max_seq_length": size(made, POSITIONS, 2)}
    return filled("projection", made, lambda: library.AudioLDM2ProjectionModel(**sizes))


def _schedule() -> Any:
    import diffusers

    library: Any = diffusers
    return library.DDIMScheduler(**SCHEDULE, clip_sample=False, set_alpha_to_one=False, steps_offset=1)


def _close(found: Any, known: Any) -> bool:
    return found.shape == known.shape and bool(((found - known).abs() <= SLACK * known).all())


def tokenizer_folders(folder: Path, *, speech: bool) -> tuple[Path, Path]:
    """Where the two tokenizers are: beside the file, or else on the hub.

    Raises:
        NotEvaluable: they are not here and can't be downloaded.
    """
    hub = SPEECH_HUB if speech else HUB
    first, second = (
        folder / place if (folder / place).is_dir() else snapshot(hub, commit(hub), only=[f"{place}/*"]) / place
        for place in ("tokenizer", "tokenizer_2")
    )
    return first, second


def _assembled(networks: Mapping[str, Network], folder: Path, speech: bool) -> Pipeline:
    """The pipeline of these networks, with tokenizers from a folder if they lie there."""
    import diffusers
    import transformers

    library: Any = diffusers
    names = {"tokenizer": "RobertaTokenizerFast", "tokenizer_2": "VitsTokenizer" if speech else "T5TokenizerFast"}
    tokenizers = {}
    for (place, name), found in zip(names.items(), tokenizer_folders(folder, speech=speech), strict=True):
        require_vocabulary(found)
        tokenizers[place] = getattr(transformers, name).from_pretrained(found, model_max_length=LONGEST[name])
    ears = transformers.ClapFeatureExtractor(frequency_min=50, frequency_max=14_000, truncation="rand_trunc")
    pipeline = library.AudioLDM2Pipeline(**networks, **tokenizers, feature_extractor=ears, scheduler=_schedule())
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
