"""Options from the command line and from YAML, in one typed namespace, through jsonargparse."""

from __future__ import annotations

import argparse
import dataclasses
import re
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import ArgumentError, ArgumentParser, Namespace, get_loader, set_loader
from jsonargparse.typing import register_type

from bench.errors import BadInput, one_line, unknown
from bench.pretrained import Pretrained
from bench.system import OWN, Standing, System, setting_fields

MODE = "bench-yaml"  # of parsers with a --system; that of others is plain YAML, where ``system`` is any key
JARGON = {
    "bench.options.Names": "names",
    "Expected a ": "expected ",
    ". Got value: ": ", got ",
    ", NoneType": " or nothing",
}
SHORT_FOR = {"--dtype": "--system.dtype", "--compile": "--system.compile"}  # settings that every network has
PRINT = "--print_config"  # jsonargparse knows this option by its underscore


def _load(text: str, **_: Any) -> Any:
    """YAML in which ``system: NAME`` is short for ``system: {name: NAME}``, as ``--system NAME`` is."""
    value = get_loader("yaml")(text)
    if isinstance(value, dict) and isinstance(value.get("system"), str):
        value["system"] = {"name": value["system"]}
    if isinstance(value, dict) and isinstance(value.get("system"), dict):
        value["system"] |= {name: value.pop(name) for name in ("dtype", "compile") if name in value}
    return value


set_loader(MODE, _load, exceptions=(yaml.YAMLError,))


class Parser(ArgumentParser):
    """jsonargparse's parser with hyphens in option names and errors that are raised, not printed."""

    def __init__(self, command: str, about: str) -> None:
        super().__init__(
            prog=f"bench {command}", description=about, parser_mode="yaml", exit_on_error=False, allow_abbrev=False
        )
        self.add_argument("--config", action="config", help="a YAML file with any of these options")

    def add_argument(self, *names: str, **options: Any) -> Any:
        """Add an option as argparse does, with ``--batch_size`` called ``--batch-size``."""
        if "--system.name" in names:
            self.parser_mode = MODE
        return super().add_argument(*(_hyphened(name) if name != PRINT else name for name in names), **options)

    def format_help(self, *arguments: Any) -> str:
        """Help in which options are named as they are typed, and types by their plain names."""
        text = str(super().format_help(*arguments)).replace("--system.name NAME  ", "--system NAME       ")
        text = text.replace("--system.name", "--system").replace(PRINT, _hyphened(PRINT))
        return re.sub(r"<class '([\w.]+)'>", r"\1", text)

    def read(self, words: Sequence[str]) -> Namespace:
        """The options that words and the configuration they name stand for.

        Raises:
            BadInput: an option or value is wrong; one line that names it.
        """
        words = list(_spelled(words))
        known = {_hyphened(option) for action in self._actions for option in action.option_strings}
        for word in words:
            name = word.partition("=")[0]
            if name in SHORT_FOR and SHORT_FOR[name] not in known:
                raise BadInput(f"{name} is for systems with a network, and this one has none")
            if name[:2] == "--" and len(name) > 2 and name not in known | {"--system", *SHORT_FOR}:
                raise unknown("option", name, {option for option in known if option[:2] == "--"})
        try:
            return self._held_to_flags(self.parse_args([_typed(word) for word in words]))
        except (ArgumentError, argparse.ArgumentError, TypeError) as error:
            if refused := re.search(r"Option '([\w.]+)' is not accepted", str(error)):  # a key of the YAML file
                raise unknown("option", _hyphened(f"--{refused[1]}"), known) from error
            raise BadInput(f"{self.prog}: {_plain(str(error), known)}") from error

    def _held_to_flags(self, given: Namespace) -> Namespace:
        """The options, if those that are on or off are; a file's ``strict: "no"`` would count as on."""
        flags = [action.dest for action in self._actions if action.nargs == 0 and action.const is True]
        for name in flags:
            if not isinstance(given.get(name, False), bool):
                raise BadInput(f"{_hyphened(f'--{name}')} is {given[name]!r}, but must be true or false")
        return given


def _hyphened(option: str) -> str:
    return option.replace("_", "-") if option[:2] == "--" else option


def _spelled(words: Sequence[str]) -> Iterator[str]:
    """Words with hyphens in option names, and with what ``--compile`` means where nothing is said."""
    for word, after in zip(words, (*words[1:], ""), strict=False):
        name, equals, value = word.partition("=")
        if name == "--compile" and not equals and after not in ("true", "false"):
            yield "--compile=true"
        else:
            yield f"{name.replace('_', '-')}{equals}{value}" if name.startswith("--") else word


def _typed(word: str) -> str:
    """A word as the parser knows it."""
    name = word.partition("=")[0]
    if name == "--system":
        return f"--system.name{word.removeprefix('--system')}"
    if name in SHORT_FOR:
        return f"{SHORT_FOR[name]}{word.removeprefix(name)}"
    return word.replace(_hyphened(PRINT), PRINT) if word.startswith(_hyphened(PRINT)) else word


def _plain(message: str, known: Collection[str]) -> str:
    """A message of jsonargparse in one line, with options as they are typed and types by plain names."""
    line = re.sub(r"<class '([\w.]+)'>", r"\1", " ".join(message.split()))
    line = re.sub(r"Does not validate against any .*?Subtypes: \[(.*?)\].*Given value: ", r"expected \1, got ", line)
    line = re.sub(r"(?:typing\.)?Literal\[(.*?)\]", r"one of \1", line)
    for jargon, plain in JARGON.items():
        line = line.replace(jargon, plain)
    line = re.sub(r'Parser key "([\w.]+)":', lambda match: f"{_hyphened('--' + match[1])}:", line)
    line = re.sub(r"(?<=required: )[\w., ]+", lambda names: _named(names[0], known), line)
    return line.replace("--system.name", "--system")


def _named(names: str, known: Collection[str]) -> str:
    """How required arguments are typed: options by their names, and what stands alone by its own."""

    def named(name: re.Match[str]) -> str:
        option = _hyphened(f"--{name[0]}")
        return option if option in known or "." in name[0] else name[0]

    return re.sub(r"[\w.]+", named, names)


class Names(tuple[str, ...]):
    """Names as typed, ``fad,clap``, or as a YAML list.

    >>> Names("fad, clap"), Names(["fad"])
    (('fad', 'clap'), ('fad',))
    """

    def __new__(cls, value: str | Iterable[str] = ()) -> Names:
        """Split at commas what is one text."""
        items = value.split(",") if isinstance(value, str) else value
        return super().__new__(cls, (str(item).strip() for item in items if str(item).strip()))


register_type(Names, serializer=list, deserializer=Names, fail_already_registered=False)


def system_named(words: Sequence[str]) -> str | None:
    """The system's name, before the options that its settings add are known."""
    scout = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for option in ("--system", "--system.name", "--config"):
        scout.add_argument(option, action="append", default=[])
    try:
        seen, _ = scout.parse_known_args(list(words))
    except argparse.ArgumentError as error:
        raise BadInput(str(error)) from error
    configured = [name for name in map(_name_in, map(Path, seen.config)) if name]
    typed = [*seen.system, *getattr(seen, "system.name")]
    return next((str(name) for name in reversed([*configured, *typed])), None)


def _name_in(path: Path) -> str | None:
    try:
        value = _load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInput(f"--config {path} can't be read: {one_line(error)}") from error
    system = value.get("system") if isinstance(value, dict) else None
    return system.get("name") if isinstance(system, dict) else None


def add_settings(parser: Parser, system: System) -> None:
    """Make an option of every setting of a system, with its type, its default and its docstring's words."""
    from docstring_parser import parse

    types = typing.get_type_hints(type(system))
    texts = {
        entry.arg_name: entry.description
        for kind in reversed(type(system).__mro__)
        for entry in parse(kind.__doc__ or "").params
    }
    for field in setting_fields(system):
        parser.add_argument(
            f"--system.{field.name}",
            type=types[field.name],
            default=getattr(system, field.name),
            help=texts.get(field.name) or " ",
        )


def with_settings(system: System, given: Mapping[str, Any]) -> System:
    """The system with the settings that were given: another value, with another hash.

    Raises:
        BadInput: a setting is out of its range.
    """
    changed = {name: value for name, value in given.items() if name != "name"}
    try:
        made = dataclasses.replace(system, **changed)
    except ValueError as error:
        raise BadInput(str(error)) from error
    return dataclasses.replace(made, standing=_standing(made, system))


def _standing(made: System, listed: System) -> Standing | None:
    """How a system with settings of the user's stands to the row that its table lists."""
    other = any(getattr(made, name) != getattr(listed, name) for name in listed.origin)
    standing = OWN if other and (listed.standing or isinstance(made, Pretrained)) else listed.standing
    if not standing or not isinstance(made, Pretrained):
        return standing
    now, then = made.settings(), listed.settings()
    differing = [name for name in now if name not in listed.origin and now[name] != then[name]]
    changes = ", ".join(f"{name} is {now[name]}, not {then[name]}" for name in differing)
    return dataclasses.replace(standing, changes=changes)
