"""Word and character error rate: how much of what was to be spoken a recogniser does not hear in generated speech.

Transcription and recognised text both pass Whisper's normaliser of English first. It takes punctuation away, and spells
numbers, contractions and British words in one way, so a rate by another normaliser is another number: seed-tts-eval has
the same recogniser, but only takes punctuation and capitals away, and its number is the mean of the clips' own rates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from bench.embedder import read
from bench.metric import Against, FeatureMetric, Features, Metric, Score
from bench.stats import Floats, centred_interval, resamples

from ._whisper import LARGE, Whisper


class Errors(NamedTuple):
    """The fewest substitutions, deletions and insertions that make a text of its reference, and the latter's length."""

    edits: int
    length: int

    @property
    def rate(self) -> float:
        """Errors for each word or character of the reference; above 1 where more was said than asked for."""
        return self.edits / self.length


@dataclass(frozen=True, kw_only=True)
class WordErrorRate(FeatureMetric):
    """Word errors over all clips for each word asked for, of what Whisper hears."""

    symbol: ClassVar[str] = "wer"
    estimator: ClassVar[str] = "jiwer,norm-whisper-en,corpus,boot1000-clip"
    against: ClassVar[Against] = "transcriptions"
    packages: ClassVar[tuple[str, ...]] = ("jiwer",)
    extra: ClassVar[str] = "speech"

    def unfit(self) -> str | None:
        """Only a recogniser gives texts, and a way to normalise them."""
        return None if isinstance(self.embedder, Whisper) else f"{self.embedder.name} does not recognise speech"

    def score(self, generated: Features, reference: Features) -> Score:
        """All errors over all words (or characters) of the transcriptions.

        Raises:
            ImportError: jiwer is missing.
            ValueError: these are not the same clips, or nothing is left of a transcription once it is normalised.
        """
        if generated.ids != reference.ids:
            raise ValueError("an error rate takes texts of the same clips, and these are not")
        assert isinstance(self.embedder, Whisper), "unfit() says so before"
        normalise = self.embedder.normaliser()
        heard = [normalise(read(rows)) for rows in generated.rows]
        asked = [normalise(read(rows)) for rows in reference.rows]
        for clip, text, rows in zip(reference.ids, asked, reference.rows, strict=True):
            if not _words(text):
                raise ValueError(f"clip {clip} asks for no words: {read(rows)!r}")
        errors = {clip: self.errors(*texts) for clip, *texts in zip(generated.ids, asked, heard, strict=True)}
        mute = sum(not _words(text) for text in heard)
        flags = (f"in {mute} of {len(heard)} clips no words were recognised",) if mute else ()
        return corpus_rate(errors, flags)

    def errors(self, reference: str, hypothesis: str) -> Errors:
        """Of one clip."""
        return word_errors(reference, hypothesis)


@dataclass(frozen=True, kw_only=True)
class CharacterErrorRate(WordErrorRate):
    """Character errors over all clips for each character asked for, blanks included, of what Whisper hears."""

    symbol: ClassVar[str] = "cer"

    def errors(self, reference: str, hypothesis: str) -> Errors:
        """Of one clip."""
        return character_errors(reference, hypothesis)


def _words(text: str) -> bool:
    """Whether a normalised text holds any; the normaliser leaves a full stop of an ellipsis."""
    return any(map(str.isalnum, text))


def word_errors(reference: str, hypothesis: str) -> Errors:
    """Errors in words.

    >>> word_errors("the cat sat down", "a cat sat")
    Errors(edits=2, length=4)
    """
    return _errors(_jiwer().process_words(reference, hypothesis))


def character_errors(reference: str, hypothesis: str) -> Errors:
    """Errors in characters, blanks included.

    >>> character_errors("the cat", "a cat")
    Errors(edits=3, length=7)
    """
    return _errors(_jiwer().process_characters(reference, hypothesis))


def _errors(aligned: Any) -> Errors:
    """What jiwer's alignment comes to."""
    edits = aligned.substitutions + aligned.deletions + aligned.insertions
    return Errors(edits, aligned.hits + aligned.substitutions + aligned.deletions)


def corpus_rate(errors: dict[str, Errors], flags: tuple[str, ...] = ()) -> Score:
    """All errors over all lengths, with an interval that resamples clips.

    >>> corpus_rate({"a": Errors(1, 2), "b": Errors(0, 8)}).value
    0.1
    """
    each = {clip: one.rate for clip, one in errors.items()}
    weights = {clip: float(one.length) for clip, one in errors.items()}
    edits, lengths = np.array(list(errors.values()), np.float64).T
    value = float(edits.sum() / lengths.sum())
    if len(errors) < 2:
        return Score(value, None, n=len(errors), per_clip=each, flags=flags, weights=weights)
    draws = resamples(len(errors))
    replicates: Floats = draws @ edits / (draws @ lengths)
    interval = centred_interval(value, replicates, least=0.0)
    return Score(value, interval, n=len(errors), per_clip=each, flags=flags, weights=weights)


def _jiwer() -> Any:
    try:
        import jiwer
    except ImportError as error:
        how = "pip install 'audiogen-bench[speech]'"
        raise ImportError(f"error rates need jiwer ({error}); get it with: {how}") from error
    return jiwer


METRICS: dict[str, Metric] = {
    "wer": WordErrorRate(label="WER", embedder=LARGE),
    "cer": CharacterErrorRate(label="CER", embedder=LARGE),
}
