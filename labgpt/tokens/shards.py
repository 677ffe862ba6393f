"""Tokens on disk: encoded once, piece by piece, and mapped into memory from then on.

FOLDER/manifest.json         tokenizer, corpus and its hash, and for each shard its dtype, tokens, documents and sha256
FOLDER/tokenizer.tiktoken    the vocabulary of a BPE, in tiktoken's own format
FOLDER/train.bin, val.bin    a shard each: little-endian uint16, or uint32 above 65,536 kinds of token
FOLDER/train.ends, val.ends  uint64: where each document ends, in tokens; hashed after its shard

A folder is written whole or not at all. A shard that is shorter than its manifest says, or not the one that it names, is refused.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from labgpt import corpus, machine
from labgpt.record import write_atomic, write_json

from .tokenizer import PIECE, Tokenizer, folder_of, learned, pieces, to_tiktoken

SPLITS, FORMAT = ("train", "val"), 1
ENDS = b"<|endoftext|>"


def encode(corpus_name: str, tokenizer_name: str, out: Path | None = None, tok: Tokenizer | None = None, ends: bytes = ENDS) -> Path:
    """Write a corpus' tokens as shards; returns their folder, by default the one beside the text where training looks for it.

    tok: a tokenizer to use instead of one learned from this text. ends: what a document ends with (kept, as text). Memory stays
    the same whatever the length of the text. ValueError for no place, or one that holds something else.
    """
    text, tok = corpus.load(corpus_name), tok or learned(tokenizer_name, corpus_name)
    place = out or folder_of(corpus_name, tokenizer_name)
    if place is None:
        raise ValueError(f"out = None: {corpus_name} is no file, so there is no place beside it; allowed is a new folder")
    if place.exists() and not (place / "manifest.json").is_file():
        raise ValueError(f"out = {str(place)!r}: exists and holds no tokens; allowed is a new folder")
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    fresh.mkdir(parents=True)
    try:
        manifest = {"format": FORMAT, "tokenizer": tok.name, "vocab_size": tok.vocab_size, "corpus_sha256": text.sha256, "shards": {}}
        for split in SPLITS:
            manifest["shards"][split] = _write(fresh, split, getattr(text, split), tok, ends)
        if tok.ranks is not None and tok.name != "gpt2":
            write_atomic(fresh / "tokenizer.tiktoken", to_tiktoken(tok.ranks))
        write_json(fresh / "manifest.json", manifest)
        shutil.rmtree(place, ignore_errors=True)
        fresh.rename(place)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return place


def _write(folder: Path, split: str, text: np.ndarray, tok: Tokenizer, ends: bytes) -> dict:
    dtype = np.dtype("<u2" if tok.vocab_size <= 1 << 16 else "<u4")
    digest, total, given_back, stops = hashlib.sha256(), 0, 0, []
    with open(folder / f"{split}.bin", "wb") as out:
        for ids, end in _encoded(pieces(text, ends), tok):
            raw = ids.astype(dtype, copy=False)
            out.write(raw)
            digest.update(raw)
            total += len(raw)
            if total - given_back > 16 * PIECE:
                machine.give_back()
                given_back = total
            if end:
                stops.append(total)
        out.flush()
        os.fsync(out.fileno())
    write_atomic(folder / f"{split}.ends", np.array(stops, dtype="<u8").tobytes())
    digest.update((folder / f"{split}.ends").read_bytes())
    return {"dtype": dtype.str, "tokens": total, "documents": len(stops), "sha256": digest.hexdigest()}


def _encoded(parts: Iterable[tuple[bytes, bool]], tok: Tokenizer) -> Iterator[tuple[np.ndarray, bool]]:
    """Pieces as ids, in their order; a thread a core, and few pieces ahead of what is written."""
    work = lambda group: [(tok.encode(part), end) for part, end in group]  # noqa: E731
    with ThreadPoolExecutor(machine.cores()) as pool:
        waiting, group, size = [], [], 0
        for part, end in parts:
            group, size = [*group, (part, end)], size + len(part)
            if size >= PIECE:  # short documents go together
                waiting.append(pool.submit(work, group))
                group, size = [], 0
            if len(waiting) > 2 * machine.cores():
                yield from waiting.pop(0).result()
        for job in [*waiting, pool.submit(work, group)]:
            yield from job.result()


def read(folder: str | Path, corpus_sha256: str = "", tokenizer_name: str = "") -> dict[str, np.ndarray]:
    """{"train", "val": tokens, "train.ends", "val.ends": where documents end}, mapped, each checked against its hash first.

    ValueError in one line: no manifest, another corpus or tokenizer, a shard that is short or not the one of the manifest.
    """
    folder, found = Path(folder), {}
    about = inspect(folder)
    for what, wanted in (("corpus_sha256", corpus_sha256), ("tokenizer", tokenizer_name)):
        if wanted and about[what] != wanted:
            raise ValueError(f"{folder}: {what} is {about[what][:16]}, not {wanted[:16]}; encode the text again, or remove the folder")
    for split in SPLITS:
        shard, path = about["shards"][split], folder / f"{split}.bin"
        dtype = np.dtype(shard["dtype"])
        size = path.stat().st_size if path.is_file() else 0
        if size != shard["tokens"] * dtype.itemsize:
            raise ValueError(f"{path}: {size:,} bytes, the manifest says {shard['tokens'] * dtype.itemsize:,}; encode the text again")
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        found[split] = np.memmap(path, dtype, "r") if size else np.zeros(0, dtype)
        found[f"{split}.ends"] = np.fromfile(folder / f"{split}.ends", "<u8") if (folder / f"{split}.ends").is_file() else np.zeros(0)
        digest.update(found[f"{split}.ends"])
        if digest.hexdigest() != shard["sha256"]:
            raise ValueError(f"{path}: its sha256 is not the manifest's, {shard['sha256'][:12]}: not that shard, or damaged; encode again")
    return found


def inspect(folder: str | Path) -> dict:
    """The manifest of a folder of tokens."""
    path = Path(folder) / "manifest.json"
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        known = about["format"] == FORMAT and set(about["shards"]) == set(SPLITS)
    except (OSError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise ValueError(f"{path}: no manifest of tokens; allowed is a folder that `labgpt tokens encode` wrote")
    return about
