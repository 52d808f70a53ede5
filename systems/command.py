"""A program run from outside: whatever needs an environment of its own, or is not written in Python.

Its card is the ``system`` section of a configuration::

    system:
      name: command
      argv: ["{python}", generate.py, --prompts, "{prompts}", --out, "{out}"]
      python: ~/their-environment/bin/python
      folder: ~/their-checkout
      prompts: tsv
      columns: {name: "{id}", caption: "{text}", seed: "{seed}"}
      output: "{id}.wav"
      needs: [generate.py, model.ckpt]
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, get_args

from bench.errors import BadInput
from bench.hub import content_digest
from bench.system import Generate, System

from ._command import Program
from ._command_process import RUNNER
from ._command_templates import OF_FILE, OF_PROMPT, OF_RUN, Format, require

SECRET = re.compile(r"TOKEN|SECRET|PASS(WORD|WD|PHRASE)|CREDENTIAL|KEY|AUTH", re.IGNORECASE)
HIDDEN = "(hidden)"
# All of an absolute path but its name: at the start, behind a separator of paths or words, an option or file:// .
ABSOLUTE = re.compile(r"(?:(?<![^=\s:,;'\"])|(?<=^-[A-Za-z])|(?<=file://))~?/(?!/)(?:[^/\s=:,;]+/)*(?=[^/\s])")


@dataclass(frozen=True, kw_only=True)
class Command(System):
    """A program that makes audio files from prompts.

    It is run once for all clips that are missing, or once for each. In ``argv``, ``{prompts}`` is the file of prompts,
    ``{seeds}`` JSON lines of each prompt's text and seed, ``{out}`` an empty folder, ``{python}`` the interpreter,
    ``{bin}`` its folder, ``{runner}`` a script that seeds other scripts (`systems/_command_runner.py` says how),
    ``{device}`` a torch device, ``{seconds}`` a length (clips of another one are another run), ``{seed}`` 32 bits; with
    ``per_clip`` also ``{id}``, ``{text}``, ``{transcription}``. A program that is run once for all gets one ``{seed}``
    for all clips that it is first asked for together, and the same when it is asked again for those it did not deliver:
    where each clip is to have its own whatever was asked for beside it, give it a column ``{seed}`` or use the runner.

    Attributes:
        argv: the command line, an item each; no shell reads it.
        prompts: format of the file of prompts.
        columns: a template for each of its columns, such as ``{name: "{id}", caption: "{text}"}``.
        output: where a clip's file is below ``{out}``: ``{id}_0.wav``, ``*/{id}.wav``, ``{index}.wav`` (rows from 0).
        folder: where it runs, such as its checkout.
        python: the interpreter of its own environment; that of bench if none is given.
        environment: variables that it gets besides those of bench.
        needs: files that its audio depends on: scripts, configurations, weights; what they hold is its identity.
        per_clip: whether it is run once for each clip.
        timeout: seconds after which one run is stopped.
        seconds: the length of clips whose suite says none.
        leading_zeros: samples that it pads at the front, which are stripped.
        pad: seconds that a file may be too short; silence makes them up.
    """

    argv: tuple[str | int | float, ...] = ()
    prompts: Format = "jsonl"
    columns: dict[str, str] | None = field(default=None, hash=False)  # a table has no hash
    output: str = "{id}.wav"
    folder: Path | None = None
    python: str | None = None
    environment: dict[str, str] = field(default_factory=dict, hash=False)
    needs: tuple[str, ...] = ()
    per_clip: bool = False
    timeout: float | None = None
    seconds: float = 10.0
    leading_zeros: int = 0
    pad: float = 0.5

    origin: ClassVar[tuple[str, ...]] = ("argv",)
    bulk: ClassVar[bool] = True
    get: ClassVar[str] = ""
    """How a published program is had; it needs an environment of its own."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense, and templates that ask for what there is not."""
        object.__setattr__(self, "argv", tuple(map(str, self.argv)))
        object.__setattr__(self, "bulk", not self.per_clip)  # clip by clip, the harness shows progress and keeps each
        _within("timeout", self.timeout)
        _within("seconds", self.seconds)
        if self.leading_zeros < 0 or self.pad < 0:
            raise BadInput(f"leading_zeros is {self.leading_zeros} and pad {self.pad:g}, but neither can be negative")
        if self.prompts not in get_args(Format):
            raise BadInput(f"prompts is {self.prompts!r}; there are: {', '.join(get_args(Format))}")
        self._check_templates()

    def _check_templates(self) -> None:
        for template in self.words:
            require("argv", template, {**OF_RUN, **(OF_PROMPT if self.per_clip else {})})
        for name, template in (self.columns or {}).items():
            require(f"column {name}", template, {**OF_PROMPT, "out": ""})
        if self.columns == {}:
            raise BadInput("columns is empty: a file of prompts has one at least")
        for template in self.needs:
            require("needs", template, {"bin": ""})
        require("output", self.output, OF_FILE)
        if Path(self.output).is_absolute() or ".." in Path(self.output).parts or not self.output:
            raise BadInput(f"output {self.output!r} must be below {{out}}: no absolute path, no ..")

    @property
    def place(self) -> Path | None:
        """The working folder."""
        return self.folder.expanduser().absolute() if self.folder else None

    def lacks(self) -> str:
        """The first thing that is not here: command line, interpreter, checkout, program, files."""
        lack = next(self._lacking(), "")
        return f"{lack}; to get it: {self.get}" if lack and self.get else lack

    def _lacking(self) -> Iterator[str]:
        if not self.argv:
            yield "a command line: give --system.argv, or a card with --config"
        if self.get and self.python is None:
            yield "the interpreter of its own environment: give --system.python"
        if self.python and shutil.which(Path(self.python).expanduser()) is None:
            yield f"its interpreter: {self.python} is no program"
        if self.place is None and any(_relative(name) for name in self.needs):
            yield "its checkout: give --system.folder"
        if self.place and not self.place.is_dir():
            yield f"its folder: {self.place} is none"
        yield from (f"its file {path}" for path in self._needed().values() if not path.exists())
        program = self._program()
        if program and shutil.which(program) is None:
            yield f"its program: {program} is none"

    def _program(self) -> str:
        """The program as it can be looked for; empty where only a run can tell."""
        first = self.words[0] if self.words else ""
        if any(f"{{{name}}}" in first for name in OF_PROMPT.keys() | {"prompts", "seeds", "out", "device"}):
            return ""
        name = first.format(**self.fixed)
        return str((self.place or Path()) / name) if "/" in name else name

    @property
    def fixed(self) -> dict[str, str]:
        """What its Python, that one's folder and the runner stand for; a Python that is not here is as it was given."""
        python = self.python or sys.executable
        found = shutil.which(Path(python).expanduser())
        path = Path(found).absolute() if found else Path(python).expanduser()
        return {"python": str(path), "bin": str(path.parent), "runner": str(RUNNER)}

    @property
    def words(self) -> tuple[str, ...]:
        """The command line's templates."""
        return tuple(map(str, self.argv))

    def _needed(self) -> dict[str, Path]:
        """The files that it needs, by their names."""
        paths = {named(template): Path(template.format(bin=self.fixed["bin"])).expanduser() for template in self.needs}
        return {name: (self.place or Path()) / path for name, path in paths.items()}

    def load(self, device: str) -> Generate:
        """Find what earlier runs left; the program itself loads when it is run."""
        return Program(self, device)

    def settings(self) -> dict[str, Any]:
        """As of every system; of paths the names, of variables that look like secrets only that they are set."""
        hidden = {name: HIDDEN if SECRET.search(name) else named(text) for name, text in self.environment.items()}
        return {
            **super().settings(),
            "argv": [named(word) for word in _without_secrets(self.words)],
            "columns": {name: named(text) for name, text in self.columns.items()} if self.columns else None,
            "folder": self.place.resolve().name if self.place else None,
            "python": named(self.python) if self.python else None,
            "environment": hidden,
            "needs": [named(name) for name in self.needs],
        }

    def identity(self) -> dict[str, Any]:
        """Settings, and what the files that it needs hold; not where its Python is, nor how long one waits for it."""
        settings = {name: value for name, value in super().identity().items() if name not in ("python", "timeout")}
        files = {name: content_digest(path) for name, path in self._needed().items() if path.exists()}
        return {**settings, "files": files}


def named(text: str) -> str:
    """A text in which the name stands for every absolute path.

    >>> [named(text) for text in ("--ckpt=/home/me/best.ckpt", "~/there/model", "https://hub/a/b", "{out}/a/b")]
    ['--ckpt=best.ckpt', 'model', 'https://hub/a/b', '{out}/a/b']
    >>> [named(text) for text in ("/opt/a:~/b", "-I/home/me/inc", "file:///home/me/x", "/home/me/My Folder/y")]
    ['a:b', '-Iinc', 'file://x', 'y']
    """
    alone = text.startswith(("/", "~/")) and not re.search(r"[=:,;]", text)
    return Path(text).name if alone else ABSOLUTE.sub("", text)


def _without_secrets(words: Sequence[str]) -> list[str]:
    """A command line in which options that look like secrets have no values.

    >>> _without_secrets(["run", "--api-key=abc", "--token", "xyz", "--steps", "3"])
    ['run', '--api-key=(hidden)', '--token', '(hidden)', '--steps', '3']
    """
    shown: list[str] = []
    for before, word in zip(("", *words), words, strict=False):
        option, equals, _ = word.partition("=")
        bare = before.startswith("-") and "=" not in before and SECRET.search(before) and not word.startswith("-")
        secret = word.startswith("-") and equals and SECRET.search(option)
        shown.append(HIDDEN if bare else f"{option}={HIDDEN}" if secret else word)
    return shown


def _relative(name: str) -> bool:
    return not name.startswith(("/", "~", "{bin}"))


def _within(name: str, value: float | None) -> None:
    if value is not None and not 0 < value < float("inf"):
        raise BadInput(f"{name} is {value}, but must be more than 0 seconds")


SYSTEMS: dict[str, System] = {"command": Command()}
