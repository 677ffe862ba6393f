"""Text with a provenance. `load(name)` gives a Corpus; `pin(spec)` writes its hash into a RunSpec.

`read(path)` gives a folder's documents; `clean(documents, report)` lets the good ones through and says what it removed.
"""

from .base import Corpus, check
from .clean import Report, clean
from .folder import Document, read
from .registry import load, pin, words

__all__ = ["Corpus", "Document", "Report", "check", "clean", "load", "pin", "read", "words"]
