"""`tales`: small English stories whose probability is known, word by word, and with it the loss no model can beat.

People have a trade, a town, a pet, a favourite dish, friends: facts, rare for rare people, to be learned from the text. Within a
story names, pronouns, towns and sums must agree over tens of words. The language itself is tales.txt. Knobs with a known truth
are part of the name, as in `tales:association=.5,dialect=.1,themes=1`:

- association: the share of stories whose person has the pronoun that goes with the trade (she with every other trade);
- dialect: the share of stories told in the minority's dialect, which open with "Hark";
- themes: how many kinds of town there are; a kind shares what is bought there, where one meets and eats;
- millions: training tokens in millions (2**20); a larger corpus begins with the smaller one.

A row is as many stories as go into 129 words, the last one cut.
"""

import hashlib
import re
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np

from labgpt.spec import knobs

from .base import Corpus, generated
from .files import hashed
from .grammar import Grammar, parse

LENGTH = 129  # words a row: seq_len 128 and the last target
CHUNK, VAL_ROWS = 4096, 2048  # rows that share a stream of draws: half a million tokens; rows held out
TEXT_SHA256 = "fbba15200cc188d6ebbe29163e889df421a344474f1a6cd184dc91631e242620"
SHA256 = "ab10ccaf2f29a6b47b25f0e2802c1bfbff811ec90ca754c2cdc0e9ae0f9c1f1b"  # of the plain `tales`


def _zipf(n: int, whole: int = 1 << 20) -> np.ndarray:
    return whole // np.arange(1, n + 1, dtype=np.int64)


def _facts(register: str, rows: int, words: int, ladder: tuple[int, ...], percent: int) -> np.ndarray:
    """(rows, words): a few favourites of its own for every row share `percent`, by `ladder`; Zipf's law of the list has the rest."""
    key = int.from_bytes(hashlib.sha256(register.encode()).digest()[:8], "little")
    order = np.random.Philox(key=key).random_raw(rows * words).reshape(rows, words).argsort(axis=1, kind="stable")
    background = _zipf(words)
    table = np.tile(background * (100 - percent), (rows, 1))
    for rank, weight in enumerate(ladder):
        table[np.arange(rows), order[:, rank]] += background.sum() * percent * weight // sum(ladder)
    return table


def _law(lists: dict[str, list[str]], association: float, themes: int):
    """What each draw depends on, as whole-number weights."""

    def law(register: str, keys: tuple[str, ...]) -> np.ndarray:
        n, size = len(lists[register]), [len(lists[k]) for k in keys]
        if register == "he":
            she = np.where(np.arange(size[0]) % 2 == 0, round(100 * association), round(100 * (1 - association)))
            return np.stack([she, 100 - she], axis=1)
        if register == "m":  # fewer than there are: n counts from two, m from one
            return np.tril(np.ones((size[0], n), np.int64))
        if register == "left":
            have, gone, rest = np.ogrid[: size[0], : size[1], :n]
            return (rest == np.maximum(have - gone, 0)).astype(np.int64)
        if not keys:
            return _zipf(n)
        if keys == ("town",):
            return _facts(register, themes, n, (8, 7, 6, 5, 4, 3, 2, 1), 90)[np.arange(size[0]) % themes]
        table = _facts(register, int(np.prod(size)), n, (1,) if len(keys) == 2 else (4, 3, 2, 1), 90 if len(keys) == 2 else 80)
        table = table.reshape(*size, n)
        if lists[register] is lists[keys[0]]:  # nobody is a friend of the same name
            table[np.arange(n), ..., np.arange(n)] = 0
        return table

    return law


@lru_cache(maxsize=8)
def grammar(association: float, dialect: float, themes: int) -> Grammar:
    text = Path(__file__).with_name("tales.txt").read_text(encoding="utf-8")
    return Grammar(text, "tale", _law(parse(text)[0], association, themes), Fraction(round(100 * dialect), 100))


def language(name: str = "tales") -> Grammar:
    """The grammar behind a name, its knobs turned. ValueError for a knob that is none."""
    turned = knobs(name)
    return grammar(turned["association"], turned["dialect"], int(turned["themes"]))


def corpus(name: str = "tales") -> Corpus:
    told, chunks, pinned = language(name), 2 * int(knobs(name)["millions"]), SHA256 if name == "tales" else ""
    train = np.concatenate([told.sample(CHUNK, LENGTH, (2, chunk))[0] for chunk in range(chunks)])
    val = told.sample(VAL_ROWS, LENGTH, (3, 0))[0]
    return generated(name, train, val, pinned, "labgpt.corpus.tales, Philox keys (2, …) and (3, 0)", **told.truth(LENGTH))


def text() -> Corpus:
    """`tales-text`: the stories of `tales:millions=1` as bytes of English, a newline after each row. The held-out ones are tales' own.

    No floor for its rows, which begin anywhere in a story; as a whole the text has the nats of its words, for it adds none.
    """
    words, told = corpus("tales:millions=1"), language()
    train, val = (np.frombuffer(spelled(told.words, rows.reshape(-1, LENGTH)).encode(), np.uint8) for rows in (words.train, words.val))
    digest = hashed(train, val)
    if TEXT_SHA256 not in ("", digest):
        raise ValueError(f"corpus tales-text: its bytes hash to {digest[:12]}…, expected {TEXT_SHA256[:12]}…; report `labgpt doctor`")
    return Corpus("tales-text", train, val, digest, "CC0 (generated)", "the words of labgpt.corpus.tales, spelled")


def spelled(words: list[str], rows: np.ndarray | list) -> str:
    """Rows of word numbers as English, each with a newline at its end."""
    lines = (" ".join([words[w] for w in row]).rstrip() + "\n" for row in rows)
    return re.sub(" ([.,\n])", r"\1", "".join(lines)).replace("\n ", "\n")
