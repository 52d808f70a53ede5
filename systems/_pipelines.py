"""Parts of a pipeline's folder in diffusers' layout: each in a subfolder of its own, whole or refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.errors import BadInput, one_line

from ._loading import network, quiet
from ._presets import heads

# CLAP's, which older versions of transformers kept.
COMPUTED = frozenset({"text_model.embeddings.position_ids", "text_model.embeddings.token_type_ids"})
WIDE, WIDE_HEAD, HEAD = 256, 64, 32  # the original's heads have 64 channels where its first level has 256, else 32


def part(kind: Any, folder: Path, name: str, dtype: str, **options: Any) -> Any:
    """One network of a folder.

    Raises:
        BadInput: its files have other weights than it takes, or there are none.
    """
    # Asked for where there are none, safetensors are missed aloud.
    options |= {"subfolder": name, "use_safetensors": any((folder / name).glob("*.safetensors"))}
    return network(kind, folder, dtype, computed=COMPUTED, **options)


def original_heads(kind: Any, folder: Path, head_channels: int | None = None) -> tuple[int, ...]:
    """Attention heads at each level of a folder's U-Net as the original network has them.

    Args:
        kind: the U-Net's class.
        folder: of the pipeline.
        head_channels: width of a head; None for the original's.

    Raises:
        BadInput: the folder has no U-Net, or one whose levels don't split into such heads.
    """
    with quiet():
        try:
            channels = kind.load_config(folder, subfolder="unet")["block_out_channels"]
            return heads(channels, head_channels or (WIDE_HEAD if channels[0] == WIDE else HEAD))
        except (OSError, ValueError, KeyError) as error:
            raise BadInput(f"no U-Net to sample with in {folder.name}: {one_line(error)}") from error


def schedule(kind: Any, folder: Path) -> Any:
    """A scheduler on a folder's noise schedule.

    Raises:
        BadInput: the folder has none.
    """
    with quiet():
        try:
            return kind.from_config(kind.load_config(folder, subfolder="scheduler"))
        except (OSError, ValueError) as error:
            raise BadInput(f"no scheduler in {folder.name}: {one_line(error)}") from error
