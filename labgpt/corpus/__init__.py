"""Text with a provenance. `load(name)` gives a Corpus; `pin(spec)` writes its hash into a RunSpec."""

from .base import Corpus, check
from .registry import load, pin, words

__all__ = ["Corpus", "check", "load", "pin", "words"]
