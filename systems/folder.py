"""A folder of audio made elsewhere: matched to clips by name, scored where it lies, never copied, never written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.audio import recordings
from bench.clip import Clip
from bench.digest import file_digest
from bench.errors import BadInput
from bench.system import Found, Recorded, System

PLAIN = "{id}"


@dataclass(frozen=True, kw_only=True)
class Folder(Recorded):
    """The audio files directly inside one folder.

    Attributes:
        path: the folder.
        names: how its files are called, without suffix: ``{id}`` stands for a clip's id, as in ``Y{id}``.
    """

    path: Path | None = None
    names: str = PLAIN

    def __post_init__(self) -> None:
        """Refuse names that would be the same for every clip."""
        if self.names.count("{id}") != 1:
            raise ValueError(f"names is {self.names!r}, but must have {{id}} once, as in 'Y{{id}}'")

    def find(self, clips: Sequence[Clip]) -> Found:
        """The clips' files, and the ids, or else the stems, of files that belong to none.

        Raises:
            BadInput: no folder is given, or it is missing or empty, or none of its files belongs to a clip.
        """
        files = self._files()
        ids = {stem: self._id(stem) for stem in files}
        named = {ids[stem]: path for stem, path in files.items() if ids[stem]}
        paths = {clip.id: named[clip.id] for clip in clips if clip.id in named}
        if not paths:
            looked = self.names.replace("{id}", clips[0].id)
            raise BadInput(
                f"no file in {self.path} is named after a clip: clips are looked for as {looked!r} …, files are called "
                f"{next(iter(files))!r} …; names such as 'Y{{id}}' say how"
            )
        return Found(paths, tuple(ids[stem] or stem for stem in files if ids[stem] not in paths))

    def settings(self) -> dict[str, Any]:
        """The folder's name, and how its files are called; where it lies is this machine's affair."""
        return {"path": self._path().resolve().name, **self._named()}

    def identity(self) -> dict[str, Any]:
        """What its files hold: another folder with the same audio is the same system, a changed file makes another."""
        files = {stem: file_digest(path) for stem, path in self._files().items()}
        return {"class": type(self).__name__, "version": self.version, "files": files, **self._named()}

    def _named(self) -> dict[str, str]:
        """How files are called, if not plainly: of one folder, other names can mean other files."""
        return {} if self.names == PLAIN else {"names": self.names}

    def _id(self, stem: str) -> str:
        """The id in a file's name; empty for one that is called otherwise."""
        before, _, after = self.names.partition("{id}")
        fits = stem.startswith(before) and stem.endswith(after) and len(stem) > len(before) + len(after)
        return stem[len(before) : len(stem) - len(after)] if fits else ""

    def _path(self) -> Path:
        if self.path is None:
            raise BadInput("system folder needs --system.path FOLDER")
        return self.path

    def _files(self) -> dict[str, Path]:
        return recordings(self._path())


SYSTEMS: dict[str, System] = {"folder": Folder()}
