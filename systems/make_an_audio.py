"""Make-An-Audio 1 and 2, by their authors' scripts in environments of their own.

Sources: Huang et al., "Make-An-Audio: Text-To-Audio Generation with Prompt-Enhanced Diffusion Models", ICML 2023, and
Huang et al., "Make-An-Audio 2: Temporal-Enhanced Text-to-Audio Generation", arXiv:2305.18474;
Text-to-Audio/Make-An-Audio at 0d84177 and bytedance/Make-An-Audio-2 at f02ec0a. Their scripts know no seed: the runner
gives each prompt its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.system import Standing, System

from .command import Command

VOCODER = ("useful_ckpts/bigvgan/args.yml", "useful_ckpts/bigvgan/best_netG.pt")
CLAP = ("useful_ckpts/CLAP/config.yml", "useful_ckpts/CLAP/CLAP_weights_2022.pth")


@dataclass(frozen=True, kw_only=True)
class MakeAnAudio(Command):
    """Make-An-Audio by its authors' script for whole test sets. It always makes 10 s, from which a clip is cut."""

    get: ClassVar[str] = (
        "git clone https://github.com/Text-to-Audio/Make-An-Audio, install its requirements.txt into an environment of "
        "its own (Python 3.10 at most), put maa1_full.ckpt, bigvgan/ and CLAP/ into its useful_ckpts/ as its README "
        "says, and in there `ln -s bigvgan bigvnat`, the name by which the script looks for the vocoder; it needs CUDA"
    )


@dataclass(frozen=True, kw_only=True)
class MakeAnAudio2(Command):
    """Make-An-Audio 2 by its authors' script for one prompt, run for all of them in one process."""

    get: ClassVar[str] = (
        "git clone https://github.com/bytedance/Make-An-Audio-2, install its requirements.txt into an environment of "
        "its own (Python 3.9), and put maa2.ckpt, bigvgan/ and CLAP/ into its useful_ckpts/ as its README says; it "
        "needs CUDA"
    )


FIRST = MakeAnAudio(
    argv=(
        *("{python}", "{runner}", "seeded", "gen_wav(prompt)", "{seeds}", "gen_wavs_by_tsv.py"),
        *("--tsv_path", "{prompts}", "--save_dir", "{out}"),
        *("--ddim_steps", "100", "--scale", "3", "--duration", "10"),
    ),
    prompts="tsv",
    # No ids: pandas would take those of digits for numbers, which the script can't append its "_0" to.
    columns={"name": "clip{index}", "caption": "{text}"},
    output="clip{index}_0.wav",
    # 76 latent frames are 155,648 samples, and the script pads what is missing to 160,000 at both ends.
    leading_zeros=4352,
    needs=(
        *("gen_wavs_by_tsv.py", "configs/text_to_audio/txt2audio_args.yaml", "useful_ckpts/maa1_full.ckpt"),
        *("useful_ckpts/bigvnat/args.yml", "useful_ckpts/bigvnat/best_netG.pt"),
        *CLAP,
    ),
    standing=Standing(
        "nearest",
        "maa1_full.ckpt; the paper's row (FAD 2.66, KL 1.61) is quoted from elsewhere, and the deck's row of this name "
        "holds Make-an-Audio 2's numbers",
    ),
)

SECOND = MakeAnAudio2(
    argv=(
        *("{python}", "{runner}", "each", "initialize_model VocoderBigVGAN", "{prompts}", "scripts/gen_wav.py"),
        *("--ddim_steps", "100", "--scale", "4"),
    ),
    prompts="jsonl",
    columns={
        "seed": "{seed}",
        "prompt": "{text}",
        # The authors ask ChatGPT which sounds come when; without it, all of them sound all the time.
        "struct_prompt": "<{text}& all>",
        "duration": "{seconds:.0f}",
        "save_name": "{out}/{id}",
    },
    output="{id}_0.wav",
    environment={"PYTHONPATH": "."},  # its scripts import from the checkout's root
    needs=(
        *("scripts/gen_wav.py", "configs/text2audio-ConcatDiT-ae1dnat_Skl20d2_struct2MLPanylen.yaml"),
        *("useful_ckpts/maa2.ckpt", *VOCODER, *CLAP),
    ),
    standing=Standing(
        "nearest",
        "its author says that the released checkpoint is not the one behind the numbers (bytedance/Make-An-Audio-2#3); "
        "and prompts are not structured by ChatGPT here",
    ),
)

SYSTEMS: dict[str, System] = {"make-an-audio": FIRST, "make-an-audio-2": SECOND}
