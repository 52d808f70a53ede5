"""The packages that others use, driven on local files without their download code, for `bench doctor --parity`.

None of our arithmetic computes here. What stands before a network is what the papers' evaluation does
(haoheliu/audioldm_eval, ``datasets/load_mel.py`` and ``metrics/clap_score.py``): the first channel without its mean,
torchaudio's resampler, silence behind what is short.

laion-clap asks the hub for four tokenizers and a network when it is imported and constructed; while it does, it is
given RoBERTa's tokenizer from our two files and a network of the same sizes, which its checkpoint then fills.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from bench.audio import Sound, Waveform
from bench.embedder import Rows
from bench.reference import Reference, ReferenceScore

from ._clap import ROBERTA
from ._clap_checkpoint import Size

Files = Sequence[Path]
RATES = (16_000, 32_000, 48_000)
TEN_SECONDS = 10.0


def heard(sound: Sound, rate: int, seconds: float, *, through: int | None = None) -> Waveform:
    """A recording as the papers' loader gives it, shape (n,).

    Args:
        sound: as it was decoded.
        rate: Hz.
        seconds: what is shorter is padded to, at the first rate.
        through: a rate on the way.
    """
    import torch
    from torchaudio.functional import resample

    channel = torch.from_numpy(np.ascontiguousarray(sound.samples[:, 0]))
    first = through or rate
    wave = resample((channel - channel.mean())[None], sound.rate, first)[0]
    wave = torch.nn.functional.pad(wave, (0, max(0, int(seconds * first) - len(wave))))
    found: Waveform = (resample(wave[None], first, rate)[0] if through else wave).numpy()
    return found


def _resampled(_files: Files, sounds: Sequence[Sound]) -> list[Rows]:
    return [np.concatenate([heard(sound, rate, 0.0) for rate in RATES])[:, None] for sound in sounds]


def _state(path: Path) -> Any:
    import torch

    return torch.load(path, map_location="cpu", weights_only=True)


def _vggish(files: Files, sounds: Sequence[Sound]) -> list[Rows]:
    import torch
    from torchvggish.torchvggish import VGG, make_layers
    from torchvggish.vggish_input import waveform_to_examples

    network = VGG(make_layers(), postprocess=False).eval()
    network.load_state_dict(_state(files[0]))
    network.embeddings = network.embeddings[:-1]  # audioldm_eval's metrics/fad.py: use_activation=False
    with torch.no_grad():
        return [network(waveform_to_examples(heard(sound, 16_000, 2.0), 16_000)).numpy() for sound in sounds]


def _passt(files: Files, sounds: Sequence[Sound]) -> list[Rows]:
    """What ``get_basic_model(mode="all")`` gives for the first 10 s, the embedding first."""
    import torch
    from hear21passt.models.passt import get_model
    from hear21passt.models.preprocess import AugmentMelSTFT
    from hear21passt.wrapper import PasstBasicWrapper

    network = get_model(arch="passt_s_swa_p16_128_ap476", pretrained=False)
    network.load_state_dict(_state(files[0]))
    mel = AugmentMelSTFT(
        n_mels=128, sr=32_000, win_length=800, hopsize=320, n_fft=1024, freqm=48, timem=192,
        htk=False, fmin=0.0, fmax=None, norm=1, fmin_aug_range=10, fmax_aug_range=2000,
    )  # fmt: skip
    model = PasstBasicWrapper(mel=mel, net=network, mode="all").eval()
    rows = []
    with torch.no_grad():
        for sound in sounds:
            wave = torch.from_numpy(heard(sound, 32_000, TEN_SECONDS)[:320_000])
            logits, embedding = model(wave[None]).split([527, 768], dim=1)
            rows.append(torch.cat([embedding, logits], dim=1).numpy())
    return rows


def _panns(rate: int, files: Files, sounds: Sequence[Sound]) -> list[Rows]:
    """Cnn14's embedding, and what its last layer gives before the sigmoid."""
    import torch

    with _tokenizing(None):
        from frechet_audio_distance.models.pann import Cnn14, Cnn14_16k

    kind, highest = {16_000: (Cnn14_16k, 8_000), 32_000: (Cnn14, 14_000)}[rate]
    network = kind(
        sample_rate=rate, window_size=rate * 32 // 1000, hop_size=rate // 100, mel_bins=64, fmin=50, fmax=highest,
        classes_num=527,
    ).eval()  # fmt: skip
    network.load_state_dict(_state(files[0])["model"])
    logits: list[Any] = []
    network.fc_audioset.register_forward_hook(lambda *passed: logits.append(passed[2]))
    with torch.no_grad():
        embeddings = [
            network(torch.from_numpy(heard(one, rate, 32_000 / rate))[None], None)["embedding"] for one in sounds
        ]
        return [torch.cat(pair, dim=1).numpy() for pair in zip(embeddings, logits, strict=True)]


@contextlib.contextmanager
def _tokenizing(tokenizer: Any) -> Iterator[None]:
    """Let laion-clap be imported and constructed without the hub."""
    from transformers import BartTokenizer, BertTokenizer, RobertaConfig, RobertaModel, RobertaTokenizer

    sizes = RobertaConfig(vocab_size=50_265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
    with contextlib.ExitStack() as patches:
        for kind in (BartTokenizer, BertTokenizer, RobertaTokenizer):
            patches.enter_context(mock.patch.object(kind, "from_pretrained", lambda *_: tokenizer))
        patches.enter_context(mock.patch.object(RobertaModel, "from_pretrained", lambda *_: RobertaModel(sizes)))
        yield


def laion_clap(size: Size, vocabulary: Path) -> Any:
    """laion-clap's ``CLAP_Module`` without weights, with the tokenizer whose files lie in one folder."""
    from transformers import RobertaTokenizer

    with _tokenizing(RobertaTokenizer.from_pretrained(str(vocabulary.parent))):
        from laion_clap import CLAP_Module

        return CLAP_Module(enable_fusion=False, amodel=f"HTSAT-{size}", device="cpu")


@functools.lru_cache(maxsize=1)
def _clap(size: Size, files: Files) -> Any:
    clap = laion_clap(size, files[1])
    clap.load_ckpt(str(files[0]), verbose=False)
    return clap.eval()


def _paper_clap(size: Size, files: Files, sounds: Sequence[Sound]) -> list[Rows]:
    """The network as the paper's code feeds it: at 48 kHz through 32, 1 s or longer, neither rounded nor repeated."""
    import torch

    network = _clap(size, tuple(files)).model
    rows = []
    with torch.no_grad():
        for sound in sounds:
            wave = torch.from_numpy(heard(sound, 48_000, 1.0, through=32_000)[:480_000])
            rows.append(network.get_audio_embedding([{"waveform": wave, "longer": torch.tensor([False])}]).numpy())
    return rows


def _package_clap(size: Size, files: Files, sounds: Sequence[Sound]) -> list[Rows]:
    """The package's own front end on 48 kHz; only the first 10 s, of which it would take 10 s at random.

    Its ``get_audio_embedding_from_filelist`` resamples with librosa, which calls soxr as here but, in 0.11, may add a
    zero: 5 s at 44.1 kHz become 240,001 samples, as 220,500 * (48,000 / 44,100) is rounded above 240,000, and then fit
    once into 10 s instead of twice. That is not imitated, here or in our front end.
    """
    import soxr
    import torch

    clap = _clap(size, tuple(files))
    rows = []
    for sound in sounds:
        channel = sound.samples[:, 0]
        centred = (channel - channel.mean(dtype=np.float64)).astype(np.float32)
        wave = soxr.resample(centred, sound.rate, 48_000, quality="HQ")
        with torch.no_grad():
            rows.append(clap.get_audio_embedding_from_data([wave[:480_000]]))
    return rows


def _captions(size: Size, tokens: int, files: Files, texts: Sequence[str]) -> list[Rows]:
    """The package's text embeddings; its own tokenizer cuts at 77 tokens, the paper's at 512."""
    import torch

    clap = _clap(size, tuple(files))

    def cut(texts: list[str]) -> Any:
        return clap.tokenize(texts, padding="max_length", truncation=True, max_length=tokens, return_tensors="pt")

    with torch.no_grad():
        found = clap.get_text_embedding(list(texts), tokenizer=cut if tokens != 77 else None)
    return list(found[:, None])


def _frechet(generated: Sequence[Rows], reference: Sequence[Rows]) -> float:
    """frechet-audio-distance's, through scipy's sqrtm."""
    with _tokenizing(None):
        from frechet_audio_distance import FrechetAudioDistance

    arithmetic = object.__new__(FrechetAudioDistance)  # its constructor downloads a network
    sides = (arithmetic.calculate_embd_statistics(np.concatenate(list(rows))) for rows in (generated, reference))
    return float(arithmetic.calculate_frechet_distance(*next(sides), *next(sides)))


def _kl(generated: Sequence[Rows], reference: Sequence[Rows]) -> float:
    """As audioldm_eval's ``metrics/kl.py`` defines it, by torch's own loss."""
    import torch

    ours, theirs = (torch.from_numpy(np.concatenate(list(rows))).softmax(dim=1) for rows in (generated, reference))
    return float(torch.nn.functional.kl_div((ours + 1e-6).log(), theirs, reduction="sum") / len(ours))


def _clap_score(generated: Sequence[Rows], texts: Sequence[Rows]) -> float:
    """frechet-audio-distance's."""
    with _tokenizing(None):
        from frechet_audio_distance import CLAPScore

    arithmetic = object.__new__(CLAPScore)  # its constructor downloads a network
    audio, captions = (np.concatenate(list(rows)) for rows in (generated, texts))
    return float(arithmetic.calculate_clap_score(captions, audio, batch_size=len(audio))[0])


def _laion(size: Size, *, package: bool = False) -> Reference:
    return Reference(
        packages=("laion-clap", "torchaudio", "torchvision"),
        hear=functools.partial(_package_clap if package else _paper_clap, size),
        read=functools.partial(_captions, size, 77 if package else 512),
        files=ROBERTA,
    )


PANNS = ("frechet-audio-distance", "laion-clap", "torchaudio", "torchvision", "resampy")
REFERENCES: dict[str, Reference] = {
    "resample": Reference(packages=("torchaudio",), hear=_resampled),
    "vggish": Reference(packages=("torchvggish", "torchaudio", "resampy"), hear=_vggish),
    "passt": Reference(packages=("hear21passt", "torchaudio", "torchvision"), hear=_passt),
    "panns-16k": Reference(packages=PANNS, hear=functools.partial(_panns, 16_000)),
    "panns-32k": Reference(packages=PANNS, hear=functools.partial(_panns, 32_000)),
    "clap-music-speech": _laion("base"),
    "clap-music-speech-package": _laion("base", package=True),
    "clap-music": _laion("base"),
    "clap-630k": _laion("tiny"),
}
SCORES: dict[str, ReferenceScore] = {
    "fad": ReferenceScore(packages=(*PANNS, "scipy"), score=_frechet),
    "kl": ReferenceScore(packages=("torch",), score=_kl),
    "clap": ReferenceScore(packages=PANNS, score=_clap_score, scale=1.0),
}
