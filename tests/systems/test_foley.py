"""Foley renders every demo caption, reproducibly, and its instruments sound as physics says."""

from __future__ import annotations

import csv
import doctest
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.audio import Waveform
from bench.clip import Clip
from bench.errors import BadInput
from bench.systems import _music, _phones, _recipes
from bench.systems.foley import SYSTEMS, Foley

DEMO = Path(__file__).parents[2] / "datasets" / "demo.csv"
RATE = 16_000


def demo() -> list[dict[str, str]]:
    with DEMO.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def render(text: str, seed: int = 1, seconds: float | None = 4.0, rate: int = RATE) -> Waveform:
    wave: Waveform = Foley(rate=rate).load("cpu")([Clip(id="x", text=text, seconds=seconds)], [seed])[0]
    return wave


def spectrum(wave: Waveform, rate: int = RATE) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies in Hz and power at each."""
    frequencies = np.arange(len(wave) // 2 + 1) * rate / len(wave)
    return frequencies, np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) ** 2


def energy(wave: Waveform, low: float, high: float) -> float:
    """The share of a wave's energy between two frequencies in Hz."""
    f, power = spectrum(wave)
    return float(power[(f >= low) & (f < high)].sum() / power.sum())


def centroid(wave: Waveform) -> float:
    f, power = spectrum(wave)
    return float((f * power).sum() / power.sum())


def envelope(wave: Waveform, seconds: float = 0.05) -> NDArray[np.float64]:
    """RMS of consecutive stretches."""
    n = int(seconds * RATE)
    power: NDArray[np.float64] = np.mean(wave[: len(wave) // n * n].astype(np.float64).reshape(-1, n) ** 2, axis=1)
    return np.sqrt(power)


def loudest(wave: Waveform) -> float:
    """The frequency in Hz with most power."""
    f, power = spectrum(wave)
    return float(f[np.argmax(power)])


def onsets(wave: Waveform) -> int:
    """How often the level jumps to more than twice what it was."""
    level = envelope(wave, 0.02) + 0.03 * np.abs(wave).max()
    jumps = level[1:] > 2 * level[:-1]
    return int(np.sum(jumps[1:] & ~jumps[:-1]) + jumps[0])


def test_demo_has_eight_captions_of_each_kind() -> None:
    rows = demo()
    assert [row["id"] for row in rows] == [
        f"{kind}-{i:02d}" for kind in ("sound", "music", "speech") for i in range(1, 9)
    ]
    assert all(row["id"].startswith(row["kind"]) for row in rows)
    assert len({row["caption"] for row in rows}) == 24


@pytest.mark.parametrize("row", demo(), ids=lambda row: str(row["id"]))
def test_demo_caption_renders(row: dict[str, str]) -> None:
    wave = render(row["caption"], seconds=2.3)
    assert wave.dtype == np.float32
    assert wave.shape == (round(2.3 * RATE),)
    assert np.isfinite(wave).all()
    assert 0.05 < np.abs(wave).max() < 0.95
    assert abs(float(wave.mean())) < 0.01
    assert (envelope(wave, 0.5) > 1e-4).all()  # nowhere silent for long
    assert wave.tobytes() == render(row["caption"], seconds=2.3).tobytes()
    assert wave.tobytes() != render(row["caption"], seed=2, seconds=2.3).tobytes()


def test_demo_recipes_differ() -> None:
    recipes = {tuple((layer.instrument, layer.manner) for layer in _recipes.layers(row["caption"])) for row in demo()}
    assert len(recipes) >= 23


def test_every_word_renders_alone() -> None:
    for word in _recipes.vocabulary():
        wave = render(word, seconds=0.4)
        assert 0.05 < np.abs(wave).max() < 0.95, word


def test_text_is_part_of_the_seed() -> None:
    assert not np.array_equal(render("rain falls"), render("the rain falls"))


def test_batch_equals_single() -> None:
    texts = ["rain", "a bell tolls", "a man speaks"]
    batch = Foley().load("cpu")([Clip(id=text[:1], text=text, seconds=1.5) for text in texts], [7, 8, 9])
    for wave, text, seed in zip(batch, texts, (7, 8, 9), strict=True):
        assert wave.tobytes() == render(text, seed, 1.5).tobytes()


@pytest.mark.parametrize("seconds", [0.05, 0.123, 1.00003, 12.0])
def test_length_is_exact(seconds: float) -> None:
    for text in ("a bell", "a fast drum beat with a flute", "a woman speaks", "birds"):
        wave = render(text, seconds=seconds)
        assert len(wave) == round(seconds * RATE)
        assert np.abs(wave).max() > 0.05


def test_length_unstated_is_ten_seconds() -> None:
    assert len(render("wind", seconds=None)) == 10 * RATE


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_other_rates(rate: int) -> None:
    for text in ("a child sings", "drums", "distant thunder", "a siren"):
        wave = render(text, rate=rate, seconds=1.0)
        assert len(wave) == rate
        assert 0.05 < np.abs(wave).max() < 0.95


def test_rate_out_of_range() -> None:
    with pytest.raises(BadInput, match=r"rate 4000: foley renders at 8000 to 96000 Hz"):
        Foley(rate=4000)


def test_unknown_caption_names_text_and_words() -> None:
    with pytest.raises(ValueError, match=r"foley knows no word of 'Quantum flux'; it knows: .*\brain\b.*\bsiren\b"):
        render("Quantum flux")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("the train enters, rainbows", ["horn"]),
        ('A man says, "the siren rings"', ["speech"]),
        ("a flute plays a calm melody over soft strings", ["melody", "chords"]),
        ("a guitar", ["arpeggio"]),
        ("birds sing", ["birds"]),
        ("A woman sings", ["singing"]),
        ("rain and thunder and wind", ["rain", "thunder", "wind"]),
    ],
)
def test_words_call_instruments(text: str, names: list[str]) -> None:
    assert [layer.instrument.__name__ for layer in _recipes.layers(text)] == names


def test_modifiers_stay_in_their_clause() -> None:
    thunder, bell = _recipes.layers("distant thunder and a loud bell")
    assert (thunder.manner.cutoff, thunder.manner.gain, bell.manner.gain) == (900.0, 0.6, 1.7)
    (rain,) = _recipes.layers("Softly, the rain")
    assert rain.manner.gain == 0.45


def test_loud_and_soft() -> None:
    assert (
        np.abs(render("loud rain")).max() > 1.5 * np.abs(render("rain")).max() > 3 * np.abs(render("soft rain")).max()
    )


def test_distant_is_dull() -> None:
    assert centroid(render("distant applause")) < 0.6 * centroid(render("applause"))


def test_fast_and_slow_footsteps() -> None:
    assert onsets(render("slow footsteps")) < onsets(render("footsteps")) < onsets(render("fast footsteps"))


def test_high_and_low_siren() -> None:
    assert centroid(render("a low siren")) < 0.9 * centroid(render("a siren")) < 0.8 * centroid(render("a high siren"))


def test_bell_decays() -> None:
    level = envelope(render("a bell", seconds=1.9))
    assert level[4:8].mean() > 2 * level[-4:].mean() > 0


def test_rain_is_broadband() -> None:
    rain = render("rain")
    assert min(energy(rain, low, low + 1000) for low in range(1000, 6000, 1000)) > 0.03
    assert envelope(rain).max() < 2.5 * envelope(rain).min()


def test_siren_sweeps() -> None:
    siren = render("a siren")
    tones = [loudest(part) for part in np.split(siren, 40)]
    assert min(tones) < 850
    assert max(tones) > 1150


@pytest.mark.parametrize(("mode", "third", "other"), [("major", 4, 3), ("minor", 3, 4)])
def test_chord_has_its_notes(mode: str, third: int, other: int) -> None:
    chord = render(f"organ chords in A {mode}", seconds=1.0)
    tonic, scale, _ = _music.piece(f"organ chords in a {mode}")
    assert (tonic, scale) == (57, getattr(_music, mode.upper()))

    def near(semitones: int) -> float:
        f = 220 * 2 ** (semitones / 12)
        return energy(chord, f / 1.02, f * 1.02)

    assert min(near(0), near(third), near(7)) > 20 * near(other)


def test_pitch_of_voices() -> None:
    def pitch(text: str) -> float:
        frames = render(text).reshape(-1, 800) * np.hanning(800)
        echoes = np.fft.irfft(np.abs(np.fft.rfft(frames, 2048)))  # the amplitude, not its square: formants count less
        low, high = RATE // 400, RATE // 75
        return RATE / (low + float(np.median(np.argmax(echoes[:, low:high], axis=1))))

    man, woman, child = (pitch(f"{who} says, 'ahoy'") for who in ("a man", "a woman", "a child"))
    assert 85 < man < 150 < woman < 250 < child < 370


def test_vowel_has_its_formants() -> None:
    wave = render('A man speaks, "aaaaaaaa"')
    assert energy(wave, 600, 1200) > 2 * energy(wave, 1500, 2100)
    other = render('A man speaks, "iiiiiiii"')
    assert energy(other, 200, 500) > 2 * energy(other, 600, 1200)


def test_whisper_has_no_pitch() -> None:
    def peak(wave: Waveform) -> float:
        echo = np.fft.irfft(np.abs(np.fft.rfft(wave, 2 * len(wave))) ** 2)
        return float(echo[RATE // 300 : RATE // 80].max() / echo[0])

    words = 'a woman {}, "nobody knows"'
    assert peak(render(words.format("whispers"))) < 0.5 * peak(render(words.format("says")))


def test_seeds_are_closer_to_each_other_than_captions() -> None:
    def profile(wave: Waveform) -> NDArray[np.float64]:
        f, power = spectrum(wave)
        edges = np.geomspace(60, 8000, 25)
        sums = np.histogram(f, edges, weights=power)[0]
        return np.asarray(10 * np.log10(sums / sums.sum() + 1e-6))

    first, second = (np.array([profile(render(row["caption"], seed)) for row in demo()]) for seed in (1, 2))
    same = np.abs(first - second).mean(axis=1)
    different = np.abs(first[:, None] - second[None]).mean(axis=2)
    assert np.median(same) < 0.35 * np.median(different)
    assert (different.argmin(axis=1) == np.arange(len(first))).mean() > 0.8


def test_imports_are_light() -> None:
    code = (
        "import sys, bench.systems.foley, bench.systems.lowpass, bench.systems.noise;"
        "print([name for name in ('torch', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("module", [_music, _phones, _recipes])
def test_doctests(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_table() -> None:
    assert SYSTEMS["foley"].settings() == {"rate": RATE}
    assert not Foley.accelerated
