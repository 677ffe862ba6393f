"""Whole or not at all: what a killed or careless hand leaves on disk is never read as a result."""

import json

import pytest

from labgpt.record import TABLE, Row, RunDir, provenance, write_atomic

ROW = Row("r", "s", "zipf-markov", 0, "b", 3, 1, 2, 2048, 10, 2.5, None, 1.9, 2.6, 0.1, 16, 2, 32, 1, "ring")


@pytest.fixture
def done(tmp_path):
    place = RunDir(tmp_path)
    place.write_status(state="done", rows_sha256=place.write_rows([ROW]))
    return place


def test_a_finished_run_is_read_back(done):
    row, = done.finished_rows()
    assert row["val_loss"] == 2.5 and row["bits_per_byte"] is None
    assert set(TABLE) <= row.keys()


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_truncated_rows_do_not_count(done, cut):
    done.rows_file.write_bytes(done.rows_file.read_bytes()[:-cut])
    assert done.finished_rows() is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '{"state": "running"}', '{"state": "done"}', "\x00\x00"])
def test_a_garbled_status_does_not_count(done, text):
    done.status_file.write_text(text)
    assert done.finished_rows() is None


def test_rows_of_another_run_do_not_count(done):
    done.rows_file.write_text(done.rows_file.read_text().replace("2.5", "2.4"))
    assert done.finished_rows() is None


def test_a_missing_rows_file_does_not_count(done):
    done.rows_file.unlink()
    assert done.finished_rows() is None


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a" / "file.json"
    write_atomic(path, "old")

    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("labgpt.record.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(path, "new")
    assert path.read_text() == "old" and [p.name for p in path.parent.iterdir()] == ["file.json"]


def test_provenance_says_versions_and_nothing_private():
    found = provenance()
    assert {"commit", "python", "torch", "labgpt", "cores"} <= found.keys()
    assert "/" not in json.dumps(found)
