"""Procedural synthesis in plain NumPy: filters in the frequency domain, tones in closed form, and events in time.

No recursive filter is run sample by sample, so nothing here needs SciPy (a second to import) or a compiler.
Waveforms are float64 of shape (n,); time is in seconds, frequency and ``rate`` in Hz.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bench.clip import Clip

Wave = NDArray[np.float64]
"""One channel or one control curve, shape (n,)."""
Gain = Callable[[Wave], Wave]
"""Amplitude gain (m,) at frequencies (m,) in Hz."""

UNSTATED = 10.0  # seconds, where a clip does not say: the length of AudioCaps and MusicCaps clips
LOWEST = 20.0  # Hz: a power law is held constant below, or it would be all rumble


def samples(clip: Clip, rate: int) -> int:
    """How many samples a clip asks for: ``round(seconds * rate)``, at least one."""
    return max(1, round((UNSTATED if clip.seconds is None else clip.seconds) * rate))


def clock(n: int, rate: int) -> Wave:
    """The time of each sample in seconds, shape (n,)."""
    return np.arange(n) / rate


def unit(wave: Wave) -> Wave:
    """The same wave with peak 1; silence stays silence."""
    peak = float(np.abs(wave).max(initial=0.0))
    return wave / peak if peak > 0 else wave


def fitted(wave: Wave, n: int) -> Wave:
    """The first n samples, with zeros after the end of a shorter wave."""
    return np.pad(wave[:n], (0, max(0, n - len(wave))))


# Filters


def bins(size: int, rate: int) -> Wave:
    """The frequencies in Hz of a real spectrum, shape (size // 2 + 1,)."""
    return np.arange(size // 2 + 1, dtype=np.float64) * rate / size


def filtered(wave: Wave, rate: int, gain: Gain) -> Wave:
    """A zero-phase filter: the spectrum times ``gain``; half a second of zeros keeps the end out of the beginning."""
    size = 1 << (len(wave) + rate // 2 - 1).bit_length()
    spectrum = np.fft.rfft(wave, size) * gain(bins(size, rate))
    return np.fft.irfft(spectrum, size)[: len(wave)]


def morphed(wave: Wave, rate: int, gain: Callable[[Wave, Wave], Wave]) -> Wave:
    """A filter that changes with time: short spectra of about 32 ms, overlapping by three quarters.

    Args:
        wave: shape (n,).
        rate: Hz.
        gain: takes times (frames, 1) in seconds and frequencies (1, bins) in Hz; gives amplitude gains (frames, bins).
    """
    size = 1 << round(np.log2(0.032 * rate))
    hop = size // 4
    window = np.sin(np.pi * np.arange(size) / size)  # its square, four times overlapping, adds up to 2
    padded = np.pad(wave, (size, 2 * size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * window
    times = (np.arange(len(frames)) * hop - size / 2) / rate
    spectra = np.fft.rfft(frames) * gain(times[:, None], bins(size, rate)[None, :])
    frames = np.fft.irfft(spectra, size) * window / 2
    out = np.zeros_like(padded)
    for phase in range(4):  # every fourth frame abuts the next: four plain sums instead of one for each frame
        run = frames[phase::4].ravel()
        out[phase * hop : phase * hop + len(run)] += run
    return out[size : size + len(wave)]


def band(low: float, high: float, order: int = 2) -> Gain:
    """The amplitude of a Butterworth band-pass between two frequencies in Hz; 0 and inf leave a side open."""

    def gain(f: Wave) -> Wave:
        below = (low / np.maximum(f, 1e-3)) ** (2 * order)
        above = (f / high) ** (2 * order)
        both: Wave = 1 / np.sqrt((1 + below) * (1 + above))
        return both

    return gain


def peaks(f: Wave, centres: Wave, widths: Wave, heights: Wave) -> Wave:
    """A sum of resonances: amplitude gains at f, each with its centre and width in Hz and its height."""
    away = np.hypot(1, (f[..., None] - centres) * (2 / widths))
    total: Wave = np.sum(heights / (away * np.sqrt(away)), axis=-1)
    return total


def sloped(slope: float) -> Gain:
    """A power law: amplitude gain falling by ``slope`` dB per octave above 20 Hz, 1 at 1 kHz."""
    return lambda f: (np.maximum(f, LOWEST) / 1000) ** (slope / (20 * np.log10(2)))


def room(rng: Generator, wave: Wave, rate: int, seconds: float, wet: float) -> Wave:
    """A wave and its echo, noise that decays by 60 dB in ``seconds``; ``wet`` is the echo's share of the energy."""
    n = int(seconds * rate)
    echo = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
    echo *= 1 / np.sqrt(np.sum(echo**2))
    size = 1 << (len(wave) + n).bit_length()
    late = np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(echo, size), size)[: len(wave)]
    mix: Wave = np.sqrt(1 - wet) * wave + np.sqrt(wet) * late
    return mix


# Noise and control


def noise(rng: Generator, n: int, rate: int, gain: Gain) -> Wave:
    """Gaussian noise of this spectrum with unit RMS."""
    wave = filtered(rng.standard_normal(n), rate, gain)
    wave /= np.sqrt(np.mean(wave**2) + 1e-30)
    return wave


def drift(rng: Generator, n: int, rate: int, speed: float, low: float, high: float) -> Wave:
    """A control curve that wanders between two values, with ``speed`` new targets a second."""
    targets = rng.uniform(low, high, int(n / rate * speed) + 3)
    return np.interp(clock(n, rate) * speed + rng.uniform(), np.arange(len(targets)), targets)


def impulses(rng: Generator, n: int, rate: int, density: float) -> Wave:
    """Random clicks, ``density`` a second, of random sign and uneven size: a few loud, most soft."""
    out = np.zeros(n)
    count = 1 + rng.poisson(density * n / rate)
    size = rng.exponential(1.0, count) * rng.choice([-1.0, 1.0], count)
    np.add.at(out, rng.integers(0, n, count), size)
    return out


def beats(rng: Generator, n: int, rate: int, period: float, jitter: float) -> Wave:
    """The times in seconds of a steady pulse that starts at once, each off by a share ``jitter`` of the period."""
    times = np.arange(int(n / rate / period) + 1, dtype=np.float64) * period
    times[1:] += rng.normal(0.0, jitter * period, len(times) - 1)
    times += rng.uniform(0.0, 0.03)
    return times.clip(min=0.0)


# Tones and events


def turns(frequency: Wave | float, n: int, rate: int) -> Wave:
    """The phase (n,) in radians of an oscillator whose frequency in Hz may vary."""
    return 2 * np.pi * np.cumsum(np.broadcast_to(frequency, n)) / rate


def harmonics(phase: Wave, gains: Sequence[float], damping: Wave | float = 0.0) -> Wave:
    """Sum of ``gains[k-1] * exp(-k * damping) * sin(k * phase)``, by Horner's rule: one product for each harmonic."""
    turn = np.exp(1j * phase - damping)
    total = np.zeros_like(turn)
    for gain in reversed(gains):
        total = (total + gain) * turn
    return np.imag(total)


def pulses(phase: Wave, count: int) -> Wave:
    """A train of pulses, one a turn, with harmonics 1 to ``count`` and no aliases (the Dirichlet kernel)."""
    half = np.sin(phase / 2)
    at_peak = np.abs(half) < 1e-6
    ratio = np.sin((count + 0.5) * phase) / np.where(at_peak, 1.0, 2 * half) - 0.5
    return np.where(at_peak, float(count), ratio) / count


def struck(t: Wave, frequencies: Iterable[float], gains: Iterable[float], decays: Iterable[float]) -> Wave:
    """The modes of a struck body: each rings at its frequency in Hz and falls by 60 dB in its decay in seconds."""
    modes = zip(frequencies, gains, decays, strict=True)
    rings: Wave = np.sum([g * np.sin(2 * np.pi * f * t) * 10 ** (-3 * t / d) for f, g, d in modes], axis=0)
    return rings


def hump(n: int, rate: int, attack: float, release: float) -> Wave:
    """An envelope that rises in ``attack`` and falls in the last ``release`` seconds; both are shortened to fit."""
    t, end = clock(n, rate), n / rate
    rise = np.clip(t / min(attack, end / 2), 0, 1)
    return np.sin(np.pi / 2 * rise * np.clip((end - t) / min(release, end / 2), 0, 1)) ** 2


class Event(NamedTuple):
    """A short wave and when it starts, in seconds."""

    start: float
    wave: Wave


def placed(n: int, rate: int, events: Iterable[Event]) -> Wave:
    """Events summed onto silence of n samples; what lies beyond the end is cut."""
    out = np.zeros(n)
    for start, wave in events:
        at = round(start * rate)
        if at < n:
            piece = wave[: n - at]
            out[at : at + len(piece)] += piece
    return out
