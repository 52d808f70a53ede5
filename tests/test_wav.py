"""Our own WAV files: what is written is read, to the byte."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.audio import FULL_SCALE, Subtype, Unreadable, Waveform, decode
from bench.wav import encode_wav, wav_comment

RATE = 16_000
STEP = 1 / 32768  # of a 16-bit sample


def noise(samples: int = RATE) -> Waveform:
    return np.random.default_rng(0).uniform(-0.5, 0.5, samples).astype(np.float32)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("samples", [1, 2, 3, 999, 16_000, 1_000_001])
@pytest.mark.parametrize(("subtype", "error"), [("PCM_16", 2 * STEP), ("FLOAT", 0.0)])
def test_what_is_encoded_decodes(tmp_path: Path, samples: int, subtype: Subtype, error: float) -> None:
    wave = noise(samples)
    path = written(tmp_path / "x.wav", encode_wav(wave, 22_050, subtype=subtype))
    found = decode(path)
    assert (found.rate, found.samples.shape, found.samples.dtype) == (22_050, (samples, 1), np.dtype(np.float32))
    np.testing.assert_allclose(found.samples[:, 0], wave, rtol=0, atol=error)
    assert soundfile.info(path).subtype == subtype


def test_sixteen_bits_clip_and_never_wrap(tmp_path: Path) -> None:
    wave = np.array([1.0, 1.001, 3.0, 1e9, -1.0, -1.001, -3.0, -1e9], np.float32)
    found = decode(written(tmp_path / "x.wav", encode_wav(wave, RATE))).samples[:, 0]
    np.testing.assert_array_equal(found, np.float32(FULL_SCALE) * np.sign(wave))


def test_floats_keep_what_lies_beyond_full_scale(tmp_path: Path) -> None:
    wave = np.array([1.5, -7.0, 1e-30], np.float32)
    np.testing.assert_array_equal(
        decode(written(tmp_path / "x.wav", encode_wav(wave, RATE, subtype="FLOAT"))).samples[:, 0], wave
    )


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_the_same_wave_gives_the_same_bytes(subtype: Subtype) -> None:
    assert len({encode_wav(noise(), RATE, subtype=subtype, comment="bench:1") for _ in range(3)}) == 1


@pytest.mark.parametrize("comment", ["", "x", "xy", "xyz", "bench:" + "0" * 64])
@pytest.mark.parametrize("samples", [1, 2, 501])
def test_the_comment_reads_back_and_disturbs_nothing(tmp_path: Path, comment: str, samples: int) -> None:
    data = encode_wav(noise(samples), RATE, comment=comment)
    path = written(tmp_path / "x.wav", data)
    assert wav_comment(path) == comment
    assert len(decode(path).samples) == samples
    assert len(data) % 2 == 0
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8


def test_a_cut_file_has_no_comment(tmp_path: Path) -> None:
    data = encode_wav(noise(), RATE, comment="bench:1")
    with pytest.raises(Unreadable, match=r"x\.wav is truncated"):
        wav_comment(written(tmp_path / "x.wav", data[:-1000]))
    with pytest.raises(Unreadable, match=r"x\.wav can't be decoded"):
        wav_comment(written(tmp_path / "x.wav", b"no RIFF at all, but long enough to hold a header"))
