"""Corpora by name, and the hash that ties a RunSpec to its very bytes."""

from __future__ import annotations

from functools import lru_cache

from labgpt import spec as specs

from . import files, zipf_markov
from .base import Corpus


@lru_cache(maxsize=4)
def load(name: str) -> Corpus:
    """The corpus of that name: zipf-markov, zipf-dialect, pysource, or file:PATH. Nothing is downloaded."""
    if name in ("zipf-markov", "zipf-dialect"):
        return zipf_markov.corpus(dialect=name == "zipf-dialect")
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
