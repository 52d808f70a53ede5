"""Recordings that are only on YouTube, through yt-dlp and ffmpeg (extra ``youtube``): one section of a video each."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from bench.errors import NotEvaluable
from bench.weights import offline

ADDRESS = "https://www.youtube.com/watch?v={recording}"
SECONDS = 10.0  # of a section, where the card names no length: AudioSet's
TRIES = 2
SILENCE = 30.0  # seconds without a byte, after which a transfer is given up
PATIENCE = 600.0  # seconds that ffmpeg may take for one recording


def require_tools() -> str:
    """The path of ffmpeg, once everything that is needed is there.

    Raises:
        ImportError: yt-dlp is missing.
        NotEvaluable: there is no ffmpeg, or nothing may be downloaded.
    """
    if switch := offline():
        raise NotEvaluable(f"{switch} is set, so nothing is fetched from YouTube")
    how = "get it with: pip install 'audiogen-bench[youtube]'"
    try:
        import yt_dlp  # noqa: F401
    except ImportError:
        raise ImportError(f"recordings from YouTube need yt-dlp; {how}") from None
    if found := shutil.which("ffmpeg"):
        return found
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        raise NotEvaluable(f"recordings from YouTube need ffmpeg; {how}") from None


class _Quiet:
    """What yt-dlp tells: the last error alone is of use."""

    def __init__(self) -> None:
        self.said = ""

    def debug(self, text: str) -> None:
        pass

    info = warning = debug

    def error(self, text: str) -> None:
        self.said = text


class Unobtainable(RuntimeError):
    """A video that can't be had, with the reason in one line."""


class Stream(NamedTuple):
    """Where a video's sound can be read, and what its server wants to be told."""

    url: str
    headers: dict[str, str]


def fetch(name: str, start: float | None, seconds: float | None, folder: Path, ffmpeg: str, address: str) -> Path:
    """One recording as a WAV in a folder of its own.

    yt-dlp finds the sound, and ffmpeg reads and decodes what is wanted of it: a copy without decoding would begin where
    the file can be cut, up to seconds away.

    Args:
        name: the video's.
        start: where in it the recording begins, in seconds; the beginning if none is known.
        seconds: how long it is.
        folder: emptied first.
        ffmpeg: the program's path.
        address: of a video, with ``{recording}`` in it.

    Raises:
        Unobtainable: the video is private, removed, blocked, or can't be reached; the message is one line.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    stream = _found(address.format(recording=name))
    target = folder / f"{name}.wav"
    for left in reversed(range(TRIES)):
        try:
            _decoded(stream, start or 0.0, seconds or SECONDS, target, ffmpeg)
            break
        except Unobtainable:
            if not left:
                raise
    return target


def _found(url: str) -> Stream:
    import yt_dlp

    log = _Quiet()
    options: dict[str, Any] = {
        "format": "bestaudio/best",
        "logger": log,
        "noplaylist": True,
        "noprogress": True,
        "quiet": True,
        "extractor_retries": TRIES,
        "socket_timeout": SILENCE,
        "cachedir": False,
    }
    try:
        with yt_dlp.YoutubeDL(options) as program:
            info = program.extract_info(url, download=False)
    except (yt_dlp.utils.YoutubeDLError, OSError) as error:
        raise Unobtainable(_line(log.said or str(error))) from error
    if not info or not info.get("url"):
        raise Unobtainable("yt-dlp found no sound in it")
    return Stream(info["url"], info.get("http_headers") or {})


def _line(text: str) -> str:
    r"""An error of yt-dlp's in one line, without colours and without advice for its own command line.

    >>> _line("\x1b[0;31mERROR:\x1b[0m [youtube] abc: Video unavailable\n")
    '[youtube] abc: Video unavailable'
    >>> _line("ERROR: [youtube] abc: Sign in to confirm your age. Use --cookies-from-browser or ... See  https://...")
    '[youtube] abc: Sign in to confirm your age.'
    """
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    return re.split(r"; please report this issue|(?<=\.) Use --", " ".join(plain.split()))[0].removeprefix("ERROR: ")


def _decoded(stream: Stream, start: float, seconds: float, target: Path, ffmpeg: str) -> None:
    """Write a section of a stream as a float WAV.

    Raises:
        Unobtainable: it broke off, or holds nothing there.
    """
    command = [ffmpeg, "-nostdin", "-loglevel", "error", "-xerror", "-y"]
    if stream.url.startswith(("http://", "https://")):
        told = "".join(f"{name}: {value}\r\n" for name, value in stream.headers.items())
        command += ["-headers", told, "-rw_timeout", f"{SILENCE * 1_000_000:.0f}"]
    command += ["-ss", f"{start:g}", "-t", f"{seconds:g}", "-i", stream.url, "-vn", "-c:a", "pcm_f32le", str(target)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise Unobtainable(f"ffmpeg did not end within {PATIENCE:g} s") from None
    said = done.stderr.decode(errors="replace").strip().splitlines()
    if done.returncode or not target.is_file():
        raise Unobtainable(f"ffmpeg: {_line(said[-1]) if said else 'failed'}")
