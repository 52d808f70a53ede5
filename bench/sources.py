"""Where a suite's captions and recordings come from, as its card says: values only; ``bench prepare`` goes and gets."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import Literal

from bench.errors import BadInput

Format = Literal["csv", "tsv", "pipe", "json", "jsonl", "python", "tags"]
"""``pipe`` is ``a|b``, as ``tsv`` without quotes; ``python`` a literal of a module, never run; ``tags`` tag tables."""
Crop = Literal["start", "centre", "whole"]
SHA256 = re.compile(r"[0-9a-f]{64}")
LIST_NAMES = re.compile(r"[\w*][\w.*-]*")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One table as its owner publishes it.

    Attributes:
        file: its name, among the user's own files too; a pattern such as ``*.trans.tsv`` where there are many.
        url: pinned address, or ``hf:datasets/owner/name@revision/path``; empty for what comes with the audio.
        sha256: of its bytes, where known; else held to from first use.
        format: how it is written.
        at: of JSON, the key under which the rows are; of Python, the name that is assigned.
        header: all its columns; files with others are refused. For files without a header line, their columns.
        headless: whether there is no header line.
        id: the column with the clip's id; of a mapping, ``key``.
        pattern: expression whose first group, found in that column, is the id.
        caption: column with the prompt; of a mapping to texts, ``value``.
        transcription: column with what is spoken.
        recording: column with the recording's name, where several clips share one; else the id is.
        start: column with the second at which the clip begins in what it was cut from.
    """

    file: str
    url: str = ""
    sha256: str = ""
    format: Format = "csv"
    at: str = ""
    header: tuple[str, ...] = ()
    headless: bool = False
    id: str = "id"
    pattern: str = ""
    caption: str = ""
    transcription: str = ""
    recording: str = ""
    start: str = ""

    def __post_init__(self) -> None:
        """Refuse what could not be looked for."""
        if not LIST_NAMES.fullmatch(self.file):
            raise BadInput(f"file is {self.file!r}, but must be a plain file name")
        if self.sha256 and not SHA256.fullmatch(self.sha256):
            raise BadInput(f"sha256 is {self.sha256!r}, but must be 64 hex digits")
        if self.url and not self.url.startswith(("https://", "http://", "hf:datasets/")):
            raise BadInput(f"url is {self.url!r}, but must begin with https:// or hf:datasets/")
        if "*" in self.file and (self.url or self.sha256):
            raise BadInput(f"file is {self.file!r}: only tables that come with the audio can be many files")
        if self.headless and not self.header:
            raise BadInput("headless needs a header: the names of its columns")
        try:
            groups = re.compile(self.pattern).groups
        except re.error as error:
            raise BadInput(f"pattern is {self.pattern!r}, which is no expression: {error}") from None
        if self.pattern and groups != 1:
            raise BadInput(f"pattern is {self.pattern!r}, but must have one group, the id")


@dataclass(frozen=True, kw_only=True)
class Captions:
    """How a suite's clips are made of its owner's tables.

    Attributes:
        list: the table with ids and captions.
        take: which row of an id counts, from 1; 0 where each id has one row; -1 for all, as clips ``id-1``, ``id-2`` …
        ids: patterns such as ``LJ001-*``, one of which an id must match; none for all.
        only: a table whose ids alone are kept.
        without: ids that are left out.
        not_in: a table whose ids are left out.
        join: a table with further columns of the same ids, such as where a clip starts.
        template: of tags, how they become a caption: ``{tags}`` stands for them.
        sample: of tags, how many clips are drawn; 0 for all.
        seed: of that draw.
    """

    list: Listing
    take: int = 0
    ids: tuple[str, ...] = ()
    only: Listing | None = None
    without: tuple[str, ...] = ()
    not_in: Listing | None = None
    join: Listing | None = None
    template: str = ""
    sample: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.take < -1 or self.sample < 0:
            raise BadInput(f"take is {self.take} and sample {self.sample}, but must be at least -1 and 0")
        tags = self.list.format == "tags"
        if bool(self.template) != tags or ("{tags}" in self.template) != tags:
            raise BadInput("template goes with the format tags, and holds {tags}")
        if not tags and (self.sample or self.seed):
            raise BadInput(f"sample is {self.sample} and seed {self.seed}, but they go with the format tags")

    @property
    def lists(self) -> tuple[Listing, ...]:
        """Every table that is needed."""
        return tuple(one for one in (self.list, self.only, self.not_in, self.join) if one is not None)


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A data set of the Hugging Face hub, as parquet files or as a folder of audio.

    Attributes:
        repository: owner/name.
        revision: a commit or a branch; a branch is held to the commit that it was at first use.
        files: patterns of the files that are needed.
        id: the parquet column that tells recordings apart.
        audio: the parquet column with the audio.
    """

    repository: str
    revision: str = "main"
    files: tuple[str, ...] = ("*",)
    id: str = "id"
    audio: str = "audio"


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A tar or zip archive with the recordings, and with the tables that come with them.

    Attributes:
        url: its address.
        sha256: of its bytes, where known.
        size: in bytes, where known: how much will be downloaded.
    """

    url: str
    sha256: str = ""
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class Recordings:
    """Where a suite's reference recordings come from.

    Attributes:
        files: how they are called in people's folders, without suffix, most official first: ``Y{recording}``,
            ``{recording}_{start}``.
        hub: a data set that has them.
        archive: an archive that has them.
        youtube: whether their names are those of YouTube's videos.
    """

    files: tuple[str, ...] = ("{recording}",)
    hub: Hub | None = None
    archive: Archive | None = None
    youtube: bool = False

    def __post_init__(self) -> None:
        """Refuse patterns that name nothing, or something unknown."""
        for pattern in self.files:
            named = _named_in(pattern)
            if "{recording}" not in named or not named <= {"{recording}", "{start}"}:
                raise BadInput(f"files holds {pattern!r}, but patterns have {{recording}} and may have {{start}}")

    @property
    def ways(self) -> tuple[str, ...]:
        """The values that ``--from`` can have."""
        ways = {"hub": self.hub, "youtube": self.youtube, "archive": self.archive}
        return tuple(name for name, there in ways.items() if there)


def _named_in(pattern: str) -> set[str]:
    """What is filled into a pattern, as it stands there; nothing of one whose braces are wrong.

    >>> sorted(_named_in("Y{recording}_{start:03d}"))
    ['{recording}', '{start:03d}']
    """
    try:
        parts = [part[1:] for part in string.Formatter().parse(pattern) if part[1] is not None]
    except ValueError:
        return set()
    return {f"{{{name}{f'!{way}' if way else ''}{f':{spec}' if spec else ''}}}" for name, spec, way in parts}
