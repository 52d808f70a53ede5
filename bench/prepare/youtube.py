"""Recordings that are only on YouTube, through yt-dlp and ffmpeg (extra ``youtube``): one section of a video each."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from bench.errors import NotEvaluable

ADDRESS = "https://www.youtube.com/watch?v={recording}"
SECONDS = 10.0  # of a section, where the card names no length: AudioSet's
TRIES = 2
PATIENCE = 600.0  # seconds that ffmpeg may take for one recording


def require_tools() -> str:
    """The path of ffmpeg, once everything that is needed is there.

    Raises:
        ImportError: yt-dlp is missing.
        NotEvaluable: there is no ffmpeg.
    """
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


def fetch(name: str, start: float | None, seconds: float | None, folder: Path, ffmpeg: str, address: str) -> Path:
    """One recording as a WAV in a folder of its own.

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
    begin = start or 0.0
    _download(address.format(recording=name), folder, begin, begin + (seconds or SECONDS), ffmpeg)
    came = [path for path in folder.iterdir() if not path.name.endswith((".part", ".ytdl"))]
    if not came:
        raise Unobtainable("yt-dlp left no file")
    return _as_wav(came[0], folder / f"{name}.wav", seconds or SECONDS, ffmpeg)


class Unobtainable(RuntimeError):
    """A video that can't be had, with the reason in one line."""


def _download(url: str, folder: Path, begin: float, end: float, ffmpeg: str) -> None:
    import yt_dlp

    log = _Quiet()
    options: dict[str, Any] = {
        "format": "bestaudio/best",
        "outtmpl": {"default": str(folder / "video.%(ext)s")},
        "download_ranges": yt_dlp.utils.download_range_func(None, [(begin, end)]),
        "ffmpeg_location": ffmpeg,
        "logger": log,
        "noplaylist": True,
        "noprogress": True,
        "quiet": True,
        "retries": TRIES,
        "socket_timeout": 30,
        "cachedir": False,
    }
    try:
        with yt_dlp.YoutubeDL(options) as program:
            program.download([url])
    except (yt_dlp.utils.DownloadError, OSError) as error:
        raise Unobtainable(_line(log.said or str(error))) from error


def _line(text: str) -> str:
    r"""An error of yt-dlp's in one line, without colours.

    >>> _line("\x1b[0;31mERROR:\x1b[0m [youtube] abc: Video unavailable\n")
    '[youtube] abc: Video unavailable'
    """
    plain = text.replace("\x1b[0;31m", "").replace("\x1b[0m", "")
    return " ".join(plain.split()).removeprefix("ERROR: ")


def _as_wav(source: Path, target: Path, seconds: float, ffmpeg: str) -> Path:
    """The audio of what came, as a float WAV that is no longer than asked for."""
    if source == target:
        source = source.rename(source.with_name(f"source{source.suffix}"))
    command = [ffmpeg, "-nostdin", "-loglevel", "error", "-i", str(source), "-vn", "-t", f"{seconds:g}"]
    command += ["-c:a", "pcm_f32le", "-y", str(target)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise Unobtainable(f"ffmpeg did not end within {PATIENCE:g} s") from None
    if done.returncode or not target.is_file():
        raise Unobtainable(
            f"ffmpeg: {_line(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed')}"
        )
    return target
