"""espeak-ng, the library that phonemizer turns text into phonemes with: the machine's own, or that of a package."""

from __future__ import annotations

import os
from ctypes.util import find_library
from importlib.util import find_spec

from bench.errors import NotEvaluable

PACKAGE = "espeakng_loader"
CHOSEN = "PHONEMIZER_ESPEAK_LIBRARY"  # the variable by which phonemizer lets the user choose


def lacking() -> str:
    """What to install where there is no espeak-ng; empty where there is one. Loads nothing."""
    if _system() or find_spec(PACKAGE):
        return ""
    return "espeak-ng, which turns text into phonemes: `apt-get install espeak-ng`, or the extra tts, which brings it"


def ready() -> None:
    """Point phonemizer at the machine's espeak-ng, or at the package's where the machine has none.

    Raises:
        ImportError: phonemizer is not installed; the message names the extra that brings it.
        NotEvaluable: there is no espeak-ng.
    """
    try:
        from phonemizer.backend.espeak.wrapper import EspeakWrapper
    except ImportError as error:
        how = "pip install 'audiogen-bench[tts]'"
        raise ImportError(f"phonemes need phonemizer ({error}); get it with: {how}") from error
    if _system():
        return
    if lacking():
        raise NotEvaluable(f"there is no {lacking()}")
    import espeakng_loader

    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())


def _system() -> bool:
    return CHOSEN in os.environ or find_library("espeak-ng") is not None
