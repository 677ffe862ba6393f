"""Bytes, symbols, BPE: what goes in comes out."""

import hashlib
from collections import Counter

import numpy as np
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from labgpt import corpus
from labgpt.spec import derive
from labgpt.spec.data import GPT2_VOCAB
from labgpt.tokens import shards, streams, tokenizer
from labgpt.tokens.tokenizer import PATTERN, encoding, from_tiktoken, to_tiktoken, train

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


def test_it_encodes_as_the_library_that_trained_it_does():
    """Learned by rustbpe, kept as ranks, run by tiktoken: the same ids, token for token."""
    import rustbpe

    from labgpt.tokens.tokenizer import TRAIN_ON

    engine = rustbpe.Tokenizer()
    engine.train_from_iterator([bytes(corpus.load("pysource").train[:TRAIN_ON]).decode("utf-8", "replace")], 512, pattern=PATTERN)
    text = 'class Point:\n    """A point, naïve and 3.14 wide."""\n    def norm(self): return (self.x ** 2 + self.y ** 2) ** 0.5\n' * 3
    assert engine.encode(text) == BPE.encode(text).tolist()


def test_every_merge_joins_a_commonest_pair():
    text = "one fish, two fish, red fish, blue fish; naïve fish and wishful fishing: 10, 100, 1000\n" * 3
    words = Counter(tuple(bytes([b]) for b in word.encode()) for word in regex.findall(PATTERN, text))
    for token in train(np.frombuffer(text.encode(), np.uint8), 285)[256:]:
        pairs = Counter()
        for word, times in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += times
        left, right = max((p for p in pairs if p[0] + p[1] == token), key=pairs.get)
        assert pairs[left, right] == max(pairs.values())
        words = Counter({_joined(word, left, right): times for word, times in words.items()})


def _joined(word, left, right):
    made = []
    for piece in word:
        if made and made[-1] == left and piece == right:
            made[-1] = left + right
        else:
            made.append(piece)
    return tuple(made)


@pytest.mark.parametrize("name", ["bpe:256", "bpe:many", "words", "bpe:-300"])
def test_what_is_no_tokenizer_is_refused(name):
    with pytest.raises(ValueError, match=r"allowed is bytes, symbols, gpt2, bpe:257"):
        tokenizer(name, "pysource")


def test_too_little_text_is_said():
    with pytest.raises(ValueError, match="only 259 tokens"):
        train(np.frombuffer(b"abab abab", np.uint8), 400)


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


@pytest.fixture
def gpt2_of_its_own(monkeypatch):
    """A stand-in for GPT-2's files: as many tokens, and like there a byte's token is not its value."""
    import tiktoken.registry

    learned_here = [token for token in tokenizer("bpe:1024", "pysource").ranks[256:]]
    tokens = [bytes([b]) for b in reversed(range(256))] + learned_here
    tokens += [b"\xff" + i.to_bytes(3, "big") for i in range(GPT2_VOCAB - 1 - len(tokens))]
    made = {"name": "gpt2", "pat_str": r" ?\p{L}+|\s+|[^\s\p{L}]", "mergeable_ranks": {t: i for i, t in enumerate(tokens)},
            "special_tokens": {"<|endoftext|>": GPT2_VOCAB - 1}}  # fmt: skip
    monkeypatch.setattr(tiktoken.registry, "ENCODING_CONSTRUCTORS", {"gpt2": lambda: made})
    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    tokenizer.cache_clear(), encoding.cache_clear()
    yield tokenizer("gpt2", "pysource")
    tokenizer.cache_clear(), encoding.cache_clear()


def test_gpt_2_s_encoding_gives_any_bytes_back(gpt2_of_its_own, tmp_path):
    tok = gpt2_of_its_own
    for raw in (b"def f(x): return x", "naïve <|endoftext|> \u4e2d".encode(), bytes(range(256)), b"\xff\xfe good \x80"):
        ids = tok.encode(np.frombuffer(raw, np.uint8))
        assert tok.decode_bytes(ids) == raw and tok.token_bytes[ids].sum() == len(raw)
    assert tok.vocab_size == len(tok.ranks) == derive(16, "pysource", tokenizer="gpt2", vocab_size=GPT2_VOCAB).science.model.vocab_size
    path = tmp_path / "text.txt"
    path.write_bytes(b"some words of a text, again and again\n" * 100)
    shards.encode(f"file:{path}", "gpt2")
    train, val = streams(f"file:{path}", "gpt2")
    assert tok.decode_bytes(np.concatenate([train, val])) == path.read_bytes()


@pytest.mark.parametrize("damaged", [False, True])
def test_without_gpt_2_s_files_nothing_is_downloaded(damaged, monkeypatch, tmp_path):
    import requests
    import tiktoken.registry

    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    monkeypatch.setattr(requests, "get", lambda *a, **k: pytest.fail("asked the network"))
    if damaged:
        address = "https://openaipublic.blob.core.windows.net/gpt-2/encodings/main/vocab.bpe"
        (tmp_path / hashlib.sha1(address.encode()).hexdigest()).write_bytes(b"half a file")
    with pytest.raises(ValueError, match="'gpt2': vocab.bpe is not among the files.*get_encoding") as caught:
        tokenizer("gpt2", "pysource")
    assert "\n" not in str(caught.value) and str(tmp_path) in str(caught.value)
