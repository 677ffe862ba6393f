"""`zipf-facts`: nothing but facts, most of them rare: records (a, b, v), each saying that the value of key (a, b) is v.

The 64² keys are as frequent as rank^-1.4, in an order drawn once; a key has one true value of 64, and one record in ten gives a
value at random. There is nothing to learn but the facts, one by one (Michaud et al. 2023 call them quanta), so loss falls smoothly
with size and data; the exponents of their theory were not met by networks as small as these.
"""

from functools import lru_cache

import numpy as np

from .base import Corpus, generated
from .grammar import Grammar

SIDE, LENGTH = 64, 65  # values of a, of b and of v; a row begins with a record and its last one is cut
TRAIN_ROWS, VAL_ROWS = 65_536, 4_096
SHA256 = "59fbf372ac88f012aacd19f3694d43b46c53c17e5e807bf1c97409b8fef7c9ee"


def weight(rank: int, whole: int = 1 << 30) -> int:
    """The largest whole number w with w <= whole * rank**-1.4, found without rounding: w**5 * rank**7 <= whole**5."""
    w = int(whole * rank**-1.4) + 2
    while w**5 * rank**7 > whole**5:
        w -= 1
    return w


def _law(register: str, keys: tuple[str, ...]) -> np.ndarray:
    cells = SIDE * SIDE
    joint = np.empty(cells, np.int64)
    joint[np.random.Philox(key=1).random_raw(cells).argsort(kind="stable")] = [weight(r + 1) for r in range(cells)]
    joint = joint.reshape(SIDE, SIDE)
    if register == "v":  # 10 % of the probability is spread evenly, 90 % lies on the fact
        fact = np.random.Philox(key=2).random_raw(cells) % np.uint64(SIDE)
        return 10 + 90 * SIDE * (np.arange(SIDE) == fact.reshape(SIDE, SIDE, 1))
    return joint if keys else joint.sum(axis=1)


@lru_cache(maxsize=1)
def language() -> Grammar:
    lists = "\n".join(f"{kind}: " + " ".join(f"{kind}{i}" for i in range(SIDE)) for kind in "abv")
    return Grammar(f"{lists}\nfact = {{a}} {{b|a}} {{v|a,b}}\n", "fact", _law)


def corpus() -> Corpus:
    train, val = (language().sample(rows, LENGTH, (key, 0))[0] for rows, key in ((TRAIN_ROWS, 2), (VAL_ROWS, 3)))
    return generated("zipf-facts", train, val, SHA256, "labgpt.corpus.zipf_facts, Philox keys 1–3", **language().truth(LENGTH))
