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
    """

    name: str
    train: np.ndarray
    val: np.ndarray
    sha256: str
    licence: str
    provenance: str
    document_length: int | None = None
    bayes_nll: Callable[[np.ndarray], np.ndarray] | None = None
