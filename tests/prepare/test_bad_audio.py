"""Recordings of every kind and in every state of decay, as users' folders hold them: taken, or refused in one line."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
import pytest
from conftest import Bench, one_line, tree
from recording_files import conversion, encoded, folder, noise, own_card, shelf

from bench.audio import Sound, decode, mono
from bench.manifest import read_manifest
from bench.prepare.convert import convert
from bench.suites import load_suite
from bench.wav import encode_wav

STEREO = noise(0, rate=16_000)
SOUND = {
    "8-bit": encoded(STEREO, 16_000, subtype="PCM_U8"),
    "16-bit": encoded(STEREO, 16_000, subtype="PCM_16"),
    "24-bit": encoded(STEREO, 16_000, subtype="PCM_24"),
    "32-bit": encoded(STEREO, 16_000, subtype="PCM_32"),
    "float": encoded(STEREO, 16_000, subtype="FLOAT"),
    "double": encoded(STEREO, 16_000, subtype="DOUBLE"),
    "mu-law": encoded(STEREO, 16_000, subtype="ULAW"),
    "6-channel": encoded(noise(1, rate=16_000, channels=6), 16_000, subtype="FLOAT"),
    "96 kHz": encoded(noise(2, rate=96_000), 96_000, subtype="PCM_24"),
    "RF64": encoded(STEREO, 16_000, "RF64", subtype="FLOAT"),
    "FLAC": encoded(STEREO, 16_000, "FLAC"),
    "Vorbis": encoded(STEREO, 16_000, "OGG", subtype="VORBIS"),
    "Opus": encoded(noise(3, rate=48_000), 48_000, "OGG", "OPUS"),
    "MP3": encoded(STEREO, 16_000, "MP3", "MPEG_LAYER_III"),
}


@pytest.mark.parametrize("kind", SOUND)
@pytest.mark.parametrize("suffix", [".wav", ".mp3", ""])
def test_every_kind_is_taken_whatever_its_suffix_says(kind: str, suffix: str) -> None:
    Path(f"a{suffix}").write_bytes(SOUND[kind])
    item = convert("a", Path(f"a{suffix}"), "a", Path("out.wav"), conversion())
    assert (item.status, item.why, item.seconds) == ("ready", "", 1.0)
    samples, rate = decode(Path(f"a{suffix}"))
    expected = mono(Sound(samples[:rate], rate), 16_000)
    assert np.allclose(decode(Path("out.wav")).samples[:, 0], expected, atol=1e-6)


def streamed(data: bytes) -> bytes:
    """A WAV whose writer could not go back to say how long it is."""
    place = data.index(b"data") + 4
    return data[:place] + b"\xff" * 4 + data[place + 4 :]


def with_bad(value: float) -> bytes:
    samples = STEREO[:, 0].astype(np.float32)
    samples[100:103] = value
    return encode_wav(samples, 16_000, subtype="FLOAT")


def holed(data: bytes) -> bytes:
    """A file with zeros in its middle."""
    middle = len(data) // 2
    return data[:middle] + bytes(1000) + data[middle + 1000 :]


WAV = encode_wav(STEREO[:, 0].astype(np.float32), 16_000, subtype="FLOAT")
BAD = {
    "truncated WAV": (WAV[:-1000], r"a\.wav is truncated: 95000 of 96000 bytes of samples"),
    "WAV without samples": (encode_wav(np.zeros(0, np.float32), 16_000), r"a\.wav holds no samples"),
    "WAV cut in its header": (WAV[:30], r"a\.wav is truncated: it ends before its samples"),
    "truncated FLAC": (SOUND["FLAC"][:20_000], r"a\.wav can't be decoded: .*"),
    "truncated MP3": (SOUND["MP3"][:3_000], r"a\.wav is truncated: 8 of 44 frames"),
    "truncated Ogg": (SOUND["Vorbis"][:-2_000], r"a\.wav is truncated: its last page is not .*"),
    "Ogg with a hole": (holed(SOUND["Vorbis"]), r"a\.wav is damaged: its page at byte \d+ is not as it was written"),
    "MP3 with a hole": (holed(SOUND["MP3"]), r"a\.wav is damaged: no frame begins at byte \d+, and some follow"),
    "0 bytes": (b"", r"a\.wav is empty \(0 bytes\)"),
    "text": (b"version https://git-lfs.github.com/spec/v1\n", r"a\.wav can't be decoded: .*"),
    "web page": (b"<!DOCTYPE html><html>Not found</html>", r"a\.wav can't be decoded: .*"),
    "NaN": (with_bad(np.nan), r"a\.wav has 3 samples that are not finite"),
    "infinity": (with_bad(np.inf), r"a\.wav has 3 samples that are not finite"),
    "one sample": (encode_wav(np.ones(1, np.float32), 96_000), r"a\.wav is too short: its 1 samples are none at .*"),
    "rate of nobody": (
        encode_wav(STEREO[:, 0].astype(np.float32), 47_999_983),
        r"a\.wav: from 47999983 to 16000 Hz .*",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_sound_recording_is_refused_with_its_reason(kind: str) -> None:
    data, why = BAD[kind]
    Path("a.wav").write_bytes(data)
    resampler = "sinc" if kind == "rate of nobody" else "soxr-hq"
    item = convert("a", Path("a.wav"), "a.wav", Path("out", "a.wav"), conversion(resampler=resampler))
    assert item.status == "refused"
    assert re.fullmatch(why, item.why), item.why
    assert not Path("out").exists()


def test_a_wav_from_a_pipe_is_taken() -> None:
    Path("a.wav").write_bytes(streamed(WAV))
    assert convert("a", Path("a.wav"), "a.wav", Path("out.wav"), conversion()).status == "ready"


def test_a_silent_recording_is_ready_and_named(bench: Bench, home: Path) -> None:
    own_card(["a", "b"])
    folder({"a.wav": encode_wav(np.zeros(16_000, np.float32), 16_000), "b.wav": WAV})
    ran = bench("prepare", "own.yaml", "--lists", "lists", "--audio", "mine", "--quiet")
    assert ran.code == 0
    assert "1 silent: a\n" in ran.out


def test_one_bad_file_loses_no_other(bench: Bench, home: Path) -> None:
    """Every bad file and every good one in one folder."""
    good = [name.replace(" ", "-") for name in SOUND]
    bad = [name.replace(" ", "-") for name in BAD if name not in ("rate of nobody", "truncated MP3")]
    own_card(good + bad)
    files = {f"{name.replace(' ', '-')}.wav": data for name, data in SOUND.items()}
    files |= {f"{name.replace(' ', '-')}.wav": data for name, (data, _) in BAD.items() if name.replace(" ", "-") in bad}
    folder(files)
    before = tree(Path("mine"))
    ran = bench("prepare", "own.yaml", "--lists", "lists", "--audio", "mine", "--quiet")
    assert (ran.code, ran.err) == (3, "")
    assert f"{len(good)} of {len(good + bad)} recordings are ready in {shelf().folder}\n" in ran.out
    for name in bad:
        assert name in ran.out
    assert {clip.id for clip in load_suite("own.yaml").clips if clip.reference} == set(good)
    assert {item.id for item in read_manifest(shelf()).values() if item.status == "refused"} == set(bad)
    assert tree(Path("mine")) == before
    assert sorted(path.stem for path in shelf().audio.iterdir()) == sorted(good)


@pytest.mark.parametrize("instead", ["broken link", "link to itself", "folder"])
def test_what_is_no_file_is_missing(bench: Bench, home: Path, instead: str) -> None:
    own_card(["a", "b"])
    folder({"b.wav": WAV})
    odd = Path("mine", "a.wav")
    odd.mkdir() if instead == "folder" else odd.symlink_to("nowhere" if instead == "broken link" else "a.wav")
    ran = bench("prepare", "own.yaml", "--lists", "lists", "--audio", "mine", "--quiet")
    assert ran.code == 3
    assert "1 missing (no file of that name): a\n" in ran.out


def test_a_file_that_goes_away_meanwhile_is_refused() -> None:
    item = convert("a", Path("gone.wav"), "gone.wav", Path("out.wav"), conversion())
    assert (item.status, item.why) == ("refused", "gone.wav can't be read: No such file or directory")


def test_a_header_that_promises_more_than_memory_holds_is_refused() -> None:
    data = bytearray(SOUND["FLAC"])
    place = data.index(b"fLaC") + 8 + 13  # of STREAMINFO: the last 36 bits of 8 bytes are the number of samples
    data[place] |= 0x0F
    data[place + 1 : place + 5] = b"\xff" * 4
    Path("a.flac").write_bytes(data)
    card = conversion(crop="whole", seconds=None)
    item = convert("a", Path("a.flac"), "a.flac", Path("out.wav"), card)
    assert item.status == "refused"
    assert item.why.startswith("a.flac ")
    assert one_line(f"{item.why}\n")


def test_a_chunk_that_claims_more_than_there_is_ends_the_search() -> None:
    Path("a.wav").write_bytes(b"RIFF" + struct.pack("<I", 100) + b"WAVELIST" + struct.pack("<I", 2**31) + b"x" * 50)
    item = convert("a", Path("a.wav"), "a.wav", Path("out.wav"), conversion())
    assert item.why == "a.wav is truncated: it ends before its samples"
