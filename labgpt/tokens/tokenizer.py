"""Three tokenizers behind one interface: bytes, symbols (both the identity) and byte-pair encoding run by tiktoken."""

import base64
import codecs
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from labgpt import corpus
from labgpt.spec import fixed

# Words with their leading space, runs of digits, runs of punctuation, runs of spaces: a merge never crosses these borders.
PATTERN = r" ?\p{L}+| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+"
PIECE = 1 << 19  # bytes of text that a thread takes at a time
SPACE = b" \t\n\r\v\f"
NOT_UTF8 = re.compile("([\udc80-\udcff]+)")
TRAIN_ON = 2_000_000  # bytes of training text that merges are counted on; more changes them little at these vocabularies


@dataclass(frozen=True)
class Tokenizer:
    """encode: uint8/uint16 array -> token ids; decode: ids -> text; token_bytes (V,): bytes a token stands for, None for symbols."""

    name: str
    vocab_size: int
    ranks: tuple[bytes, ...] | None = None  # of BPE: token id -> its bytes, tiktoken's mergeable ranks
    words: tuple[str, ...] | None = None  # of symbols: what each is spelled like, where it is a word

    @property
    def token_bytes(self) -> np.ndarray | None:
        if self.name == "symbols":
            return None
        return np.array([len(b) for b in self.ranks]) if self.ranks else np.ones(256, dtype=np.int64)

    def encode(self, text: np.ndarray | bytes | str) -> np.ndarray:
        if isinstance(text, str) and self.words:
            return self._spelled(text)
        if isinstance(text, str):
            text = text.encode()
        raw = np.frombuffer(text, dtype=np.uint8) if isinstance(text, bytes) else text
        if self.ranks is None:
            return raw
        dtype = np.uint16 if self.vocab_size <= 1 << 16 else np.uint32
        words = lambda part: encoding(self).encode_to_numpy(part, disallowed_special=()).astype(dtype)  # noqa: E731
        try:
            return words(bytes(raw).decode("utf-8"))
        except UnicodeDecodeError:  # each byte that is no UTF-8 is the token of that byte
            parts = NOT_UTF8.split(bytes(raw).decode("utf-8", "surrogateescape"))
            alone = lambda part: [self.ranks.index(bytes([b])) for b in part.encode("utf-8", "surrogateescape")]  # noqa: E731
            return np.concatenate([np.array(alone(p), dtype) if i % 2 else words(p) for i, p in enumerate(parts)])

    def decode_bytes(self, ids: np.ndarray | list[int]) -> bytes:
        """The very bytes that were encoded, UTF-8 or not."""
        table = self.ranks or [bytes([i]) for i in range(256)]
        return b"".join(table[int(i)] for i in ids)

    def _spelled(self, text: str) -> np.ndarray:
        number = {word: i for i, word in enumerate(self.words)}
        found = re.findall(r"\n|[.,]|[^\s.,]+", text)
        if strange := [word for word in found if word not in number]:
            raise ValueError(f"text = {strange[0]!r}: not a word of this corpus; allowed are its {len(number)} words")
        return np.array([number[word] for word in found], dtype=np.uint16)

    def decode(self, ids: np.ndarray | list[int]) -> str:
        return "".join(self.pieces(ids)).rstrip(" " if self.name == "symbols" else "")

    def pieces(self, ids: Iterable[int]) -> Iterator[str]:
        """The text as it comes, token by token; a character whose bytes are not all there yet waits for them."""
        if self.name == "symbols":
            spelled = (self.words[int(i)] if self.words else int(i) for i in ids)
            yield from (word if word == "\n" else f"{word} " for word in spelled)
            return
        table = self.ranks or [bytes([i]) for i in range(256)]
        text = codecs.getincrementaldecoder("utf-8")("replace")
        yield from (text.decode(table[int(i)]) for i in ids)
        yield text.decode(b"", final=True)


def folder_of(corpus_name: str, tokenizer_name: str) -> Path | None:
    """Where `labgpt tokens encode` leaves the tokens of a text, beside it; None for a corpus that is no file."""
    file = corpus_name.removeprefix("file:")
    return Path(f"{file}.{tokenizer_name.replace(':', '-')}") if file != corpus_name else None


@lru_cache(maxsize=4)
def tokenizer(name: str, corpus_name: str) -> Tokenizer:
    """`bytes`, `symbols`, `gpt2` or `bpe:V`: the one that a text was encoded with, where `labgpt tokens encode` did so; else learned."""
    place = folder_of(corpus_name, name)
    kept = place and place / "tokenizer.tiktoken"
    return from_tiktoken(kept, name) if kept and kept.is_file() else learned(name, corpus_name)


def to_tiktoken(ranks: tuple[bytes, ...]) -> bytes:
    """A vocabulary in tiktoken's format: a line for each token, its bytes in base64 and its rank."""
    return b"".join(base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(ranks))


def from_tiktoken(path: Path, name: str = "") -> Tokenizer:
    """The BPE of a file in tiktoken's format. ValueError where it is none, or not of the size that `name` says."""
    try:
        lines = [line.split() for line in path.read_bytes().splitlines()]
        ranks = tuple(base64.b64decode(token, validate=True) for token, _ in lines)
        fine = [int(rank) for _, rank in lines] == list(range(len(ranks)))
    except (OSError, ValueError) as error:
        raise ValueError(f"vocabulary = {str(path)!r}: {error}; allowed is a file in tiktoken's format") from None
    name = name or f"bpe:{len(ranks)}"
    if not fine or name != f"bpe:{len(ranks)}" or ranks[:256] != tuple(bytes([i]) for i in range(256)):
        raise ValueError(f"vocabulary = {str(path)!r}: {len(ranks)} tokens; allowed is {name}, ranks 0, 1, 2, …, the 256 bytes first")
    return Tokenizer(name, len(ranks), ranks)


def learned(name: str, corpus_name: str) -> Tokenizer:
    """`bytes`, `symbols`, `gpt2`, or `bpe:V`, whose merges are learned from the corpus' training text (a second or two)."""
    kind, _, size = name.partition(":")
    if kind == "symbols":
        spelled = corpus.words(corpus_name)
        return Tokenizer(name, fixed(corpus_name)["vocab_size"], words=spelled and tuple(spelled))
    if kind == "bytes":
        return Tokenizer("bytes", 256)
    if name == "gpt2":
        return Tokenizer(name, (n := gpt2().n_vocab), tuple(gpt2().decode_tokens_bytes(list(range(n)))))
    if kind != "bpe" or not size.isdigit() or int(size) <= 256:
        raise ValueError(f"tokenizer = {name!r}: allowed is bytes, symbols, gpt2, bpe:257 or more, such as bpe:1024")
    return Tokenizer(name, int(size), train(corpus.load(corpus_name).train[:TRAIN_ON], int(size)))


def pieces(text: np.ndarray, ends: bytes = b"", size: int = PIECE) -> Iterator[tuple[bytes, bool]]:
    """A text in pieces of about `size` bytes that encode apart as they do together: (bytes, whether a document ends there).

    Cut after `ends`, or before white space that follows an ASCII letter, digit or mark: no token of ours crosses that. A text
    without such a place for sixteen times `size` is cut between two characters.
    """
    at, rest, looked = 0, b"", 0
    while at < len(text):
        rest, at = rest + bytes(text[at : at + size]), at + size
        while ends and (cut := rest.find(ends) + len(ends)) >= len(ends):
            yield rest[:cut], True
            rest, looked = rest[cut:], 0
        cuts = range(len(rest) - max(1, len(ends)), looked, -1)  # the last bytes may begin a document's end
        cut = next((i for i in cuts if rest[i] in SPACE and rest[i - 1] not in SPACE and rest[i - 1] < 128), 0)
        if not cut and len(rest) >= 16 * size:
            cut = next(i for i in cuts if rest[i] & 0xC0 != 0x80)
        if cut and at < len(text):
            yield rest[:cut], False
            rest = rest[cut:]
        looked = 0 if cut else max(0, cuts.start)
    if rest:
        yield rest, True


def train(text: np.ndarray, vocab_size: int) -> tuple[bytes, ...]:
    """Learn byte-pair merges with rustbpe, a thread a core; returns token id -> bytes, the 256 bytes first.

    How the text is cut into pieces changes nothing. ValueError: too little text for so many.
    """
    import rustbpe

    engine = rustbpe.Tokenizer()
    engine.train_from_iterator((part.decode("utf-8", "replace") for part, _ in pieces(text)), vocab_size, pattern=PATTERN)
    ranks = engine.get_mergeable_ranks()
    if len(ranks) != vocab_size:
        raise ValueError(f"tokenizer = 'bpe:{vocab_size}': this text gives only {len(ranks)} tokens; try a smaller vocabulary")
    return tuple(bytes(token) for token, _ in sorted(ranks, key=lambda found: found[1]))


def gpt2():
    """GPT-2's own encoding, from the files that tiktoken keeps; ValueError where they are not there: nothing is downloaded."""
    from unittest.mock import patch

    import tiktoken

    def refuse(address: str) -> bytes:
        raise ValueError(f"tokenizer = 'gpt2': {address.rsplit('/', 1)[-1]} is not among the files tiktoken keeps "
                         f"(TIKTOKEN_CACHE_DIR = {os.environ.get('TIKTOKEN_CACHE_DIR')}); with a network, "
                         "`python -c \"import tiktoken; tiktoken.get_encoding('gpt2')\"` fetches it; or try bpe:1024")  # fmt: skip

    with patch("tiktoken.load.read_file", refuse):  # what tiktoken asks for a file that it has not kept, or kept damaged
        return tiktoken.get_encoding("gpt2")


@lru_cache(maxsize=4)
def encoding(tok: Tokenizer):
    import tiktoken

    if tok.name == "gpt2":
        return gpt2()
    # A special token that is never allowed: with none at all tiktoken looks for the empty string, everywhere.
    never, ranks = {"<|\ue000|>": len(tok.ranks)}, {b: i for i, b in enumerate(tok.ranks)}
    return tiktoken.Encoding(tok.name, pat_str=PATTERN, special_tokens=never, mergeable_ranks=ranks)
