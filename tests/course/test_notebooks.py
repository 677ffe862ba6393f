"""The shape every lesson has: small cells, few words between them, objectives tied to teaching cells, checked facts and questions."""

import re

import nbformat
import pytest

from labgpt.course import exercises
from labgpt.course.packages import ROOT

LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
MACHINE = re.compile(r"/(root|home|tmp|work|Users|usr)/|[A-Z]:\\\\Users")


@pytest.fixture(params=LESSONS, ids=lambda p: p.stem)
def lesson(request):
    return request.param, nbformat.read(request.param, as_version=4)


def tags(notebook) -> set[str]:
    return {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])}


def test_cells_are_few_and_short(lesson):
    code = [c for c in lesson[1].cells if c.cell_type == "code"]
    assert len(code) <= 25
    assert max(len(c.source.splitlines()) for c in code) <= 15


def test_at_most_120_words_stand_between_code_cells(lesson):
    words = 0
    for cell in lesson[1].cells:
        words = words + len(cell.source.split()) if cell.cell_type == "markdown" else 0
        assert words <= 120, cell.source[:60]


def test_three_objectives_each_taught_and_checked(lesson):
    assert {f"{what}-{n}" for what in ("teaches", "checks") for n in (1, 2, 3)} <= tags(lesson[1])
    opening = lesson[1].cells[0].source
    assert all(f"\n{n}. " in opening for n in (1, 2, 3)) and "?**" in opening


def test_at_least_four_facts_are_checked_against_their_stored_output(lesson):
    checked = [c for c in lesson[1].cells if c.source.startswith("# NBVAL_CHECK_OUTPUT\n")]
    assert len(checked) >= 4 and all(c.outputs for c in checked)
    assert any("inside the reference band: True" in o.get("text", "") for c in lesson[1].cells
               for o in c.get("outputs", []))


def test_a_prediction_left_empty_blocks_nothing(lesson):
    assert any(re.search(r"^my_\w+ = None", c.source, re.M) for c in lesson[1].cells)


def test_it_ends_with_what_it_does_not_show_and_what_it_cost(lesson):
    assert "## What this does not show, and what it cost" in lesson[1].cells[-2].source
    assert "Wh" in lesson[1].cells[-1].outputs[0].text and "FLOPs" in lesson[1].cells[-1].outputs[0].text


def test_it_was_run_from_top_to_bottom_and_holds_nothing_private(lesson):
    path, notebook = lesson
    counts = [c.execution_count for c in notebook.cells if c.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    text = path.read_text(encoding="utf-8")
    outputs = "".join(str(c.get("outputs", "")) for c in notebook.cells)
    outputs = re.sub(r"[A-Za-z0-9+/=]{200,}", "", outputs)  # pictures
    assert not MACHINE.search(outputs) and "svg" not in outputs
    assert len(text) <= 400_000 and "Traceback" not in outputs


@pytest.mark.parametrize("name", exercises.names())
def test_every_objective_has_a_question(name):
    asked = {c.objective for c in exercises.read(name).cells if c.role == "answer"}
    assert {1, 2, 3} <= asked
