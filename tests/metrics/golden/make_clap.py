"""Makes clap.npz: what laion_clap and audioldm_eval give for the audio, captions and weights of formulas.py.

Nothing of the project computes here but those formulas. From the top of the checkout, in an environment with its
packages (torchaudio without its compiled library works beside a torch without CUDA)::

    pip install --no-deps --target ref/clap laion-clap==1.1.7 torchlibrosa==0.1.0 librosa==0.11.0 numba llvmlite \\
        joblib loky cloudpickle lazy_loader decorator msgpack pooch platformdirs requests urllib3 certifi \\
        charset_normalizer
    pip install --no-deps --target ref/torchaudio torchaudio==2.11.0 && rm ref/torchaudio/torchaudio/lib/*.so
    git clone https://github.com/haoheliu/audioldm_eval ref/audioldm_eval
    git -C ref/audioldm_eval checkout a2fde54cf3b585646b9068eec91466c02af6c440
    cp -r ref/clap/laion_clap/clap_module/model_configs ref/audioldm_eval/audioldm_eval/clap_score/clap/open_clip
    PYTHONPATH=tests:ref/clap:ref/torchaudio python tests/metrics/golden/make_clap.py ref/audioldm_eval

Made with laion_clap 1.1.7, audioldm_eval a2fde54c, torchlibrosa 0.1.0, librosa 0.11.0, torchaudio 2.11.0,
transformers 5.23.0, torch 2.13.0+cpu, numpy 2.4.6.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
import types
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import roberta
import torch
from formulas import CAPTIONS, random_clap, sounds
from transformers import BartTokenizer, BertTokenizer, RobertaConfig, RobertaModel, RobertaTokenizer

from bench.audio import Waveform

SEED = 20_230_404
HERE = Path(__file__).parent
NOT_CALLED = {"PIL", "braceexpand", "ftfy", "h5py", "pandas", "sklearn", "torchvision", "webdataset", "wget"}
"""What the originals import, but do not call here."""


class Hollow(types.ModuleType):
    """A module in which every name is a class that does nothing."""

    __path__: list[str] = []  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class Finder(MetaPathFinder, Loader):
    """Finds hollow modules for what is not called."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name.split(".")[0] in NOT_CALLED else None

    def create_module(self, spec: ModuleSpec) -> Hollow:
        return Hollow(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def prepare(audioldm_eval: Path, folder: Path) -> None:
    """Let the originals be imported, and find a RoBERTa without the hub: roberta-base's sizes, our tokenizer."""
    sys.meta_path.insert(0, Finder())
    for name in ("audioldm_eval", "audioldm_eval.clap_score"):  # without what their own __init__ imports
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [str(audioldm_eval / name.replace(".", "/"))]
    tokenizer = RobertaTokenizer.from_pretrained(str(roberta.write(folder)))
    for kind in (BartTokenizer, BertTokenizer, RobertaTokenizer):
        patch.object(kind, "from_pretrained", lambda *_: tokenizer).start()
    config = RobertaConfig(vocab_size=50_265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
    patch.object(RobertaModel, "from_pretrained", lambda *_: RobertaModel(config)).start()


def package(size: str) -> tuple[Any, dict[str, Any]]:
    """laion_clap's network with random weights, and which they are."""
    clap: Any = importlib.import_module("laion_clap").CLAP_Module(amodel=f"HTSAT-{size}", device="cpu")
    trained = {key for key, parameter in clap.model.named_parameters() if parameter.requires_grad}
    trained |= {f"audio_branch.bn0.running_{moment}" for moment in ("mean", "var")}
    shapes = {key: tuple(tensor.shape) for key, tensor in clap.model.state_dict().items()}
    drawn = {key: shape for key, shape in shapes.items() if key in trained}
    weights = random_clap(SEED, drawn)
    clap.model.load_state_dict({**clap.model.state_dict(), **weights})
    facts: dict[str, Any] = {
        "keys": json.dumps({"drawn": drawn, "constant": [key for key in shapes if key not in drawn]}),
        "weights": np.array([weights[key].flatten()[0].item() for key in sorted(weights)], np.float32),
    }
    return clap.eval(), facts


def paper(state: dict[str, Any]) -> Any:
    """audioldm_eval's network with these weights, without its defect: to forget a tenth of audio and captions."""
    original: Any = importlib.import_module("audioldm_eval.clap_score.model")
    clap = original.CLAPAudioEmbeddingClassifierFreev2(pretrained_path="", sampling_rate=48_000, unconditional_prob=0.0)
    clap.model.load_state_dict(state)
    return clap.eval()


def paper_rows(clap: Any, mode: str, batch: Any) -> Any:
    clap.embed_mode = mode
    return clap(batch)[:, 0].numpy()


def waves() -> dict[str, Waveform]:
    """The first channels at 48 kHz."""
    functional: Any = importlib.import_module("torchaudio.functional")
    made = {}
    for name, sound in sounds().items():
        channel = torch.from_numpy(np.ascontiguousarray(sound.samples[:, 0]))
        made[name] = functional.resample(channel, sound.rate, 48_000).numpy()
    return made


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(sys.argv[1]), Path(folder))
        clap, facts = package("base")
        tiny, tiny_facts = package("tiny")
        other = paper(clap.model.state_dict())
    heard = waves()
    arrays: dict[str, Any] = {"seed": SEED}
    arrays |= {f"base/{name}": fact for name, fact in facts.items()}
    arrays |= {f"tiny/{name}": fact for name, fact in tiny_facts.items()}
    arrays["index"] = clap.model.state_dict()["audio_branch.layers.0.blocks.0.attn.relative_position_index"].numpy()
    arrays["ids"] = clap.tokenize(CAPTIONS, padding=True, return_tensors="np")["input_ids"].astype(np.uint16)
    arrays["package/text"] = clap.get_text_embedding(CAPTIONS)
    arrays["paper/text"] = paper_rows(other, "text", CAPTIONS)
    for name, wave in heard.items():
        arrays[f"package/{name}"] = clap.get_audio_embedding_from_data([wave[:480_000]])[0]
        padded = np.pad(wave, (0, max(0, 48_000 - len(wave))))  # as metrics/clap_score.py's loader does
        arrays[f"paper/{name}"] = paper_rows(other, "audio", torch.from_numpy(padded)[None, None])[0]
        arrays[f"tiny/{name}"] = tiny.get_audio_embedding_from_data([wave[:480_000]])[0]
    np.savez_compressed(HERE / "clap.npz", **arrays)


if __name__ == "__main__":
    with torch.inference_mode():
        main()
