"""Recordings: what is written reads back, what is damaged says so, and what is heard is what is there."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from bench.audio import (
    CLIPPED_RUN,
    FULL_SCALE,
    Sound,
    Unreadable,
    Waveform,
    condition,
    decode,
    mono,
    recordings,
)
from bench.errors import BadInput
from bench.truncation import _checksum
from bench.wav import encode_wav

RATE = 16_000
STEP = 1 / 32768  # of a 16-bit sample


def noise(samples: int = RATE, level: float = 0.5) -> Waveform:
    return np.random.default_rng(0).uniform(-level, level, samples).astype(np.float32)


def sine(hertz: float, rate: int, seconds: float = 1.0, level: float = 0.5) -> Waveform:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def sound(*channels: Waveform, rate: int = RATE) -> Sound:
    return Sound(np.stack(channels, axis=1), rate)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def refusal(path: Path) -> str:
    """The one line that refuses a file, and that names it."""
    with pytest.raises(Unreadable) as caught:
        decode(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(path.name)
    return line


@pytest.mark.parametrize("kept", [1, 4, 11, 12, 13, 30, 43, 44, 45, 1000, -1000, -3, -2, -1])
def test_a_cut_wav_is_refused(tmp_path: Path, kept: int) -> None:
    data = encode_wav(noise(), RATE)
    line = refusal(written(tmp_path / "x.wav", data[:kept]))
    assert "truncated" in line or (0 < kept < 12 and "can't be decoded" in line)


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize(
    ("name", "form"), [("x.flac", "FLAC"), ("x.ogg", "OGG"), ("x.mp3", "MP3"), ("x.wav", "RF64")], ids=lambda text: text
)
def test_a_cut_file_of_another_kind_is_refused(tmp_path: Path, name: str, form: str, share: float) -> None:
    path = tmp_path / name
    soundfile.write(path, noise(3 * RATE), RATE, format=form)
    data = path.read_bytes()
    refusal(written(path, data[: round(len(data) * share)]))


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.wav", b"", "is empty (0 bytes)"),
        ("notes.wav", b"These are notes on a recording.\n" * 20, "can't be decoded"),
        ("notes.mp3", b"These are notes on a recording.\n" * 20, "can't be decoded"),
        ("header.wav", encode_wav(np.zeros(0, np.float32), RATE), "holds no samples"),
        ("zeros.flac", bytes(5000), "can't be decoded"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    assert reason in refusal(written(tmp_path / name, data))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.wav").mkdir()
    assert "can't be read" in refusal(tmp_path / "folder.wav")
    assert "can't be read: No such file" in refusal(tmp_path / "absent.wav")


@pytest.mark.parametrize(
    ("name", "subtype", "error"),
    [
        ("x.wav", "PCM_U8", 1e-2), ("x.wav", "PCM_16", 1e-4), ("x.wav", "PCM_24", 1e-6), ("x.wav", "PCM_32", 1e-6),
        ("x.wav", "FLOAT", 0.0), ("x.wav", "DOUBLE", 1e-7), ("x.flac", "PCM_16", 1e-4), ("x.flac", "PCM_24", 1e-6),
        ("x.ogg", "VORBIS", 0.05), ("x.mp3", "MPEG_LAYER_III", 0.05),
    ],
)  # fmt: skip
def test_common_formats_decode(tmp_path: Path, name: str, subtype: str, error: float) -> None:
    left, right = sine(440, 44_100), sine(1000, 44_100, level=0.25)
    soundfile.write(tmp_path / name, np.stack([left, right], axis=1), 44_100, subtype=subtype)
    found = decode(tmp_path / name)
    assert (found.rate, found.samples.shape[1], found.samples.dtype) == (44_100, 2, np.dtype(np.float32))
    assert len(found.samples) == pytest.approx(44_100, abs=2400 if name == "x.mp3" else 0)  # MP3 pads to its frames
    if name != "x.mp3":
        np.testing.assert_allclose(found.samples, np.stack([left, right], axis=1), rtol=0, atol=error)
    assert np.abs(found.samples).max(axis=0) == pytest.approx([0.5, 0.25], abs=max(error, 1e-3))


@pytest.mark.parametrize("riff", [0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_F024], ids=["ffmpeg", "largest int", "sox"])
def test_a_streamed_wav_with_an_unfilled_size_is_read(tmp_path: Path, riff: int) -> None:
    wave = noise(1000)
    data = bytearray(encode_wav(wave, RATE))
    data[4:8], data[40:44] = struct.pack("<I", riff), struct.pack("<I", min(0xFFFF_FFFF, riff - 36))
    found = decode(written(tmp_path / "x.wav", bytes(data)))
    np.testing.assert_allclose(found.samples[:, 0], wave, atol=2 * STEP)


def test_bytes_after_the_last_chunk_do_no_harm(tmp_path: Path) -> None:
    assert len(decode(written(tmp_path / "x.wav", encode_wav(noise(100), RATE) + b"tail" * 9)).samples) == 100


def test_a_healthy_recording_has_nothing_wrong() -> None:
    found = condition(sound(sine(440, RATE, 2.0), sine(440, RATE, 2.0, level=0.9)))
    assert (found.seconds, found.rate, found.channels) == (2.0, RATE, 2)
    assert found.peak == pytest.approx(0.9, abs=1e-3)
    assert (found.finite, found.clipped, found.silent) == (True, False, False)


@pytest.mark.parametrize(("level", "silent"), [(0.0, True), (STEP, True), (0.9e-4, True), (1.1e-4, False)])
def test_silence_is_what_stays_below_80_decibels(level: float, silent: bool) -> None:
    assert condition(sound(noise(level=0.0), np.full(RATE, level, np.float32))).silent is silent


@pytest.mark.parametrize("full", [FULL_SCALE, 1.0, -1.0, 2.0])
def test_clipping_is_four_samples_at_full_scale_on_end(full: float) -> None:
    for at in (0, 500, RATE - CLIPPED_RUN):
        wave = sine(440, RATE)
        wave[at : at + 3] = full
        wave[(at + 10) % RATE] = full  # another, but not on end
        assert not condition(sound(wave)).clipped
        wave[at : at + 4] = full
        assert condition(sound(wave)).clipped
        assert condition(sound(sine(440, RATE), wave)).clipped


def test_channels_do_not_clip_together() -> None:
    left, right = np.zeros(8, np.float32), np.zeros(8, np.float32)
    left[:3], right[3:6] = 1.0, 1.0
    assert not condition(sound(left, right)).clipped


@pytest.mark.parametrize("samples", [1, 3, 4])
def test_a_very_short_recording_can_be_judged(samples: int) -> None:
    assert condition(sound(np.ones(samples, np.float32))).clipped is (samples == 4)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named_and_not_called_silent(value: float) -> None:
    wave = sine(440, RATE)
    wave[100] = value
    found = condition(sound(sine(440, RATE), wave))
    assert (found.finite, found.silent, found.clipped, found.peak) == (False, False, False, 0.0)


def test_one_channel_is_the_first_without_its_mean() -> None:
    left, right = sine(440, RATE) + np.float32(0.25), noise()
    found = mono(sound(left, right), RATE)
    assert (found.dtype, found.shape) == (np.dtype(np.float32), (RATE,))
    assert abs(float(found.mean(dtype=np.float64))) < 1e-7
    np.testing.assert_allclose(found, sine(440, RATE), atol=1e-6)


@pytest.mark.parametrize(("source", "target"), [(44_100, 16_000), (48_000, 16_000), (22_050, 48_000), (8_000, 16_000)])
def test_resampling_keeps_a_tone_and_its_length(source: int, target: int) -> None:
    found = mono(sound(sine(1000, source, 2.0), rate=source), target)
    assert len(found) == pytest.approx(2 * target, abs=1)
    middle = found[target // 2 : 3 * target // 2].astype(np.float64)
    assert 20 * np.log10(np.sqrt(2) * middle.std() / 0.5) == pytest.approx(0.0, abs=0.1)
    assert np.abs(np.fft.rfft(middle)).argmax() == 1000


def test_resampling_lets_nothing_fold_back() -> None:
    found = mono(sound(sine(12_000, 44_100, 2.0), rate=44_100), 16_000)
    assert 20 * np.log10(found[8_000:24_000].std() / 0.35) < -90


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"x")


def test_recordings_are_found_by_stem_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "b.wav", "a.FLAC", "c.d.mp3", "-e.ogg", "f.Opus")
    assert list(recordings(tmp_path).items()) == [
        (Path(name).stem, tmp_path / name) for name in ("-e.ogg", "a.FLAC", "b.wav", "c.d.mp3", "f.Opus")
    ]


def test_hidden_and_other_files_are_not_recordings(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", ".b.wav", "._a.wav", "a.txt", "a.wav.tmp", "wav", "README.md", ".lock")
    (tmp_path / "deeper.wav").mkdir()
    touch(tmp_path / "deeper.wav", "c.wav")
    assert recordings(tmp_path) == {"a": tmp_path / "a.wav"}


def test_two_files_of_one_stem_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "rain.flac", "rain.wav")
    with pytest.raises(BadInput, match=r"two files claim clip 'rain': rain\.flac and rain\.wav"):
        recordings(tmp_path)


def test_a_folder_without_audio_says_what_was_looked_for(tmp_path: Path) -> None:
    touch(tmp_path, "notes.txt")
    with pytest.raises(BadInput, match=r"no audio in .*looked for \.wav, \.flac, \.mp3, \.ogg, \.opus"):
        recordings(tmp_path)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav")
    with pytest.raises(BadInput, match=r"a\.wav is a file, not a folder of audio"):
        recordings(tmp_path / "a.wav")
    with pytest.raises(BadInput, match=r"no folder .*absent"):
        recordings(tmp_path / "absent")


# Ogg: every page has a checksum.

OGG = [("VORBIS", 8_000, 1), ("VORBIS", 44_100, 2), ("VORBIS", 48_000, 6), ("OPUS", 16_000, 1), ("OPUS", 48_000, 2)]


def ogg(path: Path, subtype: str = "VORBIS", rate: int = 44_100, channels: int = 2, samples: int = 200_000) -> bytes:
    rows = np.random.default_rng(0).uniform(-0.5, 0.5, (samples, channels))
    soundfile.write(path, rows, rate, format="OGG", subtype=subtype)
    return path.read_bytes()


@pytest.mark.parametrize(("subtype", "rate", "channels"), OGG)
@pytest.mark.parametrize("samples", [1, 100, 10_000, 500_000])
@pytest.mark.parametrize("behind", [b"", b"TAG" + bytes(125), b"Ogg" * 400_000], ids=["", "tag", "much"])
def test_every_ogg_of_libsndfile_is_whole(
    tmp_path: Path, subtype: str, rate: int, channels: int, samples: int, behind: bytes
) -> None:
    path = tmp_path / "x.ogg"
    written(path, ogg(path, subtype, rate, channels, samples) + behind)
    assert np.array_equal(decode(path).samples, soundfile.read(path, dtype="float32", always_2d=True)[0])


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.7])
def test_an_ogg_with_damage_in_its_middle_is_refused(tmp_path: Path, subtype: str, share: float) -> None:
    path = tmp_path / "x.ogg"
    data = ogg(path, subtype, 48_000)
    place = round(share * len(data))
    page = data.index(b"OggS", place)
    assert len(soundfile.read(written(path, data[:place] + bytes(1000) + data[place + 1000 :]))[0]) > 0  # played anyway
    assert " is damaged: its page at byte " in refusal(path)
    flipped = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    assert refusal(written(path, flipped)) == refusal(written(path, data[:place] + bytes(100) + data[place + 100 :]))
    zeroed = data[:page] + bytes(10) + data[page + 10 :]
    assert refusal(written(path, zeroed)) == f"x.ogg is damaged: no page begins at byte {page}, and some follow"
    inserted = data[:page] + bytes(10) + data[page:]
    assert refusal(written(path, inserted)) == f"x.ogg is damaged: no page begins at byte {page}, and some follow"


def test_a_page_that_ends_the_stream_must_be_there_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.ogg"
    data = ogg(path)
    last = data.rindex(b"OggS")
    for kept in (-1, last + 28, last + 27, last + 26, last + 4):
        assert refusal(written(path, data[:kept])) == "x.ogg is truncated: its last page is not all there"
    for kept in (last, last + 3):
        assert refusal(written(path, data[:kept])) == "x.ogg is truncated: its last page is not the end of its stream"


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_streams_behind_each_other_are_refused(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "x.ogg"
    data = ogg(path, subtype, 48_000)
    expected = "x.ogg holds streams one behind the other, of which decoders give the first: convert it to WAV or FLAC"
    assert refusal(written(path, data + data)) == expected


def remainder(data: bytes) -> int:
    """Of a division by Ogg's polynomial, bit by bit."""
    rest = 0
    for byte in data:
        rest ^= byte << 24
        for _ in range(8):
            rest = (rest << 1 ^ (0x04C1_1DB7 if rest & 0x8000_0000 else 0)) & 0xFFFF_FFFF
    return rest


@given(page=st.binary(max_size=300))
def test_the_checksum_is_that_of_the_standard(page: bytes) -> None:
    assert _checksum(page) == remainder(page).to_bytes(4, "little")
