"""Candidates: several recordings for each prompt, of which the one that fits the prompt best is kept.

The papers draw three and rank them by CLAP (Liu et al. 2024, section V). Here each prompt's candidates are ranked among
themselves, on the first ten seconds: CLAP hears no more, and takes a random part of what is longer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from bench import plugins
from bench.audio import SILENCE, Sound, Waveform
from bench.batching import is_out_of_memory
from bench.clip import Clip
from bench.device import full_precision, release, resolve
from bench.embedder import Embedder, Rows
from bench.errors import BadInput
from bench.extraction import Ears, as_heard
from bench.pretrained import OWN_JUDGE, Judge, Ranked
from bench.system import Generate, System
from bench.weights import obtain

HEARD = 10.0  # seconds

Rank = Callable[[Sequence[Clip], Sequence[Waveform]], Sequence[float]]
"""Takes clips and a waveform of each; gives how well each fits its prompt."""


def draws(system: System) -> int:
    """How many recordings a system makes for each prompt."""
    return system.drawn if isinstance(system, Ranked) else 1


def judge_named(system: System) -> Embedder | None:
    """The embedder that ranks a system's candidates; None where there is nothing to rank or the checkpoint judges.

    Raises:
        BadInput: no embedder is called that, or it embeds no texts.
    """
    if not isinstance(system, Ranked) or system.drawn == 1 or system.reranker == OWN_JUDGE:
        return None
    embedder = plugins.embedder_named(system.reranker)
    if not embedder.reads:
        good = ", ".join([OWN_JUDGE, *(name for name, one in sorted(plugins.embedders().items()) if one.reads)])
        raise BadInput(f"reranker {system.reranker} embeds no texts; there are: {good}")
    return embedder


def judged(system: System) -> dict[str, str]:
    """What a clip owes to the embedder that ranks candidates: its signature, weights included; nothing without one."""
    judge = judge_named(system)
    return {"judge": judge.signature} if judge else {}


def fetch_judge(system: System) -> None:
    """Get the weights of the embedder that ranks, before anything dear is loaded.

    Raises:
        NotEvaluable: they are not here and can't be downloaded.
    """
    judge = judge_named(system)
    for file in (*judge.files, *judge.vocabulary) if judge else ():
        obtain(file)


def best_of(system: System, loaded: Generate, run: Generate, device: str) -> Generate:
    """A function that gives each clip the best of its candidates.

    Args:
        system: what was loaded.
        loaded: what its ``load`` gave; it may be able to judge.
        run: the same, in batches that fit.
        device: for the embedder that ranks.

    Raises:
        BadInput: the checkpoint is to judge and can't.
        NotEvaluable, ImportError: the embedder can't be loaded.
    """
    count = draws(system)
    if count == 1:
        return run
    rank = _judge(system, loaded, device)

    def generate(clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform | Exception]:
        rows = [clip for clip in clips for _ in range(count)]
        made = run(rows, [candidate_seed(seed, index) for seed in seeds for index in range(count)])
        return [_best(clip, made[at * count : (at + 1) * count], system.rate, rank) for at, clip in enumerate(clips)]

    return generate


def candidate_seed(seed: int, index: int) -> int:
    """The seed of a clip's candidate in [0, 2^63): the first one's is the clip's own."""
    if index == 0:
        return seed
    return int.from_bytes(hashlib.sha256(f"{seed}/{index}".encode()).digest()[:8], "big") >> 1


def _best(clip: Clip, candidates: Sequence[Waveform | Exception], rate: int, rank: Rank) -> Waveform | Exception:
    """The candidate that fits best, the earlier of two that fit alike; an error only where none is a recording."""
    waves = [wave for wave in candidates if not isinstance(wave, Exception) and _audible(wave)]
    if len(waves) < 2:
        return waves[0] if waves else candidates[0]
    heard = round(rate * min(HEARD, clip.seconds or HEARD))
    try:
        fits = np.asarray(_ranked(clip, [wave[:heard] for wave in waves], rank), np.float64)
    except Exception as error:  # noqa: BLE001 - whatever a judge raises is this clip's failure, and no other's
        return error
    if not np.isfinite(fits).all():
        return ValueError(f"the judge gave fits that are not finite: {fits.tolist()}")
    return waves[int(np.argmax(fits))]


def _ranked(clip: Clip, waves: Sequence[Waveform], rank: Rank) -> Sequence[float]:
    """How well each fits; one by one where memory is too short for all."""
    try:
        return rank([clip] * len(waves), waves)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
    release()  # out of the handler, whose traceback would keep what filled the memory
    return [fit for wave in waves for fit in rank([clip], [wave])]


def _audible(wave: Waveform) -> bool:
    return bool(np.isfinite(wave).all() and np.abs(wave).max(initial=0.0) >= SILENCE)


def _judge(system: System, loaded: Generate, device: str) -> Rank:
    embedder = judge_named(system)
    if embedder is not None:
        return _by_embedder(embedder, system.rate, resolve(device, accelerated=embedder.accelerated))
    if not isinstance(loaded, Judge):
        raise BadInput(f"the checkpoint of {type(system).__name__} has no CLAP of its own; name a --system.reranker")
    return loaded.similarity


def _by_embedder(embedder: Embedder, rate: int, device: str) -> Rank:
    """Cosines of an embedder's features, computed as its metric would."""
    embed, embed_texts = embedder.load(device), embedder.load_texts(device)

    def rank(clips: Sequence[Clip], waves: Sequence[Waveform]) -> list[float]:
        with full_precision():
            heard = [as_heard(Ears(Sound(wave[:, None], rate)), embedder) for wave in waves]
            return cosines(embed(heard), embed_texts([clip.text for clip in clips]))

    return rank


def cosines(audio: Sequence[Rows], texts: Sequence[Rows]) -> list[float]:
    """The cosine of each pair of rows (1, d).

    >>> cosines([np.array([[1.0, 0.0]])], [np.array([[3.0, 4.0]])])
    [0.6]
    """
    pairs = zip(audio, texts, strict=True)
    return [float((a * t).sum() / (np.linalg.norm(a) * np.linalg.norm(t))) for a, t in pairs]
