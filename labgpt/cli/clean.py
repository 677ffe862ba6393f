"""`labgpt corpus clean` and `labgpt corpus stats`."""

from __future__ import annotations

import sys
from pathlib import Path

from tyro.conf import Positional


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
    import json

    from labgpt import machine
    from labgpt.corpus import Report, label, read
    from labgpt.corpus import clean as room
    from labgpt.record import write_atomic

    tell = lambda line: print(f"labgpt: {line}", file=sys.stderr)  # noqa: E731
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
                file.write(json.dumps({"text": d.text, "name": d.name, "domain": d.domain}, ensure_ascii=False) + "\n")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    write_atomic(out.with_suffix(".report.json"), json.dumps(report.summary(), indent=1, ensure_ascii=False) + "\n")
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

    found = diversity.stats(read(source, lambda line: print(f"labgpt: {line}", file=sys.stderr), field))
    print(f"{found['documents']:,} documents, {found['bytes']:,} bytes, {found['words']:,} words of {found['types']:,} types; "
          f"{found['duplicates']:.1%} repeat an earlier document")  # fmt: skip
    print("types after so many words: " + "  ".join(f"{types:,}/{words:,}" for words, types in found["curve"][-6:]))
    print("bits a byte, the n − 1 before it known: " + "  ".join(f"n = {n}: {bits:.2f}" for n, bits in found["entropy"].items()))
    print("bytes by domain: " + "  ".join(f"{name} {share:.1%}" for name, share in list(found["domains"].items())[:12]))
