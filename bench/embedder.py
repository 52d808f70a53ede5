"""The contract of an embedder: a network, or a transform, that turns audio into features which metrics share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from bench.audio import Resampler, Waveform
from bench.checkpoint import State, load_state
from bench.digest import SHORT, digest
from bench.weights import OTHER, Weights, digest_of, is_published, obtain, tag

Rows = NDArray[Any]
"""Features of one clip, shape (k, d): k frames, or one row a clip."""
Embed = Callable[[Sequence[Waveform]], Sequence[Rows]]
"""Takes waveforms (n,) at the embedder's rate; gives each one's rows."""
EmbedTexts = Callable[[Sequence[str]], Sequence[Rows]]
"""Takes texts; gives each one's rows (1, d), in the space of the audio's."""
Part = Literal["embedding", "logits", "all"]
"""What of a row a metric looks at: the first d numbers, the classifier's logits behind them, or both."""

# Settings that stand in the signature by themselves, or follow from others.
NAMED = {"name", "rate", "dimension", "classes", "resampler", "through", "shortest", "files", "vocabulary"}


def other_settings(value: Any, named: set[str]) -> str:
    """A signature's part for the settings of a dataclass that it does not name: empty if there are none."""
    kept = {
        f.name: repr(getattr(value, f.name)) for f in dataclasses.fields(value) if f.compare and f.name not in named
    }
    return f"|set:{digest(kept)[:SHORT]}" if kept else ""


@dataclass(frozen=True, kw_only=True)
class Embedder:
    """Audio in, features out; its signature is the key under which features are kept.

    Attributes:
        name: as it stands in signatures.
        rate: the sampling rate it hears, in Hz.
        dimension: d, the length of an embedding.
        classes: how many logits stand behind the embedding in each row; 0 for what is no classifier.
        resampler: what brings audio to its rate.
        through: rates in Hz that audio is brought to on its way there, one after the other.
        shortest: samples at the first of these rates to which shorter audio is padded, at its end and with silence.
        files: its weights.
        vocabulary: what it takes to read besides; features of audio do not depend on it.
    """

    name: str
    rate: int
    dimension: int
    classes: int = 0
    resampler: Resampler = "soxr-hq"
    through: tuple[int, ...] = ()
    shortest: int = 0
    files: tuple[Weights, ...] = ()
    vocabulary: tuple[Weights, ...] = ()

    version: ClassVar[int] = 1
    """Raise it when the same audio comes to yield other features."""
    packages: ClassVar[tuple[str, ...]] = ()
    """Distributions it needs besides the core."""
    extra: ClassVar[str] = ""
    """The optional dependency that brings them."""
    accelerated: ClassVar[bool] = True
    """Whether it runs on the device asked for; False for what computes on the CPU whatever the device."""
    reads: ClassVar[bool] = False
    """Whether it embeds texts too, into the space of the audio."""
    spans: ClassVar[bool] = True
    """Whether its embeddings span a space, in which one can be nearer than another; words and ratings do not."""

    @property
    def weights(self) -> str:
        """What identifies its weights: the digests of the files; ``none`` for a transform that has none."""
        return ",".join(map(tag, self.files)) or "none"

    @property
    def words(self) -> str:
        """What identifies its vocabulary, in the signature of what compares with texts."""
        return ",".join(map(tag, self.vocabulary)) or "none"

    @property
    def published(self) -> bool:
        """Whether its weights are those that were published, as far as their digests are known."""
        return OTHER not in self.weights and all(map(is_published, (*self.files, *self.vocabulary)))

    @property
    def signature(self) -> str:
        """Its part of every score's signature."""
        named = f"emb:{self.name}-{self.version}{other_settings(self, NAMED)}|w:{self.weights}"
        steps = ">".join(map(str, (*self.through, self.rate)))
        padded = f"|pad:{self.shortest}" if self.shortest else ""
        return f"{named}|rate:{steps}|mono:first,dc-removed|resample:{self.resampler}{padded}"

    @property
    def key(self) -> str:
        """Its folder in the feature store; a subclass that computes otherwise has another."""
        kind = type(self)
        return f"{self.name}-{digest([self.signature, kind.__module__, kind.__qualname__])[:SHORT]}"

    @property
    def text_key(self) -> str:
        """Its folder for features of texts."""
        return f"{self.key}-text-{digest(self.words)[:SHORT]}"

    def load(self, device: str) -> Embed:
        """Load what it takes and return the function that embeds a batch.

        Raises:
            ImportError: a package is missing; the message names the extra to install.
            NotEvaluable: weights are not here and can't be downloaded.
            ValueError: the weights are not this network's.
        """
        raise NotImplementedError(f"{type(self).__name__} has no load()")

    def load_texts(self, device: str) -> EmbedTexts:
        """As :meth:`load`, for texts; only of what :attr:`reads`."""
        raise NotImplementedError(f"{type(self).__name__} does not embed texts")

    def state(self, index: int = 0) -> State:
        """The tensors of one of its weights files, downloaded if need be, on the CPU.

        Raises:
            NotEvaluable, ValueError: as :meth:`load`.
        """
        path = obtain(self.files[index])
        return load_state(path, digest_of(path))

    def checked(self, rows: Rows, clip: str) -> Rows:
        """The rows, if they are what they must be.

        Raises:
            ValueError: not (k, d + classes) with k of 1 or more, or not finite; the message names the clip.
        """
        width = self.dimension + self.classes
        if rows.ndim != 2 or rows.shape[1] != width or not len(rows):
            raise ValueError(f"{self.name} gave features of shape {rows.shape} for clip {clip}, not (k, {width})")
        if not np.isfinite(rows).all():
            raise ValueError(f"{self.name} gave features that are not finite for clip {clip}")
        return rows

    def part(self, rows: Rows, part: Part) -> Rows:
        """The columns of rows (k, d + classes) that a metric looks at."""
        columns = {"embedding": slice(self.dimension), "logits": slice(self.dimension, None), "all": slice(None)}
        return rows[:, columns[part]]


def spelled(text: str) -> Rows:
    """A text as rows (k, 1) of its code points, closed by a line feed: how a recogniser's words are kept.

    >>> spelled("a").T
    array([[97, 10]], dtype=int32)
    """
    return np.array([[ord(character)] for character in f"{text}\n"], np.int32)


def read(rows: Rows) -> str:
    r"""The text that :func:`spelled` made rows of.

    >>> read(spelled("Sgr\u00fcezi!"))
    'Sgrüezi!'
    """
    return "".join(map(chr, rows[:-1, 0].tolist()))
