"""Runs another's script, without a change to it, so that a prompt's audio follows from the prompt's own seed.

A script, run by its path in the environment of that other: Python 3.7 or later, and nothing but what comes with it.

    runner.py seeded "FUNCTION(PROMPT)" SEEDS.jsonl SCRIPT [ARGUMENT ...]
    runner.py seeded "FUNCTION(PROMPT, SEED)" SEEDS.jsonl SCRIPT [ARGUMENT ...]

For a script that takes all prompts at once: before each of its calls of FUNCTION, the random numbers of Python, numpy
and torch are seeded with what SEEDS.jsonl says of the argument called PROMPT; an argument called SEED is given it.

    runner.py each "FUNCTION ..." PROMPTS.jsonl SCRIPT [ARGUMENT ...]

For a script that takes one prompt: it is run for each line of PROMPTS.jsonl, in one process, with the line's items as
options ``--name=value``, except ``seed``. What FUNCTIONs return (they load models) is kept from one line to the next.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import sys
import traceback
from collections import defaultdict
from types import CodeType, ModuleType
from typing import Any, Callable, Iterable, Mapping  # noqa: UP035 - as old as the Pythons that it runs in

HOOK = "__bench__"
PATIENCE = 3  # failures before anything succeeds: then it is not the prompts
Wrap = Callable[[str, Callable[..., Any]], Callable[..., Any]]


def seed_all(seed: int) -> None:
    """Seed what has been imported; what has not can't have been asked for a random number."""
    import random

    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


class Hooked(ast.NodeTransformer):
    """Turns calls ``f(...)`` of some functions into ``hook("f", f)(...)``."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = set(names)
        self.found: set[str] = set()

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """One call."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in self.names:
            self.found.add(node.func.id)
            hook = ast.Name(HOOK, ast.Load())
            node.func = ast.Call(hook, [ast.Constant(node.func.id), node.func], [])
        return ast.fix_missing_locations(node)


def hooked(script: str, names: Iterable[str]) -> CodeType:
    """A script's code with the calls of some functions hooked; ends this process if it never calls one of them."""
    with open(script, "rb") as file:  # noqa: PTH123 - this file needs no more than it must
        tree = ast.parse(file.read(), script)
    transformer = Hooked(names)
    tree = transformer.visit(tree)
    for name in sorted(transformer.names - transformer.found):
        sys.exit(f"{script} calls no {name}(): is it another version?")
    return compile(tree, script, "exec")


def execute(code: CodeType, script: str, arguments: list[str], wrap: Wrap) -> None:
    """Run a script as Python would, with its hook."""
    module = ModuleType("__main__")
    module.__dict__.update({"__file__": script, HOOK: wrap})
    sys.modules["__main__"] = module
    sys.argv = [script, *arguments]
    exec(code, module.__dict__)  # noqa: S102 - the script that the user asked for


def lines(path: str) -> list[dict[str, Any]]:
    """The lines of a JSON lines file."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        return [json.loads(line) for line in file]


def seeded(call: str, rows: list[dict[str, Any]], script: str, arguments: list[str]) -> None:
    """Run a script once, each call of one function with the seed of its prompt; the k-th of one text has its k-th."""
    name, prompt, taking = [*re.findall(r"\w+", call), ""][:3]
    seeds: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        seeds[row["text"]].append(row["seed"])

    def wrap(_: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def seeding(*args: Any, **kwargs: Any) -> Any:
            bound = inspect.signature(function).bind(*args, **kwargs)
            text = bound.arguments[prompt]
            if not seeds[text]:
                sys.exit(f"{script} calls {name}() with {text!r}, which is no prompt of this run")
            seed = seeds[text].pop(0)
            if taking:
                bound.arguments[taking] = seed
            seed_all(seed)
            return function(*bound.args, **bound.kwargs)

        return seeding

    execute(hooked(script, [name]), script, arguments, wrap)


def each(kept: str, rows: list[dict[str, Any]], script: str, arguments: list[str]) -> None:
    """Run a script for every row; one that fails is reported and passed over, unless none succeeds."""
    code = hooked(script, kept.split())
    cache: dict[Any, Any] = {}
    done = failed = 0
    for row in rows:
        seed = row.pop("seed")
        try:
            seed_all(seed)
            execute(code, script, [*arguments, *options(row)], keeping(cache, seed))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a script raises or exits with
            if isinstance(error, SystemExit) and not error.code:
                done += 1
                continue
            failed += 1
            traceback.print_exc()
            if not done and failed == PATIENCE:
                break
        else:
            done += 1
    if failed:
        sys.exit(f"{failed} prompts failed, {done} of {len(rows)} succeeded; the first error is further up")


def options(row: Mapping[str, Any]) -> list[str]:
    """A row as options."""
    return [f"--{name}={value}" for name, value in row.items()]


def keeping(cache: dict[Any, Any], seed: int) -> Wrap:
    """A hook that calls a function once for the same arguments, and seeds anew: to load takes random numbers too."""

    def wrap(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def remembering(*args: Any, **kwargs: Any) -> Any:
            key = (name, repr(args), repr(kwargs))
            if key not in cache:
                cache[key] = function(*args, **kwargs)
            seed_all(seed)
            return cache[key]

        return remembering

    return wrap


def main() -> None:
    """Read the command line as the module's docstring has it."""
    mode, spec, rows, script, *arguments = sys.argv[1:]
    sys.path[0] = os.path.dirname(os.path.abspath(script))  # noqa: PTH100, PTH120
    {"seeded": seeded, "each": each}[mode](spec, lines(rows), script, arguments)


if __name__ == "__main__":
    main()
