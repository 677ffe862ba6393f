"""A hundred malformed inputs: each is handled or refused with one clear line, and the good ones beside them are read."""

import gzip
import json
import os
import random

import pytest

from labgpt.corpus import folder
from labgpt.corpus.folder import Document, read


def everything(path, **options):
    told = []
    return list(read(path, told.append, **options)), told


def malformed(root) -> dict[str, int]:
    """Write 100 spoilt files; {name: how many documents can still be had from it}."""
    rng, wanted = random.Random(1), {}
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")

    def put(name: str, data: bytes, documents: int = 0) -> None:
        (root / name).write_bytes(data)
        wanted[name] = documents

    lines = [json.dumps({"text": f"story {i} is good"}).encode() + b"\n" for i in range(40)]
    packed = gzip.compress(b"".join(lines), mtime=0)
    table = root / "whole.parquet"
    parquet.write_table(pyarrow.table({"text": [f"row {i}" for i in range(30)]}), table)
    whole = table.read_bytes()
    table.unlink()
    bad = [b"{", b'{"txt": 1}', b"[1]", b'{"text": 3}', b"\xff\xfe\xfd", b"nul", b'"text"', b"[" * 4000, b"1e999x", b"\0\0\0"]
    for i in range(10):
        put(f"noise-{i}.txt", rng.randbytes(500 + 300 * i))
        put(f"nulls-{i}.txt", b"text" + bytes(10 + i))
        put(f"empty-{i}.txt", b" \n\0"[: i % 4] * (i + 1))
        put(f"noise-{i}.jsonl.gz", rng.randbytes(200 + i))
        put(f"cut-{i}.parquet", whole[: 4 + len(whole) * i // 10])
        put(f"noise-{i}.parquet", rng.randbytes(300 + i))
        put(f"cut-{i}.txt.gz", gzip.compress(b"a story " * 50, mtime=0)[: -(i + 1)])
        put(f"bad-line-{i}.jsonl", b"".join(lines[: i + 1]) + bad[i], i + 1)
        put(f"long-line-{i}.jsonl", lines[0] + b'{"text": "' + b"x" * (20_000 + 7_000 * i) + b'"}\n' + lines[1], 2)
    for i in range(5):
        put(f"long-{i}.txt", b"word " * (4000 + i))
        put(f"cut-{i}.jsonl.gz", packed[: len(packed) * (5 + i) // 10], None)
    assert len(wanted) == 100
    return wanted


def test_a_hundred_malformed_inputs_are_told_and_the_rest_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "LIMIT", 16_384)
    wanted = malformed(tmp_path)
    (tmp_path / "good.txt").write_text("A good text.\n", encoding="utf-8")
    found, told = everything(tmp_path)
    read_from = {name: [d for d in found if d.name.split(":")[0] == name] for name in [*wanted, "good.txt"]}
    assert read_from["good.txt"] == [Document("good.txt", "A good text.\n")] and sum(map(len, read_from.values())) == len(found)
    for name, documents in wanted.items():
        lines = [line for line in told if line.startswith(f"{name}: ")]
        assert len(lines) == 1 and "\n" not in lines[0] and len(lines[0]) < 300, (name, lines)
        assert documents is None or len(read_from[name]) == documents, (name, len(read_from[name]))
    assert len(told) == 100


def test_unreadable_things_are_told(tmp_path):
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "good.txt").write_text("A good text.", encoding="utf-8")
    found, told = everything(tmp_path)
    assert [d.name for d in found] == ["good.txt"]
    assert told == ["gone.txt: No such file or directory", "pipe.txt: not a regular file; allowed is text, JSONL, Parquet"]
    with pytest.raises(ValueError, match="nothing is there"):
        everything(tmp_path / "nowhere")


def test_all_kinds_are_read_in_the_order_of_names(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    (tmp_path / "news").mkdir()
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress("naïve".encode()))
    (tmp_path / "b.jsonl").write_text('{"text": "one", "domain": "wiki"}\n\n{"text": "two"}\n', encoding="utf-8")
    parquet.write_table(pyarrow.table({"body": ["three"], "source": ["books"]}), tmp_path / "c.parquet")
    (tmp_path / "d.txt").write_bytes("\ufeffsixteen".encode("utf-16-le"))
    (tmp_path / "news" / "e.txt").write_bytes(b"caf\xe9 " + b"fine " * 20)
    found, told = everything(tmp_path)
    assert [d.name for d in found] == ["a.txt.gz", "b.jsonl:1", "b.jsonl:3", "d.txt", "news/e.txt"]
    assert [d.domain for d in found] == ["", "wiki", "", "", "news"]
    assert found[0].text == "naïve" and found[3].text == "sixteen" and found[4].text.startswith("caf\ufffd")
    assert told == ["c.parquet: no column 'text'; it has body, source", "news/e.txt: 1 characters that are not UTF-8 became U+FFFD"]
    assert everything(tmp_path / "c.parquet", field="body")[0] == [Document("c.parquet:1", "three", "books")]


def test_a_file_cut_in_its_gzip_gives_what_came_before(tmp_path):
    lines = "".join(json.dumps({"text": f"story {random.Random(i).random()}"}) + "\n" for i in range(4000)).encode()
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(lines)[:-3000])
    found, told = everything(tmp_path)
    assert 1000 < len(found) < 4000 and len(told) == 1 and "ended before" in told[0]


def test_a_long_line_never_is_in_memory(tmp_path):
    """A line of 100 MB: refused with a peak far below it."""
    import tracemalloc

    with (tmp_path / "long.jsonl").open("wb") as file:
        file.write(b'{"text": "')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n{"text": "after it"}\n')
    tracemalloc.start()
    found, told = everything(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [d.text for d in found] == ["after it"] and told == ["long.jsonl: line 1: over 16,777,216 bytes; allowed is less: split it"]
    assert peak < 60e6
