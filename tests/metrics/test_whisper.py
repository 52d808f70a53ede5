"""Whisper on random weights in the published layout: transformers' own loading and decoding are the golden standard."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from formulas import noise, sines
from tiny_whisper import SECONDS, make

from bench.audio import Waveform
from bench.embedder import read
from bench.errors import NotEvaluable
from bench.metrics._whisper import BASE, EMBEDDERS, LARGE, RATE, Whisper

WAVES = [
    *(noise(seed, 8_000 + 7_000 * seed, level=0.1 + 0.2 * seed) for seed in range(4)),
    *(sines(RATE, 30_000, 300.0 * step) for step in range(1, 4)),
]
LONG = np.concatenate([noise(7, 48_000), sines(RATE, 48_000, 500.0)])  # three windows


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    make(folder / BASE.name, multilingual=False)
    make(folder / LARGE.name, multilingual=True)
    return folder


@pytest.fixture(autouse=True)
def weights(files: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Where this test's files are; a cache of its own, which remembers no digest of another test's."""
    monkeypatch.setenv("BENCH_WEIGHTS", str(files))
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    yield files


def texts(embedder: Whisper, *waves: Waveform) -> list[str]:
    return [read(embedder.checked(rows, "clip")) for rows in embedder.load("cpu")(waves)]


@pytest.mark.parametrize("embedder", [BASE, LARGE], ids=lambda one: one.name)
def test_it_writes_what_transformers_writes(embedder: Whisper, files: Path) -> None:
    from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration, WhisperTokenizer

    folder = files / embedder.name
    model = WhisperForConditionalGeneration.from_pretrained(folder)
    hear = WhisperFeatureExtractor.from_pretrained(folder)
    tokenizer = WhisperTokenizer.from_pretrained(folder)
    english: dict[str, Any] = {"language": "english", "task": "transcribe"} if embedder is LARGE else {}
    for wave, found in zip(WAVES, texts(embedder, *WAVES), strict=True):
        tokens = model.generate(hear(wave, sampling_rate=RATE, return_tensors="pt").input_features, **english)
        (expected,) = tokenizer.batch_decode(tokens, skip_special_tokens=True)
        assert found == expected.strip()


@pytest.mark.parametrize("embedder", [BASE, LARGE], ids=lambda one: one.name)
def test_what_it_writes_depends_on_what_it_hears_and_not_on_the_batch(embedder: Whisper) -> None:
    alone = [text for wave in WAVES for text in texts(embedder, wave)]
    assert len(set(alone)) == len(WAVES)
    assert [*texts(embedder, *WAVES[:4]), *texts(embedder, *WAVES[4:])] == alone
    assert texts(embedder, *WAVES, LONG)[: len(WAVES)] == alone


def test_a_long_clip_is_heard_in_equal_windows() -> None:
    windows = np.array_split(LONG, 3)
    assert max(map(len, windows)) <= SECONDS * RATE < 2 * len(windows[0])
    assert texts(BASE, LONG) == [" ".join(filter(None, texts(BASE, *windows)))]
    assert texts(BASE, LONG[: SECONDS * RATE]) != texts(BASE, LONG)


def test_one_sample_is_heard_too() -> None:
    assert len(texts(BASE, np.full(1, 0.5, np.float32))) == 1


def test_each_file_may_be_in_another_folder(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = texts(BASE, WAVES[0])
    here, cache = tmp_path / "own", tmp_path / "cache" / "weights" / BASE.name
    shutil.copytree(files / BASE.name, here / BASE.name)
    cache.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "tokenizer.json"):
        shutil.move(here / BASE.name / name, cache / name)
    monkeypatch.setenv("BENCH_WEIGHTS", str(here))
    assert texts(BASE, WAVES[0]) == expected


@pytest.mark.parametrize("name", [Path(file.file).name for file in BASE.files if "normalizer" not in file.file])
def test_a_missing_file_is_named(
    name: str, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights: Path
) -> None:
    shutil.copytree(files / BASE.name, tmp_path / "own" / BASE.name)
    (tmp_path / "own" / BASE.name / name).unlink()
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path / "own"))
    with pytest.raises(NotEvaluable, match=f"^{BASE.name}/{name} is not here"):
        BASE.load("cpu")


@pytest.fixture
def own(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the files to spoil."""
    shutil.copytree(files / BASE.name, tmp_path / "own" / BASE.name)
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path / "own"))
    folder: Path = tmp_path / "own" / BASE.name
    return folder


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **changes}), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"vocab_size": 300}, "is not this network's: it has"),
        ({"eos_token_id": 7}, r"<\|endoftext\|> is \d+; the network has \d+ and 7"),
    ],
)
def test_another_networks_tokenizer_is_refused(own: Path, change: dict[str, int], expected: str) -> None:
    edit(own / "config.json", **change)
    with pytest.raises(ValueError, match=expected):
        BASE.load("cpu")


def test_a_tokenizer_that_lost_its_words_is_refused(own: Path) -> None:
    """What transformers makes in silence where it finds no vocabulary."""
    whole = json.loads((own / "tokenizer.json").read_bytes())
    edit(own / "tokenizer.json", model={**whole["model"], "vocab": {}, "merges": []})
    with pytest.raises(ValueError, match="is not this network's: it has 11"):
        BASE.load("cpu")


def test_a_tokenizer_that_garbles_is_refused(own: Path) -> None:
    edit(own / "tokenizer.json", decoder=None)
    with pytest.raises(ValueError, match="does not give back a text that it took apart"):
        BASE.load("cpu")


def test_what_is_no_tokenizer_is_refused(own: Path) -> None:
    (own / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"tokenizer\.json is no tokenizer"):
        BASE.load("cpu")


@pytest.mark.parametrize(("text", "expected"), [("{", "is no JSON:"), ("[]", "is no JSON object")])
def test_damaged_settings_are_refused(own: Path, text: str, expected: str) -> None:
    (own / "preprocessor_config.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"whisper-base.en/preprocessor_config.json {expected}"):
        BASE.load("cpu")


def test_weights_that_lack_a_tensor_are_refused(own: Path) -> None:
    from safetensors.torch import load_file, save_file

    state = load_file(own / "model.safetensors")
    del state["model.encoder.conv1.bias"]
    save_file(state | {"extra": torch.zeros(1)}, own / "model.safetensors")
    with pytest.raises(
        ValueError, match=r"1 tensors are missing, 1 are unexpected: model\.encoder\.conv1\.bias, extra"
    ):
        BASE.load("cpu")


def test_weights_of_another_shape_are_refused(own: Path) -> None:
    edit(own / "config.json", encoder_ffn_dim=48)
    with pytest.raises(ValueError, match=r"these are not the weights of this Whisper: .*size mismatch"):
        BASE.load("cpu")


def test_weights_in_half_precision_compute_in_float32(own: Path) -> None:
    from safetensors.torch import load_file, save_file

    state = {key: tensor.half() for key, tensor in load_file(own / "model.safetensors").items()}
    save_file(state, own / "model.safetensors")
    edit(own / "config.json", dtype="float16")
    assert all(texts(BASE, *WAVES))


def test_the_tables_hold_what_can_be_fetched() -> None:
    assert EMBEDDERS == {"whisper-large-v3": LARGE, "whisper-base.en": BASE}
    for name, embedder in EMBEDDERS.items():
        assert isinstance(embedder, Whisper)
        assert all(file.file.startswith(f"{name}/") for file in embedder.files)
        assert all(file.url.startswith(f"hf:openai/{name}@") for file in embedder.files)


def test_files_of_ones_own_are_not_the_published_ones() -> None:
    """Of the weights no digest is known yet, but of the spellings it is."""
    assert not LARGE.published
