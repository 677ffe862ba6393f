"""A small web of pages made from `tales`, with much that real crawls are full of, and the truth about each page beside it.

Raw integers of a bit generator decide: the same pages on every machine.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from labgpt.corpus import Document
from labgpt.corpus.tales import language

STORIES = 3  # a page
AD = (
    "Buy|Order|Choose|Ask for|Collect|Reserve|Compare|Discover|Unwrap|Enjoy|Share|Admire",
    "our cheap|the finest|brand-new|hand-made|genuine|surprising|discounted|fresh|famous|imported|limited|genuinely good",
    "and pay nothing until|with delivery to your town by|and save ten coins every|while supplies last this|sent home next|half price each",
)


@dataclass(frozen=True)
class Page:
    """kind: story, spam (stories with an advertisement after each) or broken (code, lists, scraps); then what was done to it."""

    document: Document
    kind: str
    dialect: bool = False
    copy: str = ""  # exact or near, of an earlier page
    personal: bool = False  # holds an e-mail address and a telephone number
    leak: bool = False  # holds a story of the validation pages


@lru_cache(maxsize=8)
def stories(name: str, rows: int, key: int) -> tuple[str, ...]:
    """Whole stories of that corpus as people write them; `rows` of 129 words hold one or two each."""
    tale = language(name)
    texts = (text for row in tale.sample(rows, 129, (6, key))[0] for text in " ".join(tale.words[w] for w in row).split("\n")[:-1])
    return tuple(re.sub(r" ([.,])", r"\1", text.strip()) for text in texts)


def collection(pages: int = 900, key: int = 0, dialect: float = 0.1) -> tuple[list[Page], list[str]]:
    """(the pages, in the order of a crawl; the texts of 30 validation pages). `dialect`: the minority's share of stories and spam."""
    told = stories(f"tales:dialect={dialect:g}", 2 * STORIES * (pages + 30), key)
    plain, other = ([t for t in told if t.startswith("Hark") == which] for which in (False, True))
    draws = iter((np.random.Philox(key=(6, key + 1)).random_raw(100 * pages) >> np.uint64(40)).tolist())
    pick = lambda many: many[next(draws) % len(many)]  # noqa: E731
    chance = lambda percent: next(draws) % 100 < percent  # noqa: E731
    val, made, lists = ["\n".join(plain.pop() for _ in range(STORIES)) for _ in range(30)], [], language().lists

    def add(text: str, kind: str, **truth: bool) -> None:
        if personal := chance(15):
            text += f"\nWrite to {pick(lists['first']).lower()}@{pick(lists['town']).lower()}.example.org"
            text += f" or call {200 + next(draws) % 800}-555-01{next(draws) % 90 + 10}."
        if chance(60):
            below = pick(("Share this page", "This site uses cookies to know you better.", "Read more..."))
            text = f"Home | Stories | About\n{text}\n{below}"
        if chance(10):
            text = unicodedata.normalize("NFD", text).replace("\n", "\r\n").replace("the ", "the\u00a0\u200b")
        document = Document(f"page-{len(made):04d}", text, pick(("diary.example", "village.example", "press.example")))
        made.append(Page(document, kind, personal=personal, **truth))

    while len(made) < pages:
        roll, minority = next(draws) % 100, chance(100 * dialect)
        some = other if minority else plain
        if roll < 40:
            add("\n".join(some.pop() for _ in range(STORIES)), "story", dialect=minority)
        elif roll < 42:
            add("\n".join([pick(val).split("\n")[0], plain.pop(), plain.pop()]), "story", leak=True)
        elif roll < 58:
            ads = [[pick(part.split("|")) for part in AD] for _ in range(STORIES)]
            told = (f"{some.pop()} {a} {b} {pick(lists['thing'])} {c} {pick(lists['day'])}." for a, b, c in ads)
            add("\n".join(told), "spam", dialect=minority)
        elif roll < 70:
            scraps = ("function go() { return 404; }", " ".join(str(next(draws) % 9999) for _ in range(70)), "Page not found.",
                      "\n".join(f"- {pick(lists['thing'])}" for _ in range(60)), " ".join(["cheap tickets"] * 40) + ".")  # fmt: skip
            add(pick(scraps), "broken")
        elif made:
            first = pick(made)
            text, near = first.document.text, chance(60)
            if near:
                words = text.split(" ")
                words[next(draws) % len(words)] = pick(lists["petname"])
                text = " ".join(words) + f"\n{pick(lists['first'])} copied this page on a {pick(lists['day'])}."
            document = Document(f"page-{len(made):04d}", text, "mirror.example")
            made.append(replace(first, document=document, copy="near" if near else "exact"))
    return made, val
