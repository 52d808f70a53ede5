"""Recordings in people's folders: which file is which, by the names that are usual, and never by a guess."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from bench.audio import SUFFIXES
from bench.errors import BadInput

UNREAD = (
    *(".aac", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".au", ".caf", ".m4a", ".mka", ".mkv", ".mov", ".mp2", ".mp4"),
    *(".oga", ".ra", ".rf64", ".snd", ".w64", ".webm", ".wma", ".wv"),
)  # audio, or video with it, of kinds that are not looked for
ABSENT = "no file of that name"
SHOWN = 3  # names that a message gives for example


class Search(NamedTuple):
    """What was found of the recordings wanted.

    Attributes:
        files: by recording.
        missing: by recording, why there is none.
        unused: audio files of no recording that was wanted.
    """

    files: dict[str, Path]
    missing: dict[str, str]
    unused: tuple[Path, ...]


def search(folder: Path, wanted: Mapping[str, float | None], patterns: Sequence[str]) -> Search:
    """Look for recordings in a folder and all below it; it is only read.

    Args:
        folder: where.
        wanted: the recordings' names, each with the second at which it was cut from its source, where that is known.
        patterns: how they may be called, most official first.

    Raises:
        BadInput: no such folder, no audio in it, or not one file with a name that was looked for.
    """
    if not folder.is_dir():
        raise BadInput(f"--audio {folder} is a file, not a folder" if folder.exists() else f"no folder {folder}")
    there, unread = _by_stem(folder)
    found = Search({}, {}, ())
    for name, start in wanted.items():
        names = [spelled(pattern, name, start) for pattern in patterns]
        _settle(name, names, there, folder, found)
        if found.missing.get(name) == ABSENT and (other := next((one for one in names if one in unread), None)):
            suffix = unread[other][0].suffix.lower()
            found.missing[name] = f"a file of that name, but {suffix} is not read ({', '.join(SUFFIXES)} are)"
    if not found.files and all(why == ABSENT for why in found.missing.values()):
        raise BadInput(_no_match(folder, wanted, patterns, there))
    used = set(found.files.values())
    return found._replace(unused=tuple(path for paths in there.values() for path in paths if path not in used))


def _by_stem(folder: Path) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
    """The files in a folder and below it that are read, and the audio that is not."""
    there: dict[str, list[Path]] = {}
    unread: dict[str, list[Path]] = {}
    for path in _below(folder, SUFFIXES + UNREAD):
        (there if path.suffix.lower() in SUFFIXES else unread).setdefault(composed(path.stem), []).append(path)
    return there, unread


def spelled(pattern: str, name: str, start: float | None) -> str:
    """A recording's name in a pattern; empty where the pattern wants a start and none is known.

    >>> spelled("Y{recording}_{start}", "abc", 30.0), spelled("{recording}_{start}", "abc", 0.5)
    ('Yabc_30', 'abc_0.5')
    """
    if start is None:
        return "" if "{start}" in pattern else composed(pattern.format(recording=name))
    second = f"{start:.0f}" if start.is_integer() else f"{start:g}"
    return composed(pattern.format(recording=name, start=second))


def composed(name: str) -> str:
    """A name with its accents as most programs write them; macOS takes letters and accents apart."""
    return unicodedata.normalize("NFC", name)


def _settle(name: str, names: Sequence[str], there: Mapping[str, list[Path]], folder: Path, found: Search) -> None:
    """Note the file of one recording, or why there is none."""
    for one in names:
        paths = there.get(one, [])
        if len(paths) > 1:
            first, second = (path.relative_to(folder) for path in paths[:2])
            found.missing[name] = f"{len(paths)} files claim it: {first} and {second}"
            return
        if paths:
            found.files[name] = paths[0]
            return
    found.missing[name] = ABSENT


def _no_match(
    folder: Path, wanted: Mapping[str, float | None], patterns: Sequence[str], there: Mapping[str, list[Path]]
) -> str:
    if not there:
        return _nothing(folder)
    name, start = next(iter(wanted.items()))
    looked = [one for pattern in patterns if (one := spelled(pattern, name, start))]
    shown = ", ".join(sorted(paths[0].name for paths in there.values())[:SHOWN])
    return (
        f"none of the {sum(map(len, there.values()))} audio files in {folder} is one of the {len(wanted)} recordings: "
        f"looked for names such as {' or '.join(looked)}, and there are {shown}"
    )


def _nothing(folder: Path) -> str:
    return f"no audio in {folder}: looked for {', '.join(SUFFIXES)}"


def require_audio(folder: Path) -> None:
    """Raise if a folder can't be the one that is meant: before hours of downloads, and not behind them.

    Raises:
        BadInput: there is no audio in it, not even of kinds that are not read; or it can't be read.
    """
    if next(_below(folder, SUFFIXES + UNREAD), None) is None:
        raise BadInput(_nothing(folder))


def recordings_below(folder: Path) -> Iterator[Path]:
    """Every audio file in a folder and below it that is read, in order; hidden ones left out, links followed once.

    Raises:
        BadInput: one of the folders can't be read.
    """
    return _below(folder, SUFFIXES)


def _below(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    seen: set[Path] = set()
    for place, folders, files in os.walk(folder, onerror=_refuse, followlinks=True):
        real = Path(place).resolve()
        folders[:] = [] if real in seen else sorted(name for name in folders if not name.startswith("."))
        if real in seen:
            continue
        seen.add(real)
        for name in sorted(files):
            path = Path(place, name)
            if path.suffix.lower() in suffixes and not name.startswith(".") and path.is_file():
                yield path


def _refuse(error: OSError) -> NoReturn:
    raise BadInput(f"folder {error.filename} can't be read: {error.strerror}")
