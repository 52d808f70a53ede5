"""What can go wrong in a way that the user can mend: one line that names the bad value and the good ones."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

LONGEST = 60  # letters that a message quotes of a name or a text
FEW = 5  # names that a message lists of many
MANY = 100  # more names than these are no choice, and a few stand for them


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
    hint = f" (did you mean {short(near[0])!r}?)" if near else ""
    return BadInput(f"no {kind} is called {name!r}{hint}; there are: {choices(names) or 'none'}")


def one_line(said: object) -> str:
    r"""What an error says, in one line.

    >>> one_line(ValueError("no such\n  file"))
    'no such file'
    """
    return " ".join(str(said).split())


def short(text: str) -> str:
    """As much of a text as a message quotes: what is taken for a name may be a whole web page.

    >>> short("page" * 20)
    'pagepagepagepagepagepagepagepagepagepagepagepagepagepagepage…'
    """
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def listed(names: Sequence[str], most: int = FEW) -> str:
    """The first few names, and how many more there are.

    >>> listed(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{rest}"


def choices(names: Sequence[str]) -> str:
    """All names that there are; a few of them, where they are so many that they can't be what was meant.

    >>> choices(["a", "b"]), choices(["a"] * 1000)
    ('a, b', 'a, a, a, a, a and 995 more')
    """
    return listed([short(name) for name in names], MANY if len(names) <= MANY else FEW)
