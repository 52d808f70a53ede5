"""Sounds of people's hands and feet, of bells and of machines, each a function of a scene."""

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
    noise,
    peaks,
    placed,
    pulses,
    room,
    sloped,
    struck,
    turns,
)

HORN = (1.0, 0.6, 0.45, 0.3, 0.2, 0.12, 0.08)  # amplitudes of a driven horn's harmonics
BELL_RATIOS = (
    0.5,
    1.0,
    1.183,
    1.506,
    2.0,
    2.514,
    2.662,
    3.011,
    4.166,
    5.433,
)  # hum, prime, tierce, quint, nominal, ...
BELL_GAINS = (0.5, 0.8, 0.7, 0.25, 1.0, 0.3, 0.3, 0.35, 0.3, 0.2)
BELL_DECAYS = (6.0, 4.5, 3.6, 2.6, 2.2, 1.6, 1.4, 1.1, 0.7, 0.5)  # seconds to -60 dB


def applause(s: Scene) -> Wave:
    """Many pairs of hands: claps at random times, each kind of hand with its own resonance, in a hall."""
    out = np.zeros(s.n)
    for centre in s.pitch * np.array([700.0, 1000.0, 1400.0, 2100.0]):
        claps = impulses(s.rng, s.n, s.rate, 55 * s.tempo)
        out += filtered(claps, s.rate, band(0.6 * centre, 1.8 * centre))
    return room(s.rng, room(s.rng, out, s.rate, 0.02, 0.7), s.rate, 0.7, 0.25)


def footsteps(s: Scene) -> Wave:
    """Heel and then toe on a hard floor, left and right a little different."""

    def step(foot: int) -> Wave:
        t = clock(int(0.25 * s.rate), s.rate)
        body = np.sin(2 * np.pi * s.pitch * (95 + 15 * foot) * t) * np.exp(-t / 0.03)
        heel = noise(s.rng, len(t), s.rate, band(250, 2600 + 500 * foot)) * np.exp(-t / 0.012)
        toe = noise(s.rng, len(t), s.rate, band(700, 5000)) * np.exp(-(((t - 0.11) / 0.02) ** 2))
        return s.rng.uniform(0.8, 1.0) * (0.9 * body + 0.5 * heel + 0.09 * toe)

    starts = beats(s.rng, s.n, s.rate, 0.54 / s.tempo, 0.03)
    steps = placed(s.n, s.rate, [Event(start, step(i % 2)) for i, start in enumerate(starts)])
    return room(s.rng, steps, s.rate, 0.4, 0.12)


def ticking(s: Scene) -> Wave:
    """A clock: tick and tock, twice a second."""

    def one(which: int) -> Wave:
        t = clock(int(0.12 * s.rate), s.rate)
        modes = s.pitch * (1.0, 0.82)[which] * np.array([1250, 2350, 3700, 5600]) * s.rng.uniform(0.99, 1.01)
        return s.rng.uniform(0.85, 1.0) * struck(t, modes, (0.4, 1.0, 0.7, 0.4), (0.08, 0.05, 0.03, 0.02))

    starts = beats(s.rng, s.n, s.rate, 0.5 / s.tempo, 0.004)
    ticks = placed(s.n, s.rate, [Event(start, one(i % 2)) for i, start in enumerate(starts)])
    return room(s.rng, ticks, s.rate, 0.25, 0.1) + 0.002 * noise(s.rng, s.n, s.rate, sloped(-3))


def bell(s: Scene) -> Wave:
    """A church bell: inharmonic partials, the high ones soon gone."""
    prime = 330 * s.pitch * s.rng.uniform(0.97, 1.03)
    t = s.time[: int(max(BELL_DECAYS) * s.rate)]

    def stroke() -> Wave:
        ratios = np.array(BELL_RATIOS) * s.rng.normal(1, 0.0005, len(BELL_RATIOS))
        gains = np.array(BELL_GAINS) * s.rng.uniform(0.8, 1.2, len(BELL_GAINS))
        ring = struck(t, prime * ratios, gains, BELL_DECAYS)
        clapper = noise(s.rng, len(t), s.rate, band(1500, 6000)) * np.exp(-t / 0.008)
        return s.rng.uniform(0.8, 1.0) * (ring + 0.5 * clapper)

    starts = beats(s.rng, s.n, s.rate, 2.1 / s.tempo, 0.02)
    return room(s.rng, placed(s.n, s.rate, [Event(start, stroke()) for start in starts]), s.rate, 1.0, 0.15)


def siren(s: Scene) -> Wave:
    """A wailing siren: a harsh tone swept up and down between 600 and 1350 Hz."""
    wail = 0.5 - 0.5 * np.cos(2 * np.pi * (0.55 * s.tempo * s.time + s.rng.uniform()))
    tone = harmonics(turns(s.pitch * (600 + 750 * wail) * s.rng.uniform(0.98, 1.02), s.n, s.rate), HORN[:5])
    return room(s.rng, filtered(tone, s.rate, band(450, 4000)), s.rate, 0.6, 0.15)


def horn(s: Scene) -> Wave:
    """A train's horn: a chord of three pipes and their hiss, blown twice in four seconds."""
    blast = int(1.35 / s.tempo * s.rate)
    tune = s.pitch * s.rng.uniform(0.98, 1.02)

    def one() -> Wave:
        tones = [harmonics(turns(tune * f, blast, s.rate), HORN) for f in (311, 370, 466)]
        return (sum(tones) + 0.15 * noise(s.rng, blast, s.rate, band(800, 5000))) * hump(blast, s.rate, 0.09, 0.2)

    starts = beats(s.rng, s.n, s.rate, 1.9 / s.tempo, 0.03)
    return room(s.rng, placed(s.n, s.rate, [Event(start, one()) for start in starts]), s.rate, 1.2, 0.25)


def beeping(s: Scene) -> Wave:
    """An alarm: a square-like tone, on and off three times a second."""
    on = (3 * s.tempo * s.time + s.rng.uniform(0, 0.4)) % 1.0 < 0.5
    soft = filtered(on.astype(float), s.rate, band(0, 150))
    phase = turns(1050 * s.pitch * s.rng.uniform(0.97, 1.03), s.n, s.rate)
    return room(s.rng, soft * harmonics(phase, (1.0, 0.0, 0.33, 0.0, 0.2)), s.rate, 0.3, 0.1)


def engine(s: Scene) -> Wave:
    """A motor revved once or twice: uneven pulses of combustion through the resonances of an exhaust."""
    rev = 0.5 - 0.5 * np.cos(2 * np.pi * (0.4 * s.tempo * s.time + s.rng.uniform()))
    firing = 48 * s.pitch * (1 + 0.9 * rev) * drift(s.rng, s.n, s.rate, 12, 0.98, 1.02)
    phase = turns(firing, s.n, s.rate)
    uneven = 1 + 0.35 * np.sin(phase / 2) + 0.2 * np.sin(phase / 4)
    burnt = noise(s.rng, s.n, s.rate, sloped(-2)) * np.maximum(0, np.cos(phase)) ** 2
    raw = (uneven * pulses(phase, 40) + 0.1 * burnt) * (0.5 + 0.5 * rev)
    centres, widths, heights = np.array([[110, 290, 720, 1800], [80, 140, 400, 1500], [1.0, 0.6, 0.35, 0.15]])
    return filtered(raw, s.rate, lambda f: band(30, 5000)(f) * peaks(f, centres, widths, heights))


def helicopter(s: Scene) -> Wave:
    """Blades that chop the air eleven times a second, and a faint whine of the turbine."""
    turn = (11 * s.tempo * s.time * s.rng.uniform(0.97, 1.03) + s.rng.uniform()) % 1.0
    chop = 0.15 + np.exp(-turn / 0.18) * np.minimum(1, turn / 0.03)
    air = noise(s.rng, s.n, s.rate, lambda f: band(50, 900 * s.pitch)(f) * sloped(-3)(f))
    whine = np.sin(turns(1900 * s.pitch * drift(s.rng, s.n, s.rate, 3, 0.995, 1.005), s.n, s.rate))
    return air * chop + 0.04 * whine
