"""my/: what a learner edited is never overwritten."""
import json

import pytest

from labgpt.course import start as module
from labgpt.course.start import start

COPY, EXERCISE = "00_a.ipynb", "00_a_exercise.ipynb"


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A repository with one lesson, run and saved with outputs, and its exercise."""
    root = tmp_path / "repository"
    cell = {"cell_type": "code", "id": "a", "metadata": {"execution": {"t": 1}, "tags": ["x"]}, "source": "1", "execution_count": 3,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "the answer is 7"}]}
    notebook = {"cells": [cell, {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "π"}],
                "metadata": {"widgets": {"state": 1}, "kernelspec": {"name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}
    for path in (root / "notebooks" / COPY, root / "exercises" / "00_a" / "student.ipynb"):
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
    monkeypatch.setattr(module, "ROOT", root)
    return root


def test_copies_are_cleared(house, tmp_path, capsys):
    assert start(tmp_path / "my") == {COPY: "new", EXERCISE: "new"}
    text = (tmp_path / "my" / COPY).read_text(encoding="utf-8")
    assert "the answer is 7" not in text and "widgets" not in text and "execution_count\": null" in text and "π" in text
    assert json.loads(text)["cells"][0]["metadata"] == {"tags": ["x"]}
    assert f"{COPY}: new" in capsys.readouterr().out


def test_an_untouched_copy_follows_the_original_an_edited_one_stays(house, tmp_path):
    my = tmp_path / "my"
    start(my)
    assert set(start(my).values()) == {"up to date"}
    original = house / "notebooks" / COPY
    original.write_text(original.read_text(encoding="utf-8").replace("\\u03c0", "tau"), encoding="utf-8")
    assert start(my)[COPY] == "new" and "tau" in (my / COPY).read_text(encoding="utf-8")
    (my / COPY).write_text("my work", encoding="utf-8")
    assert "yours, left as it is" in start(my)[COPY]
    assert (my / COPY).read_text(encoding="utf-8") == "my work"


def test_fresh_keeps_what_was_there_each_time(house, tmp_path):
    my = tmp_path / "my"
    for work in ("first", "second"):
        start(my)
        (my / COPY).write_text(work, encoding="utf-8")
        assert "yours is kept in 00_a." in start(my, fresh="00_a")[COPY]
    assert [(my / f"00_a.{n}.ipynb").read_text(encoding="utf-8") for n in (1, 2)] == ["first", "second"]
    assert "cells" in (my / COPY).read_text(encoding="utf-8")


def test_a_folder_filled_by_hand_counts_as_edited(house, tmp_path):
    my = tmp_path / "my"
    my.mkdir()
    (my / COPY).write_text("by hand", encoding="utf-8")
    (my / ".labgpt.json").write_text("not JSON", encoding="utf-8")
    start(my)
    assert (my / COPY).read_text(encoding="utf-8") == "by hand"


def test_slips_are_one_line(house, tmp_path):
    with pytest.raises(ValueError, match="fresh = 'nope': allowed is 00_a, 00_a_exercise"):
        start(tmp_path / "my", fresh="nope")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="dest = .*allowed is a folder you can write"):
        start(tmp_path / "file")
    for path in house.rglob("*.ipynb"):
        path.unlink()
    with pytest.raises(ValueError, match="notebooks = none"):
        start(tmp_path / "my")
