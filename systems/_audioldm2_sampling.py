"""How AudioLDM 2 is sampled: prompts encoded one by one, clips generated together, candidates judged by its CLAP."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from bench.audio import Waveform, resample
from bench.clip import Clip

from ._audioldm2 import Pipeline, is_speech
from ._batches import Tensor, generators, grouped, waveforms
from ._loading import quiet
from ._presets import FRAME

if TYPE_CHECKING:
    from .audioldm2 import AudioLDM2

REMEMBERED = 64  # prompts: candidates come one after the other, and no batch has more clips


class Words(NamedTuple):
    """What the network hears of one text.

    Attributes:
        embeds: the second text encoder's, (1, t, d).
        mask: which of them count, (1, t).
        tokens: the language of audio that GPT-2 writes, (1, k, e).
    """

    embeds: Tensor
    mask: Tensor
    tokens: Tensor


class Sampler:
    """A loaded AudioLDM 2: generates clips, and judges how well recordings fit their prompts."""

    def __init__(self, system: AudioLDM2, pipe: Pipeline) -> None:
        """Sample ``pipe`` as ``system`` says."""
        self.system, self.pipe = system, pipe
        self.words = lru_cache(REMEMBERED)(self._words)
        self.against: dict[int, Words] = {}

    def __call__(self, clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform | Exception]:
        """A waveform for each clip, at least as long as it asks for; the error for one that can't be generated."""
        faults = [self.system.fault(clip) for clip in clips]
        sound = [place for place, fault in enumerate(faults) if fault is None]
        chosen = [clips[place] for place in sound], [seeds[place] for place in sound]
        made = iter(grouped(*chosen, self.system.frames, self._run))
        return [next(made) if fault is None else fault for fault in faults]

    def _run(self, clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform]:
        """Clips of as many frames."""
        import torch

        system = self.system
        said = [self.words(system.prompt(clip), system.spoken(clip)) for clip in clips]
        with quiet(), warnings.catch_warnings(), torch.inference_mode():
            # diffusers' DPM++ hands numpy a tensor in the way of torch before it knew numpy 2.
            warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy", DeprecationWarning)
            audio = self.pipe(
                **conditions(said, [self._opposite(words) for words in said] if self.guided else None),
                transcription=[system.spoken(clip) or "" for clip in clips],  # asked for, and not read: it is encoded
                num_inference_steps=system.steps,
                # A microsecond more, lest 64 frames become 63.99 in binary.
                audio_length_in_s=system.frames(clips[0]) * FRAME + 1e-6,
                guidance_scale=system.guidance_scale,
                eta=system.fresh_noise,
                generator=generators(seeds),
                output_type="pt",
            ).audios
        return waveforms(audio)

    @property
    def guided(self) -> bool:
        """Whether there is anything to guide away from."""
        return self.system.guidance_scale > 1

    def _words(self, prompt: str, spoken: str | None) -> Words:
        """A prompt by itself: in a batch, padding to the longest would shift what GPT-2 writes for the others."""
        import torch

        count = self.system.written
        with quiet(), torch.inference_mode():
            found = self.pipe.encode_prompt(prompt, self.pipe.device, 1, False, spoken, max_new_tokens=count)
        return Words(*found)

    def _opposite(self, words: Words) -> Words:
        """What guidance leads away from.

        In the original that is zeros for the language of audio, and the empty prompt for T5. The library has GPT-2
        write for the negative prompt, padded to as many tokens as the prompt has, so for each length it is another.
        """
        blank = self.system.preset == "original" and not self.system.negative_prompt
        length = 0 if blank else int(words.embeds.shape[1])
        if length not in self.against:
            self.against[length] = self._blank(words) if blank else self._negative(words)
        return self.against[length]

    def _blank(self, words: Words) -> Words:
        import torch

        # Of a speech network, only the language of audio reaches the U-Net.
        empty = words if is_speech(self.pipe) else self._words("", None)
        mask = torch.zeros_like(words.mask) if is_speech(self.pipe) else empty.mask
        return Words(empty.embeds, mask, torch.zeros_like(words.tokens))

    def _negative(self, words: Words) -> Words:
        import torch

        with quiet(), torch.inference_mode():
            both = self.pipe.encode_prompt(
                "", self.pipe.device, 1, True, None, self.system.negative_prompt,
                prompt_embeds=words.embeds, attention_mask=words.mask, generated_prompt_embeds=words.tokens,
                max_new_tokens=self.system.written,
            )  # fmt: skip
        return Words(*(pair.chunk(2)[0] for pair in both))

    def similarity(self, clips: Sequence[Clip], waves: Sequence[Waveform]) -> list[float]:
        """The cosine of each waveform (n,) and its clip's prompt, by the checkpoint's own CLAP."""
        import torch

        prompts = [self.system.prompt(clip) for clip in clips]
        with quiet(), torch.inference_mode():
            texts = {prompt: self._read(prompt) for prompt in set(prompts)}
            read = torch.cat([texts[prompt] for prompt in prompts])
            cosines: list[float] = torch.cosine_similarity(self._heard(waves).float(), read.float()).tolist()
        return cosines

    def _read(self, prompt: str) -> Tensor:
        """CLAP's embedding of a prompt, (1, d)."""
        words = self.pipe.tokenizer(
            prompt, padding="max_length", max_length=self.pipe.tokenizer.model_max_length, truncation=True,
            return_tensors="pt",
        ).to(self.pipe.device)  # fmt: skip
        clap = self.pipe.text_encoder
        return clap.get_text_features(words.input_ids, attention_mask=words.attention_mask).pooler_output

    def _heard(self, waves: Sequence[Waveform]) -> Tensor:
        """CLAP's embeddings of waveforms, (n, d)."""
        ears, clap = self.pipe.feature_extractor, self.pipe.text_encoder
        longest = int(ears.nb_max_samples)  # of what is longer, even by a sample, CLAP would hear a random part
        rate = int(ears.sampling_rate)
        heard = [resample(wave, self.system.rate, rate, "soxr-hq")[:longest] for wave in waves]
        # One spectrogram of each, not also three of its parts: this CLAP was trained without fusion.
        features = ears(heard, truncation="rand_trunc", sampling_rate=rate, return_tensors="pt").input_features
        return clap.get_audio_features(features.to(self.pipe.device, clap.dtype)).pooler_output


def conditions(said: Sequence[Words], against: Sequence[Words] | None) -> dict[str, Tensor]:
    """Texts as the pipeline's arguments, all padded to as many places as the longest has, and the padding masked.

    Args:
        said: one for each clip.
        against: what guidance leads away from, one for each clip; None without guidance.
    """
    places = max(words.embeds.shape[1] for words in (*said, *(against or ())))
    found = _stacked(said, places, "")
    return found if against is None else {**found, **_stacked(against, places, "negative_")}


def _stacked(texts: Sequence[Words], places: int, prefix: str) -> dict[str, Tensor]:
    import torch
    from torch.nn.functional import pad

    rest = [places - words.embeds.shape[1] for words in texts]
    embeds = [pad(words.embeds, (0, 0, 0, more)) for words, more in zip(texts, rest, strict=True)]
    masks = [pad(words.mask, (0, more)) for words, more in zip(texts, rest, strict=True)]
    return {
        f"{prefix}prompt_embeds": torch.cat(embeds),
        f"{prefix}attention_mask": torch.cat(masks),
        f"{prefix}generated_prompt_embeds": torch.cat([words.tokens for words in texts]),
    }
