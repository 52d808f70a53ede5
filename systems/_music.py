"""Music: what is composed belongs to the text (key, progression, tune), how it is performed to the seed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ._scene import Scene, Timbre
from ._synth import Event, Wave, band, clock, harmonics, hump, noise, placed, room, turns

PIANO = Timbre(partials=(1.0, 0.6, 0.35, 0.22, 0.14, 0.09, 0.05, 0.03), damping=0.9, release=0.15)
GUITAR = Timbre(partials=tuple(abs(np.sin(0.9 * k)) / k for k in range(1, 25)), attack=0.002, damping=0.7, release=0.1)
FLUTE = Timbre(partials=(1.0, 0.35, 0.12, 0.04), attack=0.07, release=0.1, vibrato=0.25, breath=0.025)
ORGAN = Timbre(partials=(1.0, 0.8, 0.5, 0.6, 0.0, 0.35, 0.0, 0.3), attack=0.03, release=0.06)
STRINGS = Timbre(partials=tuple(1 / k for k in range(1, 19)), attack=0.18, release=0.25, vibrato=0.3, breath=0.005)
BASS = Timbre(partials=(1.0, 0.7, 0.4, 0.25, 0.15, 0.1), attack=0.008, damping=0.5, release=0.05)
SYNTH = Timbre(partials=tuple((k % 2) / k for k in range(1, 20)), attack=0.01, release=0.05, vibrato=0.08)
MUSIC_BOX = Timbre(partials=(1.0, 0.0, 0.15, 0.35, 0.0, 0.12), attack=0.001, damping=1.1, release=0.4)

BPM = 112.0
LOWEST_NOTE = 38.0  # Hz: deeper ones are played an octave up, or small loudspeakers would play nothing
NOTES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
PROGRESSIONS = {  # scale degrees from 0, two beats each
    MAJOR: ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 4, 0)),
    MINOR: ((0, 5, 2, 6), (0, 3, 4, 0), (0, 6, 5, 6)),
}
SAD = r"\b(minor|sad|sadly|melancholy|melancholic|mournful|dark|gloomy)\b"


class Piece(NamedTuple):
    """What all players of one text agree on.

    Attributes:
        tonic: MIDI number between 55 and 66.
        scale: semitones above the tonic.
        progression: the degree of each chord's root.
    """

    tonic: int
    scale: tuple[int, ...]
    progression: tuple[int, ...]

    def pitch(self, degree: int) -> int:
        """The MIDI number of a scale degree; 7 is an octave above 0."""
        return self.tonic + 12 * (degree // 7) + self.scale[degree % 7]

    def root(self, beat: float) -> int:
        """The degree of the chord under a beat."""
        return self.progression[int(beat // 2) % len(self.progression)]


class Note(NamedTuple):
    """A written note: when and how long in beats, its MIDI number, its loudness from 0 to 1."""

    beat: float
    beats: float
    pitch: int
    velocity: float = 1.0


def piece(text: str) -> Piece:
    """The key a text names ("in F sharp minor"; C where it names none) and a progression chosen by its words.

    >>> piece("a waltz in F sharp minor").tonic, piece("a sad waltz").scale == MINOR
    (66, True)
    """
    words = text.lower()
    named = re.search(r"\bin ([a-g])([- ]?(?:sharp|flat)|[#♯♭])?[- ](?:major|minor)\b", words)
    accidental = (named[2] or "").strip(" -") if named else ""
    shift = {"sharp": 1, "#": 1, "♯": 1, "flat": -1, "♭": -1}.get(accidental, 0)
    tonic = 60 + (NOTES[named[1]] if named else 0) + shift
    scale = MINOR if re.search(SAD, words) else MAJOR
    choices = PROGRESSIONS[scale]
    return Piece(tonic if tonic < 67 else tonic - 12, scale, choices[sum(words.encode()) % len(choices)])


def note(s: Scene, timbre: Timbre, frequency: float, seconds: float) -> Wave:
    """One note at its pitch in Hz, with its release."""
    n = int((seconds + timbre.release) * s.rate) + 2
    t = clock(n, s.rate)
    # Vibrato sets in late, as players let it.
    sway = timbre.vibrato * np.sin(2 * np.pi * 5.5 * t + s.rng.uniform(0, 6)) * np.clip(4 * t - 0.6, 0, 1)
    phase = turns(frequency * 2 ** (sway / 12), n, s.rate)
    audible = max(1, int(0.48 * s.rate / frequency))
    damping = timbre.damping * t * (frequency / 220) ** 0.5
    tone = harmonics(phase, timbre.partials[:audible], damping)
    if timbre.breath:
        tone += timbre.breath * noise(s.rng, n, s.rate, band(0.8 * frequency, 6 * frequency))
    return tone * hump(n, s.rate, timbre.attack, timbre.release) / sum(timbre.partials)


def perform(s: Scene, timbre: Timbre, notes: Sequence[Note]) -> Wave:
    """Play what is written, humanly: starts within about 10 ms, levels within 10%, tuning within a few cents."""
    beat = 60 / BPM / s.pace
    octave = 2.0 ** round(np.log2(s.pitch))
    tuning = 2 ** (s.rng.normal(0, 0.04) / 12)
    events = []
    for written in notes:
        start = written.beat * beat
        if start < s.seconds:
            frequency = 440 * tuning * octave * 2 ** ((written.pitch - 69 + s.rng.normal(0, 0.015)) / 12)
            sound = note(
                s,
                timbre,
                max(frequency, frequency * 2 ** np.ceil(np.log2(LOWEST_NOTE / frequency))),
                written.beats * beat,
            )
            level = written.velocity * s.rng.uniform(0.9, 1.0)
            events.append(Event(start + abs(s.rng.normal(0, 0.008)), level * sound))
    return room(s.rng, placed(s.n, s.rate, events), s.rate, 0.6, 0.12)


def bars(s: Scene, step: float) -> list[float]:
    """The beats at which something happens, every ``step`` beats to the end of the clip."""
    return [float(beat) for beat in np.arange(0, s.seconds * BPM * s.pace / 60, step)]


def chords(s: Scene) -> Wave:
    """A triad every two beats, over its root."""
    p = piece(s.text)
    notes = []
    for beat in bars(s, 2):
        root = p.root(beat)
        notes += [Note(beat, 1.9, p.pitch(root + third)) for third in (0, 2, 4)]
        notes.append(Note(beat, 1.9, p.pitch(root) - 12, 0.8))
    return perform(s, s.manner.timbre or PIANO, notes)


def arpeggio(s: Scene) -> Wave:
    """The chord's notes one by one, two to the beat, up and down again."""
    p = piece(s.text)
    figure = (0, 2, 4, 7, 9, 7, 4, 2)
    notes = [Note(b, 1.2, p.pitch(p.root(b) + figure[int(2 * b) % 8]), 1.0 - 0.3 * (b % 1)) for b in bars(s, 0.5)]
    return perform(s, s.manner.timbre or GUITAR, notes)


def melody(s: Scene) -> Wave:
    """A tune that walks the scale and rests on a note of the chord at each bar."""
    p, composer = piece(s.text), s.composer()
    notes: list[Note] = []
    beat, degree, end = 0.0, 7, s.seconds * BPM * s.pace / 60
    while beat < end:
        length = float(composer.choice([0.5, 0.5, 1.0, 1.0, 1.5]))
        steady = beat % 2 == 0
        degree = p.root(beat) + 7 if steady else int(np.clip(degree + composer.choice([-2, -1, -1, 1, 1, 2]), 4, 14))
        notes.append(Note(beat, 0.95 * length, p.pitch(degree)))
        beat += length
    return perform(s, s.manner.timbre or FLUTE, notes)


def bass_line(s: Scene) -> Wave:
    """Roots and fifths in eighths, two octaves below the chords."""
    p = piece(s.text)
    figure = (0, 0, 4, 0)
    notes = [Note(b, 0.42, p.pitch(p.root(b) + figure[int(2 * b) % 4]) - 24, 1 - 0.2 * (b % 1)) for b in bars(s, 0.5)]
    return perform(s, s.manner.timbre or BASS, notes)


def drums(s: Scene) -> Wave:
    """A kit: bass drum on one and three, snare on two and four, hi-hat in eighths."""
    beat = 60 / BPM / s.pace
    events = []
    for at in bars(s, 0.5):
        hits = [0.22 * hat(s)]
        hits += [kick(s)] if at % 2 == 0 or at % 4 == 2.5 else []
        hits += [0.75 * snare(s)] if at % 2 == 1 else []
        start = at * beat + abs(s.rng.normal(0, 0.004))
        events += [Event(start, s.rng.uniform(0.85, 1.0) * hit) for hit in hits]
    return room(s.rng, placed(s.n, s.rate, events), s.rate, 0.3, 0.06)


def kick(s: Scene) -> Wave:
    """A bass drum: a tone that falls from 160 to 50 Hz."""
    t = clock(int(0.3 * s.rate), s.rate)
    return np.sin(turns(50 + 110 * np.exp(-t / 0.03), len(t), s.rate)) * np.exp(-t / 0.09)


def snare(s: Scene) -> Wave:
    """A snare drum: its skin at 190 Hz and the rattle of the wires."""
    t = clock(int(0.25 * s.rate), s.rate)
    rattle = noise(s.rng, len(t), s.rate, band(900, 7000)) * np.exp(-t / 0.06)
    return 0.5 * np.sin(2 * np.pi * 190 * t) * np.exp(-t / 0.05) + 0.35 * rattle


def hat(s: Scene) -> Wave:
    """A closed hi-hat: noise above 5 kHz, soon gone."""
    t = clock(int(0.08 * s.rate), s.rate)
    return 0.5 * noise(s.rng, len(t), s.rate, band(5000, np.inf, order=4)) * np.exp(-t / 0.02)
