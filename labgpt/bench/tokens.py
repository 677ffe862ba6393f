"""From text to BPE-1024 shards, beside the libraries: learning the vocabulary, encoding, and memory as the text grows."""

import statistics
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable
from pathlib import Path

import numpy as np
import rustbpe

from labgpt import corpus, machine
from labgpt.tokens import Tokenizer, shards
from labgpt.tokens.tokenizer import PATTERN, encoding, pieces, train

NAME, VOCAB, LENGTHS = "bpe:1024", 1024, (5, 10, 20, 40)
# Peak of memory that is not mapped from a file: what the kernel cannot take back.
WATCHED = """import sys, threading, time
from labgpt.tokens import shards
seen = [0]
def watch():
    while True:
        seen.append(int(open("/proc/self/status").read().split("RssAnon:")[1].split()[0]))
        time.sleep(.01)
threading.Thread(target=watch, daemon=True).start()
shards.encode("file:" + sys.argv[1], "bpe:1024")
print(max(seen) / 1e3)"""


def tokens(megabytes: int = 10, pairs: int = 3) -> dict:
    """Medians of alternating runs on the same text, Python source.

    train_s: ours, from bytes to a vocabulary, and each library's own trainer on the same text already cut. encode_mb_per_s: ours,
    to shards on disk with their hashes, and tiktoken's batch encoding of the same text in the same pieces, kept in memory.
    memory_mb: peak by megabytes of text (Linux).
    """
    source = np.resize(corpus.load("pysource").train, megabytes * 1_000_000)
    text = bytes(source).decode("utf-8", "replace").encode()
    raw = np.frombuffer(text, np.uint8)
    parts = [part.decode("utf-8", "replace") for part, _ in pieces(raw)]
    ways: dict[str, Callable] = {
        "ours": lambda: train(raw, VOCAB),
        "rustbpe": lambda: rustbpe.Tokenizer().train_from_iterator(iter(parts), VOCAB, pattern=PATTERN),
        "tokenizers": lambda: _trained(parts),
    }
    learning, tok = _medians(ways, pairs), Tokenizer(NAME, VOCAB, train(raw, VOCAB))
    with tempfile.TemporaryDirectory() as folder:
        path, place, engine = Path(folder) / "text.txt", Path(folder) / "tokens", encoding(tok)
        path.write_bytes(text)
        corpus.load(f"file:{path}")
        ways = {"ours": lambda: shards.encode(f"file:{path}", NAME, place, tok),
                "tiktoken": lambda: engine.encode_ordinary_batch(parts, num_threads=machine.cores())}  # fmt: skip
        encode, kept, memory = _medians(ways, pairs), shards.read(place), {}
        exact = b"".join(tok.decode_bytes(kept[split]) for split in shards.SPLITS) == text
        for size in LENGTHS if sys.platform == "linux" else ():
            path.write_bytes(bytes(np.resize(source, size * 1_000_000)))
            done = subprocess.run([sys.executable, "-c", WATCHED, path], check=True, capture_output=True, text=True)
            memory[size] = float(done.stdout)
    return {
        "megabytes": megabytes,
        "cores": machine.cores(),
        "train_s": learning,
        "train_ratio": learning["ours"] / min(seconds for name, seconds in learning.items() if name != "ours"),
        "encode_mb_per_s": {name: len(text) / 1e6 / seconds for name, seconds in encode.items()},
        "encode_ratio": encode["tiktoken"] / encode["ours"],
        "round_trip_exact": exact,
        "memory_mb": memory,
    }


def _medians(ways: dict[str, Callable], pairs: int) -> dict[str, float]:
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for name in list(ways) * pairs:
        seconds[name].append(timeit.timeit(ways[name], number=1))
    return {name: statistics.median(values) for name, values in seconds.items()}


def _trained(parts: list[str]):
    """The same vocabulary learned by the `tokenizers` library."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    engine, levels, words = Tokenizer(models.BPE()), pre_tokenizers.ByteLevel, pre_tokenizers.Split(Regex(PATTERN), behavior="isolated")
    engine.pre_tokenizer = pre_tokenizers.Sequence([words, levels(add_prefix_space=False, use_regex=False)])
    trainer = trainers.BpeTrainer(vocab_size=VOCAB, show_progress=False, special_tokens=[], initial_alphabet=sorted(levels.alphabet()))
    engine.train_from_iterator(parts, trainer)
    return engine
