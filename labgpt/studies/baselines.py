"""What a model has to beat, and what there is to reach: baselines on a corpus' own held-out text."""

import gzip

import numpy as np

from labgpt import corpus


def unigram_bits_per_byte(name: str) -> float:
    """Bits a byte on the validation text of a model that knows how common each byte is in training (add-one), nothing else."""
    text = corpus.load(name)
    counts = np.bincount(text.train, minlength=256) + 1
    return float(-np.log2(counts / counts.sum())[text.val].mean())


def gzip_bits_per_byte(name: str) -> float:
    """Bits a byte that gzip (level 9) needs for the validation text; it sees no training text, but looks back 32 KiB."""
    val = bytes(corpus.load(name).val)
    return 8 * len(gzip.compress(val, 9, mtime=0)) / len(val)
