"""Bytes, symbols, BPE: what goes in comes out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgpt.tokens import tokenizer

BPE = tokenizer("bpe:512", "pysource")


@given(st.text(max_size=300))
def test_bpe_gives_the_text_back(text):
    ids = BPE.encode(text)
    assert BPE.decode(ids) == text
    assert BPE.token_bytes[ids].sum() == len(text.encode()) if len(ids) else text == ""


@given(st.text(max_size=300))
def test_bytes_give_the_text_back(text):
    assert tokenizer("bytes", "pysource").decode(tokenizer("bytes", "pysource").encode(text)) == text


def test_merges_shorten_python_source():
    text = "def __init__(self, name):\n    self.name = name\n" * 5
    assert len(BPE.encode(text)) < 0.6 * len(text)
    assert len(BPE.ranks) == BPE.vocab_size == 512 == len(set(BPE.ranks))


def test_it_encodes_as_the_library_that_trained_it_would():
    """The merges were learned by `tokenizers` and run by tiktoken: the same ids, token for token."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    from labgpt.tokens.tokenizer import PATTERN, _letter_of_byte

    letter = {b: c for c, b in _letter_of_byte().items()}
    spell = lambda token: "".join(letter[b] for b in token)  # noqa: E731
    vocab = {spell(token): i for i, token in enumerate(BPE.ranks)}
    merges = []
    for rank, token in enumerate(BPE.ranks[256:], 256):  # a merge joins the two parts that older merges leave of it
        parts = [bytes([b]) for b in token]
        while len(parts) > 2:
            found = [(BPE.ranks.index(a + b), i) for i, (a, b) in enumerate(zip(parts, parts[1:])) if a + b in BPE.ranks[:rank]]
            _, i = min(found)
            parts[i:i + 2] = [parts[i] + parts[i + 1]]
        merges.append((spell(parts[0]), spell(parts[1])))
    engine = Tokenizer(models.BPE(vocab, merges))
    engine.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    text = 'class Point:\n    """A point, naïve and 3.14 wide."""\n    def norm(self): return (self.x ** 2 + self.y ** 2) ** 0.5\n' * 3
    assert engine.encode(text).ids == BPE.encode(text).tolist()


def test_text_that_is_not_utf_8_is_refused():
    with pytest.raises(ValueError, match="not UTF-8 at byte 3.*bytes"):
        BPE.encode(np.frombuffer(b"abc\xff", dtype=np.uint8))
