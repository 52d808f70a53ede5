"""Vocoded ground truth: the spectrogram is AudioLDM's, and what comes out is as long as what went in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import torch
from formulas import noise, sines
from golden_arrays import largest_difference
from tiny import audioldm as tiny
from transformers import SpeechT5HifiGan

from bench.audio import Unreadable, Waveform
from bench.clip import Clip
from bench.errors import BadInput
from bench.system import Generate
from bench.systems._logmel64 import log_mel, mel_bank
from bench.systems.ground_truth_vocoded import SYSTEMS, GroundTruthVocoded, heard
from bench.wav import encode_wav

RATE = 16_000
GOLDEN = Path(__file__).parent / "golden" / "logmel64.npz"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("vocoded") / "tiny")


def loaded(folder: Path, **settings: Any) -> Generate:
    generate: Generate = GroundTruthVocoded(checkpoint=str(folder), **settings).load("cpu")
    return generate


def written(path: Path, wave: Waveform, rate: int = RATE) -> Path:
    path.write_bytes(encode_wav(wave, rate, subtype="FLOAT"))
    return path


def one(run: Generate, reference: Path | None, seconds: float | None = None) -> Waveform:
    found = run([Clip("c", seconds=seconds, reference=reference)], [0])[0]
    assert isinstance(found, np.ndarray)
    return found


@pytest.mark.parametrize("name", ["noise", "sines", "clicks"])
def test_the_spectrogram_is_that_of_the_original(name: str) -> None:
    with np.load(GOLDEN) as file:
        wave, expected = file[f"wave/{name}"], file[f"mel/{name}"]
    found = log_mel(wave).numpy()
    assert found.dtype == np.float32
    assert found.shape == expected.shape == (1 + len(wave) // 160, 64)
    # As magnitudes; as logarithms, where they are not the roundings of louder bands: 2e-6 and 1.4e-4 were measured.
    assert largest_difference(np.exp(found), np.exp(expected)) < 1e-6
    assert np.abs(found - expected).max() < (5e-4 if name == "sines" else 5e-6)


def test_the_mel_bands_are_librosas() -> None:
    expected = librosa.filters.mel(sr=RATE, n_fft=1024, n_mels=64, fmin=0, fmax=8000)
    assert largest_difference(mel_bank(), expected) < 1e-6


def test_a_sine_is_loudest_in_its_band() -> None:
    edges = librosa.mel_frequencies(66, fmin=0, fmax=8000)
    for band in (3, 20, 40, 60):
        wave = sines(RATE, RATE, float(edges[band + 1]))
        assert int(log_mel(wave)[50].argmax()) == band


@pytest.mark.parametrize("samples", [1, 512, 513, 1600, 160_000])
def test_frames(samples: int) -> None:
    mel = log_mel(np.zeros(samples, np.float32))
    assert mel.shape == (1 + max(samples, 513) // 160, 64)
    assert mel.unique().item() == pytest.approx(np.log(1e-5))


@pytest.mark.parametrize(
    ("seconds", "samples"), [(None, 12_345), (0.5, 8_000), (1.0, 16_000), (0.001, 16), (0.77156, 12_345)]
)
def test_what_comes_out_is_as_long_as_asked(folder: Path, tmp_path: Path, seconds: float | None, samples: int) -> None:
    path = written(tmp_path / "r.wav", noise(1, 12_345))
    wave = one(loaded(folder), path, seconds)
    assert wave.dtype == np.float32
    assert wave.shape == (samples,)
    assert np.isfinite(wave).all()


def test_it_is_the_checkpoints_vocoder_on_the_spectrogram(folder: Path, tmp_path: Path) -> None:
    reference = noise(1, RATE)
    wave = one(loaded(folder), written(tmp_path / "r.wav", reference))
    vocoder = SpeechT5HifiGan.from_pretrained(folder / "vocoder")
    with torch.no_grad():
        expected = vocoder(log_mel(reference)).numpy()
    assert len(expected) == 101 * 160 + 32
    assert largest_difference(wave, expected[:RATE]) < 1e-5
    assert 0.01 < wave.std() < 0.5


def test_only_the_reference_is_heard(folder: Path, tmp_path: Path) -> None:
    run = loaded(folder)
    paths = [written(tmp_path / f"{seed}.wav", noise(seed, 4_000 * seed)) for seed in (1, 2, 3)]
    clips = [Clip(f"c{index}", "text", reference=path) for index, path in enumerate(paths)]
    batch = run(clips, [1, 2, 3])
    for path, wave in zip(paths, batch, strict=True):
        assert isinstance(wave, np.ndarray)
        np.testing.assert_array_equal(one(run, path), wave)
    assert largest_difference(one(run, paths[1])[:4_000], one(run, paths[0])) > 0.1


def test_a_recording_is_heard_as_it_is(tmp_path: Path) -> None:
    """Its first channel, with its offset, at 16 kHz."""
    left, right = 0.2 + sines(44_100, 44_100, 440.0), noise(2, 44_100)
    path = tmp_path / "stereo.wav"
    import soundfile

    soundfile.write(path, np.stack([left, right], axis=1), 44_100, subtype="FLOAT")
    wave = heard(Clip("c", reference=path))
    expected = 0.2 + sines(RATE, RATE, 440.0)
    assert wave.shape == expected.shape
    assert np.abs(wave - expected)[200:-200].max() < 1e-3


def test_what_can_not_be_vocoded(folder: Path, tmp_path: Path) -> None:
    run = loaded(folder)
    (tmp_path / "text.wav").write_bytes(b"text")
    good = written(tmp_path / "r.wav", noise(1, 4_000))
    paths = [None, tmp_path / "text.wav", good]
    clips = [Clip(f"c{index}", reference=path) for index, path in enumerate(paths)]
    lacking, unreadable, sound = run(clips, [0, 0, 0])
    assert "clip 'c0' has no reference to vocode" in str(lacking)
    assert isinstance(unreadable, Unreadable)
    assert "text.wav" in str(unreadable)
    assert isinstance(sound, np.ndarray)


def test_half_precision_and_published_weights(folder: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "r.wav", noise(1, 4_000))
    exact = one(loaded(folder), path)
    half = one(loaded(folder, dtype="bfloat16"), path)
    assert half.dtype == np.float32
    assert 0 < np.std(half - exact) / np.std(exact) < 0.3
    published = tiny.write(tmp_path / "hub", hub_like=True)
    assert largest_difference(one(loaded(published), path), exact) < 1e-5


def test_what_has_no_such_vocoder_is_refused(folder: Path, tmp_path: Path) -> None:
    part = tmp_path / "part"
    shutil.copytree(folder / "vocoder", part / "vocoder")
    assert one(loaded(part), written(tmp_path / "r.wav", noise(1, 4_000))).size  # all that is needed of a checkpoint
    settings = json.loads((part / "vocoder" / "config.json").read_text())
    (part / "vocoder" / "config.json").write_text(json.dumps({**settings, "sampling_rate": 22_050}))
    with pytest.raises(BadInput, match=r"takes 64 bands and makes 22050 Hz, but must take 64 bands and make 16000"):
        loaded(part)
    shutil.rmtree(part / "vocoder")
    with pytest.raises(BadInput, match="no SpeechT5HifiGan in part"):
        loaded(part)
    with pytest.raises(BadInput, match="rate is 24000 Hz, but this vocoder makes 16000 Hz"):
        GroundTruthVocoded(rate=24_000)


def test_it_says_nothing(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one(loaded(folder), written(tmp_path / "r.wav", noise(1, 4_000)))
    assert capfd.readouterr() == ("", "")


def test_the_table() -> None:
    system = SYSTEMS["ground-truth-vocoded"]
    assert (system.checkpoint, system.reads_reference, system.standing) == ("cvssp/audioldm-m-full", True, None)
