"""Three tokenizers behind one interface: bytes, symbols (both the identity) and byte-pair encoding run by tiktoken."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from labgpt import corpus

# Words with their leading space, runs of digits, runs of punctuation, runs of spaces: a merge never crosses these borders.
PATTERN = r" ?\p{L}+| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+"
TRAIN_ON = (
    2_000_000  # bytes of training text that merges are counted on; more changes them little at these vocabularies
)


@dataclass(frozen=True)
class Tokenizer:
    """encode: uint8/uint16 array -> token ids; decode: ids -> text; token_bytes (V,): bytes a token stands for, None for symbols."""

    name: str
    vocab_size: int
    ranks: tuple[bytes, ...] | None = None  # of BPE: token id -> its bytes, tiktoken's mergeable ranks

    @property
    def token_bytes(self) -> np.ndarray | None:
        if self.name == "symbols":
            return None
        return np.array([len(b) for b in self.ranks]) if self.ranks else np.ones(256, dtype=np.int64)

    def encode(self, text: np.ndarray | bytes | str) -> np.ndarray:
        if isinstance(text, str):
            text = text.encode()
        raw = np.frombuffer(text, dtype=np.uint8) if isinstance(text, bytes) else text
        if self.ranks is None:
            return raw
        try:
            pieces = bytes(raw).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"tokenizer = {self.name!r}: the text is not UTF-8 at byte {error.start}; try tokenizer=bytes") from None
        return np.array(_encoding(self).encode_ordinary(pieces), dtype=np.uint16)

    def decode(self, ids: np.ndarray | list[int]) -> str:
        return "".join(self.pieces(ids)).rstrip(" " if self.name == "symbols" else "")

    def pieces(self, ids: Iterable[int]) -> Iterator[str]:
        """The text as it comes, token by token; a character whose bytes are not all there yet waits for them."""
        if self.name == "symbols":
            yield from (f"{int(i)} " for i in ids)
            return
        table = self.ranks or [bytes([i]) for i in range(256)]
        text = codecs.getincrementaldecoder("utf-8")("replace")
        yield from (text.decode(table[int(i)]) for i in ids)
        yield text.decode(b"", final=True)


@lru_cache(maxsize=4)
def tokenizer(name: str, corpus_name: str) -> Tokenizer:
    """`bytes`, `symbols`, or `bpe:V`, whose merges are learned from the corpus' training text (a second or two)."""
    kind, _, size = name.partition(":")
    if kind == "symbols":
        return Tokenizer("symbols", 512)
    if kind == "bytes":
        return Tokenizer("bytes", 256)
    return Tokenizer(name, int(size), _train(bytes(corpus.load(corpus_name).train[:TRAIN_ON]), int(size)))


def _train(text: bytes, vocab_size: int) -> tuple[bytes, ...]:
    """Learn byte-pair merges with the `tokenizers` library; returns token id -> bytes, the 256 bytes first."""
    from tokenizers import Regex, models, pre_tokenizers, trainers
    from tokenizers import Tokenizer as Engine

    engine = Engine(models.BPE())
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        show_progress=False,
        special_tokens=[],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    engine.train_from_iterator([text.decode("utf-8", errors="replace")], trainer)
    letters = _letter_of_byte()
    learned = sorted(engine.get_vocab().items(), key=lambda item: item[1])
    merged = [bytes(letters[c] for c in token) for token, _ in learned if len(token) > 1]
    if 256 + len(merged) != vocab_size:
        raise ValueError(f"tokenizer = 'bpe:{vocab_size}': this text gives only {256 + len(merged)} tokens; try a smaller vocabulary")
    return tuple([bytes([i]) for i in range(256)] + merged)


def _letter_of_byte() -> dict[str, int]:
    """GPT-2's printable stand-in for each byte (Radford et al. 2019, encoder.py): printable Latin-1 stands for itself."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}


@lru_cache(maxsize=4)
def _encoding(tok: Tokenizer):
    import tiktoken

    return tiktoken.Encoding(
        tok.name, pat_str=PATTERN, special_tokens={}, mergeable_ranks={b: i for i, b in enumerate(tok.ranks)}
    )
