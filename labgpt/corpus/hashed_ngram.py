"""`hashed-ngram`: a language that shows nothing until much of it has been seen: loss stays on a plateau, then breaks.

The next of 16 symbols depends on the last three together: each of the 4,096 contexts has four favourites of its own, drawn at
random, with 90 % of the probability in the ratio 8:4:2:1; the rest is spread evenly. Two symbols alone say next to nothing about
the third, so there is no slope of easier parts to slide down. Whole numbers over 2**32, raw draws: exact, as in zipf_markov.
"""

from functools import lru_cache

import numpy as np

from .base import Corpus, generated
from .grammar import ONE, shares

VOCAB, ORDER, LENGTH = 16, 3, 65
CONTEXTS = VOCAB**ORDER
TRAIN_ROWS, VAL_ROWS = 65_536, 4_096
SHA256 = "e008ccf633413210373f7b9792cc7c8b0e3e9e78dad972038c32accb5c2075d7"


@lru_cache(maxsize=1)
def law() -> np.ndarray:
    """(CONTEXTS, V) uint64: P(next | the last three) times 2**32; every row has the same shares in another order."""
    order = np.random.Philox(key=1).random_raw(CONTEXTS * VOCAB).reshape(CONTEXTS, VOCAB).argsort(axis=1, kind="stable")
    one = shares(np.array([96 * w + 10 for w in (8, 4, 2, 1)] + [10] * (VOCAB - 4)))
    table = np.empty((CONTEXTS, VOCAB), np.uint64)
    table[np.arange(CONTEXTS)[:, None], order] = one
    return table


def sample(rows: int, key: int) -> np.ndarray:
    """(rows, 65) uint16: the first three symbols are drawn evenly."""
    draws = (np.random.Philox(key=key).random_raw(rows * LENGTH) >> np.uint64(32)).reshape(LENGTH, rows)
    until, out = np.cumsum(law().ravel()), np.empty((rows, LENGTH), np.uint16)  # row c of the law ends at (c + 1) << 32
    out[:, :ORDER] = (draws[:ORDER] >> np.uint64(28)).T
    for t in range(ORDER, LENGTH):
        context = _context(out, t)
        out[:, t] = np.searchsorted(until, (context << np.uint64(32)) + draws[t], side="right") - context.astype(np.int64) * VOCAB
    return out


def _context(rows: np.ndarray, t: int) -> np.ndarray:
    """(R,) uint64: the number of the context that the symbol at t follows."""
    return sum(rows[:, t - 1 - i].astype(np.uint64) * np.uint64(VOCAB**i) for i in range(ORDER))


def bayes_nll(rows: np.ndarray) -> np.ndarray:
    """(R, T+1) symbols -> (R, T) nats."""
    nll, table = np.full((len(rows), rows.shape[1] - 1), np.log(VOCAB)), -np.log(law() / ONE)
    for t in range(ORDER, rows.shape[1]):
        nll[:, t - 1] = table[_context(rows, t).astype(np.int64), rows[:, t].astype(np.int64)]
    return nll


def expected() -> np.ndarray:
    """(64,) nats: the entropy of a row's shares, the same in every context; of an even choice at the start."""
    p = law()[0] / ONE
    return np.where(np.arange(1, LENGTH) < ORDER, np.log(VOCAB), -(p * np.log(p)).sum())


def corpus() -> Corpus:
    truth = {"bayes_nll": bayes_nll, "sample": lambda rows, key: sample(rows, (4 << 64) + key), "expected": expected}
    train, val = sample(TRAIN_ROWS, 2), sample(VAL_ROWS, 3)
    return generated("hashed-ngram", train, val, SHA256, "labgpt.corpus.hashed_ngram, Philox keys 1–3", **truth)
