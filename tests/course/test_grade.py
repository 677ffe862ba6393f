"""What the grader gives for honest work, slips, and files that are none."""
import json

import pytest

from labgpt.course import exercises, sandbox
from labgpt.course.grade import grade, lines

FULL = {"triple": 2, "price": 3, "last": 1}


def points(report: dict) -> dict:
    return {name: value[0] for name, value in report.items() if name != "report"}


def test_solution_has_full_marks_and_says_what_it_is(tiny, graded):
    report = graded(exercises.filled(tiny))["report"]
    assert report["points"] == report["max_points"] == 6 and report["exercise"] == "00_tiny"
    assert [q["id"] for q in report["questions"]] == list(FULL) and report["altered"] == []
    assert report["sandboxed"] is sandbox.available()
    assert lines(report)[0] == "00_tiny: 6 of 6 points" and "unsandboxed" in lines(report | {"sandboxed": False})[-1]


def test_blank_has_none_and_says_why(tiny, graded):
    blank = graded(exercises.student(tiny))
    assert blank["report"]["points"] == 0
    assert blank["triple"][1] == "not answered yet (three times x)"
    assert "not answered yet (one number)" == blank["price"][1]


def test_partial_points_and_a_failing_visible_check(tiny, graded):
    got = graded(exercises.filled(tiny, {"price": "price = 70", "triple": "def triple(x): return x + 4"}))
    assert points(got) == {"triple": 0, "price": 1, "last": 1}
    assert got["price"][1] == "ten times too much: look at the unit"
    assert got["triple"][1] == "triple(5) is 9: expected 15 apples; look at FACTOR"
    got = graded(exercises.filled(tiny, {"triple": "def triple(x): return 5", "price": "price = float('nan')", "last": "word = wrod"}))
    assert points(got) == {"triple": 0, "price": 0, "last": 0}
    assert got["triple"][1] == "triple(2) is 5: expected 6 apples; look at FACTOR"
    assert "price is nan: expected one number of euros" in got["price"][1]
    assert "put what an answer needs into its cell" in got["last"][1]


def test_a_crash_or_endless_loop_costs_its_question_only(tiny, graded):
    got = graded(exercises.filled(tiny, {"triple": "import os; os._exit(0)", "price": "while True: pass"}), cell_s=3)
    assert points(got) == {"triple": 0, "price": 0, "last": 1}
    assert "ended the Python process" in got["triple"][1] and "took more than 3 s" in got["price"][1]


def test_the_whole_exercise_has_a_limit(tiny, graded):
    got = graded(exercises.filled(tiny, {"triple": "import time; time.sleep(60)"}), cell_s=60, total_s=1)
    assert points(got) == {"triple": 0, "price": 0, "last": 0} and "not graded" in got["last"][1]


def test_missing_and_doubled_answers_and_altered_checks(tiny, graded):
    notebook = exercises.filled(tiny)
    by_id = {c["id"]: c for c in notebook.cells}
    notebook.cells.remove(by_id["triple-answer"])
    notebook.cells.append(dict(by_id["price-answer"], id="copy", source="price = 7"))
    notebook.cells.remove(by_id["triple-check"])
    by_id["last-check"]["source"] = "print('fine')"
    got = graded(notebook)
    assert points(got) == {"triple": 0, "price": 0, "last": 1}
    assert "is missing" in got["triple"][1] and "2 cells carry the id price" in got["price"][1]
    assert got["report"]["altered"] == ["triple-check", "last-check"]


def test_colabs_form_is_read(tiny, graded):
    """Colab moves cell ids into the metadata, joins no lines, and drops the notebook's own metadata."""
    notebook = json.loads(exercises.text(exercises.filled(tiny)))
    for cell in notebook["cells"]:
        cell["metadata"] = {"id": cell.pop("id")}
        cell["source"] = cell["source"].splitlines(keepends=True) if isinstance(cell["source"], str) else cell["source"]
    notebook |= {"metadata": {"colab": {"provenance": []}}, "nbformat_minor": 0}
    assert graded(notebook)["report"]["points"] == 6


@pytest.mark.parametrize("text", ["", "not JSON", "[]", '{"cells": 3}', '{"nbformat": 3, "worksheets": []}', "[" * 5000,
                                  '{"cells": [1, null, {"cell_type": "code"}], "metadata": 4}'])
def test_files_that_are_no_submission(tiny, tmp_path, text):
    path = tmp_path / "odd.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="odd.ipynb.*allowed is") as caught:
        grade(path)
    assert "\n" not in str(caught.value)


def test_binary_absent_and_folder(tiny, tmp_path):
    (tmp_path / "binary.ipynb").write_bytes(bytes(range(256)))
    (tmp_path / "folder.ipynb").mkdir()
    for name in ("binary.ipynb", "folder.ipynb", "absent.ipynb"):
        with pytest.raises(ValueError, match=name):
            grade(tmp_path / name)
