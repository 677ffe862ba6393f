"""Cleaning as a pipeline whose every step says what it removed. Texts stream through; the same output for any worker count.

What needs one document alone (Unicode, masking, rules, sketches) may run in several processes; what needs to know the others
(duplicates) runs here, in the documents' order. In memory: no text, but a digest and, for near-duplicates, some 8 kB a document.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from itertools import islice
from multiprocessing import get_context

import numpy as np

from . import near, quality
from .folder import Document

STEPS = ("unicode", "mask", "c4", "gopher", "label", "exact", "leak", "near")
OVERLAP = 13  # words in a row that a training text may not share with validation (Brown et al. 2020, appendix C)
BATCH = 64
NOTHING = np.empty(0, dtype="<u8")


@dataclass
class Report:
    """Filled while documents stream through `clean`. rules: (step, rule) -> what it did, see `rows`."""

    read: int = 0
    read_bytes: int = 0
    kept: int = 0
    kept_bytes: int = 0
    rules: dict[tuple[str, str], dict] = field(default_factory=dict)

    def note(self, document: Document, step: str, rule: str, removed: bool, size: int) -> None:
        fresh = {"step": step, "rule": rule, "documents": 0, "changed": 0, "bytes": 0}
        fresh["example"] = f"{document.name}: {' '.join(document.text.split())[:60]}"
        row = self.rules.setdefault((step, rule), fresh)
        row["documents"], row["changed"], row["bytes"] = (row["documents"] + removed, row["changed"] + (not removed), row["bytes"] + size)

    def rows(self) -> list[dict]:
        """One for each rule that did something, in the pipeline's order; `bytes` went with documents or in changes."""
        return sorted(self.rules.values(), key=lambda row: STEPS.index(row["step"]))

    def summary(self) -> dict:
        return {name: getattr(self, name) for name in ("read", "read_bytes", "kept", "kept_bytes")} | {"rules": self.rows()}


@dataclass
class _Scanned:
    document: Document
    notes: list[tuple[str, str, bool, int]]  # step, rule, whether it removed the document, bytes that went
    digest: bytes = b""
    hashes: np.ndarray | None = None
    signature: np.ndarray | None = None
    runs: np.ndarray | None = None


def runs(text: str) -> np.ndarray:
    """Hashes of all runs of 13 words; none where the text is shorter."""
    return near.shingles(text, OVERLAP) if len(text.split()) >= OVERLAP else NOTHING


def _scan(document: Document, steps: tuple[str, ...], keep: Callable[[str], bool] | None) -> _Scanned:
    """The steps that look at one document alone. A pure function."""
    text, notes = document.text, []
    for step in (step for step in STEPS[:5] if step in steps):
        new, rule, refused = text, "", ""
        if step == "unicode":
            new, rule = quality.normalise(text), "NFC, newlines, blanks, control characters"
        elif step == "mask":
            new, rule = quality.mask(text), "e-mail, IP, card and phone numbers"
        elif step == "c4":
            new, refused = quality.c4(text)
            rule = "C4: lines without end mark, under 5 words, boilerplate"
        elif step == "gopher":
            refused = quality.gopher(text)
        elif keep is not None and not keep(text):
            refused = "classifier"
        if refused:
            notes.append((step, refused, True, len(text.encode())))
            return _Scanned(replace(document, text=text), notes)
        if new != text:
            notes.append((step, rule, False, len(text.encode()) - len(new.encode())))
            text = new
    made = _Scanned(replace(document, text=text), notes, blake2b(text.encode(), digest_size=16).digest())
    if "near" in steps:
        made.hashes = near.shingles(text)
        made.signature = near.sketch(made.hashes)
    if "leak" in steps:
        made.runs = runs(text)
    return made


def clean(
    documents: Iterable[Document],
    report: Report,
    steps: tuple[str, ...] = STEPS,
    keep: Callable[[str], bool] | None = None,
    val: Iterable[str] = (),
    threshold: float = 0.8,
    workers: int = 1,
) -> Iterator[Document]:
    """The documents that every step lets through, in their order; `report` says what happened to the others.

    keep: the labelling step's judge of a text. val: validation texts; a document that shares 13 words in a row with one leaks.
    threshold: the Jaccard index from which two documents are one. Raises ValueError for a step or a threshold that is none.
    """
    for step in steps:
        if step not in STEPS:
            raise ValueError(f"steps = {step!r}: allowed is {', '.join(STEPS)}")
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold = {threshold}: allowed is 0 < threshold ≤ 1; Lee et al. took .8")
    held_out = np.unique(np.concatenate([NOTHING, *map(runs, val)]))
    seen: set[bytes] = set()
    index = near.Index(threshold)
    for made in _scanned(_counted(documents, report), partial(_scan, steps=steps, keep=keep), workers):
        document, size = made.document, len(made.document.text.encode())
        for note in made.notes:
            report.note(document, *note)
        if made.notes and made.notes[-1][2]:
            continue
        if "exact" in steps and made.digest in seen:
            report.note(document, "exact", "the same text again", True, size)
        elif "leak" in steps and len(np.intersect1d(made.runs, held_out, assume_unique=True)):
            report.note(document, "leak", f"{OVERLAP} words in a row of validation", True, size)
        elif "near" in steps and index.twin(made.hashes, made.signature) is not None:
            report.note(document, "near", f"Jaccard index of {threshold} or more with a kept document", True, size)
        else:
            seen.add(made.digest)
            report.kept, report.kept_bytes = report.kept + 1, report.kept_bytes + size
            yield document


def _counted(documents: Iterable[Document], report: Report) -> Iterator[Document]:
    for document in documents:
        report.read, report.read_bytes = report.read + 1, report.read_bytes + len(document.text.encode())
        yield document


def _scanned(documents: Iterator[Document], look: Callable[[Document], _Scanned], workers: int) -> Iterator[_Scanned]:
    """look() at the documents, in order; at most a few batches a worker are under way at once."""
    if workers == 1:
        yield from map(look, documents)
        return
    waiting: deque = deque()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        while batch := list(islice(documents, BATCH)):
            waiting.append(pool.submit(_batch, batch, look))
            if len(waiting) > 3 * workers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _batch(documents: list[Document], look: Callable[[Document], _Scanned]) -> list[_Scanned]:
    return [look(document) for document in documents]
