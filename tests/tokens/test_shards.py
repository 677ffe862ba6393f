"""Tokens on disk: the same as in memory, in memory that does not grow; what is short, foreign or damaged is refused."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgpt import corpus
from labgpt.spec import derive
from labgpt.tokens import prepare, shards, streams, tokenizer
from labgpt.tokens.tokenizer import pieces

BPE = tokenizer("bpe:512", "pysource")


@pytest.fixture
def text(tmp_path):
    lines = [f"Line {i} says: naïve {i * i}, twice.{'  ' * (i % 3)}\n" for i in range(4000)]
    path = tmp_path / "web.txt"
    path.write_text("".join(line + "<|endoftext|>" * (i % 40 == 39) for i, line in enumerate(lines)))
    return path


@given(st.text(st.sampled_from("ab é\n 1,\u2003\u4e2d"), max_size=400) | st.binary(max_size=300))
def test_pieces_join_to_the_text_and_encode_as_the_whole(raw):
    raw = raw.encode() if isinstance(raw, str) else raw
    parts = [part for part, _ in pieces(np.frombuffer(raw, np.uint8), size=16)]
    assert b"".join(parts) == raw
    if all(len(part) < 200 for part in parts):  # else one was cut where nothing allows it
        ids = [i for part in parts for i in BPE.encode(part).tolist()]
        assert ids == BPE.encode(raw).tolist()


def test_a_text_without_a_place_to_cut_comes_back():
    raw = ("é" * 10_000).encode()
    parts = [part for part, _ in pieces(np.frombuffer(raw, np.uint8), size=64)]
    assert b"".join(parts) == raw and max(map(len, parts)) <= 17 * 64 and all(part.decode() for part in parts)


def test_shards_hold_what_memory_would_and_where_documents_end(text):
    place = shards.encode(f"file:{text}", "bpe:512")
    kept, whole = shards.read(place), corpus.load(f"file:{text}")
    tok = tokenizer("bpe:512", f"file:{text}")
    for split in ("train", "val"):
        raw = bytes(getattr(whole, split))
        assert tok.decode_bytes(kept[split]) == raw and kept[split].dtype == np.uint16 and isinstance(kept[split], np.memmap)
        ends, start = kept[f"{split}.ends"].astype(int), 0
        count = raw.count(b"<|endoftext|>") + (not raw.endswith(b"<|endoftext|>"))
        assert len(ends) == count and ends[-1] == len(kept[split])
        for end in ends[:3]:
            assert tok.decode_bytes(kept[split][start:end]).count(b"<|endoftext|>") == 1
            start = end
    streams.cache_clear()
    assert isinstance(streams(f"file:{text}", "bpe:512")[0], np.memmap), "training maps what lies beside the text"
    assert len(prepare(derive(16, f"file:{text}", tokenizer="bpe:512", vocab_size=512).science).batch(0, 4)) == 4


@pytest.mark.parametrize("harm", ["short", "changed", "foreign", "manifest", "missing", "ends"])
def test_a_spoilt_folder_is_refused_in_one_line(text, harm):
    place = shards.encode(f"file:{text}", "bpe:512")
    raw, manifest = (place / "train.bin").read_bytes(), (place / "manifest.json").read_text()
    if harm == "short":
        (place / "train.bin").write_bytes(raw[:-2])
    elif harm == "changed":
        (place / "train.bin").write_bytes(raw[:100] + b"\x01\x01" + raw[102:])
    elif harm == "ends":
        (place / "val.ends").write_bytes((place / "val.ends").read_bytes()[:-8])
    elif harm == "missing":
        (place / "val.bin").unlink()
    elif harm == "manifest":
        (place / "manifest.json").write_text(manifest[:50])
    else:
        text.write_text(text.read_text() + "one line more, so that it is another text\n" * 30)
        corpus.load.cache_clear()
    streams.cache_clear()
    with pytest.raises(ValueError, match="encode|no manifest") as caught:
        streams(f"file:{text}", "bpe:512")
    assert "\n" not in str(caught.value)


def test_a_folder_of_something_else_is_left_alone(text, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="holds no tokens"):
        shards.encode(f"file:{text}", "bpe:512", tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_more_than_65536_kinds_take_four_bytes(text, tmp_path):
    many = tuple([bytes([i]) for i in range(256)] + [b"x" + i.to_bytes(4, "big") for i in range(65_536)])
    from labgpt.tokens import Tokenizer

    place = shards.encode(f"file:{text}", "bpe:512", tmp_path / "wide", Tokenizer(f"bpe:{len(many)}", len(many), many))
    assert json.loads((place / "manifest.json").read_text())["shards"]["val"]["dtype"] == "<u4"
    assert shards.read(place)["val"].dtype == np.uint32


@pytest.mark.slow
def test_memory_does_not_grow_with_the_text(tmp_path):
    """Peak of memory that is not mapped from a file, in processes of their own: 20 MB of text and 120 MB.

    What is allowed to grow is a twelfth of the text that came on top."""
    code = ("import sys, threading, time\nfrom labgpt.tokens import shards\npeak = 0\n"
            "def watch():\n    global peak\n    while True:\n"
            "        peak = max(peak, int(open('/proc/self/status').read().split('RssAnon:')[1].split()[0])); time.sleep(.01)\n"
            "threading.Thread(target=watch, daemon=True).start()\n"
            "shards.encode('file:' + sys.argv[1], 'bpe:512'); print(peak)")
    used = []
    for megabytes in (20, 120):
        path = tmp_path / f"{megabytes}.txt"
        path.write_bytes(bytes(corpus.load("pysource").train[:4_000_000]) * (megabytes // 4))
        used.append(int(subprocess.run([sys.executable, "-c", code, path], check=True, capture_output=True, text=True).stdout))
    assert used[1] < used[0] + 8_000, used
