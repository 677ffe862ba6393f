"""Corpora by name, and the hash that ties a RunSpec to its very bytes."""

from functools import lru_cache

from labgpt import spec as specs

from . import download, files, hashed_ngram, tales, zipf_facts, zipf_markov
from .base import Corpus


@lru_cache(maxsize=4)
def load(name: str) -> Corpus:
    """The corpus of that name: a key of spec.CORPORA, its knobs behind a colon, or file:PATH. Nothing is downloaded."""
    specs.fixed(name)
    base, _, rest = name.partition(":")
    made = {
        "file": lambda: files.text_file(rest), "pysource": lambda: files.python_source(name),
        "tinyshakespeare": lambda: download.corpus(base),
        "tales": lambda: tales.corpus(name), "tales-text": tales.text, "zipf-facts": zipf_facts.corpus,
        "zipf-markov": zipf_markov.corpus, "zipf-dialect": lambda: zipf_markov.corpus(dialect=True), "hashed-ngram": hashed_ngram.corpus,
    }  # fmt: skip
    return made[base]()


def words(name: str) -> list[str] | None:
    """What each symbol of a corpus is spelled like, None where it has no spelling."""
    found = {"tales": lambda: tales.language(name), "zipf-facts": zipf_facts.language}.get(name.partition(":")[0])
    return found().words if found else None


def pin(spec: specs.RunSpec) -> specs.RunSpec:
    """The spec with its corpus' hash filled in; refuses a spec that was written for other bytes."""
    data = spec.science.data
    found = load(data.corpus).sha256
    if data.corpus_sha256 not in ("", found):
        raise ValueError(f"corpus_sha256 = {data.corpus_sha256[:12]}…: {data.corpus} here is {found[:12]}…; "
                         "the run was planned for other text: leave corpus_sha256 empty to train on yours")  # fmt: skip
    return specs.replace(spec, corpus_sha256=found)
