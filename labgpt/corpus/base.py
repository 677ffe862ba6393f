"""One interface for every corpus."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Corpus:
    """A corpus in memory, split by document.

    train, val: 1-D arrays of uint8 (bytes of text) or uint16 (symbols), documents one after the other.
    document_length: symbols a document where all are alike (rows then start at a document start), None for text.
    bayes_nll(row) -> nats: for rows (R, T+1) the exact −ln p of each next symbol, (R, T); None where the truth is unknown.
    sample(rows, key) -> (rows, document_length): fresh rows of the same language; expected() -> (T,): the exact expectation of
    bayes_nll at each place of a row. Both None where the truth is unknown.
    """

    name: str
    train: np.ndarray
    val: np.ndarray
    sha256: str
    licence: str
    provenance: str
    document_length: int | None = None
    bayes_nll: Callable[[np.ndarray], np.ndarray] | None = None
    sample: Callable[[int, int], np.ndarray] | None = None
    expected: Callable[[], np.ndarray] | None = None


def generated(name: str, train: np.ndarray, val: np.ndarray, expected_sha256: str, provenance: str, **truth) -> Corpus:
    """The corpus of a language made here: rows (R, L) of symbols. ValueError where its bytes are not those that were committed."""
    digest = hashlib.sha256(train.astype("<u2").tobytes() + val.astype("<u2").tobytes()).hexdigest()
    if expected_sha256 not in ("", digest):
        raise ValueError(f"corpus {name}: its bytes hash to {digest[:12]}…, expected {expected_sha256[:12]}…; numpy's Philox stream "
                         "differs on this build: please report `labgpt doctor`")  # fmt: skip
    length = train.shape[1]
    return Corpus(name, train.reshape(-1), val.reshape(-1), digest, "CC0 (generated)", provenance, document_length=length, **truth)


def check(text: Corpus, tokens: int = 1_000_000) -> dict[str, float]:
    """Mean −ln p of so many freshly drawn tokens against its exact expectation, z standard errors apart.

    Both are nats a token over the targets of whole rows. Tokens of a row depend on each other, so the standard error is that of the
    mean over rows.
    """
    if text.sample is None:
        raise ValueError(f"corpus = {text.name!r}: its entropy is not known; allowed are the generated corpora")
    per_row, left, key = [], math.ceil(tokens / (text.document_length - 1)), 0
    while left > 0:
        rows = text.sample(min(left, 8192), key)
        per_row.append(text.bayes_nll(rows).mean(axis=1))
        left, key = left - len(rows), key + 1
    nats = np.concatenate(per_row)
    mean, exact, error = float(nats.mean()), float(text.expected().mean()), float(nats.std(ddof=1) / math.sqrt(len(nats)))
    return {"mean_nll": mean, "entropy": exact, "standard_error": error, "z": (mean - exact) / error}
