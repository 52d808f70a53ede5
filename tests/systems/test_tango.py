"""TANGO samples and sounds as its own classes do on the same weights and noise, and each clip by itself."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden_arrays import largest_difference
from planted import plant
from tiny import tango as tiny

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput, NotEvaluable
from bench.system import Generate
from bench.systems import _tango
from bench.systems import tango as sampling
from bench.systems.tango import SYSTEMS, Tango

RATE = 16_000
SAME = 1e-4  # relative; 4e-5 was measured
TEXTS = (
    "slow piano",
    "a fast drum pattern with a deep bass line while water drips into a metal bucket",
    "rain",
    "two people laugh",
)
CLIPS = [Clip(f"c{index}", text, seconds=1.0) for index, text in enumerate(TEXTS)]
SEEDS = [1, 2, 3, 2**62 + 5]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("tango") / "tiny")


@pytest.fixture
def changed(folder: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(folder, tmp_path / "changed"))


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make 0.64 s instead of 10.24, where the length does not matter."""
    monkeypatch.setattr(sampling, "LATENTS", (8, 16, 16))


def loaded(folder: Path, **settings: Any) -> Generate:
    generate: Generate = Tango(checkpoint=str(folder), **{"steps": 2, **settings}).load("cpu")
    return generate


def made(run: Generate, clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
    waves = []
    for wave in run(clips, seeds):
        assert isinstance(wave, np.ndarray), wave
        waves.append(wave)
    return waves


def one(run: Generate) -> Waveform:
    return made(run, CLIPS[:1], SEEDS[:1])[0]


def worst(some: Sequence[Waveform], others: Sequence[Waveform]) -> float:
    return max(largest_difference(found, expected) for found, expected in zip(some, others, strict=True))


def latents(network: _tango.Network, text: str, guidance: float) -> torch.Tensor:
    """As the golden arrays were made: one prompt, six steps."""
    texts = ["", text] if guidance > 1 else [text]
    generator = torch.Generator().manual_seed(tiny.SEED)
    with torch.inference_mode():
        branches = [[sampling.embedded(network, one)] for one in texts]
        found: torch.Tensor = sampling.denoised(network, branches, [generator], steps=6, guidance=guidance)
    return found


def test_it_equals_the_original_classes(folder: Path) -> None:
    """Sampler, autoencoder and vocoder, on weights and noise that are the same."""
    network, golden = _tango.load(folder, "float32", "cpu", compiled=False), tiny.golden()
    plain = latents(network, "slow piano", 1.0)
    # Bit for bit on the processor where the golden arrays were made; another's sums round otherwise.
    assert largest_difference(plain[0, :, ::8].numpy(), golden["latents/plain"]) < 1e-5
    # There, the empty prompt is padded to the other's length, which rounds otherwise.
    guided = latents(network, "an old engine starts, coughs and stops", 3.0)
    assert largest_difference(guided[0, :, ::8].numpy(), golden["latents/guided"]) < 1e-5
    with torch.inference_mode():
        mel = sampling.spectrogram(network, guided)
        wave = sampling.sounding(network, mel)
    assert mel.shape == (1, 1024, 64)
    assert wave.shape == (1, 163_872)
    assert largest_difference(mel[0, ::16].numpy(), golden["mel"]) < 2e-5
    assert largest_difference(wave[0, ::37].numpy(), golden["wave"]) < 5e-5


def test_the_published_architecture_is_filled_to_the_last_key() -> None:
    """All keys and shapes that the original classes have at full size, and no others."""
    main, mel = (
        {key: torch.empty(shape, device="meta") for key, shape in tiny.shapes(f"official/{name}").items()}
        for name in ("main", "vae")
    )
    made = _tango.networks(main, mel, _tango.UNET, 0.92)
    millions = {name: sum(p.numel() for p in network.parameters()) / 1e6 for name, network in made.items()}
    assert {name: round(count, 1) for name, count in millions.items()} == {
        "text_encoder": 341.2,
        "unet": 865.9,
        "vae": 55.4,
        "vocoder": 55.3,
    }
    heads = [block.attentions[0].transformer_blocks[0].attn1.heads for block in made["unet"].down_blocks[:3]]
    assert heads == [5, 10, 20]


def test_the_noise_schedule_is_stable_diffusions() -> None:
    from diffusers import DDPMScheduler

    kind: Any = DDPMScheduler  # diffusers gives it no types
    scheduler = kind(**_tango.SCHEDULE)
    scheduler.set_timesteps(200)
    assert scheduler.timesteps.tolist() == list(range(996, 0, -5))
    assert scheduler.config.prediction_type == "v_prediction"
    ends = scheduler.betas[0].item(), scheduler.betas[-1].item()
    assert ends == pytest.approx((0.00085, 0.012))


def test_a_clip_is_the_same_whatever_its_batch(folder: Path) -> None:
    run = loaded(folder)
    batch = made(run, CLIPS, SEEDS)
    alone = [made(run, [clip], [seed])[0] for clip, seed in zip(CLIPS, SEEDS, strict=True)]
    assert worst(alone, batch) < SAME
    assert worst(made(run, CLIPS[:2], SEEDS[:2]) + made(run, CLIPS[2:], SEEDS[2:]), batch) < SAME
    assert worst(made(run, CLIPS[::-1], SEEDS[::-1])[::-1], batch) < SAME
    for wave in batch:
        assert wave.dtype == np.float32
        assert wave.shape == (163_872,)
        assert 0.005 < wave.std() < 0.5
        assert abs(wave.mean()) < 0.5 * wave.std()


@pytest.mark.usefixtures("brief")
def test_what_is_asked_for_changes_the_sound(folder: Path) -> None:
    run = loaded(folder)
    texted = dataclasses.replace(CLIPS[0], text=TEXTS[1])
    same, told, seeded = made(run, [CLIPS[0], texted, CLIPS[0]], [1, 1, 2])
    assert largest_difference(told, same) > 0.05
    assert largest_difference(seeded, same) > 0.3
    for settings in ({"guidance_scale": 1.0}, {"guidance_scale": 2.0}, {"steps": 3}):
        assert largest_difference(one(loaded(folder, **settings)), same) > 0.01, settings


@pytest.mark.usefixtures("brief")
def test_nothing_is_left_over_from_a_batch(folder: Path) -> None:
    run = loaded(folder)
    first, before = one(run), torch.get_rng_state()
    made(run, CLIPS[1:2], [7])
    np.testing.assert_array_equal(one(run), first)
    np.testing.assert_array_equal(one(loaded(folder)), first)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_clip_that_is_too_long_fails_alone(folder: Path) -> None:
    run = loaded(folder)
    asked = [dataclasses.replace(CLIPS[0], seconds=seconds) for seconds in (10.24, 10.25, None, 0.1)]
    waves = run(asked, SEEDS)
    assert str(waves[1]) == "clip 'c0' is to last 10.25 s, but this model makes 10.24 s at most"
    assert isinstance(waves[1], ValueError)
    assert [len(wave) for place, wave in enumerate(waves) if place != 1] == [163_872] * 3  # type: ignore[arg-type]


@pytest.mark.usefixtures("brief")
def test_a_prompt_is_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    embed = sampling.embedded

    def embedded(network: _tango.Network, text: str) -> sampling.Words:
        read.append(text)
        return embed(network, text)

    monkeypatch.setattr(sampling, "embedded", embedded)
    run = loaded(folder, steps=1)
    made(run, [CLIPS[0], CLIPS[0], CLIPS[2]], SEEDS[:3])
    made(run, [CLIPS[2]], SEEDS[:1])
    assert sorted(read) == sorted(["", TEXTS[0], TEXTS[2]])


def test_a_long_prompt_is_cut_and_padding_is_not_heard(folder: Path) -> None:
    network = _tango.load(folder, "float32", "cpu", compiled=False)
    long, empty = sampling.embedded(network, "rain " * 900), sampling.embedded(network, "")
    assert long.counts.shape == (1, 512)
    assert network.tokenizer.encode("rain " * 900).ids[-1] == network.tokenizer.encode("").ids[0] == 1
    both = sampling.together([empty, long])
    assert both.hidden.shape == (2, 512, tiny.T5["d_model"])
    assert both.counts.sum(1).tolist() == [1, 512]


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_finite_and_near(folder: Path, dtype: str) -> None:
    half, exact = one(loaded(folder, dtype=dtype)), one(loaded(folder))
    assert half.dtype == np.float32
    assert np.isfinite(half).all()
    assert 0 < np.std(half - exact) / np.std(exact) < 0.3
    network = _tango.load(folder, dtype, "cpu", compiled=False)
    found = [getattr(network, name).dtype for name in ("unet", "vae", "vocoder", "text_encoder")]
    assert found == [getattr(torch, dtype)] * 3 + [torch.float32]


@pytest.mark.filterwarnings("ignore:.*script_method:DeprecationWarning")  # torch's own, as its compiler is imported
def test_only_the_u_net_is_compiled_and_only_if_asked(folder: Path) -> None:
    plain, compiled = (_tango.load(folder, "float32", "cpu", compiled=asked) for asked in (False, True))
    assert compiled.unet._compiled_call_impl is not None
    assert (compiled.vae._compiled_call_impl, compiled.text_encoder._compiled_call_impl) == (None, None)
    assert plain.unet._compiled_call_impl is None


@pytest.mark.usefixtures("brief")
def test_it_says_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one(loaded(folder, steps=1))
    one(loaded(folder, steps=1, dtype="bfloat16"))
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("brief")
def test_a_name_of_the_hub_runs_with_the_tokenizer_of_another_repository(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As published: the checkpoint names google/flan-t5-large, and holds no tokenizer."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))

    def published(place: Path) -> None:
        shutil.copytree(folder, place)
        shutil.move(place / str(tiny.MAIN["text_encoder_name"]), tmp_path / "tokenizer")
        settings = {**tiny.MAIN, "text_encoder_name": "google/flan-t5-tiny"}
        (place / "main_config.json").write_text(json.dumps(settings))

    plant("declare-lab/tango", published)
    system = dataclasses.replace(SYSTEMS["tango"], steps=2)
    with pytest.raises(NotEvaluable, match=r"google/flan-t5-tiny/tokenizer\.json is not here.*HF_HUB_OFFLINE is set"):
        system.obtain()
    shutil.copytree(tmp_path / "tokenizer", tmp_path / "weights" / "google" / "flan-t5-tiny")
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path / "weights"))
    np.testing.assert_array_equal(one(system.load("cpu")), one(loaded(folder)))


def change(folder: Path, name: str, **settings: Any) -> None:
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))


@pytest.mark.usefixtures("brief")
def test_the_scale_of_latents_is_the_checkpoints(folder: Path, changed: Path) -> None:
    change(changed, "vae_config.json", scale_factor=0.5)
    assert largest_difference(one(loaded(changed)), one(loaded(folder))) > 0.05


def test_what_is_no_whole_tango_is_refused(changed: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=r"empty is no checkpoint of TANGO: .*main_config\.json"):
        loaded(tmp_path / "empty")
    main = torch.load(changed / "pytorch_model_main.bin")
    for odd, said in (
        ({"unet.conv_out.bias": None}, r"changed, read as a checkpoint of TANGO: its U-Net lacks conv_out\.bias"),
        ({"unet.conv_more.bias": torch.zeros(8)}, r"its U-Net knows no conv_more\.bias"),
        ({"unet.conv_out.bias": torch.zeros(4)}, r"its U-Net has conv_out\.bias as \(4,\) instead of \(8,\)"),
        ({"group_in.0.bias": torch.zeros(8)}, r"pytorch_model_main\.bin has group_in\.0\.bias"),
        ({"text_encoder.shared.weight": None}, r"lacks shared\.weight"),
    ):
        state = {key: tensor for key, tensor in {**main, **odd}.items() if tensor is not None}
        torch.save(state, changed / "pytorch_model_main.bin")
        with pytest.raises(BadInput, match=said):
            loaded(changed)
    (changed / "pytorch_model_main.bin").write_bytes(b"")
    with pytest.raises(BadInput, match=r"pytorch_model_main\.bin can't be loaded"):
        loaded(changed)
    (changed / "pytorch_model_main.bin").unlink()
    with pytest.raises(BadInput, match=r"changed is no checkpoint of TANGO: it has no pytorch_model_main\.bin"):
        loaded(changed)


def test_without_a_tokenizer_it_is_refused(changed: Path) -> None:
    name = str(tiny.MAIN["text_encoder_name"])
    (changed / name / "tokenizer.json").write_text("{}")
    with pytest.raises(BadInput, match=r"flan-t5-tiny/tokenizer\.json is no tokenizer"):
        loaded(changed)
    (changed / name / "tokenizer.json").unlink()
    with pytest.raises(BadInput, match=r"text_encoder_name .* is 'flan-t5-tiny', but must be owner/name"):
        loaded(changed)
    change(changed, "main_config.json", text_encoder_name=None)
    with pytest.raises(BadInput, match=r"text_encoder_name .* is None, but must name Flan-T5"):
        loaded(changed)
    (changed / "main_config.json").write_text("[]")
    with pytest.raises(BadInput, match=r"main_config\.json of changed must hold an object, but holds list"):
        loaded(changed)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"steps": 0}, "steps is 0, but must be 1 to 1000"),
        ({"steps": 1001}, "steps is 1001, but must be 1 to 1000"),
        ({"guidance_scale": 0.5}, r"guidance_scale is 0\.5, but must be 1"),
        ({"guidance_scale": float("nan")}, "guidance_scale is nan"),
        ({"rate": 44_100}, "rate is 44100 Hz, but TANGO makes 16000 Hz"),
        ({"candidates": 0}, "candidates is 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Tango(**settings)


def test_the_defaults_are_those_of_the_authors_inference() -> None:
    system = SYSTEMS["tango"]
    assert (system.steps, system.guidance_scale, system.drawn, system.rate) == (200, 3.0, 1, RATE)
    assert {name: one.standing and one.standing.status for name, one in SYSTEMS.items()} == {
        "tango": "released",
        "tango2": None,
    }
