"""The bench of the token pipeline: what it computes, at a tenth of its size; how fast it is is for a quiet machine."""

import sys

import pytest

from labgpt.bench import tokens as room


def test_it_compares_the_same_work(monkeypatch):
    monkeypatch.setattr(room, "LENGTHS", (1,))
    found = room.tokens(megabytes=1, pairs=1)
    assert found["round_trip_exact"] and set(found["train_s"]) == {"ours", "rustbpe", "tokenizers"}
    train, encode = found["train_s"], found["encode_mb_per_s"]
    assert found["train_ratio"] == pytest.approx(train["ours"] / min(train["rustbpe"], train["tokenizers"]))
    assert found["encode_ratio"] == pytest.approx(encode["ours"] / encode["tiktoken"])
    assert sys.platform != "linux" or 20 < found["memory_mb"][1] < 2000
