"""Sections of videos through the real yt-dlp and ffmpeg, from a server on this machine in YouTube's place."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
from conftest import Bench, one_line, tree
from numpy.typing import NDArray
from recording_files import encoded, loudest, manifest, own_card, shelf, tones
from server import Fault, Site, serving

pytest.importorskip("yt_dlp")
imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")

from bench.prepare import youtube  # noqa: E402

WORDS = ("prepare", "own.yaml", "--lists", "lists", "--from", "youtube")
HERTZ = (300.0, 500.0, 700.0, 900.0, 1100.0, 1300.0)  # second by second
REFERENCE = '{files: ["{recording}"], youtube: true}'


def video(kind: str) -> bytes:
    """Six seconds of six tones, as a file that a site may have: sound alone, or a picture as well."""
    Path("tones.wav").write_bytes(encoded(tones(*HERTZ)))
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-i", "tones.wav"]
    if kind == "picture.mp4":  # whose only whole pictures are seconds apart: where a copy without decoding would begin
        command += ["-f", "lavfi", "-i", "color=size=64x64:rate=10:duration=6", "-g", "60", "-c:v", "mpeg4"]
    command += [] if kind.endswith(("wav", "ogg")) else ["-c:a", "aac"]
    subprocess.run([*command, f"video.{kind}"], check=True, timeout=60)
    return Path(f"video.{kind}").read_bytes()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Stands for YouTube: ``v/NAME.wav`` and the like."""
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("HF_HUB_OFFLINE")
    with serving() as found:
        monkeypatch.setattr(youtube, "ADDRESS", f"{found.address}/{{recording}}.wav")
        yield found


def section(site: Site, kind: str, start: float, seconds: float) -> tuple[NDArray[Any], int]:
    """What is fetched of a video."""
    site.files[f"v.{kind}"] = video(kind)
    address = f"{site.address}/{{recording}}.{kind}"
    path = youtube.fetch("v", start, seconds, Path("own"), youtube.require_tools(), address)
    assert path == Path("own/v.wav")
    wave, rate = soundfile.read(path)
    return wave, rate


@pytest.mark.parametrize("kind", ["wav", "m4a", "ogg", "picture.mp4"])
def test_the_section_that_is_wanted_comes(site: Site, kind: str) -> None:
    wave, rate = section(site, kind, 2.0, 2.0)
    assert abs(len(wave) / rate - 2.0) < 0.03
    heard = [loudest(wave[round(begin * rate) : round(end * rate)], rate) for begin, end in ((0.05, 0.9), (1.1, 1.9))]
    assert heard == pytest.approx([700.0, 900.0], abs=3.0)
    change = round(rate * 0.03)  # a frame of AAC, and a half
    before, after = wave[rate - 5 * change : rate - change], wave[rate + change : rate + 5 * change]
    assert [loudest(before, rate), loudest(after, rate)] == pytest.approx([700.0, 900.0], abs=9.0)


def test_a_section_that_begins_between_seconds(site: Site) -> None:
    wave, rate = section(site, "wav", 2.5, 1.0)
    assert loudest(wave[: round(0.45 * rate)], rate) == pytest.approx(700.0, abs=3.0)
    assert loudest(wave[round(0.55 * rate) :], rate) == pytest.approx(900.0, abs=3.0)


def test_a_video_that_ends_before_gives_what_there_is(site: Site) -> None:
    wave, rate = section(site, "wav", 5.0, 3.0)
    assert len(wave) / rate == pytest.approx(1.0, abs=0.03)
    assert loudest(wave, rate) == pytest.approx(1300.0, abs=3.0)


def test_a_suite_comes_from_videos_and_the_missing_have_their_reason(site: Site, bench: Bench) -> None:
    starts = {"first": 1.0, "gone": 0.0, "third": 4.0, "text": 0.0}
    own_card(starts, starts=starts, reference=REFERENCE)
    site.files |= {"first.wav": video("wav"), "third.wav": video("wav"), "text.wav": b"<html>no video here</html>"}
    ran = bench(*WORDS, "--quiet")
    assert (ran.code, ran.err) == (3, "")
    lines = manifest()
    assert [name for name, item in lines.items() if item["status"] == "ready"] == ["first", "third"]
    assert lines["first"]["source"] == site.url("first.wav")
    assert "HTTP Error 404" in lines["gone"]["why"]
    assert all("\n" not in item["why"] and len(item["why"]) < 300 for item in lines.values())
    assert lines["text"]["why"]
    for name, hertz in (("first", 500.0), ("third", 1100.0)):
        wave, rate = soundfile.read(shelf().recording(name))
        assert (rate, len(wave)) == (16_000, 16_000)
        assert loudest(wave, rate) == pytest.approx(hertz, abs=3.0)
    assert "2 of 4 recordings are ready" in ran.out
    assert "HTTP Error 404" in ran.out
    assert not (shelf().folder / "fetching").exists()


def test_what_came_is_not_fetched_again(site: Site, bench: Bench) -> None:
    starts = {"first": 1.0, "gone": 0.0}
    own_card(starts, starts=starts, reference=REFERENCE)
    site.files["first.wav"] = video("wav")
    assert bench(*WORDS, "--quiet").code == 3
    before = tree(Path("data"))
    site.asked.clear()
    assert bench(*WORDS, "--quiet").code == 3
    assert {asked.name for asked in site.asked} == {"gone.wav"}
    assert tree(Path("data")) == before
    site.files["gone.wav"] = video("wav")
    assert bench(*WORDS, "--quiet").code == 0
    site.asked.clear()
    assert bench(*WORDS, "--quiet").code == 0
    assert site.asked == []


@pytest.mark.parametrize("stall", [0.0, 60.0])
@pytest.mark.parametrize("cut", [100, 200_000])
def test_half_a_section_is_none(site: Site, cut: int, stall: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server breaks off or says nothing any more, while the video is looked for or while it is read."""
    monkeypatch.setattr(youtube, "SILENCE", 0.5)
    site.faults["v.wav"] = Fault(cut=cut, stall=stall)
    with pytest.raises(youtube.Unobtainable) as caught:
        section(site, "wav", 0.0, 4.0)
    assert "\n" not in str(caught.value)


def test_a_section_that_broke_off_once_is_fetched_again(site: Site) -> None:
    site.faults["v.wav"] = Fault(cut=200_000, times=2)
    wave, rate = section(site, "wav", 0.0, 4.0)
    assert len(wave) == 4 * rate


def test_offline_nothing_is_fetched(site: Site, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_OFFLINE", "1")
    own_card(reference=REFERENCE)
    ran = bench(*WORDS)
    assert (ran.code, one_line(ran.err)) == (3, True)
    assert "BENCH_OFFLINE is set, so nothing is fetched from YouTube" in ran.err
    assert site.asked == []


@pytest.mark.parametrize("lacks", ["yt_dlp", "imageio_ffmpeg"])
def test_what_is_not_installed_is_named_with_its_extra(site: Site, lacks: str) -> None:
    own_card(reference=REFERENCE)
    code = (
        f"import os, sys; sys.modules[{lacks!r}] = None; os.environ['PATH'] = ''\n"
        f"from bench.cli import main; sys.exit(main({list(WORDS)!r}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, one_line(ran.stderr)) == (3, True)
    assert "pip install 'audiogen-bench[youtube]'" in ran.stderr
    assert {"yt_dlp": "need yt-dlp", "imageio_ffmpeg": "need ffmpeg"}[lacks] in ran.stderr
