"""What is trained on: DataConfig, and how a field is checked."""

from dataclasses import dataclass, field

from .corpora import fixed

GPT2_VOCAB = 50_257

def need(ok: bool, name: str, value: object, allowed: str, hint: str = "") -> None:
    """Raise the house's one-line ValueError: which field, what it was, what is allowed, what to try."""
    if not ok:
        raise ValueError(f"{name} = {value!r}: allowed is {allowed}" + (f"; {hint}" if hint else ""))


def positive(owner: object, *names: str) -> None:
    for name in names:
        value = getattr(owner, name)
        need(isinstance(value, int) and not isinstance(value, bool) and value > 0, name, value, "a whole number above 0")


def later(default: object) -> object:
    """A field that came after runs had been recorded: at its default it is left out of the hash, so their ids stay true."""
    return field(default=default, metadata={"later": True})


@dataclass(frozen=True)
class DataConfig:
    """Which tokens. `unique_tokens` caps how many distinct training tokens there are (then they repeat); None is all of them.

    An epoch holds each of them once, but the first `copied_tokens` stand in it `copies` times. A share `noise` of them is drawn
    at random, symbol by symbol or row by row; a share `other_share` of the rows trained on comes from the corpus `other` instead.
    Validation is on `corpus` as it is."""

    corpus: str = "zipf-markov"
    corpus_sha256: str = ""  # filled in by corpus.pin(); a run is of these very bytes
    tokenizer: str = "symbols"
    unique_tokens: int | None = None
    val_tokens: int = 65536
    copied_tokens: int = later(0)
    copies: int = later(1)
    noise: float = later(0.0)
    noise_in: str = later("symbols")
    other: str = later("")
    other_share: float = later(0.0)

    def __post_init__(self) -> None:
        known = fixed(self.corpus)
        symbolic = known["tokenizer"] == "symbols"
        kind, _, size = self.tokenizer.partition(":")
        need(kind in ("bytes", "symbols", "bpe", "gpt2"), "tokenizer", self.tokenizer, "bytes, symbols, bpe:VOCABULARY, gpt2")
        need(
            (kind == "symbols") == symbolic,
            "tokenizer",
            self.tokenizer,
            "symbols for generated corpora; bytes, bpe:VOCABULARY or gpt2 for text",
        )
        if kind == "bpe":
            need(size.isdigit() and 256 < int(size) <= 65536, "tokenizer", self.tokenizer, "bpe:257 … bpe:65536", "try bpe:1024")
        positive(self, "val_tokens")
        if self.unique_tokens is not None:
            positive(self, "unique_tokens")
        positive(self, "copies")
        most = self.copied_tokens if self.unique_tokens is None else self.unique_tokens
        need(0 <= self.copied_tokens <= most, "copied_tokens", self.copied_tokens, f"0 … unique_tokens = {most}")
        need(0 <= self.noise < 1, "noise", self.noise, "0 ≤ share < 1")
        need(self.noise_in in ("symbols", "rows"), "noise_in", self.noise_in, "symbols, rows")
        need(0 <= self.other_share < 1, "other_share", self.other_share, "0 ≤ share < 1")
        need((self.other == "") == (self.other_share == 0), "other", self.other, "a corpus, with an other_share above 0")
        alike = fixed(self.other or self.corpus) == known
        need(
            self.other == "" or (self.other != self.corpus and alike and symbolic),
            "other",
            self.other,
            "a generated corpus beside another one of the same shape, such as zipf-dialect beside zipf-markov",
        )
