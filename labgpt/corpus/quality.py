"""What the published pipelines do to one document: Unicode, masking, and rules that judge a page by its shape. Pure functions.

Gopher: Rae et al. 2021, appendix A.1.1. C4: Raffel et al. 2020, section 2.2. Masking: Soldaini et al. 2024 (Dolma), section 5.3.
C4's list of bad words is left out on purpose: it removes dialects and minorities more than others (Dodge et al. 2021).
"""

import re
import unicodedata
from collections import Counter

STOP = {"the", "be", "to", "of", "and", "that", "have", "with"}
_JUNK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff\ufffe\uffff]")
_PII = {
    "email": re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}\b"),
    "ip": re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])"),
    "card": re.compile(r"(?<!\d)(?:\d{4}[ -]?){3}\d{4}(?!\d)"),
    "phone": re.compile(r"(?<![\w.])(?:\+\d{1,3}[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])"),
}


def normalise(text: str) -> str:
    """NFC (Unicode annex 15), one kind of newline, no control or invisible characters, no blanks at line ends or runs of them."""
    text = _JUNK.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip()


def mask(text: str) -> str:
    """The text with e-mail addresses, IPv4 addresses, card and phone numbers replaced by their kind in brackets."""
    for kind, pattern in _PII.items():
        text = pattern.sub(lambda m, kind=kind: m[0] if kind == "card" and not _luhn(re.sub(r"\D", "", m[0])) else f"[{kind}]", text)
    return text


def _luhn(digits: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812-1)."""
    odd = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd[0])) + sum(sum(divmod(2 * int(d), 10)) for d in odd[1])) % 10 == 0


def c4(text: str) -> tuple[str, str]:
    """(the lines that C4 keeps, the rule that refuses the page or "")."""
    if "{" in text:
        return text, "C4: curly bracket"
    if "lorem ipsum" in text.lower():
        return text, "C4: lorem ipsum"
    kept = [
        line
        for line in text.split("\n")
        if not line
        or (line.endswith((".", "!", "?", '"', "”")) and not line.endswith("...") and len(line.split()) >= 5)
        and not re.search("javascript|terms of use|privacy policy|cookie policy|uses cookies", line, re.I)
    ]
    page = re.sub("\n{3,}", "\n\n", "\n".join(kept)).strip()
    return page, "C4: under 3 sentences" if len(re.findall(r"[.!?]+[\"”)]?(?:\s|$)", page)) < 3 else ""


def gopher(text: str) -> str:
    """The first of Gopher's rules that refuses the text, or ""."""
    words, lines = text.split(), [line for line in text.split("\n") if line]
    n, m = max(len(words), 1), max(len(lines), 1)
    grams = {k: Counter(zip(*(words[i:] for i in range(k)))) for k in (2, 3, 4)}
    size = max(sum(map(len, words)), 1)
    top = {k: max((c * sum(map(len, g)) for g, c in counts.items() if c > 1), default=0) / size for k, counts in grams.items()}
    rules = {
        "Gopher: 50 … 100,000 words": not 50 <= len(words) <= 100_000,
        "Gopher: mean word of 3 … 10 letters": not 3 <= size / n <= 10,
        "Gopher: a symbol (# or …) in 10 words": (text.count("#") + text.count("…") + text.count("...")) / n > 0.1,
        "Gopher: 90 % of lines are bullets": sum(line[0] in "•-*‣" for line in lines) / m > 0.9,
        "Gopher: 30 % of lines end in …": sum(line.endswith(("…", "...")) for line in lines) / m > 0.3,
        "Gopher: 80 % of words have a letter": sum(any(map(str.isalpha, w)) for w in words) / n < 0.8,
        "Gopher: two of eight stop words": len(STOP & set(re.findall(r"[a-z]+", text.lower()))) < 2,
        "Gopher: 30 % of lines repeat": 1 - len(set(lines)) / m > 0.3,
        "Gopher: one 2-gram is 20 %": top[2] > 0.20,
        "Gopher: one 3-gram is 18 %": top[3] > 0.18,
        "Gopher: one 4-gram is 16 %": top[4] > 0.16,
    }
    return next((rule for rule, broken in rules.items() if broken), "")
