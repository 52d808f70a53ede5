"""From a caption to layers: which words call which instrument, and which words say how it plays.

A caption is cut into clauses; the words of a clause say how the instruments of that clause sound. So "distant thunder
and a loud bell" has a dull thunder and a loud, near bell. The tables at the foot are the whole vocabulary.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import NamedTuple

from . import _city, _music, _nature, _voices
from ._phones import QUOTED
from ._scene import Instrument, Manner


class Recipe(NamedTuple):
    """Words of which any one calls for an instrument; regular endings (s, es, ing, ed) are understood."""

    words: tuple[str, ...]
    instrument: Instrument


class Modifier(NamedTuple):
    """Words of which any one changes how something sounds."""

    words: tuple[str, ...]
    manner: Manner


class Layer(NamedTuple):
    """One instrument of a caption, and its manner."""

    instrument: Instrument
    manner: Manner


CLAUSE = re.compile(
    r"[,;.:()]|\b(?:and|while|with|over|as|then|beneath|under|behind|before|after|beside|against|followed by)\b"
)


def layers(text: str) -> tuple[Layer, ...]:
    """What a caption calls for, in the order of its clauses.

    Raises:
        ValueError: no word of it is known; the message lists those that are.
    """
    told = QUOTED.sub(",", text.lower())  # of a train that somebody mentions, nothing is heard
    clauses = [clause for clause in CLAUSE.split(told) if clause.strip()]
    scattered = Manner()  # what clauses without an instrument say goes for the whole caption
    found: list[Layer] = []
    for clause in clauses:
        manner, instruments = manner_of(clause), instruments_of(clause)
        found += [Layer(instrument, manner) for instrument in instruments]
        scattered = scattered if instruments else scattered + manner
    if not found:
        raise ValueError(f"foley knows no word of {text!r}; it knows: {', '.join(vocabulary())}")
    return tuple(Layer(instrument, manner + scattered) for instrument, manner in found)


def pace(found: Iterable[Layer]) -> float:
    """The tempo factor of a whole caption: that of the first layer which has one."""
    return next((layer.manner.tempo for layer in found if layer.manner.tempo != 1.0), 1.0)


def instruments_of(clause: str) -> list[Instrument]:
    """Every instrument a clause names; where it names none, the first one it implies, as "a guitar" an arpeggio."""
    named = [recipe.instrument for recipe in RECIPES if mentions(clause, recipe.words)]
    implied = [recipe.instrument for recipe in IMPLIED if mentions(clause, recipe.words)]
    return named or implied[:1]


def manner_of(clause: str) -> Manner:
    """All that a clause says of how."""
    return sum((modifier.manner for modifier in MODIFIERS if mentions(clause, modifier.words)), Manner())


def mentions(clause: str, words: tuple[str, ...]) -> bool:
    """Whether any of these words is in the clause.

    >>> mentions("the trains whistled", ("train",)), mentions("a train whistles", ("rain",))
    (True, False)
    """
    return pattern(words).search(clause) is not None


@functools.cache
def pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """These words, whole but for a regular ending."""
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})(?:s|es|ing|ed)?\b")


def vocabulary() -> Iterable[str]:
    """Every word that calls for an instrument, sorted."""
    return sorted({word for recipe in (*RECIPES, *IMPLIED) for word in recipe.words})


RECIPES = (
    Recipe(("rain", "rainfall", "drizzle", "drizzling", "downpour"), _nature.rain),
    Recipe(("wind", "windy", "gust", "breeze", "gale"), _nature.wind),
    Recipe(("thunder", "thunderstorm", "lightning"), _nature.thunder),
    Recipe(("sea", "ocean", "surf", "wave"), _nature.waves),
    Recipe(("stream", "brook", "creek", "river", "fountain", "bubble", "bubbling"), _nature.stream),
    Recipe(("fire", "fireplace", "campfire", "bonfire"), _nature.fire),
    Recipe(("bird", "chirp", "songbird", "birdsong"), _nature.birds),
    Recipe(("cricket", "cicada"), _nature.crickets),
    Recipe(("dog", "bark", "puppy", "hound"), _nature.bark),
    Recipe(("applause", "applaud", "clap", "clapping"), _city.applause),
    Recipe(("footstep", "walk", "heel"), _city.footsteps),
    Recipe(("clock", "tick", "tock", "metronome"), _city.ticking),
    Recipe(("bell", "chime", "chiming", "toll"), _city.bell),
    Recipe(("siren", "ambulance"), _city.siren),
    Recipe(("horn", "train", "locomotive", "foghorn"), _city.horn),
    Recipe(("beep", "alarm"), _city.beeping),
    Recipe(("engine", "motor", "motorcycle", "motorbike", "truck", "car", "tractor"), _city.engine),
    Recipe(("helicopter", "chopper"), _city.helicopter),
    Recipe(("chord", "progression", "strum", "strummed", "strumming"), _music.chords),
    Recipe(("arpeggio", "arpeggiate", "arpeggiated", "fingerpicked", "fingerpicking"), _music.arpeggio),
    Recipe(("bass line", "bassline"), _music.bass_line),
    Recipe(("drum", "drummer", "percussion"), _music.drums),
    Recipe(("speak", "talk", "say", "narrate", "narrating", "tell", "read", "announce", "announcing"), _voices.speech),
    Recipe(("whisper",), _voices.whisper),
    Recipe(("conversation", "dialogue", "discussion"), _voices.conversation),
    Recipe(("babble", "babbling", "crowd", "chatter"), _voices.babble),
    Recipe(("laugh", "laughter", "giggle", "giggling", "chuckle", "chuckling"), _voices.laughter),
    Recipe(("hum", "humming", "hummed"), _voices.humming),
)
"""What a clause names; all that match are layered."""

IMPLIED = (
    Recipe(("sing", "song", "choir"), _voices.singing),
    Recipe(("melody", "tune", "solo"), _music.melody),
    Recipe(("man", "woman", "child", "boy", "girl", "voice", "speech", "shout", "whispering"), _voices.speech),
    Recipe(("flute", "violin", "synth", "synthesizer", "lead", "music box"), _music.melody),
    Recipe(("piano", "organ", "strings", "orchestra", "music"), _music.chords),
    Recipe(("guitar", "harp", "banjo", "plucked string", "string"), _music.arpeggio),
    Recipe(("bass",), _music.bass_line),
    Recipe(("beat", "groove"), _music.drums),
)
"""What a clause implies that names nothing; the first match counts."""

MODIFIERS = (
    Modifier(("loud", "loudly", "heavy", "heavily", "roar", "booming", "powerful", "shout"), Manner(gain=1.7)),
    Modifier(
        ("soft", "softly", "quiet", "quietly", "gentle", "gently", "light", "lightly", "faint"), Manner(gain=0.45)
    ),
    Modifier(("fast", "quick", "quickly", "rapid", "rapidly", "hurried", "lively", "energetic"), Manner(tempo=1.45)),
    Modifier(("slow", "slowly", "calm", "calmly", "unhurried", "relaxed", "leisurely"), Manner(tempo=0.7)),
    Modifier(("high", "shrill", "small", "tiny", "bright"), Manner(pitch=1.5)),
    Modifier(("low", "deep", "large", "huge", "big"), Manner(pitch=0.67)),
    Modifier(("far", "distant", "distance", "faraway", "outside"), Manner(cutoff=900.0, gain=0.6)),
    Modifier(("muffled", "next room"), Manner(cutoff=600.0)),
    Modifier(("background",), Manner(gain=0.4)),
    Modifier(("man", "male", "boy", "he"), Manner(voice=_voices.MAN)),
    Modifier(("woman", "female", "lady", "she"), Manner(voice=_voices.WOMAN)),
    Modifier(("child", "girl", "kid", "toddler"), Manner(voice=_voices.CHILD)),
    Modifier(("piano",), Manner(timbre=_music.PIANO)),
    Modifier(("guitar", "harp", "banjo", "pluck", "plucked"), Manner(timbre=_music.GUITAR)),
    Modifier(("flute", "whistle"), Manner(timbre=_music.FLUTE)),
    Modifier(("organ",), Manner(timbre=_music.ORGAN)),
    Modifier(("violin", "strings", "orchestra", "orchestral"), Manner(timbre=_music.STRINGS)),
    Modifier(("synth", "synthesizer", "electronic"), Manner(timbre=_music.SYNTH)),
    Modifier(("music box", "glockenspiel", "xylophone", "marimba"), Manner(timbre=_music.MUSIC_BOX)),
    Modifier(("bass line", "bassline"), Manner(timbre=_music.BASS)),
)
"""What a clause says of how; all that match are combined."""
