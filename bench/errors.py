"""What can go wrong in a way that the user can mend: one line that names the bad value and the good ones."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class BadInput(ValueError):
    """What was asked for cannot be: a name, a setting, a file or a folder is wrong. Exit code 2."""


class NotEvaluable(RuntimeError):
    """What was asked for is sound, but could not be evaluated here and now. Exit code 3."""


def unknown(kind: str, name: str, known: Iterable[str]) -> BadInput:
    """The error for a name that nothing answers to, with the nearest that something does.

    >>> str(unknown("system", "folye", ["foley", "noise"]))
    "no system is called 'folye' (did you mean 'foley'?); there are: foley, noise"
    """
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return BadInput(f"no {kind} is called {name!r}{hint}; there are: {', '.join(names) or 'none'}")


def one_line(said: object) -> str:
    r"""What an error says, in one line.

    >>> one_line(ValueError("no such\n  file"))
    'no such file'
    """
    return " ".join(str(said).split())


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first few names, and how many more there are.

    >>> listed(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{rest}"
