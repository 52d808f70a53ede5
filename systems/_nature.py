"""Sounds of weather, water, fire and animals, each a function of a scene."""

from __future__ import annotations

import numpy as np

from ._scene import Scene
from ._synth import (
    Event,
    Wave,
    band,
    beats,
    clock,
    drift,
    filtered,
    harmonics,
    hump,
    impulses,
    morphed,
    noise,
    peaks,
    placed,
    pulses,
    room,
    sloped,
    turns,
)


def rain(s: Scene) -> Wave:
    """A hiss of many drops, and the nearest drops one by one."""
    hiss = noise(s.rng, s.n, s.rate, lambda f: band(400, 9000)(f) * sloped(-1.5)(f))
    near = filtered(impulses(s.rng, s.n, s.rate, 250 * s.tempo), s.rate, band(1200 * s.pitch, 5000 * s.pitch))
    return hiss * drift(s.rng, s.n, s.rate, 2, 0.8, 1.0) + 8 * near


def wind(s: Scene) -> Wave:
    """Noise through a resonance that wanders with the gusts: the harder it blows, the higher it howls."""
    gust = drift(s.rng, s.n, s.rate, 1.2 * s.tempo, 0.15, 1.0)

    def gain(t: Wave, f: Wave) -> Wave:
        strength = np.interp(t, s.time, gust)
        centre = s.pitch * (180 + 620 * strength)
        howl = 1 / (1 + ((f - centre) / (0.16 * centre)) ** 2)
        return strength**1.5 * (howl + 0.25 * band(40, 350)(f))

    return morphed(noise(s.rng, s.n, s.rate, sloped(-2)), s.rate, gain)


def thunder(s: Scene) -> Wave:
    """A crack, then the rumble of the farther parts of the channel rolling in."""
    rumble = noise(s.rng, s.n, s.rate, lambda f: band(30, 140 * s.pitch)(f) * sloped(-2)(f))
    crack = noise(s.rng, s.n, s.rate, lambda f: band(80, 1200)(f) * sloped(-4)(f))
    first = s.rng.uniform(0.05, 0.15)
    starts = np.append(first, first + s.rng.uniform(0.3, 2.6, 3))
    sizes = np.append(1.0, s.rng.uniform(0.3, 0.7, 3))
    age = s.time - starts[:, None]
    rolls = np.where(age > 0, np.exp(-np.maximum(age, 0) / 0.9) * np.minimum(1, np.maximum(age, 0) / 0.04), 0)
    snaps = np.where(age > 0, np.exp(-np.maximum(age, 0) / 0.12), 0)
    uneven = drift(s.rng, s.n, s.rate, 9, 0.5, 1.0)
    near: Wave = (rumble * (sizes @ rolls) + 0.9 * crack * (sizes**2 @ snaps)) * uneven
    return near + 0.01 * rumble


def waves(s: Scene) -> Wave:
    """Surf: each wave swells, breaks bright, and draws back."""
    period = 3.4 / s.tempo
    cycle = (s.time / period + s.rng.uniform(0.5, 0.8)) % 1.0
    swell = np.where(cycle < 0.35, np.sin(np.pi / 2 * cycle / 0.35) ** 3, np.exp(-(cycle - 0.35) / 0.2))

    def gain(t: Wave, f: Wave) -> Wave:
        level = np.interp(t, s.time, swell)
        return (0.12 + level) / (1 + (f / (s.pitch * (350 + 3500 * level))) ** 2)

    return morphed(noise(s.rng, s.n, s.rate, sloped(-1)), s.rate, gain)


def stream(s: Scene) -> Wave:
    """Running water: bubbles, each a short tone that rises as it nears the surface, over a soft rush."""

    def bubble() -> Wave:
        seconds, low = s.rng.uniform(0.03, 0.08), s.pitch * s.rng.uniform(450, 1700)
        t = clock(int(seconds * s.rate), s.rate)
        tone = np.sin(2 * np.pi * low * (1 + s.rng.uniform(1, 4) * t) * t)
        return s.rng.exponential(1.0) * tone * np.exp(-4 * t / seconds) * np.minimum(1, t / 0.003)

    starts = s.rng.uniform(0, s.seconds, int(55 * s.tempo * s.seconds) + 1)
    rush = noise(s.rng, s.n, s.rate, band(500, 3500))
    return placed(s.n, s.rate, [Event(start, bubble()) for start in starts]) + 0.12 * rush


def fire(s: Scene) -> Wave:
    """Crackles and a few snaps over a low roar."""
    roar = noise(s.rng, s.n, s.rate, lambda f: band(40, 350)(f) * sloped(-3)(f)) * drift(s.rng, s.n, s.rate, 5, 0.6, 1)
    crackle = filtered(impulses(s.rng, s.n, s.rate, 45 * s.tempo), s.rate, band(1500, 7000))
    snap = room(s.rng, filtered(impulses(s.rng, s.n, s.rate, 5 * s.tempo), s.rate, band(500, 4000)), s.rate, 0.04, 0.6)
    return 0.035 * roar + 0.3 * crackle + 0.7 * snap


def birds(s: Scene) -> Wave:
    """Two birds that take turns, each with a motif of its own."""
    motifs = [(s.rng.uniform(2600, 3300), 4, 0.10, -0.35), (s.rng.uniform(3900, 4800), 6, 0.06, 0.25)]

    def phrase(base: float, count: int, seconds: float, sweep: float) -> Wave:
        t = clock(int(seconds * s.rate), s.rate)
        glide = s.pitch * base * (1 + sweep * t / seconds + 0.05 * np.sin(2 * np.pi * 28 * t))
        chirp = harmonics(turns(glide, len(t), s.rate), (1.0, 0.12)) * hump(len(t), s.rate, 0.012, 0.03)
        gap = np.zeros(int(0.4 * len(t)))
        return np.concatenate([s.rng.uniform(0.6, 1.0) * np.append(chirp, gap) for _ in range(count)])

    starts = beats(s.rng, s.n, s.rate, 0.62 / s.tempo, 0.12)
    calls = [Event(start, phrase(*motifs[i % 2])) for i, start in enumerate(starts)]
    air = 0.008 * noise(s.rng, s.n, s.rate, sloped(-3))
    return room(s.rng, placed(s.n, s.rate, calls), s.rate, 0.5, 0.2) + air


def crickets(s: Scene) -> Wave:
    """Trills of short high pulses from three crickets over a quiet night."""

    def one(rate: float) -> Wave:
        tone = np.sin(turns(4300 * s.pitch * s.rng.uniform(0.95, 1.05), s.n, s.rate) + s.rng.uniform(0, 6))
        pulse = np.maximum(0, np.sin(2 * np.pi * 32 * s.time)) ** 2
        trill = np.sin(2 * np.pi * (rate * s.time + s.rng.uniform())) > -0.2
        song: Wave = tone * pulse * trill * s.rng.uniform(0.4, 1.0)
        return song

    trills = one(1.9 * s.tempo) + one(2.4 * s.tempo) + one(2.9 * s.tempo)
    return trills + 0.02 * noise(s.rng, s.n, s.rate, sloped(-4))


def bark(s: Scene) -> Wave:
    """Barks in pairs: a rough tone that jumps up and falls, through the resonances of a muzzle."""

    def one() -> Wave:
        n = int(s.rng.uniform(0.17, 0.23) * s.rate)
        arc = np.sin(np.pi * np.linspace(0.1, 1, n)) ** 0.7
        phase = turns(s.pitch * s.rng.uniform(0.9, 1.1) * (260 + 330 * arc), n, s.rate)
        rough = 1 + 0.5 * np.sin(0.5 * phase) + 0.3 * s.rng.standard_normal(n)
        return (rough * pulses(phase, 11) + 0.12 * s.rng.standard_normal(n)) * hump(n, s.rate, 0.015, 0.12)

    starts = [t + later for t in beats(s.rng, s.n, s.rate, 1.1 / s.tempo, 0.06) for later in (0.0, 0.32 / s.tempo)]
    raw = placed(s.n, s.rate, [Event(start, one()) for start in starts])
    centres, widths, heights = np.array([[750, 1450, 2700], [250, 300, 500], [1.0, 0.7, 0.35]])
    return room(
        s.rng, filtered(raw, s.rate, lambda f: peaks(f, centres * s.pitch**0.5, widths, heights)), s.rate, 0.3, 0.2
    )
