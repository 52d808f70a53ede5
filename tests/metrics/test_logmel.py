"""The log-mel front end against a plain-loop copy of TensorFlow's definition, and against physics."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from bench.audio import Waveform
from bench.embedder import Rows
from bench.metrics._logmel import BANDS, LOGMEL, log_mel, mel_bank
from bench.stats import Floats

RATE = 16_000


def hertz_to_mel(hertz: float) -> float:
    return 1127.0 * math.log(1.0 + hertz / 700.0)


def band_edges() -> list[float]:
    """66 edges in mel, evenly spaced from 125 to 7500 Hz."""
    low, high = hertz_to_mel(125.0), hertz_to_mel(7500.0)
    return [low + (high - low) * index / 65 for index in range(66)]


def looped_mel_bank() -> Floats:
    """TensorFlow's spectrogram_to_mel_matrix, one weight at a time."""
    edges, bank = band_edges(), np.zeros((257, 64))
    for bin_ in range(1, 257):
        place = hertz_to_mel(bin_ * 8000.0 / 256)
        for band in range(64):
            lower, centre, upper = edges[band : band + 3]
            bank[bin_, band] = max(0.0, min((place - lower) / (centre - lower), (upper - place) / (upper - centre)))
    return bank


def sine(hertz: float, seconds: float = 1.0, level: float = 0.5) -> Waveform:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def noise(seed: int, samples: int = RATE) -> Waveform:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, samples).astype(np.float32)


def rows(wave: Waveform) -> Rows:
    found: Rows = LOGMEL.load("cpu")([wave])[0]
    return found


def test_the_bank_is_tensorflows() -> None:
    bank: Floats = mel_bank()
    assert bank.shape == (257, 64)
    np.testing.assert_allclose(bank, looped_mel_bank(), rtol=0, atol=1e-12)


def test_the_bank_ignores_dc_and_no_band_is_empty() -> None:
    bank: Floats = mel_bank()
    assert not bank[0].any()
    assert (bank.max(axis=0) > 0).all()
    assert 0.0 <= bank.min() <= bank.max() <= 1.0


@pytest.mark.parametrize("hertz", [200.0, 440.0, 1000.0, 2500.0, 6000.0])
def test_a_sine_puts_its_energy_into_its_band(hertz: float) -> None:
    centres = np.array(band_edges()[1:-1])
    expected = int(np.abs(centres - hertz_to_mel(hertz)).argmin())
    loudest = np.asarray(log_mel(sine(hertz))).argmax(axis=1)
    # Below 400 Hz the bands are narrower than the window resolves, so a neighbour may win.
    assert (np.abs(loudest - expected) <= 1).all()
    assert (np.bincount(loudest, minlength=BANDS).argmax() == expected) or hertz < 400


def test_one_frame_is_the_definition_spelled_out() -> None:
    wave = noise(0, 400)
    window = [0.5 - 0.5 * math.cos(2 * math.pi * n / 400) for n in range(400)]
    spectrum = [
        abs(sum(float(wave[n]) * window[n] * np.exp(-2j * math.pi * k * n / 512) for n in range(400)))
        for k in range(257)
    ]
    expected = np.log(np.array(spectrum) @ looped_mel_bank() + 0.01)
    found: Floats = log_mel(wave)
    np.testing.assert_allclose(found, expected[None], rtol=0, atol=1e-9)


def test_silence_is_the_logarithm_of_the_offset() -> None:
    silence = np.zeros(RATE, np.float32)
    assert (log_mel(silence) == math.log(0.01)).all()
    assert (rows(silence) == np.float32(math.log(0.01))).all()


@pytest.mark.parametrize(
    ("samples", "frames"), [(400, 1), (559, 1), (560, 2), (15_360, 94), (32_000, 198), (160_000, 998)]
)
def test_frames_are_windows_that_fit_whole(samples: int, frames: int) -> None:
    assert log_mel(noise(0, samples)).shape == (frames, 64)


@pytest.mark.parametrize(
    ("samples", "expected"), [(1, 1), (1_600, 1), (4_080, 1), (7_919, 1), (7_920, 2), (15_360, 3), (64_000, 16)]
)
def test_rows_are_24_whole_frames_and_at_least_one(samples: int, expected: int) -> None:
    found = rows(noise(0, samples))
    assert (found.shape, found.dtype) == ((expected, 64), np.dtype(np.float32))
    assert LOGMEL.checked(found, "clip") is found


def test_a_row_is_the_mean_of_its_frames() -> None:
    wave = noise(1, 8_000)
    frames: Floats = log_mel(wave)
    np.testing.assert_allclose(rows(wave)[1], frames[24:48].mean(axis=0), rtol=1e-6)


def test_a_short_clip_is_padded_at_its_end() -> None:
    wave = noise(2, 1_600)
    np.testing.assert_array_equal(rows(wave), rows(np.pad(wave, (0, 4_080 - 1_600))))


def test_a_clip_does_not_depend_on_its_batch() -> None:
    waves = [noise(index, 4_080 + 1_000 * index) for index in range(5)]
    together = LOGMEL.load("cpu")(waves)
    for wave, found in zip(waves, together, strict=True):
        np.testing.assert_array_equal(found, rows(wave))


def test_the_signature_says_what_it_hears() -> None:
    assert LOGMEL.signature == "emb:logmel-1|w:none|rate:16000|mono:first,dc-removed|resample:soxr-hq"
    assert (LOGMEL.rate, LOGMEL.dimension, LOGMEL.accelerated) == (16_000, 64, False)


@pytest.mark.parametrize("module", ["_logmel", "_vggish", "fad", "lsd", "efficiency"])
def test_importing_a_metric_imports_nothing_heavy(module: str) -> None:
    code = f"import sys, bench.metrics.{module}; print(sorted({{'torch', 'scipy', 'soxr'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
