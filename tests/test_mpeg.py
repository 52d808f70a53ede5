"""MP3s: all of each is heard or it is refused, whatever its tag says or lacks, and of the latter nothing is printed."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from recording_files import conversion, encoded, noise, tones

from bench.audio import Sound, Unreadable, decode
from bench.mpeg import frame_length, mpeg_stream
from bench.prepare.convert import BLOCK, convert, excerpt

DELAY = 576 + 529  # samples that LAME's encoder and any decoder put before the first; its tag has them left out


def mp3(samples: NDArray[np.float64], rate: int = 44_100, mode: Literal["CONSTANT", "VARIABLE"] = "VARIABLE") -> bytes:
    """Samples (n, channels) as libsndfile writes them, with a tag."""
    buffer = io.BytesIO()
    channels = samples.shape[1]
    with soundfile.SoundFile(
        buffer, "w", rate, channels, "MPEG_LAYER_III", format="MP3", compression_level=0.5, bitrate_mode=mode
    ) as file:
        file.write(samples)
    return buffer.getvalue()


def uneven(rate: int = 44_100, channels: int = 2, seconds: float = 12.0) -> NDArray[np.float64]:
    """A second of noise, then next to nothing: the first frames are much longer than the others."""
    samples = noise(0, seconds, rate, channels, level=0.3)
    samples[rate:] *= 1e-3
    return samples


def late(rate: int = 44_100, channels: int = 2, seconds: float = 12.0) -> NDArray[np.float64]:
    """Two seconds of nothing, then noise: the first frames are much shorter than the others."""
    samples = noise(0, seconds, rate, channels, level=0.3)
    samples[: 2 * rate] = 0
    return samples


def written(data: bytes, name: str = "a.mp3") -> Path:
    path = Path(name)
    path.write_bytes(data)
    return path


def untagged(data: bytes) -> bytes:
    """An MP3 without its first frame, in which the tag is."""
    stream = mpeg_stream(written(data, "tagged.mp3"))
    assert stream
    assert stream.told
    return data[frame_length(data[1], data[2]) :]


def heard(data: bytes, name: str = "a.mp3") -> Sound:
    return decode(written(data, name))


def plainly(data: bytes) -> NDArray[np.float32]:
    """What libsndfile gives of a file by itself."""
    samples: NDArray[np.float32] = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)[0]
    return samples


def refusal(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        heard(data)
    return str(caught.value)


RATES = [
    (rate, channels) for rate in (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000) for channels in (1, 2)
]


@pytest.mark.parametrize(("rate", "channels"), RATES)
def test_all_of_a_file_without_a_tag_is_heard(rate: int, channels: int) -> None:
    samples = late(rate, channels)
    data = mp3(samples, rate)
    whole, guessed = heard(data).samples, soundfile.info(written(untagged(data))).frames
    found = heard(untagged(data), "b.mp3").samples
    assert len(whole) == len(samples)
    assert np.array_equal(found[DELAY:][: len(whole)], whole)
    assert len(found) - DELAY - len(whole) < 2 * 1152  # what the last frame is filled up with
    assert guessed > 1.05 * len(found)  # so more was promised


@pytest.mark.parametrize(("rate", "channels"), RATES)
def test_a_file_without_a_tag_of_which_the_decoder_gives_a_part_is_refused(rate: int, channels: int) -> None:
    data = untagged(mp3(uneven(rate, channels), rate))
    given = len(plainly(data))
    assert given < 0.9 * 12 * rate
    expected = rf"a\.mp3 holds \d+ samples, and for want of a tag with its length the decoder gives {given}: convert it"
    assert re.match(expected, refusal(data))
    item = convert("a", written(data), "a", Path("out.wav"), conversion())
    assert (item.status, item.why) == ("refused", refusal(data))
    assert not Path("out.wav").exists()


@pytest.mark.parametrize("crop", ["start", "centre", "whole"])
def test_excerpts_of_a_file_without_a_tag_are_those_of_all_of_it(crop: str) -> None:
    path = written(untagged(mp3(late(16_000, channels=1), 16_000)))
    whole = decode(path).samples[:, 0]
    card = conversion(crop=crop, seconds=None if crop == "whole" else 4.0)
    first = {"start": 0, "centre": (len(whole) - 4 * 16_000) // 2, "whole": 0}[crop]
    expected = whole[first : None if crop == "whole" else first + 4 * 16_000].copy()
    expected -= expected.mean(dtype=np.float64)
    found = excerpt(path, card)
    settled = 4 * 1152 if crop == "centre" else 0  # after a seek the decoder lacks what came before
    assert len(found) == len(expected)
    assert np.allclose(found[settled:], expected[settled:], atol=2e-7)


def test_an_excerpt_longer_than_a_block_is_what_one_read_gives() -> None:
    path = written(mp3(tones(*range(200, 1500, 100))))
    expected = decode(path).samples[:, 0].astype(np.float64)
    assert len(expected) > 2 * BLOCK
    found = excerpt(path, conversion(rate=44_100, crop="whole", seconds=None))
    assert np.array_equal(found, (expected - expected.mean()).astype(np.float32))


TAGS = {
    "plain": (b"", b""),
    "ID3v2": (b"ID3\x03\0\0\0\0\x10\0" + bytes(2048), b""),
    "ID3v2 with a footer": (b"ID3\x04\0\x10\0\0\x02\0" + bytes(256) + b"3DI\x04\0\x10\0\0\x02\0", b""),
    "two ID3v2": (b"ID3\x03\0\0\0\0\x10\0" + bytes(2048) + b"ID3\x03\0\0\0\x08\0\0" + bytes(1 << 17), b""),
    "zeros before": (bytes(2000), b""),
    "ID3v1": (b"", b"TAG" + bytes(125)),
    "APE": (b"", b"APETAGEX" + b"abcd" * 50),
}


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("kind", ["VARIABLE", "CONSTANT", "CONSTANT, untagged"])
def test_good_files_are_heard_bit_for_bit_as_ever(tag: str, kind: str) -> None:
    mode: Literal["CONSTANT", "VARIABLE"] = "VARIABLE" if kind == "VARIABLE" else "CONSTANT"
    data = mp3(noise(0, 12.0), mode=mode)
    data = untagged(data) if "untagged" in kind else data
    before, after = TAGS[tag]
    path = written(before + data + after)
    expected = soundfile.read(path, dtype="float32", always_2d=True)[0]
    assert len(expected) >= 12 * 44_100
    assert np.array_equal(decode(path).samples, expected)


@pytest.mark.parametrize("tagged", [True, False])
def test_a_picture_behind_the_sound_does_no_harm(tagged: bool) -> None:
    data = mp3(noise(0, 12.0), mode="CONSTANT")
    data = data if tagged else untagged(data)
    picture = b"APETAGEX" + np.random.default_rng(0).bytes(200_000)
    assert np.array_equal(heard(data + picture).samples, heard(data).samples)


@pytest.mark.parametrize("tag", ["ID3v1", "ID3v2"])
def test_files_joined_with_their_tags_are_heard(tag: str) -> None:
    data = untagged(mp3(noise(0, 12.0), mode="CONSTANT"))
    between = TAGS["ID3v1"][1] if tag == "ID3v1" else TAGS["ID3v2"][0]
    path = written(data + between + data)
    samples = decode(path).samples
    assert np.array_equal(samples, soundfile.read(path, dtype="float32", always_2d=True)[0])
    assert len(samples) > 24 * 44_100


@pytest.mark.parametrize("seconds", [0.01, 0.05, 0.1, 0.2, 0.5])
@pytest.mark.parametrize("tagged", [True, False])
def test_short_files_are_heard(seconds: float, tagged: bool) -> None:
    data = mp3(noise(0, seconds, 16_000, 1), 16_000, "CONSTANT")
    assert len(heard(data if tagged else untagged(data)).samples) >= round(seconds * 16_000)


def test_damage_is_refused_wherever_it_is() -> None:
    data = mp3(noise(0, 12.0))
    for name, file in (("tagged", data), ("untagged", untagged(data))):
        for share in (0.1, 0.5, 0.9):
            place = round(share * len(file))
            for hole in (file[:place] + bytes(1000) + file[place + 1000 :], file[:place] + b"junk" * 25 + file[place:]):
                assert "a.mp3 is damaged: no frame begins at byte " in refusal(hole), (name, share)
                item = convert("a", written(hole), "a", Path("out.wav"), conversion())
                assert (item.status, item.why) == ("refused", refusal(hole))


def test_what_is_cut_off_is_refused() -> None:
    data = mp3(noise(0, 12.0))
    for share in (0.1, 0.5, 0.9, 0.98):
        assert "a.mp3 is truncated: " in refusal(data[: round(share * len(data))])
    assert len(heard(data[:-200]).samples) == pytest.approx(12 * 44_100, rel=0.01)  # a frame less, as decoders have it


def test_what_stands_behind_all_that_a_tag_tells_of_is_not_left_out_in_silence() -> None:
    first, second = mp3(noise(0, 3.0)), mp3(noise(1, 3.0))
    assert soundfile.info(written(first + second)).frames == 3 * 44_100
    assert refusal(first + second) == ("a.mp3 holds 268416 samples, and its tag says 132300: convert it to WAV or FLAC")


def test_files_of_other_kinds_have_no_frames() -> None:
    wav = encoded(noise(0))
    for data in (
        wav,
        b"",
        b"ID3",
        b"\xff",
        b"\xff\xfb\x90",
        b"\xff" * 5000,
        b"ID3\x03\0\0\0\0\x7f\x7f",
        bytes(100_000),
    ):
        for name in ("a.mp3", "a.wav"):
            assert mpeg_stream(written(data, name)) is None


PAGE = b"<!DOCTYPE html><html><title>Not found</title></html>\n" * 50


@pytest.mark.parametrize("kind", ["page", "text", "zeros", "hole", "junk", "long hole", "half"])
def test_no_decoder_writes_of_a_refused_file_to_the_terminal(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = mp3(noise(0, 12.0))
    files = {
        "page": PAGE,
        "text": b"These are notes.\n" * 6000,
        "zeros": bytes(100_000),
        "hole": data[:20_000] + bytes(1000) + data[21_000:],
        "junk": data[:20_000] + b"junk" * 25 + data[20_000:],
        "long hole": data[:20_000] + bytes(10_000) + data[30_000:],
        "half": data[: len(data) // 2],
    }
    capfd.readouterr()
    refusal(files[kind])
    convert("a", written(files[kind]), "a", Path("out.wav"), conversion())
    assert capfd.readouterr() == ("", "")
