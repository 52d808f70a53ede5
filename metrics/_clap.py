"""CLAP, which places sounds and captions in one space, fed as the AudioLDM 2 paper or as LAION's package feeds it.

Paper: Wu et al., Large-Scale Contrastive Language-Audio Pretraining (2023, arXiv:2211.06687).
Weights: LAION's, see :func:`bench.metrics._clap_checkpoint.model`; tokenizer: ``vocab.json`` and ``merges.txt`` of
roberta-base. Layer: both projections, 512 numbers, scaled to length 1.

On a core of an AMD EPYC, 10 s of audio take 0.43 s with HTSAT-base and 0.18 s with HTSAT-tiny, alone or by fours, and
7 % longer by eights; 9 ms of it are the spectrogram. The network's 31 GFLOP then run at 82 % of what a large float32
matrix product reaches there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.audio import Resampler, Waveform
from bench.embedder import Embed, Embedder, EmbedTexts
from bench.weights import Weights as File
from bench.weights import obtain

from ._clap_checkpoint import Clap, Ears, Size, ears, model

RATE = 48_000  # Hz
SAMPLES = 480_000  # what is heard of a clip, from its start
SHORTEST = 48_000  # samples: the paper's loader pads what is shorter with silence
FFT, HOP = 1024, 480  # samples
BANDS = 64
FLOOR = 1e-10  # power, that of silence
FRAMES = 1024  # what the network sees; 10 s give 1001, which it stretches
DIMENSION = 512

ENTRIES = 50_265  # of RoBERTa's vocabulary
PROBE, PROBED = "Hello world", [0, 31_414, 232, 2]
START, END = 0, 2  # token ids
UNRELATED = (
    "A dog barks in the distance",
    "Rain falls on a tin roof",
    "A solo piano plays a slow, sad melody",
    "A man gives a speech and the crowd applauds",
)
ALIKE = 0.8  # mean cosine from which on unrelated captions are not told apart

Tokenizer = Any
"""A tokenizers.Tokenizer."""
Tensor = Any
"""A torch.Tensor, which can't be named where torch is not imported."""
Rows = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class FrontEnd:
    """What comes before the network, in which programs with the same weights differ, and so their scores."""

    int16: bool
    """Round samples to 16 bits, towards zero, which clips them to [-1, 1]."""
    repeat: bool
    """Repeat a clip under 10 s as often as it fits whole, silence behind; else the network stretches it to 10 s."""
    tokens: int
    """A caption is cut to so many, start and end included."""


PAPER = FrontEnd(int16=False, repeat=False, tokens=512)
"""AudioLDM 2's: haoheliu/audioldm_eval, branch passt_replace_panns, ``clap_score/model.py``."""
PACKAGE = FrontEnd(int16=True, repeat=True, tokens=77)
"""The laion-clap package's, but for clips over 10 s, of which that takes 10 s at random."""


def embed_audio(model: Clap, ears: Ears, waves: Sequence[Waveform], front_end: FrontEnd, *, batch: int = 4) -> Rows:
    """Unit vectors for clips, shape (k, 512), computed where the model lies.

    Args:
        model: the network.
        ears: what comes before it, on the CPU.
        waves: each of shape (n,) at 48 kHz; of any lengths.
        front_end: what is done to them first.
        batch: how many the network sees at once.
    """
    import torch

    rows = [np.zeros((0, DIMENSION), np.float32)]
    for start in range(0, len(waves), batch):
        mels = torch.stack([log_mel(ears, heard(wave, front_end)) for wave in waves[start : start + batch]])
        with torch.inference_mode():
            found = model.get_audio_features(input_features=mels[:, None].to(model.device)).pooler_output
        rows.append(found.cpu().numpy())
    return np.concatenate(rows)


def heard(wave: Waveform, front_end: FrontEnd) -> Waveform:
    """The samples of a clip that the network hears, shape (n,) in float32, between 1 s and 10 s long."""
    wave = wave[:SAMPLES].astype(np.float32)
    if front_end.int16:
        wave = ((np.clip(wave, -1.0, 1.0) * np.float32(32_767.0)).astype(np.int16) / 32_767.0).astype(np.float32)
    if front_end.repeat:
        wave = np.tile(wave, SAMPLES // max(1, len(wave)))
    return np.pad(wave, (0, max(0, (SAMPLES if front_end.repeat else SHORTEST) - len(wave))))


def log_mel(ears: Ears, wave: Waveform) -> Tensor:
    """Decibels of power in mel bands, shape (1024, 64) in float32, however long the clip is.

    Sines and cosines come from the file and are convolved, as in the original: where a clip is quiet, the network hears
    how their float32 sums were rounded; with an exact Fourier transform, embeddings of tones came out 2e-5 away. The
    network itself would stretch frames to 1024, but clips of unlike lengths could then not share a batch.
    """
    import torch
    from torch.nn import functional

    samples = functional.pad(torch.from_numpy(wave)[None, None], (FFT // 2, FFT // 2), mode="reflect")
    real, imaginary = (functional.conv1d(samples, filters, stride=HOP) for filters in (ears.real, ears.imaginary))
    powers = (real.square() + imaginary.square()).transpose(1, 2) @ ears.bank
    decibels = 10.0 * powers.clamp(min=FLOOR).log10()
    return functional.interpolate(decibels[None], (FRAMES, BANDS), mode="bicubic", align_corners=True)[0, 0]


def tokenizer(vocabulary: Path, merges: Path) -> Tokenizer:
    """RoBERTa's, from its vocab.json and merges.txt.

    Raises:
        ValueError: what they make is not roberta-base's tokenizer.
    """
    from tokenizers import AddedToken, models, pre_tokenizers, processors
    from tokenizers import Tokenizer as Made

    try:
        found = Made(models.BPE.from_file(str(vocabulary), str(merges)))
    except Exception as error:  # the package raises nothing more special
        raise ValueError(f"{vocabulary} and {merges.name} make no tokenizer: {error}") from error
    found.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    found.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True)])
    found.post_processor = processors.RobertaProcessing(("</s>", END), ("<s>", START), add_prefix_space=False)
    entries, ids = found.get_vocab_size(), found.encode(PROBE).ids
    if entries != ENTRIES or ids != PROBED:
        raise ValueError(
            f"{vocabulary.parent} does not hold the tokenizer of roberta-base: {entries} entries, not {ENTRIES}; "
            f"{PROBE!r} gives {ids}, not {PROBED}"
        )
    return found


def embed_text(
    model: Clap, tokenizer: Tokenizer, texts: Sequence[str], front_end: FrontEnd, *, batch: int = 32
) -> Rows:
    """Unit vectors for captions, shape (k, 512), computed where the model lies.

    The programs pad all captions to one length and mask the padding, which costs time and changes nothing; here,
    captions share a batch only with others of as many tokens.
    """
    import torch

    ids = [_cut(encoding.ids, front_end.tokens) for encoding in tokenizer.encode_batch(list(texts))]
    rows = np.zeros((len(ids), DIMENSION), np.float32)
    for chosen in _alike([len(tokens) for tokens in ids], batch):
        tokens = torch.tensor([ids[index] for index in chosen], device=model.device)
        with torch.inference_mode():
            found = model.get_text_features(input_ids=tokens, attention_mask=torch.ones_like(tokens)).pooler_output
        rows[chosen] = found.cpu().numpy()
    return rows


def _alike(lengths: Sequence[int], batch: int) -> Iterator[list[int]]:
    """Batches of the indices of equal lengths.

    >>> list(_alike([3, 9, 3, 3], batch=2))
    [[0, 2], [3], [1]]
    """
    order = sorted(range(len(lengths)), key=lambda index: lengths[index])
    for _, group in groupby(order, key=lambda index: lengths[index]):
        indices = list(group)
        yield from (indices[start : start + batch] for start in range(0, len(indices), batch))


def _cut(ids: list[int], tokens: int) -> list[int]:
    """At most so many ids, the end among them."""
    return ids if len(ids) <= tokens else [*ids[: tokens - 1], END]


def refuse_collapsed(model: Clap, tokenizer: Tokenizer) -> None:
    """Accept a text tower that tells unrelated captions apart; one known not to is laion/larger_clap_music.

    Raises:
        ValueError: it does not.
    """
    rows = embed_text(model, tokenizer, UNRELATED, PAPER)
    cosine = float((rows @ rows.T)[np.triu_indices(len(rows), 1)].mean())
    if not cosine < ALIKE:
        raise ValueError(
            f"CLAP's text tower is collapsed: {len(rows)} unrelated captions have a mean cosine of {cosine:.4f}, "
            f"which should be below {ALIKE}; its scores would not depend on captions"
        )


ROBERTA = tuple(
    File(f"roberta-base/{name}", f"hf:FacebookAI/roberta-base@e2da8e2f811d1448a5b465c236feacd80ffbac7b/{name}", sha256)
    for name, sha256 in (
        ("vocab.json", "9e7f63c2d15d666b52e21d250d2e513b87c9b713cfa6987a82ed89e5e6e50655"),
        ("merges.txt", "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"),
    )
)


@dataclass(frozen=True, kw_only=True)
class LaionClap(Embedder):
    """LAION-CLAP: 512 numbers for the first 10 s of a clip, and for a caption.

    Attributes:
        size: of the audio tower.
        front_end: what comes before the network.
    """

    rate: int = RATE
    dimension: int = DIMENSION
    resampler: Resampler = "sinc"
    through: tuple[int, ...] = (32_000,)
    shortest: int = 32_000
    vocabulary: tuple[File, ...] = ROBERTA
    size: Size = "base"
    front_end: FrontEnd = PAPER

    packages: ClassVar[tuple[str, ...]] = ("transformers", "tokenizers")
    reads: ClassVar[bool] = True

    def load(self, device: str) -> Embed:
        """The network on a device."""
        state = self.state()
        network, hearing = model(state, self.size).to(device), ears(state)
        return lambda waves: list(embed_audio(network, hearing, waves, self.front_end)[:, None])

    def load_texts(self, device: str) -> EmbedTexts:
        """The network on a device and its tokenizer, once it is known to tell captions apart."""
        words = tokenizer(*map(obtain, self.vocabulary))
        network = model(self.state(), self.size).to(device)
        refuse_collapsed(network, words)
        return lambda texts: list(embed_text(network, words, texts, self.front_end)[:, None])


def _laion(name: str, sha256: str, size: int) -> tuple[File, ...]:
    return (File(name, f"hf:lukewys/laion_clap@b3708341862f581175dba5c356a4ebf74a9b6651/{name}", sha256, size),)


CLAP_MUSIC_SPEECH = LaionClap(
    name="clap-music-speech",
    files=_laion(
        "music_speech_audioset_epoch_15_esc_89.98.pt",
        "51c68f12f9d7ea25fdaaccf741ec7f81e93ee594455410f3bca4f47f88d8e006",
        2_352_471_003,
    ),
)
CLAP_MUSIC = LaionClap(
    name="clap-music",
    files=_laion(
        "music_audioset_epoch_15_esc_90.14.pt",
        "fae3e9c087f2909c28a09dc31c8dfcdacbc42ba44c70e972b58c1bd1caf6dedd",
        2_352_471_003,
    ),
)
CLAP_630K = LaionClap(
    name="clap-630k",
    files=_laion(
        "630k-audioset-best.pt", "8053c9775516af2f4902e1e8281e356cc1bf7a85e8b761908170767b77c3f037", 1_863_587_645
    ),
    size="tiny",
)
EMBEDDERS: dict[str, Embedder] = {
    "clap-music-speech": CLAP_MUSIC_SPEECH,
    "clap-music": CLAP_MUSIC,
    "clap-630k": CLAP_630K,
    # With laion-clap's own front end: soxr in one step, 16-bit samples, short clips repeated, 77 tokens.
    "clap-music-speech-package": replace(
        CLAP_MUSIC_SPEECH,
        name="clap-music-speech-package",
        resampler="soxr-hq",
        through=(),
        shortest=0,
        front_end=PACKAGE,
    ),
}
