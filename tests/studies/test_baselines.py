"""The baselines of lesson 00 against codes whose length is known."""

import gzip
import math

import numpy as np
import pytest

from labgpt.studies import baselines


class Text:
    """A corpus: 128 bytes, each as common as the next."""

    train = np.tile(np.arange(128, dtype=np.uint8), 4096)
    val = np.tile(np.arange(128, dtype=np.uint8), 64)


@pytest.fixture
def text(monkeypatch):
    monkeypatch.setattr(baselines.corpus, "load", lambda name: Text)


def test_unigram_of_128_equal_bytes_is_seven_bits(text):
    assert baselines.unigram_bits_per_byte("any") == pytest.approx(7, abs=1e-3)


def test_a_byte_never_seen_in_training_costs_bits_but_not_infinity(text, monkeypatch):
    monkeypatch.setattr(Text, "val", np.array([200], dtype=np.uint8))
    bits = baselines.unigram_bits_per_byte("any")
    assert bits == pytest.approx(math.log2(len(Text.train) + 256))


def test_gzip_counts_the_whole_file_in_bits(text):
    bits = baselines.gzip_bits_per_byte("any")
    assert bits == 8 * len(gzip.compress(bytes(Text.val), 9, mtime=0)) / len(Text.val)
    assert bits < 1  # the text repeats itself: gzip looks back, the unigram model does not
