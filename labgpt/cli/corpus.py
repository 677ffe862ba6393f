"""`labgpt corpus list`, `… prepare`, `… sample`, `… check`, `… clean` and `… stats`."""

import json as codec
import sys
from pathlib import Path

from tyro.conf import Positional

from labgpt import machine
from labgpt.record import write_atomic, write_json
from labgpt.spec import CORPORA, fixed


def listing() -> None:
    """Every corpus by name, with its vocabulary, the length of its rows and the knobs that its name may set."""
    for name, about in CORPORA.items():
        print(f"{name:<15} {about['tokenizer']:<8} vocabulary {about['vocab_size']:>4}, rows of {about['seq_len']}")
        for knob, (usual, low, high) in about.get("knobs", {}).items():
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

    found = corpus.check(corpus.load(name), tokens)
    print(f"mean −ln p {found['mean_nll']:.4f} nats a token, exact {found['entropy']:.4f}: {found['z']:+.2f} standard errors of "
          f"{found['standard_error']:.4f}")  # fmt: skip
    if json is not None:
        write_json(json, found)


def clean(
    source: Positional[Path],
    out: Positional[Path],
    steps: tuple[str, ...] = ("unicode", "mask", "c4", "gopher", "exact", "leak", "near"),
    val: Path | None = None,
    labels: Path | None = None,
    threshold: float = 0.8,
    field: str = "text",
    workers: int = 0,
) -> None:
    """Clean a folder of text, JSONL or Parquet into one JSONL file, and say what each rule removed.

    Args:
        source: a file or a folder.
        out: the JSONL to write; what was removed is written beside it, as .report.json.
        steps: any of unicode, mask, c4, gopher, label, exact, leak, near.
        val: validation texts; documents that share 13 words in a row with one are removed.
        labels: JSONL of {"text", "label": 0 or 1}: a classifier learns them, and what it calls 0 is removed.
        threshold: the Jaccard index from which two documents are one.
        field: where JSONL and Parquet keep the text.
        workers: processes; 0 is one a core. The output is the same for any number.
    """
    from labgpt.corpus import Report, label, read
    from labgpt.corpus import clean as room

    report, keep = Report(), None
    if labels is not None:
        keep, precision, recall = label.learn(labels)
        steps = (*steps, "label") if "label" not in steps else steps
        print(f"classifier: precision {precision:.2f}, recall {recall:.2f} on every third label, held out")
    held_out = (document.text for document in read(val, tell, field)) if val is not None else ()
    documents = room(read(source, tell, field), report, steps, keep, held_out, threshold, workers or machine.cores())
    part = out.with_name(out.name + ".part")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            for d in documents:
                file.write(codec.dumps({"text": d.text, "name": d.name, "domain": d.domain}, ensure_ascii=False) + "\n")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    write_atomic(out.with_suffix(".report.json"), codec.dumps(report.summary(), indent=1, ensure_ascii=False) + "\n")
    print(f"{report.read:,} documents, {report.read_bytes:,} bytes read; {report.kept:,}, {report.kept_bytes:,} kept")
    for row in report.rows():
        print(
            f"{row['step']:>8}  {row['rule']:<50} {row['documents']:>8,} removed  {row['changed']:>8,} changed  {row['bytes']:>12,} bytes"
        )


def stats(source: Positional[Path], field: str = "text") -> None:
    """How varied a collection is: types against words, entropy of n-grams, duplicates, domains.

    Args:
        source: a file or a folder of text, JSONL or Parquet.
        field: where JSONL and Parquet keep the text.
    """
    from labgpt.corpus import diversity, read

    found = diversity.stats(read(source, tell, field))
    print(f"{found['documents']:,} documents, {found['bytes']:,} bytes, {found['words']:,} words of {found['types']:,} types; "
          f"{found['duplicates']:.1%} repeat an earlier document")  # fmt: skip
    print("types after so many words: " + "  ".join(f"{types:,}/{words:,}" for words, types in found["curve"][-6:]))
    print("bits a byte, the n − 1 before it known: " + "  ".join(f"n = {n}: {bits:.2f}" for n, bits in found["entropy"].items()))
    print("bytes by domain: " + "  ".join(f"{name} {share:.1%}" for name, share in list(found["domains"].items())[:12]))


def tell(line: str) -> None:
    """What a reader of documents says on its way."""
    print(f"labgpt: {line}", file=sys.stderr)
