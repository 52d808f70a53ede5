"""A small tagger that is trained in a moment, in the layout in which nltk has its own: telling nouns from verbs."""

import json
import os
import random
import zipfile
from pathlib import Path
from typing import Any

from nltk.tag.perceptron import PerceptronTagger

NAME = "averaged_perceptron_tagger_eng"
SENTENCES = (
    "i/PRP refuse/VBP to/TO go/VB there/RB",
    "they/PRP throw/VBP the/DT refuse/NN away/RB",
    "the/DT refuse/NN lies/VBZ in/IN the/DT yard/NN",
    "we/PRP refuse/VBP the/DT offer/NN",
    "you/PRP record/VBP a/DT song/NN",
    "the/DT record/NN plays/VBZ a/DT song/NN",
    "she/PRP wants/VBZ to/TO record/VB the/DT rain/NN",
    "they/PRP present/VBP a/DT plan/NN to/TO collect/VB money/NN",
    "a/DT present/NN lies/VBZ here/RB ./.",
    "the/DT old/JJ dog/NN barks/VBZ ,/, and/CC the/DT wind/NN blows/VBZ ./.",
)


def write(folder: Path, *, zipped: bool = False) -> Path:
    """A folder of nltk's data that holds the tagger, unpacked or as the archive that nltk downloads."""
    before = os.umask(0o022)  # nltk reads nothing that others may write
    try:
        _write(folder / "taggers", zipped=zipped)
    finally:
        os.umask(before)
    return folder


def _write(taggers: Path, *, zipped: bool) -> None:
    tagger = trained()
    parts = zip(tagger.param_files("eng"), tagger.encode_json_obj(), strict=True)
    files = {f"{NAME}/{name}": json.dumps(part) for name, part in parts}
    taggers.mkdir(parents=True, exist_ok=True)
    if zipped:
        with zipfile.ZipFile(taggers / f"{NAME}.zip", "w") as archive:
            archive.mkdir(NAME)
            for name, text in files.items():
                archive.writestr(name, text)
        return
    (taggers / NAME).mkdir(exist_ok=True)
    for name, text in files.items():
        (taggers / name).write_text(text)


def trained() -> Any:
    """nltk's tagger after ten rounds over the sentences, whose order it draws from Python's one generator."""
    tagger = PerceptronTagger(load=False)
    sentences = [[tuple(word.split("/")) for word in sentence.split()] for sentence in SENTENCES]
    before = random.getstate()
    random.seed(0)
    try:
        tagger.train(sentences, nr_iter=10)
    finally:
        random.setstate(before)
    return tagger
