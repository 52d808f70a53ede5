"""Voices: pulses or breath through formants that glide from letter to letter; no language, but its rhythm and tune."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._music import BPM, piece
from ._phones import PHONES, Phone, spell
from ._scene import Scene, Voice
from ._synth import Wave, band, drift, filtered, morphed, peaks, pulses, room, turns, unit

MAN = Voice(pitch=115.0, tract=1.0)
WOMAN = Voice(pitch=205.0, tract=1.17)
CHILD = Voice(pitch=290.0, tract=1.36)

WIDTHS = np.array([80.0, 110.0, 170.0, 280.0])  # Hz, of the four formants
HEIGHTS = np.array([1.0, 0.6, 0.35, 0.18])
FOURTH = 3500.0  # Hz: the highest formant hardly moves


class Track(NamedTuple):
    """What the mouth does.

    Attributes:
        times: of the control points in seconds, shape (m,).
        formants: the first three of a man, in Hz, shape (m, 3).
        tone: level of the voice, shape (m,).
        hiss: level of the friction, shape (m,).
        friction: centre of the friction in Hz, shape (m,).
    """

    times: Wave
    formants: NDArray[np.float64]
    tone: Wave
    hiss: Wave
    friction: Wave


def articulate(s: Scene, phones: str) -> Track:
    """Phones in a row, again and again to the end of the clip; each is held a while and glides into the next."""
    row: list[Phone] = []
    lengths: list[float] = []
    while sum(lengths) < s.seconds + 0.5:
        for name in phones:
            row.append(PHONES[name])
            lengths.append(PHONES[name].seconds / s.tempo * s.rng.uniform(0.85, 1.2))
    ends = np.cumsum(lengths)
    held = np.stack([ends - 0.75 * np.array(lengths), ends - 0.25 * np.array(lengths)], axis=1).ravel()
    twice = [phone for phone in row for _ in range(2)]
    return Track(
        times=held,
        formants=np.array([phone.formants for phone in twice]),
        tone=np.array([phone.tone for phone in twice]),
        hiss=np.array([phone.hiss for phone in twice]),
        friction=np.array([phone.friction for phone in twice]),
    )


def intonation(s: Scene, track: Track) -> Wave:
    """Pitch relative to the voice's mean (n,): it falls through each phrase, rises with loudness, is never steady."""
    place = (s.time * s.tempo / 1.7 + 0.5 * s.rng.uniform()) % 1.0
    fall = np.interp(place, (0.0, 0.92, 1.0), (1.18, 0.84, 1.18))
    accent = np.interp(s.time, track.times, track.tone)
    unsteady = drift(s.rng, s.n, s.rate, 4, 0.94, 1.06) * drift(s.rng, s.n, s.rate, 40, 0.99, 1.01)
    contour: Wave = fall * (0.96 + 0.08 * accent) * unsteady
    return contour


def utter(s: Scene, voice: Voice, track: Track, pitch: Wave, whispered: bool = False) -> Wave:
    """The tract: a source of pulses (or of breath) through the formants, and friction beside it.

    Args:
        s: the scene; its pitch factor moves the formants a little.
        voice: who.
        track: what the mouth does.
        pitch: Hz, shape (n,).
        whispered: breath in place of pulses.
    """
    breath = s.rng.standard_normal(s.n)
    count = max(1, int(0.48 * s.rate / pitch.max()))
    tract = voice.tract * s.pitch**0.25 * s.rng.uniform(0.98, 1.02)
    source = 0.25 * breath if whispered else np.sqrt(count) * pulses(turns(pitch, s.n, s.rate), count) + 0.01 * breath

    def at(t: Wave, column: Wave) -> Wave:
        return np.interp(t, track.times, column)

    def mouth(t: Wave, f: Wave) -> Wave:
        centres = np.stack([at(t, column) for column in track.formants.T] + [np.full_like(t, FOURTH)], axis=-1)
        tilt = (1 + (f / 600) ** 2) ** -0.4
        return at(t, track.tone) * tilt * peaks(f, tract * centres, WIDTHS * tract, HEIGHTS)

    def teeth(t: Wave, f: Wave) -> Wave:
        centre = np.minimum(at(t, track.friction) * voice.tract**0.5, 0.42 * s.rate)
        rush: Wave = 0.3 * at(t, track.hiss) / (1 + ((f - centre) / (0.3 * centre)) ** 2)
        return rush

    return morphed(source, s.rate, mouth) + morphed(breath, s.rate, teeth)


def speech(s: Scene) -> Wave:
    """Somebody speaks: the quoted words, or the caption."""
    voice = s.manner.voice or MAN
    track = articulate(s, spell(s.words) + ".")
    pitch = voice.pitch * s.pitch**0.5 * s.rng.uniform(0.96, 1.04) * intonation(s, track)
    return room(s.rng, utter(s, voice, track, pitch), s.rate, 0.25, 0.06)


def whisper(s: Scene) -> Wave:
    """The same without voice."""
    track = articulate(s, spell(s.words) + ".")
    return utter(s, s.manner.voice or WOMAN, track, np.full(s.n, 100.0), whispered=True)


def conversation(s: Scene) -> Wave:
    """A man and a woman by turns of about a second and a half."""
    turn = np.sin(2 * np.pi * s.time * s.tempo / 3.0 + s.rng.uniform(0, 0.5))
    first = speech(dataclasses.replace(s, manner=dataclasses.replace(s.manner, voice=MAN)))
    second = speech(dataclasses.replace(s, manner=dataclasses.replace(s.manner, voice=WOMAN)))
    share = np.clip(0.5 + 6 * turn, 0, 1)
    return share * unit(first) + (1 - share) * unit(second)


def babble(s: Scene) -> Wave:
    """A crowd: six voices at once, each with words of its own, in a hall."""
    total = np.zeros(s.n)
    phones = spell(s.words).replace(".", " ")
    for i, voice in enumerate((MAN, WOMAN, MAN, WOMAN, CHILD, MAN)):
        shuffled = " ".join(s.rng.permutation(phones.split()))
        track = articulate(s, shuffled + (" " if i % 2 else ". "))
        pitch = voice.pitch * s.rng.uniform(0.85, 1.15) * intonation(s, track)
        total += s.rng.uniform(0.5, 1.0) * unit(utter(s, voice, track, pitch))
    return room(s.rng, total, s.rate, 0.8, 0.35)


def laughter(s: Scene) -> Wave:
    """Bursts of "ha ha ha" that fall in pitch and get softer, with a breath between."""
    voice = s.manner.voice or WOMAN
    quick = dataclasses.replace(s, manner=dataclasses.replace(s.manner, tempo=1.1 * s.tempo))
    track = articulate(quick, "hahahahaha..")
    period = 1.9 / s.tempo
    age = (s.time % period) / period
    pitch = (
        voice.pitch
        * s.pitch**0.5
        * s.rng.uniform(1.3, 1.5)
        * (1.15 - 0.4 * age)
        * drift(s.rng, s.n, s.rate, 6, 0.95, 1.05)
    )
    return room(s.rng, utter(s, voice, track, pitch) * (1 - 0.5 * age), s.rate, 0.3, 0.1)


def tune(s: Scene, voice: Voice, beats: float) -> Wave:
    """A sung melody (n,) in Hz near the voice's pitch: a new note every few beats, with glides and vibrato."""
    p, composer = piece(s.text), s.composer()
    step = beats * 60 / BPM / s.pace
    degrees = np.cumsum(composer.choice([-2, -1, 1, 2, 3], int(s.seconds / step) + 2)) % 9
    octave = round(np.log2(1.3 * voice.pitch * s.pitch**0.5 / 261.6)) * 12
    notes = np.array([p.pitch(int(degree)) + octave for degree in degrees], dtype=np.float64)
    starts = np.arange(len(notes)) * step
    held = np.stack([starts + 0.06, starts + step - 0.02], axis=1).ravel()
    line = np.interp(s.time, held, np.repeat(notes, 2)) + 0.25 * np.sin(2 * np.pi * 5.5 * s.time)
    return 440 * 2 ** ((line - 69 + s.rng.normal(0, 0.1)) / 12) * drift(s.rng, s.n, s.rate, 20, 0.995, 1.005)


def singing(s: Scene) -> Wave:
    """A tune on open vowels, a note a beat."""
    voice = s.manner.voice or WOMAN
    slow = dataclasses.replace(s, manner=dataclasses.replace(s.manner, tempo=0.4 * s.tempo))
    track = articulate(slow, "laolaeluao")
    return room(s.rng, utter(s, voice, track, tune(s, voice, 1.0)), s.rate, 0.9, 0.2)


def humming(s: Scene) -> Wave:
    """A tune with closed lips, a note a beat."""
    voice = s.manner.voice or WOMAN
    hum = utter(s, voice, articulate(s, "mmmmmmmm"), tune(s, voice, 1.0))
    return filtered(hum, s.rate, band(0, 900)) * drift(s.rng, s.n, s.rate, 3, 0.75, 1.0)
