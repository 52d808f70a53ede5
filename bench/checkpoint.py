"""Checkpoints as others saved them, read without ever running code that a file brings along."""

from __future__ import annotations

import json
import pickle
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.disk import locked, write_atomically
from bench.errors import one_line
from bench.weights import digest_of, weights_folder

Tensor = Any
"""A torch.Tensor, which can't be named where torch is not imported."""
State = dict[str, Tensor]

NUMBERS = {"dtype", "ndarray", "scalar", "_reconstruct"}  # numpy's, which LAION's training script kept among the rest
WRAPPERS = ("state_dict", "model")  # keys under which training scripts keep the weights, beside optimizer and epoch


def load_state(path: Path, digest: str) -> State:
    """The weights by key, on the CPU, from safetensors or from what ``torch.save`` wrote.

    LAION's pickles are of a kind that ``weights_only`` refuses. They are read once by an unpickler that knows nothing
    but what holds data, and kept as safetensors.

    Args:
        path: the file.
        digest: its SHA-256, by which what is made of it is kept.

    Raises:
        ValueError: no checkpoint, or one that would run code; the message names the file.
    """
    import torch

    if path.suffix == ".safetensors":
        return _safetensors(path)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Detected pickle protocol")  # what it can't read is converted below
            loaded = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError:
        return _safetensors(_converted(path, digest))
    except (RuntimeError, EOFError, OSError, LookupError, UnicodeDecodeError) as error:
        raise _no_checkpoint(path, error) from error
    return tensors(loaded, path)


def tensors(loaded: Any, path: Path) -> State:
    """The tensors of a checkpoint, out of what a training script wrapped around them.

    Raises:
        ValueError: it holds none.
    """
    wrapper = next((loaded[name] for name in WRAPPERS if isinstance(loaded, Mapping) and name in loaded), loaded)
    import torch

    state = {
        name: value
        for name, value in (wrapper.items() if isinstance(wrapper, Mapping) else ())
        if isinstance(value, torch.Tensor)
    }
    if not state:
        raise ValueError(f"{path.name} holds no weights, but {type(loaded).__name__}")
    return state


def _safetensors(path: Path) -> State:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise _no_checkpoint(path, error) from error


def _converted(path: Path, digest: str) -> Path:
    """The safetensors file made of a pickle, with both digests beside it; made now unless it is there and whole."""
    from safetensors.torch import save

    folder = weights_folder() / "converted"
    made, note = folder / f"{digest}.safetensors", folder / f"{digest}.json"
    with locked(folder, wait=True):
        if not (made.is_file() and note.is_file() and json.loads(note.read_bytes())["made"] == digest_of(made)):
            state = {name: tensor.contiguous().clone() for name, tensor in tensors(_unpickled(path), path).items()}
            write_atomically(made, save(state))
            digests = {"source": digest, "file": path.name, "made": digest_of(made)}
            write_atomically(note, json.dumps(digests, sort_keys=True).encode())
    return made


class _Call:
    """A function that a pickle may call, and of which it can change nothing: it shows neither name nor attributes."""

    __slots__ = ("_function",)
    _function: Any

    def __init__(self, function: Any) -> None:
        object.__setattr__(self, "_function", function)

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __setattr__(self, name: str, value: Any) -> None:
        raise pickle.UnpicklingError(f"it would change {name} of what it may only call")


class _Inert:
    """What stands for numpy's numbers and arrays, of which nothing is kept: it takes anything and does nothing."""

    __slots__ = ()

    def __call__(self, *_: Any) -> _Inert:
        return self

    def __setstate__(self, state: Any) -> None:
        """Keep nothing of it."""


def _size(numbers: Any) -> tuple[int, ...]:
    return tuple(int(number) for number in numbers)


def _allowed(module: str, name: str) -> Any:
    """What a checkpoint's pickle gets for a name: things that hold data and do nothing; None for all others."""
    import torch
    from torch import _utils

    calls = {"_rebuild_tensor_v2": _utils._rebuild_tensor_v2, "_rebuild_parameter": _utils._rebuild_parameter}
    if module == "torch._utils" and name in calls:
        return _Call(calls[name])
    if (module, name) == ("collections", "OrderedDict"):
        return OrderedDict
    if (module, name) == ("torch", "Size"):
        return _Call(_size)
    if (module, name) == ("_codecs", "encode"):  # how old pickles spell bytes
        return _Call(lambda text, _="latin1": str(text).encode("latin1"))
    if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
        return getattr(torch, name)
    if module.split(".")[0] == "numpy" and (name in NUMBERS or name.endswith("DType")):
        return _Inert()
    return None


class _Unpickler(pickle.Unpickler):
    """Knows what holds data, and nothing that could act."""

    def find_class(self, module: str, name: str) -> Any:
        found = _allowed(module, name)
        if found is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is no data")
        return found


class _Pickle:
    """What torch takes for the module ``pickle``."""

    Unpickler = _Unpickler

    @staticmethod
    def load(file: Any, **options: Any) -> Any:
        return _Unpickler(file, **options).load()


def _unpickled(path: Path) -> Any:
    import torch

    if not zipfile.is_zipfile(path):  # older formats let a pickle reach into torch's own reader
        raise ValueError(f"{path.name} can't be loaded as a checkpoint: it is neither safe to read nor a zip archive")
    try:
        return torch.load(path, map_location="cpu", weights_only=False, pickle_module=_Pickle)
    except Exception as error:  # a pickle that was made to break may break anywhere
        raise _no_checkpoint(path, error) from error


def _no_checkpoint(path: Path, error: Exception) -> ValueError:
    return ValueError(f"{path.name} can't be loaded as a checkpoint: {one_line(error)[:300]}")
