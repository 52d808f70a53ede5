"""The papers' resampler against torchaudio's own output, and against physics."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from formulas import RATES, excerpt, noise, sines, to_resample

from bench.audio import Waveform
from bench.resample import kernel, sinc_resample
from bench.stats import Floats

GOLDEN = Path(__file__).parent / "metrics" / "golden" / "resample.npz"
ATOL = 1e-6  # of full scale: float32 keeps 1.2e-7 at level 1
CHANGES = [(rate, new_rate) for rate, new_rate in RATES if rate != new_rate]


def level(wave: Waveform, rate: int, hertz: float) -> float:
    """The amplitude of a sine in a waveform, its ends left out."""
    inner = wave[len(wave) // 8 : -len(wave) // 8].astype(np.float64)
    window = np.hanning(len(inner))
    turns = np.exp(-2j * np.pi * hertz * np.arange(len(inner)) / rate)
    return float(2.0 * np.abs(window * inner @ turns) / window.sum())


def decibels(ratio: float) -> float:
    return 20.0 * math.log10(ratio)


@pytest.mark.parametrize(("rate", "new_rate"), RATES)
def test_it_equals_torchaudio(rate: int, new_rate: int) -> None:
    with np.load(GOLDEN) as golden:
        for samples, wave in to_resample(rate).items():
            expected = golden[f"{rate}-{new_rate}-{samples}"]
            found = sinc_resample(wave, rate, new_rate)
            assert found.dtype == np.float32
            np.testing.assert_allclose(excerpt(found), expected, rtol=0, atol=ATOL)


def test_the_golden_arrays_are_all_compared_and_small() -> None:
    with np.load(GOLDEN) as golden:
        assert set(golden) == {f"{rate}-{new}-{samples}" for rate, new in RATES for samples in to_resample(rate)}
    assert GOLDEN.stat().st_size < 150_000


@pytest.mark.parametrize(("rate", "new_rate"), RATES)
@pytest.mark.parametrize("samples", [0, 1, 2, 3, 99, 100, 441, 7_001])
def test_the_length_is_the_ratio_rounded_up(rate: int, new_rate: int, samples: int) -> None:
    assert sinc_resample(noise(0, samples), rate, new_rate).shape == (math.ceil(samples * new_rate / rate),)


@pytest.mark.parametrize(("rate", "new_rate"), CHANGES)
@pytest.mark.parametrize("share", [0.05, 0.4, 0.7])  # of the lower Nyquist frequency
def test_a_sine_keeps_its_level_and_frequency(rate: int, new_rate: int, share: float) -> None:
    hertz = share * min(rate, new_rate) / 2
    found = sinc_resample(sines(rate, rate, hertz, level=0.5), rate, new_rate)
    assert abs(decibels(level(found, new_rate, hertz) / 0.5)) < 0.3
    rest = found - sines(new_rate, len(found), hertz, level=level(found, new_rate, hertz))
    inner = rest[len(rest) // 8 : -len(rest) // 8]
    assert (
        decibels(float(np.abs(inner).max()) / 0.5) < -38
    )  # torchaudio's images of a short filter: no better than this


@pytest.mark.parametrize(("rate", "new_rate"), CHANGES)
def test_a_constant_stays_a_constant(rate: int, new_rate: int) -> None:
    found = sinc_resample(np.full(rate // 10, 0.5, np.float32), rate, new_rate)
    inner = found[len(found) // 4 : -len(found) // 4]
    np.testing.assert_allclose(inner, 0.5, rtol=2e-3)


@pytest.mark.parametrize(("rate", "new_rate"), CHANGES)
def test_time_stays_where_it_is(rate: int, new_rate: int) -> None:
    wave = np.zeros(rate // 10, np.float32)
    wave[rate // 20] = 1.0
    assert abs(int(sinc_resample(wave, rate, new_rate).argmax()) / new_rate - (rate // 20) / rate) <= 0.51 / new_rate


def test_it_lets_alias_what_its_docstring_says() -> None:
    found = sinc_resample(sines(44_100, 44_100, 8_400.0, level=1.0), 44_100, 16_000)
    assert decibels(level(found, 16_000, 7_600.0)) == pytest.approx(-9.8, abs=0.1)


@pytest.mark.parametrize(("rate", "new_rate"), [(8_000, 16_000), (44_100, 16_000), (16_000, 44_100)])
def test_it_is_linear(rate: int, new_rate: int) -> None:
    one, other = noise(0, 1_000), noise(1, 1_000)
    apart = sinc_resample(one, rate, new_rate) - 2 * sinc_resample(other, rate, new_rate)
    np.testing.assert_allclose(sinc_resample(one - 2 * other, rate, new_rate), apart, rtol=0, atol=3e-6)


def test_each_sample_is_the_sum_that_defines_it() -> None:
    rate, new_rate, wave = 44_100, 16_000, noise(0, 300)
    cutoff = 0.99 * new_rate  # twice the cut-off frequency
    crossings: Floats = cutoff * (np.arange(109)[:, None] / new_rate - np.arange(300) / rate)
    hann = np.where(np.abs(crossings) < 6, np.cos(np.pi * crossings / 12) ** 2, 0.0)
    expected = (np.sinc(crossings) * hann * cutoff / rate) @ wave.astype(np.float64)
    # Not 1e-6: its filters are rounded as torchaudio's are.
    np.testing.assert_allclose(sinc_resample(wave, rate, new_rate), expected, rtol=0, atol=1e-4)


def test_a_rate_that_stays_changes_nothing() -> None:
    wave = noise(0, 100)
    assert sinc_resample(wave, 16_000, 16_000) is wave


def test_the_filters_are_made_once_for_rates_of_one_ratio() -> None:
    kernel.cache_clear()
    for rate, new_rate in [(8_000, 16_000), (16_000, 32_000), (24_000, 48_000)]:
        sinc_resample(noise(0, 10), rate, new_rate)
    assert kernel.cache_info().currsize == 1
    assert kernel(441, 160).shape == (160, 1, 475)


def test_what_may_not_be_written_and_what_is_not_contiguous_is_heard_all_the_same() -> None:
    stereo = np.stack([noise(0, 500), noise(1, 500)], axis=1)
    stereo.flags.writeable = False
    expected = sinc_resample(noise(0, 500), 44_100, 16_000)
    np.testing.assert_array_equal(sinc_resample(stereo[:, 0], 44_100, 16_000), expected)


@pytest.mark.parametrize(("rate", "new_rate"), [(0, 16_000), (16_000, 0), (-1, 16_000)])
def test_an_impossible_rate_is_named(rate: int, new_rate: int) -> None:
    with pytest.raises(ValueError, match=f"from {rate} to {new_rate} Hz"):
        sinc_resample(noise(0, 10), rate, new_rate)


def test_importing_it_imports_nothing_heavy() -> None:
    code = "import sys, bench.resample; print(sorted({'torch', 'scipy', 'soxr'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
