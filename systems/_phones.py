"""Speech sounds and how a text is spelt in them.

Source: formants of the vowels near those of a man in Peterson and Barney, "Control methods used in a study of the
vowels", J. Acoust. Soc. Am. 24 (1952), table II; the consonants by ear.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Phone(NamedTuple):
    """One speech sound.

    Attributes:
        formants: the first three, of a man, in Hz.
        tone: level of the voice.
        hiss: level of the friction.
        friction: Hz, the centre of the friction.
        seconds: its length at a normal pace.
    """

    formants: tuple[float, float, float]
    tone: float
    hiss: float = 0.0
    friction: float = 2500.0
    seconds: float = 0.07


PHONES = {
    "a": Phone((730, 1090, 2440), 1.0, seconds=0.13),
    "e": Phone((530, 1840, 2480), 0.9, seconds=0.10),
    "i": Phone((330, 2150, 2900), 0.8, seconds=0.10),
    "o": Phone((570, 840, 2410), 1.0, seconds=0.12),
    "u": Phone((330, 900, 2240), 0.8, seconds=0.11),
    "y": Phone((290, 2250, 3000), 0.7, seconds=0.08),
    "m": Phone((250, 1000, 2200), 0.3),
    "n": Phone((250, 1500, 2400), 0.3),
    "l": Phone((360, 1200, 2700), 0.5),
    "r": Phone((400, 1200, 1650), 0.55),
    "w": Phone((300, 700, 2200), 0.45),
    "j": Phone((280, 2200, 2900), 0.4),
    "b": Phone((250, 900, 2200), 0.15, 0.1, 700),
    "d": Phone((250, 1700, 2600), 0.15, 0.12, 3500),
    "g": Phone((250, 2000, 2500), 0.15, 0.12, 1800),
    "p": Phone((400, 1000, 2300), 0.0, 0.15, 800),
    "t": Phone((400, 1700, 2600), 0.0, 0.25, 4200, 0.06),
    "k": Phone((400, 1900, 2500), 0.0, 0.22, 1900, 0.06),
    "s": Phone((300, 1700, 2600), 0.0, 0.4, 5600, 0.09),
    "f": Phone((300, 1200, 2400), 0.0, 0.15, 4500, 0.08),
    "h": Phone((600, 1300, 2500), 0.05, 0.18, 1200, 0.06),
    "v": Phone((300, 1200, 2400), 0.25, 0.06, 4000),
    "z": Phone((300, 1700, 2600), 0.25, 0.2, 5400),
    " ": Phone((500, 1500, 2500), 0.0, seconds=0.035),
    ".": Phone((500, 1500, 2500), 0.0, seconds=0.28),
}
QUOTED = re.compile(r'["“]([^"”]+)["”]')
SPELLING = {"ee": "y", "ea": "y", "oo": "u", "ou": "au", "th": "f", "sh": "z", "ph": "f", "c": "k", "q": "k", "x": "ks"}


def spell(text: str) -> str:
    """The phones of a text: one for each letter, near enough to hear words come and go.

    >>> spell("Ship, ahoy!")
    'zip.ahoy.'
    """
    words = re.sub(r"[^a-z.]+", " ", re.sub(r"[,;:!?.]+\s*", ".", text.lower()))
    for letters, phones in SPELLING.items():
        words = words.replace(letters, phones)
    return re.sub(r"([b-df-hj-np-tv-z])\1+", r"\1", words)


def spoken(text: str) -> str:
    """What a caption quotes, or else the caption itself.

    >>> spoken('A man says, "Good morning."')
    'Good morning.'
    """
    quoted = QUOTED.search(text)
    return quoted[1] if quoted else text
