"""Conversion: what the papers' loader makes of a file, cut where the card says, in no more memory than that takes."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from recording_files import conversion, encoded, noise

from bench.audio import Sound, Waveform, decode, mono
from bench.card import Card
from bench.digest import file_digest
from bench.manifest import Item, made_of, said_by
from bench.prepare.convert import BLOCK, convert, excerpt
from bench.wav import encode_wav, wav_comment

WHOLE = {"crop": "whole", "seconds": None}
SUBTYPES = {"WAV": "PCM_16", "FLAC": "PCM_24", "MP3": "MPEG_LAYER_III", "OGG": "VORBIS"}


def sound(seconds: float = 1.5, rate: int = 16_000, channels: int = 1, seed: int = 0) -> NDArray[np.float32]:
    """Noise whose mean is not zero, shape (n, channels)."""
    return (noise(seed, seconds, rate, channels) + 0.05).astype(np.float32)


def mono_wav(seed: int = 0, seconds: float = 1.5) -> bytes:
    return encode_wav(sound(seconds, seed=seed)[:, 0], 16_000, subtype="FLOAT")


def converted(data: bytes, card: Card, name: str = "a.wav") -> tuple[Item, Path]:
    """What becomes of a file with these bytes, and where its WAV is."""
    source, target = Path(name), Path("out", "a.wav")
    source.write_bytes(data)
    return convert("a", source, source.name, target, card), target


def heard(path: Path) -> Waveform:
    return decode(path).samples[:, 0]


@pytest.mark.parametrize("resampler", ["soxr-hq", "sinc"])
@pytest.mark.parametrize("rate", [16_000, 44_100, 96_000])
def test_a_whole_file_is_what_the_papers_loader_makes_of_it(rate: int, resampler: str) -> None:
    samples = sound(1.0, rate, 2)
    item, target = converted(encoded(samples, rate, subtype="FLOAT"), conversion(**WHOLE, resampler=resampler))
    assert np.array_equal(heard(target), mono(Sound(samples, rate), 16_000, resampler))  # type: ignore[arg-type]
    assert (item.status, item.rate, item.channels, item.seconds) == ("ready", rate, 2, 1.0)


def test_the_excerpt_is_cut_before_its_mean_is_removed_and_before_it_is_resampled() -> None:
    samples = sound(3.0, 44_100)
    samples[44_100:] += 0.5  # a mean of the rest would show
    _, target = converted(encoded(samples, 44_100, subtype="FLOAT"), conversion())
    assert np.array_equal(heard(target), mono(Sound(samples[:44_100], 44_100), 16_000))


def test_a_file_as_long_as_the_excerpt_is_converted_as_if_all_of_it_were_wanted() -> None:
    data = encoded(sound(1.0, 44_100), 44_100, subtype="FLOAT")
    _, target = converted(data, conversion())
    cut = target.read_bytes()
    target.unlink()
    converted(data, conversion(**WHOLE))
    assert np.array_equal(heard(target), soundfile.read(target, dtype="float32")[0])
    assert len(cut) == len(target.read_bytes())
    assert cut[-64_000:] == target.read_bytes()[-64_000:]


@pytest.mark.parametrize("kind", SUBTYPES)
def test_the_middle_of_every_format_is_that_of_the_whole_decoded(kind: str) -> None:
    data = encoded(sound(5.0), 16_000, kind, SUBTYPES[kind])
    Path("whole").write_bytes(data)
    whole = soundfile.read("whole", dtype="float32")[0]
    start = (len(whole) - 16_000) // 2
    item, target = converted(data, conversion(crop="centre"))
    assert item.seconds == 1.0
    expected = whole[start : start + 16_000]
    assert np.allclose(heard(target), expected - expected.mean(dtype=np.float64), atol=2e-7)


@given(frames=st.integers(1, 40_000), seconds=st.floats(0.1, 2.0), centre=st.booleans())
@settings(max_examples=40, deadline=None)
def test_excerpts_are_as_long_as_they_can_be_and_where_they_should(frames: int, seconds: float, centre: bool) -> None:
    samples = np.arange(frames, dtype=np.float32) / 65_536
    Path("ramp.wav").write_bytes(encode_wav(samples.astype(np.float32), 16_000, subtype="FLOAT"))
    wave = excerpt(Path("ramp.wav"), conversion(seconds=seconds, crop="centre" if centre else "start"))
    count = min(frames, round(seconds * 16_000))
    first = (frames - count) // 2 if centre else 0
    assert np.allclose(wave, samples[first : first + count] - samples[first : first + count].mean(), atol=1e-6)


def test_what_is_shorter_stays_as_it_is() -> None:
    item, target = converted(mono_wav(seconds=0.5), conversion())
    assert item.seconds == 0.5
    assert len(heard(target)) == 8_000


def test_channel_0_is_taken_across_blocks() -> None:
    samples = sound(BLOCK * 2.5 / 16_000, 16_000, 6)
    _, target = converted(encoded(samples, 16_000, subtype="FLOAT"), conversion(**WHOLE))
    assert np.array_equal(heard(target), mono(Sound(samples, 16_000), 16_000))


def test_levels_beyond_full_scale_are_kept() -> None:
    item, target = converted(encode_wav((4 * sound()[:, 0]).astype(np.float32), 16_000, subtype="FLOAT"), conversion())
    assert item.peak > 1.2
    assert item.peak == np.abs(heard(target)).max()


def test_the_manifest_knows_both_files() -> None:
    item, target = converted(mono_wav(), conversion())
    assert item.sha256 == file_digest(target)
    assert item.source_sha256 == file_digest(Path("a.wav"))
    assert wav_comment(target) == made_of(item.source_sha256, conversion())


def test_what_is_made_is_not_made_again() -> None:
    first, target = converted(mono_wav(), conversion())
    before = target.stat()
    again, _ = converted(mono_wav(), conversion())
    assert again == first
    assert target.stat() == before


@pytest.mark.parametrize(
    "change", [{"rate": 8_000}, {"seconds": 0.5}, {"crop": "centre"}, {"resampler": "sinc"}, WHOLE], ids=str
)
def test_another_conversion_is_made_anew(change: dict[str, object]) -> None:
    first, target = converted(mono_wav(), conversion())
    assert said_by(target) != made_of(first.source_sha256, conversion(**change))
    converted(mono_wav(), conversion(**change))
    assert said_by(target) == made_of(first.source_sha256, conversion(**change))


def test_other_bytes_are_converted_anew() -> None:
    first, _ = converted(mono_wav(seed=0), conversion())
    other, _ = converted(mono_wav(seed=1), conversion())
    assert first.sha256 != other.sha256


def test_a_wav_that_was_cut_off_since_is_made_again() -> None:
    first, target = converted(mono_wav(), conversion())
    whole = target.read_bytes()
    target.write_bytes(whole[:-100])
    assert converted(mono_wav(), conversion())[0] == first
    assert target.read_bytes() == whole


def test_a_length_that_the_card_does_not_cut_to_changes_nothing() -> None:
    assert made_of("0", conversion(**WHOLE)) == made_of("0", conversion(crop="whole", seconds=2.0))


def test_a_source_name_that_is_no_text_is_noted_as_well_as_can_be() -> None:
    Path("a.wav").write_bytes(mono_wav())
    item = convert("a", Path("a.wav"), "b\udcff/a.wav", Path("out", "a.wav"), conversion())
    assert item.source == "b?/a.wav"


LONG = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from recording_files import conversion
from bench.prepare.convert import convert
import soundfile, soxr
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
item = convert("a", Path(sys.argv[1]), "a", Path("out.wav"), conversion(crop="centre", seconds=10.0))
print(item.status, item.channels, item.seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.fixture
def hour() -> Path:
    """An hour of six channels at 96 kHz in 8 bits: 8.3 GB of floats when decoded, on disk a file with a hole."""
    path, frames = Path("hour.wav"), 3600 * 96_000
    form = struct.pack("<HHIIHH", 1, 6, 96_000, 96_000 * 6, 6, 8)
    head = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", frames * 6)
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", len(head) + frames * 6) + head)
        file.truncate(8 + len(head) + frames * 6)
    return path


def test_an_hour_of_six_channels_takes_no_more_memory_than_its_excerpt(hour: Path) -> None:
    words = [sys.executable, "-c", LONG, str(hour), str(Path(__file__).parent.parent)]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    status, channels, seconds, megabytes = ran.stdout.split()
    assert (status, channels, seconds) == ("ready", "6", "10.0")
    assert int(megabytes) < 100
