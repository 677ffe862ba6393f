"""Documents from a file or a folder: text, JSONL, Parquet, the first two also gzipped. Nothing is read whole but one document.

What cannot be read is told in one line and left out; the rest goes on.
"""

import codecs
import gzip
import json
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

LIMIT = 16 << 20  # bytes of a document, or of a line of JSONL: a longer one is refused before it is in memory
DOUBT = 20  # a text of which more than one character in so many is no UTF-8, or a null, is taken for something else


@dataclass(frozen=True)
class Document:
    """name: where it lies (file, and line or row); domain: the record's own, else the first folder under the root."""

    name: str
    text: str
    domain: str = ""


def read(path: str | Path, tell: Callable[[str], None], field: str = "text") -> Iterator[Document]:
    """The documents under `path`, in the order of their names; `tell` gets one line for whatever is left out or mended.

    field: where JSONL and Parquet records keep their text. Raises ValueError where there is nothing at all at `path`.
    """
    root = Path(path)
    if not root.exists():
        raise ValueError(f"path = {str(path)!r}: allowed is a file or folder of text, JSONL, Parquet, or these gzipped; nothing is there")
    for file in _files(root, tell):
        name = file.relative_to(root).as_posix() if file != root else file.name
        domain = name.split("/")[0] if "/" in name else ""
        say = lambda why, name=name: tell(f"{name}: {' '.join(str(why).split())[:200]}")  # noqa: E731
        try:
            if not stat.S_ISREG(file.stat().st_mode):
                raise ValueError("not a regular file; allowed is text, JSONL, Parquet")
            kind = [s.lower() for s in file.suffixes[-2:]]
            if kind[-1:] == [".parquet"]:
                yield from _parquet(file, name, domain, field, say)
                continue
            with gzip.open(file) if kind[-1:] == [".gz"] else file.open("rb") as source:
                if ".jsonl" in kind:
                    yield from _lines(source, name, domain, field, say)
                    continue
                raw = source.read(LIMIT + 1)
            yield Document(name, _decode(raw, say), domain)
        except (OSError, EOFError, ValueError, zlib.error, ImportError) as error:
            say(getattr(error, "strerror", None) or error)


def _files(root: Path, tell: Callable[[str], None]) -> Iterator[Path]:
    if not root.is_dir():
        yield root
        return
    for folder, below, names in os.walk(root, onerror=lambda e: tell(f"{Path(e.filename).name}: {e.strerror}")):
        below.sort()
        yield from (Path(folder) / name for name in sorted(names))


def _decode(raw: bytes, say: Callable[[object], None]) -> str:
    """UTF-8, or UTF-16 with its mark; a few bytes that fit neither become U+FFFD, and are told. ValueError: empty, too long, no text."""
    if len(raw) > LIMIT:
        raise ValueError(f"a document of more than {LIMIT:,} bytes; allowed is less: split it")
    marked = raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    text = raw.decode("utf-16" if marked else "utf-8-sig", "replace")
    if not text.strip(" \t\r\n\0"):
        raise ValueError(f"empty ({len(raw)} bytes); allowed is text")
    for sign, what in (("\ufffd", "not UTF-8"), ("\0", "null")):
        if text.count(sign) * DOUBT > len(text):
            raise ValueError(f"{text.count(sign):,} of {len(text):,} characters are {what}; allowed is text in UTF-8 or UTF-16")
    if "\ufffd" in text:
        say(f"{text.count(chr(0xFFFD))} characters that are not UTF-8 became U+FFFD")
    return text


def _lines(source, name: str, domain: str, field: str, say: Callable[[object], None]) -> Iterator[Document]:
    number = 0
    while line := source.readline(LIMIT + 1):
        number += 1
        if len(line) > LIMIT:
            while line and not line.endswith(b"\n"):
                line = source.readline(LIMIT)
            say(f"line {number}: over {LIMIT:,} bytes; allowed is less: split it")
        elif line.strip():
            try:
                record = json.loads(_decode(line, say))
                yield _record(record, f"{name}:{number}", domain, field)
            except (ValueError, RecursionError) as error:
                say(f"line {number}: {error}")


def _record(record: object, name: str, domain: str, field: str) -> Document:
    text = record.get(field) if isinstance(record, dict) else None
    if not isinstance(text, str):
        raise ValueError(f"no text under {field!r}; allowed is an object with one, such as {{{json.dumps(field)}: …}}; try another field")
    text = text.encode("utf-8", "replace").decode()  # JSON may smuggle in half a character
    return Document(name, text, str(record.get("domain") or record.get("source") or domain))


def _parquet(file: Path, name: str, domain: str, field: str, say: Callable[[object], None]) -> Iterator[Document]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise ValueError("Parquet needs pyarrow: pip install 'labgpt[data]'") from None
    table = parquet.ParquetFile(file)
    if field not in table.schema_arrow.names:
        raise ValueError(f"no column {field!r}; it has {', '.join(table.schema_arrow.names)[:100]}")
    wanted = [column for column in (field, "domain", "source") if column in table.schema_arrow.names]
    records = (record for batch in table.iter_batches(64, columns=wanted) for record in batch.to_pylist())
    for row, record in enumerate(records, 1):
        try:
            yield _record(record, f"{name}:{row}", domain, field)
        except ValueError as error:
            say(f"row {row}: {error}")
