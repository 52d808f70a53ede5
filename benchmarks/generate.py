"""Generation with AudioLDM 2: the bare diffusers loop, one prompt a call, as the papers' scripts do it, against ours.

Both sides load one checkpoint with random weights, which take as long as trained ones, and sample as many steps of the
same length, with the library's attention heads and without candidates; measured in one run, in turn, so the ratios mean
something wherever the seconds do not. What ``torch.compile`` takes is counted: a long run pays it once.
``full`` is the architecture of cvssp/audioldm2, for a GPU; ``small`` is a third as wide, for a CPU.

    python benchmarks/generate.py --size full --device cuda --clips 32 --steps 200 --variants
    python benchmarks/generate.py --size small --device cpu --clips 8 --steps 8 --seconds 2.56
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests")]
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from bench import plugins  # noqa: E402
from bench.audio import Waveform  # noqa: E402
from bench.clip import Clip  # noqa: E402
from bench.device import describe, peak_bytes, release  # noqa: E402
from bench.digest import clip_seed  # noqa: E402
from bench.executor import Sampling, generate  # noqa: E402
from bench.progress import Reporter  # noqa: E402
from bench.system import Generate, System  # noqa: E402

RATE = 16_000
WORDS = "a dog barks while heavy wind blows through dry leaves and an old engine coughs".split()  # noqa: SIM905
Row = tuple[str, str, str]


class Size(NamedTuple):
    """Widths of a network that is built with random weights."""

    unet: tuple[int, int, int, int]
    layers: int
    gpt2: tuple[int, int, int]
    """Width, heads, layers."""
    t5: dict[str, int]
    clap: dict[str, dict[str, Any]]
    vae: list[int]
    vocoder: int


SMALL = Size(
    (64, 128, 192, 320),
    2,
    (192, 4, 4),
    {"d_model": 256, "d_ff": 512, "d_kv": 32, "num_heads": 8, "num_layers": 4},
    {
        "text": {"hidden_size": 128, "intermediate_size": 256, "num_attention_heads": 4, "num_hidden_layers": 4},
        "audio": {"patch_embeds_hidden_size": 32, "hidden_size": 256, "depths": [1, 1, 2, 1]},
    },
    [64, 128, 256],
    256,
)
FULL = Size(
    (128, 256, 384, 640),
    2,
    (768, 12, 12),
    {"d_model": 1024, "d_ff": 2816, "d_kv": 64, "num_heads": 16, "num_layers": 24},
    {
        "text": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "num_hidden_layers": 12},
        "audio": {"patch_embeds_hidden_size": 128, "hidden_size": 1024, "depths": [2, 2, 12, 2]},
    },
    [128, 256, 512],
    1024,
)
SIZES = {"small": SMALL, "full": FULL}


def write(folder: Path, size: Size) -> Path:
    """A checkpoint in diffusers' layout, with random weights that sound."""
    import diffusers
    import torch
    import transformers
    from tiny import parts, tokens
    from tiny.liven import liven, liven_vocoder

    torch.manual_seed(0)
    width, heads, layers = size.gpt2
    gpt2 = transformers.GPT2LMHeadModel(transformers.GPT2Config(n_embd=width, n_head=heads, n_layer=layers))
    gpt2.config.max_new_tokens = 8
    text = {**parts.CLAP_TEXT, **size.clap["text"]}
    audio = {**parts.CLAP_AUDIO, **size.clap["audio"]}
    unet = diffusers.AudioLDM2UNet2DConditionModel(
        sample_size=256, in_channels=8, out_channels=8, down_block_types=parts.DOWN, up_block_types=parts.UP,
        block_out_channels=size.unet, layers_per_block=size.layers, norm_num_groups=32,
        cross_attention_dim=([None, width, size.t5["d_model"]],) * 4, attention_head_dim=8,
    )  # fmt: skip
    vae = diffusers.AutoencoderKL(
        in_channels=1, out_channels=1, latent_channels=8, block_out_channels=size.vae, layers_per_block=2,
        down_block_types=["DownEncoderBlock2D"] * 3, up_block_types=["UpDecoderBlock2D"] * 3, sample_size=1024,
    )  # fmt: skip
    pipe = diffusers.AudioLDM2Pipeline(
        vae=vae, unet=unet, language_model=gpt2, scheduler=parts.scheduler(), vocoder=parts.vocoder(size.vocoder),
        text_encoder=transformers.ClapModel(
            transformers.ClapConfig(text_config=text, audio_config=audio, projection_dim=512)
        ),
        text_encoder_2=transformers.T5EncoderModel(transformers.T5Config(vocab_size=32_128, **size.t5)),
        projection_model=diffusers.AudioLDM2ProjectionModel(512, size.t5["d_model"], width),
        tokenizer=tokens.roberta(), tokenizer_2=tokens.t5(512),
        feature_extractor=transformers.ClapFeatureExtractor(truncation="rand_trunc", padding="repeatpad"),
    )  # fmt: skip
    for number, name in enumerate(("unet", "text_encoder_2", "language_model")):
        liven(getattr(pipe, name), seed=number)
    liven_vocoder(pipe.vocoder)
    pipe.save_pretrained(folder)
    return folder


@contextmanager
def timed(spent: dict[str, float], name: str) -> Iterator[None]:
    """Add the seconds of a block to those spent under a name."""
    start = time.perf_counter()
    try:
        yield
    finally:
        spent[name] = spent.get(name, 0.0) + time.perf_counter() - start


def fresh(device: str) -> None:
    """Nothing left of the side before, in memory and in its measure; a process's own can't be measured anew."""
    release()
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)


def bare(checkpoint: Path, clips: Sequence[Clip], options: argparse.Namespace, place: Path) -> dict[str, float]:
    """The loop of the papers' scripts: one prompt a call, then its file; the seconds of loading and of the loop."""
    import diffusers
    import torch
    from scipy.io import wavfile
    from transformers import GPT2LMHeadModel

    spent: dict[str, float] = {}
    fresh(options.device)
    with timed(spent, "loading"):
        gpt2 = GPT2LMHeadModel.from_pretrained(checkpoint, subfolder="language_model")
        kind: Any = diffusers.AudioLDM2Pipeline
        pipe = kind.from_pretrained(checkpoint, language_model=gpt2).to(options.device)
        pipe.set_progress_bar_config(disable=True)
    place.mkdir()
    with timed(spent, "in all"):
        for clip in clips:
            noise = torch.Generator().manual_seed(clip_seed(0, clip.id))
            wave = pipe(
                clip.text, num_inference_steps=options.steps, guidance_scale=3.5, eta=1.0,
                audio_length_in_s=options.seconds + 1e-6, generator=noise,
            ).audios[0]  # fmt: skip
            wavfile.write(place / f"{clip.id}.wav", RATE, (np.clip(wave, -1, 1) * 32767).astype(np.int16))
    return spent


@dataclass(frozen=True, kw_only=True)
class Watched(System):
    """A system whose seconds of loading and generating are noted, so that all else is the harness's."""

    inner: System
    spent: dict[str, float] = field(default_factory=dict)

    def identity(self) -> dict[str, Any]:
        """That of the system inside."""
        return self.inner.identity()

    def load(self, device: str) -> Generate:
        """Load the system inside."""
        with timed(self.spent, "loading"):
            run = self.inner.load(device)

        def watched(clips: Sequence[Clip], seeds: Sequence[int]) -> Sequence[Waveform | Exception]:
            with timed(self.spent, "generating"):
                return run(clips, seeds)

        return watched


def ours(
    checkpoint: Path, clips: Sequence[Clip], options: argparse.Namespace, place: Path, size: int, **settings: Any
) -> dict[str, float]:
    """The harness; the seconds of loading, of generating, and of all but loading."""
    settings = {"dtype": "float32", "compile": False, **settings}
    value = dataclasses.replace(
        plugins.systems()["audioldm2-full"], checkpoint=str(checkpoint), steps=options.steps, candidates=1,
        seconds=options.seconds, preset="diffusers", eta=1.0, **settings,
    )  # fmt: skip
    watched = Watched(inner=value)
    fresh(options.device)
    value.identity()  # digests the checkpoint's files, once for all runs: not part of any
    with timed(watched.spent, "in all"):
        made = generate(watched, clips, place, Sampling(0, options.device, size), Reporter())
    if made.failures:
        raise SystemExit(f"clips failed: {made.failures}")
    watched.spent["in all"] -= watched.spent["loading"]
    return watched.spent


def prompts(count: int, seconds: float) -> list[Clip]:
    """Clips with prompts of mixed length."""
    draw = np.random.default_rng(0)
    texts = [" ".join(draw.choice(WORDS, int(draw.integers(3, 18)))) for _ in range(count)]
    return [Clip(f"c{index:03}", text, seconds=seconds) for index, text in enumerate(texts)]


def row(name: str, spent: dict[str, float], reference: float, options: argparse.Namespace) -> list[Row]:
    """What is printed of one side."""
    seconds = spent["in all"]
    lines = [
        (name, f"{options.clips / seconds:.3f} clips/s", f"{reference / seconds:.2f}x"),
        ("  real-time factor", f"{seconds / options.clips / options.seconds:.3f}", ""),
        ("  loading", f"{spent['loading']:.1f} s", ""),
        (
            "  most memory" if options.device.startswith("cuda") else "  most memory so far",
            f"{peak_bytes(options.device) / 2**20:.0f} MiB",
            "",
        ),
    ]
    if "generating" in spent:
        beside = seconds - spent["generating"]
        lines.append(("  the harness's own time", f"{beside:.3f} s", f"{100 * beside / spent['generating']:.2f} %"))
    return lines


def main() -> None:
    """Measure, print, and write what was printed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10.24)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--variants", action="store_true", help="bfloat16 and torch.compile too, for a GPU")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    import torch

    clips = prompts(options.clips, options.seconds)
    threads = f", {torch.get_num_threads()} threads" if options.device == "cpu" else ""
    title = f"AudioLDM 2 {options.size}, {options.clips} clips of {options.seconds:g} s, {options.steps} steps"
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        os.environ["BENCH_CACHE"] = str(place / "cache")
        checkpoint = write(place / "checkpoint", SIZES[options.size])
        sides: dict[str, Callable[[Path], dict[str, float]]] = {
            f"bench, batches of {size}": lambda to, size=size: ours(checkpoint, clips, options, to, size)
            for size in options.batches
        }
        if options.variants:
            largest = max(options.batches)
            sides["bench, bfloat16"] = lambda to: ours(checkpoint, clips, options, to, largest, dtype="bfloat16")
            sides["bench, bfloat16, compiled"] = lambda to: ours(
                checkpoint, clips, options, to, largest, dtype="bfloat16", compile=True
            )
        bare(checkpoint, clips[:1], options, place / "warm")  # what the first call takes is neither side's
        base = bare(checkpoint, clips, options, place / "bare")
        rows = row("diffusers, one prompt a call", base, base["in all"], options)
        for number, (side, act) in enumerate(sides.items()):
            rows += row(side, act(place / f"ours{number}"), base["in all"], options)
    head = f"| {title}, {describe(options.device)}{threads}, torch {torch.__version__} | measured | ratio |"
    lines = [head, "|---|---:|---:|", *(f"| {' | '.join(one)} |" for one in rows)]
    print("\n".join(lines))
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
