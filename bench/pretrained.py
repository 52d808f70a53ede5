"""Systems with published weights: a repository on the Hugging Face hub, or a folder or file of one's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from bench.audio import Waveform
from bench.clip import Clip
from bench.digest import SHORT
from bench.errors import BadInput
from bench.hub import commit, content_digest, snapshot
from bench.system import OWN, Standing, System

Dtype = Literal["float32", "float16", "bfloat16"]

MOST_CANDIDATES = 100
OWN_JUDGE = "own"


@dataclass(frozen=True, kw_only=True)
class Pretrained(System):
    """A network with weights that somebody trained.

    Attributes:
        checkpoint: a repository on the Hugging Face hub, or the path of a folder or file of one's own.
        revision: branch, tag or commit of the repository; what it was at first use if none is given.
        dtype: of weights and activations; the papers' numbers are float32.
        compile: whether torch compiles the network that is run most; for GPUs.
    """

    checkpoint: str
    revision: str | None = None
    dtype: Dtype = "float32"
    compile: bool = False

    packages: ClassVar[tuple[str, ...]] = ("transformers",)
    origin: ClassVar[tuple[str, ...]] = ("checkpoint", "revision")
    formats: ClassVar[tuple[str, ...]] = ()
    """Suffixes of single files that it loads besides folders, such as ``.ckpt``."""

    @property
    def own(self) -> Path | None:
        """The user's own folder or file; None for a repository on the hub.

        Raises:
            BadInput: it looks like a path, and nothing is there; or it is a file of a kind that this system can't load.
        """
        path = Path(self.checkpoint).expanduser()
        if path.exists() and self.revision is not None:
            raise BadInput(f"revision {self.revision!r} is of a repository, and checkpoint {self.checkpoint} lies here")
        if path.is_dir():
            return path
        if path.is_file():
            if path.suffix not in self.formats:
                good = " or ".join(("a folder", *(f"a {suffix} file" for suffix in self.formats)))
                raise BadInput(f"checkpoint {self.checkpoint} is a file, and {type(self).__name__} loads {good}")
            return path
        if path.is_absolute() or self.checkpoint.count("/") != 1 or self.checkpoint.startswith((".", "~")):
            raise BadInput(
                f"checkpoint {self.checkpoint!r} is neither a folder nor a file here, nor owner/name of a repository"
            )
        return None

    @property
    def stands(self) -> Standing | None:
        """As of every system; a folder that lies here is the user's, whatever it is called."""
        return dataclasses.replace(self.standing or OWN, status="own", why="") if self.own else self.standing

    @property
    def weights(self) -> str:
        """What identifies the weights: the repository's commit, or the digest of what one's own folder or file holds.

        Raises:
            NotEvaluable: the repository was never downloaded, and the hub can't be asked.
        """
        own = self.own
        return f"sha256:{content_digest(own)}" if own else commit(self.checkpoint, self.revision)

    def obtain(self) -> Path:
        """The folder or file of the checkpoint, after a download if need be.

        Raises:
            NotEvaluable: it is not here and can't be downloaded.
        """
        return self.own or snapshot(self.checkpoint, commit(self.checkpoint, self.revision))

    def settings(self) -> dict[str, Any]:
        """As of every system; of one's own checkpoint the name, not where it lies."""
        own = self.own
        return {**super().settings(), **({"checkpoint": own.resolve().name} if own else {})}

    def identity(self) -> dict[str, Any]:
        """Settings and weights: a branch that moved on, or a file that changed, makes another system."""
        return {**super().identity(), "revision": self.weights}

    def fields(self, name: str, seed: int) -> dict[str, Any]:
        """As of every system, with the revision that really ran: a commit, or the digest of one's own files."""
        weights = self.weights
        revision = weights[: len("sha256:") + 2 * SHORT] if self.own else weights
        return {**super().fields(name, seed), "revision": revision}


@dataclass(frozen=True, kw_only=True)
class Ranked(Pretrained):
    """A network that is asked several times for each prompt; the harness keeps the recording that fits the prompt best.

    Attributes:
        candidates: recordings drawn for each prompt; None for as many as the recipe says.
        reranker: the embedder that judges them, by the cosine of recording and prompt (`bench list embedders`);
            `own` for the one in the checkpoint, where it has one.
    """

    candidates: int | None = None
    reranker: str = "clap-music-speech"

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        if self.candidates is not None and not 1 <= self.candidates <= MOST_CANDIDATES:
            raise BadInput(f"candidates is {self.candidates}, but must be 1 to {MOST_CANDIDATES}")

    @property
    def drawn(self) -> int:
        """How many recordings are made for each prompt."""
        return self.candidates or 1

    def settings(self) -> dict[str, Any]:
        """As of every system, with the number of candidates that the recipe comes to."""
        return {**super().settings(), "candidates": self.drawn}


@runtime_checkable
class Judge(Protocol):
    """What a loaded system is if its checkpoint can tell how well a recording fits its prompt."""

    def similarity(self, clips: Sequence[Clip], waves: Sequence[Waveform]) -> Sequence[float]:
        """The cosine of each waveform (n,), at the system's rate, and its clip's prompt."""
