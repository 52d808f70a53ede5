"""FAD, KL and CLAP as audioldm_eval computes them, with the packages it is made of: what ours are measured against.

One clip at a time; each metric decodes and resamples every file for itself; numpy's covariance and scipy's matrix root.
The networks are those of torchvggish, hear21passt and laion-clap, loaded from local files instead of the network.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import soundfile
import torch  # noqa: TID253 - this side is never imported without it

Rows = np.ndarray


def score(place: Path) -> dict[str, float]:
    """The three scores of ``first`` against ``reference`` and the captions."""
    sides = [sorted((place / name).glob("*.wav")) for name in ("first", "reference")]
    with (place / "captions.csv").open(encoding="utf-8") as file:
        captions = [row["caption"] for row in csv.DictReader(file)]
    with torch.no_grad():
        return {
            "fad": frechet(*(every(vggish(place / "weights"), 16_000, side) for side in sides)),
            "kl": divergence(*(every(passt(place / "weights"), 32_000, side) for side in sides)),
            "clap": clap_score(place / "weights", sides[0], captions),
        }


def heard(path: Path, rate: int) -> torch.Tensor:
    """audioldm_eval's loader, but for torchaudio.load, which needs FFmpeg now."""
    from torchaudio.functional import resample

    samples, own_rate = soundfile.read(path, dtype="float32", always_2d=True)
    channel = torch.from_numpy(samples.T[0:1].copy())
    wave = resample(channel - channel.mean(), own_rate, rate)
    return torch.nn.functional.pad(wave, (0, max(0, 32_000 - wave.shape[-1])))


def every(embed: Callable[[torch.Tensor], Rows], rate: int, paths: list[Path]) -> Rows:
    """Rows of all files, one file at a time."""
    return np.concatenate([embed(heard(path, rate)) for path in paths])


def vggish(weights: Path) -> Callable[[torch.Tensor], Rows]:
    """VGGish of torchvggish, without its last ReLU."""
    from torchvggish import vggish_input
    from torchvggish.torchvggish import VGG, make_layers

    model: Any = VGG(make_layers(), postprocess=False)
    model.load_state_dict(torch.load(weights / "vggish-10086976.pth", weights_only=True))
    model.embeddings = torch.nn.Sequential(*list(model.embeddings.children())[:-1])
    model.eval()
    return lambda wave: model(_examples(vggish_input, wave)).numpy()


def _examples(vggish_input: Any, wave: torch.Tensor) -> torch.Tensor:
    found = vggish_input.waveform_to_examples(wave[0].numpy(), 16_000)
    return found if isinstance(found, torch.Tensor) else torch.from_numpy(found)[:, None].float()


def passt(weights: Path) -> Callable[[torch.Tensor], Rows]:
    """hear21passt's basic model, its logits of ten seconds."""
    from hear21passt.models.passt import get_model
    from hear21passt.models.preprocess import AugmentMelSTFT
    from hear21passt.wrapper import PasstBasicWrapper

    net = get_model("passt_s_swa_p16_128_ap476", pretrained=False)
    net.load_state_dict(torch.load(weights / "passt-s-f128-p16-s10-ap.476-swa.pt", weights_only=True))
    mel = AugmentMelSTFT(
        n_mels=128, sr=32_000, win_length=800, hopsize=320, n_fft=1024, freqm=48, timem=192,
        htk=False, fmin=0.0, fmax=None, norm=1, fmin_aug_range=10, fmax_aug_range=2000,
    )  # fmt: skip
    model = PasstBasicWrapper(mel=mel, net=net, mode="logits").eval()

    def logits(wave: torch.Tensor) -> Rows:
        ten = torch.nn.functional.pad(wave[:, :320_000], (0, max(0, 320_000 - wave.shape[-1])))
        return np.asarray(model(ten).numpy())

    return logits


def clap_score(weights: Path, paths: list[Path], captions: list[str]) -> float:
    """Mean cosine by laion_clap, one clip and one caption at a time."""
    from torchaudio.functional import resample
    from transformers import BartTokenizer, BertTokenizer, RobertaConfig, RobertaModel, RobertaTokenizer

    from bench.checkpoint import load_state

    words = RobertaTokenizer.from_pretrained(str(weights / "roberta-base"))
    config = RobertaConfig(vocab_size=50_265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
    with patch.object(RobertaModel, "from_pretrained", lambda *_: RobertaModel(config)):
        for kind in (BartTokenizer, BertTokenizer, RobertaTokenizer):
            patch.object(kind, "from_pretrained", lambda *_: words).start()
        from laion_clap import CLAP_Module

        clap = CLAP_Module(enable_fusion=False, amodel="HTSAT-base", device="cpu").eval()
    patch.stopall()
    name = "music_speech_audioset_epoch_15_esc_89.98.pt"
    drawn = {key.removeprefix("module."): tensor for key, tensor in load_state(weights / name, name).items()}
    fits = {key: own for key, own in clap.model.state_dict().items() if key in drawn and own.shape == drawn[key].shape}
    clap.model.load_state_dict({**clap.model.state_dict(), **{key: drawn[key] for key in fits}})
    cosines = []
    for path, caption in zip(paths, captions, strict=True):
        wave = resample(heard(path, 32_000), 32_000, 48_000)[0, :480_000]
        audio = _audio_embedding(clap, wave)
        text = clap.get_text_embedding([caption, ""])[0]
        cosines.append(float(audio @ text / np.linalg.norm(audio) / np.linalg.norm(text)))
    return float(np.mean(cosines))


def _audio_embedding(clap: Any, wave: torch.Tensor) -> Rows:
    """As AudioLDM 2's evaluation: what the package itself does, but for its rounding to 16 bits."""
    from laion_clap.training.data import get_audio_features

    config = clap.model_cfg["audio_cfg"]
    heard = get_audio_features({}, wave, 480_000, "rand_trunc", "repeatpad", config)
    return np.asarray(clap.model.get_audio_embedding([heard])[0].numpy())


def frechet(generated: Rows, reference: Rows) -> float:
    """The published arithmetic."""
    from scipy import linalg

    one, other = np.cov(generated, rowvar=False), np.cov(reference, rowvar=False)
    shift = generated.mean(axis=0) - reference.mean(axis=0)
    root = linalg.sqrtm(one @ other)
    return float(shift @ shift + np.trace(one) + np.trace(other) - 2 * np.trace(root).real)


def divergence(generated: Rows, reference: Rows) -> float:
    """The published arithmetic, in float32."""
    ours, theirs = torch.from_numpy(generated).softmax(dim=1), torch.from_numpy(reference).softmax(dim=1)
    return float((theirs * (theirs.log() - (ours + 1e-6).log())).sum(dim=1).mean())
