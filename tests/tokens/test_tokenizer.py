"""Bytes, symbols, BPE: what goes in comes out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgpt.tokens import tokenizer
from labgpt.tokens.tokenizer import from_tiktoken, to_tiktoken

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


@given(st.binary(max_size=300) | st.tuples(st.text(max_size=40), st.binary(max_size=9)).map(lambda both: both[0].encode() + both[1]))
def test_any_bytes_come_back_exactly(raw):
    for tok in (BPE, tokenizer("bytes", "pysource")):
        ids = tok.encode(np.frombuffer(raw, dtype=np.uint8))
        assert tok.decode_bytes(ids) == raw and (not len(ids) or ids.max() < tok.vocab_size)


def test_a_vocabulary_survives_tiktoken_s_format_and_tiktoken_reads_it(tmp_path):
    from tiktoken.load import load_tiktoken_bpe

    path = tmp_path / "bpe.tiktoken"
    path.write_bytes(to_tiktoken(BPE.ranks))
    assert from_tiktoken(path) == BPE
    assert load_tiktoken_bpe(str(path)) == {token: rank for rank, token in enumerate(BPE.ranks)}


@pytest.mark.parametrize("text", [b"", b"no base64\n", to_tiktoken(BPE.ranks[:100]), to_tiktoken(BPE.ranks).replace(b" 300\n", b" 301\n")])
def test_what_is_no_vocabulary_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "bpe.tiktoken"
    path.write_bytes(text)
    with pytest.raises(ValueError, match="allowed is") as caught:
        from_tiktoken(path, "bpe:512")
    assert "\n" not in str(caught.value)
