"""`labgpt corpus list`, `… prepare`, `… sample` and `… check`."""

from __future__ import annotations

import json as codec
from pathlib import Path

from tyro.conf import Positional


def listing() -> None:
    """Every corpus by name, with its vocabulary, the length of its rows and the knobs that its name may set."""
    from labgpt.spec import CORPORA

    for name, fixed in CORPORA.items():
        print(f"{name:<15} {fixed['tokenizer']:<8} vocabulary {fixed['vocab_size']:>4}, rows of {fixed['seq_len']}")
        for knob, (usual, low, high) in fixed.get("knobs", {}).items():
            print(f"{'':<15} {name}:{knob}={usual} as usual; {low} … {high}")
    print("file:PATH       bytes    a text of yours\ntinyshakespeare is fetched by `labgpt corpus prepare`; the others are made here")


def prepare(name: Positional[str]) -> None:
    """Fetch a text from its origin, once, against a pinned checksum; an interrupted one goes on.

    Args:
        name: tinyshakespeare. It is kept in $LABGPT_DATA, else in ~/.cache/labgpt.
    """
    from labgpt.corpus import download

    print(f"{download.prepare(name)}: whole; train on it with --corpus {name}")


def sample(name: Positional[str], rows: int = 3, key: int = 0) -> None:
    """Fresh text of a generated corpus; the beginning of the held-out text of any other.

    Args:
        name: a corpus, as `labgpt corpus list` shows them.
        rows: how many.
        key: of the draw; another key, other text.
    """
    from labgpt import corpus
    from labgpt.spec import fixed
    from labgpt.tokens import tokenizer

    text, tok = corpus.load(name), tokenizer(fixed(name)["tokenizer"], name)
    length = text.document_length or 400
    for row in text.sample(rows, key) if text.sample else text.val[: rows * length // length * length].reshape(-1, length):
        print(tok.decode(row).rstrip() + "\n")


def check(name: Positional[str], tokens: int = 1_000_000, json: Path | None = None) -> None:
    """Freshly drawn text against the exact entropy of its language.

    Args:
        name: a generated corpus.
        tokens: how many to draw.
        json: write the figures there too.
    """
    from labgpt import corpus
    from labgpt.record import write_atomic

    found = corpus.check(corpus.load(name), tokens)
    print(f"mean −ln p {found['mean_nll']:.4f} nats a token, exact {found['entropy']:.4f}: {found['z']:+.2f} standard errors of "
          f"{found['standard_error']:.4f}")  # fmt: skip
    if json is not None:
        write_atomic(json, codec.dumps(found, indent=1) + "\n")
