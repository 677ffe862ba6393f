"""How varied a collection is: types against words, entropy of n-grams, duplicates, what share comes from where."""

from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

from .folder import Document


def stats(documents: Iterable[Document]) -> dict:
    """documents, bytes, words, types; `curve` [(words read, types seen)] at powers of two and the end; `entropy` {n: bits a
    byte of the n-th byte given the n − 1 before it}, plug-in, so too low where the text is short; `duplicates`: share of
    documents that repeat an earlier one exactly; `domains` {name: share of bytes}. Memory grows with types alone."""
    words: Counter = Counter()
    singles, pairs, triples = np.zeros(256, dtype=np.int64), np.zeros(256**2, dtype=np.int64), Counter()
    seen, domains, curve = set(), Counter(), []
    count = total = size = 0
    for document in documents:
        raw = np.frombuffer(document.text.encode(), dtype=np.uint8).astype(np.int64)
        count, size = count + 1, size + len(raw)
        domains[document.domain or "(none)"] += len(raw)
        seen.add(blake2b(raw.tobytes(), digest_size=16).digest())
        for word in document.text.lower().split():
            words[word] += 1
            total += 1
            if total & (total - 1) == 0:
                curve.append((total, len(words)))
        singles += np.bincount(raw, minlength=256)
        if len(raw) > 2:
            two = raw[:-1] * 256 + raw[1:]
            np.add.at(pairs, two, 1)
            triples.update(dict(zip(*(v.tolist() for v in np.unique(two[:-1] * 256 + raw[2:], return_counts=True)))))
    if not count:
        raise ValueError("documents = none: allowed is one or more")
    block = [0.0, *map(_bits, (singles, pairs, np.array(list(triples.values()) or [1])))]
    return {
        "documents": count,
        "bytes": size,
        "words": total,
        "types": len(words),
        "curve": curve + [(total, len(words))],
        "entropy": {n: block[n] - block[n - 1] for n in (1, 2, 3)},
        "duplicates": 1 - len(seen) / count,
        "domains": {name: share / max(size, 1) for name, share in domains.most_common()},
    }


def _bits(counts: np.ndarray) -> float:
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log2(p)).sum())
