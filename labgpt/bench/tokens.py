"""From text to BPE-1024 shards, beside the libraries: learning the vocabulary, encoding, and memory as the text grows."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from labgpt import corpus, machine
from labgpt.tokens import Tokenizer, shards
from labgpt.tokens import tokenizer as room

MB, VOCAB = 1_000_000, 1024
WATCHED = """
import sys, threading, time
from labgpt.tokens import shards, tokenizer
peak = 0
def watch():
    global peak
    while True:
        peak = max(peak, int(open("/proc/self/status").read().split("RssAnon:")[1].split()[0]))
        time.sleep(.01)
threading.Thread(target=watch, daemon=True).start()
shards.encode("file:" + sys.argv[1], "bpe:1024")
print(peak / 1e3)
"""  # memory that is not mapped from a file: what the kernel cannot take back


def tokens(megabytes: int = 10, pairs: int = 3, peer: Path | None = None) -> dict:
    """Medians of alternating runs on the same text, Python source. peer: a folder that holds rustbpe.

    train: seconds of ours and of each library's own trainer; encode: MB/s of ours, to shards on disk with their hashes, and of
    tiktoken's batch encoding of the same pieces, kept in memory; memory_mb: peak of encoding four lengths of text (Linux).
    """
    source = corpus.load("pysource").train
    text = bytes(np.resize(source, megabytes * MB)).decode("utf-8", "replace")
    parts = [part.decode("utf-8", "replace") for part, _ in shards.pieces(np.frombuffer(text.encode(), np.uint8))]
    trainers: dict[str, Callable] = {"ours": lambda: room.train(text.encode(), VOCAB), "tokenizers": lambda: _tokenizers(parts)}
    if peer is not None:
        sys.path.insert(0, str(peer))
        trainers["rustbpe"] = lambda: _rustbpe(parts)
    train = _medians(trainers, pairs)
    ranks = room.train(text.encode(), VOCAB)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.txt"
        path.write_text(text, encoding="utf-8", newline="")
        tok, place = Tokenizer(f"bpe:{VOCAB}", VOCAB, ranks), Path(folder) / "tokens"
        corpus.load(f"file:{path}")
        engine = room.encoding(tok)
        encode = _medians({
            "ours": lambda: shards.encode(f"file:{path}", tok.name, place, tok),
            "tiktoken": lambda: engine.encode_ordinary_batch(parts, num_threads=machine.cores()),
        }, pairs)  # fmt: skip
        same = [i for ids in engine.encode_ordinary_batch(parts) for i in ids]
        kept = shards.read(place)
        exact = tok.decode_bytes(kept["train"]) + tok.decode_bytes(kept["val"]) == path.read_bytes()
        memory = {size: _memory(Path(folder), text, size) for size in (5, 10, 20, 40)} if sys.platform == "linux" else {}
    best = min(seconds for name, seconds in train.items() if name != "ours")
    return {
        "megabytes": megabytes,
        "cores": machine.cores(),
        "train_s": train,
        "train_ratio": train["ours"] / best,
        "encode_mb_per_s": {name: len(text.encode()) / 1e6 / seconds for name, seconds in encode.items()},
        "encode_ratio": encode["tiktoken"] / encode["ours"],
        "tokens": len(kept["train"]) + len(kept["val"]),
        "tokens_of_tiktoken": len(same),  # one more or less where the split into training and validation cuts a token
        "round_trip_exact": exact,
        "memory_mb": memory,
    }


def _medians(ways: dict[str, Callable], pairs: int) -> dict[str, float]:
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(pairs):
        for name, way in ways.items():
            clock = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - clock)
    return {name: statistics.median(values) for name, values in seconds.items()}


def _tokenizers(parts: list[str]) -> None:
    engine, trainer = room.untrained(VOCAB)
    engine.train_from_iterator(parts, trainer)


def _rustbpe(parts: list[str]) -> None:
    import rustbpe

    rustbpe.Tokenizer().train_from_iterator(iter(parts), VOCAB, pattern=room.PATTERN)


def _memory(folder: Path, text: str, megabytes: int) -> float:
    path = folder / f"{megabytes}.txt"
    path.write_bytes(bytes(np.resize(np.frombuffer(text.encode(), np.uint8), megabytes * MB)))
    return float(subprocess.run([sys.executable, "-c", WATCHED, path], check=True, capture_output=True, text=True).stdout)
