"""A small text classifier: hashed words, one logistic regression (as fastText without its hidden layer, Joulin et al. 2016)."""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

FEATURES, STRENGTH, THRESHOLD = 1 << 13, 1e-4, 0.5


@lru_cache(maxsize=4096)
def features(text: str) -> tuple[np.ndarray, np.ndarray]:
    """(places in 8192, values): log(1 + count) of each hashed word, any number as one word, of length 1 together."""
    words = Counter("0" if word.isdigit() else word for word in re.findall(r"\d+|\w+|[^\w\s]", text.lower()))
    places, inverse = np.unique([zlib.crc32(word.encode()) % FEATURES for word in words], return_inverse=True)
    values = np.log1p(np.bincount(inverse, weights=list(words.values())))
    return places.astype(int), values / max(float(np.linalg.norm(values)), 1e-9)


class Labeller:
    """fit(texts, labels), then chance(text) of label 1, and `labeller(text)`: whether it is at least THRESHOLD."""

    def fit(self, texts: Sequence[str], labels: Sequence[int]) -> Labeller:
        """Least mean log loss + STRENGTH/2 · |w|². Raises ValueError unless both labels, 0 and 1, occur."""
        from scipy.optimize import minimize

        y = np.array(labels, dtype=float)
        if len(texts) != len(y) or set(y) != {0.0, 1.0}:
            raise ValueError(
                f"labels = {len(y)} for {len(texts)} texts, of kinds {sorted(set(labels))}: allowed is one each, some 0 and some 1"
            )
        x = np.zeros((len(texts), FEATURES))
        for row, (places, values) in zip(x, map(features, texts)):
            row[places] = values
        used = x.any(axis=0)
        x = np.column_stack([x[:, used], np.ones(len(x))])

        def loss(w):
            z = x @ w
            pull = STRENGTH * np.append(w[:-1], 0)
            return np.mean(np.logaddexp(0, z) - y * z) + w @ pull / 2, x.T @ (1 / (1 + np.exp(-z)) - y) / len(y) + pull

        w = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x
        self.weights_, self.bias_ = np.zeros(FEATURES), float(w[-1])
        self.weights_[used] = w[:-1]
        return self

    def chance(self, text: str) -> float:
        places, values = features(text)
        return float(1 / (1 + np.exp(-(values @ self.weights_[places] + self.bias_))))

    def __call__(self, text: str) -> bool:
        return self.chance(text) >= THRESHOLD


def learn(path: str | Path) -> tuple[Labeller, float, float]:
    """A labeller from JSONL of {"text", "label": 0 or 1}; its precision and recall are of every third line, which it did not see.

    Raises ValueError for a line that is no such object, or too few of either label.
    """
    pairs = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
            pairs.append((str(record["text"]), {0: 0, 1: 1}[record["label"]]))
        except (ValueError, KeyError, TypeError):
            raise ValueError(f'labels = {str(path)!r}, line {number}: allowed is {{"text": "…", "label": 0 or 1}}') from None
    made = Labeller().fit(*zip(*[pair for i, pair in enumerate(pairs) if i % 3] or [("", 0)]))
    texts, truth = zip(*pairs[::3])
    return made, *precision_recall(truth, [made(text) for text in texts])


def precision_recall(truth: Sequence[int], said: Sequence[int]) -> tuple[float, float]:
    """(of those said to be 1, how many are; of those that are 1, how many were said to be); nan where there are none."""
    true, called = np.array(truth, dtype=bool), np.array(said, dtype=bool)
    both = int((true & called).sum())
    return both / called.sum() if called.any() else float("nan"), both / true.sum() if true.any() else float("nan")
