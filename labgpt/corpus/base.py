"""One interface for every corpus."""

from __future__ import annotations

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
