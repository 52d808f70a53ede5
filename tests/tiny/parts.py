"""The parts that tiny AudioLDM 1 and 2 share: CLAP, the mel autoencoder, the vocoder, the noise schedule."""

from typing import Any

from diffusers import AutoencoderKL, DDIMScheduler
from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

CLAP_TEXT = {
    "vocab_size": 600,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "max_position_embeddings": 514,
    "bos_token_id": 0,
    "pad_token_id": 1,
    "eos_token_id": 2,
}
CLAP_AUDIO = {
    "spec_size": 256,
    "num_mel_bins": 64,
    "window_size": 4,
    "patch_size": 4,
    "patch_stride": [4, 4],
    "patch_embeds_hidden_size": 16,
    "hidden_size": 128,
    "depths": [1, 1, 1, 1],
    "num_attention_heads": [1, 2, 2, 4],
    "num_hidden_layers": 4,
    "intermediate_size": 32,
    "enable_fusion": False,
}
DOWN = ("DownBlock2D",) + ("CrossAttnDownBlock2D",) * 3
UP = ("CrossAttnUpBlock2D",) * 3 + ("UpBlock2D",)


def vocoder(channels: int = 32) -> SpeechT5HifiGan:
    """HiFi-GAN with the real rates: 64 mels, 16 kHz, hop 5*4*2*2*2 = 160."""
    return SpeechT5HifiGan(
        SpeechT5HifiGanConfig(
            model_in_dim=64,
            sampling_rate=16_000,
            upsample_initial_channel=channels,
            upsample_rates=[5, 4, 2, 2, 2],
            upsample_kernel_sizes=[16, 16, 8, 4, 4],
            resblock_kernel_sizes=[3, 7],
            resblock_dilation_sizes=[[1, 3, 5], [1, 3, 5]],
            normalize_before=False,
        )
    )


def vae() -> Any:
    """Mel autoencoder: one channel in, eight latent channels, factor 4 in time and frequency."""
    kind: Any = AutoencoderKL  # diffusers gives it no types
    return kind(
        in_channels=1,
        out_channels=1,
        latent_channels=8,
        block_out_channels=[16, 16, 32],
        down_block_types=["DownEncoderBlock2D"] * 3,
        up_block_types=["UpDecoderBlock2D"] * 3,
        layers_per_block=1,
        norm_num_groups=8,
        sample_size=1024,
        scaling_factor=0.5,
    )


def scheduler() -> Any:
    """The real noise schedule of AudioLDM 1 and 2."""
    kind: Any = DDIMScheduler
    return kind(
        beta_start=0.0015,
        beta_end=0.0195,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )
