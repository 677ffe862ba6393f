"""Rows of T+1 tokens, drawn without loader state: row i of step t depends on (seed, t, i) alone.

So the data are the same for any world size, after any restart, and however often one evaluates. One epoch visits every
row once (a copied row as often as it stands there), in an order keyed by (seed, epoch). Where a share of the rows comes from
another corpus they are interleaved evenly, and each corpus counts its own epochs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from labgpt import corpus
from labgpt.spec import DataConfig, Science

from . import shards
from .tokenizer import folder_of, tokenizer


def _order(n: int, *key: int) -> np.ndarray:
    """A permutation of range(n) from a bit generator's raw integers (library shuffles may change between versions)."""
    seed = np.random.SeedSequence(key).generate_state(2, np.uint64)
    return np.argsort(np.random.Philox(key=seed).random_raw(n), kind="stable")


_epoch_order = lru_cache(maxsize=4)(_order)


@dataclass(frozen=True, eq=False)
class TokenSet:
    """Training and validation rows of one corpus under one tokenizer.

    train_rows (n, T+1) and val_rows (m, T+1): views, uint8/uint16. bayes_loss: mean nats/token of the true distribution on
    val_rows, None where unknown. bytes_per_token: of val_rows' targets, None for symbols. copied: the first so many rows stand
    `copies` times in an epoch. other: rows of another corpus, a share other_share of all.
    """

    train_rows: np.ndarray
    val_rows: np.ndarray
    seed: int
    bayes_loss: float | None
    bytes_per_token: float | None
    copied: int = 0
    copies: int = 1
    other: TokenSet | None = None
    other_share: float = 0.0

    @property
    def epoch_rows(self) -> int:
        return len(self.train_rows) + self.copied * (self.copies - 1)

    def order(self, epoch: int) -> np.ndarray:
        places = _epoch_order(self.epoch_rows, self.seed, epoch)
        return np.where(places < len(self.train_rows), places, places % max(1, self.copied))

    def batch(self, step: int, batch_size: int, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Rows start … stop−1 of step's global batch: (stop−start, T+1)."""
        positions = step * batch_size + np.arange(start, batch_size if stop is None else stop)
        if self.other is None:
            return self.at(positions)
        before, after = (np.floor(p * self.other_share).astype(np.int64) for p in (positions, positions + 1))
        foreign = (after > before)[:, None]  # of every p rows so far, floor(p * other_share) are foreign
        return np.where(foreign, self.other.at(before), self.at(positions - before))

    def at(self, positions: np.ndarray) -> np.ndarray:
        """The rows at these positions of the endless stream of epochs: (n, T+1)."""
        epochs, places = np.divmod(positions, self.epoch_rows)
        chosen = np.empty(len(positions), dtype=np.int64)
        for epoch in np.unique(epochs):
            chosen[epochs == epoch] = self.order(int(epoch))[places[epochs == epoch]]
        return self.train_rows[chosen]


def _rows(stream: np.ndarray, seq_len: int, document_length: int | None) -> np.ndarray:
    """Cut a stream into (n, T+1) rows: whole documents where they have one length, else every T tokens (rows share an end)."""
    if document_length is not None:
        return stream.reshape(-1, document_length)[:, : seq_len + 1]
    return np.lib.stride_tricks.sliding_window_view(stream, seq_len + 1)[::seq_len]


@lru_cache(maxsize=4)
def streams(corpus_name: str, tokenizer_name: str) -> tuple[np.ndarray, np.ndarray]:
    """A corpus as tokens: (training, validation), one long row each; mapped from disk where `labgpt tokens encode` left them."""
    text, place = corpus.load(corpus_name), folder_of(corpus_name, tokenizer_name)
    if place and place.is_dir():
        kept = shards.read(place, text.sha256, tokenizer_name)
        return kept["train"], kept["val"]
    tok = tokenizer(tokenizer_name, corpus_name)
    return tok.encode(text.train), tok.encode(text.val)


def prepare(science: Science) -> TokenSet:
    """The rows a run trains and is validated on. Validation rows are spread evenly over the held-out documents."""
    data: DataConfig = science.data
    text, seq_len = corpus.load(data.corpus), science.model.seq_len
    train, val = streams(data.corpus, data.tokenizer)
    for name, stream in (("training", train), ("validation", val)):
        if len(stream) < seq_len + 1:
            raise ValueError(
                f"seq_len = {seq_len}: allowed is below the {len(stream)} {name} tokens of {data.corpus}; try a smaller seq_len"
            )
    train_rows, val_rows = (_rows(s, seq_len, text.document_length) for s in (train, val))
    if data.unique_tokens is not None:
        # Which rows are kept is drawn apart from their order, and a smaller cap keeps a subset of a larger one.
        train_rows = train_rows[_order(len(train_rows), science.seed, 2**31)[: data.unique_tokens // seq_len]]
    if data.noise:
        train_rows = _noisy(train_rows, data, science.model.vocab_size, science.seed)
    spread = np.linspace(0, len(val_rows) - 1, min(len(val_rows), data.val_tokens // seq_len)).astype(int)
    val_rows = val_rows[spread]
    lengths = tokenizer(data.tokenizer, data.corpus).token_bytes
    foreign = DataConfig(data.other or data.corpus, tokenizer=data.tokenizer, val_tokens=data.val_tokens)
    return TokenSet(
        train_rows,
        val_rows,
        science.seed,
        bayes_loss=float(text.bayes_nll(val_rows).mean()) if text.bayes_nll else None,
        bytes_per_token=float(lengths[val_rows[:, 1:]].mean()) if lengths is not None else None,
        copied=data.copied_tokens // seq_len,
        copies=data.copies,
        other=prepare(replace(science, data=foreign)) if data.other else None,
        other_share=data.other_share,
    )


def _noisy(rows: np.ndarray, data: DataConfig, vocab_size: int, seed: int) -> np.ndarray:
    """A copy in which a share of the symbols (or of whole rows) is drawn uniformly; of a prefix of rows, a prefix."""
    key = np.random.SeedSequence((seed, 2**31 + 1)).generate_state(2, np.uint64)
    raw = np.random.Philox(key=key).random_raw(rows.size).reshape(rows.shape)  # high half: whether; low half: which symbol
    drawn = (raw & np.uint64(0xFFFFFFFF)) % np.uint64(vocab_size)
    hit = (raw if data.noise_in == "symbols" else raw[:, :1]) >> np.uint64(32) < np.uint64(data.noise * 2**32)
    return np.where(hit, drawn.astype(rows.dtype), rows)
