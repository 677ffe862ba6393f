"""`zipf-markov`: a made-up language whose true entropy is known, the same bytes on every machine.

Each document is a walk over V = 512 symbols. From symbol s, 95 % of the probability goes to six successors of s with
weights 1, 1/2, … 1/6, and 5 % to a background in which symbol r has weight 1/(r+1). Common symbols lead to common ones,
so the walk is Zipfian: frequent contexts are learned first, rare ones need more data and more parameters.

`zipf-dialect` is a second language over the same symbols: half of them (the odd ones) have other successors.

Probabilities are whole numbers over 2**32, drawn by comparing a bit generator's raw integers with their running sums: no
floating point, no library distribution. So the next-symbol distribution is exact, and so is the Bayes loss.
"""

from functools import lru_cache, partial

import numpy as np

from .base import Corpus, generated
from .grammar import ONE, shares

VOCAB, SUCCESSORS, LENGTH = 512, 6, 65  # a document is one row of seq_len 64 and its target
TRAIN_DOCUMENTS, VAL_DOCUMENTS = 131_072, 4_096
BACKGROUND = ONE // 20
SHA256 = "f212c5ad0329ba4c39705a1f760b2b807fa1b1096573b9cd9200ac62f15964d0"
DIALECT_SHA256 = "0d6d5a8dabfcd29f12bf6cfbc10139efc056a80e03a8549a18278d043a43f905"


def _raw(key: int, n: int) -> np.ndarray:
    """n uniform integers in [0, 2**32), from Philox's raw stream number `key`."""
    return np.random.Philox(key=key).random_raw(n) >> np.uint64(32)


@lru_cache(maxsize=2)
def law(dialect: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(successors (V, 6), their shares (6,), background shares (V,)): the whole truth about the language."""
    scale = 720_720  # divisible by 1 … 16, so that 1/rank is exact for the successors
    background = shares([scale * VOCAB // (r + 1) for r in range(VOCAB)], BACKGROUND)
    ladder = shares([scale // (k + 1) for k in range(SUCCESSORS)], ONE - BACKGROUND)
    edges = np.cumsum(background)
    draws = np.searchsorted(edges, _raw(1, VOCAB * 64) % np.uint64(BACKGROUND), side="right").reshape(VOCAB, 64)
    if dialect:
        other = np.searchsorted(edges, _raw(4, VOCAB * 64) % np.uint64(BACKGROUND), side="right").reshape(VOCAB, 64)
        draws[1::2] = other[1::2]
    successors = np.zeros((VOCAB, SUCCESSORS), dtype=np.int64)
    for s in range(VOCAB):
        distinct = list(dict.fromkeys(draws[s].tolist() + list(range(VOCAB))))
        successors[s] = distinct[:SUCCESSORS]
    return successors, ladder, background


def transition_counts(dialect: bool = False) -> np.ndarray:
    """(V, V) uint64: P(next = j | now = i) times 2**32, rows summing to it exactly."""
    successors, ladder, background = law(dialect)
    table = np.tile(background, (VOCAB, 1))
    table[np.arange(VOCAB)[:, None], successors] += ladder
    return table


def sample(documents: int, key: int, dialect: bool = False) -> np.ndarray:
    """(documents, 65) uint16: walks whose first symbol is drawn from the background."""
    successors, ladder, background = law(dialect)
    step, start = np.cumsum(ladder), np.cumsum(background)
    out = np.empty((documents, LENGTH), dtype=np.uint16)
    draws = _raw(key, documents * LENGTH).reshape(LENGTH, documents)
    scaled = lambda u: np.searchsorted(start, u % np.uint64(BACKGROUND), side="right")  # noqa: E731
    out[:, 0] = scaled(draws[0])
    for t in range(1, LENGTH):
        u, now = draws[t], out[:, t - 1].astype(np.int64)
        slot = np.searchsorted(step, u, side="right")  # SUCCESSORS where u falls past them, into the background
        follow = successors[now, np.minimum(slot, SUCCESSORS - 1)]
        back = np.searchsorted(start, u - np.minimum(u, step[-1]), side="right")
        out[:, t] = np.where(slot < SUCCESSORS, follow, np.minimum(back, VOCAB - 1))
    return out


def bayes_nll(rows: np.ndarray, dialect: bool = False) -> np.ndarray:
    """(R, T+1) symbols -> (R, T) nats: the exact −ln p of each symbol given the one before."""
    nll = -np.log(transition_counts(dialect).astype(np.float64) / ONE)
    return nll[rows[:, :-1].astype(np.int64), rows[:, 1:].astype(np.int64)]


def expected(dialect: bool = False) -> np.ndarray:
    """(64,) nats: the expectation of bayes_nll at each place of a document, which begins in the background."""
    p = transition_counts(dialect) / ONE
    state, out = law(dialect)[2] / BACKGROUND, np.empty(LENGTH - 1)
    for t in range(LENGTH - 1):
        out[t], state = -(state[:, None] * p * np.log(p)).sum(), state @ p
    return out


def entropy_rate() -> float:
    """Nats a symbol of the endless walk: Σ π(i) H(P(·|i)) with π the stationary distribution (power iteration)."""
    p = transition_counts().astype(np.float64) / ONE
    pi = np.full(VOCAB, 1 / VOCAB)
    for _ in range(200):
        pi = pi @ p
    return float(-(pi[:, None] * p * np.log(p)).sum() / pi.sum())


def corpus(dialect: bool = False) -> Corpus:
    name, first, other = ("zipf-dialect", 5, {"dialect": True}) if dialect else ("zipf-markov", 2, {})
    train, val = sample(TRAIN_DOCUMENTS, first, dialect), sample(VAL_DOCUMENTS, first + 1, dialect)
    truth = {
        "bayes_nll": partial(bayes_nll, **other),
        "sample": lambda rows, key: sample(rows, key=((5 if dialect else 4) << 64) + key, **other),
        "expected": partial(expected, **other),
    }
    return generated(name, train, val, DIALECT_SHA256 if dialect else SHA256, "labgpt.corpus.zipf_markov, Philox keys 1–6", **truth)
