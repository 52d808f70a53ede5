"""Networks from a folder in the layout of transformers or diffusers: whole or not at all, and without talk."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.errors import BadInput, one_line

VOCABULARIES = ("tokenizer.json", "spiece.model", "vocab.json")
NAMED = 3  # weights that a message names
LINE = 400  # characters of another library's message: some draw tables


def network(kind: Any, folder: Path, dtype: str, *, computed: frozenset[str] = frozenset(), **options: Any) -> Any:
    """A network of a folder, for inference.

    Args:
        kind: the class.
        folder: in the library's layout.
        dtype: of the weights, by torch's name.
        computed: weights that files may hold and the class does not take, since it computes them.
        options: what else ``from_pretrained`` is told, such as the subfolder.

    Raises:
        BadInput: there is nothing that can be loaded, or its weights are not those that the class has.
    """
    import torch
    from safetensors import SafetensorError

    told = {**options, **_spelled(kind, getattr(torch, dtype))}
    with quiet(), warnings.catch_warnings():
        # Stable Audio's autoencoder is built with the older of torch's two weight norms, which the files' keys name.
        warnings.filterwarnings("ignore", ".*weight_norm. is deprecated", FutureWarning)
        try:
            loaded, report = kind.from_pretrained(folder, output_loading_info=True, **told)
        except (OSError, ValueError, SafetensorError) as error:  # diffusers' where weights have other shapes, too
            reason = one_line(error)[:LINE]
            raise BadInput(f"no {kind.__name__} in {folder.name}: {reason}") from error
    for fault in ("missing", "unexpected", "mismatched"):
        # Of those mismatched, the shapes stand beside the name.
        keys = sorted({key if isinstance(key, str) else key[0] for key in report[f"{fault}_keys"]} - computed)
        if keys:
            more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
            raise BadInput(f"{folder.name} is no {kind.__name__}: {fault} weights {', '.join(keys[:NAMED])}{more}")
    return loaded.eval()


def _spelled(kind: Any, dtype: Any) -> dict[str, Any]:
    """The type of the weights as the library calls it; transformers is to report other shapes, not to print a table."""
    if kind.__module__.startswith("diffusers"):
        return {"torch_dtype": dtype}
    return {"dtype": dtype, "ignore_mismatched_sizes": True}


def tokenizer(folder: Path, subfolder: str = "") -> Any:
    """The tokenizer of a folder.

    Raises:
        BadInput: there is none.
    """
    from transformers import AutoTokenizer

    require_vocabulary(folder, subfolder)
    with quiet():
        try:
            return AutoTokenizer.from_pretrained(folder, subfolder=subfolder)
        except (OSError, ValueError) as error:
            raise BadInput(f"no tokenizer in {folder.name}: {one_line(error)}") from error


def require_vocabulary(folder: Path, subfolder: str = "") -> None:
    """Refuse a tokenizer without words: transformers would make one up, to which every word is unknown.

    Raises:
        BadInput: the folder has no vocabulary.
    """
    if not any((folder / subfolder / name).is_file() for name in VOCABULARIES):
        raise BadInput(f"no tokenizer in {folder.name}: {subfolder or 'it'} has none of {', '.join(VOCABULARIES)}")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' bars and remarks off the terminal; what matters of them is raised by :func:`network`.

    Such as transformers' remark that MusicGen's padding token is outside its vocabulary, which it is by design.
    """
    import diffusers.utils.logging as of_diffusers
    import transformers.utils.logging as of_transformers

    libraries = (of_diffusers, of_transformers)
    before = [(library, library.get_verbosity(), library.is_progress_bar_enabled()) for library in libraries]
    for library in libraries:
        library.set_verbosity_error()
        _show_bars(library, shown=False)
    try:
        yield
    finally:
        for library, level, shown in before:
            library.set_verbosity(level)
            _show_bars(library, shown=shown)


def _show_bars(library: Any, *, shown: bool) -> None:
    with warnings.catch_warnings():
        # Where HF_HUB_DISABLE_PROGRESS_BARS is set, huggingface_hub warns that it is obeyed and this is not.
        warnings.simplefilter("ignore")
        (library.enable_progress_bar if shown else library.disable_progress_bar)()
