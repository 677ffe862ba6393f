"""Rows of T+1 tokens, drawn without loader state: row i of step t depends on (seed, t, i) alone.

So the data are the same for any world size, after any restart, and however often one evaluates. One epoch visits every
row once, in an order keyed by (seed, epoch).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from labgpt import corpus
from labgpt.spec import DataConfig, Science

from .tokenizer import tokenizer


def _order(n: int, *key: int) -> np.ndarray:
    """A permutation of range(n) from a bit generator's raw integers (library shuffles may change between versions)."""
    seed = np.random.SeedSequence(key).generate_state(2, np.uint64)
    return np.argsort(np.random.Philox(key=seed).random_raw(n), kind="stable")


@dataclass(frozen=True, eq=False)
class TokenSet:
    """Training and validation rows of one corpus under one tokenizer.

    train_rows (n, T+1) and val_rows (m, T+1): views, uint8/uint16. bayes_loss: mean nats/token of the true distribution on
    val_rows, None where unknown. bytes_per_token: of val_rows' targets, None for symbols.
    """

    train_rows: np.ndarray
    val_rows: np.ndarray
    seed: int
    bayes_loss: float | None
    bytes_per_token: float | None

    def order(self, epoch: int) -> np.ndarray:
        return _epoch_order(len(self.train_rows), self.seed, epoch)

    def batch(self, step: int, batch_size: int, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Rows start … stop−1 of step's global batch: (stop−start, T+1)."""
        positions = step * batch_size + np.arange(start, batch_size if stop is None else stop)
        epochs, places = np.divmod(positions, len(self.train_rows))
        return np.stack([self.train_rows[self.order(int(e))[p]] for e, p in zip(epochs, places, strict=True)])


@lru_cache(maxsize=4)
def _epoch_order(n: int, seed: int, epoch: int) -> np.ndarray:
    return _order(n, seed, epoch)


def _rows(stream: np.ndarray, seq_len: int, document_length: int | None) -> np.ndarray:
    """Cut a stream into (n, T+1) rows: whole documents where they have one length, else every T tokens (rows share an end)."""
    if document_length is not None:
        return stream.reshape(-1, document_length)[:, : seq_len + 1]
    return np.lib.stride_tricks.sliding_window_view(stream, seq_len + 1)[::seq_len]


@lru_cache(maxsize=4)
def streams(corpus_name: str, tokenizer_name: str) -> tuple[np.ndarray, np.ndarray]:
    """A corpus as tokens: (training, validation), one long row each."""
    text, tok = corpus.load(corpus_name), tokenizer(tokenizer_name, corpus_name)
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
    spread = np.linspace(0, len(val_rows) - 1, min(len(val_rows), data.val_tokens // seq_len)).astype(int)
    val_rows = val_rows[spread]
    lengths = tokenizer(data.tokenizer, data.corpus).token_bytes
    return TokenSet(
        train_rows,
        val_rows,
        science.seed,
        bayes_loss=float(text.bayes_nll(val_rows).mean()) if text.bayes_nll else None,
        bytes_per_token=float(lengths[val_rows[:, 1:]].mean()) if lengths is not None else None,
    )
