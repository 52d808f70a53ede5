"""AudioLDM 2's original checkpoints: the same numbers as the original classes give, and not a key more or less.

The arrays come from ``golden/make_audioldm2_original.py``, which ran the original code on the same weights.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden_arrays import largest_difference
from numpy.typing import NDArray
from tiny import audioldm2_original as tiny

from bench.clip import Clip
from bench.errors import BadInput, NotEvaluable
from bench.systems import _audioldm2_original as original
from bench.systems import _espeak
from bench.systems import _ldm_networks as networks
from bench.systems._presets import Preset
from bench.systems.audioldm2 import AudioLDM2, AudioLDM2Speech

PROMPTS = ["a kettle whistles while a clock ticks", "slow piano over soft strings"]  # those of the script
FRAMES, STEPS, GUIDANCE = 16, 8, 3.5
CLOSE = 2e-5  # relative to the largest magnitude; measured: 1e-6 to 5e-6
State = tiny.State
Pipeline = Any


def difference(found: torch.Tensor, name: str) -> float:
    return largest_difference(found.numpy(), np.asarray(tiny.golden()[name]))


def normal(seed: int, *shape: int) -> torch.Tensor:
    generator = np.random.Generator(np.random.PCG64(seed))
    return torch.from_numpy(generator.normal(size=shape).astype(np.float32))


@pytest.fixture(scope="module")
def whole() -> State:
    """All weights of a checkpoint; a test that changes some does so in a copy."""
    return tiny.state()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, whole: State) -> Path:
    return tiny.save(whole, tmp_path_factory.mktemp("original") / "audioldm2.pth")


@pytest.fixture(scope="module")
def pipeline(file: Path) -> Pipeline:
    return original.pipeline_from_original(file)


def sound(pipeline: Pipeline, prompt: str = PROMPTS[0], seed: int = 0) -> NDArray[np.float32]:
    """A second of it, in three steps."""
    generator = torch.Generator().manual_seed(seed)
    made = pipeline(prompt, num_inference_steps=3, audio_length_in_s=0.64, generator=generator, max_new_tokens=8)
    return np.asarray(made.audios[0])


# The same numbers as the original classes


@torch.inference_mode()
@pytest.mark.parametrize("name", ["full", "large", "speech"])
def test_the_unet_computes_what_the_original_does(name: str) -> None:
    widths = {"full": (128, 48), "large": (128, 48), "speech": (128,)}[name]
    generator = np.random.Generator(np.random.PCG64(tiny.SEED))
    drawn = [generator.normal(size=(2, 8 - 2 * place, width)) for place, width in enumerate(widths)]
    contexts = [torch.from_numpy(values.astype(np.float32)) for values in drawn]
    masks = [torch.ones(values.shape[:2]) for values in contexts]
    if name != "speech":
        masks[1][1, -1] = 0.0
    network = networks.unet(tiny.network(f"unet-{name}"))
    found = network(
        normal(2, 2, 8, FRAMES, 16),
        torch.tensor([801, 21]),
        encoder_hidden_states=contexts[0],
        encoder_attention_mask=masks[0],
        encoder_hidden_states_1=contexts[-1],
        encoder_attention_mask_1=masks[-1],
    ).sample
    assert difference(found[:1], f"unet/{name}") < CLOSE


@torch.inference_mode()
def test_other_heads_compute_something_else() -> None:
    arguments = (normal(2, 2, 8, FRAMES, 16), torch.tensor([801, 21]), normal(3, 2, 8, 128))
    state = tiny.network("unet-speech")
    own, eight = (networks.unet(state, heads)(*arguments).sample for heads in (None, 8))
    assert networks.unet(state).config.attention_head_dim == (1, 1, 2, 2)
    assert float((own - eight).abs().max() / own.abs().max()) > 0.05


@torch.inference_mode()
def test_the_autoencoder_and_the_vocoder_compute_what_the_originals_do(pipeline: Pipeline) -> None:
    latents = torch.from_numpy(np.asarray(tiny.golden()["sampler/latents"]))
    assert pipeline.vae.config.scaling_factor == tiny.SCALE
    assert difference(pipeline.vae.decode(latents / tiny.SCALE).sample, "vae/mel") < CLOSE
    mel = torch.from_numpy(np.asarray(tiny.golden()["vae/mel"]))
    assert difference(pipeline.vae.encode(mel).latent_dist.mean[:1], "vae/mean") < CLOSE
    assert difference(pipeline.vocoder(mel[:1].squeeze(1)), "vocoder/wave") < CLOSE


@torch.inference_mode()
def test_clap_hears_and_reads_what_the_original_does(pipeline: Pipeline) -> None:
    asked = {"padding": "max_length", "truncation": True, "max_length": 512, "return_tensors": "pt"}
    text = pipeline.text_encoder.get_text_features(**pipeline.tokenizer(PROMPTS, **asked)).pooler_output
    assert difference(text, "clap/text") < CLOSE
    spectrogram = torch.linspace(-60.0, 10.0, 1001 * 64).reshape(1, 1, 64, 1001).transpose(2, 3)
    audio = pipeline.text_encoder.get_audio_features(spectrogram.contiguous()).pooler_output
    assert difference(audio, "clap/audio") < CLOSE


@torch.inference_mode()
def test_the_phoneme_encoder_computes_what_the_original_does() -> None:
    state = tiny.network("phonemes")
    text = {key.removeprefix("text_encoder."): tensor for key, tensor in state.items() if key != original.POSITIONS}
    network = networks.phonemes(text)
    ids = torch.from_numpy(tiny.golden()["phonemes/ids"].astype(np.int64))
    mask = (ids != 0).long()
    hidden = network.text_encoder(ids, attention_mask=mask, padding_mask=mask[..., None])[0]
    placed = hidden + state[original.POSITIONS].transpose(1, 2)  # as the projection does
    assert difference(placed[:, :48], "phonemes/hidden") < CLOSE


@torch.inference_mode()
def test_a_prompt_becomes_what_the_original_samples_with_eta_1(pipeline: Pipeline) -> None:
    embeds, masks, written = pipeline.encode_prompt(PROMPTS, pipeline.device, 1, True, max_new_tokens=8)
    assert difference(embeds[2:], "t5/hidden") < CLOSE
    assert difference(written[2:], "writer/tokens") < CLOSE
    empty = torch.zeros_like(written[:2])  # the original's unconditional language of audio
    made = {"prompt_embeds": embeds[2:], "attention_mask": masks[2:], "generated_prompt_embeds": written[2:]}
    told = {**made, "negative_prompt_embeds": embeds[:2], "negative_attention_mask": masks[:2]}
    found = pipeline(
        **told,
        negative_generated_prompt_embeds=empty,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        eta=1.0,
        latents=normal(1, 2, 8, FRAMES, 16),
        generator=torch.Generator().manual_seed(tiny.SEED),  # one for both clips, as the original draws
        audio_length_in_s=FRAMES * 0.04,
        output_type="latent",
    ).audios
    assert difference(found, "sampler/latents") < CLOSE


# Not a key more or less


@pytest.mark.parametrize(
    ("name", "contexts", "depth"),
    [("full", (None, 768, 1024), 1), ("large", (None, 768, 1024, None), 2), ("speech", (None, 768), 1)],
)
def test_the_keys_of_the_official_checkpoints_fill_networks_of_full_size(
    name: str, contexts: tuple[int | None, ...], depth: int
) -> None:
    zero = torch.zeros(())  # expanded to any shape, it takes no memory
    state = {key: zero.expand(shape) for key, shape in tiny.shapes(f"official/{name}").items()}
    state["alphas_cumprod"] = tiny.schedule()["alphas_cumprod"]
    for ema in (False, True):
        parts = original.divided(original.sampled(state, ema))
    made = original._networks(parts, None)
    millions = {part: sum(p.numel() for p in network.parameters()) / 1e6 for part, network in made.items()}
    config = made["unet"].config
    assert round(millions["unet"], 1) == {"full": 346.9, "large": 718.0, "speech": 261.9}[name]
    assert (round(millions["vae"], 1), round(millions["vocoder"], 1)) == (55.4, 55.3)
    assert (round(millions["text_encoder"], 1), round(millions["language_model"], 1)) == (193.9, 124.4)
    assert name == "speech" or round(millions["text_encoder_2"], 1) == 341.2
    assert {*map(tuple, config.cross_attention_dim)} == {contexts}
    assert config.transformer_layers_per_block == depth
    assert config.attention_head_dim == (4, 8, 12, 20)
    assert config.down_block_types == ("DownBlock2D", *["CrossAttnDownBlock2D"] * 3)
    assert made["language_model"].config.max_new_tokens == (512 if name == "speech" else 8)
    assert made["text_encoder"].config.audio_config.depths == [2, 2, 12, 2]


def test_the_tiny_checkpoint_has_the_keys_of_the_official_one(whole: State) -> None:
    official = tiny.shapes("official/full")

    def kinds(keys: Any) -> set[str]:
        named = (re.sub(r"\d+", "N", key) for key in keys)
        return {key for key in named if not key.startswith("model_ema.diffusion")}

    assert kinds(whole) == kinds(official)
    assert {key for key in official if "." not in key} == {key for key in whole if "." not in key}


def without(key: str) -> Callable[[State], State]:
    return lambda state: {name: tensor for name, tensor in state.items() if name != key}


def placed(*keys: str, tensor: torch.Tensor) -> Callable[[State], State]:
    return lambda state: {**state, **dict.fromkeys(keys, tensor)}


CLAP, T5 = "cond_stage_models.0.cond_stage_models.0.model.", "cond_stage_models.0.cond_stage_models.1.model."
LAST_NORM = [f"{place}encoder.final_layer_norm.weight" for place in (T5, "cond_stage_models.1.model.")]
ONE = torch.zeros(1)
BROKEN = {
    "lacks time_embedding.linear_1.bias": without("model.diffusion_model.time_embed.0.bias"),
    "U-Net lacks up_blocks.0.resnets.1.conv2.weight": without(
        "model.diffusion_model.output_blocks.1.0.out_layers.3.weight"
    ),
    "autoencoder lacks decoder.mid_block.attentions.0.to_q.bias": without(
        "first_stage_model.decoder.mid.attn_1.q.bias"
    ),
    "vocoder lacks upsampler.2.bias": without("first_stage_model.vocoder.ups.2.bias"),
    "the checkpoint lacks conv_pre.weight": without("first_stage_model.vocoder.conv_pre.weight"),
    "CLAP lacks text_model.pooler.dense.bias": without(f"{CLAP}text_branch.pooler.dense.bias"),
    "GPT-2 lacks transformer.h.1.ln_2.weight": without("cond_stage_models.0.model.h.1.ln_2.weight"),
    "projection lacks eos_embed, eos_embed_1": without("cond_stage_models.0.end_of_sequence_tokens.weight"),
    "it lacks scale_factor": without("scale_factor"),
    "it has besides global_step": placed("global_step", tensor=ONE),
    "it has besides model.other.weight": placed("model.other.weight", tensor=ONE),
    "U-Net knows no film_emb.weight": placed("model.diffusion_model.film_emb.weight", tensor=ONE),
    "U-Net knows no down_blocks.0.resnets.0.lora": placed("model.diffusion_model.input_blocks.1.0.lora", tensor=ONE),
    "autoencoder knows no colorize": placed("first_stage_model.colorize", tensor=ONE),
    "CLAP knows no audio_model.audio_encoder.fusion_model.bias": placed(
        f"{CLAP}audio_branch.fusion_model.bias", tensor=ONE
    ),
    "projection knows no speaker.weight": placed("cond_stage_models.0.speaker.weight", tensor=ONE),
    "two weights for mid_block.resnets.0.norm1.bias": placed(
        "model.diffusion_model.mid_block.resnets.0.norm1.bias", tensor=ONE
    ),
    r"U-Net has conv_out.bias as \(1,\) instead of \(8,\)": placed("model.diffusion_model.out.2.bias", tensor=ONE),
    r"other weights below cond_stage_models.1.model. .*shared.weight": placed(
        "cond_stage_models.1.model.shared.weight", tensor=ONE
    ),
    "noise schedule": placed("alphas_cumprod", tensor=torch.linspace(1.0, 0.0, 1000)),
    r"kernels \(16, 16, 8, 4, 5\)": placed("first_stage_model.vocoder.ups.4.weight", tensor=torch.zeros(4, 2, 5)),
    r"Flan-T5 has encoder.final_layer_norm.weight as": placed(*LAST_NORM, tensor=ONE),
}


@pytest.mark.parametrize("said", BROKEN)
def test_what_is_wrong_is_refused_by_name(said: str, whole: State) -> None:
    with pytest.raises(BadInput, match=said):
        original._networks(original.divided(BROKEN[said](whole)), None)


def test_the_message_names_the_file(whole: State, tmp_path: Path) -> None:
    broken = tiny.save(without("scale_factor")(whole), tmp_path / "broken.pth")
    with pytest.raises(
        BadInput, match=r"^broken\.pth, read as an original AudioLDM 2 checkpoint: it lacks scale_factor$"
    ):
        original.pipeline_from_original(broken)


def test_a_file_of_another_kind_is_refused(whole: State, tmp_path: Path) -> None:
    others = {key: tensor for key, tensor in whole.items() if not key.startswith("cond_stage_models.0.")}
    with pytest.raises(BadInput, match=r"it lacks cond_stage_models\.0\.cond_stage_models\.0\.model\.…, "):
        original.pipeline_from_original(tiny.save(others, tmp_path / "audioldm-t5.ckpt"))
    (tmp_path / "text.pth").write_text("no checkpoint")
    with pytest.raises(BadInput, match=r"text\.pth"):
        original.pipeline_from_original(tmp_path / "text.pth")


def test_what_older_libraries_and_the_training_code_save_besides_does_no_harm(whole: State) -> None:
    old = {
        "cond_stage_models.0.model.h.0.attn.bias": torch.ones(1, 1, 1024, 1024, dtype=torch.uint8),
        "cond_stage_models.0.model.h.0.attn.masked_bias": torch.tensor(-1e4),
        f"{CLAP}text_branch.embeddings.position_ids": torch.arange(514)[None],
        "clap.model.text_branch.embeddings.position_ids": torch.arange(514)[None],
        "first_stage_model.loss.discriminator.main.0.weight": ONE,
        "first_stage_model.loss.logvar": ONE,
    }
    plain, besides = original.divided(whole), original.divided({**whole, **old})
    assert {name: part.keys() for name, part in plain.items()} == {name: part.keys() for name, part in besides.items()}


# The whole file


def test_it_makes_sound_that_follows_prompt_and_seed(pipeline: Pipeline) -> None:
    wave, again = sound(pipeline), sound(pipeline)
    others = [sound(pipeline, PROMPTS[1]), sound(pipeline, seed=1)]
    assert 0.01 < wave.std() < 0.6
    assert len(wave) == 10_240
    assert np.array_equal(wave, again)
    assert all((wave - other).std() / wave.std() > 0.1 for other in others)


def test_the_moving_average_takes_the_place_of_the_weights_or_is_missed_by_name(whole: State) -> None:
    unet = original.divided(original.sampled(whole, True))["unet"]
    expected = tiny.network("unet-full", seed=tiny.SEED + 1)
    assert unet.keys() == expected.keys()
    assert all(torch.equal(tensor, expected[key]) for key, tensor in unet.items())
    assert original.sampled(whole, False) == whole
    without_average = {key: tensor for key, tensor in whole.items() if not key.startswith("model_ema.")}
    with pytest.raises(BadInput, match=r"lacks model_ema\.diffusion_modeltime_embed0weight, .* and \d+ more"):
        original.sampled(without_average, True)


@pytest.mark.parametrize("average", [True, False])
def test_a_file_of_the_training_code_is_sampled_with_its_moving_average_if_it_has_one(
    average: bool, whole: State, tmp_path: Path
) -> None:
    state = {key: tensor for key, tensor in whole.items() if average or not key.startswith("model_ema.")}
    trained = tiny.save(state, tmp_path / "last.ckpt")
    besides = {"optimizer_states": [{"state": {0: {"exp_avg": ONE}}}], "epoch": 3, "global_step": 5000}
    torch.save({"state_dict": state, **besides, "pytorch-lightning_version": "2.1.0"}, trained)
    key = (
        "model_ema.diffusion_modelinput_blocks00weight" if average else "model.diffusion_model.input_blocks.0.0.weight"
    )
    assert torch.equal(original.pipeline_from_original(trained).unet.conv_in.weight, whole[key])


@pytest.mark.parametrize("preset", ["original", "diffusers"])
def test_the_system_loads_it_with_the_heads_of_its_preset(file: Path, preset: Preset) -> None:
    sampler = AudioLDM2(checkpoint=str(file), preset=preset, steps=2, seconds=0.64).load("cpu")
    heads = sampler.pipe.unet.config.attention_head_dim
    assert heads == ((1, 1, 2, 2) if preset == "original" else 8)
    wave = sampler([Clip("one", PROMPTS[0], seconds=0.64)], [1])[0]
    assert not isinstance(wave, Exception)
    assert len(wave) >= 10_240 and wave.std() > 0.01


@pytest.mark.skipif(bool(_espeak.lacking()), reason="needs espeak-ng")
def test_the_speech_system_speaks_with_it(tmp_path: Path) -> None:
    file = tiny.write(tmp_path, speech=True)
    speak = AudioLDM2Speech(checkpoint=str(file), steps=2, seconds=0.64).load("cpu")
    clips = [Clip(text, "a woman", text, seconds=0.64) for text in ("hello", "a metal bucket")]
    one, other = speak(clips, [1, 1])
    assert not isinstance(one, Exception) and not isinstance(other, Exception)
    assert one.std() > 0.01
    assert (one - other).std() / one.std() > 0.01


def test_half_precision_is_read_as_single(whole: State, tmp_path: Path) -> None:
    state = {key: tensor.half() if key.startswith("model.") else tensor for key, tensor in whole.items()}
    pipeline = original.pipeline_from_original(tiny.save(state, tmp_path / "half.pth"))
    assert {tensor.dtype for tensor in pipeline.unet.parameters()} == {torch.float32}


def test_tokenizers_that_are_nowhere_are_named(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_OFFLINE", "1")
    (tmp_path / "alone.pth").symlink_to(file)
    with pytest.raises(NotEvaluable, match="cvssp/audioldm2"):
        original.pipeline_from_original(tmp_path / "alone.pth")


def test_loading_says_nothing(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        original.pipeline_from_original(file)
    assert capfd.readouterr() == ("", "")
