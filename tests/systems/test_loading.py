"""Networks from folders: whole or not at all, and what is wrong with a folder is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import parts
from transformers import GPT2Config, GPT2LMHeadModel

from bench.errors import BadInput
from bench.systems._loading import network

State = dict[str, torch.Tensor]


@pytest.fixture
def gpt2(tmp_path: Path) -> Path:
    GPT2LMHeadModel(GPT2Config(n_embd=8, n_head=2, n_layer=1, vocab_size=10)).save_pretrained(tmp_path / "gpt2")
    return tmp_path / "gpt2"


@pytest.fixture
def vae(tmp_path: Path) -> Path:
    parts.vae().save_pretrained(tmp_path / "vae")
    return tmp_path / "vae"


def drop(name: str) -> Callable[[State], State]:
    return lambda state: {key: tensor for key, tensor in state.items() if key != name}


def add(state: State) -> State:
    return {**state, "surplus.weight": torch.zeros(1)}


def grow(name: str) -> Callable[[State], State]:
    return lambda state: {**state, name: torch.zeros(3, *state[name].shape)}


def change(folder: Path, how: Callable[[State], State]) -> None:
    [path] = folder.glob("*.safetensors")
    save_file(how(load_file(path)), path, metadata={"format": "pt"})


def kind(name: str) -> Any:
    import diffusers

    return GPT2LMHeadModel if name == "gpt2" else diffusers.AutoencoderKL


FIRST = {"gpt2": "transformer.h.0.ln_1.weight", "vae": "decoder.conv_in.weight"}


@pytest.mark.parametrize("name", ["gpt2", "vae"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_whole_folder_loads_in_its_type(name: str, dtype: str, request: pytest.FixtureRequest) -> None:
    loaded = network(kind(name), request.getfixturevalue(name), dtype)
    assert {str(weight.dtype) for weight in loaded.parameters()} == {f"torch.{dtype}"}
    assert not loaded.training


@pytest.mark.parametrize("name", ["gpt2", "vae"])
def test_weights_too_few_too_many_or_of_another_shape_are_named(name: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(name)
    whole = (next(folder.glob("*.safetensors")), next(folder.glob("*.safetensors")).read_bytes())
    for how, named in ((drop(FIRST[name]), FIRST[name]), (add, "surplus.weight"), (grow(FIRST[name]), FIRST[name])):
        whole[0].write_bytes(whole[1])
        change(folder, how)
        with pytest.raises(BadInput) as caught:
            network(kind(name), folder, "float32")
        assert named in str(caught.value)
        assert "\n" not in str(caught.value)


def test_what_a_class_computes_may_be_there_or_not(gpt2: Path) -> None:
    change(gpt2, add)
    assert network(GPT2LMHeadModel, gpt2, "float32", computed=frozenset({"surplus.weight"}))


@pytest.mark.parametrize("name", ["gpt2", "vae"])
def test_an_empty_folder_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=f"no {kind(name).__name__} in empty: ") as caught:
        network(kind(name), tmp_path / "empty", "float32")
    assert "\n" not in str(caught.value)
