"""Tokenizers made offline from ten sentences: a RoBERTa byte-level BPE (CLAP) and a T5 unigram.

Both are ordinary fast tokenizers: they save to and load from the official on-disk format, so a tiny
checkpoint needs no download.
"""

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import RobertaTokenizerFast, T5Tokenizer

SENTENCES = [
    "a kettle whistles while a clock ticks",
    "heavy wind blows through dry leaves",
    "an old engine starts, coughs and stops",
    "two people laugh in a large hall",
    "slow piano over soft strings",
    "a fast drum pattern with a deep bass line",
    "a woman reads the news in a calm voice",
    "water drips into a metal bucket",
    "poor quality, noise and clipping",
    "the quick brown fox jumps over the lazy dog",
]


def roberta(model_max_length: int = 512) -> RobertaTokenizerFast:
    """Byte-level BPE with RoBERTa's special tokens: <s> 0, <pad> 1, </s> 2. At most 600 ids."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        SENTENCES,
        trainers.BpeTrainer(
            vocab_size=600,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return RobertaTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
        cls_token="<s>",
        sep_token="</s>",
        model_max_length=model_max_length,
    )


def t5(model_max_length: int = 128) -> T5Tokenizer:
    """Unigram over the words of the sentences and single characters, with T5's special tokens: <pad>, </s>, <unk>.

    The vocabulary is written out, not trained: the library's unigram trainer gives other scores in every process.
    """
    words = sorted({"\u2581" + word for sentence in SENTENCES for word in sentence.split()})
    letters = [*"\u2581abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?'-"]
    scores = [(token, 0.0) for token in ("<pad>", "</s>", "<unk>")]
    scores += [(word, -6.0) for word in words if word not in letters] + [(letter, -10.0) for letter in letters]
    tokenizer = Tokenizer(models.Unigram(scores, unk_id=2))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return T5Tokenizer(
        tokenizer_object=tokenizer,
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        extra_ids=0,
        model_max_length=model_max_length,
    )
