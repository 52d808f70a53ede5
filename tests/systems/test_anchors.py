"""The anchors: the low-pass is flat below and steep above its cutoff, the noise has the slope and level it says."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest

from bench.audio import Unreadable, Waveform
from bench.clip import Clip
from bench.errors import BadInput
from bench.systems import lowpass
from bench.systems.lowpass import Lowpass
from bench.systems.noise import SYSTEMS, Noise
from bench.wav import encode_wav

RATE = 16_000


def tones(path: Path, frequencies: tuple[float, ...], *, rate: int = RATE, seconds: float = 2.0) -> Path:
    """A reference that is a sum of tones, each at a fifth of full scale."""
    t = np.arange(round(seconds * rate)) / rate
    wave = np.sum([0.2 * np.sin(2 * np.pi * f * t) for f in frequencies], axis=0)
    path.write_bytes(encode_wav(wave.astype(np.float32), rate, subtype="FLOAT"))
    return path


def low(path: Path, seconds: float | None = None, system: Lowpass | None = None) -> Waveform:
    wave: Waveform = (system or Lowpass()).load("cpu")([Clip(id="x", seconds=seconds, reference=path)], [0])[0]
    return wave


def level(wave: Waveform, frequency: float, rate: int = RATE) -> float:
    """The level of one tone in dB, relative to what :func:`tones` wrote; the ends are left out."""
    inner = wave[rate // 5 : -rate // 5].astype(np.float64)
    window = np.blackman(len(inner))
    turn = np.exp(-2j * np.pi * frequency * np.arange(len(inner)) / rate)
    return float(20 * np.log10(2 * abs(np.sum(inner * window * turn)) / window.sum() / 0.2 + 1e-12))


@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_lowpass_keeps_below_and_removes_above(tmp_path: Path, rate: int) -> None:
    wave = low(tones(tmp_path / "r.wav", (1000, 3400, 4000, 4500, 5000), rate=rate))
    assert level(wave, 1000) == pytest.approx(0, abs=0.05)
    assert level(wave, 3400) == pytest.approx(0, abs=0.1)
    assert level(wave, 4000) < -25
    assert level(wave, 4500) < -50
    assert level(wave, 5000) < -60


def test_lowpass_has_no_delay(tmp_path: Path) -> None:
    wave = low(tones(tmp_path / "r.wav", (1000,)))
    t = np.arange(len(wave)) / RATE
    inner = slice(1000, -1000)
    np.testing.assert_allclose(wave[inner], (0.2 * np.sin(2 * np.pi * 1000 * t))[inner], atol=2e-3)


@pytest.mark.parametrize(("seconds", "n"), [(None, 32_000), (1.5, 24_000), (3.00004, 48_001)])
def test_lowpass_length(tmp_path: Path, seconds: float | None, n: int) -> None:
    wave = low(tones(tmp_path / "r.wav", (500,)), seconds)
    assert wave.shape == (n,)
    assert wave.dtype == np.float32
    assert not wave[32_000:].any()


def test_lowpass_cutoff_is_a_setting(tmp_path: Path) -> None:
    path = tones(tmp_path / "r.wav", (1000, 3000, 6500))
    assert level(low(path, system=Lowpass(cutoff=1500.0)), 3000) < -60
    assert level(low(path, system=Lowpass(cutoff=7000.0)), 6500) == pytest.approx(0, abs=0.1)


def test_lowpass_never_leaves_full_scale(tmp_path: Path) -> None:
    square = np.sign(np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)).astype(np.float32)
    (tmp_path / "r.wav").write_bytes(encode_wav(square, RATE))
    assert 0.9 < np.abs(low(tmp_path / "r.wav")).max() <= 1.0


def test_lowpass_of_silence_is_silence(tmp_path: Path) -> None:
    (tmp_path / "r.wav").write_bytes(encode_wav(np.zeros(RATE, np.float32), RATE))
    assert not low(tmp_path / "r.wav").any()


@pytest.mark.parametrize("cutoff", [0.0, -1.0, 8000.0, float("nan")])
def test_lowpass_refuses_cutoff(cutoff: float) -> None:
    with pytest.raises(BadInput, match=rf"cutoff {cutoff} Hz is outside 0 to 8000 Hz"):
        Lowpass(cutoff=cutoff)


def test_lowpass_needs_a_reference(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"clip 'x' has no reference"):
        Lowpass().load("cpu")([Clip(id="x")], [0])
    (tmp_path / "bad.wav").write_bytes(b"")
    with pytest.raises(Unreadable, match=r"bad\.wav is empty"):
        low(tmp_path / "bad.wav")


def hiss(seed: int = 1, seconds: float | None = 8.0, system: Noise | None = None) -> Waveform:
    wave: Waveform = (system or Noise()).load("cpu")([Clip(id="x", text="anything", seconds=seconds)], [seed])[0]
    return wave


@pytest.mark.parametrize("slope", [-6.0, -3.0, 0.0, 3.0])
def test_noise_slope(slope: float) -> None:
    wave = hiss(system=Noise(slope=slope))
    f, power = np.fft.rfftfreq(len(wave), 1 / RATE), np.abs(np.fft.rfft(wave)) ** 2
    edges = 62.5 * 2.0 ** np.arange(8)
    density = [10 * np.log10(power[(f >= a) & (f < 2 * a)].mean()) for a in edges[:-1]]
    assert np.polyfit(np.arange(7), density, 1)[0] == pytest.approx(slope, abs=0.5)


def test_noise_level_and_range() -> None:
    for level_db in (-40.0, -20.0, -16.0):
        wave = hiss(system=Noise(level=level_db))
        assert 10 * np.log10(np.mean(wave.astype(np.float64) ** 2)) == pytest.approx(level_db, abs=0.01)
        assert np.abs(wave).max() < 1


def test_noise_depends_on_its_seed_alone() -> None:
    assert hiss().tobytes() == hiss().tobytes() != hiss(seed=2).tobytes()
    batch = Noise().load("cpu")([Clip(id="a", seconds=8.0), Clip(id="b", seconds=8.0)], [2, 1])
    assert batch[1].tobytes() == hiss(seed=1).tobytes()


@pytest.mark.parametrize(("seconds", "n"), [(None, 160_000), (1.00003, 16_000), (0.5, 8000)])
def test_noise_length(seconds: float | None, n: int) -> None:
    assert hiss(seconds=seconds).shape == (n,)
    assert hiss(seconds=seconds).dtype == np.float32


def test_noise_refuses_settings() -> None:
    with pytest.raises(BadInput, match=r"slope 40\.0 dB per octave is outside -12 to 12"):
        Noise(slope=40.0)
    with pytest.raises(BadInput, match=r"level 0\.0 dBFS is outside -60 to -16"):
        Noise(level=0.0)


def test_tables() -> None:
    assert lowpass.SYSTEMS["lowpass"] == Lowpass(rate=16_000, cutoff=3500.0)
    assert SYSTEMS["noise"] == Noise(rate=16_000, slope=-3.0, level=-20.0)
    assert Lowpass.reads_reference
    assert not Noise.reads_reference
    assert not Lowpass.accelerated
    assert not Noise.accelerated


def test_doctests() -> None:
    assert doctest.testmod(lowpass).failed == 0
