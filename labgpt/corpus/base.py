"""One interface for every corpus, and the registry that finds them by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from labgpt import spec as specs


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


@lru_cache(maxsize=4)
def load(name: str) -> Corpus:
    """The corpus of that name: zipf-markov, pysource, or file:PATH. Nothing is downloaded."""
    from . import files, zipf_markov

    if name == "zipf-markov":
        return zipf_markov.corpus()
    if name == "pysource":
        return files.python_source()
    if name.startswith("file:"):
        return files.text_file(name[len("file:") :])
    raise ValueError(f"corpus = {name!r}: allowed is {', '.join(specs.CORPORA)}, file:PATH")


def pin(spec: specs.RunSpec) -> specs.RunSpec:
    """The spec with its corpus' hash filled in; refuses a spec that was written for other bytes."""
    data = spec.science.data
    found = load(data.corpus).sha256
    if data.corpus_sha256 not in ("", found):
        raise ValueError(
            f"corpus_sha256 = {data.corpus_sha256[:12]}…: {data.corpus} here is {found[:12]}…; "
            "the run was planned for other text: leave corpus_sha256 empty to train on yours"
        )
    return specs.replace(spec, corpus_sha256=found)
