"""A folder of audio made elsewhere: matched to clips by stem, scored where it lies, never copied, never written to."""

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


@dataclass(frozen=True, kw_only=True)
class Folder(Recorded):
    """The audio files directly inside one folder.

    Attributes:
        path: the folder; a file belongs to the clip whose id is its stem.
    """

    path: Path | None = None

    def find(self, clips: Sequence[Clip]) -> Found:
        """The clips' files, and the stems of files that belong to none.

        Raises:
            BadInput: no folder is given, or it is missing or empty, or none of its files belongs to a clip.
        """
        files = self._files()
        paths = {clip.id: files[clip.id] for clip in clips if clip.id in files}
        if not paths:
            raise BadInput(
                f"no file in {self.path} is named after a clip: clips are called {clips[0].id!r} …, "
                f"files {next(iter(files))!r} …"
            )
        return Found(paths, tuple(stem for stem in files if stem not in paths))

    def settings(self) -> dict[str, Any]:
        """The folder's name; where it lies is this machine's affair."""
        return {"path": self._path().resolve().name}

    def identity(self) -> dict[str, Any]:
        """What its files hold: another folder with the same audio is the same system, a changed file makes another."""
        files = {stem: file_digest(path) for stem, path in self._files().items()}
        return {"class": type(self).__name__, "version": self.version, "files": files}

    def _path(self) -> Path:
        if self.path is None:
            raise BadInput("system folder needs --system.path FOLDER")
        return self.path

    def _files(self) -> dict[str, Path]:
        return recordings(self._path())


SYSTEMS: dict[str, System] = {"folder": Folder()}
